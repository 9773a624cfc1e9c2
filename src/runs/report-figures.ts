/** The curves of a run. */
import type { HistoryRecord } from "../descent/history.js";
import type { Figure } from "../figures/figure.js";
import { filterFigure } from "../figures/layer-figures.js";
import type { Series } from "../figures/line-chart.js";
import { lineChart } from "../figures/line-chart.js";
import { curveOf, type Measure, smoothCurve } from "./history-curves.js";
import type { RunData } from "./run-data.js";

/** Records from which on curves are smoothed unless told otherwise. */
const MANY = 80;

/**
 * Loss, accuracy, learning rate and gradient norm over the epochs, as far as they were measured.
 *
 * @param smoothing steps over which the noise of single batches is averaged: a fortieth of the run, unless it is short
 */
export function runFigures({ history, configuration }: Pick<RunData, "history" | "configuration">, smoothing?: number): Figure[] {
  const last = history.at(-1)?.epoch ?? 0;
  if (history.length === 0) return [];
  const width = smoothing ?? (history.length >= MANY ? (history.at(-1)?.step ?? 0) / 40 : 1);
  const x = { label: "epoch", domain: [0, Math.max(last, Number.EPSILON)], style: last >= 3 ? "count" : "number" } as const;
  const loss = series("training", history, "loss", width);
  const accuracy = [...drawn("training", history, "trainAccuracy", width), ...drawn("validation", history, "validationAccuracy")];
  const norms = series("gradient", history, "gradientNorm", width);
  const figures = [
    lineChart({ title: "Loss", x, y: { label: configuration.loss }, series: [loss, ...drawn("validation", history, "validationLoss")] }),
  ];
  if (accuracy.length > 0)
    figures.push(lineChart({ title: "Accuracy", x, y: { label: "share recognised", style: "percent" }, series: accuracy }));
  const quality = [...drawn("training", history, "trainPsnr", width), ...drawn("validation", history, "validationPsnr")];
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

function series(name: string, history: readonly HistoryRecord[], measure: Measure, smoothing = 1): Series {
  const points = curveOf(history, measure, "epoch");
  return smoothing > 1 ? { name, points: smoothCurve(history, measure, "epoch", smoothing), behind: points } : { name, points };
}

const drawn = (name: string, history: readonly HistoryRecord[], measure: Measure, smoothing = 1): Series[] =>
  [series(name, history, measure, smoothing)]
    .filter(({ points }) => points.length > 0)
    .map((one) => (name === "validation" ? { ...one, colour: 1 } : one));

/** Filters shown of a first layer. */
const FILTERS = 32;

/** What the first layer looks for, where it sees a picture of one channel or three. */
export function firstFilters({ weights, inputShape }: Pick<RunData, "weights" | "inputShape">): Figure | undefined {
  const first = weights.find(({ name }) => name.endsWith(".weight"));
  const channels = first?.shape.length === 4 ? first.shape[2] : first?.shape.length === 2 && inputShape.length === 3 ? inputShape[2] : 0;
  // Of an embedding, say, the weights are no pictures.
  const seen = first?.shape.length === 2 ? inputShape.reduce((product, extent) => product * extent, 1) === first.shape[0] : true;
  if (first === undefined || !seen || (channels !== 1 && channels !== 3)) return undefined;
  return filterFigure(first, { title: first.name, limit: FILTERS, columns: 12, input: inputShape });
}
