/** A descent on the curve of a function of one variable, and how its distance shrinks. */
import { type Sampled, valuesAt } from "../analysis/values.js";
import { Path } from "../descent/run.js";
import { Figure } from "./figure.js";
import { lineChart } from "./line-chart.js";
import type { Mark, SeriesColour } from "./marks.js";
import { formatCount, formatNumberForPrint } from "./number-format.js";
import { type Panels, panels } from "./panels.js";
import type { Point } from "./thinning.js";

export interface CurvePath {
  readonly name: string;
  /** x₀, x₁, …, or the path of a run of one variable. */
  readonly path: readonly number[] | Path;
  readonly colour?: SeriesColour;
}

export interface CurvePathOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** The function: in JavaScript, as a formula, or as `trace` gives it. */
  readonly f: Sampled;
  readonly paths: readonly CurvePath[];
  /** What is seen of x. Default: all paths, but at most four times as far from the minimum as their starts. */
  readonly window?: readonly [number, number];
  /** Where the distances of the strip are measured from. Default 0. */
  readonly minimum?: number;
  /** Steps drawn of each path. Default 20. */
  readonly steps?: number;
}

/** Places at which the curve is drawn. */
const PLACES = 200;

/**
 * For each path the curve with its iterates, joined by chords, all on the same axes; and a strip with |x_k − x*| over k on a logarithmic axis, on which a constant
 * factor is a straight line.
 *
 * @example
 * ```ts
 * import { gd, minimize } from "steepest";
 * import { curvePathFigure } from "steepest/figures";
 * const run = minimize((x) => x ** 2, 8.7, { optimizer: gd({ learningRate: 0.2 }), steps: 10, path: true });
 * curvePathFigure({ title: "x²", f: "x^2", paths: [{ name: "α = 0.2", path: run.path }] }).toSvg(); // text that starts with <svg
 * ```
 */
export function curvePathFigure({ title, subtitle, f, minimum = 0, steps = 20, ...options }: CurvePathOptions): Panels {
  const paths = options.paths.map(listed);
  const window = options.window ?? windowOf(paths, minimum, steps);
  const onCurve = (xs: readonly number[]): Point[] => {
    const values = valuesAt(
      f,
      xs.map((x) => [x]),
    );
    return xs.map((x, i): Point => [x, values[i]]);
  };
  const curve = onCurve(Array.from({ length: PLACES + 1 }, (_, i) => window[0] + ((window[1] - window[0]) * i) / PLACES));
  const heights = curve.map(([, y]) => y).filter(Number.isFinite);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const colourOf = (i: number): SeriesColour => paths[i].colour ?? ([0, 1, 2, 3, 4, 5, 6, 7] as const)[i % 8];
  const axis = (label: string, domain: readonly [number, number]) => ({ label, kind: "linear", style: "number", domain }) as const;
  const descents = paths.map(({ name, path }, i) => {
    const points = onCurve(path.slice(0, steps + 1));
    const marks: Mark[] = [
      { kind: "line", points: curve, colour: 5 },
      { kind: "line", points, colour: colourOf(i), trail: true },
    ];
    if (points.length > 0) marks.push({ kind: "point", at: points[0], shape: "ring", paint: colourOf(i), label: "x₀", side: "left" });
    const last = path.at(-1) ?? Number.NaN;
    return new Figure({
      title: name,
      subtitle: `x${subscript(path.length - 1)} = ${formatNumberForPrint(last, 6)}`,
      alt: `The curve with ${formatCount(points.length)} iterates from ${formatNumberForPrint(path[0])} to ${formatNumberForPrint(last)}.`,
      x: axis("x", window),
      y: axis("f(x)", [low - 0.04 * (high - low), high + 0.04 * (high - low)]),
      marks,
    });
  });
  const strip = lineChart({
    title: minimum === 0 ? "Distance |xₖ|" : "Distance |xₖ − x*|",
    subtitle: "log scale: a constant factor is a straight line",
    x: { label: "step k", style: "count" },
    y: { label: "distance", kind: "log" },
    series: paths.map(({ name, path }, i) => ({
      name,
      points: path.map((x, k): Point => [k, Math.abs(x - minimum)]),
      colour: colourOf(i),
    })),
  });
  const figures = [...descents, strip];
  return panels({ title, ...(subtitle === undefined ? {} : { subtitle }), figures, columns: 2 });
}

type ListedPath = Omit<CurvePath, "path"> & { readonly path: readonly number[] };

const listed = (given: CurvePath): ListedPath => ({
  ...given,
  path: given.path instanceof Path ? Array.from(given.path.data) : given.path,
});

function windowOf(paths: readonly ListedPath[], minimum: number, steps: number): [number, number] {
  const most = 4 * Math.max(1e-9, ...paths.map(({ path }) => Math.abs(path[0] - minimum)));
  const seen = paths.flatMap(({ path }) => path.slice(0, steps + 1)).filter((x) => Math.abs(x - minimum) <= most);
  const [low, high] = [Math.min(minimum, ...seen), Math.max(minimum, ...seen)];
  const margin = 0.08 * (high - low) || 1;
  return [low - margin, high + margin];
}

const subscript = (n: number): string => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉".charAt(Number(digit)));
