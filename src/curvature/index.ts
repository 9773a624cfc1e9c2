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
  extremes,
} from "./lanczos.js";
export { answered, answeredLater, dimensionOf, type Inquiry, randomVector, type SymmetricOperator, type VectorSpace } from "./products.js";
export { type DensityOptions, densityNodes, SpectralDensity, spectralDensity } from "./spectral-density.js";
export { estimateTrace, type TraceEstimate, type TraceOptions, traceSamples } from "./trace-estimate.js";
