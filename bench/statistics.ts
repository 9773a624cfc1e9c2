/** The statistics of repeated measurements. */

/** The value below which a share of the values lies, between neighbours by a straight line; NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  return below === place ? sorted[below] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** A ratio measured many times. */
export interface Ratio {
  readonly median: number;
  /** Between these the middle half lies. */
  readonly quartiles: readonly [number, number];
}

/**
 * How many times faster the first of two is than the second, from their times turn by turn: whatever slows a whole turn down drops out. Turns that only
 * one of them had are left out.
 */
export function timesFaster(times: readonly number[], others: readonly number[]): Ratio {
  const ratios = Array.from({ length: Math.min(times.length, others.length) }, (_, turn) => others[turn] / times[turn]);
  return { median: median(ratios), quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)] };
}
