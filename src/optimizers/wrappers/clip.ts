/** Gradient clipping around any rule. */
import { SteepestError } from "../../tensor/error.js";
import { type Tensor, weakNumber } from "../../tensor/tensor.js";
import type { LossAndGradient, Optimizer } from "../optimizer.js";
import { checkForm, checkNames, checkNonNegative, checkPositive } from "../options.js";
import type { ParameterViews } from "../parameters.js";
import { wrap } from "./wrap.js";

export interface ClipOptions {
  /** c > 0: the longest gradient that passes, by its 2-norm. */
  readonly norm?: number;
  /** c > 0: the largest slope that passes in each coordinate. */
  readonly value?: number;
  /** Of `norm`: one norm for the whole gradient, or one for each parameter. Default `"all"`. */
  readonly per?: "all" | "parameter";
  /** ε ≥ 0, of `norm`: see below. Default 0. */
  readonly epsilon?: number;
}

/**
 * Clips gradients before the rule sees them.
 *
 *     norm: c      g ← g · min(1, c/(‖g‖₂ + ε))          (Pascanu, Mikolov, Bengio: ICML 2013)
 *     value: c     gᵢ ← min(max(gᵢ, −c), c)
 *
 * With both, by value first. The direction is kept by `norm` and changed by `value`. The recorded gradient norm is that before clipping. By
 * value, a rule of one pass stays one pass; by norm it takes one more, for the norm.
 *
 * Elsewhere: PyTorch `clip_grad_norm_` is `norm` with ε = 1e-6, `clip_grad_value_` is `value`; Keras `global_clipnorm` is `norm`, `clipnorm` is
 * `norm` with `per: "parameter"`, `clipvalue` is `value`; optax `clip_by_global_norm`, `clip`.
 *
 * @param optimizer the rule
 * @param options `norm`, `value`, `per` ("all"), `epsilon` (0)
 * @throws SteepestError where neither `norm` nor `value` is given, for numbers out of their range, and unknown options
 * @example
 * ```ts
 * import { clip, gd, replay } from "steepest";
 * replay(clip(gd({ learningRate: 1 }), { norm: 1 }), { start: [0, 0], gradients: [[3, 4]] })[0]; // → [-0.6, -0.8]
 * ```
 */
export function clip(optimizer: Optimizer, options: ClipOptions): Optimizer {
  checkNames("clip", options, ["norm", "value", "per", "epsilon"]);
  const { norm, value, per = "all", epsilon = 0 } = options;
  if (norm === undefined && value === undefined)
    throw new SteepestError({ problem: "clip has nothing to clip to", expected: "{ norm: 1 } or { value: 0.5 }", received: "neither" });
  if (norm !== undefined) checkPositive("clip", "norm", norm);
  if (value !== undefined) checkPositive("clip", "value", value);
  checkForm("clip", "per", per, ["all", "parameter"]);
  checkNonNegative("clip", "epsilon", epsilon);
  const settings = { ...(norm === undefined ? {} : { norm }), ...(value === undefined ? {} : { value }), per, epsilon };
  const byNorm = (gradient: Tensor, most: number): Tensor =>
    gradient.mul(
      weakNumber(most)
        .cast(gradient.dtype)
        .div(gradient.norm().add(weakNumber(epsilon)))
        .minimum(1),
    );
  const clipped = (gradient: Tensor, parameters: ParameterViews): Tensor => {
    const cut = value === undefined ? gradient : gradient.maximum(weakNumber(-value)).minimum(weakNumber(value));
    if (norm === undefined) return cut;
    return per === "all" ? byNorm(cut, norm) : parameters.join((entry) => byNorm(parameters.of(cut, entry), norm), cut);
  };
  return wrap(optimizer, { name: "clip", settings }, (context, run) => {
    const of = ({ loss, gradient }: LossAndGradient) => ({ loss, gradient: clipped(gradient, context.parameters) });
    return run({ ...context, ...of(context), evaluate: (x) => of(context.evaluate(x)) });
  });
}
