/** Momentum: the heavy ball, in the forms in which it is written. */
import { weakNumber } from "../tensor/tensor.js";
import { decayed } from "./decay.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkDecay, checkForm, checkNames, checkRate } from "./options.js";

/** Ways to write momentum: see `momentum`. */
export type MomentumForm = "sum" | "step" | "subtracted-step" | "mean";

export interface MomentumOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** β: the part of the velocity that a step keeps, 0 ≤ β < 1. Default 0.9. */
  readonly beta?: number;
  /** What the velocity is. Default `"sum"`. */
  readonly form?: MomentumForm;
  /** τ, for `"sum"`: only 1 − τ of each gradient but the first enters, 0 ≤ τ < 1. Default 0. */
  readonly dampening?: number;
}

/** What momentum carries. */
export type MomentumSlots = { readonly velocity: Slot };

/**
 * Gradient descent with momentum, the heavy ball (Polyak 1964). v₀ = 0.
 *
 *     form "sum"               v ← β v + g               θ ← θ − α v
 *     form "step"              v ← β v − α g             θ ← θ + v
 *     form "subtracted-step"   v ← β v + α g             θ ← θ − v
 *     form "mean"              v ← β v + (1 − β) g       θ ← θ − α v
 *
 * The first three walk the same path while α is constant. Under a schedule they part: in "sum" the rate in force scales all of the
 * velocity, in the two "step" forms each gradient keeps the rate with which it came in. "mean" is an exponential moving average; it
 * walks the path of "sum" with the rate (1 − β) α. With `dampening` τ, "sum" is v ← β v + (1 − τ) g, v₁ = g.
 *
 * A gradient that stays the same is followed with steps of up to α‖g‖/(1 − β) ("mean": α‖g‖). On a quadratic with eigenvalues λ it is
 * stable for αλ < 2(1 + β); best for αλmin…λmax: α = 4/(√λmin + √λmax)², β = ((√κ − 1)/(√κ + 1))². One pass over θ.
 *
 * Elsewhere: PyTorch `SGD(lr, momentum, dampening)`, tfjs and optax `sgd(momentum)` are "sum"; Keras and Caffe are "step"; Ng's course and
 * optax `ema` before the rate are "mean". Of the lectures, two write "sum", one "step", one "subtracted-step".
 *
 * @param options `learningRate` (default 0.01), `beta` (0.9), `form` ("sum"), `dampening` (0)
 * @throws SteepestError for a negative or non-finite rate, β or τ outside [0, 1), unknown forms and options
 * @example
 * ```ts
 * import { minimize, momentum } from "steepest";
 * minimize("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 }, { optimizer: momentum({ learningRate: 0.1, beta: 0.8 }), steps: 200 }).loss;
 * ```
 */
export function momentum(options: MomentumOptions = {}): Optimizer<MomentumSlots> {
  checkNames("momentum", options, ["learningRate", "beta", "form", "dampening"]);
  const { learningRate = 0.01, beta = 0.9, form = "sum", dampening = 0 } = options;
  checkDecay("momentum", "beta", beta);
  checkForm("momentum", "form", form, ["sum", "step", "subtracted-step", "mean"]);
  checkDecay("momentum", "dampening", dampening);
  return defineOptimizer({
    name: "momentum",
    ingredients: ["stochastic", "momentum"],
    learningRate: checkRate("momentum", learningRate),
    slots: { velocity: likeTheta(0) },
    settings: { beta, form, dampening: form === "sum" ? dampening : 0 },
    stableUpTo: (2 * (1 + beta)) / (1 - (form === "mean" ? beta : form === "sum" ? dampening : 0)),
    update({ theta, gradient, slots, step, learningRate: rate }) {
      const kept = decayed(slots.velocity, weakNumber(beta));
      switch (form) {
        case "sum": {
          const taken = dampening === 0 ? gradient : gradient.mul(step.eq(0).select(weakNumber(1), weakNumber(1 - dampening)));
          const velocity = kept.add(taken);
          return { theta: theta.sub(velocity.mul(rate)), slots: { velocity } };
        }
        case "step": {
          const velocity = kept.sub(gradient.mul(rate));
          return { theta: theta.add(velocity), slots: { velocity } };
        }
        case "subtracted-step": {
          const velocity = kept.add(gradient.mul(rate));
          return { theta: theta.sub(velocity), slots: { velocity } };
        }
        case "mean": {
          const velocity = kept.add(gradient.mul(weakNumber(1 - beta)));
          return { theta: theta.sub(velocity.mul(rate)), slots: { velocity } };
        }
      }
    },
  });
}
