/** Which minimum is reached from where, as a map. */
import type { BasinMap } from "../descent/basins/basins.js";
import type { FigureDescription } from "./description.js";
import { Figure } from "./figure.js";
import type { ArrowMark, Mark, PointMark } from "./marks.js";
import { formatCount, formatNumberForPrint, formatPercent } from "./number-format.js";
import type { Point } from "./thinning.js";

export interface BasinFigureOptions {
  /** Default: "Which minimum is reached". */
  readonly title?: string;
  /** Default: the optimizer. */
  readonly subtitle?: string;
  /** Default: what colours and marks mean, and the most steps. */
  readonly caption?: string;
}

/** Colours of minima; the slate one stands for what diverges. */
const colours = [0, 1, 2, 3, 4, 6, 7] as const;
const DIVERGED = 5;
/** How strong the colour of the slowest descents is. */
const FAINT = 0.3;
/** Of the window's longer side: the arrows along which descents leave a saddle. */
const ARROW = 0.06;

/**
 * The map of `basins`: each start in the colour of the minimum that it reaches, the stronger the sooner; slate where it diverges, empty where it arrives at none. Minima are
 * dots with their shares, maxima rings, saddles crosses with arrows along which f falls.
 *
 * @example
 * ```ts
 * import { basins, gd } from "steepest";
 * import { basinFigure } from "steepest/figures";
 * const window = { x: [-2, 2], y: [-1.5, 1.5] } as const;
 * const map = await basins("(x^2 - 1)^2 + y^2", { window, optimizer: gd({ learningRate: 0.1 }), size: 32 });
 * basinFigure(map, { title: "(x² − 1)² + y²" }).toSvg(); // text that starts with <svg
 * ```
 */
export function basinFigure(map: BasinMap<unknown>, options: BasinFigureOptions = {}): Figure {
  const { x, y, names = ["x", "y"], columns, rows, reached, steps, minima, optimizer, limit, diagnosis } = map;
  const arrived = steps.filter((_, i) => reached[i] >= 0);
  const [fewest, most] = arrived.length === 0 ? [0, 0] : [Math.min, Math.max].map((end) => Math.log1p(arrived.reduce((x, y) => end(x, y))));
  const slowness = (count: number) => (most > fewest ? (Math.log1p(count) - fewest) / (most - fewest) : 0);
  const classes = Int16Array.from(reached, (to) => (to >= 0 ? colours[to % colours.length] : to === -1 ? DIVERGED : -1));
  const shades = Float32Array.from(reached, (to, i) => (to >= 0 ? 1 - (1 - FAINT) * slowness(steps[i]) : 1));
  const labels = minima.map(({ share }) => formatPercent(share, 1));
  const axis = (label: string, domain: readonly [number, number]) => ({ label, kind: "linear", style: "number", domain }) as const;
  const description: FigureDescription = {
    title: options.title ?? "Which minimum is reached",
    subtitle: options.subtitle ?? `by ${optimizer}`,
    caption: options.caption ?? captionOf(map),
    alt: `A map of starts over ${names[0]} and ${names[1]}, coloured by the minimum that ${optimizer} reaches within ${formatCount(limit)} steps. ${diagnosis}`,
    x: axis(names[0], x),
    y: axis(names[1], y),
    aspect: "equal",
    marks: [{ kind: "cells", columns, rows, x, y, classes, shades }, ...placesOf(map, labels)],
  };
  return new Figure(description);
}

const pointOf = (place: unknown): Point => {
  const [x, y] = Object.values(Object(place)).map(Number);
  return [x, y];
};

function placesOf({ critical, minima, x, y }: BasinMap<unknown>, labels: readonly string[]): Mark[] {
  const length = ARROW * Math.max(x[1] - x[0], y[1] - y[0]);
  const arrows: ArrowMark[] = critical.saddles.flatMap(({ point, unstable }) =>
    unstable.slice(0, 1).flatMap((direction) => {
      const [[px, py], [dx, dy]] = [pointOf(point), pointOf(direction)];
      return [1, -1].map(
        (sign): ArrowMark => ({ kind: "arrow", from: [px, py], to: [px + sign * length * dx, py + sign * length * dy], paint: "ink" }),
      );
    }),
  );
  const places = (list: readonly { readonly point: unknown }[], shape: PointMark["shape"]): PointMark[] =>
    list.map(({ point }) => ({ kind: "point", at: pointOf(point), shape, paint: "ink" }));
  const dots = minima.flatMap(({ point, isInWindow }, i): PointMark[] =>
    isInWindow ? [{ kind: "point", at: pointOf(point), shape: "dot", paint: "ink", label: labels[i] }] : [],
  );
  return [...arrows, ...places(critical.saddles, "cross"), ...places(critical.maxima, "ring"), ...dots];
}

function captionOf({ critical, minima, diverged, underWay, limit, optimizer }: BasinMap<unknown>): string {
  const show = (place: unknown) =>
    `(${pointOf(place)
      .map((value) => formatNumberForPrint(value, 3))
      .join(", ")})`;
  const outside = minima.filter(({ isInWindow, share }) => !isInWindow && share > 0);
  return [
    `${optimizer}, at most ${formatCount(limit)} steps; the stronger the colour, the fewer.`,
    `Dots are minima, with the share of starts that reach them${critical.saddles.length > 0 ? "; crosses saddles, with arrows along which f falls" : ""}${critical.maxima.length > 0 ? "; rings maxima" : ""}.`,
    ...outside.map(({ point, share }) => `${formatPercent(share, 1)} reach ${show(point)}, outside the window.`),
    ...(diverged > 0 ? [`Slate: ${formatPercent(diverged, 1)} diverge.`] : []),
    ...(underWay > 0 ? [`Empty: ${formatPercent(underWay, 1)} arrive at none.`] : []),
  ].join(" ");
}
