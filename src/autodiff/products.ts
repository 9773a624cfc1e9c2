/** Products with the Jacobian and with the Hessian, which need neither as a whole. */
import type { Tensor } from "../tensor/tensor.js";
import { pushForward } from "./forward.js";
import {
  argumentsOf,
  type LikePoint,
  likePoint,
  listOf,
  markArguments,
  matching,
  type Point,
  shapedLike,
  type Tensors,
  tensorResult,
} from "./function.js";
import { gradients } from "./gradient.js";
import { pullBack } from "./reverse.js";

/** A function of one or several tensors. Several arguments are given as one list, `jvp(f)([x, y], [vx, vy])`. */
export type TensorFunction<Y extends Tensors = Tensors> = (...x: Tensor[]) => Y;

/**
 * Jacobian-vector product, by forward mode: the change of f at x in direction v,
 *
 *     value = f(x),  tangent = J(x)·v,  J = ∂f/∂x
 *
 * at about the cost of two evaluations of f, whatever the number of its results.
 *
 * @param f a function of one or several tensors, with one or several tensors as result
 * @returns a function of the point and of a direction shaped like it
 * @example
 * ```ts
 * import { jvp, tensor } from "steepest";
 * const { tangent } = jvp((x) => x.square())(tensor([1, 2]), tensor([1, 10]));
 * tangent.toArray(); // → [2, 40]
 * ```
 */
export function jvp<Y extends Tensors>(f: TensorFunction<Y>): (x: Point, v: Point) => { readonly value: Y; readonly tangent: Y } {
  return (x, v) => {
    const marked = markArguments("jvp", argumentsOf(x));
    const directions = matching("the direction of jvp", argumentsOf(v), marked);
    const value = f(...marked);
    const outputs = listOf(value).map((y) => tensorResult("jvp", y));
    const tangents = pushForward(outputs, marked, directions);
    return {
      value,
      tangent: shapedLike(
        value,
        outputs.map((y, i) => tangents[i] ?? y.fill(0)),
      ),
    };
  };
}

/**
 * Vector-Jacobian product, by reverse mode: the value of f at x, and a function that pulls a cotangent u of the value back,
 *
 *     pullback(u) = J(x)ᵀ·u,  J = ∂f/∂x
 *
 * at a small multiple of the cost of f, whatever the number of arguments.
 *
 * @param f a function of one or several tensors, with one or several tensors as result
 * @returns a function of the point that gives `{ value, pullback }`; `pullback` takes cotangents shaped like `value` and
 * gives cotangents shaped like the point
 * @example
 * ```ts
 * import { tensor, vjp } from "steepest";
 * const { pullback } = vjp((x) => x.square())(tensor([1, 2]));
 * pullback(tensor([1, 10])).toArray(); // → [2, 40]
 * ```
 */
export function vjp<Y extends Tensors>(
  f: TensorFunction<Y>,
): <X extends Point>(x: X) => { readonly value: Y; readonly pullback: (u: Point) => LikePoint<X> } {
  return (x) => {
    const marked = markArguments("vjp", argumentsOf(x));
    const value = f(...marked);
    const outputs = listOf(value).map((y) => tensorResult("vjp", y));
    const pullback = (u: Point) => {
      const cotangents = pullBack(outputs, matching("the cotangent of pullback", argumentsOf(u), outputs), marked);
      return likePoint(
        x,
        marked.map((m, i) => cotangents[i] ?? m.fill(0)),
      );
    };
    return { value, pullback };
  };
}

/**
 * Hessian-vector product of a scalar function, forward over reverse: the change of the gradient in direction v,
 *
 *     hvp(f)(x, v) = H(x)·v = d/dε ∇f(x + εv) at ε = 0
 *
 * at about the cost of two gradients. It passes through convolutions, pooling and relu. With several arguments, v runs over
 * all of them together, and the result is a list with one entry for each.
 *
 * @param f a function of one or several tensors, whose result is a scalar tensor
 * @example
 * ```ts
 * import { hvp, tensor } from "steepest";
 * hvp((x) => x.pow(3).sum())(tensor([1, 2]), tensor([1, 1])).toArray(); // → [6, 12]
 * ```
 */
export function hvp(f: TensorFunction<Tensor>): <X extends Point>(x: X, v: Point) => LikePoint<X> {
  return (x, v) => {
    const { marked, gradients: list } = gradients("hvp", f, argumentsOf(x));
    const tangents = pushForward(list, marked, matching("the direction of hvp", argumentsOf(v), marked));
    return likePoint(
      x,
      marked.map((m, i) => tangents[i] ?? m.fill(0)),
    );
  };
}
