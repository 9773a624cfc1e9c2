/** Quadratics whose eigenvalues are known, so that rates of convergence can be told beforehand. */

import { SteepestError } from "../../tensor/error.js";
import { RandomStream } from "../../tensor/random.js";
import { fromHost, type Tensor } from "../../tensor/tensor.js";
import { at, type Problem, repeated } from "./problem.js";

export interface QuadraticOptions {
  /** Turns the axes away from the coordinates by two reflections of this seed. Default: none, the eigenvectors are the coordinates. */
  readonly rotation?: number;
}

/**
 * f(x) = ½ xᵀA x with the given eigenvalues, from the point of ones.
 *
 *     A = Hᵀ diag(λ) H,   H = I, or two Householder reflections
 *
 * @param eigenvalues of A; with negative ones the origin is a saddle
 * @throws SteepestError where they are no finite numbers
 * @example
 * ```ts
 * import { gd, minimize, problems, tensor } from "steepest";
 * const bowl = problems.quadratic([1, 10]);
 * // Two steps at 2/(λ₁ + λₙ): each multiplies the error by ±9/11.
 * minimize(bowl.f, tensor(bowl.start), { optimizer: gd({ learningRate: 2 / 11 }), steps: 2 }).solution.toArray(); // → [0.66942148…, 0.66942148…]
 * ```
 */
export function quadratic(eigenvalues: readonly number[], { rotation }: QuadraticOptions = {}): Problem {
  const dimension = eigenvalues.length;
  if (dimension === 0 || !eigenvalues.every(Number.isFinite))
    throw new SteepestError({
      problem: "a quadratic needs its eigenvalues",
      expected: "at least one number, all finite",
      received: JSON.stringify(eigenvalues),
    });
  const reflections = rotation === undefined ? [] : [0, 1].map((i) => unitVector(dimension, rotation, i));
  const least = Math.min(...eigenvalues);
  const origin = repeated(0, dimension);
  return {
    name: "quadratic",
    about: `A quadratic of condition number ${Math.max(...eigenvalues) / least}.`,
    dimension,
    start: repeated(1, dimension),
    minima: least >= 0 ? [{ value: 0, at: [origin] }] : [],
    ...(least < 0 ? { saddles: [origin] } : {}),
    f(x) {
      const turned = reflections.reduce<Tensor>((v, u) => {
        const axis = fromHost(u, [dimension], "f64");
        return v.sub(axis.mul(axis.dot(v).mul(2)));
      }, x);
      return turned
        .square()
        .mul(fromHost(Float64Array.from(eigenvalues), [dimension], "f64"))
        .sum()
        .mul(0.5);
    },
  };
}

function unitVector(dimension: number, seed: number, index: number): Float64Array {
  const random = new RandomStream(seed, "rotation", index);
  const v = Float64Array.from({ length: dimension }, () => random.normal());
  const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return v.map((x) => x / norm);
}

export interface WorstFunctionOptions {
  /** Default 50. */
  readonly dimension?: number;
  /** κ, the condition number that the function has in infinitely many dimensions. Default 100. */
  readonly condition?: number;
}

/**
 * Nesterov's worst function in the world, from the origin: a chain in which news travels one coordinate a step.
 *
 *     f(x) = ½(x₁ − 1)² + ½ Σ (xᵢ − xᵢ₊₁)² + 2/(κ−1) ‖x‖²
 *
 * A method whose steps lie in the span of its gradients knows only the first k coordinates after k steps, so that its error stays at
 * least ρᵏ times the first one, ρ = (√κ − 1)/(√κ + 1), for as long as k is well below the dimension.
 */
export function worstFunction({ dimension = 50, condition = 100 }: WorstFunctionOptions = {}): Problem {
  if (!Number.isInteger(dimension) || dimension < 2 || !(Number.isFinite(condition) && condition > 1))
    throw new SteepestError({
      problem: "the worst function does not exist like this",
      expected: "a dimension of at least 2 and a condition number above 1",
      received: `dimension ${dimension}, condition ${condition}`,
    });
  const ridge = 4 / (condition - 1);
  const solution = chainSolution(dimension, ridge);
  return {
    name: "worstFunction",
    about: "Nesterov's worst function: no method that goes by gradients alone is fast on it.",
    dimension,
    start: repeated(0, dimension),
    minima: [{ value: 0.5 - 0.5 * solution[0], at: [Array.from(solution)] }],
    f: (x) =>
      x
        .slice([0], [dimension - 1])
        .sub(x.slice([1], [dimension - 1]))
        .square()
        .sum()
        .add(at(x, 0).sub(1).square())
        .add(x.square().sum().mul(ridge))
        .mul(0.5),
  };
}

/** Solves the chain's ∇f = 0: a tridiagonal system with (2 + ridge) on the diagonal, (1 + ridge) at its end, −1 beside it and e₁ on the right. */
function chainSolution(dimension: number, ridge: number): Float64Array {
  // From the end to the front each coordinate is a multiple of the one before.
  const ratios = new Float64Array(dimension);
  ratios[dimension - 1] = 1 / (1 + ridge);
  for (let i = dimension - 2; i >= 0; i--) ratios[i] = 1 / (2 + ridge - ratios[i + 1]);
  const x = new Float64Array(dimension);
  for (let i = 0; i < dimension; i++) x[i] = ratios[i] * (i === 0 ? 1 : x[i - 1]);
  return x;
}
