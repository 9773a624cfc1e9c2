/** One step of a method with velocity, vector by vector. */
import { contourFigure } from "./contour-figure.js";
import type { Mark } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import { optimizerColours } from "./optimizer-colours.js";
import { type Panels, panels } from "./panels.js";
import type { Point } from "./thinning.js";

/** A step that is made of two vectors. */
export interface StepVectors {
  /** The optimizer's name decides the colour. */
  readonly name: string;
  /** What is kept of the velocity: where the step jumps first. */
  readonly jump: Point;
  /** What the gradient adds. */
  readonly pull: Point;
  /** Whether the gradient is taken where the jump lands. */
  readonly looksAhead: boolean;
}

export interface StepVectorsOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly f: (x: number, y: number) => number;
  /** Where the step begins. */
  readonly at: Point;
  readonly steps: readonly StepVectors[];
  readonly names?: readonly [string, string];
}

/**
 * For each method the level lines around a place, the jump along the velocity, the pull of the gradient, and the step that they make together. A ghost marks the
 * place whose gradient it is.
 *
 * @example
 * ```ts
 * import { stepVectorsFigure } from "steepest/figures";
 * const figure = stepVectorsFigure({
 *   title: "A step from (1, 1)",
 *   f: (x, y) => x * x + 4 * y * y,
 *   at: [1, 1],
 *   steps: [{ name: "momentum", jump: [-0.3, 0], pull: [-0.2, -0.8], looksAhead: false }],
 * });
 * figure.toSvg(); // text that starts with <svg
 * ```
 */
export function stepVectorsFigure({ title, subtitle, f, at, steps, names = ["x", "y"] }: StepVectorsOptions): Panels {
  const plus = ([a, b]: Point, [c, d]: Point): Point => [a + c, b + d];
  const places = steps.flatMap(({ jump, pull }) => [plus(at, jump), plus(at, pull), plus(plus(at, jump), pull)]);
  const extent = (axis: 0 | 1): [number, number] => {
    const all = [at, ...places].map((place) => place[axis]);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const margin = 0.16 * (high - low) || 1;
    return [low - margin, high + margin];
  };
  const [x, y] = [extent(0), extent(1)];
  // Equal sides, so that all panels are of one form.
  const side = Math.max(x[1] - x[0], y[1] - y[0]);
  const widened = ([low, high]: readonly [number, number]): [number, number] => [(low + high - side) / 2, (low + high + side) / 2];
  const colours = optimizerColours(steps.map(({ name }) => name.split(/[,(]/)[0].trim()));
  const show = (value: number) => formatNumberForPrint(value, 5);
  const figures = steps.map(({ name, jump, pull, looksAhead }, i) => {
    const landed = plus(at, jump);
    const end = plus(landed, pull);
    const marks: Mark[] = [
      { kind: "arrow", from: at, to: landed, paint: 2, label: "jump" },
      ...(looksAhead
        ? ([{ kind: "arrow", from: landed, to: end, paint: 6, label: "pull" }] as const)
        : ([
            { kind: "arrow", from: at, to: plus(at, pull), paint: 6, label: "pull" },
            { kind: "arrow", from: landed, to: end, paint: 6, dashed: true },
          ] as const)),
      { kind: "arrow", from: at, to: end, paint: colours[i], label: "step" },
      { kind: "point", at, shape: "ring", paint: "ink" },
      ...(looksAhead ? ([{ kind: "point", at: landed, shape: "ring", paint: "muted" }] as const) : []),
      { kind: "point", at: end, shape: "dot", paint: colours[i] },
    ];
    return contourFigure({
      title: name,
      subtitle: `(${show(end[0] - at[0])}, ${show(end[1] - at[1])})`,
      caption: looksAhead ? "The gradient is taken where the jump lands." : "The gradient is taken at the start.",
      f,
      window: { x: widened(x), y: widened(y) },
      names,
      spacing: "even",
      levels: 10,
      marks,
    });
  });
  return panels({ title, ...(subtitle === undefined ? {} : { subtitle }), figures, columns: Math.min(steps.length, 3) });
}
