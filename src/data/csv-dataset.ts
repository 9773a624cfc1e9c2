/** A data set from a table. */
import { nearest, SteepestError } from "../tensor/error.js";
import { arrayDataset } from "./arrays.js";
import { type CsvTable, parseCsv } from "./csv.js";
import type { Dataset } from "./dataset.js";
import { selectRecords, splitIndices } from "./split.js";
import { standardized } from "./statistics.js";

export interface CsvDatasetOptions {
  /** The column that is to be predicted. */
  readonly target: string;
  /** The columns to predict from, in this order. Default: all others. */
  readonly columns?: readonly string[];
  /** Whether targets are classes, or the names of the classes by label. Default: they are classes where some of them are no numbers. */
  readonly classes?: boolean | readonly string[];
  /** Records with an empty cell in a column that is used: "refuse" the table, or "drop" them. Default "refuse". */
  readonly missing?: "refuse" | "drop";
  /** The share of the records, drawn by the seed, that is kept apart as the test part; 0 for none. Default 0.2. */
  readonly test?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Whether the model sees each column with mean 0 and deviation 1 over the training records. Default true. */
  readonly standardize?: boolean;
  /** The name of the file, for messages and reports. Default "table". */
  readonly name?: string;
}

/**
 * Makes a data set of a CSV table (`parseCsv`): one number of each column as input, one target. Classes are the different targets: by value where all are numbers, else by
 * their names, sorted by code units.
 *
 * @param input text, or its bytes in UTF-8
 * @throws SteepestError as `parseCsv`, for columns that are not there, cells that are no numbers (named with line and column), and fewer than two classes
 * @example
 * ```ts
 * import { csvDataset } from "steepest/data";
 * const data = csvDataset("length,width,kind\n5.1,3.5,setosa\n7,3.2,versicolor\n6.3,3.3,setosa\n", { target: "kind", test: 0 });
 * data.inputs.shape; // → [3, 2]
 * data.classes;      // → ["setosa", "versicolor"]
 * ```
 */
export function csvDataset(input: string | Uint8Array, options: CsvDatasetOptions): Dataset {
  const { target, test = 0.2, seed = 0, standardize = true, name = "table", missing = "refuse" } = options;
  const whole = parseCsv(input, name);
  const { columns = whole.names.filter((column) => column !== target) } = options;
  checkColumns(whole, [target, ...columns], name);
  const table = missing === "drop" ? whole.complete([target, ...columns]) : whole;
  if (columns.length === 0 || columns.includes(target))
    throw new SteepestError({
      problem: "There is nothing to predict from",
      expected: `columns other than the target ${target}`,
      received: columns.join(", ") || "none",
      where: name,
    });
  if (!(test >= 0 && test < 1))
    throw new SteepestError({
      problem: "The option test of a table cannot be used",
      expected: "a share from 0, below 1",
      received: String(test),
    });
  const dataset: Dataset = { ...arrayDataset({ name, inputs: inputsOf(table, columns), ...targetsOf(table, options) }), fields: columns };
  if (test === 0) return standardize ? standardized(dataset) : dataset;
  const { training, validation } = splitIndices(table.rows, test, seed, name);
  const { inputs, targets } = selectRecords(dataset, validation);
  const split: Dataset = { ...selectRecords(dataset, training), test: { inputs, targets } };
  return standardize ? standardized(split) : split;
}

/**
 * The inputs alone of a table, record by record: what a model that learned from `csvDataset` is asked about.
 *
 * @throws SteepestError as `csvDataset`
 */
export function csvInputs(input: string | Uint8Array, columns: readonly string[], name = "table"): Float32Array {
  const table = parseCsv(input, name);
  checkColumns(table, columns, name);
  return inputsOf(table, columns).data;
}

function checkColumns(table: CsvTable, columns: readonly string[], name: string): void {
  for (const column of columns) {
    if (table.names.includes(column)) continue;
    const meant = nearest(column, table.names);
    throw new SteepestError({
      problem: `The table has no column ${column}`,
      expected: table.names.join(", "),
      where: name,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
}

function inputsOf(table: CsvTable, columns: readonly string[]) {
  const numbers = columns.map((column) => table.numbers(column));
  const data = new Float32Array(table.rows * columns.length);
  for (let row = 0; row < table.rows; row++) for (let c = 0; c < columns.length; c++) data[row * columns.length + c] = numbers[c][row];
  return { shape: [table.rows, columns.length], data };
}

function targetsOf(table: CsvTable, { target, classes, name = "table" }: CsvDatasetOptions) {
  const texts = table.text(target).map((text) => text.trim());
  const isNumber = (text: string) => text !== "" && Number.isFinite(Number(text));
  const isGiven = typeof classes === "object";
  if (!isGiven && !(classes ?? texts.some((text) => !isNumber(text)))) return { targets: Float32Array.from(table.numbers(target)) };
  const empty = texts.indexOf("");
  if (empty >= 0)
    throw new SteepestError({
      problem: `Column ${target} has no class`,
      where: `${name}, record ${empty}`,
      fix: "leave out records with missing values",
    });
  if (isGiven) return { targets: texts, classes };
  const found = [...new Set(texts)];
  const names = found.every(isNumber) ? found.sort((a, b) => Number(a) - Number(b)) : found.sort();
  if (names.length < 2)
    throw new SteepestError({
      problem: `Column ${target} holds one class alone`,
      expected: "at least two",
      received: names.join(", "),
      where: name,
    });
  return { targets: texts, classes: names };
}
