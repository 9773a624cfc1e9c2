/** `steepest noise`: what the gradient of a batch is worth, measured. */
import { selectRecords } from "../data/split.js";
import type { GradientStatistics } from "../descent/gradient-statistics/gradient-statistics.js";
import { noiseChart } from "../figures/noise-chart.js";
import { formatCount, formatNumber } from "../figures/number-format.js";
import { modelNamed } from "../models/ready.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { threads } from "./computing.js";
import { dataForms, loadData, parseData } from "./dataset.js";
import { saveFigure } from "./files.js";
import { choiceOption, finite, textOption, UsageError, wholeOption } from "./options.js";
import { modelNames, modelTitles, recipes } from "./recipes.js";
import { columnsOf, type Terminal } from "./terminal.js";

const data = textOption("data", dataForms, { help: "the records", default: "digits", check: parseData });
const model = choiceOption("model", modelNames, { help: "whose gradient", default: "mlp" });
const records = wholeOption("records", { help: "how many records, the first ones", default: undefined, defaultText: "all", atLeast: 2 });
const epochs = wholeOption("epochs", { help: "train for so many epochs first, with adam", default: 0, atLeast: 0, atMost: 1e6 });
const batchSizes = textOption("batch-sizes", "LIST", {
  help: "sizes of the batches that are drawn: 1,16,256",
  default: undefined,
  defaultText: "powers of 4 up to 1,024, at most half of the records",
  check: readSizes,
});
const samples = wholeOption("samples", { help: "batches of each size, with and without replacement", default: 64, atLeast: 2 });
const seed = wholeOption("seed", { help: "of weights and batches", default: 1, atLeast: 0, atMost: 2 ** 32 - 1 });
const figure = textOption("figure", "FILE", { help: "write variance over batch size as SVG", default: undefined });

export const noise: Command = {
  name: "noise",
  summary: "bias, variance and noise scale of a batch's gradient",
  about:
    "Measures the stochastic gradient of a model on data: whether it is unbiased, how its variance falls with the size of the batch, drawn with and without replacement, and the simple noise scale tr Σ/‖G‖², the size of batch at which noise and gradient are of one length.",
  examples: [
    "steepest noise --data digits --model mlp",
    "steepest noise --model linear --records 500 --batch-sizes 1,10,100 --figure noise.svg",
    "steepest noise --data mnist:data/mnist --model cnn --epochs 1 --json",
  ],
  positionals: [],
  options: [data, model, records, epochs, batchSizes, samples, seed, threads, figure],
  async run(context, args) {
    const { engine, out } = context;
    const choice = parseData(args.get(data));
    const sizes = args.get(batchSizes);
    const whole = await loadData(choice);
    const count = Math.min(args.get(records) ?? Number.POSITIVE_INFINITY, whole.inputs.shape[0] ?? 0);
    const chosen = args.get(model);
    const abort = new AbortController();
    const endListening = context.onInterrupt(() => abort.abort());
    let statistics: GradientStatistics;
    try {
      statistics = await engine.noise({
        dataset: {
          ...selectRecords(
            whole,
            Uint32Array.from({ length: count }, (_, i) => i),
          ),
          test: undefined,
        },
        model: modelNamed(chosen, whole.classes?.length ?? 10),
        epochs: args.get(epochs),
        rate: recipes[chosen].rate,
        batchSizes: sizes === undefined ? undefined : readSizes(sizes),
        samples: args.get(samples),
        seed: args.get(seed),
        threads: args.get(threads),
        signal: abort.signal,
      });
    } catch (error) {
      if (abort.signal.aborted) return exitCodes.interrupted;
      throw error;
    } finally {
      endListening();
    }
    const target = args.get(figure);
    if (target !== undefined) await saveFigure(target, noiseChart(statistics));
    if (args.get(json)) printJson(out, { data: choice.text, model: chosen, epochs: args.get(epochs), ...statistics });
    else if (args.get(quiet)) out.line(formatNumber(statistics.noiseScale.exact));
    else show(out, `${modelTitles[chosen]} on ${whole.name}`, statistics);
    return exitCodes.done;
  },
};

/** `1,16,256` */
function readSizes(text: string): number[] {
  const sizes = text.split(",").map(finite);
  const whole = sizes.filter((size) => size !== undefined && Number.isSafeInteger(size) && size >= 1);
  if (whole.length === sizes.length) return whole.flatMap((size) => size ?? []);
  throw new UsageError({ problem: "--batch-sizes cannot be used", expected: "whole numbers by commas: 1,16,256", received: text });
}

function show(out: Terminal, title: string, { records, loss, gradientNorm, noiseScale, batches, law }: GradientStatistics): void {
  out.line(`${out.bold(title)}, ${formatCount(records)} records: loss ${formatNumber(loss)}, ‖G‖ = ${formatNumber(gradientNorm)}`);
  const estimate = Number.isNaN(noiseScale.estimate)
    ? ""
    : `; from batches of ${noiseScale.sizes.join(" and ")}: ${formatNumber(noiseScale.estimate, 3)} ± ${formatNumber(noiseScale.standardError, 2)}`;
  out.line(`Noise scale tr Σ/‖G‖² = ${formatNumber(noiseScale.exact, 4)}${estimate}`);
  out.line();
  const rows = batches.map(({ size, replacement, variance, varianceError, predicted, bias }) => [
    `  ${formatCount(size)}`,
    replacement ? "with" : "without",
    formatNumber(variance, 4),
    `± ${formatNumber(varianceError, 2)}`,
    formatNumber(predicted, 4),
    formatNumber(bias.along, 2),
    formatNumber(bias.t, 2),
  ]);
  const heads = ["  batch", "replacement", "variance", "", "by theory", "bias along G", "t"];
  for (const line of columnsOf([heads, ...rows], [0, 2, 4, 5, 6])) out.line(line);
  out.line();
  const slope = ({ slope, standardError }: { readonly slope: number; readonly standardError: number }) =>
    `B^${formatNumber(slope, 3)} (± ${formatNumber(standardError, 2)})`;
  if (!Number.isNaN(law.replacement.slope))
    out.line(
      `The variance goes as ${slope(law.replacement)} with replacement, without as ${slope(law.without)} beside its factor (N − B)/(N − 1); B^-1 is due.`,
    );
}
