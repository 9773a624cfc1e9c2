/** From what a user hands to `landscape` to a loss with a centre. */
import { openProgram, type ProgramOptions } from "../backends/wasm/threads/index.js";
import { Derivatives, type EigenPair } from "../curvature/index.js";
import { checkRecords, type Dataset, type DatasetPart } from "../data/dataset.js";
import { HessianProducts } from "../descent/hessian-spectrum/hessian-products.js";
import { hessianSpectrum } from "../descent/hessian-spectrum/hessian-spectrum.js";
import { recordsLearnedFrom, someOf } from "../descent/learned-records.js";
import type { Path } from "../descent/run.js";
import { checkScores } from "../descent/trainable.js";
import { TrainedRun } from "../descent/trained-run.js";
import type { Objective } from "../objectives/objective.js";
import type { ModelPoint, Training } from "../objectives/training.js";
import type { Parameters } from "../optimizers/parameters.js";
import { SteepestError } from "../tensor/error.js";
import { allocate, type HostData, showShape, sizeOf } from "../tensor/types.js";
import { type FilteredEntry, filteredEntries } from "./directions.js";
import { type ModelSubject, modelSubject, objectiveSubject, type Subject } from "./subject.js";

/** A trained model: what `fit` gives, or `loadRun`. */
export type LandscapeSubject = { readonly training: Training; readonly path?: Path } & (ModelPoint | { readonly point: ModelPoint });

/** What there is to look at. */
export interface Resolved {
  readonly name: string;
  readonly subject: Subject;
  /** The same, where it is a model on records. */
  readonly model: ModelSubject | undefined;
  /** The weights themselves: θ₀ unless another centre is asked for. */
  readonly theta: HostData;
  readonly entries: readonly FilteredEntry[];
  /** The path that was recorded with it. */
  readonly path: Path | undefined;
  /** ∇L */
  gradient(theta: HostData, options: ProgramOptions): Promise<Float64Array>;
  /** The largest eigenvalues of the Hessian of L with their vectors, descending. */
  eigenPairs(theta: HostData, count: number, options: ProgramOptions): Promise<readonly EigenPair[]>;
}

export interface ResolveOptions {
  readonly data?: DatasetPart;
  readonly records?: number;
}

export function resolved(given: LandscapeSubject | Objective, { data, records }: ResolveOptions): Resolved {
  if ("kind" in given) {
    if (given.kind !== "traced" || data !== undefined || records !== undefined)
      throw new SteepestError({
        problem: "this objective has no landscape of that kind",
        expected: "an objective that is traced (a formula, a function of tensors, batchObjective), and neither data nor records beside it",
        received: given.kind === "traced" ? "data for an objective" : given.name,
      });
    const { name, parameters, start } = given;
    return {
      name,
      subject: objectiveSubject(given),
      model: undefined,
      theta: start,
      entries: filteredEntries(parameters.entries),
      path: undefined,
      gradient: async (theta) => new Derivatives(given).at(theta).gradient,
      eigenPairs: async (at, top, { signal }) => (await hessianSpectrum(given, { top, at, ...(signal ? { signal } : {}) })).largest,
    };
  }
  checkIsRun(given);
  const { training } = given;
  const { theta, state } = "point" in given ? given.point : given;
  const { model } = training.parts;
  const of = data === undefined && given instanceof TrainedRun ? given.data.name : nameOf(data);
  const whole: Dataset = {
    ...checkedData(training, data ?? ownData(given)),
    name: of ?? "the records",
    preprocessing: training.parts.preprocessing,
  };
  const part = someOf(whole, records);
  const subject = modelSubject(training, { state }, part);
  return {
    name: of === undefined ? model.name : `${model.name} on ${of}`,
    subject,
    model: subject,
    theta,
    entries: filteredEntries(training.parameters.entries, model),
    path: given.path,
    async gradient(at, options) {
      const products = new HessianProducts(training, part);
      const program = await openProgram(products.variables, options);
      try {
        products.fill(program, part);
        products.moveTo(program, { theta: at, state });
        return (await products.first(program)).gradient;
      } finally {
        program.close();
      }
    },
    async eigenPairs(at, top, { threads, signal }) {
      const options = { top, ...(threads === undefined ? {} : { threads }), ...(signal ? { signal } : {}) };
      return (await hessianSpectrum({ training, point: { theta: at, state } }, { ...whole, ...part }, options)).largest;
    },
  };
}

/** Numbers like θ, with its gaps or laid end to end, in its dtype. */
export function likeTheta(values: ArrayLike<number>, { size, dtype, entries }: Parameters, what: string): HostData {
  const out = allocate(dtype, size);
  const count = entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (values.length === size) out.set(values);
  else if (values.length === count) {
    let from = 0;
    for (const { offset, shape } of entries) for (let i = 0; i < sizeOf(shape); i++) out[offset + i] = values[from++];
  } else
    throw new SteepestError({
      problem: `${what} does not fit the weights`,
      expected: `${count} numbers${count === size ? "" : `, or ${size} with the gaps of θ`}`,
      received: `${values.length} numbers`,
    });
  const odd = out.findIndex((x) => !Number.isFinite(x));
  if (odd >= 0) throw new SteepestError({ problem: `${what} is not finite`, received: String(out[odd]), where: `element ${odd}` });
  return out;
}

const nameOf = (data: DatasetPart | undefined): string | undefined =>
  data !== undefined && "name" in data && typeof data.name === "string" ? data.name : undefined;

function checkIsRun(given: object): asserts given is LandscapeSubject {
  if ("training" in given) return;
  throw new SteepestError({
    problem: "landscape was given something that is no run",
    expected: "what fit or loadRun gives, or an objective: trace(f, start)",
    received: Object.keys(given).slice(0, 5).join(", "),
  });
}

/** The records that a run of `fit` learned from. */
function ownData(run: object): DatasetPart {
  const own = run instanceof TrainedRun ? recordsLearnedFrom(run) : undefined;
  if (own !== undefined) return own;
  throw new SteepestError({
    problem: "there are no records to take the loss of",
    expected: "a run of fit on records that lie in memory, or the option data",
    fix: "hand them in: landscape(run, { data: digits() })",
  });
}

function checkedData(training: Training, part: DatasetPart): DatasetPart {
  const { model, loss } = training.parts;
  const name = nameOf(part) ?? "the records";
  checkRecords(part, name, undefined);
  const shape = part.inputs.shape.slice(1);
  if (shape.join() !== model.inputShape.join())
    throw new SteepestError({
      problem: "the model takes inputs of another shape",
      expected: showShape(model.inputShape),
      received: showShape(shape),
      where: name,
    });
  if (loss.classification) checkScores(model, loss, { ...part, name, preprocessing: training.parts.preprocessing });
  return part;
}
