/** A rate that falls in steps. */
import { SteepestError } from "../../tensor/error.js";
import { weakNumber } from "../../tensor/tensor.js";
import type { Schedule } from "../optimizer.js";
import { checkNames, checkPositive, checkRate } from "../options.js";
import { checkUnit, timeIn, type UnitOption } from "./time.js";

export interface StepDecayOptions extends UnitOption {
  /** Steps (or epochs) from one fall to the next, > 0. */
  readonly every: number;
  /** What the rate is multiplied by at each fall: between 0 and 1. Default 0.5; the lectures' division by K is 1/K. */
  readonly factor?: number;
}

/**
 * Step decay: the rate is divided by the same number again and again.
 *
 *     α(t) = α₀ · factor^⌊t/every⌋
 *
 * The steps t = 0 … every − 1 have α₀; step `every` is the first with the smaller rate (as PyTorch's `StepLR`; Keras'
 * `PiecewiseConstantDecay` falls one step later).
 *
 * @throws SteepestError for a factor outside (0, 1), every ≤ 0, or an unusable rate
 * @example
 * ```ts
 * import { gd, stepDecay } from "steepest";
 * gd({ learningRate: stepDecay(0.1, { every: 100, factor: 0.5 }) }).name; // → "gd"
 * ```
 */
export function stepDecay(initial: number, options: StepDecayOptions): Schedule {
  checkNames("stepDecay", options, ["every", "factor", "per"]);
  const { every, factor = 0.5, per = "step" } = options;
  checkRate("stepDecay", initial, "initial");
  checkPositive("stepDecay", "every", every);
  checkUnit("stepDecay", per);
  if (!(factor > 0 && factor < 1))
    throw new SteepestError({
      problem: "factor of stepDecay is not usable",
      expected: "a number with 0 < factor < 1: the rate is multiplied by it",
      received: String(factor),
      fix: factor > 1 ? `to divide by ${factor}, write ${1 / factor}` : undefined,
    });
  return {
    name: "step",
    rate: (context) => weakNumber(initial).mul(weakNumber(factor).pow(timeIn(per, context).div(weakNumber(every)).floor())),
  };
}
