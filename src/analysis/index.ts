export { type ConvexityCheck, type ConvexityOptions, type ConvexityWitness, checkConvexity } from "./convexity/check-convexity.js";
export {
  type CriticalKind,
  type CriticalPoint,
  type CriticalPoints,
  type CriticalPointsOptions,
  criticalPoints,
} from "./critical-points/critical-points.js";
export { type DirectionalOptions, directionalDerivative, type SteepestDirection, steepestDirection } from "./directions.js";
export type { AnalysisOptions, AnalysisPoint, FunctionAt } from "./subject.js";
export { type RayModel, TaylorModel, type TaylorOptions, taylor } from "./taylor.js";
export type { Interval, PointIn, Searched, Window } from "./window.js";
