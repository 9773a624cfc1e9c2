/** Curves of several runs each, as their median and their spread. */
import { SteepestError } from "../tensor/error.js";
import { Figure } from "./figure.js";
import type { LineChartOptions } from "./line-chart.js";
import { lineChart } from "./line-chart.js";
import type { Mark, SeriesColour } from "./marks.js";
import type { Point } from "./thinning.js";

/** Runs of one kind, that differ by their seeds. */
export interface SpreadGroup {
  readonly name: string;
  /** A curve for each run, all over the same x. */
  readonly runs: readonly (readonly Point[])[];
  readonly colour?: SeriesColour;
}

export interface SpreadChartOptions extends Omit<LineChartOptions, "series" | "subtitle"> {
  readonly groups: readonly SpreadGroup[];
  /** Default: how many runs there are, and what the band holds. */
  readonly subtitle?: string;
  /** The share of the runs that the band holds, about their median. Default 1: from the least to the largest. */
  readonly share?: number;
}

/**
 * For each group the median of its runs at each x as a line, and a band from one quantile to another: what a single run shows by chance is told
 * from what all of them do.
 *
 * @throws SteepestError where the runs of a group differ in their x, and for a share that there is not
 * @example
 * ```ts
 * import { spreadChart } from "steepest/figures";
 * const run = (noise: number) => [[0, 1], [1, 0.5 + noise], [2, 0.25 + noise]] as const;
 * const chart = spreadChart({ title: "Loss", x: { label: "epoch" }, y: { label: "loss" }, groups: [{ name: "gd", runs: [run(0), run(0.1), run(-0.1)] }] });
 * chart.description.marks.map(({ kind }) => kind); // → ["band", "line"]
 * ```
 */
export function spreadChart({ groups, share = 1, subtitle, ...options }: SpreadChartOptions): Figure {
  if (!(share > 0 && share <= 1))
    throw new SteepestError({ problem: "the band cannot hold this share of the runs", expected: "0 < share ≤ 1", received: String(share) });
  const low = (1 - share) / 2;
  const spread = groups.map(({ name, runs, colour }, i) => {
    const xs = (runs[0] ?? []).map(([x]) => x);
    const odd = runs.findIndex((run) => run.length !== xs.length || run.some(([x], k) => x !== xs[k]));
    if (odd >= 0)
      throw new SteepestError({
        problem: `the runs of ${name} are not over the same x`,
        expected: `${xs.length} points at the x of the first run`,
        received: `${runs[odd].length} points in run ${odd + 1}`,
      });
    const rows = xs.map((x, k) => ({ x, values: runs.map((run) => run[k][1]).sort((a, b) => a - b) }));
    const own = colour ?? ([0, 1, 2, 3, 4, 5, 6, 7] as const)[i % 8];
    return {
      name,
      colour: own,
      median: rows.map(({ x, values }): Point => [x, quantile(values, 0.5)]),
      band: rows.map(({ x, values }) => [x, quantile(values, low), quantile(values, 1 - low)] as const),
    };
  });
  const counts = [...new Set(groups.map(({ runs }) => runs.length))].sort((a, b) => a - b);
  const count = counts.length > 1 ? `${counts[0]} to ${counts[counts.length - 1]}` : String(counts[0] ?? 0);
  const held = share === 1 ? "all of them" : `${Math.round(share * 100)} % of them`;
  const { description } = lineChart({
    ...options,
    subtitle: subtitle ?? `median of ${count} runs; the band holds ${held}`,
    series: spread.map(({ name, colour, median }) => ({ name, colour, points: median, dots: false })),
  });
  const bands = spread.map(({ band, colour }): Mark => ({ kind: "band", points: band, colour }));
  return new Figure({ ...description, marks: [...bands, ...description.marks] });
}

/** The value below which a share of the sorted values lies, between two of them in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  // Beside a run that diverged a value of its own stays what it is.
  return place === below ? sorted[below] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}
