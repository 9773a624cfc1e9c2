/** Adadelta: steps in the units of θ itself. */
import { weakNumber } from "../tensor/tensor.js";
import { decayedPositive } from "./decay.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkDecay, checkNames, checkPositive, checkRate } from "./options.js";

export interface AdadeltaOptions {
  /** α: a number, or a schedule. Default 1: the method sets its own scale. */
  readonly learningRate?: Rate;
  /** ρ: the part of the running means that a step keeps, 0 ≤ ρ < 1. Default 0.9. */
  readonly rho?: number;
  /** ε > 0, under both roots; it also sets the length of the first steps. Default 1e-6. */
  readonly epsilon?: number;
}

/**
 * Adadelta (Zeiler: arXiv 1212.5701, 2012).
 *
 *     s ← ρ s + (1 − ρ) g²
 *     Δ = g √(u + ε) / √(s + ε)
 *     u ← ρ u + (1 − ρ) Δ²
 *     θ ← θ − α Δ          s₀ = u₀ = 0
 *
 * u is that of the previous step, s that of this one. Its first steps are about √ε long: where the start is far from the minimum,
 * a larger ε helps. One pass over θ.
 *
 * Elsewhere: PyTorch `Adadelta` is this one, defaults included (PyTorch writes the paper's missing rate as lr = 1). Keras has
 * learning rate 0.001, ρ = 0.95 and ε = 1e-7; optax ρ = 0.9. tfjs divides by the s of the step before, which makes its first step one of
 * plain gradient descent; that is not reproduced here.
 *
 * @param options `learningRate` (default 1), `rho` (0.9), `epsilon` (1e-6)
 * @throws SteepestError for a negative or non-finite rate, ρ outside [0, 1), ε ≤ 0, and unknown options
 * @example
 * ```ts
 * import { adadelta, minimize } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: adadelta({ epsilon: 1e-4 }), steps: 1000 }).solution;
 * ```
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer<{ readonly squares: Slot; readonly updates: Slot }> {
  checkNames("adadelta", options, ["learningRate", "rho", "epsilon"]);
  const { learningRate = 1, rho = 0.9, epsilon = 1e-6 } = options;
  checkDecay("adadelta", "rho", rho);
  checkPositive(
    "adadelta",
    "epsilon",
    epsilon,
    "it starts the method: with 0 the first step, and so every step, would be 0; 1e-6 is usual",
  );
  return defineOptimizer({
    name: "adadelta",
    ingredients: ["stochastic", "adaptive"],
    learningRate: checkRate("adadelta", learningRate),
    slots: { squares: likeTheta(0), updates: likeTheta(0) },
    settings: { rho, epsilon },
    update({ theta, gradient, slots, learningRate: rate }) {
      const [keep, take, eps] = [weakNumber(rho), weakNumber(1 - rho), weakNumber(epsilon)];
      const squares = decayedPositive(slots.squares, keep).add(gradient.square().mul(take));
      const delta = slots.updates.add(eps).sqrt().div(squares.add(eps).sqrt()).mul(gradient);
      const updates = decayedPositive(slots.updates, keep).add(delta.square().mul(take));
      return { theta: theta.sub(delta.mul(rate)), slots: { squares, updates } };
    },
  });
}
