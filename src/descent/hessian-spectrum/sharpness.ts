/** `sharpnessAlong`: the largest eigenvalue of the Hessian on the way of a training, beside the edge of stability. */
import { openProgram } from "../../backends/wasm/threads/index.js";
import { answeredLater, extremes, placesOf } from "../../curvature/index.js";
import { type Dataset, recordCount } from "../../data/dataset.js";
import { SteepestError } from "../../tensor/error.js";
import type { HistoryRecord } from "../history.js";
import { isData } from "../learned-records.js";
import { checkOptionNames } from "../option-names.js";
import { unusable } from "../settings.js";
import type { TrainedRun } from "../trained-run.js";
import type { TrainingPath } from "../training-path.js";
import { HessianProducts } from "./hessian-products.js";
import { type TrainedModel, trainedSubject } from "./subject.js";

/** A model with the path of its training: what `loadRun` gives of a run that was trained with `recordPath`. */
export interface RecordedModel extends TrainedModel {
  readonly path: TrainingPath | undefined;
  readonly history: readonly HistoryRecord[];
  readonly stableUpTo?: number;
}

export interface SharpnessOptions {
  /** How many points of the path, evenly spaced, the first and the last among them. Default 20, or all where they are fewer. */
  readonly points?: number;
  /** How many of the records, evenly spaced among all. Default: all. */
  readonly records?: number;
  /**
   * Rate times eigenvalue at which the rule leaves stability: `stableUpTo` of the optimizer. Default: that of the run, where it is known.
   */
  readonly stableUpTo?: number;
  /** An eigenvalue is good enough where ‖Hv − λv‖ is at most so large a part of it. Default 1e-3. */
  readonly tolerance?: number;
  /** Of the vector that each search begins with. Default 1. */
  readonly seed?: number;
  /** Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /** Told after each point. */
  readonly onProgress?: (progress: { readonly done: number; readonly points: number }) => void;
  /** Ends it with an error of the signal's own. */
  readonly signal?: AbortSignal;
}

export interface SharpnessPoint {
  /** Steps done. */
  readonly step: number;
  /** Mean loss over the records, at this point. */
  readonly loss: number;
  /** The largest eigenvalue λ₁ of the Hessian. */
  readonly sharpness: number;
  /** ‖Hv − λ₁v‖, measured: an eigenvalue lies so near. */
  readonly residual: number;
  /** α, the rate of the step that comes next. */
  readonly learningRate: number;
  /** Above this sharpness the rule is not stable at that rate: stableUpTo/α; undefined for rules without such a number. */
  readonly edge?: number;
}

export interface Sharpness {
  readonly points: readonly SharpnessPoint[];
  /** α·λ₁ up to which the rule is stable, where it is known: 2 for gradient descent, 2(1 + β) with momentum β. */
  readonly stableUpTo?: number;
  readonly records: number;
  /** Products with the Hessian that it took. */
  readonly products: number;
}

/**
 * The sharpness of the loss along a training: the largest eigenvalue λ₁ of the Hessian over the records at points of the recorded path, and beside it the edge of stability,
 *
 *     λ₁ < 2/α   gradient descent      λ₁ < 2(1 + β)/α   with momentum
 *
 * above which a step of the rule makes the error along that eigenvector larger. With full batches and a constant rate the sharpness tends to rise to this edge and to stay about
 * it (Cohen et al.: arXiv 2103.00065, 2021); with batches the noise keeps it lower.
 *
 * @param run what `fit({ recordPath: true })` returned, with the records that it learned from or others; or what `loadRun` gave of such a run, with data
 * @throws SteepestError where no path was recorded, and for models whose layers carry state, which the path does not hold
 * @example
 * ```ts
 * import { dense, fit, flatten, gd, sequential, sharpnessAlong, tanh } from "steepest";
 * import { digits } from "steepest/data";
 * const data = digits({ train: 100, test: 1 });
 * const run = await fit(sequential(flatten(), dense(8), tanh(), dense(10)), data, {
 *   optimizer: gd({ learningRate: 0.1 }),
 *   batchSize: 100,
 *   epochs: 20,
 *   recordPath: true,
 * });
 * const { points } = await sharpnessAlong(run, { points: 3 });
 * points.map(({ step }) => step); // → [0, 10, 20]
 * points[0].edge;                 // → 20.000
 * points[2].sharpness > 0;        // → true
 * ```
 */
export async function sharpnessAlong(run: TrainedRun, options?: SharpnessOptions): Promise<Sharpness>;
export async function sharpnessAlong(run: TrainedRun | RecordedModel, data: Dataset, options?: SharpnessOptions): Promise<Sharpness>;
export async function sharpnessAlong(
  run: TrainedRun | RecordedModel,
  second: Dataset | SharpnessOptions = {},
  third: SharpnessOptions = {},
): Promise<Sharpness> {
  const options = isData(second) ? third : second;
  checkOptionNames("sharpnessAlong", options, names);
  const { tolerance = 1e-3, seed = 1, threads, onProgress, signal } = options;
  const { training, point, part } = trainedSubject("sharpnessAlong", run, isData(second) ? second : undefined, options.records);
  const { path } = run;
  if (path === undefined)
    throw new SteepestError({
      problem: "the path of this training was not recorded",
      expected: "a run with the weights on its way",
      fix: "train with fit(model, data, { recordPath: true }), or steepest train --record-path",
    });
  if (training.stateLayout.size > 0)
    throw new SteepestError({
      problem: "the sharpness along the training of this model is not known: its layers carry state, and the path holds weights alone",
      expected: "a model without running statistics",
      received: training.parts.model.name,
      fix: "look at its end with hessianSpectrum(run, { top: 1 })",
    });
  const stableUpTo = options.stableUpTo ?? run.stableUpTo;
  if (stableUpTo !== undefined && !(stableUpTo > 0)) throw unusable("stableUpTo", "a number > 0", stableUpTo);
  const chosen = spaced(path.length, options.points ?? Math.min(20, path.length));
  const products = new HessianProducts(training, part);
  const program = await openProgram(products.variables, threads === undefined ? {} : { threads });
  try {
    products.fill(program, part);
    const support = placesOf(training.layout);
    const points: SharpnessPoint[] = [];
    let count = 0;
    for (const i of chosen) {
      signal?.throwIfAborted();
      products.moveTo(program, { theta: path.at(i) ?? point.theta, state: point.state });
      const { loss } = await products.first(program, signal);
      const search = extremes({ size: training.layout.size, support }, { largest: 1, smallest: 0, tolerance, seed });
      const { largest, products: taken } = await answeredLater(search, (v) => products.times(program, v, signal));
      count += taken;
      const [{ value: sharpness, residual }] = largest;
      const step = path.steps[i];
      const learningRate = rateAfter(run.history, step);
      points.push({
        step,
        loss,
        sharpness,
        residual,
        learningRate,
        ...(stableUpTo === undefined ? {} : { edge: stableUpTo / learningRate }),
      });
      onProgress?.({ done: points.length, points: chosen.length });
    }
    return { points, ...(stableUpTo === undefined ? {} : { stableUpTo }), records: recordCount(part), products: count };
  } finally {
    program.close();
  }
}

const names = ["points", "records", "stableUpTo", "tolerance", "seed", "threads", "onProgress", "signal"];

/** Numbers from 0 to `all` − 1, evenly spaced. */
function spaced(all: number, count: number): number[] {
  if (!Number.isSafeInteger(count) || count < 1 || count > all)
    throw unusable("points", `a whole number from 1 to ${all}, the points of the path`, count);
  return count === 1 ? [all - 1] : Array.from({ length: count }, (_, i) => Math.round((i * (all - 1)) / (count - 1)));
}

/** The rate of the step after `step` ones, as the history knows it: a line of it holds the rate of its own last step. */
function rateAfter(history: readonly HistoryRecord[], step: number): number {
  const line = history.find((record) => record.step > step) ?? history.at(-1);
  return line?.learningRate ?? Number.NaN;
}
