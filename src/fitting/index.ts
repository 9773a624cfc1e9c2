/** Curves fitted to data. */
export type { CurveData } from "./curve-data.js";
export { CurveFit } from "./curve-fit.js";
export { type FitCurveOptions, fitCurve } from "./fit-curve.js";
