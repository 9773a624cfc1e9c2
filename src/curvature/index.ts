export { checkGradient, type GradientCheck, type GradientCheckOptions } from "./check/check-gradient.js";
export type { CheckedCoordinate } from "./check/diagnose.js";
export { type DifferenceEstimate, type DifferenceMethod, differenceMethods, differentiate } from "./check/differences.js";
export type { CheckedDirection } from "./check/directions.js";
export type { CheckedTensor } from "./check/findings.js";
export type { CheckedHessian } from "./check/hessian.js";
export type { GradientVerdict } from "./check/judge.js";
export { type GradientProblem, problemOf } from "./check/problem.js";
export type { TaylorTest } from "./check/taylor.js";
export { Derivatives, hessianOperator, placesOf } from "./derivatives.js";
export { symmetricEigen } from "./eigenvalues.js";
export {
  type EigenPair,
  type ExtremeEigenvalueOptions,
  type ExtremeEigenvalues,
  extremeEigenvalues,
  type SymmetricOperator,
} from "./lanczos.js";
