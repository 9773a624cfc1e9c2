/** Derivatives of functions of tensors, and functions mapped over an axis. Each transform takes a function and gives a function, so they nest. */
export { customGradient, stopGradient } from "./custom.js";
export { pushForward } from "./forward.js";
export type { Argument, Each, LikePoint, PerArgument, Point, Tensors } from "./function.js";
export { grad, valueAndGrad } from "./gradient.js";
export { hessian, jacobian } from "./jacobian.js";
export { type MappedAxis, type VmapOptions, vmap } from "./map.js";
export { hvp, jvp, type TensorFunction, vjp } from "./products.js";
export { pullBack } from "./reverse.js";
