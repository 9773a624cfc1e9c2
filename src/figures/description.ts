/** What a figure is made of: marks over two axes, in words and numbers, without a place to draw on. */
import type { Scale, ScaleKind } from "./scale.js";
import { makeScale } from "./scale.js";
import type { Point } from "./thinning.js";

/** How the numbers along an axis are written; a duration is given in seconds, a power stands for all powers of ten alike: `10³`. */
export type NumberStyle = "number" | "count" | "percent" | "duration" | "power";

export interface Axis {
  /** The quantity, with its unit. */
  readonly label: string;
  readonly kind: ScaleKind;
  readonly style: NumberStyle;
  /** What must be seen. Default: the extent of the marks. */
  readonly domain?: readonly [number, number];
  /** Widen the domain to whole ticks. Default false. */
  readonly nice?: boolean;
  /** The values to mark. Default: round ones that suit the room. */
  readonly ticks?: readonly number[];
}

/** Which of the colours told apart by everyone; the palette itself is the renderer's. */
export type SeriesColour = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** A curve through points, in their order. */
export interface LineMark {
  readonly kind: "line";
  readonly points: readonly Point[];
  readonly colour: SeriesColour;
  /** Written at the end of the line. */
  readonly label?: string;
  /** Thin and pale: a background, such as the values before smoothing. */
  readonly faint?: boolean;
  /** Also mark each point. */
  readonly dots?: boolean;
  /** Dashed and quiet, without a colour of its own: what the others are to be compared with, such as a bound. */
  readonly reference?: boolean;
  /** Points alone, no line between them: data. */
  readonly unjoined?: boolean;
}

/** A straight line across the figure at one value. */
export interface RuleMark {
  readonly kind: "rule";
  readonly axis: "x" | "y";
  readonly at: number;
  readonly label: string;
}

export type Mark = LineMark | RuleMark;

export interface FigureDescription {
  readonly title: string;
  /** A few quiet words beside the title: the quantity drawn, its unit, the scale. */
  readonly subtitle?: string;
  /** What the picture shows, in words, for those who do not see it. */
  readonly alt: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
}

/** Whether a scale can show a value: on a logarithmic one only positive numbers; near the ends of what a double holds, none. */
export const isDrawable = (value: number, kind: ScaleKind): boolean =>
  Math.abs(value) <= 1e290 && (kind === "linear" ? true : value >= 1e-290);

/** The scale of one axis over an interval of the page. Where no mark has anything to show, the domain is 0 … 1 (logarithmic 1 … 10). */
export function scaleOf(description: FigureDescription, axis: "x" | "y", range: readonly [number, number], tickCount: number): Scale {
  const { kind, domain, nice, ticks } = description[axis];
  const scale = makeScale({ kind, domain: domain ?? extentOf(description, axis), range, tickCount, nice });
  if (ticks === undefined) return scale;
  const [from, to] = scale.domain;
  return { ...scale, ticks: ticks.filter((tick) => tick >= from && tick <= to) };
}

function extentOf({ marks, x, y }: FigureDescription, axis: "x" | "y"): [number, number] {
  const kind = axis === "x" ? x.kind : y.kind;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const see = (value: number) => {
    if (!isDrawable(value, kind)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const mark of marks) {
    if (mark.kind === "rule") {
      if (mark.axis === axis) see(mark.at);
    } else for (const point of mark.points) see(point[axis === "x" ? 0 : 1]);
  }
  return low <= high ? [low, high] : kind === "log" ? [1, 10] : [0, 1];
}
