/** `findRate`: a range test of the learning rate. */
import type { Dataset } from "../data/dataset.js";
import { recordCount } from "../data/dataset.js";
import type { Model } from "../models/model.js";
import type { Objective } from "../objectives/objective.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer, Schedule } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import { weakNumber } from "../tensor/tensor.js";
import { type FitOptions, fit } from "./fit.js";
import { descendTraced } from "./loop.js";
import { checkOptimizer, checkOptionNames } from "./option-names.js";
import { settingsOf, unusable } from "./settings.js";

export interface FindRateOptions {
  /** The rule whose rate is sought; its own rate does not matter. Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** The first rate, > 0. Default 1e-7. */
  readonly from?: number;
  /** The last rate. Default 10. */
  readonly to?: number;
  /** Steps of the test, from 10 to 400. Default 200. */
  readonly steps?: number;
}

/** For models: what `fit` takes. */
export type FindTrainingRateOptions = FindRateOptions &
  Pick<FitOptions, "loss" | "regularizer" | "batchSize" | "seed" | "dtype" | "threads" | "workerUrl" | "signal">;

export interface RateTest {
  /** The proposal: a tenth of `lowest`. */
  readonly rate: number;
  /** The rate at which the smoothed loss was lowest. */
  readonly lowest: number;
  /** The rate at which it fell fastest, by the logarithm of the rate. */
  readonly steepest: number;
  /** The rate at which the loss had risen by four times its fall (and ten times the noise of the first steps); undefined where it never came to that. */
  readonly edge: number | undefined;
  /** What was tried, and what came of it. */
  readonly rates: Float64Array;
  readonly losses: Float64Array;
  /** The losses as they were judged: a moving average, corrected for its start. */
  readonly smoothed: Float64Array;
}

/**
 * Runs a rule with a rate that grows from step to step, and proposes one (Smith: arXiv 1506.01186, section 3.3).
 *
 *     α(t) = from · (to/from)^(t/(T − 1))
 *
 * The loss stands still while the rate is too small, falls, and rises where it is too large. Proposed is a tenth of the rate at which the
 * smoothed loss is lowest: by then the rate has been too large for some steps. A race or a few runs around it say more.
 *
 * @param objective what `trace(…)` returns, or a model with its data
 * @throws SteepestError for options out of their range, and where no rate lowers the loss
 * @example
 * ```ts
 * import { findRate, gd, trace } from "steepest";
 * const test = await findRate(trace("x^2 + 10y^2", { x: 1, y: 1 }), { optimizer: gd() });
 * // Stable are rates below 0.1.
 * test.rate > 0.005 && test.rate < 0.1; // → true
 * ```
 */
export async function findRate(objective: Objective, options?: FindRateOptions): Promise<RateTest>;
export async function findRate(model: Model, data: Dataset, options?: FindTrainingRateOptions): Promise<RateTest>;
export async function findRate(
  subject: Objective | Model,
  second?: Dataset | FindRateOptions,
  third?: FindTrainingRateOptions,
): Promise<RateTest> {
  if ("kind" in subject) {
    const options = second === undefined || "inputs" in second ? {} : second;
    checkOptionNames("findRate", options, names);
    const { optimizer, steps } = rising(options);
    const { history } = descendTraced(subject, settingsOf({ optimizer, steps, tolerance: 0 }, subject.parameters.size, 1));
    return judged(history.learningRate, history.loss);
  }
  if (second === undefined || !("inputs" in second))
    throw new SteepestError({ problem: "findRate was given a model without data", fix: "write findRate(model, data, options)" });
  const { optimizer: _rule, from: _from, to: _to, steps: _steps, ...training } = third ?? {};
  checkOptionNames("findRate", third ?? {}, [...names, ...ofTraining]);
  const { optimizer, steps } = rising(third ?? {});
  const count = recordCount(second);
  const batchSize = training.batchSize ?? Math.min(64, count);
  const run = await fit(
    subject,
    { ...second, test: undefined },
    { ...training, batchSize, optimizer, epochs: steps / Math.ceil(count / batchSize) },
  );
  return judged(
    run.history.map(({ learningRate }) => learningRate),
    run.history.map(({ loss }) => loss),
  );
}

const names = ["optimizer", "from", "to", "steps"];
const ofTraining = ["loss", "regularizer", "batchSize", "seed", "dtype", "threads", "workerUrl", "signal"];

/** The rule with the rising rate. */
function rising({ optimizer = adam(), from = 1e-7, to = 10, steps = 200 }: FindRateOptions): { optimizer: Optimizer; steps: number } {
  checkOptimizer("findRate", optimizer);
  if (!(from > 0 && Number.isFinite(from))) throw unusable("from", "a finite number > 0", from);
  if (!(to > from && Number.isFinite(to))) throw unusable("to", `a finite number > from = ${from}`, to);
  if (!Number.isInteger(steps) || steps < 10 || steps > 400) throw unusable("steps", "a whole number from 10 to 400", steps);
  const learningRate: Schedule = {
    name: "rising",
    rate: ({ step }) => weakNumber(from).mul(weakNumber(to / from).pow(step.div(weakNumber(steps - 1)))),
  };
  return { optimizer: { ...optimizer, learningRate }, steps };
}

/** What a past loss still weighs a step later. */
const MEMORY = 0.9;

function judged(rates: ArrayLike<number>, losses: ArrayLike<number>): RateTest {
  const count = losses.length;
  const smoothed = new Float64Array(count);
  let [mean, weight] = [0, 0];
  for (let i = 0; i < count; i++) {
    mean = MEMORY * mean + (1 - MEMORY) * losses[i];
    weight = MEMORY * weight + (1 - MEMORY);
    smoothed[i] = mean / weight;
  }
  // While the rate is still tiny, losses differ by their batches alone.
  const early = Math.max(1, Math.floor(count / 10));
  let noise = 0;
  for (let i = 1; i <= early && i < count; i++) noise += Math.abs(losses[i] - losses[i - 1]) / early;
  let [lowest, steepest, end] = [0, 1, count];
  for (let i = 1; i < count; i++) {
    if (smoothed[i] < smoothed[lowest]) lowest = i;
    // The average drags behind: what counts is the loss itself, over all that was gained, and over what noise would explain.
    if (losses[i] - smoothed[lowest] > 4 * (smoothed[0] - smoothed[lowest]) + 10 * noise) {
      end = i;
      break;
    }
  }
  const fall = (i: number) => smoothed[i] - smoothed[i - 1];
  for (let i = 2; i < end; i++) if (fall(i) < fall(steepest)) steepest = i;
  if (count < 2 || lowest === 0)
    throw new SteepestError({
      problem: "no rate of the test lowered the loss",
      expected: "a loss that falls at some of the rates",
      received: `${count} steps from ${rates[0]} to ${rates[count - 1]}, none below the first loss ${losses[0]}`,
      fix: "begin with a smaller rate: from: 1e-12; or look at the objective with checkGradient",
    });
  return {
    rate: rates[lowest] / 10,
    lowest: rates[lowest],
    steepest: rates[steepest],
    edge: end < count ? rates[end] : undefined,
    rates: Float64Array.from(rates),
    losses: Float64Array.from(losses),
    smoothed,
  };
}
