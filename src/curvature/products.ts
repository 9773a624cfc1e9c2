/** Symmetric matrices that are known by their products alone, and methods that ask for such products. */

/** A symmetric matrix A that is known by its products. */
export interface SymmetricOperator {
  /** Length of its vectors. */
  readonly size: number;
  /** The places that count, ascending: at all others its vectors are 0. Default: all. */
  readonly support?: ArrayLike<number>;
  /** A v. `v` is not kept. */
  times(v: Float64Array): ArrayLike<number>;
}

/** The vectors that an operator acts on. */
export type VectorSpace = Pick<SymmetricOperator, "size" | "support">;

/**
 * A method under way: it hands out vectors, gets their products with A, and ends with a result. Whoever drives it decides how products are made: at once, or
 * on other threads.
 */
export type Inquiry<R> = Generator<Float64Array, R, ArrayLike<number>>;

/** Drives a method by an operator on the caller's thread. */
export function answered<R>(inquiry: Inquiry<R>, operator: SymmetricOperator): R {
  let turn = inquiry.next();
  while (!turn.done) turn = inquiry.next(operator.times(turn.value.slice()));
  return turn.value;
}

/** Drives a method by products that are made elsewhere. */
export async function answeredLater<R>(inquiry: Inquiry<R>, times: (v: Float64Array) => Promise<ArrayLike<number>>): Promise<R> {
  let turn = inquiry.next();
  while (!turn.done) turn = inquiry.next(await times(turn.value));
  return turn.value;
}

/** Number of places that count. */
export const dimensionOf = ({ size, support }: VectorSpace): number => support?.length ?? size;

/** A vector with `draw()` at the places that count, and 0 elsewhere. */
export function randomVector({ size, support }: VectorSpace, draw: () => number): Float64Array {
  const v = new Float64Array(size);
  if (support === undefined) for (let i = 0; i < size; i++) v[i] = draw();
  else for (let k = 0; k < support.length; k++) v[support[k]] = draw();
  return v;
}
