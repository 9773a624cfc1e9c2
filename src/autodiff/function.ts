/** Functions of tensors as derivatives see them: run once on marked arguments, with results that are checked. */
import { tracingError } from "../tensor/error.js";
import { leaves } from "../tensor/primitives/leaves.js";
import { apply, literal, Tensor } from "../tensor/tensor.js";
import { isFloat, sameShape, showShape, showType } from "../tensor/types.js";

/** One tensor or several. */
export type Tensors = Tensor | readonly Tensor[];

/** What a derivative takes for an argument: a number counts as a float64 scalar. */
export type Argument = Tensor | number;

/** The same number of entries, each of type T. */
export type Each<A extends readonly unknown[], T> = { [K in keyof A]: T };

/** T for a function of one argument, a list of T for a function of several. */
export type PerArgument<A extends readonly unknown[], T> = A extends readonly [unknown] ? T : Each<A, T>;

export const listOf = (x: Tensors): readonly Tensor[] => (x instanceof Tensor ? [x] : x);

/** `list` in the shape of `like`: alone when that is one tensor. */
export function shapedLike<T extends Tensors>(like: T, list: readonly Tensor[]): T;
export function shapedLike(like: Tensors, list: readonly Tensor[]): Tensors {
  return like instanceof Tensor ? list[0] : list;
}

/** The point of a derivative: one argument, or a list of several. */
export type Point = Argument | readonly Argument[];

/** Tensors shaped like a point. */
export type LikePoint<X extends Point> = X extends Argument ? Tensor : readonly Tensor[];

export const argumentsOf = (x: Point): readonly Argument[] => (x instanceof Tensor || typeof x === "number" ? [x] : x);

export function likePoint<X extends Point>(x: X, list: readonly Tensor[]): LikePoint<X>;
export function likePoint(x: Point, list: readonly Tensor[]): Tensors {
  return x instanceof Tensor || typeof x === "number" ? list[0] : list;
}

/** The point at which `what` is taken: each argument under an identity of its own, so that nothing else is mistaken for it. */
export function markArguments(what: string, args: readonly Argument[]): Tensor[] {
  if (args.length === 0) throw tracingError({ problem: `${what} was called without an argument`, fix: `${what}(f)(x) needs the point x` });
  return args.map((arg) => {
    const x = typeof arg === "number" ? literal(arg) : arg;
    if (!(x instanceof Tensor))
      throw tracingError({
        problem: `${what} takes tensors`,
        expected: "a tensor or a number",
        received: describe(arg),
        fix: "make one with tensor([...])",
      });
    if (!isFloat(x.dtype))
      throw tracingError({
        problem: `${what} cannot differentiate with respect to ${x.dtype}`,
        expected: "an argument of dtype f32 or f64",
        received: showType(x),
        fix: 'convert it, x.cast("f64"), or let the function close over it',
      });
    return apply(leaves.mark, { identity: Symbol("argument") }, [x], x.weak)[0];
  });
}

/** The result of f as one scalar tensor. */
export function scalarResult(what: string, value: unknown): Tensor {
  const y = tensorResult(what, value);
  if (y.rank !== 0)
    throw tracingError({
      problem: `${what} needs a function whose result is one number`,
      expected: "a scalar",
      received: `${showType(y)}, ${y.size} elements`,
      fix: "end the function with .sum() or .mean(), or take jacobian(f)",
    });
  return y;
}

/** The result of f as one tensor of floats. */
export function tensorResult(what: string, value: unknown): Tensor {
  if (!(value instanceof Tensor))
    throw tracingError({
      problem: `${what} needs a function that returns a tensor`,
      received: describe(value),
      fix:
        typeof value === "number"
          ? "do not read the argument inside the function: compute with x.mul(y) instead of x.item() * y"
          : "return the result of tensor operations",
    });
  if (!isFloat(value.dtype))
    throw tracingError({
      problem: `${what} needs a result that varies smoothly`,
      expected: "f32 or f64",
      received: showType(value),
      fix: 'convert it inside the function: .cast("f64")',
    });
  return value;
}

/** Directions or cotangents that must look like the values they belong to. */
export function matching(what: string, given: readonly Argument[], like: readonly Tensor[]): Tensor[] {
  if (given.length !== like.length)
    throw tracingError({ problem: `${what} does not fit`, expected: `${like.length} tensors`, received: `${given.length}` });
  return given.map((entry, i) => {
    const x = typeof entry === "number" ? like[i].fill(entry) : entry;
    if (!sameShape(x.shape, like[i].shape))
      throw tracingError({ problem: `${what} does not fit`, expected: showShape(like[i].shape), received: showShape(x.shape) });
    return x.cast(like[i].dtype);
  });
}

const describe = (value: unknown): string =>
  typeof value === "number" ? `the number ${value}` : Array.isArray(value) ? "an array" : value === null ? "null" : typeof value;
