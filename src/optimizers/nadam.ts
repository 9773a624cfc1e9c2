/** NAdam: Adam with Nesterov's momentum. */
import { weakNumber } from "../tensor/tensor.js";
import { decayedPositive } from "./decay.js";
import { checkBetas, type MomentSlots, momentSlots, moments, oneMinus } from "./moments.js";
import { defineOptimizer, type Optimizer, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkNames, checkNonNegative, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface NadamOptions {
  /** α: a number, or a schedule. Default 0.002. */
  readonly learningRate?: Rate;
  /** β₁: the momentum that μ rises to, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number;
  /** β₂: the part of the mean square that a step keeps, 0 ≤ β₂ < 1. Default 0.999. */
  readonly beta2?: number;
  /** ε > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** ψ ≥ 0: how fast μ rises; `"none"`: μ = β₁ from the start. Default 0.004. */
  readonly momentumDecay?: number | "none";
}

/** Adam's, and ∏ μ. */
export type NadamSlots = MomentSlots & { readonly product: Slot };

/**
 * NAdam (Dozat: ICLR workshop 2016).
 *
 *     μₜ = β₁ (1 − ½ · 0.96^(ψ t))          m, v as in Adam, v̂ = v/(1 − β₂ᵗ)
 *     θ ← θ − α [ (1 − μₜ) g/(1 − ∏ᵢ₌₁ᵗ μᵢ) + μₜ₊₁ m/(1 − ∏ᵢ₌₁ᵗ⁺¹ μᵢ) ] / (√v̂ + ε)
 *
 * One pass over θ.
 *
 * Elsewhere: PyTorch `NAdam` is this one, defaults included (versions before 2.0 multiplied the second product by μₜ twice); Keras `Nadam` has
 * ψ = 1, rate 0.001 and ε = 1e-7; optax `nadam` has no rise: `momentumDecay: "none"`.
 *
 * @param options `learningRate` (default 0.002), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-8), `momentumDecay` (0.004)
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), ε ≤ 0, negative ψ, and unknown options
 * @example
 * ```ts
 * import { minimize, nadam } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: nadam({ learningRate: 0.01 }), steps: 2000 }).loss < 1e-6; // → true
 * ```
 */
export function nadam(options: NadamOptions = {}): Optimizer<NadamSlots> {
  checkNames("nadam", options, ["learningRate", "beta1", "beta2", "epsilon", "momentumDecay"]);
  const { learningRate = 0.002, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentumDecay = 0.004 } = options;
  checkBetas("nadam", { beta1, beta2 });
  checkPositive("nadam", "epsilon", epsilon, whyEpsilon);
  if (momentumDecay !== "none") checkNonNegative("nadam", "momentumDecay", momentumDecay);
  return defineOptimizer({
    name: "nadam",
    ingredients: ["stochastic", "momentum", "adaptive"],
    learningRate: checkRate("nadam", learningRate),
    slots: { ...momentSlots, product: scalar(1) },
    settings: { beta1, beta2, epsilon, momentumDecay },
    update({ theta, gradient, slots, step, learningRate: rate }) {
      const made = moments(gradient, slots, { beta1, beta2 });
      const b1 = weakNumber(beta1);
      /** μ of step `step` + `ahead`, counted from 1. */
      const momentum = (ahead: number) =>
        momentumDecay === "none"
          ? b1
          : b1.mul(
              oneMinus(
                weakNumber(0.96)
                  .pow(step.add(ahead).mul(weakNumber(momentumDecay)))
                  .mul(weakNumber(0.5)),
              ),
            );
      const [here, next] = [momentum(1), momentum(2)];
      const product = decayedPositive(slots.product, here);
      const scale = made.slots.squares.sqrt().mul(made.correction2.sqrt().reciprocal()).add(weakNumber(epsilon));
      const now = rate.mul(oneMinus(here)).div(oneMinus(product));
      const then = rate.mul(next).div(oneMinus(product.mul(next)));
      const direction = gradient.mul(now).add(made.slots.mean.mul(then));
      return { theta: theta.sub(direction.div(scale)), slots: { ...made.slots, product } };
    },
  });
}
