/** Pearson's χ² of counts that are all expected to be the same. */
export function chiSquare(counts: readonly number[], expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The 99.9 % quantile of χ² by Wilson and Hilferty's approximation (within 1 % from 6 degrees of freedom on). */
export function quantile999(freedom: number): number {
  return freedom * (1 - 2 / (9 * freedom) + 3.0902 * Math.sqrt(2 / (9 * freedom))) ** 3;
}
