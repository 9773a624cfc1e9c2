/** SAM: the gradient where the loss is worst nearby, around any rule. */
import type { Tensor } from "../../tensor/tensor.js";
import { weakNumber } from "../../tensor/tensor.js";
import type { LossAndGradient, Optimizer } from "../optimizer.js";
import { checkNames, checkPositive } from "../options.js";
import { wrap } from "./wrap.js";

export interface SamOptions {
  /** ρ > 0: how far away the loss is looked at. Default 0.05. */
  readonly radius?: number;
  /** Distances relative to the size of each coordinate (ASAM). Default false. */
  readonly adaptive?: boolean;
}

/**
 * Sharpness-aware minimisation (Foret et al.: arXiv 2010.01412, 2020; adaptive: Kwon et al., arXiv 2102.11600).
 *
 *     ε = ρ g/‖g‖                      adaptive: ρ θ² g/‖θ g‖
 *     the rule moves θ with ∇f(θ + ε) in the place of g
 *
 * It seeks wide valleys. A step evaluates the objective twice. Beside both evaluations, three passes over θ for a rule of one: the norm, the
 * point θ + ε, the step.
 *
 * Elsewhere: optax `contrib.sam`; none in PyTorch and Keras.
 *
 * @param optimizer the rule
 * @param options `radius` = ρ (default 0.05), `adaptive` (false)
 * @throws SteepestError for ρ ≤ 0, and unknown options
 * @example
 * ```ts
 * import { minimize, momentum, sam } from "steepest";
 * minimize("x^2 + 10y^2", { x: 1, y: 1 }, { optimizer: sam(momentum({ learningRate: 0.01 }), { radius: 0.01 }), steps: 500 }).loss < 1e-2; // → true
 * ```
 */
export function sam(optimizer: Optimizer, options: SamOptions = {}): Optimizer {
  checkNames("sam", options, ["radius", "adaptive"]);
  const { radius = 0.05, adaptive = false } = options;
  checkPositive("sam", "radius", radius);
  return wrap(optimizer, { name: "sam", settings: { radius, adaptive } }, (context, run) => {
    const sharp = ({ loss, gradient }: LossAndGradient, x: Tensor): LossAndGradient => {
      const slope = adaptive ? gradient.mul(x) : gradient;
      const norm = slope.norm();
      const length = norm.gt(0).select(norm.reciprocal(), norm.fill(0)).mul(weakNumber(radius));
      const away = (adaptive ? slope.mul(x) : slope).mul(length);
      return { loss, gradient: context.evaluate(x.add(away)).gradient };
    };
    return run({ ...context, ...sharp(context, context.theta), evaluate: (x) => sharp(context.evaluate(x), x) });
  });
}
