/** Gradients of scalar functions. */
import type { Tensor } from "../tensor/tensor.js";
import { type Argument, type Each, markArguments, type PerArgument, scalarResult } from "./function.js";
import { pullBack } from "./reverse.js";

/**
 * The gradient of a scalar function, by reverse mode: ∂f/∂x for each argument, of the argument's own shape and dtype.
 *
 * The result is a function again, and lazy: `grad(grad(f))` is the second derivative. What `f` closes over counts as constant.
 * Numbers as arguments count as float64 scalars.
 *
 * @param f a function of one or several tensors, whose result is a scalar tensor
 * @returns a function of the same arguments: the gradient for one argument, a list of gradients for several
 * @throws SteepestError where the result is no scalar, or an argument is not of floats
 * @example
 * ```ts
 * import { grad, tensor } from "steepest";
 * grad((x) => x.pow(3).sum())(tensor([1, 2, 3])).toArray(); // → [3, 12, 27]
 * ```
 */
export function grad<F extends (...x: Tensor[]) => Tensor>(
  f: F,
): (...x: Each<Parameters<F>, Argument>) => PerArgument<Parameters<F>, Tensor>;
export function grad(f: (...x: Tensor[]) => Tensor): (...x: Argument[]) => Tensor | readonly Tensor[] {
  return (...args) => perArgument(gradients("grad", f, args).gradients);
}

/**
 * Value and gradient of a scalar function together; both share the forward pass.
 *
 * @param f as for `grad`
 * @returns a function of the same arguments giving `{ value, gradient }`
 * @example
 * ```ts
 * import { tensor, valueAndGrad } from "steepest";
 * const { value, gradient } = valueAndGrad((x) => x.square().sum())(tensor([3, 4]));
 * value.item(); // → 25
 * gradient.toArray(); // → [6, 8]
 * ```
 */
export function valueAndGrad<F extends (...x: Tensor[]) => Tensor>(
  f: F,
): (...x: Each<Parameters<F>, Argument>) => { readonly value: Tensor; readonly gradient: PerArgument<Parameters<F>, Tensor> };
export function valueAndGrad(
  f: (...x: Tensor[]) => Tensor,
): (...x: Argument[]) => { readonly value: Tensor; readonly gradient: Tensor | readonly Tensor[] } {
  return (...args) => {
    const { value, gradients: list } = gradients("valueAndGrad", f, args);
    return { value, gradient: perArgument(list) };
  };
}

/** f at marked arguments, and its gradient with respect to each of them. */
export function gradients(what: string, f: (...x: Tensor[]) => Tensor, args: readonly Argument[]) {
  const marked = markArguments(what, args);
  const value = scalarResult(what, f(...marked));
  const cotangents = pullBack([value], [value.fill(1)], marked);
  return { marked, value, gradients: marked.map((x, i) => cotangents[i] ?? x.fill(0)) };
}

export const perArgument = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? list[0] : list);
