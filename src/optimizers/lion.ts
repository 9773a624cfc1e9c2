/** Lion: the sign of an interpolated momentum. */
import { weakNumber } from "../tensor/tensor.js";
import { decayed } from "./decay.js";
import { checkBetas } from "./moments.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkNames, checkRate } from "./options.js";

export interface LionOptions {
  /** α: a number, or a schedule. Default 0.0001. */
  readonly learningRate?: Rate;
  /** β₁: the part of the momentum in what is signed, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number;
  /** β₂: the part of the momentum that a step keeps, 0 ≤ β₂ < 1. Default 0.99. */
  readonly beta2?: number;
}

/**
 * Lion (Chen et al.: arXiv 2302.06675, 2023).
 *
 *     θ ← θ − α sign(β₁ m + (1 − β₁) g)          sign(0) = 0
 *     m ← β₂ m + (1 − β₂) g          m₀ = 0
 *
 * Every coordinate moves by α: rates are 3 to 10 times smaller than Adam's, and decoupled decay as many times larger:
 * `weightDecay(lion(), { rate: 0.1 })`. One slot. One pass over θ.
 *
 * Elsewhere: Keras `Lion` (rate 0.001), optax `lion` (with decay 0.001); PyTorch has none.
 *
 * @param options `learningRate` (default 0.0001), `beta1` (0.9), `beta2` (0.99)
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), and unknown options
 * @example
 * ```ts
 * import { cosine, lion, minimize } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: lion({ learningRate: cosine(0.01) }), steps: 2000 }).loss < 1e-6; // → true
 * ```
 */
export function lion(options: LionOptions = {}): Optimizer<{ readonly mean: Slot }> {
  checkNames("lion", options, ["learningRate", "beta1", "beta2"]);
  const { learningRate = 0.0001, beta1 = 0.9, beta2 = 0.99 } = options;
  checkBetas("lion", { beta1, beta2 });
  return defineOptimizer({
    name: "lion",
    ingredients: ["stochastic", "momentum"],
    learningRate: checkRate("lion", learningRate),
    slots: { mean: likeTheta(0) },
    settings: { beta1, beta2 },
    update({ theta, gradient, slots, learningRate: rate }) {
      const mixed = (beta: number) => decayed(slots.mean, weakNumber(beta)).add(gradient.mul(weakNumber(1 - beta)));
      return { theta: theta.sub(mixed(beta1).sign().mul(rate)), slots: { mean: mixed(beta2) } };
    },
  });
}
