/** Where descents stand after some steps, by their learning rate. */
import { Figure } from "./figure.js";
import { lineChart } from "./line-chart.js";
import type { Mark, RuleMark, SeriesColour } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import { optimizerColours } from "./optimizer-colours.js";
import type { Point } from "./thinning.js";

/** One method at many rates. */
export interface RateSweep {
  /** The optimizer's name decides the colour. */
  readonly name: string;
  /** (rate, what is left of the loss), by rising rates; a value that is not finite is a descent that diverged. */
  readonly points: readonly Point[];
  /** The rate from which on the method is unstable, where that is known. */
  readonly edge?: number;
  readonly colour?: SeriesColour;
}

export interface RateSweepOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** What the values are. Default "loss at the end". */
  readonly label?: string;
  readonly sweeps: readonly RateSweep[];
  /** The value at the start: above it a descent has made things worse. */
  readonly start?: number;
}

/**
 * What is left after a descent over its learning rate, both on logarithmic axes: how good a method's best rate is, and how wide the valley of good ones. Rates that
 * diverged are crosses at the upper edge; a rule stands where theory puts the edge of stability.
 *
 * @example
 * ```ts
 * import { gd, minimizeMany } from "steepest";
 * import { rateSweepFigure } from "steepest/figures";
 * const rates = [0.01, 0.1, 0.5, 0.9, 1.1];
 * const ends = minimizeMany("x^2", rates.map(() => 1), { optimizer: gd(), learningRates: rates, steps: 10 });
 * const points = rates.map((rate, i) => [rate, ends.losses[i]] as const);
 * rateSweepFigure({ title: "x² after 10 steps", sweeps: [{ name: "gd", points, edge: 1 }], start: 1 }).toSvg(); // text that starts with <svg
 * ```
 */
export function rateSweepFigure({ title, subtitle, label = "loss at the end", sweeps, start }: RateSweepOptions): Figure {
  const colours = optimizerColours(sweeps.map(({ name }) => name.split(/[,(]/)[0].trim()));
  const colourOf = (i: number) => sweeps[i].colour ?? colours[i];
  const finite = sweeps.flatMap(({ points }) => points.map(([, value]) => value)).filter((value) => Number.isFinite(value) && value > 0);
  const known = [...finite, ...(start === undefined ? [] : [start])];
  // Where every descent diverged, there are crosses and no values.
  const [low, high] = known.length === 0 ? [0.1, 1] : [Math.min(...known), Math.max(...known)];
  // What has grown by more than the whole fall is as good as diverged: the valley is what is to be seen.
  const top = start === undefined ? high : Math.min(high, Math.max(start * 100, start * (start / low) ** 0.5));
  const isGone = (value: number) => !(Number.isFinite(value) && value <= top);
  const rules: RuleMark[] = [
    ...sweeps.flatMap(({ edge }): RuleMark[] => (edge === undefined ? [] : [{ kind: "rule", axis: "x", at: edge, label: "" }])),
    ...(start === undefined ? [] : [{ kind: "rule", axis: "y", at: start, label: "the start" } as const]),
  ];
  // Words for the rules stand in the lower left, one below the other: edges lie close together, and no descent gets far at the smallest rates.
  const least = Math.min(...sweeps.flatMap(({ points }) => points.map(([rate]) => rate)));
  const words = sweeps
    .flatMap(({ edge, name }, i) =>
      edge === undefined ? [] : [{ i, text: `${sweeps.length > 1 ? `${name}: ` : ""}edge ${formatNumberForPrint(edge, 3)}` }],
    )
    .map(
      ({ i, text }, k, { length }): Mark => ({
        kind: "text",
        at: [least, low * (top / low) ** (0.05 + 0.1 * (length - 1 - k))],
        text,
        paint: colourOf(i),
        anchor: "start",
      }),
    );
  const { description } = lineChart({
    title,
    subtitle: subtitle ?? `${label}, log scales`,
    x: { label: "learning rate", kind: "log" },
    y: { label, kind: "log", domain: [low, top * 1.6] },
    rules,
    series: sweeps.map(({ name, points }, i) => ({
      name,
      colour: colourOf(i),
      points: points.filter(([, value]) => !isGone(value)),
      dots: points.length <= 60,
    })),
  });
  const crosses = sweeps.flatMap(({ points }, i): Mark[] =>
    points
      .filter(([, value]) => isGone(value))
      .map(([rate]) => ({ kind: "point", at: [rate, top * 1.25], shape: "cross", paint: colourOf(i) })),
  );
  return new Figure({ ...description, marks: [...description.marks, ...crosses, ...words] });
}
