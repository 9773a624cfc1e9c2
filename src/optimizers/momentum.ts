/** Momentum: heavy ball and Nesterov's accelerated gradient. */
import { weakNumber } from "../tensor/tensor.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkDecay, checkNames, checkRate } from "./options.js";

export interface MomentumOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** β: the part of the velocity that a step keeps, 0 ≤ β < 1. Default 0.9. */
  readonly beta?: number;
}

/** What both forms of momentum carry. */
export type MomentumSlots = { readonly velocity: Slot };

/**
 * Gradient descent with momentum, the heavy ball (Polyak 1964).
 *
 *     v ← β v + g
 *     θ ← θ − α v          v₀ = 0
 *
 * A gradient that stays the same is followed with steps of up to α‖g‖/(1 − β). On a quadratic with eigenvalues λ it is
 * stable for αλ < 2(1 + β).
 *
 * Elsewhere, three conventions:
 * - this one: PyTorch `SGD(lr, momentum)` (with dampening 0) and tfjs;
 * - v ← β v − α g, θ ← θ + v (Keras, Caffe, many lectures): the same path while α is constant; under a schedule the velocity
 *   remembers the rate with which each gradient came in, here the rate in force scales all of it. With γ for β and
 *   θ ← θ − v for v ← γ v + α g it is the same with the sign of v turned;
 * - v ← β v + (1 − β) g, the running mean: the same path with the rate α/(1 − β).
 *
 * @param options `learningRate` (default 0.01), `beta` (default 0.9)
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), and unknown options
 * @example
 * ```ts
 * import { minimize, momentum } from "steepest";
 * minimize("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 }, { optimizer: momentum({ learningRate: 0.1, beta: 0.8 }), steps: 200 }).loss;
 * ```
 */
export function momentum(options: MomentumOptions = {}): Optimizer<MomentumSlots> {
  const { learningRate, beta } = checked("momentum", options);
  return defineOptimizer({
    name: "momentum",
    learningRate,
    slots: { velocity: likeTheta(0) },
    settings: { beta },
    update({ theta, gradient, slots, learningRate: rate }) {
      const velocity = slots.velocity.mul(weakNumber(beta)).add(gradient);
      return { theta: theta.sub(velocity.mul(rate)), slots: { velocity } };
    },
  });
}

/**
 * Nesterov's accelerated gradient (Nesterov 1983), in the re-parametrised form of the libraries.
 *
 *     v ← β v + g          g = ∇f(θ)
 *     θ ← θ − α (g + β v)          v₀ = 0
 *
 * Here θ is the point at which the gradient is taken, that is, the point *ahead* of the method's own iterate y: y = θ + α β v.
 * Losses are those of θ. The lectures keep y as parameters and evaluate the gradient ahead of it (at y − α β v, or at y + v with
 * v ← β v − α g). While α and β are constant both walk the same points; they differ under a schedule, and in where the loss is
 * reported. That form needs the objective at another point: `evaluate` in a rule of one's own.
 *
 * On a quadratic with eigenvalues λ it is stable for αλ < 2(1 + β)/(1 + 2β).
 *
 * Elsewhere: PyTorch `SGD(nesterov=True)`, tfjs `momentum(…, useNesterov)`; Keras `SGD(nesterov=True)` with α inside v.
 *
 * @param options `learningRate` (default 0.01), `beta` (default 0.9)
 * @throws SteepestError for a negative or non-finite rate, β outside [0, 1), and unknown options
 * @example
 * ```ts
 * import { minimize, nesterov } from "steepest";
 * minimize("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 }, { optimizer: nesterov({ learningRate: 0.1, beta: 0.8 }), steps: 200 }).loss;
 * ```
 */
export function nesterov(options: MomentumOptions = {}): Optimizer<MomentumSlots> {
  const { learningRate, beta } = checked("nesterov", options);
  return defineOptimizer({
    name: "nesterov",
    learningRate,
    slots: { velocity: likeTheta(0) },
    settings: { beta },
    update({ theta, gradient, slots, learningRate: rate }) {
      const keep = weakNumber(beta);
      const velocity = slots.velocity.mul(keep).add(gradient);
      return { theta: theta.sub(velocity.mul(keep).add(gradient).mul(rate)), slots: { velocity } };
    },
  });
}

function checked(owner: string, options: MomentumOptions): { readonly learningRate: Rate; readonly beta: number } {
  checkNames(owner, options, ["learningRate", "beta"]);
  const { learningRate = 0.01, beta = 0.9 } = options;
  return { learningRate: checkRate(owner, learningRate), beta: checkDecay(owner, "beta", beta) };
}
