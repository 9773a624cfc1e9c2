/**
 * Derivatives of functions of tensors. Each transform takes a function and gives a function, so they nest. A batching transform,
 * `vmap`, is to come; its place is a file `batch.ts` beside these, with one batching rule in each entry of the table of primitives.
 */
export { customGradient, stopGradient } from "./custom.js";
export { pushForward } from "./forward.js";
export type { Argument, Each, LikePoint, PerArgument, Point, Tensors } from "./function.js";
export { grad, valueAndGrad } from "./gradient.js";
export { hessian, jacobian } from "./jacobian.js";
export { hvp, jvp, type TensorFunction, vjp } from "./products.js";
export { pullBack } from "./reverse.js";
