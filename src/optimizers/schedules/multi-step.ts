/** Rates that change at given times. */
import { SteepestError } from "../../tensor/error.js";
import { type Tensor, weakNumber } from "../../tensor/tensor.js";
import type { Schedule } from "../optimizer.js";
import { checkForm, checkNames, checkRate } from "../options.js";
import { checkUnit, timeIn, type UnitOption } from "./time.js";

export interface MultiStepOptions extends UnitOption {
  /** When the rate falls: steps (or epochs), rising. */
  readonly at: readonly number[];
  /** What the rate is multiplied by each time, > 0. Default 0.1. */
  readonly factor?: number;
}

/**
 * A rate that is multiplied by the same number at given times.
 *
 *     α(t) = α₀ · factor^(how many of `at` are ≤ t)
 *
 * A step named in `at` is the first with the new rate, as in PyTorch's `MultiStepLR`.
 *
 * @throws SteepestError for times that do not rise, a factor ≤ 0, or an unusable rate
 * @example
 * ```ts
 * import { gd, multiStep } from "steepest";
 * gd({ learningRate: multiStep(0.1, { at: [30, 60], factor: 0.1, per: "epoch" }) }).name; // → "gd"
 * ```
 */
export function multiStep(initial: number, options: MultiStepOptions): Schedule {
  checkNames("multiStep", options, ["at", "factor", "per"]);
  const { at, factor = 0.1, per = "step" } = options;
  checkRate("multiStep", initial, "initial");
  checkUnit("multiStep", per);
  checkTimes("multiStep", at);
  if (!(factor > 0 && Number.isFinite(factor)))
    throw new SteepestError({ problem: "factor of multiStep is not usable", expected: "a finite number > 0", received: String(factor) });
  return {
    name: "multi-step",
    rate(context) {
      const time = timeIn(per, context);
      let rate: Tensor = weakNumber(initial);
      for (const [i, from] of at.entries()) {
        let value = initial;
        for (let k = 0; k <= i; k++) value *= factor;
        rate = time.ge(weakNumber(from)).select(weakNumber(value), rate);
      }
      return rate;
    },
  };
}

export interface PiecewiseOptions extends UnitOption {
  /** Between two points: the rate of the one before, or a straight line. Default `"constant"`. */
  readonly form?: "constant" | "linear";
}

/**
 * A rate given by points.
 *
 *     form "constant"     α(t) = rate of the last point with time ≤ t
 *     form "linear"       straight lines between the points
 *
 * Before the first point and after the last one the rate is theirs. A point's own step is the first with its rate (as optax; Keras'
 * `PiecewiseConstantDecay` changes one step later).
 *
 * @param points pairs of time and rate, times rising
 * @throws SteepestError for points that do not rise, and unusable rates
 * @example
 * ```ts
 * import { gd, piecewise } from "steepest";
 * gd({ learningRate: piecewise([[0, 0.1], [100, 0.02], [200, 0.001]]) }).name; // → "gd"
 * ```
 */
export function piecewise(points: readonly (readonly [time: number, rate: number])[], options: PiecewiseOptions = {}): Schedule {
  checkNames("piecewise", options, ["form", "per"]);
  const { form = "constant", per = "step" } = options;
  checkForm("piecewise", "form", form, ["constant", "linear"]);
  checkUnit("piecewise", per);
  checkTimes("piecewise", Array.isArray(points) ? Array.from(points, ([time]) => Number(time)) : []);
  for (const [, rate] of points) checkRate("piecewise", rate, "a rate");
  return {
    name: "piecewise",
    rate(context) {
      const time = timeIn(per, context);
      let value: Tensor = weakNumber(points[0][1]);
      for (const [i, [from, rate]] of points.entries()) {
        const next = points[i + 1];
        const slope = form === "constant" || next === undefined ? 0 : (next[1] - rate) / (next[0] - from);
        const here = weakNumber(rate).add(time.sub(weakNumber(from)).mul(weakNumber(slope)));
        value = time.ge(weakNumber(from)).select(slope === 0 ? weakNumber(rate) : here, value);
      }
      return value;
    },
  };
}

function checkTimes(owner: string, times: readonly number[]): void {
  const isList = Array.isArray(times) && times.length > 0;
  if (isList && times.every((time, i) => Number.isFinite(time) && time >= 0 && (i === 0 || time > times[i - 1]))) return;
  throw new SteepestError({
    problem: `the times of ${owner} are not usable`,
    expected: "at least one number ≥ 0, each larger than the one before",
    received: isList ? times.join(", ") : JSON.stringify(times),
  });
}
