/** Piecewise linear terms and their mean, with the slopes that its corners allow. */
import { Figure } from "./figure.js";
import type { Mark, Polygon } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import type { Point } from "./thinning.js";

/** A corner of the mean, and the slopes on its two sides: all between them are subgradients. */
export interface Corner {
  readonly at: number;
  readonly left: number;
  readonly right: number;
}

export interface HingeFigureOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** What is on the x axis. Default "w". */
  readonly variable?: string;
  readonly window: readonly [number, number];
  /** The terms, linear between the corners and the ends of the window. */
  readonly terms: readonly { readonly name: string; readonly f: (w: number) => number }[];
  readonly mean: (w: number) => number;
  readonly corners: readonly Corner[];
}

/**
 * Hinges and their mean, a convex polyline. At each corner a fan holds the supporting lines whose slopes are subgradients; where the fan holds a level line, there is the
 * minimum.
 *
 * @example
 * ```ts
 * import { hingeFigure } from "steepest/figures";
 * const [f, g] = [(w: number) => Math.max(0, 1 - w), (w: number) => Math.max(0, 1 + w)];
 * const figure = hingeFigure({
 *   title: "Two hinges",
 *   window: [-2, 2],
 *   terms: [{ name: "L₁", f }, { name: "L₂", f: g }],
 *   mean: (w) => (f(w) + g(w)) / 2,
 *   corners: [{ at: -1, left: -0.5, right: 0 }, { at: 1, left: 0, right: 0.5 }],
 * });
 * figure.toSvg(); // text that starts with <svg
 * ```
 */
export function hingeFigure({ title, subtitle, variable = "w", window, terms, mean, corners }: HingeFigureOptions): Figure {
  const inside = corners.filter(({ at }) => at > window[0] && at < window[1]);
  // The corners of the terms lie among those of the mean, and no line bends elsewhere.
  const places = [window[0], ...inside.map(({ at }) => at), window[1]];
  const through = (f: (w: number) => number) => places.map((w): Point => [w, f(w)]);
  const reach = (window[1] - window[0]) / 8;
  const fans = inside.flatMap(({ at, left, right }): Polygon[] => {
    const value = mean(at);
    const side = (d: number): Polygon => ({
      points: [
        [at, value],
        [at + d, value + left * d],
        [at + d, value + right * d],
      ],
      fill: 1,
      opacity: 0.22,
    });
    return [side(reach), side(-reach)];
  });
  const lowest = inside.reduce<Corner | undefined>(
    (best, corner) => (best === undefined || mean(corner.at) < mean(best.at) ? corner : best),
    undefined,
  );
  const highest = Math.max(...places.map(mean), ...terms.flatMap(({ f }) => places.map(f)));
  const marks: Mark[] = [
    { kind: "polygons", polygons: fans },
    ...terms.map(
      ({ name, f }, i): Mark => ({
        kind: "line",
        points: through(f),
        colour: ([0, 2, 3, 4, 6, 7] as const)[i % 6],
        label: name,
        dashed: true,
      }),
    ),
    { kind: "line", points: through(mean), colour: 1, label: "mean" },
    ...inside.map(
      (corner, i): Mark => ({
        kind: "point",
        at: [corner.at, mean(corner.at)],
        shape: corner === lowest ? "star" : "dot",
        paint: 1,
        label: formatNumberForPrint(corner.at, 4),
        // Labels of corners that lie close together stand on two sides.
        side: i > 0 && i % 2 === 1 && corner.at - inside[i - 1].at < 0.14 * (window[1] - window[0]) ? "above" : "below",
      }),
    ),
  ];
  return new Figure({
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    alt: `${terms.length} piecewise linear terms and their mean, which bends at ${inside.map(({ at }) => `${variable} = ${formatNumberForPrint(at, 4)}`).join(", ")}.`,
    x: { label: variable, kind: "linear", style: "number", domain: window },
    y: { label: "loss", kind: "linear", style: "number", domain: [0, highest * 1.02] },
    marks,
  });
}
