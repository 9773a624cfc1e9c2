/** A function of two variables as a surface seen from above, drawn face by face. */
import type { FigureDescription } from "./description.js";
import { Figure } from "./figure.js";
import { checkGrid, extentOfValues, type Grid } from "./grid.js";
import type { Mark, Polygon } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import type { Point } from "./thinning.js";

/** A curve over the surface: places in the plane; its heights are the surface's or given. */
export interface SurfacePath {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number, height: number])[];
  readonly colour: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
}

export interface SurfaceFigureOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly caption?: string;
  readonly grid: Grid;
  readonly names?: readonly [string, string, string];
  /** Degrees that the surface is turned about the vertical. Default 30. */
  readonly azimuth?: number;
  /** Degrees from which it is looked down upon: 0 from the side, 90 from above. Default 32. */
  readonly elevation?: number;
  /** Higher values are cut off at this. Default: the largest. */
  readonly top?: number;
  readonly paths?: readonly SurfacePath[];
  readonly arrows?: readonly { readonly from: readonly [number, number, number]; readonly to: readonly [number, number, number] }[];
}

/** The height of the surface beside its width. */
const STEEPNESS = 0.62;

/**
 * A surface in parallel projection: faces from the farthest to the nearest, coloured by height, with paths on it. Its level lines say more
 * ({@link contourFigure}); this one says it sooner.
 *
 * @example
 * ```ts
 * import { sampleGrid, surfaceFigure } from "steepest/figures";
 * const grid = sampleGrid((x, y) => x * x - y * y, { x: [-1, 1], y: [-1, 1] }, [21, 21]);
 * surfaceFigure({ title: "A saddle", grid }).toSvg(); // text that starts with <svg
 * ```
 */
export function surfaceFigure(options: SurfaceFigureOptions): Figure {
  const { title, subtitle, caption, grid, names = ["x", "y", "f"], azimuth = 30, elevation = 32, paths = [], arrows = [] } = options;
  checkGrid(grid);
  const [low, most] = extentOfValues(grid.values);
  const high = Math.min(options.top ?? most, most);
  const project = projection(grid, low, high, azimuth, elevation);
  const description: FigureDescription = {
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    ...(caption === undefined ? {} : { caption }),
    alt: `A surface over ${names[0]} and ${names[1]} with heights from ${formatNumberForPrint(low, 3)} to ${formatNumberForPrint(high, 3)}.`,
    x: { label: "", kind: "linear", style: "number", domain: [-0.86, 0.86] },
    y: { label: "", kind: "linear", style: "number", domain: verticalRoom(elevation) },
    aspect: "equal",
    axes: false,
    marks: [
      { kind: "polygons", polygons: faces(grid, low, high, project) },
      ...edges(grid, low, names, project),
      ...paths.map(
        ({ name, points, colour }): Mark => ({
          kind: "line",
          points: points.map(([x, y, height]) => project.place(x, y, height)),
          colour,
          label: name,
          trail: true,
        }),
      ),
      ...arrows.map(({ from, to }): Mark => ({ kind: "arrow", from: project.place(...from), to: project.place(...to), paint: "ink" })),
    ],
  };
  return new Figure(description);
}

interface Projection {
  place(x: number, y: number, height: number): Point;
  /** Larger is nearer. */
  nearness(x: number, y: number): number;
}

/** From the box of the data, half a unit to each side, to the plane of the page. */
function projection({ x, y }: Grid, low: number, high: number, azimuth: number, elevation: number): Projection {
  const [a, e] = [azimuth, elevation].map((degrees) => (degrees * Math.PI) / 180);
  const [cosA, sinA, cosE, sinE] = [Math.cos(a), Math.sin(a), Math.cos(e), Math.sin(e)];
  const unit = (value: number, [from, to]: readonly [number, number]) => (value - from) / (to - from) - 0.5;
  const turned = (px: number, py: number) => {
    const [u, v] = [unit(px, x), unit(py, y)];
    return [u * cosA - v * sinA, u * sinA + v * cosA] as const;
  };
  return {
    place(px, py, height) {
      const [across, away] = turned(px, py);
      const up = (Math.min(Math.max((height - low) / (high - low || 1), 0), 1) - 0.5) * STEEPNESS;
      return [across, away * sinE + up * cosE];
    },
    nearness: (px, py) => -turned(px, py)[1],
  };
}

const verticalRoom = (elevation: number): [number, number] => {
  const e = (elevation * Math.PI) / 180;
  const half = 0.71 * Math.sin(e) + (STEEPNESS / 2) * Math.cos(e) + 0.09;
  return [-half, half];
};

/** The faces between four neighbours of the grid each, the farthest first. */
function faces({ columns, rows, x, y, values }: Grid, low: number, high: number, { place, nearness }: Projection): Polygon[] {
  const at = (column: number, row: number) =>
    [x[0] + ((x[1] - x[0]) * column) / (columns - 1), y[0] + ((y[1] - y[0]) * row) / (rows - 1)] as const;
  const found: { near: number; polygon: Polygon }[] = [];
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const corners = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ] as const;
      const heights = corners.map(([c, r]) => values[r * columns + c]);
      if (!heights.every(Number.isFinite)) continue;
      const mean = heights.reduce((sum, height) => sum + Math.min(height, high), 0) / 4;
      const middle = at(column + 0.5, row + 0.5);
      found.push({
        near: nearness(...middle),
        polygon: {
          points: corners.map(([c, r], i) => place(...at(c, r), heights[i])),
          fill: { share: (mean - low) / (high - low || 1) },
          outlined: true,
        },
      });
    }
  return found.sort((a, b) => a.near - b.near).map(({ polygon }) => polygon);
}

/** The names of the axes, at the middles of the two edges of the ground that lie in front. */
function edges({ x, y }: Grid, low: number, names: readonly [string, string, string], { place, nearness }: Projection): Mark[] {
  const corners = [
    [x[0], y[0]],
    [x[1], y[0]],
    [x[1], y[1]],
    [x[0], y[1]],
  ] as const;
  const nearest = corners.reduce((best, corner, i) => (nearness(...corner) > nearness(...corners[best]) ? i : best), 0);
  return [(nearest + 3) % 4, (nearest + 1) % 4].flatMap((other): Mark[] => {
    const [from, to] = [corners[nearest], corners[other]];
    const along = from[0] === to[0] ? 1 : 0;
    const [p, q] = [place(...from, low), place(...to, low)];
    const [middle, outward] = [[(p[0] + q[0]) / 2, (p[1] + q[1]) / 2] as const, 0.07];
    const anchor = middle[0] < 0 ? "end" : "start";
    const ends = [Math.min(from[along], to[along]), Math.max(from[along], to[along])].map((value) => formatNumberForPrint(value, 3));
    return [
      {
        kind: "arrow",
        from: from[along] < to[along] ? p : q,
        to: from[along] < to[along] ? q : p,
        paint: "muted",
      },
      { kind: "text", at: [middle[0], middle[1] - outward], text: `${names[along]}: ${ends[0]} … ${ends[1]}`, paint: "muted", anchor },
    ];
  });
}
