/** Where a function on a grid is at least as large as a level: outlines by d3's marching squares, in the grid's own coordinates. */
import { contours } from "d3-contour";
import type { Grid } from "./grid.js";
import { extentOfValues } from "./grid.js";
import type { ContourMark } from "./marks.js";
import type { Point } from "./thinning.js";

/** The region above one level. */
export interface LevelRegion {
  readonly level: number;
  /** Closed outlines, to be filled by the even-odd rule. */
  readonly rings: readonly (readonly Point[])[];
  /** The same without what runs along the edge of the grid: level lines. */
  readonly lines: readonly (readonly Point[])[];
}

export function levelRegions({ grid, levels, floor }: Pick<ContourMark, "grid" | "levels" | "floor">): LevelRegion[] {
  const { columns, rows, values } = grid;
  const measure = measureOf(values, floor);
  const measured = Array.from({ length: columns * rows }, (_, i) => measure(values[i]));
  return contours()
    .size([columns, rows])
    .thresholds(levels.map(measure))(measured)
    .map(({ coordinates }, i) => {
      const outlines = coordinates.flat();
      return {
        level: levels[i],
        rings: outlines.map((ring) => ring.map((place) => toData(grid, clamped(place, columns, rows)))),
        lines: outlines.flatMap((ring) => inside(ring, columns, rows)).map((line) => line.map((place) => toData(grid, place))),
      };
    });
}

/** What is interpolated: the value, or the logarithm of its distance from the floor. */
function measureOf(values: ArrayLike<number>, floor: number | undefined): (value: number) => number {
  if (floor === undefined) return (value) => value;
  // So that the floor itself has a logarithm, and a line near it stays near it.
  const least = (extentOfValues(values)[1] - floor || 1) * 1e-12;
  return (value) => (Number.isNaN(value) ? Number.NaN : Math.log(Math.max(value - floor, 0) + least));
}

/** d3 closes outlines half a cell outside of the grid. */
const clamped = (place: readonly number[], columns: number, rows: number): Point => [
  Math.min(Math.max(place[0], 0.5), columns - 0.5),
  Math.min(Math.max(place[1], 0.5), rows - 0.5),
];

/** The pieces of an outline within the grid. */
function inside(ring: readonly (readonly number[])[], columns: number, rows: number): Point[][] {
  const isInside = ([x, y]: readonly number[]) => x >= 0.5 && x <= columns - 0.5 && y >= 0.5 && y <= rows - 0.5;
  const pieces: Point[][] = [];
  let piece: Point[] = [];
  for (const place of ring) {
    if (isInside(place)) piece.push([place[0], place[1]]);
    else if (piece.length > 0) {
      pieces.push(piece);
      piece = [];
    }
  }
  if (piece.length > 0) {
    // A ring that was cut begins somewhere inside one of its pieces: end and beginning belong together.
    if (pieces.length > 0 && isInside(ring[0])) pieces[0] = [...piece, ...pieces[0].slice(1)];
    else pieces.push(piece);
  }
  return pieces.filter(({ length }) => length > 1);
}

const toData = ({ columns, rows, x, y }: Grid, [column, row]: Point): Point => [
  x[0] + ((x[1] - x[0]) * (column - 0.5)) / (columns - 1),
  y[0] + ((y[1] - y[0]) * (row - 0.5)) / (rows - 1),
];
