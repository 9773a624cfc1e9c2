/**
 * Reductions of all elements, in two steps that every backend takes in the same order: row by row, then the rows' results. Rows are
 * the trailing axes; where these are too short or too long, blocks of 1,024 elements take their place.
 */
import { type Primitive, structural } from "../../tensor/primitive.js";
import { type Shape, sizeOf } from "../../tensor/types.js";

const BLOCK = 1024;

/** Arrays up to this size are folded in one step. */
export const FOLD_AT_ONCE = 4096;

/** Shorter rows are not worth a result of their own. */
const LEAST_ROW = 128;

/**
 * Where rows begin: the number of leading axes before them; undefined where the elements are folded in blocks. A row of a slice lies in
 * memory end to end, where a block that runs on into the next row does not.
 */
export function rowsBegin(shape: Shape): number | undefined {
  let axis = shape.length - 1;
  while (axis > 0 && sizeOf(shape.slice(axis)) < LEAST_ROW) axis--;
  return axis > 0 && sizeOf(shape.slice(axis)) <= FOLD_AT_ONCE ? axis : undefined;
}

const folded = (name: string, start: number, fold: (a: number, b: number) => number): Primitive =>
  structural({
    name,
    types: (_, [x]) => [{ shape: [Math.ceil(sizeOf(x.shape) / BLOCK)], dtype: x.dtype }],
    evaluate: (_, [x], [{ shape }]) => [
      Float64Array.from({ length: shape[0] }, (_unused, i) => x.data.subarray(i * BLOCK, (i + 1) * BLOCK).reduce(fold, start)),
    ],
    derivative: "zero",
    // Blocks exist in the normal form only, where functions have long been mapped.
    batching: "leaf",
  });

/** By the name of the reduction: one result for each block of 1,024 elements. */
export const blockwise: ReadonlyMap<string, Primitive> = new Map([
  ["sum", folded("blockSum", 0, (a, b) => a + b)],
  ["reduceMax", folded("blockMax", Number.NEGATIVE_INFINITY, Math.max)],
  ["reduceMin", folded("blockMin", Number.POSITIVE_INFINITY, Math.min)],
]);
