/** Tables on the command line: what is to be learned from which columns, and targets in units of their own spread. */
import { basename } from "node:path";
import { csvDataset } from "../data/csv-dataset.js";
import type { Dataset, DatasetPart } from "../data/dataset.js";
import { recordCount } from "../data/dataset.js";
import { statistics } from "../data/statistics.js";
import { formatNumber, formatPercent } from "../figures/number-format.js";
import { PlainReader } from "../runs/plain-reader.js";
import type { PlainData, RunData } from "../runs/run-data.js";
import { SteepestError } from "../tensor/error.js";
import type { Arguments } from "./arguments.js";
import { contentOf } from "./files.js";
import { choiceOption, type Option, shellQuoted, textOption, toggle, UsageError } from "./options.js";

export const target: Option<string | undefined> = textOption("target", "COLUMN", {
  help: "the column of a table to be predicted",
  default: undefined,
  defaultText: "must be given for a table",
});
export const columns: Option<string | undefined> = textOption("columns", "A,B,…", {
  help: "the columns of a table to predict from",
  default: undefined,
  defaultText: "all others",
});
export const classes = toggle("classes", "the target of a table is a class, though it is written as a number");
export const missing = choiceOption("missing", ["refuse", "drop"], {
  help: "records of a table with an empty cell: refuse the table, or drop them",
  default: "refuse",
});

/** The options that are for tables alone. */
export const tableOptions = [target, columns, classes, missing] as const;

export interface TableSettings {
  readonly target: string;
  readonly columns?: readonly string[];
  /** Names by label where they are known. */
  readonly classes?: boolean | readonly string[];
  readonly missing: "refuse" | "drop";
  /** The share kept apart as the test part. */
  readonly test: number;
}

/** The share of a table's records that training never sees. */
const TEST = 0.2;

/** @throws UsageError without a target */
export function tableSettings(args: Arguments): TableSettings {
  const chosen = args.get(target);
  if (chosen === undefined)
    throw new UsageError({
      problem: "--target is missing",
      expected: "the name of the column that is to be predicted",
      fix: "--target price, for instance: the first line of the table has the names",
    });
  const listed = args
    .get(columns)
    ?.split(",")
    .map((name) => name.trim());
  if (listed?.some((name, i) => name === "" || name === chosen || listed.indexOf(name) !== i))
    throw new UsageError({
      problem: "--columns cannot be used",
      expected: "different names of columns other than the target, with commas between them",
      received: args.get(columns),
    });
  return {
    target: chosen,
    ...(listed === undefined ? {} : { columns: listed }),
    ...(args.get(classes) ? { classes: true } : {}),
    missing: args.get(missing),
    test: TEST,
  };
}

/** The options as they would be written again. */
export const tableFlags = ({ target: name, columns: listed, classes: areClasses, missing: policy }: TableSettings): [string, unknown][] => [
  ["target", shellQuoted(name)],
  ...(listed === undefined ? [] : [["columns", shellQuoted(listed.join(","))] satisfies [string, unknown]]),
  ...(areClasses === true ? [["classes", true] satisfies [string, unknown]] : []),
  ["missing", policy],
];

/**
 * Reads a table as records, standardised over those for training.
 *
 * @throws UsageError for columns that it does not have, SteepestError as `csvDataset`
 */
export async function loadTable(file: string, settings: TableSettings): Promise<Dataset> {
  const content = await contentOf(file);
  try {
    return csvDataset(content, { ...settings, name: basename(file) });
  } catch (error) {
    if (!(error instanceof SteepestError)) throw error;
    if (error.problem.startsWith("The table has no column")) throw new UsageError(error);
    const { problem, expected, received, where, fix } = error;
    const better =
      fix === "leave out records with missing values"
        ? "--missing drop leaves out records with missing values"
        : fix?.startsWith("leave the column out")
          ? "--columns names the columns to predict from; classes can be written as numbers"
          : fix;
    throw new SteepestError({ problem, expected, received, where, fix: better });
  }
}

/** What a run remembers of its table. */
export interface StoredTable {
  readonly target: string;
  readonly columns: readonly string[];
  readonly missing: "refuse" | "drop";
  /** Training and test part together. */
  readonly records: number;
  /** Of a numeric target over the training records: the model learns (target − mean) / std. */
  readonly scale?: TargetScale;
}

export interface TargetScale {
  readonly mean: number;
  readonly std: number;
}

/** What is to be remembered of a table that was just read: its targets are still as they were written. */
export function storedTable(dataset: Dataset, { target: name, missing: policy }: TableSettings): StoredTable {
  const { mean, std } = statistics(dataset.targets);
  return {
    target: name,
    columns: dataset.fields ?? [],
    missing: policy,
    records: recordCount(dataset) + (dataset.test ? recordCount(dataset.test) : 0),
    ...(dataset.classes ? {} : { scale: { mean, std: std || 1 } }),
  };
}

/** A data set whose targets are in units of the scale. */
export function inUnits(dataset: Dataset, scale: TargetScale | undefined): Dataset {
  if (scale === undefined) return dataset;
  const scaled = (part: DatasetPart): DatasetPart => ({
    ...part,
    targets: {
      shape: part.targets.shape,
      dtype: "f32",
      data: Float32Array.from(part.targets.data, (x) => (x - scale.mean) / scale.std),
    },
  });
  return { ...dataset, ...scaled(dataset), ...(dataset.test ? { test: scaled(dataset.test) } : {}) };
}

/** As it stands in `run.json`. */
export const asPlain = ({ scale, ...table }: StoredTable): PlainData => ({ ...table, ...(scale ? { ...scale } : {}) });

/** What a run remembers of its table; undefined where it learned from something else. */
export function tableOf({ configuration }: Pick<RunData, "configuration">, folder: string): StoredTable | undefined {
  if (configuration.table === undefined) return undefined;
  const record = new PlainReader(configuration.table, `run.json of ${folder}, table`);
  const [mean, std] = [record.optionalNumber("mean"), record.optionalNumber("std")];
  return {
    target: record.text("target"),
    columns: record.texts("columns"),
    missing: record.oneOf("missing", ["refuse", "drop"]),
    records: record.number("records"),
    ...(mean === undefined || std === undefined ? {} : { scale: { mean, std } }),
  };
}

/** How far predicted numbers are off, in the target's own unit. */
export interface RegressionErrors {
  /** √ mean (prediction − target)² */
  readonly rmse: number;
  /** 1 − mean (prediction − target)² / variance of the targets: 1 is perfect, 0 what their mean alone reaches. Undefined where they are all alike. */
  readonly rSquared?: number;
}

/**
 * @param loss the mean squared error in units of the scale
 * @param part the records, targets in the same units
 */
export function regressionErrors(loss: number, part: DatasetPart, { std }: TargetScale): RegressionErrors {
  const variance = statistics(part.targets).std ** 2;
  return { rmse: std * Math.sqrt(loss), ...(variance > 0 ? { rSquared: 1 - loss / variance } : {}) };
}

/** How far predictions are off, as lines of a summary. */
export const errorRows = ({ rmse, rSquared }: Partial<RegressionErrors>): string[][] =>
  rmse === undefined
    ? []
    : [
        ["  root mean squared error", formatNumber(rmse, 4)],
        ["  variance explained (R²)", rSquared === undefined ? "–" : formatPercent(rSquared, 1)],
      ];

/**
 * The data that a run over a table is evaluated on: of the table that it learned from, the test part; another table whole.
 *
 * @throws SteepestError where the table is no longer the one that the run was trained on
 */
export async function tableToEvaluate(
  file: string,
  isTrainedOn: boolean,
  { target: name, columns: names, missing: policy, records, scale }: StoredTable,
  classNames: readonly string[] | undefined,
): Promise<Dataset> {
  const settings = { target: name, columns: names, missing: policy, classes: classNames ?? false, test: isTrainedOn ? TEST : 0 };
  const dataset = await loadTable(file, settings);
  const found = recordCount(dataset) + (dataset.test ? recordCount(dataset.test) : 0);
  if (isTrainedOn && found !== records)
    throw new SteepestError({
      problem: "The table has changed since the run was trained: which records were for testing is no longer known",
      expected: `${records} records`,
      received: `${found}`,
      where: file,
      fix: "--data TABLE.csv evaluates on all records of a table",
    });
  return inUnits(dataset, scale);
}
