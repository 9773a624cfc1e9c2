/** Curves over one variable: losses, rates, norms. */
import type { Axis, NumberStyle } from "./description.js";
import { isDrawable } from "./description.js";
import { Figure } from "./figure.js";
import type { LineMark, RuleMark, SeriesColour } from "./marks.js";
import { formatNumberForPrint, formatPercent } from "./number-format.js";
import type { ScaleKind } from "./scale.js";
import type { Point } from "./thinning.js";

export interface Series {
  /** Written at the end of its line where there are several. Empty for marks that belong to another line. */
  readonly name: string;
  readonly points: readonly Point[];
  /** Mark each point, for few measured values. Default: below 30 points. */
  readonly dots?: boolean;
  /** Whether a line leads from point to point. Default true; false for measured data. */
  readonly joined?: boolean;
  /** The values before they were smoothed: pale, behind the line. */
  readonly behind?: readonly Point[];
  /** Default: the place in the list. */
  readonly colour?: SeriesColour;
  /** A bound or an ideal that the others are compared with: dashed, quiet, without dots. */
  readonly reference?: boolean;
}

export interface LineChartOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: {
    readonly label: string;
    /** Default `"linear"`. */
    readonly kind?: ScaleKind;
    readonly style?: NumberStyle;
    readonly domain?: readonly [number, number];
    readonly ticks?: readonly number[];
  };
  readonly y: {
    readonly label: string;
    /** `"auto"`, the default, is logarithmic where all values are positive and span a factor above 20. */
    readonly kind?: ScaleKind | "auto";
    readonly style?: NumberStyle;
    readonly domain?: readonly [number, number];
    readonly ticks?: readonly number[];
  };
  readonly series: readonly Series[];
  readonly rules?: readonly RuleMark[];
  /** Words for those who do not see it. Default: how each series goes, in a sentence. */
  readonly alt?: string;
}

/**
 * A figure of curves with their names at their ends.
 *
 * @example
 * ```ts
 * import { lineChart } from "steepest/figures";
 * const chart = lineChart({
 *   title: "Loss",
 *   x: { label: "epoch" },
 *   y: { label: "cross-entropy" },
 *   series: [{ name: "training", points: [[1, 0.9], [2, 0.3], [3, 0.2]] }],
 * });
 * chart.toSvg(); // text that starts with <svg
 * ```
 */
export function lineChart({ title, subtitle, x, y, series, rules = [], alt }: LineChartOptions): Figure {
  const kind = y.kind === undefined || y.kind === "auto" ? suitableKind(series) : y.kind;
  const marks: LineMark[] = series.flatMap(({ name, points, dots, joined = true, behind, colour, reference = false }, i) => {
    const own = colour ?? colours[i % colours.length];
    const main: LineMark = {
      kind: "line",
      points,
      colour: own,
      label: series.length > 1 && name !== "" ? name : undefined,
      dots: dots ?? (points.length < 30 && !reference),
      ...(reference ? { reference } : {}),
      ...(joined ? {} : { unjoined: true }),
    };
    return behind ? [{ kind: "line", points: behind, colour: own, faint: true }, main] : [main];
  });
  const yAxis: Axis = { label: y.label, kind, style: y.style ?? "number", domain: y.domain, nice: true, ticks: y.ticks };
  return new Figure({
    title,
    subtitle: subtitle ?? quietWords(title, y.label, kind),
    alt: alt ?? describe(series, x.label, yAxis),
    x: { label: x.label, kind: x.kind ?? "linear", style: x.style ?? "number", domain: x.domain, ticks: x.ticks },
    y: yAxis,
    marks: [...rules, ...marks],
  });
}

/** The quantity, unless the title says it, and its scale. */
function quietWords(title: string, label: string, kind: ScaleKind): string {
  const said = label.toLowerCase() === title.toLowerCase() ? [] : [label];
  return [...said, ...(kind === "log" ? ["log scale"] : [])].join(", ");
}

const colours: readonly SeriesColour[] = [0, 1, 2, 3, 4, 5, 6, 7];

function suitableKind(series: readonly Series[]): ScaleKind {
  const values = series.flatMap(({ points, behind = [] }) => [...points, ...behind].map((point) => point[1])).filter(Number.isFinite);
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > 0 && high / low > 20 && high > low ? "log" : "linear";
}

function describe(series: readonly Series[], xLabel: string, { label, kind, style }: Axis): string {
  const show = (value: number) => (style === "percent" ? formatPercent(value) : formatNumberForPrint(value, 3));
  const sentences = series
    .filter(({ name }) => name !== "")
    .map(({ name, points }) => {
      const shown = points.filter((point) => isDrawable(point[1], kind));
      const [first, last] = [shown.at(0), shown.at(-1)];
      if (first === undefined || last === undefined) return `${name}: no values.`;
      return first === last
        ? `${name}: ${show(last[1])}.`
        : `${name}: from ${show(first[1])} to ${show(last[1])} at ${xLabel} ${formatNumberForPrint(last[0], 3)}.`;
    });
  return `${label} by ${xLabel}${kind === "log" ? ", logarithmic" : ""}. ${sentences.join(" ")}`;
}
