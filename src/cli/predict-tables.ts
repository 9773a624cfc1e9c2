/** What a run over a table makes of the records of other tables. */
import { csvInputs } from "../data/csv-dataset.js";
import { formatNumber, formatPercent } from "../figures/number-format.js";
import type { StoredRun } from "../runs/stored-run.js";
import type { Arguments } from "./arguments.js";
import { type Context, type ExitCode, exitCodes, json, printJson, quiet } from "./command.js";
import { contentOf } from "./files.js";
import type { StoredTable } from "./table.js";
import { columnsOf } from "./terminal.js";

export interface TablePredictions {
  readonly run: StoredRun;
  readonly folder: string;
  readonly table: StoredTable;
  readonly files: readonly string[];
  /** How many classes of each record are told. */
  readonly top: number;
}

interface PredictedRecord {
  readonly prediction: number | string;
  /** The most probable first. */
  readonly classes?: readonly { readonly class: string; readonly probability: number }[];
}

/** Predicts each record of each file; the column of the target may be there or not. */
export async function predictTables({ out, engine }: Context, args: Arguments, asked: TablePredictions): Promise<ExitCode> {
  const { run, folder, table, files, top } = asked;
  const { target, columns, scale } = table;
  const results = [];
  for (const file of files) {
    const inputs = csvInputs(await contentOf(file), columns, file);
    const { outputs, probabilities } = inputs.length === 0 ? { outputs: [] } : engine.predict({ run, inputs });
    const records = Array.from({ length: inputs.length / columns.length }, (_, i): PredictedRecord => {
      if (scale !== undefined) return { prediction: outputs[i] * scale.std + scale.mean };
      const names = run.classes ?? [];
      const own = names.map((name, label) => ({ class: name, probability: probabilities?.[i * names.length + label] ?? Number.NaN }));
      own.sort((a, b) => b.probability - a.probability);
      return { prediction: own[0].class, classes: own.slice(0, top) };
    });
    results.push({ file, records });
  }
  if (args.get(json)) {
    printJson(out, { run: folder, target, columns, tables: results });
    return exitCodes.done;
  }
  for (const { file, records } of results) {
    const shown = records.map(({ prediction, classes = [] }, i) => {
      const value = typeof prediction === "number" ? formatNumber(prediction, 6) : prediction;
      if (args.get(quiet)) return [value];
      return [file, String(i + 1), value, ...classes.map(({ class: name, probability }) => `${name} ${formatPercent(probability, 1)}`)];
    });
    for (const line of columnsOf(shown)) out.line(line);
  }
  return exitCodes.done;
}
