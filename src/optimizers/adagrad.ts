/** Rates of their own for each coordinate, from the sum of all squared gradients. */
import { weakNumber } from "../tensor/tensor.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkNames, checkNonNegative, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface AdagradOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** ε > 0. Default 1e-10. */
  readonly epsilon?: number;
  /** Value of s before the first step, ≥ 0. Default 0. */
  readonly initialAccumulator?: number;
  /** √(s + ε), as the lectures and Keras write it, instead of √s + ε. Default false. */
  readonly epsilonInside?: boolean;
}

/**
 * Adagrad (Duchi, Hazan, Singer: JMLR 12, 2011).
 *
 *     s ← s + g²
 *     θ ← θ − α g / (√s + ε)          s₀ = initialAccumulator
 *
 * The effective rate of a coordinate only ever shrinks; rarely used coordinates keep a large one, which suits sparse data.
 *
 * Elsewhere: PyTorch `Adagrad` is this one, defaults included. Keras and tfjs start s at 0.1 and use √(s + ε) with ε = 1e-7:
 * `{ learningRate: 0.001, initialAccumulator: 0.1, epsilon: 1e-7, epsilonInside: true }`.
 *
 * @param options `learningRate` (default 0.01), `epsilon` (1e-10), `initialAccumulator` (0), `epsilonInside` (false)
 * @throws SteepestError for a negative or non-finite rate, ε ≤ 0, a negative start value, and unknown options
 * @example
 * ```ts
 * import { adagrad, minimize } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: adagrad({ learningRate: 0.5 }), steps: 500 }).solution;
 * ```
 */
export function adagrad(options: AdagradOptions = {}): Optimizer<{ readonly squares: Slot }> {
  checkNames("adagrad", options, ["learningRate", "epsilon", "initialAccumulator", "epsilonInside"]);
  const { learningRate = 0.01, epsilon = 1e-10, initialAccumulator = 0, epsilonInside = false } = options;
  checkPositive("adagrad", "epsilon", epsilon, whyEpsilon);
  return defineOptimizer({
    name: "adagrad",
    learningRate: checkRate("adagrad", learningRate),
    slots: { squares: likeTheta(checkNonNegative("adagrad", "initialAccumulator", initialAccumulator)) },
    update({ theta, gradient, slots, learningRate: rate }) {
      const eps = weakNumber(epsilon);
      const squares = slots.squares.add(gradient.square());
      const scale = epsilonInside ? squares.add(eps).sqrt() : squares.sqrt().add(eps);
      return { theta: theta.sub(gradient.mul(rate).div(scale)), slots: { squares } };
    },
  });
}
