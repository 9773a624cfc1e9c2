/** Symmetric operators of matrices that are there in full. */
import type { SymmetricOperator } from "steepest";

export const dense = (matrix: readonly (readonly number[])[]): SymmetricOperator => ({
  size: matrix.length,
  times: (v) => matrix.map((row) => row.reduce((sum, a, j) => sum + a * v[j], 0)),
});

export const diagonal = (values: readonly number[]): SymmetricOperator => ({
  size: values.length,
  times: (v) => v.map((x, i) => x * values[i]),
});
