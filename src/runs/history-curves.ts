/** Curves of a history: one measure over steps, epochs or seconds, smoothed by steps. */
import type { HistoryRecord } from "../descent/history.js";
import type { Point } from "../figures/thinning.js";

/** The fields of a record that can be drawn. */
export type Measure = Exclude<keyof HistoryRecord, Progress>;

/** What a curve is drawn over. */
export type Progress = "step" | "epoch" | "seconds";

/** The records at which a measure was taken, as they are. */
export function curveOf(history: readonly HistoryRecord[], measure: Measure, over: Progress): Point[] {
  const points: Point[] = [];
  for (const record of history) {
    const value = record[measure];
    if (value !== undefined) points.push([record[over], value]);
  }
  return points;
}

/**
 * The same, each value the mean over the `width` steps around it.
 *
 * A record stands for all steps since the one before, so that the mean of a stretch of steps can be had from records however far apart they are: the same steps
 * give the same curve, whether the run has a thousand of them or a million. Long histories are thinned for drawing after this, never before. At the start, where curves are
 * steep, the window shrinks on both sides; at the end, where they are noisy, it keeps what lies behind. Where a record stands for more than `width` steps it stays
 * as it is. Values that are not finite count for nothing.
 */
export function smoothCurve(history: readonly HistoryRecord[], measure: Measure, over: Progress, width: number): Point[] {
  const taken = history.filter((record) => record[measure] !== undefined);
  if (!(width > 1)) return curveOf(taken, measure, over);
  const last = taken.at(-1)?.step ?? 0;
  // Sums over all steps up to each record: of the values, and of how many steps had one.
  const ends = [0, ...taken.map(({ step }) => step)];
  const [sums, counts] = [new Float64Array(ends.length), new Float64Array(ends.length)];
  taken.forEach((record, i) => {
    const value = record[measure] ?? Number.NaN;
    const steps = Number.isFinite(value) ? ends[i + 1] - ends[i] : 0;
    sums[i + 1] = sums[i] + (steps === 0 ? 0 : steps * value);
    counts[i + 1] = counts[i] + steps;
  });
  return taken.map((record, i): Point => {
    const middle = (ends[i] + ends[i + 1]) / 2;
    const own = (ends[i + 1] - ends[i]) / 2;
    const behind = Math.max(own, Math.min(width / 2, middle));
    const ahead = Math.max(own, Math.min(behind, last - middle));
    const within = (of: Float64Array) => upTo(of, ends, middle + ahead) - upTo(of, ends, middle - behind);
    const count = within(counts);
    return [record[over], count > 0 ? within(sums) / count : Number.NaN];
  });
}

/** A running sum at a step; between two records it grows evenly. */
function upTo(sums: Float64Array, ends: readonly number[], step: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] < step) low = middle + 1;
    else high = middle;
  }
  if (low === 0 || ends[low] === step) return sums[low];
  return sums[low - 1] + ((sums[low] - sums[low - 1]) * (step - ends[low - 1])) / (ends[low] - ends[low - 1]);
}
