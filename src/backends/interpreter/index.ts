export { type Bindings, interpret, interpreterEvaluator, interpretGraph } from "./interpret.js";
