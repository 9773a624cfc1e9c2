/** A data set from a user's own arrays. */
import { nearest, SteepestError } from "../tensor/error.js";
import { sizeOf } from "../tensor/types.js";
import type { DataArray, DataDType, Dataset, DatasetPart, Preprocessing } from "./dataset.js";
import { checkDataset, noPreprocessing, notFinite } from "./dataset.js";

/** Numbers, rows of numbers, rows of rows … : all rows of one depth have one length. */
export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** Numbers in a typed array. */
export type NumberArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** What `arrayDataset` takes: nested arrays, a typed array (one number per record), or a typed array with its shape. */
export type ArrayInput =
  | NestedNumbers
  | NumberArray
  | { readonly shape: readonly number[]; readonly data: NumberArray | readonly number[] };

export interface ArrayPartOptions {
  /** One entry per record. A flat list means one number per record and becomes shape [records, 1]. */
  readonly inputs: ArrayInput;
  /** Numbers to predict, or labels: whole numbers together with `classes`, or names. */
  readonly targets: ArrayInput | readonly string[];
  /** How much each record counts, in losses, gradients and accuracies: one number ≥ 0 for each. Only their ratios matter. Default: all alike. */
  readonly weights?: ArrayInput;
}

export interface ArrayDatasetOptions extends ArrayPartOptions {
  /** Used in messages and reports; default "data". */
  readonly name?: string;
  /**
   * Makes the targets labels: how many classes there are, or their names in the order of the labels. Where targets are names and this is
   * absent, the classes are the names that occur, sorted.
   */
  readonly classes?: number | readonly string[];
  readonly test?: ArrayPartOptions;
  /** Default: none for numbers, bytes to 0…1 must be asked for. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** How nested numbers are stored; default "f32". Typed arrays keep their own type where a data set has it (bytes stay bytes). */
  readonly dtype?: "f32" | "f64";
}

/**
 * Makes a data set of arrays in memory. Typed arrays are used as they are, not copied.
 *
 * @example
 * ```ts
 * const flowers = arrayDataset({
 *   name: "flowers",
 *   inputs: [[5.1, 3.5], [7.0, 3.2], [6.3, 3.3]],
 *   targets: ["setosa", "versicolor", "virginica"],
 * });
 * flowers.classes; // ["setosa", "versicolor", "virginica"]
 * ```
 * @throws SteepestError for ragged rows, values that are no finite numbers (record and field named), empty sets, lengths that disagree,
 *   labels out of range and unknown class names
 */
export function arrayDataset(options: ArrayDatasetOptions): Dataset {
  const { name = "data", dtype = "f32" } = options;
  const classes = classNames(options);
  const part = (source: ArrayPartOptions, where: string): DatasetPart => {
    const inputs = toArray(source.inputs, "inputs", where, dtype);
    return {
      inputs: inputs.shape.length === 1 ? { ...inputs, shape: [inputs.shape[0], 1] } : inputs,
      targets: toTargets(source.targets, classes, where, dtype),
      ...(source.weights === undefined ? {} : { weights: toArray(source.weights, "weights", where, "f64") }),
    };
  };
  const dataset: Dataset = {
    name,
    ...part(options, name),
    ...(classes && { classes }),
    ...(options.test && { test: part(options.test, `${name}, test part`) }),
    preprocessing: { ...noPreprocessing, ...options.preprocessing },
  };
  checkDataset(dataset);
  return dataset;
}

function classNames({ classes, targets, test, name = "data" }: ArrayDatasetOptions): readonly string[] | undefined {
  if (typeof classes === "number") {
    if (!Number.isInteger(classes) || classes < 1)
      throw new SteepestError({
        problem: "The number of classes is not usable",
        expected: "a whole number from 1",
        received: String(classes),
        where: name,
      });
    return Array.from({ length: classes }, (_, label) => String(label));
  }
  if (classes !== undefined) {
    const twice = classes.find((entry, i) => classes.indexOf(entry) !== i);
    if (twice !== undefined || classes.length === 0)
      throw new SteepestError({
        problem: "The class names do not tell the classes apart",
        expected: "different names, at least one",
        received: twice === undefined ? "none" : `"${twice}" twice`,
        where: name,
      });
    return classes;
  }
  if (!isNames(targets)) return undefined;
  return [...new Set([...targets, ...(test && isNames(test.targets) ? test.targets : [])])].sort();
}

const isNames = (targets: ArrayPartOptions["targets"]): targets is readonly string[] =>
  Array.isArray(targets) && typeof targets[0] === "string";

function toTargets(
  targets: ArrayPartOptions["targets"],
  classes: readonly string[] | undefined,
  where: string,
  dtype: "f32" | "f64",
): DataArray {
  if (!isNames(targets)) {
    const array = toArray(targets, "targets", where, classes === undefined ? dtype : "f64");
    // Labels are whole numbers; what is none stays as it is for the check to report.
    return classes !== undefined && array.dtype === "f64" && array.data.every(Number.isInteger)
      ? { shape: array.shape, dtype: "i32", data: Int32Array.from(array.data) }
      : array;
  }
  const labels = new Map((classes ?? []).map((entry, label) => [entry, label]));
  const data = Int32Array.from(targets, (target, record) => {
    const label = labels.get(target);
    if (label !== undefined) return label;
    const near = nearest(String(target), labels.keys());
    throw new SteepestError({
      problem: "A target is none of the classes",
      expected: [...labels.keys()].join(", "),
      received: String(target),
      where: `${where}, record ${record}`,
      fix: near === undefined ? undefined : `Did you mean "${near}"?`,
    });
  });
  return { shape: [data.length], dtype: "i32", data };
}

function toArray(input: ArrayInput, role: string, where: string, dtype: "f32" | "f64"): DataArray {
  if (ArrayBuffer.isView(input)) return dataArray(input, [input.length], role, where);
  if ("shape" in input) {
    const { shape, data } = input;
    return ArrayBuffer.isView(data)
      ? dataArray(data, shape, role, where)
      : dataArray(convert(data, shape, role, where, dtype), shape, role, where);
  }
  const shape = nestedShape(input);
  const flat: number[] = [];
  flatten(input, shape, 0, flat, role, where);
  return dataArray(convert(flat, shape, role, where, dtype), shape, role, where);
}

function convert(numbers: readonly number[], shape: readonly number[], role: string, where: string, dtype: "f32" | "f64") {
  const at = numbers.findIndex((x) => typeof x !== "number" || !Number.isFinite(dtype === "f32" ? Math.fround(x) : x));
  if (at >= 0 && sizeOf(shape) > 0) throw notFinite(role, shape, at, numbers[at], where);
  return dtype === "f32" ? Float32Array.from(numbers) : Float64Array.from(numbers);
}

/** Numbers as a data set keeps them: in their own type where it has it, else as i32. */
export function dataArray(data: NumberArray, shape: readonly number[], role: string, where: string): DataArray {
  const as = (dtype: DataDType, kept: DataArray["data"]): DataArray => ({ shape: [...shape], dtype, data: kept });
  if (data instanceof Uint8Array) return as("u8", data);
  if (data instanceof Uint8ClampedArray) return as("u8", new Uint8Array(data.buffer, data.byteOffset, data.length));
  if (data instanceof Float32Array) return as("f32", data);
  if (data instanceof Float64Array) return as("f64", data);
  if (data instanceof Int32Array) return as("i32", data);
  if (data instanceof Uint32Array) {
    const at = data.findIndex((x) => x >= 2 ** 31);
    if (at >= 0) throw new SteepestError({ problem: `The ${role} hold a number too large for i32`, received: String(data[at]), where });
  }
  return as("i32", Int32Array.from(data));
}

/** The lengths of the first row at each depth. */
export function nestedShape(input: readonly unknown[]): number[] {
  const shape: number[] = [];
  for (let level: unknown = input; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

function flatten(rows: NestedNumbers, shape: readonly number[], depth: number, out: number[], role: string, where: string): void {
  rows.forEach((row: number | NestedNumbers, i: number) => {
    const length = typeof row === "object" && row !== null ? row.length : undefined;
    if (length !== shape[depth + 1])
      throw new SteepestError({
        problem: `The ${role} are ragged`,
        expected: shape[depth + 1] === undefined ? "a number" : `${shape[depth + 1]} entries, as in the first row`,
        received: length === undefined ? String(row) : `${length} entries`,
        where: depth === 0 ? `${where}, record ${i}` : `${where}, row ${i} at depth ${depth}`,
      });
    if (typeof row === "object" && row !== null) flatten(row, shape, depth + 1, out, role, where);
    else out.push(row);
  });
}
