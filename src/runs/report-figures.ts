/** The curves of a run. */
import type { HistoryRecord } from "../descent/history.js";
import type { Figure } from "../figures/figure.js";
import type { Series } from "../figures/line-chart.js";
import { lineChart } from "../figures/line-chart.js";
import type { Point } from "../figures/thinning.js";
import type { RunData } from "./run-data.js";

/** The fields of a record that can be drawn. */
type Measure =
  | "loss"
  | "learningRate"
  | "gradientNorm"
  | "trainAccuracy"
  | "validationLoss"
  | "validationAccuracy"
  | "trainPsnr"
  | "validationPsnr";

/** Loss, accuracy, learning rate and gradient norm over the epochs, as far as they were measured. */
export function runFigures({ history, configuration }: Pick<RunData, "history" | "configuration">): Figure[] {
  const last = history.at(-1)?.epoch ?? 0;
  if (history.length === 0) return [];
  const x = { label: "epoch", domain: [0, Math.max(last, Number.EPSILON)], style: last >= 3 ? "count" : "number" } as const;
  const loss = series("training", history, "loss", true);
  const accuracy = [...drawn("training", history, "trainAccuracy", true), ...drawn("validation", history, "validationAccuracy")];
  const norms = series("gradient", history, "gradientNorm", true);
  const figures = [
    lineChart({ title: "Loss", x, y: { label: configuration.loss }, series: [loss, ...drawn("validation", history, "validationLoss")] }),
  ];
  if (accuracy.length > 0)
    figures.push(lineChart({ title: "Accuracy", x, y: { label: "share recognised", style: "percent" }, series: accuracy }));
  const quality = [...drawn("training", history, "trainPsnr", true), ...drawn("validation", history, "validationPsnr")];
  if (quality.length > 0) figures.push(lineChart({ title: "Quality", x, y: { label: "PSNR in dB", kind: "linear" }, series: quality }));
  const rates = series("rate", history, "learningRate");
  const highest = Math.max(...rates.points.map((point) => point[1]).filter(Number.isFinite), 0);
  figures.push(
    lineChart({
      title: "Learning rate",
      subtitle: "",
      x,
      y: { label: "learning rate", kind: "linear", domain: [0, highest] },
      series: [{ ...rates, dots: false }],
    }),
  );
  if (norms.points.length > 0) figures.push(lineChart({ title: "Gradient", x, y: { label: "2-norm" }, series: [norms] }));
  return figures;
}

/** The loss over the epochs alone, for a terminal. */
export const lossFigure = ({ history, configuration }: Pick<RunData, "history" | "configuration">): Figure | undefined =>
  runFigures({ history, configuration }).at(0);

function series(name: string, history: readonly HistoryRecord[], field: Measure, noisy = false): Series {
  const points: Point[] = [];
  for (const record of history) {
    const value = record[field];
    if (value !== undefined) points.push([record.epoch, value]);
  }
  // Noise of single batches is averaged over about a fortieth of the run.
  return { name, points, smoothing: noisy && points.length >= 80 ? 2 * Math.round(points.length / 80) + 1 : 1 };
}

const drawn = (name: string, history: readonly HistoryRecord[], field: Measure, noisy = false): Series[] =>
  [series(name, history, field, noisy)]
    .filter(({ points }) => points.length > 0)
    .map((one) => (name === "validation" ? { ...one, colour: 1 } : one));
