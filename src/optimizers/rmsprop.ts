/** RMSprop: rates of their own for each coordinate, from a running mean of squared gradients. */
import { weakNumber } from "../tensor/tensor.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slots } from "./optimizer.js";
import { checkDecay, checkNames, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface RmspropOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** ρ: the part of the running means that a step keeps, 0 ≤ ρ < 1. Default 0.99. */
  readonly rho?: number;
  /** ε > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** β of a velocity over the scaled gradients, 0 ≤ β < 1. Default 0: none. */
  readonly momentum?: number;
  /** Scales by an estimate of the variance, s − m², instead of the mean square s. Default false. */
  readonly centered?: boolean;
  /** √(s + ε), as the lectures and Keras write it, instead of √s + ε. Default false. */
  readonly epsilonInside?: boolean;
}

/**
 * RMSprop (Tieleman and Hinton: Coursera lecture 6.5, 2012; centred form: Graves, arXiv 1308.0850).
 *
 *     s ← ρ s + (1 − ρ) g²
 *     θ ← θ − α g / (√s + ε)          s₀ = 0
 *
 * `centered`:   m ← ρ m + (1 − ρ) g, and √(s − m²) stands in the place of √s (a difference that rounds below 0 counts as 0).
 * `momentum`:   v ← β v + g / (√s + ε), θ ← θ − α v.
 *
 * Elsewhere: PyTorch `RMSprop` is this one, defaults included, with `alpha` for ρ. Keras, tfjs and the lectures have ρ = 0.9 and
 * √(s + ε): `{ learningRate: 0.001, rho: 0.9, epsilon: 1e-7, epsilonInside: true }`; with momentum they keep α inside v, which
 * differs under a schedule only.
 *
 * @param options `learningRate` (default 0.01), `rho` (0.99), `epsilon` (1e-8), `momentum` (0), `centered` (false), `epsilonInside` (false)
 * @throws SteepestError for a negative or non-finite rate, ρ or β outside [0, 1), ε ≤ 0, and unknown options
 * @example
 * ```ts
 * import { minimize, rmsprop } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: rmsprop({ learningRate: 0.01 }), steps: 500 }).solution;
 * ```
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  checkNames("rmsprop", options, ["learningRate", "rho", "epsilon", "momentum", "centered", "epsilonInside"]);
  const { learningRate = 0.01, rho = 0.99, epsilon = 1e-8, momentum = 0, centered = false, epsilonInside = false } = options;
  checkDecay("rmsprop", "rho", rho);
  checkDecay("rmsprop", "momentum", momentum);
  checkPositive("rmsprop", "epsilon", epsilon, whyEpsilon);
  const rule: Optimizer<Slots> = {
    name: "rmsprop",
    learningRate: checkRate("rmsprop", learningRate),
    // Only what the chosen form reads is carried.
    slots: { squares: likeTheta(0), ...(centered ? { mean: likeTheta(0) } : {}), ...(momentum > 0 ? { velocity: likeTheta(0) } : {}) },
    update({ theta, gradient, slots, learningRate: rate }) {
      const [keep, take, eps] = [weakNumber(rho), weakNumber(1 - rho), weakNumber(epsilon)];
      const squares = slots.squares.mul(keep).add(gradient.square().mul(take));
      const mean = centered ? slots.mean.mul(keep).add(gradient.mul(take)) : undefined;
      const spread = mean === undefined ? squares : squares.sub(mean.square()).relu();
      const scaled = gradient.div(epsilonInside ? spread.add(eps).sqrt() : spread.sqrt().add(eps));
      const velocity = momentum > 0 ? slots.velocity.mul(weakNumber(momentum)).add(scaled) : undefined;
      return {
        theta: theta.sub((velocity ?? scaled).mul(rate)),
        slots: { squares, ...(mean === undefined ? {} : { mean }), ...(velocity === undefined ? {} : { velocity }) },
      };
    },
  };
  return defineOptimizer(rule);
}
