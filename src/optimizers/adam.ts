/** Adam: a running mean of the gradient over the root of a running mean of its square. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkDecay, checkNames, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface AdamOptions {
  /** α: a number, or a schedule. Default 0.001. */
  readonly learningRate?: Rate;
  /** β₁: the part of the mean gradient that a step keeps, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number;
  /** β₂: the part of the mean square that a step keeps, 0 ≤ β₂ < 1. Default 0.999. */
  readonly beta2?: number;
  /** ε > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** Divides by 1 − βᵗ, which takes out the pull of the zeros that both means start from. Default true. */
  readonly biasCorrection?: boolean;
  /** √(v̂ + ε), as some lectures write it, instead of √v̂ + ε. Default false. */
  readonly epsilonInside?: boolean;
}

/** m, v, and the powers β₁ᵗ and β₂ᵗ that the corrections are made of. */
export type AdamSlots = { readonly mean: Slot; readonly squares: Slot; readonly power1: Slot; readonly power2: Slot };

/**
 * Adam (Kingma and Ba: arXiv 1412.6980, 2014).
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          m₀ = v₀ = 0
 *     m̂ = m / (1 − β₁ᵗ)              v̂ = v / (1 − β₂ᵗ)               t = 1, 2, … the number of this step
 *     θ ← θ − α m̂ / (√v̂ + ε)
 *
 * The corrections are computed in float64, whatever the dtype of θ (βᵗ by a product at each step), and meet θ as two scalars. Without
 * `biasCorrection`, m̂ = m and v̂ = v: the first step is then (1 − β₁)/√(1 − β₂) times longer (3.16 with the defaults).
 *
 * Elsewhere: PyTorch and optax are this one, defaults included. Keras, tfjs and TensorFlow use √v + ε with the rate
 * α √(1 − β₂ᵗ)/(1 − β₁ᵗ) (the paper's "ε̂"; ε there is ε √(1 − β₂ᵗ) here) and ε = 1e-7.
 *
 * @param options `learningRate` (default 0.001), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-8), `biasCorrection` (true), `epsilonInside` (false)
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), ε ≤ 0, and unknown options
 * @example
 * ```ts
 * import { adam, cosine, minimize } from "steepest";
 * minimize("(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, { optimizer: adam({ learningRate: cosine(0.05) }), steps: 2000 }).solution;
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamSlots> {
  checkNames("adam", options, ["learningRate", "beta1", "beta2", "epsilon", "biasCorrection", "epsilonInside"]);
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, biasCorrection = true, epsilonInside = false } = options;
  checkDecay("adam", "beta1", beta1);
  checkDecay("adam", "beta2", beta2);
  checkPositive("adam", "epsilon", epsilon, whyEpsilon);
  return defineOptimizer({
    name: "adam",
    learningRate: checkRate("adam", learningRate),
    slots: { mean: likeTheta(0), squares: likeTheta(0), power1: scalar(1), power2: scalar(1) },
    settings: { beta1, beta2, epsilon, biasCorrection, epsilonInside },
    update({ theta, gradient, slots, learningRate: rate }) {
      const [b1, b2, eps] = [weakNumber(beta1), weakNumber(beta2), weakNumber(epsilon)];
      const mean = slots.mean.mul(b1).add(gradient.mul(weakNumber(1 - beta1)));
      const squares = slots.squares.mul(b2).add(gradient.square().mul(weakNumber(1 - beta2)));
      // Both corrections are scalars of float64, so that θ sees one product for each.
      const power1 = slots.power1.mul(b1);
      const power2 = slots.power2.mul(b2);
      const correction1 = biasCorrection ? oneMinus(power1) : b1.fill(1);
      const correction2 = biasCorrection ? oneMinus(power2) : b2.fill(1);
      const corrected = epsilonInside
        ? squares.mul(correction2.reciprocal()).add(eps).sqrt()
        : squares.sqrt().mul(correction2.sqrt().reciprocal()).add(eps);
      return { theta: theta.sub(mean.mul(rate.div(correction1)).div(corrected)), slots: { mean, squares, power1, power2 } };
    },
  });
}

const oneMinus = (power: Tensor): Tensor => power.fill(1).sub(power);
