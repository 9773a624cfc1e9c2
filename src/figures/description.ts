/** What a figure is made of: marks over two axes, in words and numbers, without a place to draw on. */
import type { Mark } from "./marks.js";
import { placesOf } from "./marks.js";
import type { Scale, ScaleKind } from "./scale.js";
import { makeScale } from "./scale.js";

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

export interface FigureDescription {
  readonly title: string;
  /** A few quiet words beside the title: the quantity drawn, its unit, the scale. */
  readonly subtitle?: string;
  /** What the picture shows, in words, for those who do not see it. */
  readonly alt: string;
  /** Under the picture: what one must know to read it, such as the rate and the number of steps. */
  readonly caption?: string;
  readonly x: Axis;
  readonly y: Axis;
  /** `equal`: one unit is as long on both axes, so that right angles are right. Default: the figure fills its room. */
  readonly aspect?: "equal";
  /** Whether axes are drawn. Default true; false for pictures and surfaces. */
  readonly axes?: boolean;
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
  for (const mark of marks)
    placesOf(mark, (px, py) => {
      const value = axis === "x" ? px : py;
      if (value !== undefined) see(value);
    });
  return low <= high ? [low, high] : kind === "log" ? [1, 10] : [0, 1];
}
