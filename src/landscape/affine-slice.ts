/** Slices of models whose outputs are affine in their weights: three products serve the whole plane. */
import { pushForward } from "../autodiff/forward.js";
import { vmap } from "../autodiff/index.js";
import { openProgram, type ProgramOptions, type ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import { modelVariables } from "../descent/part-evaluator.js";
import type { Training } from "../objectives/training.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { iota, readVariable, type Tensor } from "../tensor/tensor.js";
import { allocate, type HostData, sizeOf } from "../tensor/types.js";
import { topological } from "../tensor/walk.js";
import { inBlocks, type PlacedPlane, type PointLosses, type Slice } from "./slice.js";
import type { ModelSubject } from "./subject.js";

/** Whether what a model gives is affine in θ: its derivative along a direction does not depend on θ. */
export function isAffine(training: Training): boolean {
  const { theta, carried } = modelVariables(training);
  const direction: Variable = { ...theta, name: "direction" };
  const inputs: Variable = { name: "inputs", type: { shape: [1, ...training.parts.model.inputShape], dtype: training.dtype } };
  const at = readVariable(theta);
  const output = training.output(at, readVariable(inputs), carried ? { state: readVariable(carried) } : {});
  const [along] = pushForward([output], [at], [readVariable(direction)]);
  return along === undefined || !topological([along]).includes(at.node);
}

/** Numbers of a step: points · records · outputs. */
const STEP = 1 << 17;
/** Points that lie in the program at a time. */
const ROOM = 1 << 14;

/**
 * Outputs S₀ at θ₀ and their derivatives S₁, S₂ along d₁, d₂ are computed once for each plane; the loss at (a, b) is that of S₀ + a S₁ + b S₂. Several points go into
 * a step.
 */
export class AffineSlice implements Slice {
  readonly #subject: ModelSubject;
  readonly #program: ThreadedProgram;
  readonly #v: AffineVariables;
  readonly #scores: readonly { readonly entry: EntryPoint; readonly count: number }[];
  readonly #entry: EntryPoint;
  /** Points of a step. */
  readonly #points: number;

  private constructor(subject: ModelSubject, program: ThreadedProgram, v: AffineVariables) {
    this.#subject = subject;
    this.#program = program;
    this.#v = v;
    this.#scores = subject.chunks.map(({ size, first, count }) => ({ entry: scoresEntry(subject, v, size, first), count }));
    this.#points = pointsOfStep(subject);
    this.#entry = lossEntry(subject, v, this.#points);
  }

  static async open(subject: ModelSubject, options: ProgramOptions): Promise<AffineSlice> {
    const { dtype } = subject.parameters;
    const variable = (name: string, shape: readonly number[], of: "f32" | "f64" = subject.training.dtype): Variable => ({
      name,
      type: { shape, dtype: of },
    });
    const scores = [subject.records, ...subject.training.parts.model.outputShape];
    const v = {
      centre: { name: "centre", type: { shape: [subject.parameters.size], dtype } },
      first: { name: "first", type: { shape: [subject.parameters.size], dtype } },
      second: { name: "second", type: { shape: [subject.parameters.size], dtype } },
      atCentre: variable("scores", scores),
      alongFirst: variable("scoresAlongFirst", scores),
      alongSecond: variable("scoresAlongSecond", scores),
      a: variable("a", [ROOM], "f64"),
      b: variable("b", [ROOM], "f64"),
      step: variable("step", [], "f64"),
    };
    const program = await openProgram([...Object.values(v), ...subject.variables], options);
    try {
      subject.fill(program);
      return new AffineSlice(subject, program, v);
    } catch (error) {
      program.close();
      throw error;
    }
  }

  async place({ centre, first, second }: PlacedPlane): Promise<void> {
    const { parameters, records, training } = this.#subject;
    const v = this.#v;
    this.#program.write(v.centre, centre);
    this.#program.write(v.first, first);
    this.#program.write(v.second, second ?? allocate(parameters.dtype, parameters.size));
    const size = records * sizeOf(training.parts.model.outputShape);
    const places = { atCentre: 0, alongFirst: 0, alongSecond: 0 };
    const held: Record<keyof typeof places, HostData> = {
      atCentre: allocate(training.dtype, size),
      alongFirst: allocate(training.dtype, size),
      alongSecond: allocate(training.dtype, size),
    };
    for (const { entry, count } of this.#scores) {
      this.#program.write(v.step, [0]);
      const { traces } = await this.#program.run(entry, count);
      for (const name of ["atCentre", "alongFirst", "alongSecond"] as const) {
        held[name].set(traces[name], places[name]);
        places[name] += traces[name].length;
      }
    }
    for (const name of ["atCentre", "alongFirst", "alongSecond"] as const) this.#program.write(v[name], held[name]);
  }

  losses(coordinates: Float64Array, signal?: AbortSignal): Promise<PointLosses> {
    return inBlocks(coordinates, ROOM, async (some, out) => {
      // What follows the last point is computed with it, and not looked at.
      this.#program.write(
        this.#v.a,
        Float64Array.from(out, (_, p) => some[2 * p]),
      );
      this.#program.write(
        this.#v.b,
        Float64Array.from(out, (_, p) => some[2 * p + 1]),
      );
      this.#program.write(this.#v.step, [0]);
      const { steps, traces } = await this.#program.run(this.#entry, Math.ceil(out.length / this.#points), signal ? { signal } : {});
      const done = Math.min(out.length, steps * this.#points);
      for (let p = 0; p < done; p++) out[p] = traces.loss[p] / this.#subject.weight;
      return done;
    });
  }

  close(): void {
    this.#program.close();
  }
}

interface AffineVariables {
  readonly centre: Variable;
  readonly first: Variable;
  readonly second: Variable;
  readonly atCentre: Variable;
  readonly alongFirst: Variable;
  readonly alongSecond: Variable;
  readonly a: Variable;
  readonly b: Variable;
  readonly step: Variable;
}

function pointsOfStep({ records, training }: ModelSubject): number {
  const wish = STEP / (records * sizeOf(training.parts.model.outputShape));
  // A power of two, so that it divides the room.
  return 2 ** Math.max(0, Math.min(6, Math.floor(Math.log2(wish))));
}

function scoresEntry(subject: ModelSubject, v: AffineVariables, size: number, first: number): EntryPoint {
  const step = readVariable(v.step, true);
  const theta = readVariable(v.centre);
  const output = subject.output(theta, step.mul(size).add(first), size);
  const along = (direction: Variable) => pushForward([output], [theta], [readVariable(direction)])[0] ?? output.fill(0);
  return {
    name: "scores",
    writes: [{ variable: v.step, value: step.add(1) }],
    traces: [
      { name: "atCentre", value: output },
      { name: "alongFirst", value: along(v.first) },
      { name: "alongSecond", value: along(v.second) },
    ],
  };
}

function lossEntry(subject: ModelSubject, v: AffineVariables, points: number): EntryPoint {
  const step = readVariable(v.step, true);
  const rows = iota([points], 0, "u32").add(step.mul(points).cast("u32"));
  const [centre, first, second] = [readVariable(v.atCentre), readVariable(v.alongFirst), readVariable(v.alongSecond)];
  const at = (a: Tensor, b: Tensor) => subject.sumOf(centre.add(first.mul(a)).add(second.mul(b)));
  const coordinate = (variable: Variable) => readVariable(variable).take(rows).cast(centre.dtype);
  return {
    name: "affine slice",
    writes: [{ variable: v.step, value: step.add(1) }],
    traces: [{ name: "loss", value: vmap(at)(coordinate(v.a), coordinate(v.b)) }],
  };
}
