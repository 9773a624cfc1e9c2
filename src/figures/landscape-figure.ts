/** The loss on planes and rays through the weights, as `landscape` computed it. */
import type { LandscapePlane, LandscapeRay, PathOverSlice, SliceDirection } from "../landscape/index.js";
import { SteepestError } from "../tensor/error.js";
import { contourFigure } from "./contour-figure.js";
import type { Figure } from "./figure.js";
import { extentOfValues, type Grid } from "./grid.js";
import { lineChart } from "./line-chart.js";
import { formatCount, formatNumberForPrint, formatPercent } from "./number-format.js";
import { Panels } from "./panels.js";
import type { Point } from "./thinning.js";

/** One unit is as long on both axes unless that would make a picture so much wider than high, or the other way. */
const MOST_ELONGATED = 4;

/**
 * A plane as level lines, spaced by equal factors of the loss (where it is not positive throughout, of its distance from the lowest value). With a path: where it lies, seen from the plane, and beside it the plane's own error: the loss of each point
 * of the path and what the plane shows below it, the difference of the two, and the distance from the plane.
 *
 * @param plane also of an interrupted call: what is known of it, as coarse as it is
 * @throws SteepestError where not even the coarsest grid is known
 * @example
 * ```ts
 * import { landscape, trace } from "steepest";
 * import { planeFigure } from "steepest/figures";
 * const plane = await landscape(trace("x^2 + 10*y^2", { x: 0, y: 0 }), { plane: [[1, 0], [0, 1]], size: 21 });
 * planeFigure(plane).toSvg({ width: 600 }); // text that starts with <svg
 * ```
 */
export function planeFigure(plane: LandscapePlane): Figure | Panels {
  const { a, b, stride, path, name, directions } = plane;
  const grid = gridOf(plane);
  const [wide, high] = [a[a.length - 1] - a[0], b[b.length - 1] - b[0]];
  // A loss that is never 0 has factors of its own; distances from the lowest point of a window would crowd lines around it.
  const isPositive = extentOfValues(grid.values)[0] > 0;
  const title = `Loss of ${name}`;
  const points = path && Array.from(path.a, (x, i): Point => [x, path.b[i]]);
  const contours = contourFigure({
    title: path ? "The plane" : title,
    subtitle: directions.every(({ explained }) => explained !== undefined)
      ? `it holds ${formatPercent(directions.reduce((sum, { explained = 0 }) => sum + explained, 0))} of the path`
      : `level lines by equal factors${isPositive ? "" : " above the lowest value"}`,
    f: grid,
    ...(isPositive ? { minimum: 0 } : {}),
    names: [labelOf("a", directions[0]), labelOf("b", directions[1])],
    equal: Math.max(wide / high, high / wide) <= MOST_ELONGATED,
    caption: captionOf(plane, `${formatCount(grid.columns)} × ${formatCount(grid.rows)} points${stride === 1 ? "" : " so far"}`),
    trails: points ? [{ name: "path", points, colour: 1 }] : [],
    places: path ? [] : [{ kind: "point", at: [0, 0], shape: "dot", paint: "ink", label: `θ₀: ${formatNumberForPrint(plane.centre, 3)}` }],
  });
  return path ? new Panels({ title, subtitle: "and what the plane does not show", figures: [contours, ...errorsOf(path)] }) : contours;
}

/**
 * The loss along a ray.
 *
 * @example
 * ```ts
 * import { landscape, trace } from "steepest";
 * import { rayFigure } from "steepest/figures";
 * const ray = await landscape(trace("x^4 - x", { x: 1 }), { ray: [1] });
 * rayFigure(ray).toSvg({ width: 600 }); // text that starts with <svg
 * ```
 */
export function rayFigure(ray: LandscapeRay): Figure {
  const { a, values, directions, name } = ray;
  const points = Array.from(a, (x, i): Point => [x, values[i]]).filter(([, loss]) => Number.isFinite(loss));
  return lineChart({
    title: `Loss of ${name}`,
    subtitle: captionOf(ray, `${formatCount(points.length)} points`),
    x: { label: labelOf("a", directions[0]), domain: [a[0], a[a.length - 1]] },
    y: { label: "loss" },
    series: [{ name: "loss", points, dots: false }],
    rules: [
      { kind: "rule", axis: "x", at: 0, label: "θ₀" },
      ...(directions[0].kind === "to" ? [{ kind: "rule", axis: "x", at: 1, label: "θ₁" } as const] : []),
    ],
  });
}

/** The finest grid that is known throughout. Losses that are no finite numbers are drawn as the highest. */
function gridOf({ a, b, values, size, stride }: LandscapePlane): Grid {
  if (stride === 0)
    throw new SteepestError({
      problem: "there is no picture of this plane yet",
      expected: "at least its coarsest grid",
      fix: "let landscape go on: hand its values in as `known`",
    });
  const highest = values.reduce((high, value) => (Number.isFinite(value) ? Math.max(high, value) : high), Number.NEGATIVE_INFINITY);
  // The last place of a coarse grid may be nearer than the others.
  const places = Array.from({ length: Math.floor((size - 1) / stride) + 1 }, (_, i) => i * stride);
  const last = places.length - 1;
  return {
    columns: places.length,
    rows: places.length,
    x: [a[0], a[places[last]]],
    y: [b[0], b[places[last]]],
    values: Float64Array.from(
      places.flatMap((j) => places.map((i) => values[j * size + i])),
      (value) => (Number.isFinite(value) ? value : highest),
    ),
  };
}

/** Three charts over the steps. */
function errorsOf({ steps, loss, sliceLoss, distance }: PathOverSlice): Figure[] {
  const over = (values: (i: number) => number): Point[] => Array.from(steps, (step, i): Point => [step, values(i)]);
  const x = { label: "step", style: "count" } as const;
  return [
    lineChart({
      title: "Loss along the path",
      x,
      y: { label: "loss" },
      series: [
        { name: "true", points: over((i) => loss[i]), dots: false },
        { name: "on the plane", points: over((i) => sliceLoss[i]), dots: false },
      ],
    }),
    lineChart({
      title: "Error of the plane",
      x,
      y: { label: "|true loss − loss on the plane|" },
      series: [{ name: "error", points: over((i) => Math.abs(loss[i] - sliceLoss[i])), dots: false }],
    }),
    lineChart({
      title: "Distance from the plane",
      x,
      y: { label: "‖θ − plane‖₂" },
      series: [{ name: "distance", points: over((i) => distance[i]), dots: false }],
    }),
  ];
}

function labelOf(axis: "a" | "b", { kind, name, explained, eigenvalue }: SliceDirection): string {
  const place = axis === "a" ? 1 : 2;
  if (explained !== undefined) return `${axis} · principal direction ${place}, ${formatPercent(explained)}`;
  if (eigenvalue !== undefined) return `${axis} · eigenvector ${place}, λ = ${formatNumberForPrint(eigenvalue, 3)}`;
  return `${axis} · ${kind === "random" ? "random direction" : name}`;
}

function captionOf({ records, seed, directions, normalisation }: LandscapePlane | LandscapeRay, points: string): string {
  const isRandom = directions.some(({ kind }) => kind === "random");
  return [
    ...(records === undefined ? [] : [`${formatCount(records)} records`]),
    points,
    ...(isRandom && normalisation !== "none" ? [`${normalisation}-normalised`] : []),
    ...(isRandom ? [`seed ${seed}`] : []),
  ].join(", ");
}
