/** Nesterov's accelerated gradient: at the points ahead, or re-parametrised. */
import { weakNumber } from "../tensor/tensor.js";
import { decayed } from "./decay.js";
import type { MomentumSlots } from "./momentum.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate } from "./optimizer.js";
import { checkDecay, checkForm, checkNames, checkRate } from "./options.js";

/** Ways to write Nesterov's method: see `nesterov`. */
export type NesterovForm = "sum" | "step" | "look-ahead" | "full-look-ahead";

export interface NesterovOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** β: the part of the velocity that a step keeps, 0 ≤ β < 1. Default 0.9. */
  readonly beta?: number;
  /** Which point is θ, and where the gradient is taken. Default `"sum"`. */
  readonly form?: NesterovForm;
}

/**
 * Nesterov's accelerated gradient (Nesterov 1983; with momentum: Sutskever et al., ICML 2013). v₀ = 0.
 *
 *     form "sum"               v ← β v + g                   θ ← θ − α (g + β v)
 *     form "step"              v ← β v − α g                 θ ← θ + β v − α g
 *     form "look-ahead"        v ← β v − α ∇f(θ + β v)       θ ← θ + v
 *     form "full-look-ahead"   v ← β v − α ∇f(θ + v)         θ ← θ + v
 *
 * "sum" and "step" are re-parametrised: θ is the point at which the gradient is taken, that is, the point *ahead* of the method's own
 * iterate y: θ = y + β v. "look-ahead" keeps y as parameters. While α is constant, "sum", "step" and "look-ahead" walk the same points of
 * gradients; they differ under a schedule, and in where the loss is reported. "full-look-ahead" looks ahead by the whole v: another
 * method, with a smaller range of stable rates.
 *
 * On a quadratic with eigenvalues λ the first three are stable for αλ < 2(1 + β)/(1 + 2β), "full-look-ahead" for αλ < 2(1 + β)/3.
 *
 * One pass over θ for "sum" and "step". The look-ahead forms evaluate the objective a second time, ahead: one pass makes the point ahead,
 * one the step.
 *
 * Elsewhere: PyTorch `SGD(nesterov=True)`, tfjs `momentum(…, useNesterov)` and optax `sgd(nesterov=True)` are "sum"; Keras
 * `SGD(nesterov=True)` is "step"; torch7 and Sutskever write "look-ahead". Of the lectures, one writes "look-ahead" (as θ − v), one
 * "full-look-ahead".
 *
 * @param options `learningRate` (default 0.01), `beta` (0.9), `form` ("sum")
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), unknown forms and options
 * @example
 * ```ts
 * import { minimize, nesterov } from "steepest";
 * minimize("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 }, { optimizer: nesterov({ learningRate: 0.1, beta: 0.8 }), steps: 200 }).loss;
 * ```
 */
export function nesterov(options: NesterovOptions = {}): Optimizer<MomentumSlots> {
  checkNames("nesterov", options, ["learningRate", "beta", "form"]);
  const { learningRate = 0.01, beta = 0.9, form = "sum" } = options;
  checkDecay("nesterov", "beta", beta);
  checkForm("nesterov", "form", form, ["sum", "step", "look-ahead", "full-look-ahead"]);
  return defineOptimizer({
    name: "nesterov",
    ingredients: ["stochastic", "momentum"],
    learningRate: checkRate("nesterov", learningRate),
    slots: { velocity: likeTheta(0) },
    settings: { beta, form },
    stableUpTo: (2 * (1 + beta)) / (form === "full-look-ahead" ? 3 : 1 + 2 * beta),
    update({ theta, gradient, slots, learningRate: rate, evaluate }) {
      const keep = weakNumber(beta);
      const kept = decayed(slots.velocity, keep);
      if (form === "sum") {
        const velocity = kept.add(gradient);
        return { theta: theta.sub(velocity.mul(keep).add(gradient).mul(rate)), slots: { velocity } };
      }
      if (form === "step") {
        const pull = gradient.mul(rate);
        const velocity = kept.sub(pull);
        return { theta: theta.add(velocity.mul(keep)).sub(pull), slots: { velocity } };
      }
      const ahead = evaluate(theta.add(form === "look-ahead" ? kept : slots.velocity)).gradient;
      const velocity = kept.sub(ahead.mul(rate));
      return { theta: theta.add(velocity), slots: { velocity } };
    },
  });
}
