/** The sharpness of a loss along a training, under the edge of stability. */
import type { Sharpness } from "../descent/hessian-spectrum/sharpness.js";
import type { Figure } from "./figure.js";
import { type LineChartOptions, lineChart, type Series } from "./line-chart.js";
import type { Point } from "./thinning.js";

/**
 * What `sharpnessAlong` found: λ₁ over the steps, and dashed the edge above which the rule is not stable.
 *
 * @param options title and whatever else of `lineChart` is to be other
 */
export function sharpnessFigure(
  { points, stableUpTo }: Sharpness,
  options: Partial<Pick<LineChartOptions, "title" | "subtitle">> = {},
): Figure {
  const over = (value: (point: (typeof points)[number]) => number | undefined) =>
    points.flatMap((point): Point[] => {
      const at = value(point);
      return at === undefined || !Number.isFinite(at) ? [] : [[point.step, at]];
    });
  const edge: Series[] =
    stableUpTo === undefined
      ? []
      : [{ name: `edge ${Number(stableUpTo.toPrecision(3))}/α`, points: over((point) => point.edge), reference: true }];
  return lineChart({
    title: options.title ?? "Sharpness along the training",
    ...(options.subtitle === undefined ? {} : { subtitle: options.subtitle }),
    x: { label: "step", style: "count" },
    y: { label: "largest eigenvalue of the Hessian" },
    series: [{ name: "sharpness λ₁", points: over(({ sharpness }) => sharpness) }, ...edge],
  });
}
