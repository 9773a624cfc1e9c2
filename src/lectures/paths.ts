/** What is read off a path. */

/** The first step whose point has a property; `null` where none has. */
export function firstStep<P>(path: readonly P[], has: (point: P) => boolean): number | null {
  const step = path.findIndex(has);
  return step < 0 ? null : step;
}

/** ‖p‖₂ of a point of two coordinates. */
export const length2 = ([x, y]: readonly number[]): number => Math.sqrt(x * x + y * y);

/** The middle of a list of numbers; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
