/** A rate that falls along half a cosine. */
import { weakNumber } from "../../tensor/tensor.js";
import type { Schedule } from "../optimizer.js";
import { checkNames, checkNonNegative, checkPositive, checkRate } from "../options.js";

export interface CosineOptions {
  /** Rate at the end, ≥ 0. Default 0. */
  readonly final?: number;
  /** T: steps from the first rate to the last, > 0. Default: all steps of the run. */
  readonly steps?: number;
}

/**
 * Half a cosine from one rate down to another (Loshchilov and Hutter: arXiv 1608.03983, without restarts).
 *
 *     α(t) = α₁ + (α₀ − α₁)(1 + cos(π t/T))/2          t ≤ T;  α₁ from there on
 *
 * Elsewhere: PyTorch's `CosineAnnealingLR` with T_max = T (which rises again after T), optax' `cosine_decay_schedule`.
 *
 * @param initial α₀
 * @param options `final` = α₁ (default 0), `steps` = T (default: totalSteps)
 * @throws SteepestError for unusable rates and T ≤ 0
 * @example
 * ```ts
 * import { adam, cosine } from "steepest";
 * adam({ learningRate: cosine(1e-3) }).name; // → "adam"
 * ```
 */
export function cosine(initial: number, options: CosineOptions = {}): Schedule {
  checkNames("cosine", options, ["final", "steps"]);
  const { final = 0, steps } = options;
  checkRate("cosine", initial, "initial");
  checkNonNegative("cosine", "final", final);
  if (steps !== undefined) checkPositive("cosine", "steps", steps);
  return {
    name: "cosine",
    rate({ step, totalSteps }) {
      const total = steps === undefined ? totalSteps : weakNumber(steps);
      const part = step.div(total).minimum(step.fill(1));
      const wave = part.mul(part.fill(3.141592653589793)).cos();
      const share = wave.add(wave.fill(1)).mul(wave.fill(0.5));
      return weakNumber(initial - final)
        .mul(share)
        .add(weakNumber(final));
    },
  };
}
