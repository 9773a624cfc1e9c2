export { type DirectionalOptions, directionalDerivative, type SteepestDirection, steepestDirection } from "./directions.js";
export type { AnalysisOptions, AnalysisPoint, FunctionAt } from "./subject.js";
export { type RayModel, TaylorModel, type TaylorOptions, taylor } from "./taylor.js";
