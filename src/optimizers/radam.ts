/** RAdam: Adam that waits with its scaling until the mean square can be trusted. */
import { weakNumber } from "../tensor/tensor.js";
import { checkBetas, type MomentSlots, momentSlots, moments } from "./moments.js";
import { defineOptimizer, type Optimizer, type Rate } from "./optimizer.js";
import { checkNames, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface RadamOptions {
  /** α: a number, or a schedule. Default 0.001. */
  readonly learningRate?: Rate;
  /** β₁: the part of the mean gradient that a step keeps, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number;
  /** β₂: the part of the mean square that a step keeps, 0 ≤ β₂ < 1. Default 0.999. */
  readonly beta2?: number;
  /** ε > 0. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * RAdam (Liu et al.: arXiv 1908.03265, 2019).
 *
 *     m, v as in Adam          ρ∞ = 2/(1 − β₂) − 1          ρ = ρ∞ − 2 t β₂ᵗ/(1 − β₂ᵗ)
 *     ρ > 5:   θ ← θ − α m̂ r √(1 − β₂ᵗ)/(√v + ε),   r = √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ))
 *     else:    θ ← θ − α m̂
 *
 * With the defaults the first five steps are those of momentum, so that α is the length of a gradient's multiple there: a rate that suits
 * Adam can be far too large for them where gradients are. One pass over θ.
 *
 * Elsewhere: PyTorch `RAdam` is this one, defaults included; optax `radam` has √v̂ + ε; the paper takes ρ > 4. Keras has none.
 *
 * @param options `learningRate` (default 0.001), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-8)
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), ε ≤ 0, and unknown options
 * @example
 * ```ts
 * import { minimize, radam } from "steepest";
 * minimize("x^2 + 10y^2", { x: 1, y: 1 }, { optimizer: radam({ learningRate: 0.01 }), steps: 2000 }).loss < 1e-6; // → true
 * ```
 */
export function radam(options: RadamOptions = {}): Optimizer<MomentSlots> {
  checkNames("radam", options, ["learningRate", "beta1", "beta2", "epsilon"]);
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  checkBetas("radam", { beta1, beta2 });
  checkPositive("radam", "epsilon", epsilon, whyEpsilon);
  const longest = 2 / (1 - beta2) - 1;
  return defineOptimizer({
    name: "radam",
    ingredients: ["stochastic", "momentum", "adaptive"],
    learningRate: checkRate("radam", learningRate),
    slots: momentSlots,
    settings: { beta1, beta2, epsilon },
    update({ theta, gradient, slots, step, learningRate: rate }) {
      const made = moments(gradient, slots, { beta1, beta2 });
      const { mean, squares, power2 } = made.slots;
      const limit = weakNumber(longest);
      const length = limit.sub(step.add(1).mul(2).mul(power2).div(made.correction2));
      const isTrusted = length.gt(5);
      const above = length.sub(4).mul(length.sub(2)).mul(limit).relu();
      const rectified = above
        .div(limit.sub(4).mul(limit.sub(2)).mul(length))
        .sqrt()
        .mul(made.correction2.sqrt());
      const direction = mean.mul(rate.div(made.correction1));
      const scaled = direction.mul(rectified).div(squares.sqrt().add(weakNumber(epsilon)));
      return { theta: theta.sub(isTrusted.broadcastTo(theta.shape).select(scaled, direction)), slots: made.slots };
    },
  });
}
