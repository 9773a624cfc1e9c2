/** A descent as one looks at it: on the curve, on level lines, or as the fall of its values. */
import type { Sampled } from "../analysis/values.js";
import type { Run } from "../descent/run.js";
import { SteepestError } from "../tensor/error.js";
import { contourFigure } from "./contour-figure.js";
import { curvePathFigure } from "./curve-path-figure.js";
import type { Figure } from "./figure.js";
import { lineChart } from "./line-chart.js";
import type { PointMark } from "./marks.js";
import { formatCount } from "./number-format.js";
import { optimizerColours } from "./optimizer-colours.js";
import type { Panels } from "./panels.js";
import type { Point } from "./thinning.js";

export interface RunFigureOptions {
  /** Default: the formula, or "Descent". */
  readonly title?: string;
  /** What was minimised. */
  readonly f: Sampled;
  /** Runs with `path: true`, by what they are called; the optimizer's name first, which decides the colour. */
  readonly runs: Readonly<Record<string, Run>>;
  /** Names of the variables. Default x and y. */
  readonly names?: readonly string[];
}

/**
 * Runs of `minimize` with their paths: of one variable on the curve, of two on level lines, of more the values of f over the steps.
 *
 * @throws SteepestError if there is no run, or one without a path
 * @example
 * ```ts
 * import { minimize, momentum } from "steepest";
 * import { runFigure } from "steepest/figures";
 * const f = "(1-x)^2 + 20(3y-x^2)^2";
 * const run = minimize(f, [-1.21, 0.853], { optimizer: momentum({ learningRate: 0.0035, beta: 0.83 }), steps: 150, path: true });
 * runFigure({ f, runs: { "momentum, α = 0.0035, β = 0.83": run } }).toSvg({ width: 640 }); // text that starts with <svg
 * ```
 */
export function runFigure({ f, runs, names, ...options }: RunFigureOptions): Figure | Panels {
  const entries = Object.entries(runs);
  if (entries.length === 0) throw new SteepestError({ problem: "there is no run to draw", expected: 'runs: { "gd, α = 0.1": run }' });
  const title = options.title ?? (typeof f === "string" ? f : "Descent");
  const caption = entries.map(([name, { status, steps }]) => `${name}: ${words[status]} after ${formatCount(steps)} steps`).join("; ");
  const { stride } = entries[0][1].path;
  if (stride === 1) return curvePathFigure({ title, subtitle: caption, f, paths: entries.map(([name, { path }]) => ({ name, path })) });
  if (stride === 2) {
    const places = entries.flatMap(([, { status, path }]): PointMark[] => {
      const [x, y] = path.data.slice(-2);
      return status === "converged" ? [{ kind: "point", at: [x, y], shape: "star", paint: "ink" }] : [];
    });
    return contourFigure({
      title,
      caption,
      f,
      ...(names ? { names: [names[0], names[1]] } : {}),
      trails: entries.map(([name, { path }]) => ({ name, points: path })),
      places: places.slice(0, 1),
    });
  }
  const colours = optimizerColours(entries.map(([name]) => name.split(/[,(]/)[0].trim()));
  return lineChart({
    title,
    subtitle: caption,
    x: { label: "step", style: "count" },
    y: { label: "f" },
    series: entries.map(([name, { history }], i) => ({
      name,
      points: Array.from(history.loss, (value, step): Point => [step, value]),
      dots: false,
      colour: colours[i],
    })),
  });
}

const words: Readonly<Record<Run["status"], string>> = {
  converged: "converged",
  "step-limit": "stopped",
  "stopped-early": "stopped early",
  diverged: "diverged",
  stalled: "stalled",
  aborted: "interrupted",
};
