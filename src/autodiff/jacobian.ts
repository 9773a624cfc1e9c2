/** Whole matrices of derivatives. */
import { scan } from "../tensor/control.js";
import { stack } from "../tensor/join.js";
import { iota, literal, type Tensor } from "../tensor/tensor.js";
import { pushForward } from "./forward.js";
import { type Argument, type Each, markArguments, type PerArgument, tensorResult } from "./function.js";
import { grad, perArgument } from "./gradient.js";
import { pullBack } from "./reverse.js";

/** Up to so many columns or rows are written out; more of them become a loop, so that the graph does not grow with their number. */
const WRITTEN_OUT = 16;

/**
 * The Jacobian: all derivatives of all results,
 *
 *     J[i…, j…] = ∂f[i…] / ∂x[j…]
 *
 * of shape (shape of f's result) + (shape of x). Forward mode builds it by columns where x has no more elements than the
 * result, reverse mode by rows otherwise.
 *
 * @param f a function of one or several tensors, with one tensor as result
 * @returns a function of the same arguments: the Jacobian for one argument, a list with one for each of several
 * @example
 * ```ts
 * import { jacobian, tensor } from "steepest";
 * jacobian((x) => x.square())(tensor([1, 2])).toArray(); // → [[2, 0], [0, 4]]
 * ```
 */
export function jacobian<F extends (...x: Tensor[]) => Tensor>(
  f: F,
): (...x: Each<Parameters<F>, Argument>) => PerArgument<Parameters<F>, Tensor>;
export function jacobian(f: (...x: Tensor[]) => Tensor): (...x: Argument[]) => Tensor | readonly Tensor[] {
  return (...args) => {
    const marked = markArguments("jacobian", args);
    const y = tensorResult("jacobian", f(...marked));
    return perArgument(marked.map((x) => jacobianAt(y, x)));
  };
}

/**
 * The Hessian of a scalar function: all second derivatives,
 *
 *     H[i…, j…] = ∂²f / ∂x[i…]∂x[j…]
 *
 * of shape (shape of x) + (shape of x), forward over reverse. For a product with a vector, `hvp` is far cheaper.
 *
 * @param f a function of one or several tensors, whose result is a scalar tensor
 * @returns a function of the same arguments: the Hessian for one argument; for several, a list of lists of blocks
 * ∂²f/∂xᵢ∂xⱼ
 * @example
 * ```ts
 * import { hessian, tensor } from "steepest";
 * hessian((x) => x.pow(3).sum())(tensor([1, 2])).toArray(); // → [[6, 0], [0, 12]]
 * ```
 */
export function hessian<F extends (...x: Tensor[]) => Tensor>(
  f: F,
): (...x: Each<Parameters<F>, Argument>) => PerArgument<Parameters<F>, PerArgument<Parameters<F>, Tensor>>;
export function hessian(f: (...x: Tensor[]) => Tensor): (...x: Argument[]) => Tensor | readonly (Tensor | readonly Tensor[])[] {
  return (...args) => {
    const marked = markArguments("hessian", args);
    const gradient = grad(f)(...marked);
    if (!Array.isArray(gradient)) return jacobianAt(gradient, marked[0]);
    return gradient.map((g) => marked.map((x) => jacobianAt(g, x)));
  };
}

/** ∂y/∂x for a marked x. */
function jacobianAt(y: Tensor, x: Tensor): Tensor {
  const shape = [...y.shape, ...x.shape];
  if (x.size > y.size) {
    const rows = eachUnit(y, (unit) => pullBack([y], [unit], [x])[0] ?? x.fill(0));
    return rows.reshape(shape);
  }
  const columns = eachUnit(x, (unit) => pushForward([y], [x], [unit])[0] ?? y.fill(0));
  const order = Array.from({ length: y.rank + 1 }, (_, axis) => (axis + 1) % (y.rank + 1));
  return columns.transpose(order).reshape(shape);
}

/** f of each unit tensor of the shape of `like`, stacked along a new first axis. */
function eachUnit(like: Tensor, f: (unit: Tensor) => Tensor): Tensor {
  const places = iota([like.size], 0, "i32");
  const unit = (place: Tensor) => places.eq(place).cast(like.dtype).reshape(like.shape);
  if (like.size <= WRITTEN_OUT && like.size > 0) return stack(Array.from({ length: like.size }, (_, i) => f(unit(literal(i, "i32")))));
  return scan((_: readonly [], place: Tensor) => [[], f(unit(place))] as const, [], places)[1];
}
