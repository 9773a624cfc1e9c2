/** Long series made short without changing what they show. */

/** A place on a curve. */
export type Point = readonly [x: number, y: number];

/**
 * At most about `limit` of the points, extremes kept: of each run of neighbours the first, the lowest, the highest and the last stay, so a spike
 * of a single record is still seen. Points that are not finite are dropped.
 */
export function thin(points: readonly Point[], limit = 800): readonly Point[] {
  const kept = points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  if (kept.length <= limit) return kept;
  const buckets = Math.max(1, Math.floor(limit / 4));
  const out: Point[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * kept.length) / buckets);
    const to = Math.floor(((bucket + 1) * kept.length) / buckets);
    let [lowest, highest] = [from, from];
    for (let i = from; i < to; i++) {
      if (kept[i][1] < kept[lowest][1]) lowest = i;
      if (kept[i][1] > kept[highest][1]) highest = i;
    }
    const chosen = [...new Set([from, lowest, highest, to - 1])].sort((a, b) => a - b);
    for (const i of chosen) out.push(kept[i]);
  }
  return out;
}

/**
 * A running mean over `width` records around each, smoothed before anything is thinned, so that the picture does not depend on the length of the
 * history. At the start, where curves are steep, the window shrinks on both sides; at the end, where they are noisy, it keeps what lies behind.
 */
export function smooth(points: readonly Point[], width: number): readonly Point[] {
  const half = Math.floor(width / 2);
  if (half < 1) return points;
  const sums = new Float64Array(points.length + 1);
  points.forEach(([, y], i) => {
    sums[i + 1] = sums[i] + y;
  });
  return points.map(([x], i) => {
    const behind = Math.min(half, i);
    const ahead = Math.min(behind, points.length - 1 - i);
    return [x, (sums[i + ahead + 1] - sums[i - behind]) / (ahead + behind + 1)];
  });
}
