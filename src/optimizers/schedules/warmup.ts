/** A rise at the start. */
import { SteepestError } from "../../tensor/error.js";
import { weakNumber } from "../../tensor/tensor.js";
import { type Rate, rateOf, type Schedule } from "../optimizer.js";
import { checkNames, checkRate } from "../options.js";

export interface WarmupOptions {
  /** How many steps the rise takes: a whole number ≥ 1. */
  readonly steps: number;
  /** The share of the full rate at step 0, from 0 to 1. Default: the rise ends one step earlier and begins at 1/n. */
  readonly from?: number;
}

/**
 * A linear rise, then another schedule.
 *
 *     α(t) = (t + 1)/n · then(0)          t < n
 *     α(t) = then(t − n)                  t ≥ n, over the totalSteps − n steps that are left
 *
 * The first step already moves (with α/n), and step n − 1 has the full rate. With `from`, the first step has `from` of the full rate, and step
 * n is the first with all of it: (from + (1 − from) t/n) · then(0).
 *
 * Elsewhere: PyTorch `LinearLR(start_factor=from, total_iters=n)`, optax `warmup_cosine_decay_schedule` and its kin.
 *
 * @param then what follows: a schedule, or a number for a constant rate
 * @param options `steps` = n, `from`
 * @throws SteepestError where n is no whole number ≥ 1
 * @example
 * ```ts
 * import { adam, cosine, warmup } from "steepest";
 * adam({ learningRate: warmup(cosine(1e-3), { steps: 100 }) }).name; // → "adam"
 * ```
 */
export function warmup(then: Rate, options: WarmupOptions): Schedule {
  checkNames("warmup", options, ["steps", "from"]);
  const { steps, from } = options;
  if (!Number.isInteger(steps) || steps < 1)
    throw new SteepestError({ problem: "steps of warmup is not usable", expected: "a whole number ≥ 1", received: String(steps) });
  checkRate("warmup", then, "the rate after the rise");
  if (from !== undefined && !(from >= 0 && from <= 1))
    throw new SteepestError({ problem: "from of warmup is not usable", expected: "a number from 0 to 1", received: String(from) });
  return {
    name: "warmup",
    ...(typeof then !== "number" && then.plateau ? { plateau: then.plateau } : {}),
    rate({ step, totalSteps, stepsPerEpoch }) {
      const n = weakNumber(steps);
      const first = from === undefined ? undefined : weakNumber(from);
      const rise = first ? first.add(first.fill(1).sub(first).mul(step.div(n))) : step.add(step.fill(1)).div(n);
      const risen = rise.minimum(step.fill(1));
      const rate = rateOf(then, {
        step: step.sub(n).maximum(step.fill(0)),
        totalSteps: totalSteps.sub(n).maximum(totalSteps.fill(1)),
        stepsPerEpoch,
      });
      return rate.mul(risen);
    },
  };
}
