/** Restoration of images; what `steepest/vision` exports. */
import { evaluate } from "./backends/wasm/evaluate.js";
import { setEvaluator } from "./tensor/read.js";

setEvaluator(evaluate);

export * from "./vision/index.js";
