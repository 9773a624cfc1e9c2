/** Reductions of all elements, in two steps that every backend takes in the same order: blocks of 1,024, then the blocks' results. */
import { type Primitive, structural } from "../../tensor/primitive.js";
import { sizeOf } from "../../tensor/types.js";

const BLOCK = 1024;

/** Arrays up to this size are folded in one step. */
export const FOLD_AT_ONCE = 4096;

const folded = (name: string, start: number, fold: (a: number, b: number) => number): Primitive =>
  structural({
    name,
    types: (_, [x]) => [{ shape: [Math.ceil(sizeOf(x.shape) / BLOCK)], dtype: x.dtype }],
    evaluate: (_, [x], [{ shape }]) => [
      Float64Array.from({ length: shape[0] }, (_unused, i) => x.data.subarray(i * BLOCK, (i + 1) * BLOCK).reduce(fold, start)),
    ],
    derivative: "zero",
  });

/** By the name of the reduction: one result for each block of 1,024 elements. */
export const blockwise: ReadonlyMap<string, Primitive> = new Map([
  ["sum", folded("blockSum", 0, (a, b) => a + b)],
  ["reduceMax", folded("blockMax", Number.NEGATIVE_INFINITY, Math.max)],
  ["reduceMin", folded("blockMin", Number.POSITIVE_INFINITY, Math.min)],
]);
