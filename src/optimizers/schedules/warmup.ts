/** A rise at the start. */
import { SteepestError } from "../../tensor/error.js";
import { weakNumber } from "../../tensor/tensor.js";
import { type Rate, rateOf, type Schedule } from "../optimizer.js";
import { checkNames, checkRate } from "../options.js";

export interface WarmupOptions {
  /** How many steps the rise takes: a whole number ≥ 1. */
  readonly steps: number;
}

/**
 * A linear rise, then another schedule.
 *
 *     α(t) = (t + 1)/n · then(0)          t < n
 *     α(t) = then(t − n)                  t ≥ n, over the totalSteps − n steps that are left
 *
 * The first step already moves (with α/n), and step n − 1 has the full rate.
 *
 * @param then what follows: a schedule, or a number for a constant rate
 * @param options `steps` = n
 * @throws SteepestError where n is no whole number ≥ 1
 * @example
 * ```ts
 * import { adam, cosine, warmup } from "steepest";
 * adam({ learningRate: warmup(cosine(1e-3), { steps: 100 }) }).name; // → "adam"
 * ```
 */
export function warmup(then: Rate, options: WarmupOptions): Schedule {
  checkNames("warmup", options, ["steps"]);
  const { steps } = options;
  if (!Number.isInteger(steps) || steps < 1)
    throw new SteepestError({ problem: "steps of warmup is not usable", expected: "a whole number ≥ 1", received: String(steps) });
  checkRate("warmup", then, "the rate after the rise");
  return {
    name: "warmup",
    rate({ step, totalSteps, stepsPerEpoch }) {
      const n = weakNumber(steps);
      const risen = step.add(step.fill(1)).div(n).minimum(step.fill(1));
      const rate = rateOf(then, {
        step: step.sub(n).maximum(step.fill(0)),
        totalSteps: totalSteps.sub(n).maximum(totalSteps.fill(1)),
        stepsPerEpoch,
      });
      return rate.mul(risen);
    },
  };
}
