/** Values of a function of two variables at the points of a grid, and the levels worth drawing. */
import { type Sampled, valuesAt } from "../analysis/values.js";
import { SteepestError } from "../tensor/error.js";

/** Values at evenly spaced points, the ends included: `values[row · columns + column]`, the first row at the lower end of y. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
  readonly values: ArrayLike<number>;
}

/**
 * The values of a function at the points of a grid. A formula, or what `trace` gives, is compiled and runs once for all of them.
 *
 * @param size points along x and along y, at least 2. Default 101 × 101
 * @throws SteepestError for a window without extent, and for fewer points
 * @example
 * ```ts
 * import { sampleGrid } from "steepest/figures";
 * const grid = sampleGrid((x, y) => x * x + y * y, { x: [-1, 1], y: [-1, 1] }, [3, 3]);
 * grid.values; // → [2, 1, 2, 1, 0, 1, 2, 1, 2]
 * ```
 */
export function sampleGrid(
  f: Sampled,
  window: { readonly x: readonly [number, number]; readonly y: readonly [number, number] },
  [columns, rows]: readonly [number, number] = [101, 101],
): Grid {
  checkGrid({ columns, rows, ...window });
  const between = ([from, to]: readonly [number, number], i: number, count: number) => from + ((to - from) * i) / (count - 1);
  const points = Array.from({ length: columns * rows }, (_, i) => [
    between(window.x, i % columns, columns),
    between(window.y, Math.floor(i / columns), rows),
  ]);
  return { columns, rows, ...window, values: valuesAt(f, points) };
}

/** @throws SteepestError where there is nothing between the ends, or there are fewer than two points along an axis */
export function checkGrid({ columns, rows, x, y, values }: Omit<Grid, "values"> & Partial<Pick<Grid, "values">>): void {
  for (const [axis, [from, to]] of Object.entries({ x, y }))
    if (!(Number.isFinite(to - from) && from < to))
      throw new SteepestError({
        problem: `the window has no extent along ${axis}`,
        expected: `${axis}: [from, to] with from < to`,
        received: `[${from}, ${to}]`,
      });
  if (!(Number.isInteger(columns) && Number.isInteger(rows) && columns >= 2 && rows >= 2))
    throw new SteepestError({
      problem: "a grid of so few points has no level lines",
      expected: "whole numbers of points, at least 2 along each axis",
      received: `${columns} × ${rows}`,
    });
  if (values !== undefined && values.length !== columns * rows)
    throw new SteepestError({
      problem: "the grid does not hold a value for each point",
      expected: `${columns} × ${rows} = ${columns * rows} values`,
      received: `${values.length} values`,
    });
}

/** The least and the largest of the finite values; 0 and 1 where there are none. */
export function extentOfValues(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return low <= high ? [low, high] : [0, 1];
}

/**
 * Levels spaced by equal factors of the distance from the lowest value, so that a narrow valley gets as many lines as the slopes around it. The lowest lies
 * where a hundredth of the grid's values are below it.
 *
 * @param floor what distances are measured from: the minimum where it is known. Default: the least value of the grid
 */
export function levelsByFactors({ values }: Grid, count = 14, floor = extentOfValues(values)[0]): { levels: number[]; floor: number } {
  const above = Float64Array.from({ length: values.length }, (_, i) => values[i] - floor)
    .filter((distance) => distance > 0 && Number.isFinite(distance))
    .sort();
  if (above.length === 0) return { levels: [], floor };
  const low = Math.log(above[Math.floor(above.length / 100)]);
  const high = Math.log(above[above.length - 1]);
  const levels = Array.from({ length: count }, (_, i) => floor + Math.exp(low + ((high - low) * (i + 0.5)) / count));
  return { levels: [...new Set(levels)], floor };
}

/** Levels spaced evenly between the least and the largest value. */
export function levelsEvenly({ values }: Grid, count = 14): number[] {
  const [low, high] = extentOfValues(values);
  return high > low ? Array.from({ length: count }, (_, i) => low + ((high - low) * (i + 1)) / (count + 1)) : [];
}
