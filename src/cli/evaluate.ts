/** `steepest evaluate`: applies a trained run to data, apart from any learning. */
import { recordCount } from "../data/dataset.js";
import { formatCount, formatDuration, formatNumber, formatPercent } from "../figures/number-format.js";
import { loadRun } from "../runs/run-folder.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { threads } from "./computing.js";
import { dataForms, parseData } from "./dataset.js";
import { textOption } from "./options.js";
import { datasetOf } from "./run-dataset.js";
import { errorRows, regressionErrors, tableOf } from "./table.js";
import { columnsOf } from "./terminal.js";

const data = textOption("data", dataForms, {
  help: "what to evaluate on: its test part, a table whole",
  default: undefined,
  defaultText: "the data it was trained on",
  check: parseData,
});

export const evaluate: Command = {
  name: "evaluate",
  summary: "apply a trained run to test data",
  about:
    "Loads the weights of a run folder and evaluates them on the test part of a data set: loss, accuracy, and what is taken for what; of predicted numbers, how far they are off.",
  examples: [
    "steepest evaluate runs/mlp",
    "steepest evaluate runs/mlp --data mnist:data/mnist --json",
    "steepest evaluate runs/houses --data new.csv",
  ],
  positionals: [{ name: "DIR", help: "a run folder that training has written" }],
  options: [data, threads],
  async run(context, args) {
    const [folder] = args.positionals;
    const run = await loadRun(folder);
    const given = args.get(data);
    const choice = parseData(given ?? run.configuration.data);
    const table = tableOf(run, folder);
    const dataset = await datasetOf(run, folder, given);
    const part = dataset.test ?? dataset;
    const abort = new AbortController();
    const endListening = context.onInterrupt(() => abort.abort());
    const { loss, accuracy, confusion, seconds } = await context.engine
      .evaluate({
        run,
        part: { inputs: part.inputs, targets: part.targets },
        classes: run.classes,
        threads: args.get(threads),
        signal: abort.signal,
      })
      .finally(endListening);
    if (abort.signal.aborted) return exitCodes.interrupted;
    const records = recordCount(part);
    const errors = table?.scale ? regressionErrors(loss, part, table.scale) : undefined;
    const { out } = context;
    if (args.get(json)) {
      const samplesPerSecond = records / seconds;
      printJson(out, {
        data: choice.text,
        records,
        loss,
        accuracy: accuracy ?? null,
        ...(errors ? { rmse: errors.rmse, rSquared: errors.rSquared ?? null } : {}),
        confusion: confusion ?? null,
        seconds,
        samplesPerSecond,
      });
    } else if (args.get(quiet)) out.line(accuracy === undefined ? formatNumber(errors?.rmse ?? loss, 6) : formatPercent(accuracy, 2));
    else {
      out.line(`${out.bold(run.title)}, on ${formatCount(records)} records of ${dataset.name}`);
      out.line();
      const rows = [
        ...(accuracy === undefined ? [] : [["  accuracy", formatPercent(accuracy, 2)]]),
        ...errorRows(errors ?? {}),
        ["  loss", formatNumber(loss)],
        ["  time", `${formatDuration(seconds)}, ${formatCount(Number((records / seconds).toPrecision(3)))} samples/s`],
      ];
      for (const line of columnsOf(rows)) out.line(line);
      if (confusion !== undefined) {
        out.line();
        out.line(`Rows are what the records are, columns what the model says; the last is the share found.`);
        for (const line of matrix(confusion, run.classes ?? [])) out.line(line);
      }
    }
    return exitCodes.done;
  },
};

function matrix(counts: readonly (readonly number[])[], classes: readonly string[]): string[] {
  const isShort = classes.every((name) => name.length <= 4);
  const heads = counts.map((_, label) => (isShort ? (classes[label] ?? String(label)) : String(label)));
  const rows = counts.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const name = isShort ? heads[label] : `${classes[label]} ${label}`;
    return [`  ${name}`, ...row.map((count) => (count === 0 ? "·" : String(count))), total === 0 ? "–" : formatPercent(row[label] / total)];
  });
  return columnsOf([["", ...heads, ""], ...rows], [0, ...heads.map((_, i) => i + 1), heads.length + 1]);
}
