/** Plain gradient descent. */
import { defineOptimizer, type Optimizer, type Rate } from "./optimizer.js";
import { checkNames, checkRate } from "./options.js";

export interface GradientDescentOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
}

/**
 * Gradient descent (Cauchy 1847), with batches of data: stochastic gradient descent (Robbins and Monro 1951).
 *
 *     θ ← θ − α g          g = ∇f(θ)
 *
 * On a quadratic with eigenvalues up to λ it converges for α < 2/λ; the best fixed α is 2/(λmin + λmax).
 *
 * Elsewhere: PyTorch `SGD(lr)`, Keras and tfjs `SGD(learning_rate)` (default 0.01), the same rule.
 *
 * @param options `learningRate` (default 0.01)
 * @throws SteepestError for a negative or non-finite rate, and for unknown options
 * @example
 * ```ts
 * import { gd, minimize } from "steepest";
 * minimize((x) => x ** 2, 8.7, { optimizer: gd({ learningRate: 0.2 }), steps: 10 }).solution; // → 0.0526…
 * ```
 */
export function gd(options: GradientDescentOptions = {}): Optimizer<Record<never, never>> {
  checkNames("gd", options, ["learningRate"]);
  const { learningRate = 0.01 } = options;
  return defineOptimizer({
    name: "gd",
    learningRate: checkRate("gd", learningRate),
    slots: {},
    settings: {},
    update: ({ theta, gradient, learningRate: rate }) => ({ theta: theta.sub(gradient.mul(rate)), slots: {} }),
  });
}
