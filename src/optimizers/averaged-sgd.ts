/** Averaged SGD: plain steps with a falling rate, and the mean of the points as the result. */
import { weakNumber } from "../tensor/tensor.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkCount, checkNames, checkNonNegative, checkRate } from "./options.js";

export interface AveragedSgdOptions {
  /** α₀: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** λ ≥ 0: decay of θ, and of the rate. Default 1e-4. */
  readonly lambda?: number;
  /** p ≥ 0: the power with which the rate falls. Default 0.75. */
  readonly power?: number;
  /** t₀ ≥ 0: steps before the averaging begins. Default 1,000,000. */
  readonly averageFrom?: number;
}

/**
 * Averaged stochastic gradient descent (Polyak and Juditsky 1992; as Bottou's `asgd` writes it).
 *
 *     η = α₀ / (1 + λ α₀ (t − 1))ᵖ          t = 1, 2, … the number of this step
 *     θ ← (1 − λ η) θ − η g
 *     a ← a + (θ − a)/max(1, t − 1 − t₀)    a is the mean of the points since step t₀; θ itself before
 *
 * `run.averaged` gives a. One pass over θ.
 *
 * Elsewhere: PyTorch `ASGD` is this one, defaults included (`lambd`, `alpha`, `t0`; the mean is `state["ax"]`). For a mean over any other
 * method see `averaged`.
 *
 * @param options `learningRate` (default 0.01), `lambda` (1e-4), `power` (0.75), `averageFrom` (1,000,000)
 * @throws SteepestError for negative or non-finite numbers, and unknown options
 * @example
 * ```ts
 * import { averagedSgd, minimize } from "steepest";
 * minimize("(x-1)^2", { x: 0 }, { optimizer: averagedSgd({ learningRate: 0.1, lambda: 0, averageFrom: 20 }), steps: 100 }).averaged;
 * ```
 */
export function averagedSgd(options: AveragedSgdOptions = {}): Optimizer<{ readonly average: Slot }> {
  checkNames("averagedSgd", options, ["learningRate", "lambda", "power", "averageFrom"]);
  const { learningRate = 0.01, lambda = 1e-4, power = 0.75, averageFrom = 1e6 } = options;
  checkNonNegative("averagedSgd", "lambda", lambda);
  checkNonNegative("averagedSgd", "power", power);
  checkCount("averagedSgd", "averageFrom", averageFrom, 0);
  return defineOptimizer({
    name: "averagedSgd",
    ingredients: ["stochastic"],
    learningRate: checkRate("averagedSgd", learningRate),
    slots: { average: likeTheta(0) },
    settings: { lambda, power, averageFrom },
    average: "average",
    update({ theta, gradient, slots, step, learningRate: rate }) {
      const eta = rate.div(step.mul(rate).mul(weakNumber(lambda)).add(1).pow(weakNumber(power)));
      const next = theta.mul(eta.mul(weakNumber(lambda)).neg().add(1)).sub(gradient.mul(eta));
      const count = step.sub(weakNumber(averageFrom)).maximum(1);
      const average = slots.average.add(next.sub(slots.average).mul(count.reciprocal()));
      // The first mean is the point itself, to the last bit.
      return { theta: next, slots: { average: count.le(1).broadcastTo(next.shape).select(next, average) } };
    },
  });
}
