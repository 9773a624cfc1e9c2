/** An average of θ beside any rule. */
import { weakNumber } from "../../tensor/tensor.js";
import { likeTheta, type Optimizer } from "../optimizer.js";
import { checkCount, checkDecay, checkForm, checkNames } from "../options.js";
import { wrap } from "./wrap.js";

export interface AveragedOptions {
  /** `"exponential"`: recent points weigh most; `"mean"`: all weigh the same. Default `"exponential"`. */
  readonly form?: "exponential" | "mean";
  /** d, for "exponential": the part of the average that a step keeps, 0 ≤ d < 1. Default 0.999. */
  readonly decay?: number;
  /** n ≥ 0: steps before the averaging begins. Default 0. */
  readonly from?: number;
}

/**
 * Keeps an average of the points that a rule goes through: less noisy than the last of them (Polyak and Juditsky 1992; "stochastic weight
 * averaging": Izmailov et al., arXiv 1803.05407). The descent itself does not change.
 *
 *     form "exponential"     a ← d a + (1 − d) θ
 *     form "mean"            a ← a + (θ − a)/k          k = 1, 2, … points since the averaging began
 *
 * In the first n steps a is θ; without them, "exponential" begins at the start. `run.averaged` of `minimize` and `fit` gives a. A rule of one
 * pass stays one pass.
 *
 * Elsewhere: PyTorch `AveragedModel` is "mean" (or "exponential" by `get_ema_avg_fn`), optax `ema` of parameters, Keras `use_ema` with
 * `ema_momentum` = d = 0.99 (which writes a over θ at the end).
 *
 * @param optimizer the rule
 * @param options `form` ("exponential"), `decay` (0.999), `from` (0)
 * @throws SteepestError for d outside [0, 1), n no whole number ≥ 0, unknown forms and options
 * @example
 * ```ts
 * import { averaged, gd, minimize } from "steepest";
 * // A step that is too long: θ jumps between −1 and 1, and its mean lies between.
 * const run = minimize("x^2", { x: 1 }, { optimizer: averaged(gd({ learningRate: 1 }), { form: "mean" }), steps: 100 });
 * run.averaged; // → { x: 0 }
 * ```
 */
export function averaged(optimizer: Optimizer, options: AveragedOptions = {}): Optimizer {
  checkNames("averaged", options, ["form", "decay", "from"]);
  const { form = "exponential", decay = 0.999, from = 0 } = options;
  checkForm("averaged", "form", form, ["exponential", "mean"]);
  checkDecay("averaged", "decay", decay);
  checkCount("averaged", "from", from, 0);
  const own = {
    name: "averaged",
    slots: { average: likeTheta("theta") },
    settings: { form, decay: form === "mean" ? 0 : decay, from },
    average: "average",
  } as const;
  return wrap(optimizer, own, (context, run) => {
    const { slots, step } = context;
    const moved = run(context);
    const done = step.sub(weakNumber(from)).add(1);
    const share = form === "mean" ? done.maximum(1).reciprocal() : done.le(0).select(weakNumber(1), weakNumber(1 - decay));
    const next = slots.average.add(moved.theta.sub(slots.average).mul(share));
    // Where θ itself is meant it is taken to the last bit.
    const average = share.ge(1).broadcastTo(next.shape).select(moved.theta, next);
    return { ...moved, slots: { ...moved.slots, average } };
  });
}
