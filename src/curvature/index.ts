export {
  type CheckedCoordinate,
  checkGradient,
  type GradientCheck,
  type GradientCheckOptions,
  type GradientProblem,
  type GradientVerdict,
} from "./check-gradient.js";
export { Derivatives, problemOf } from "./derivatives.js";
export { type DifferenceEstimate, differentiate } from "./differences.js";
