/** Rates that rise and fall again. */
import { SteepestError } from "../../tensor/error.js";
import { type Tensor, weakNumber } from "../../tensor/tensor.js";
import type { Schedule } from "../optimizer.js";
import { checkCount, checkForm, checkNames, checkNonNegative, checkPositive, checkRate } from "../options.js";
import { checkUnit, timeIn, type UnitOption } from "./time.js";

/** From `a` to `b` along half a cosine, at a share of the way. */
function eased(a: Tensor, b: Tensor, share: Tensor): Tensor {
  const wave = share.mul(share.fill(3.141592653589793)).cos();
  return b.add(
    a
      .sub(b)
      .mul(wave.add(wave.fill(1)))
      .mul(wave.fill(0.5)),
  );
}

const straight = (a: Tensor, b: Tensor, share: Tensor): Tensor => a.add(b.sub(a).mul(share));

export interface CosineRestartsOptions extends UnitOption {
  /** T₀: steps (or epochs) of the first cycle, a whole number ≥ 1. */
  readonly cycle: number;
  /** Each cycle is so many times as long as the one before: a whole number ≥ 1. Default 1. */
  readonly growth?: number;
  /** Rate at the end of each cycle, ≥ 0. Default 0. */
  readonly final?: number;
}

/**
 * Half a cosine down, again and again (SGDR: Loshchilov and Hutter, arXiv 1608.03983).
 *
 *     α(t) = α₁ + (α₀ − α₁)(1 + cos(π s/T))/2          s steps into a cycle of T = T₀ growthⁿ
 *
 * The first step of a cycle has α₀.
 *
 * Elsewhere: PyTorch `CosineAnnealingWarmRestarts(T_0, T_mult, eta_min)`, Keras `CosineDecayRestarts`, optax `sgdr_schedule`.
 *
 * @throws SteepestError for unusable rates, cycles and growths
 * @example
 * ```ts
 * import { adam, cosineRestarts } from "steepest";
 * adam({ learningRate: cosineRestarts(1e-3, { cycle: 10, growth: 2, per: "epoch" }) }).name; // → "adam"
 * ```
 */
export function cosineRestarts(initial: number, options: CosineRestartsOptions): Schedule {
  checkNames("cosineRestarts", options, ["cycle", "growth", "final", "per"]);
  const { cycle, growth = 1, final = 0, per = "step" } = options;
  checkRate("cosineRestarts", initial, "initial");
  checkCount("cosineRestarts", "cycle", cycle);
  checkCount("cosineRestarts", "growth", growth);
  checkNonNegative("cosineRestarts", "final", final);
  checkUnit("cosineRestarts", per);
  return {
    name: "cosine with restarts",
    rate(context) {
      const time = timeIn(per, context);
      const first = weakNumber(cycle);
      let [into, length]: [Tensor, Tensor] = [time.sub(time.div(first).floor().mul(first)), first];
      if (growth > 1) {
        const g = weakNumber(growth);
        // t = T₀ (gⁿ − 1)/(g − 1) begins cycle n. A little more keeps rounding from missing it: a step earlier is farther below.
        const n = time.div(first).mul(g.sub(1)).add(1).log().div(g.log()).add(1e-9).floor();
        const grown = g.pow(n).add(0.5).floor();
        into = time.sub(first.mul(grown.sub(1).div(g.sub(1))));
        length = first.mul(grown);
      }
      return eased(weakNumber(initial), weakNumber(final), into.div(length));
    },
  };
}

export interface OneCycleOptions {
  /** T: steps of the cycle, > 0. Default: all steps of the run. */
  readonly steps?: number;
  /** The share of them in which the rate rises, between 0 and 1. Default 0.3. */
  readonly rise?: number;
  /** The first rate is the highest over this, ≥ 1. Default 25. */
  readonly startDivisor?: number;
  /** The last rate is the first over this, ≥ 1. Default 10,000. */
  readonly endDivisor?: number;
  /** The way between: half cosines or straight lines. Default `"cosine"`. */
  readonly form?: "cosine" | "linear";
}

/**
 * One cycle: up to the highest rate, and down to nearly nothing (Smith and Topin: arXiv 1708.07120).
 *
 *     α_max/startDivisor → α_max               up to step rise·T − 1
 *     α_max → α_max/(startDivisor endDivisor)  up to step T − 1, and that from there on
 *
 * Elsewhere: PyTorch `OneCycleLR` (which also turns the momentum; here it stays), optax `cosine_onecycle_schedule`.
 *
 * @param highest α_max
 * @throws SteepestError for unusable rates, shares and divisors
 * @example
 * ```ts
 * import { nesterov, oneCycle } from "steepest";
 * nesterov({ learningRate: oneCycle(0.1) }).name; // → "nesterov"
 * ```
 */
export function oneCycle(highest: number, options: OneCycleOptions = {}): Schedule {
  checkNames("oneCycle", options, ["steps", "rise", "startDivisor", "endDivisor", "form"]);
  const { steps, rise = 0.3, startDivisor = 25, endDivisor = 1e4, form = "cosine" } = options;
  checkRate("oneCycle", highest, "the highest rate");
  if (steps !== undefined) checkPositive("oneCycle", "steps", steps);
  const refuse = (option: string, expected: string, received: number): never => {
    throw new SteepestError({ problem: `${option} of oneCycle is not usable`, expected, received: String(received) });
  };
  if (!(rise > 0 && rise < 1)) refuse("rise", "a number between 0 and 1", rise);
  if (!(startDivisor >= 1)) refuse("startDivisor", "a number ≥ 1", startDivisor);
  if (!(endDivisor >= 1)) refuse("endDivisor", "a number ≥ 1", endDivisor);
  checkForm("oneCycle", "form", form, ["cosine", "linear"]);
  const way = form === "cosine" ? eased : straight;
  return {
    name: "one cycle",
    rate({ step, totalSteps }) {
      const total = steps === undefined ? totalSteps : weakNumber(steps);
      const [low, high, end] = [highest / startDivisor, highest, highest / startDivisor / endDivisor].map(weakNumber);
      // Runs of one or two steps have no room to rise.
      const top = total.mul(weakNumber(rise)).sub(1).maximum(1e-9);
      const bottom = total.sub(1).maximum(top.add(1e-9));
      const up = way(low, high, step.div(top).minimum(1));
      const down = way(high, end, step.sub(top).div(bottom.sub(top)).maximum(0).minimum(1));
      return step.le(top).select(up, down);
    },
  };
}

export interface CyclicOptions {
  /** The highest rate. */
  readonly high: number;
  /** Steps of the rise, > 0. */
  readonly rise: number;
  /** Steps of the fall, > 0. Default: as many as of the rise. */
  readonly fall?: number;
  /** What becomes of the height from cycle to cycle. Default `"triangular"`: it stays. */
  readonly form?: "triangular" | "halving" | "exponential";
  /** γ of "exponential", between 0 and 1: the height is multiplied by it at every step. Default 0.999. */
  readonly factor?: number;
}

/**
 * Triangles between two rates (Smith: arXiv 1506.01186).
 *
 *     α(t) = α₀ + (high − α₀) h(t) s(t)          h: from 0 up to 1 in `rise` steps, down to 0 in `fall` steps, again and again
 *     form "triangular"     s = 1
 *     form "halving"        s = ½ⁿ in cycle n = 0, 1, …
 *     form "exponential"    s = γᵗ
 *
 * Elsewhere: PyTorch `CyclicLR` with the modes triangular, triangular2 and exp_range (which also turns the momentum; here it stays).
 *
 * @param low α₀
 * @throws SteepestError for unusable rates, lengths and factors
 * @example
 * ```ts
 * import { cyclic, gd } from "steepest";
 * gd({ learningRate: cyclic(0.001, { high: 0.1, rise: 200 }) }).name; // → "gd"
 * ```
 */
export function cyclic(low: number, options: CyclicOptions): Schedule {
  checkNames("cyclic", options, ["high", "rise", "fall", "form", "factor"]);
  const { high, rise, fall = rise, form = "triangular", factor = 0.999 } = options;
  checkRate("cyclic", low, "the lowest rate");
  checkNonNegative("cyclic", "high", high);
  checkPositive("cyclic", "rise", rise);
  checkPositive("cyclic", "fall", fall);
  checkForm("cyclic", "form", form, ["triangular", "halving", "exponential"]);
  if (!(factor > 0 && factor <= 1))
    throw new SteepestError({ problem: "factor of cyclic is not usable", expected: "a number with 0 < x ≤ 1", received: String(factor) });
  return {
    name: "cyclic",
    rate({ step }) {
      const whole = weakNumber(rise + fall);
      const cycle = step.div(whole).floor();
      const into = step.sub(cycle.mul(whole));
      const height = into.div(weakNumber(rise)).minimum(whole.sub(into).div(weakNumber(fall)));
      const scale = form === "triangular" ? step.fill(1) : form === "halving" ? weakNumber(0.5).pow(cycle) : weakNumber(factor).pow(step);
      return weakNumber(low).add(
        weakNumber(high - low)
          .mul(height)
          .mul(scale),
      );
    },
  };
}
