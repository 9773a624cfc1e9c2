/** Test problems by name. */
import { deepQuadratic } from "./deep-quadratic.js";
import * as formulas from "./formulas.js";
import * as data from "./least-squares/data.js";
import * as linear from "./least-squares/linear.js";
import * as systems from "./least-squares/scalable.js";
import * as small from "./least-squares/small.js";
import type { LeastSquaresProblem, Problem } from "./problem.js";
import { quadratic, worstFunction } from "./quadratics.js";
import { rareFeatures } from "./rare-features.js";
import * as scalable from "./scalable.js";

export type { DeepQuadratic } from "./deep-quadratic.js";
export type { Family, LeastSquaresProblem, Minimum, Problem } from "./problem.js";
export type { QuadraticOptions, WorstFunctionOptions } from "./quadratics.js";
export type { RareFeaturesOptions } from "./rare-features.js";

/** The 35 problems of Moré, Garbow and Hillstrom, in their order and their usual dimensions. */
const moreGarbowHillstrom: readonly LeastSquaresProblem[] = [
  small.rosenbrock,
  small.freudensteinRoth,
  small.powellBadlyScaled,
  small.brownBadlyScaled,
  small.beale,
  data.jennrichSampson,
  small.helicalValley,
  data.bard,
  data.gaussian,
  data.meyer,
  data.gulf,
  data.box3d,
  small.powellSingular,
  small.wood,
  data.kowalikOsborne,
  data.brownDennis,
  data.osborne1,
  data.biggsExp6,
  data.osborne2,
  small.watson,
  small.rosenbrock.of(20),
  small.powellSingular.of(20),
  systems.penalty1,
  systems.penalty2,
  systems.variablyDimensioned,
  systems.trigonometric,
  systems.brownAlmostLinear,
  systems.discreteBoundaryValue,
  systems.discreteIntegralEquation,
  systems.broydenTridiagonal,
  systems.broydenBanded,
  linear.linearFullRank,
  linear.linearRankOne,
  linear.linearRankOneZeros,
  systems.chebyquad,
];

const classic: readonly Problem[] = [...Object.values(formulas), ...Object.values(scalable)];

/**
 * Functions that optimisers are tested with. Each has `f` (traced), a `start`, the known `minima`, and says what is hard about it; sums of
 * squares have `residuals`, those of any dimension `of(n)`.
 *
 * - `all`: every problem once, in its usual dimension; `moreGarbowHillstrom`: the 35 of that set
 * - `quadratic(eigenvalues)`, `worstFunction({ dimension, condition })`, `rareFeatures({ features, seed })`: made to measure
 * - `deepQuadratic`: DeepOBS' noisy quadratic
 *
 * @example
 * ```ts
 * import { lbfgs, minimize, problems, tensor } from "steepest";
 * const { f, start, minima } = problems.beale;
 * minimize(f, tensor(start), { optimizer: lbfgs() }).loss < minima[0].value + 1e-10; // → true
 * problems.rastrigin.of(10).dimension; // → 10
 * ```
 */
export const problems = {
  ...formulas,
  ...scalable,
  ...small,
  ...data,
  ...linear,
  ...systems,
  quadratic,
  worstFunction,
  rareFeatures,
  deepQuadratic,
  moreGarbowHillstrom,
  all: [...classic, ...moreGarbowHillstrom, quadratic([1, 10, 100]), worstFunction(), deepQuadratic],
} as const;
