/** Adam: a running mean of the gradient over the root of a running mean of its square; and AMSGrad, which never lets that root shrink. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";
import { checkBetas, type MomentSlots, momentSlots, moments } from "./moments.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkForm, checkNames, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface AdamOptions {
  /** α: a number, or a schedule. Default 0.001. */
  readonly learningRate?: Rate;
  /** β₁: the part of the mean gradient that a step keeps, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number;
  /** β₂: the part of the mean square that a step keeps, 0 ≤ β₂ < 1. Default 0.999. */
  readonly beta2?: number;
  /** ε > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** `"outside"`: √v̂ + ε; `"inside"`: √(v̂ + ε); `"hat"`: √v + ε before the correction. Default `"outside"`. */
  readonly epsilonPlace?: AdamEpsilonPlace;
  /** Divides by 1 − βᵗ, which takes out the pull of the zeros that both means start from. Default true. */
  readonly biasCorrection?: boolean;
}

/** Where ε stands: see `adam`. */
export type AdamEpsilonPlace = "outside" | "inside" | "hat";

/** What Adam carries. */
export type AdamSlots = MomentSlots;

/**
 * Adam (Kingma and Ba: arXiv 1412.6980, 2014).
 *
 *     m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          m₀ = v₀ = 0
 *     m̂ = m / (1 − β₁ᵗ)              v̂ = v / (1 − β₂ᵗ)               t = 1, 2, … the number of this step
 *
 *     epsilonPlace "outside"     θ ← θ − α m̂ / (√v̂ + ε)
 *     epsilonPlace "inside"      θ ← θ − α m̂ / √(v̂ + ε)
 *     epsilonPlace "hat"         θ ← θ − α m √(1 − β₂ᵗ)/(1 − β₁ᵗ) / (√v + ε)
 *
 * The corrections are computed in float64, whatever the dtype of θ (βᵗ by a product at each step), and meet θ as two scalars. Without
 * `biasCorrection`, m̂ = m and v̂ = v: the first step is then (1 − β₁)/√(1 − β₂) times longer (3.16 with the defaults). One pass over θ.
 *
 * Elsewhere: PyTorch `Adam` and optax `adam` are this one, defaults included. Keras, tfjs and TensorFlow are "hat" (the paper's ε̂) with
 * ε = 1e-7. The lectures write "inside" (optax: `eps_root`), two of them first without the correction.
 *
 * @param options `learningRate` (default 0.001), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-8), `epsilonPlace` ("outside"), `biasCorrection` (true)
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), ε ≤ 0, unknown forms and options
 * @example
 * ```ts
 * import { adam, cosine, minimize } from "steepest";
 * minimize("(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, { optimizer: adam({ learningRate: cosine(0.05) }), steps: 2000 }).solution;
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamSlots> {
  const { learningRate, settings } = checked("adam", options);
  return defineOptimizer({
    name: "adam",
    ingredients: ["stochastic", "momentum", "adaptive"],
    learningRate,
    slots: momentSlots,
    settings,
    update({ theta, gradient, slots, learningRate: rate }) {
      const made = moments(gradient, slots, settings);
      const { mean, squares } = made.slots;
      return { theta: stepped(theta, mean, squares, rate, corrections(made, settings), settings), slots: made.slots };
    },
  });
}

/**
 * AMSGrad (Reddi, Kale, Kumar: ICLR 2018): Adam whose effective rates never grow.
 *
 *     m, v as in Adam          s ← max(s, v)          s₀ = 0
 *     θ ← θ − α m̂ / (√ŝ + ε)          ŝ = s / (1 − β₂ᵗ)
 *
 * It converges on the sums of convex functions on which Adam drifts away. Options and places of ε as for `adam`. One pass over θ.
 *
 * Elsewhere: PyTorch `Adam(amsgrad=True)` is this one, defaults included; Keras `Adam(amsgrad=True)` with "hat" and ε = 1e-7; optax
 * `amsgrad` takes the maximum of v̂ instead. The paper has no bias correction: `{ biasCorrection: false }`.
 *
 * @param options as for `adam`
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), ε ≤ 0, unknown forms and options
 * @example
 * ```ts
 * import { amsgrad, minimize } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: amsgrad({ learningRate: 0.01 }), steps: 2000 }).loss < 1e-6; // → true
 * ```
 */
export function amsgrad(options: AdamOptions = {}): Optimizer<AdamSlots & { readonly largest: Slot }> {
  const { learningRate, settings } = checked("amsgrad", options);
  return defineOptimizer({
    name: "amsgrad",
    ingredients: ["stochastic", "momentum", "adaptive"],
    learningRate,
    slots: { ...momentSlots, largest: likeTheta(0) },
    settings,
    update({ theta, gradient, slots, learningRate: rate }) {
      const made = moments(gradient, slots, settings);
      const largest = slots.largest.maximum(made.slots.squares);
      const next = stepped(theta, made.slots.mean, largest, rate, corrections(made, settings), settings);
      return { theta: next, slots: { ...made.slots, largest } };
    },
  });
}

type AdamSettings = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly epsilonPlace: AdamEpsilonPlace;
  readonly biasCorrection: boolean;
};

function checked(owner: string, options: AdamOptions): { readonly learningRate: Rate; readonly settings: AdamSettings } {
  checkNames(owner, options, ["learningRate", "beta1", "beta2", "epsilon", "epsilonPlace", "biasCorrection"]);
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, epsilonPlace = "outside", biasCorrection = true } = options;
  checkBetas(owner, { beta1, beta2 });
  checkPositive(owner, "epsilon", epsilon, whyEpsilon);
  checkForm(owner, "epsilonPlace", epsilonPlace, ["outside", "inside", "hat"]);
  return { learningRate: checkRate(owner, learningRate), settings: { beta1, beta2, epsilon, epsilonPlace, biasCorrection } };
}

type Corrections = readonly [Tensor, Tensor];

function corrections(
  { correction1, correction2 }: { readonly correction1: Tensor; readonly correction2: Tensor },
  { biasCorrection }: AdamSettings,
): Corrections {
  return biasCorrection ? [correction1, correction2] : [correction1.fill(1), correction2.fill(1)];
}

function stepped(theta: Tensor, mean: Tensor, squares: Tensor, rate: Tensor, [c1, c2]: Corrections, settings: AdamSettings): Tensor {
  const eps = weakNumber(settings.epsilon);
  switch (settings.epsilonPlace) {
    // The corrections are made into one scalar each before they meet θ.
    case "outside":
      return theta.sub(mean.mul(rate.div(c1)).div(squares.sqrt().mul(c2.sqrt().reciprocal()).add(eps)));
    case "inside":
      return theta.sub(mean.mul(rate.div(c1)).div(squares.mul(c2.reciprocal()).add(eps).sqrt()));
    case "hat":
      return theta.sub(mean.mul(rate.mul(c2.sqrt()).div(c1)).div(squares.sqrt().add(eps)));
  }
}
