/** A function of two variables as level lines, with the paths of descents on it. */
import type { Sampled } from "../analysis/values.js";
import { Path } from "../descent/run.js";
import { SteepestError } from "../tensor/error.js";
import type { FigureDescription } from "./description.js";
import { Figure } from "./figure.js";
import type { Grid } from "./grid.js";
import { checkGrid, extentOfValues, levelsByFactors, levelsEvenly, sampleGrid } from "./grid.js";
import type { Mark, PointMark, SeriesColour } from "./marks.js";
import { formatCount, formatNumberForPrint } from "./number-format.js";
import { optimizerColours } from "./optimizer-colours.js";
import type { Point } from "./thinning.js";

/** A path to be drawn: the places of a descent, the start first. */
export interface Trail {
  /** The optimizer's name decides the colour; what stands after a comma or in brackets tells runs of one optimizer apart. */
  readonly name: string;
  /** Places, or the path of a run of two variables. */
  readonly points: readonly Point[] | Path;
  /** Default: the optimizer's own. */
  readonly colour?: SeriesColour;
  readonly dashed?: boolean;
}

export interface ContourFigureOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** Default: the trails with their numbers of steps. */
  readonly caption?: string;
  /** The function: in JavaScript, as a formula of two variables, as `trace` gives it; or its values on a grid. */
  readonly f: Sampled | Grid;
  /** What is seen. Default: the grid's, or the trails' with a margin. */
  readonly window?: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
  /** Names of the axes. Default x and y. */
  readonly names?: readonly [string, string];
  /** Points of the grid along each axis. Default 101. */
  readonly size?: number;
  /** `factors`, the default, spaces lines by the distance from the minimum, so that valleys are seen; `even` by the value. */
  readonly spacing?: "factors" | "even";
  /** The minimum, if it is known: what distances are measured from. Default: the least value in the window. */
  readonly minimum?: number;
  /** How many levels. Default 14. */
  readonly levels?: number;
  readonly trails?: readonly Trail[];
  /** Known places: optima, saddles. */
  readonly places?: readonly PointMark[];
  /** Whatever else lies on it: arrows, axes of eigenvectors, words. */
  readonly marks?: readonly Mark[];
  /** Whether one unit is as long on both axes. Default true: only then does the gradient stand at right angles to the lines. */
  readonly equal?: boolean;
}

/**
 * Level lines of f with the paths of descents: a ring where each begins, a dot where it ends.
 *
 * @throws SteepestError for paths of more than two variables, windows without extent, and grids that do not hold a value for each point
 * @example
 * ```ts
 * import { gd, minimize } from "steepest";
 * import { contourFigure } from "steepest/figures";
 * const run = minimize("0.5x^2 + 2y^2 + x*y", [8.7, -7.9], { optimizer: gd({ learningRate: 0.2 }), steps: 30, path: true });
 * const figure = contourFigure({
 *   title: "½x² + 2y² + xy",
 *   f: "0.5x^2 + 2y^2 + x*y",
 *   trails: [{ name: "gd, rate 0.2", points: run.path }],
 * });
 * figure.toSvg({ width: 600 }); // text that starts with <svg
 * ```
 */
export function contourFigure(options: ContourFigureOptions): Figure {
  const { title, subtitle, names = ["x", "y"], size = 101, spacing = "factors", places = [], marks = [], equal = true } = options;
  const trails = (options.trails ?? []).map(placed);
  const window = options.window ?? (isGrid(options.f) ? { x: options.f.x, y: options.f.y } : windowAround(trails, places));
  const grid = isGrid(options.f) ? options.f : sampleGrid(options.f, window, [size, size]);
  checkGrid(grid);
  const factors = levelsByFactors(grid, options.levels, options.minimum);
  const contours = spacing === "factors" ? factors : { levels: levelsEvenly(grid, options.levels) };
  const colours = optimizerColours(trails.map(({ name }) => name.split(/[,(]/)[0].trim()));
  const axis = (label: string, domain: readonly [number, number]) => ({ label, kind: "linear", style: "number", domain }) as const;
  const description: FigureDescription = {
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    caption: options.caption ?? trails.map(({ name, points }) => `${name}: ${formatCount(points.length - 1)} steps`).join("; "),
    alt: describe(grid, names, trails),
    x: axis(names[0], window.x),
    y: axis(names[1], window.y),
    ...(equal ? { aspect: "equal" as const } : {}),
    marks: [
      { kind: "contours", grid, ...contours, labelEvery: 3 },
      ...trails.flatMap(({ name, points, colour, dashed }, i): Mark[] => {
        const own = colour ?? colours[i];
        const end = points.at(-1);
        return [
          { kind: "line", points, colour: own, label: name, trail: true, ...(dashed ? { dashed } : {}) },
          ...(end === undefined || points.length < 2 ? [] : [{ kind: "point", at: end, shape: "dot", paint: own } as const]),
        ];
      }),
      ...starts(trails),
      ...places,
      ...marks,
    ],
  };
  return new Figure(description);
}

const isGrid = (f: Sampled | Grid): f is Grid => typeof f === "object" && "values" in f;

type PlacedTrail = Omit<Trail, "points"> & { readonly points: readonly Point[] };

function placed(trail: Trail): PlacedTrail {
  const { points } = trail;
  if (!(points instanceof Path)) return { ...trail, points };
  if (points.stride === 2) return { ...trail, points: pairs(points) };
  throw new SteepestError({
    problem: "level lines show descents of two variables",
    expected: "a path with two numbers at each point",
    received: `${points.stride}`,
    where: trail.name,
    fix: 'look at one of more variables with landscape(run, { plane: "pca" })',
  });
}

function pairs({ data, length }: Path): Point[] {
  const out: Point[] = [];
  for (let i = 0; i < 2 * length; i += 2) out.push([data[i], data[i + 1]]);
  return out;
}

/** A ring at each place where a trail begins. */
function starts(trails: readonly PlacedTrail[]): PointMark[] {
  const begun = new Map<string, Point>();
  for (const { points } of trails) if (points.length > 0) begun.set(points[0].join(), points[0]);
  return [...begun.values()].map((at) => ({ kind: "point", at, shape: "ring", paint: "ink" }));
}

/** All places with a margin; of trails that run away only what stays near their start. */
function windowAround(trails: readonly PlacedTrail[], places: readonly PointMark[]): { x: [number, number]; y: [number, number] } {
  const fixed = [...trails.flatMap(({ points }) => points.slice(0, 1)), ...places.map(({ at }) => at)];
  const reach = Math.max(1e-6, ...fixed.flatMap(([x, y]) => fixed.map(([a, b]) => Math.hypot(x - a, y - b))));
  const near = trails.flatMap(({ points }) =>
    points.filter(([x, y]) => fixed.some(([a, b]) => Math.hypot(x - a, y - b) <= (fixed.length > 1 ? 1.5 * reach : 1e3))),
  );
  const extent = (axis: 0 | 1): [number, number] => {
    const [low, high] = extentOfValues([...fixed, ...near].map((point) => point[axis]));
    const margin = 0.12 * (high - low) || 1;
    return [low - margin, high + margin];
  };
  return { x: extent(0), y: extent(1) };
}

function describe(grid: Grid, [first, second]: readonly [string, string], trails: readonly PlacedTrail[]): string {
  const show = (value: number) => formatNumberForPrint(value, 3);
  const [low, high] = extentOfValues(grid.values);
  const place = ([x, y]: Point) => `(${show(x)}, ${show(y)})`;
  const sentences = trails.flatMap(({ name, points }) => {
    const [start, end] = [points.at(0), points.at(-1)];
    return start === undefined || end === undefined
      ? []
      : [`${name}: from ${place(start)} to ${place(end)} in ${formatCount(points.length - 1)} steps.`];
  });
  return [
    `Level lines over ${first} from ${show(grid.x[0])} to ${show(grid.x[1])} and ${second} from ${show(grid.y[0])} to ${show(grid.y[1])}; values from ${show(low)} to ${show(high)}.`,
    ...sentences,
  ].join(" ");
}
