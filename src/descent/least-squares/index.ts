export { gaussNewton } from "./gauss-newton.js";
export { type LeastSquaresOptions, LeastSquaresRun, leastSquares, loopSettings, runOf } from "./least-squares.js";
export { levenbergMarquardt } from "./levenberg-marquardt.js";
export { LinearModel } from "./linear-model.js";
export type { LoopResult, LoopSettings } from "./loop.js";
export { ResidualProgram } from "./residual-program.js";
export { isSecondOrderMinimum } from "./second-order.js";
