/** How well the data determine the parameters: standard errors, correlation, and what they do not determine at all. */
import type { LinearModel } from "../descent/least-squares/index.js";

export interface Uncertainty {
  /** s² (JᵀJ)⁻¹, row by row; NaN where something is not determined. */
  readonly covariance: readonly (readonly number[])[];
  readonly standardErrors: readonly number[];
  readonly correlation: readonly (readonly number[])[];
  /** Sets of parameters of which only combinations are determined, by place. */
  readonly undetermined: readonly (readonly number[])[];
  /** Ratio of the extreme diagonal entries of R for columns of length 1: how many times more the data say about one combination than about another. */
  readonly condition: number;
}

/** @param variance s² = Σ w r² / (m − n) */
export function uncertaintyOf(model: LinearModel, variance: number): Uncertainty {
  const { qr, rank, scale } = model;
  const n = scale.length;
  const square = (entry: (i: number, j: number) => number) =>
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => entry(i, j)));
  if (rank < n) {
    const nothing = square(() => Number.NaN);
    return {
      covariance: nothing,
      standardErrors: Array.from({ length: n }, () => Number.NaN),
      correlation: nothing,
      // Where nothing is a number, nothing can be said.
      undetermined: model.isFinite ? freeSets(model) : [],
      condition: Number.POSITIVE_INFINITY,
    };
  }
  const inverse = qr.inverseGram();
  const covariance = square((i, j) => (variance * inverse[i * n + j]) / scale[i] / scale[j]);
  return {
    covariance,
    standardErrors: covariance.map((row, i) => Math.sqrt(row[i])),
    correlation: square((i, j) => (i === j ? 1 : inverse[i * n + j] / Math.sqrt(inverse[i * n + i] * inverse[j * n + j]))),
    undetermined: [],
    condition: Math.abs(qr.r(0, 0) / qr.r(n - 1, n - 1)),
  };
}

/** For each direction in which the model does not change: the parameters that take part in it. */
function freeSets({ qr, rank, scale }: LinearModel): number[][] {
  const n = scale.length;
  return Array.from({ length: n - rank }, (_, k) => {
    const column = rank + k;
    // R₁₁ z = r of the dependent column: the others make it up.
    const right = Float64Array.from({ length: rank }, (_, i) => (column < qr.columns ? qr.r(i, column) : 0));
    const z = qr.solve(right, rank);
    const most = Math.max(1, ...z.map(Math.abs));
    const others = Array.from(z.keys()).filter((j) => Math.abs(z[j]) > 1e-6 * most);
    return [...others, qr.permutation[column]].sort((a, b) => a - b);
  });
}
