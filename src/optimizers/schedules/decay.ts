/** Rates that fall smoothly for ever. */
import { weakNumber } from "../../tensor/tensor.js";
import type { Schedule } from "../optimizer.js";
import { checkNames, checkNonNegative, checkRate } from "../options.js";
import { checkUnit, timeIn, type UnitOption } from "./time.js";

export interface DecayOptions extends UnitOption {
  /** k ≥ 0: how fast it falls, per step (or epoch). */
  readonly decay: number;
}

/**
 * Exponential decay: α(t) = α₀ e^(−k t).
 *
 * Elsewhere: PyTorch's `ExponentialLR` has γ = e^(−k), once an epoch.
 *
 * @throws SteepestError for a negative or non-finite k, or an unusable rate
 * @example
 * ```ts
 * import { exponential, gd } from "steepest";
 * gd({ learningRate: exponential(0.1, { decay: 0.05, per: "epoch" }) }).name; // → "gd"
 * ```
 */
export function exponential(initial: number, options: DecayOptions): Schedule {
  const { decay, per } = checkedDecay("exponential", initial, options);
  return { name: "exponential", rate: (context) => weakNumber(initial).mul(timeIn(per, context).mul(weakNumber(decay)).neg().exp()) };
}

/**
 * 1/t decay: α(t) = α₀/(1 + k t), whose sum diverges while the sum of its squares does not, as Robbins and Monro ask for.
 *
 * @throws SteepestError for a negative or non-finite k, or an unusable rate
 * @example
 * ```ts
 * import { gd, inverseTime } from "steepest";
 * gd({ learningRate: inverseTime(0.1, { decay: 0.01 }) }).name; // → "gd"
 * ```
 */
export function inverseTime(initial: number, options: DecayOptions): Schedule {
  const { decay, per } = checkedDecay("inverseTime", initial, options);
  return {
    name: "1/t",
    rate(context) {
      const kt = timeIn(per, context).mul(weakNumber(decay));
      return weakNumber(initial).div(kt.add(kt.fill(1)));
    },
  };
}

function checkedDecay(owner: string, initial: number, options: DecayOptions): Required<DecayOptions> {
  checkNames(owner, options, ["decay", "per"]);
  const { decay, per = "step" } = options;
  checkRate(owner, initial, "initial");
  return { decay: checkNonNegative(owner, "decay", decay), per: checkUnit(owner, per) };
}
