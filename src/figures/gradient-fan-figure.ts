/** The gradients of single points at one place, and their mean. */
import { Figure } from "./figure.js";
import type { Mark } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import type { Point } from "./thinning.js";

export interface GradientFanOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** The gradient of each point, of two coordinates. */
  readonly gradients: readonly Point[];
  /** Names of the coordinates. Default x and y. */
  readonly names?: readonly [string, string];
}

/**
 * The negative gradient of each point as an arrow from the origin, their mean in colour, and an ellipse that holds two standard deviations of them: a batch of one
 * goes along one of the arrows, a batch of all along the mean.
 *
 * @example
 * ```ts
 * import { gradientFanFigure } from "steepest/figures";
 * gradientFanFigure({ title: "Three points", gradients: [[1, 0], [0, 1], [1, 1]] }).toSvg(); // text that starts with <svg
 * ```
 */
export function gradientFanFigure({ title, subtitle, gradients, names = ["x", "y"] }: GradientFanOptions): Figure {
  const count = gradients.length;
  const mean = ([0, 1] as const).map((axis) => gradients.reduce((sum, g) => sum + g[axis], 0) / count);
  const second = (i: 0 | 1, j: 0 | 1) => gradients.reduce((sum, g) => sum + (g[i] - mean[i]) * (g[j] - mean[j]), 0) / count;
  const outline = ellipse([-mean[0], -mean[1]], second(0, 0), second(0, 1), second(1, 1));
  const ends = [...gradients.map(([x, y]): Point => [-x, -y]), ...outline, [0, 0] as Point];
  const extent = (axis: 0 | 1): [number, number] => {
    const [low, high] = [Math.min(...ends.map((p) => p[axis])), Math.max(...ends.map((p) => p[axis]))];
    const margin = 0.08 * (high - low) || 1;
    return [low - margin, high + margin];
  };
  const marks: Mark[] = [
    { kind: "polygons", polygons: [{ points: outline, fill: 0, opacity: 0.12 }] },
    ...gradients.map(([x, y]): Mark => ({ kind: "arrow", from: [0, 0], to: [-x, -y], paint: "muted" })),
    { kind: "arrow", from: [0, 0], to: [-mean[0], -mean[1]], paint: 0, label: "mean" },
    { kind: "point", at: [0, 0], shape: "ring", paint: "ink" },
  ];
  return new Figure({
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    alt: `${count} arrows, the negative gradients of the points, and their mean (${-mean[0] === 0 ? 0 : formatNumberForPrint(-mean[0], 3)}, ${formatNumberForPrint(-mean[1], 3)}).`,
    x: { label: `−∂L/∂${names[0]}`, kind: "linear", style: "number", domain: extent(0) },
    y: { label: `−∂L/∂${names[1]}`, kind: "linear", style: "number", domain: extent(1) },
    aspect: "equal",
    marks,
  });
}

/** Two standard deviations about a place, for a covariance [[a, b], [b, c]]. */
function ellipse([x, y]: Point, a: number, b: number, c: number): Point[] {
  // The factor of Cholesky takes the circle to the ellipse.
  const first = Math.sqrt(Math.max(a, 0));
  const across = first === 0 ? 0 : b / first;
  const last = Math.sqrt(Math.max(c - across * across, 0));
  return Array.from({ length: 64 }, (_, i): Point => {
    const turn = (2 * Math.PI * i) / 64;
    const [u, v] = [2 * Math.cos(turn), 2 * Math.sin(turn)];
    return [x + first * u, y + across * u + last * v];
  });
}
