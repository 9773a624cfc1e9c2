/** Adamax: Adam with the largest recent slope in the place of the root mean square. */
import { weakNumber } from "../tensor/tensor.js";
import { decayed, decayedPositive } from "./decay.js";
import { checkBetas, oneMinus } from "./moments.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkForm, checkNames, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface AdamaxOptions {
  /** α: a number, or a schedule. Default 0.002. */
  readonly learningRate?: Rate;
  /** β₁: the part of the mean gradient that a step keeps, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number;
  /** β₂: how slowly a large slope is forgotten, 0 ≤ β₂ < 1. Default 0.999. */
  readonly beta2?: number;
  /** ε > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** `"inside"`: max(β₂ u, |g| + ε); `"outside"`: u + ε. Default `"inside"`. */
  readonly epsilonPlace?: "inside" | "outside";
}

/** m, u, and the power β₁ᵗ. */
export type AdamaxSlots = { readonly mean: Slot; readonly largest: Slot; readonly power1: Slot };

/**
 * Adamax (Kingma and Ba: arXiv 1412.6980, section 7.1).
 *
 *     m ← β₁ m + (1 − β₁) g          m₀ = u₀ = 0
 *     epsilonPlace "inside"     u ← max(β₂ u, |g| + ε)     θ ← θ − α/(1 − β₁ᵗ) m/u
 *     epsilonPlace "outside"    u ← max(β₂ u, |g|)         θ ← θ − α/(1 − β₁ᵗ) m/(u + ε)
 *
 * No step of a coordinate is longer than about α. One pass over θ.
 *
 * Elsewhere: PyTorch `Adamax` is this one, defaults included (optax the same, at rate 0.001 or as given); Keras and tfjs are "outside" with
 * ε = 1e-7 and rate 0.001.
 *
 * @param options `learningRate` (default 0.002), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-8), `epsilonPlace` ("inside")
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), ε ≤ 0, unknown forms and options
 * @example
 * ```ts
 * import { adamax, minimize } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: adamax({ learningRate: 0.01 }), steps: 2000 }).loss < 1e-6; // → true
 * ```
 */
export function adamax(options: AdamaxOptions = {}): Optimizer<AdamaxSlots> {
  checkNames("adamax", options, ["learningRate", "beta1", "beta2", "epsilon", "epsilonPlace"]);
  const { learningRate = 0.002, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, epsilonPlace = "inside" } = options;
  checkBetas("adamax", { beta1, beta2 });
  checkPositive("adamax", "epsilon", epsilon, whyEpsilon);
  checkForm("adamax", "epsilonPlace", epsilonPlace, ["inside", "outside"]);
  return defineOptimizer({
    name: "adamax",
    ingredients: ["stochastic", "momentum", "adaptive"],
    learningRate: checkRate("adamax", learningRate),
    slots: { mean: likeTheta(0), largest: likeTheta(0), power1: scalar(1) },
    settings: { beta1, beta2, epsilon, epsilonPlace },
    update({ theta, gradient, slots, learningRate: rate }) {
      const [b1, b2, eps] = [weakNumber(beta1), weakNumber(beta2), weakNumber(epsilon)];
      const mean = decayed(slots.mean, b1).add(gradient.mul(weakNumber(1 - beta1)));
      const power1 = decayedPositive(slots.power1, b1);
      const slope = epsilonPlace === "inside" ? gradient.abs().add(eps) : gradient.abs();
      const largest = decayedPositive(slots.largest, b2).maximum(slope);
      const scale = epsilonPlace === "inside" ? largest : largest.add(eps);
      return { theta: theta.sub(mean.mul(rate.div(oneMinus(power1))).div(scale)), slots: { mean, largest, power1 } };
    },
  });
}
