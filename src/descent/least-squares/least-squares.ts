/** `leastSquares`: minima of sums of squares. */

import { SteepestError } from "../../tensor/error.js";
import { fromHost, Tensor } from "../../tensor/tensor.js";
import { sizeOf } from "../../tensor/types.js";
import { checkOptionNames } from "../option-names.js";
import { Path, Run } from "../run.js";
import { unusable } from "../settings.js";
import { gaussNewton } from "./gauss-newton.js";
import { levenbergMarquardt } from "./levenberg-marquardt.js";
import type { LoopResult, LoopSettings } from "./loop.js";
import { ResidualProgram } from "./residual-program.js";

export interface LeastSquaresOptions {
  /** Default `"levenberg-marquardt"`. */
  readonly method?: "levenberg-marquardt" | "gauss-newton";
  /** Most steps that change θ. Default 1,000. */
  readonly steps?: number;
  /**
   * Converged when the linear model at θ can remove at most this share of the residuals, or its best step moves θ by at most this share of
   * itself. Both are free of units. Default 1e-10.
   */
  readonly tolerance?: number;
  /** Stop at a sum of squares at or below this. */
  readonly targetLoss?: number;
  /** Stop after so many seconds. */
  readonly seconds?: number;
  /** Keep every point. Default false. */
  readonly path?: boolean;
  /** The first trust region of Levenberg–Marquardt, as a multiple of the start's own length. Default 100. */
  readonly radius?: number;
}

/** A `Run` whose loss is Σr², with what the residuals say at the solution. */
export class LeastSquaresRun<S = unknown> extends Run<S> {
  /** r at the solution. */
  readonly residuals: Float64Array;
  /** ∂r/∂θ at the solution, a row for each residual. */
  readonly jacobian: Float64Array;
  /** How many directions of θ the residuals determine; less than θ has elements where some combination is free. */
  readonly rank: number;

  constructor(parts: ConstructorParameters<typeof Run<S>>[0], { model }: LoopResult) {
    super(parts);
    this.residuals = model.at.residuals;
    this.jacobian = model.at.jacobian.data;
    this.rank = model.rank;
  }
}

const names = ["method", "steps", "tolerance", "targetLoss", "seconds", "path", "radius"];

/**
 * Minimises a sum of squares by the exact Jacobian of its residuals,
 *
 *     f(θ) = Σ rᵢ(θ)²
 *
 * by Levenberg–Marquardt, or Gauss–Newton with a line search. Residuals and Jacobian run compiled; the loop over steps and the small
 * QR factorisations are host code. Parameters are scaled by the method itself: units do not matter.
 *
 * `run.loss` is Σr², `run.history.learningRate` the radius of the trust region (of Gauss–Newton, the step length). A run that ends where
 * no step lowers Σr² counts as converged only where the linear model agrees that it is a minimum; else it has stalled.
 *
 * @param residuals a function of one tensor that gives a tensor: all residuals, float64
 * @param start a tensor or an array of numbers; the solution has its form
 * @param options see LeastSquaresOptions
 * @throws SteepestError for a start that is not finite, residuals that are no tensor, and unusable options
 * @example
 * ```ts
 * import { leastSquares, stack, type Tensor } from "steepest";
 * const circles = (p: Tensor) => {
 *   const [x, y] = [p.slice([0], [1]), p.slice([1], [1])];
 *   return stack([x.square().add(y.square()).sub(4), x.sub(1).square().add(y.square()).sub(1)]);
 * };
 * leastSquares(circles, [1, 1]).solution; // → [2.000, 0.000]
 * ```
 */
export function leastSquares(residuals: (x: Tensor) => Tensor, start: Tensor, options?: LeastSquaresOptions): LeastSquaresRun<Tensor>;
export function leastSquares(
  residuals: (x: Tensor) => Tensor,
  start: readonly number[] | Float64Array,
  options?: LeastSquaresOptions,
): LeastSquaresRun<number[]>;
export function leastSquares(
  residuals: (x: Tensor) => Tensor,
  start: Tensor | readonly number[] | Float64Array,
  options: LeastSquaresOptions = {},
): LeastSquaresRun {
  checkOptionNames("leastSquares", options, names);
  const { method = "levenberg-marquardt" } = options;
  if (method !== "levenberg-marquardt" && method !== "gauss-newton")
    throw unusable("method", '"levenberg-marquardt" or "gauss-newton"', method);
  if (typeof residuals !== "function")
    throw new SteepestError({
      problem: "leastSquares needs the residuals",
      expected: "a function of a tensor",
      received: String(residuals),
    });
  const shape = start instanceof Tensor ? start.shape : [start.length];
  const values = Float64Array.from(start instanceof Tensor ? start.data() : start);
  const bad = values.findIndex((x) => !Number.isFinite(x));
  if (values.length === 0 || bad >= 0)
    throw new SteepestError({
      problem: "the start must be finite numbers",
      expected: "a tensor or an array of at least one number",
      received: values.length === 0 ? "nothing" : `${values[bad]} at place ${bad}`,
    });
  const settings = loopSettings(options);
  const program = new ResidualProgram((theta) => residuals(theta.unpack({ shape, offset: 0 })), sizeOf(shape));
  const solve = method === "gauss-newton" ? gaussNewton : levenbergMarquardt;
  const solution = (theta: ArrayLike<number>) =>
    start instanceof Tensor ? fromHost(Float64Array.from(theta), shape, "f64") : Array.from(theta);
  return runOf(solve(program, values, settings), program, settings, method, solution);
}

/** The options as the loops take them. */
export function loopSettings(options: Omit<LeastSquaresOptions, "method">): LoopSettings {
  const { steps = 1000, tolerance = 1e-10, targetLoss, seconds = Number.POSITIVE_INFINITY, path = false, radius = 100 } = options;
  if (!Number.isInteger(steps) || steps < 0) throw unusable("steps", "a whole number ≥ 0", steps);
  if (!(typeof tolerance === "number" && tolerance >= 0)) throw unusable("tolerance", "a number ≥ 0", tolerance);
  if (!(typeof seconds === "number" && seconds > 0)) throw unusable("seconds", "a number > 0", seconds);
  if (targetLoss !== undefined && !(targetLoss >= 0)) throw unusable("targetLoss", "a number ≥ 0", targetLoss);
  if (!(Number.isFinite(radius) && radius > 0)) throw unusable("radius", "a number > 0", radius);
  if (typeof path !== "boolean") throw unusable("path", "true or false", path);
  return { steps, tolerance, targetLoss, seconds, path, radius };
}

/** The run of a loop's result. */
export function runOf<S>(
  result: LoopResult,
  program: ResidualProgram,
  settings: LoopSettings,
  optimizer: string,
  solution: (theta: ArrayLike<number>) => S,
): LeastSquaresRun<S> {
  const { model, status, reason, steps, history, path } = result;
  const { theta } = model.at;
  const outcome = { status, steps, loss: model.length * model.length, gradientNorm: model.gradientNorm, history };
  const parts = {
    ...outcome,
    solution: solution(theta),
    theta,
    // Each Jacobian comes with the residuals.
    evaluations: { value: program.evaluations.value + program.evaluations.gradient, gradient: program.evaluations.gradient },
    ...(settings.path ? { path: new Path<S>(Float64Array.from(path.flatMap((p) => [...p])), theta.length, solution) } : {}),
    facts: () => ({ ...outcome, reason, optimizer: { name: optimizer }, tolerance: settings.tolerance, sign: 1 as const }),
  };
  return new LeastSquaresRun(parts, result);
}
