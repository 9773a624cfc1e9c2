/** LAMB: Adam's steps, for each parameter brought to a share of the parameter's own length. */
import { weakNumber } from "../tensor/tensor.js";
import { checkBetas, type MomentSlots, momentSlots, moments } from "./moments.js";
import { defineOptimizer, type Optimizer, type Rate } from "./optimizer.js";
import { checkNames, checkNonNegative, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface LambOptions {
  /** α: a number, or a schedule. Default 0.001. */
  readonly learningRate?: Rate;
  /** β₁: the part of the mean gradient that a step keeps, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number;
  /** β₂: the part of the mean square that a step keeps, 0 ≤ β₂ < 1. Default 0.999. */
  readonly beta2?: number;
  /** ε > 0. Default 1e-6. */
  readonly epsilon?: number;
  /** λ ≥ 0: weight decay, which enters before the lengths are measured. Default 0. */
  readonly weightDecay?: number;
}

/**
 * LAMB (You et al.: arXiv 1904.00962, 2019), for large batches. For each parameter (layer) on its own:
 *
 *     m, v as in Adam          r = m̂/(√v̂ + ε) + λ θ
 *     θ ← θ − α r ‖θ‖/‖r‖          the ratio is 1 where ‖θ‖ or ‖r‖ is 0
 *
 * A step is α times as long as the parameter that it changes. Two passes over θ: the norms, and the step.
 *
 * Elsewhere: optax `lamb` and Keras `Lamb` (whose ε is 1e-7) are this one; PyTorch has none. The decay of `weightDecay(lamb(), …)` would come
 * on top of it, outside the norm.
 *
 * @param options `learningRate` (default 0.001), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-6), `weightDecay` (0)
 * @throws SteepestError for a negative or non-finite rate or λ, β outside [0, 1), ε ≤ 0, and unknown options
 * @example
 * ```ts
 * import { cosine, lamb, minimize } from "steepest";
 * minimize("(x-1)^2 + 100(y-2)^2", { x: 3, y: 3 }, { optimizer: lamb({ learningRate: cosine(0.05) }), steps: 2000 }).loss < 1e-4; // → true
 * ```
 */
export function lamb(options: LambOptions = {}): Optimizer<MomentSlots> {
  checkNames("lamb", options, ["learningRate", "beta1", "beta2", "epsilon", "weightDecay"]);
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6, weightDecay = 0 } = options;
  checkBetas("lamb", { beta1, beta2 });
  checkPositive("lamb", "epsilon", epsilon, whyEpsilon);
  checkNonNegative("lamb", "weightDecay", weightDecay);
  return defineOptimizer({
    name: "lamb",
    ingredients: ["stochastic", "momentum", "adaptive"],
    learningRate: checkRate("lamb", learningRate),
    slots: momentSlots,
    settings: { beta1, beta2, epsilon, weightDecay },
    update({ theta, gradient, slots, parameters, learningRate: rate }) {
      const made = moments(gradient, slots, { beta1, beta2 });
      const { mean, squares } = made.slots;
      const next = parameters.join((entry) => {
        const [w, m, v] = [theta, mean, squares].map((x) => parameters.of(x, entry));
        const scale = v.sqrt().mul(made.correction2.sqrt().reciprocal()).add(weakNumber(epsilon));
        const scaled = m.mul(made.correction1.reciprocal()).div(scale);
        const direction = weightDecay === 0 ? scaled : scaled.add(w.mul(weakNumber(weightDecay)));
        const [long, wide] = [w.norm(), direction.norm()];
        const ratio = long.gt(0).and(wide.gt(0)).select(long.div(wide), long.fill(1));
        return w.sub(direction.mul(ratio.mul(rate)));
      }, theta);
      return { theta: next, slots: made.slots };
    },
  });
}
