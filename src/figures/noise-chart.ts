/** How the variance of a batch's gradient falls with its size. */
import type { GradientStatistics } from "../descent/gradient-statistics/gradient-statistics.js";
import type { Figure } from "./figure.js";
import { lineChart } from "./line-chart.js";
import { formatCount, formatNumberForPrint } from "./number-format.js";
import type { Point } from "./thinning.js";

/**
 * The measured variances over the size of the batch, both logarithmic, with the curves of theory: tr Σ/B, and (N − B)/(N − 1) of it without replacement.
 * The rule across marks ‖G‖²: where it meets the upper curve, B is the noise scale.
 *
 * @example
 * ```ts
 * import { gradientStatistics, linear } from "steepest";
 * import { digits } from "steepest/data";
 * import { noiseChart } from "steepest/figures";
 * const statistics = await gradientStatistics(linear(), digits({ train: 100 }), { samples: 8 });
 * noiseChart(statistics).toSvg(); // text that starts with <svg
 * ```
 */
export function noiseChart({ records, trace, gradientNorm, noiseScale, batches }: GradientStatistics): Figure {
  const measured = (replacement: boolean): Point[] =>
    batches.filter((batch) => batch.replacement === replacement).map(({ size, variance }): Point => [size, variance]);
  const sizes = batches.map(({ size }) => size);
  const [first, last] = [Math.min(...sizes), Math.max(...sizes)];
  const theory = (factor: (size: number) => number): Point[] =>
    Array.from({ length: 65 }, (_, i): Point => {
      const size = first * (last / first) ** (i / 64);
      return [size, (trace / size) * factor(size)];
    });
  return lineChart({
    title: "The noise of a batch's gradient",
    subtitle: `mean of ‖g − G‖² over batches of ${formatCount(records)} records, noise scale ${formatNumberForPrint(noiseScale.exact, 3)}`,
    x: { label: "records in a batch", kind: "log", style: "count", ticks: [...new Set(sizes)] },
    y: { label: "variance", kind: "log" },
    series: [
      { name: "with replacement", points: measured(true), joined: false, colour: 0 },
      { name: "without", points: measured(false), joined: false, colour: 1 },
      { name: "1/B", points: theory(() => 1), reference: true },
      ...(records > 1 ? [{ name: "(N−B)/(N−1)", points: theory((size) => (records - size) / (records - 1)), reference: true }] : []),
    ],
    rules: [{ kind: "rule", axis: "y", at: gradientNorm * gradientNorm, label: "‖G‖²" }],
  });
}
