/** A rate that falls as a power of the time that is left. */
import { weakNumber } from "../../tensor/tensor.js";
import type { Schedule } from "../optimizer.js";
import { checkNames, checkNonNegative, checkPositive, checkRate } from "../options.js";

export interface PolynomialOptions {
  /** p > 0. Default 1: a straight line. */
  readonly power?: number;
  /** Rate at the end, ≥ 0. Default 0. */
  readonly final?: number;
  /** T: steps from the first rate to the last, > 0. Default: all steps of the run. */
  readonly steps?: number;
}

/**
 * Polynomial decay.
 *
 *     α(t) = α₁ + (α₀ − α₁)(1 − t/T)ᵖ          t ≤ T;  α₁ from there on
 *
 * Elsewhere: PyTorch `PolynomialLR` (with α₁ = 0), Keras `PolynomialDecay`, optax `polynomial_schedule`.
 *
 * @param initial α₀
 * @param options `power` = p (default 1), `final` = α₁ (0), `steps` = T (totalSteps)
 * @throws SteepestError for unusable rates, p ≤ 0 and T ≤ 0
 * @example
 * ```ts
 * import { momentum, polynomial } from "steepest";
 * momentum({ learningRate: polynomial(0.1, { power: 2 }) }).name; // → "momentum"
 * ```
 */
export function polynomial(initial: number, options: PolynomialOptions = {}): Schedule {
  checkNames("polynomial", options, ["power", "final", "steps"]);
  const { power = 1, final = 0, steps } = options;
  checkRate("polynomial", initial, "initial");
  checkPositive("polynomial", "power", power);
  checkNonNegative("polynomial", "final", final);
  if (steps !== undefined) checkPositive("polynomial", "steps", steps);
  return {
    name: "polynomial",
    rate({ step, totalSteps }) {
      const total = steps === undefined ? totalSteps : weakNumber(steps);
      const left = step.fill(1).sub(step.div(total)).maximum(0);
      const share = power === 1 ? left : left.pow(weakNumber(power));
      return weakNumber(initial - final)
        .mul(share)
        .add(weakNumber(final));
    },
  };
}
