/** What is minimised: a scalar function of one flat vector θ. Everything later in the house takes an objective and a θ, and nothing else. */
import type { Parameters } from "../optimizers/parameters.js";
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";

/** An objective that is traced: its gradient follows from it. `S` is the shape of its solutions: that of the start. */
export interface Objective<S = unknown> {
  readonly kind: "traced";
  readonly name: string;
  readonly parameters: Parameters;
  /** θ₀ */
  readonly start: HostData;
  /** Objectives with equal keys are the same function of θ; without a key, each is its own. */
  readonly key?: string;
  /** The loss at a traced θ. */
  loss(theta: Tensor): Tensor;
  /** θ as the user wrote the start. */
  solution(theta: HostData): S;
}

/** An objective in one's own JavaScript, called from outside the program at every step. */
export interface HostObjective {
  readonly kind: "host";
  readonly name: string;
  value(x: Float64Array): number;
  gradient(x: Float64Array): ArrayLike<number>;
  /** Calls of the user's `value` that one `gradient` takes in d dimensions: 2 for centred differences, times d. */
  readonly differences: 0 | 2;
}

export interface HostFunctions {
  /** f(x). x is a copy that may be kept. */
  readonly value: (x: Float64Array) => number;
  /** ∇f(x), one number for each of x; or "finite-differences": centred, 2d more calls of `value` a step, about 9 digits. */
  readonly gradient: ((x: Float64Array) => ArrayLike<number>) | "finite-differences";
  /** Default "objective". */
  readonly name?: string;
}

/**
 * An objective in one's own JavaScript. The loop over steps then crosses to JavaScript at every step; the optimizer's rule stays compiled.
 * `checkGradient` judges whether `gradient` is right.
 *
 * @example
 * ```ts
 * import { gd, minimize, objective } from "steepest";
 * const bowl = objective({ value: (x) => x[0] ** 2 + 3 * x[1] ** 2, gradient: (x) => [2 * x[0], 6 * x[1]] });
 * minimize(bowl, [1, 1], { optimizer: gd({ learningRate: 0.1 }), steps: 200 }).status; // → "converged"
 * ```
 */
export function objective(functions: HostFunctions): HostObjective {
  const { value, gradient, name = "objective" } = functions;
  if (typeof value !== "function") throw incomplete("value: (x) => f(x)", value);
  if (typeof gradient !== "function" && gradient !== "finite-differences")
    throw incomplete('gradient: (x) => [∂f/∂x₀, …], or gradient: "finite-differences"', gradient);
  return gradient === "finite-differences"
    ? { kind: "host", name, value, gradient: (x) => centredDifferences(value, x), differences: 2 }
    : { kind: "host", name, value, gradient, differences: 0 };
}

const incomplete = (expected: string, received: unknown): SteepestError =>
  new SteepestError({
    problem: "an objective needs its value and its gradient",
    expected,
    received: String(received),
    fix: "differences are slow and inexact, so they are taken only where they are asked for by name",
  });

/** (f(x + h) − f(x − h)) / 2h for each coordinate, with h = ∛ε · max(1, |x|) made exactly representable. */
function centredDifferences(f: (x: Float64Array) => number, x: Float64Array): Float64Array {
  return x.map((at, i) => {
    const wish = 6e-6 * Math.max(1, Math.abs(at));
    const above = at + wish;
    const below = at - wish;
    return (f(x.with(i, above)) - f(x.with(i, below))) / (above - below);
  });
}
