/** The marks a figure is made of. Places are values on its axes; what colours look like is the renderer's business. */
import type { Grid } from "./grid.js";
import type { Point } from "./thinning.js";

/** Which of the colours told apart by everyone; the palette itself is the theme's. */
export type SeriesColour = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** A colour of a series, the colour of text, or the quiet one of what stands behind. */
export type Paint = SeriesColour | "ink" | "muted";

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
  /** Dashed in its own colour: tells lines apart without colours. */
  readonly dashed?: boolean;
  /** Points alone, no line between them: data. */
  readonly unjoined?: boolean;
  /** The points are places in the plane rather than values over x: a descent. Where it leaves the figure, an arrow stands at the edge. */
  readonly trail?: boolean;
}

/** A straight line across the figure at one value. */
export interface RuleMark {
  readonly kind: "rule";
  readonly axis: "x" | "y";
  readonly at: number;
  readonly label: string;
}

/** The room between two curves over x: a spread, an interval. */
export interface BandMark {
  readonly kind: "band";
  readonly points: readonly (readonly [x: number, low: number, high: number])[];
  readonly colour: SeriesColour;
}

/** One place: `ring` a start, `dot` an end, `star` an optimum, `cross` a saddle, `square` whatever else. */
export interface PointMark {
  readonly kind: "point";
  readonly at: Point;
  readonly shape: "ring" | "dot" | "star" | "cross" | "square";
  readonly paint: Paint;
  /** Written beside it. */
  readonly label?: string;
  /** On which side of the place the label stands. Default `right`. */
  readonly side?: "right" | "left" | "above" | "below";
}

/** A vector from one place to another. */
export interface ArrowMark {
  readonly kind: "arrow";
  readonly from: Point;
  readonly to: Point;
  readonly paint: Paint;
  /** Written beside its middle. */
  readonly label?: string;
  readonly dashed?: boolean;
}

/** Words at a place. */
export interface TextMark {
  readonly kind: "text";
  readonly at: Point;
  readonly text: string;
  readonly paint: Paint;
  readonly anchor?: "start" | "middle" | "end";
}

/** Level lines of a function of two variables, filled in steps from pale (low) to strong (high). */
export interface ContourMark {
  readonly kind: "contours";
  readonly grid: Grid;
  /** The values at which lines run, ascending. */
  readonly levels: readonly number[];
  /**
   * Between two grid points values are taken to change as their distance from here does by factors, which suits levels that are spaced by factors: straight
   * lines between far apart values bend high levels. Default: they change evenly.
   */
  readonly floor?: number;
  /** Every how many levels one carries its value. 0, the default, writes none. */
  readonly labelEvery?: number;
  /** Whether the room between the lines is tinted. Default true. */
  readonly filled?: boolean;
}

/** A grid of values as cells, dark to light (`viridis`) or from one hue over paper to another around `0` (`signed`). */
export interface HeatMark {
  readonly kind: "heat";
  readonly grid: Grid;
  readonly palette: "viridis" | "signed";
  /** The values at the ends of the palette. Default: the least and the largest; `signed` is symmetric. */
  readonly range?: readonly [number, number];
}

/** Cells of a few kinds, each in the colour of its number; a shade from 0 (paper) to 1 says how strong. Negative numbers stay empty. */
export interface CellsMark {
  readonly kind: "cells";
  readonly columns: number;
  readonly rows: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** Row by row from the lowest y on. */
  readonly classes: ArrayLike<number>;
  readonly shades?: ArrayLike<number>;
}

/** A picture, its first row at the top. */
export interface ImageMark {
  readonly kind: "image";
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 RGB. */
  readonly channels: 1 | 3;
  /** Samples from 0 to 255, row by row. */
  readonly samples: Uint8Array;
}

/** Closed outlines that are filled: faces of a surface, intervals, ellipses. The first lies behind all others. */
export interface PolygonMark {
  readonly kind: "polygons";
  readonly polygons: readonly Polygon[];
}

export interface Polygon {
  readonly points: readonly Point[];
  /** A colour, or a share from 0 to 1 along `viridis`. */
  readonly fill: Paint | { readonly share: number };
  /** From 0 to 1. Default 1. */
  readonly opacity?: number;
  /** Also draw its outline, thin. */
  readonly outlined?: boolean;
}

/** Upright bars from y = 0, or from the lower end of a logarithmic axis. */
export interface BarMark {
  readonly kind: "bars";
  readonly bars: readonly { readonly from: number; readonly to: number; readonly value: number }[];
  readonly colour: SeriesColour;
}

export type Mark =
  | LineMark
  | RuleMark
  | BandMark
  | PointMark
  | ArrowMark
  | TextMark
  | ContourMark
  | HeatMark
  | CellsMark
  | ImageMark
  | PolygonMark
  | BarMark;

/** Calls back with each place that a mark wants to be seen; `undefined` for a direction in which it has no say. */
export function placesOf(mark: Mark, see: (x: number | undefined, y: number | undefined) => void): void {
  switch (mark.kind) {
    case "line":
      for (const [x, y] of mark.points) see(x, y);
      return;
    case "rule":
      see(mark.axis === "x" ? mark.at : undefined, mark.axis === "y" ? mark.at : undefined);
      return;
    case "band":
      for (const [x, low, high] of mark.points) {
        see(x, low);
        see(x, high);
      }
      return;
    case "point":
    case "text":
      see(...mark.at);
      return;
    case "arrow":
      see(...mark.from);
      see(...mark.to);
      return;
    case "contours":
    case "heat":
      see(mark.grid.x[0], mark.grid.y[0]);
      see(mark.grid.x[1], mark.grid.y[1]);
      return;
    case "cells":
    case "image":
      see(mark.x[0], mark.y[0]);
      see(mark.x[1], mark.y[1]);
      return;
    case "polygons":
      for (const { points } of mark.polygons) for (const point of points) see(...point);
      return;
    case "bars":
      for (const { from, to, value } of mark.bars) {
        see(from, value);
        see(to, 0);
      }
  }
}
