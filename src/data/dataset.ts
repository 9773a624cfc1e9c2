/** What training reads: records in host arrays, and what is to be done to them before a model sees them. */
import { SteepestError } from "../tensor/error.js";
import { sizeOf } from "../tensor/types.js";

export type DataDType = "u8" | "f32" | "f64" | "i32";

/** What an array is like, without its numbers. Its first axis counts the records. */
export interface ArrayForm {
  readonly shape: readonly number[];
  readonly dtype: DataDType;
}

/** A row-major host array whose first axis counts the records. Images are NHWC bytes. */
export interface DataArray extends ArrayForm {
  readonly data: Uint8Array | Float32Array | Float64Array | Int32Array;
}

/**
 * How stored inputs become the model's: `x = stored · scale + offset`, then, where given, `(x − mean) / std` with one entry per channel
 * (the last axis) or one for all. It is recorded here and computed inside the compiled step; the data stay as they are.
 */
export interface Preprocessing {
  readonly scale: number;
  readonly offset: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** Records with what is to be learned of each. */
export interface DatasetPart {
  /** First axis: records; the others: the shape of one input. */
  readonly inputs: DataArray;
  /** One entry per record. With `classes`: whole numbers, shape [records]. */
  readonly targets: DataArray;
  /** How much each record counts, in losses, gradients and accuracies: numbers ≥ 0, shape [records]. Only their ratios matter. Default: all alike. */
  readonly weights?: DataArray;
}

export interface Dataset extends DatasetPart {
  readonly name: string;
  /** The names of the classes, by label. Absent for regression. */
  readonly classes?: readonly string[];
  /** The names of the numbers of one input: the columns of a table. Absent for what has none. */
  readonly fields?: readonly string[];
  /** Records that training never sees. */
  readonly test?: DatasetPart;
  readonly preprocessing: Preprocessing;
}

/** Inputs are used as they are. */
export const noPreprocessing: Preprocessing = { scale: 1, offset: 0 };

/** Bytes become numbers from 0 to 1. */
export const bytesToUnit: Preprocessing = { scale: 1 / 255, offset: 0 };

/** The number of records. */
export const recordCount = (part: { readonly inputs: ArrayForm }): number => part.inputs.shape[0] ?? 0;

/**
 * Checks all that training relies on: at least one record, as many targets as inputs, data as long as their shapes say, finite numbers,
 * labels that the classes cover, a preprocessing that fits the channels.
 *
 * @throws SteepestError that names the data set, the array, the record and the field
 */
export function checkDataset(dataset: Dataset): void {
  checkRecords(dataset, dataset.name, dataset.classes?.length);
  if (dataset.test !== undefined) {
    checkRecords(dataset.test, `${dataset.name}, test part`, dataset.classes?.length);
    for (const role of ["inputs", "targets"] as const) {
      const [here, there] = [dataset[role].shape.slice(1), dataset.test[role].shape.slice(1)];
      if (here.join() !== there.join())
        throw new SteepestError({
          problem: `The test ${role} of "${dataset.name}" have another shape than the training ${role}`,
          expected: `records of shape [${here.join(", ")}]`,
          received: `records of shape [${there.join(", ")}]`,
        });
    }
  }
  checkPreprocessing(dataset);
}

/**
 * Checks records by themselves: their arrays, and that labels are below `classCount`, where it is given.
 *
 * @param first the number of the first of them, for messages
 * @throws SteepestError that names the array, the record and the field
 */
export function checkRecords(part: DatasetPart, where: string, classCount: number | undefined, first = 0): void {
  checkArray(part.inputs, "inputs", where, first);
  checkArray(part.targets, "targets", where, first);
  const [inputs, targets] = [part.inputs.shape[0], part.targets.shape[0]];
  if (inputs !== targets)
    throw new SteepestError({
      problem: "There are not as many targets as inputs",
      expected: `${inputs} targets, one for each record`,
      received: `${targets} targets`,
      where,
    });
  if (part.weights !== undefined) checkWeights(part.weights, inputs, where);
  if (classCount !== undefined) checkLabels(part.targets, classCount, where, first);
}

function checkWeights(weights: DataArray, records: number, where: string): void {
  checkArray(weights, "weights", where);
  const { shape, data } = weights;
  if (shape.length !== 1 || shape[0] !== records)
    throw new SteepestError({
      problem: "There are not as many weights as records",
      expected: `shape [${records}], one weight for each record`,
      received: `shape [${shape.join(", ")}]`,
      where,
    });
  const negative = data.findIndex((weight) => weight < 0);
  if (negative >= 0)
    throw new SteepestError({
      problem: "A weight is negative",
      expected: "numbers ≥ 0",
      received: String(data[negative]),
      where: `${where}, record ${negative}`,
      fix: "0 leaves a record out",
    });
  if (data.every((weight) => weight === 0))
    throw new SteepestError({ problem: "No record counts", expected: "at least one weight above 0", received: "zeros", where });
}

function checkArray(array: DataArray, role: string, where: string, first = 0): void {
  const { shape, data } = array;
  if (shape.length === 0 || shape.some((extent) => !Number.isInteger(extent) || extent < 0))
    throw new SteepestError({
      problem: `The ${role} have an impossible shape`,
      expected: "whole numbers, the first of them the number of records",
      received: `[${shape.join(", ")}]`,
      where,
    });
  if (shape[0] === 0)
    throw new SteepestError({
      problem: `The ${role} are empty`,
      expected: "at least one record",
      received: `shape [${shape.join(", ")}]`,
      where,
    });
  if (sizeOf(shape) === 0)
    throw new SteepestError({
      problem: `The records of the ${role} are empty`,
      expected: "at least one number in each",
      received: `shape [${shape.join(", ")}]`,
      where,
    });
  if (sizeOf(shape) !== data.length)
    throw new SteepestError({
      problem: `The ${role} do not fill their shape`,
      expected: `${sizeOf(shape)} numbers for shape [${shape.join(", ")}]`,
      received: `${data.length} numbers`,
      where,
    });
  if (data instanceof Float32Array || data instanceof Float64Array) checkFinite(array, data, role, where, first);
}

function checkFinite(array: DataArray, data: Float32Array | Float64Array, role: string, where: string, first: number): void {
  // x − x is 0 for finite numbers and NaN for all others: one pass without a branch per number.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] - data[i];
  if (sum === 0) return;
  const at = data.findIndex((x) => !Number.isFinite(x));
  throw notFinite(role, array.shape, at, data[at], where, first);
}

/** The error for a number that is none. */
export function notFinite(role: string, shape: readonly number[], at: number, received: unknown, where: string, first = 0): SteepestError {
  const size = sizeOf(shape.slice(1));
  return new SteepestError({
    problem: `The ${role} hold a value that is no finite number`,
    expected: "finite numbers",
    received: String(received),
    where: `${where}, record ${first + Math.floor(at / size)}${size > 1 ? `, field ${fieldName(shape.slice(1), at % size)}` : ""}`,
    fix: "Drop the record, or replace the value (by the mean of its field, for example)",
  });
}

function fieldName(shape: readonly number[], at: number): string {
  if (shape.length === 1) return String(at);
  const indices: number[] = [];
  let rest = at;
  for (const extent of [...shape].reverse()) {
    indices.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return `[${indices.join(", ")}]`;
}

/** Checks that every target is a whole number from 0 to `classCount` − 1. */
export function checkLabels(targets: DataArray, classCount: number, where: string, first = 0): void {
  if (targets.shape.length !== 1)
    throw new SteepestError({
      problem: "Class labels must be one whole number for each record",
      expected: "shape [records]",
      received: `shape [${targets.shape.join(", ")}]`,
      where,
      fix: "Of one-hot rows, give the index of the one",
    });
  const { data } = targets;
  for (let i = 0; i < data.length; i++) {
    const label = data[i];
    if (label >= 0 && label < classCount && Number.isInteger(label)) continue;
    throw new SteepestError({
      problem: "A label is out of range",
      expected: `whole numbers from 0 to ${classCount - 1}, for ${classCount} classes`,
      received: String(label),
      where: `${where}, record ${first + i}`,
      fix: label === classCount ? "Labels count from 0: subtract 1 from each" : undefined,
    });
  }
}

/** @throws SteepestError for a preprocessing that does not fit the inputs */
export function checkPreprocessing({
  name,
  inputs,
  preprocessing,
}: {
  readonly name: string;
  readonly inputs: ArrayForm;
  readonly preprocessing: Preprocessing;
}): void {
  const channels = inputs.shape.length > 1 ? (inputs.shape.at(-1) ?? 1) : 1;
  const { scale, offset, mean = [], std = [] } = preprocessing;
  const bad = [scale, offset, ...mean, ...std].find((x) => !Number.isFinite(x)) ?? std.find((x) => x <= 0);
  if (bad !== undefined || scale === 0)
    throw new SteepestError({
      problem: "The preprocessing would not give usable numbers",
      expected: "finite numbers, a scale other than 0, and std above 0",
      received: String(bad ?? scale),
      where: name,
      fix: "A field that never varies has std 0: leave it out, or give 1",
    });
  for (const [role, list] of Object.entries({ mean, std })) {
    if (list.length === 0 || list.length === 1 || list.length === channels) continue;
    throw new SteepestError({
      problem: `The preprocessing's ${role} does not fit the inputs`,
      expected: channels === 1 ? "1 entry" : `1 entry, or ${channels}: one for each channel (the last axis)`,
      received: `${list.length} entries`,
      where: name,
    });
  }
}

/**
 * Checks that a batch can be filled: a batch is never larger than the data.
 *
 * @param records the data, or how many records there are
 * @throws SteepestError
 */
export function checkBatchSize(batchSize: number, records: { readonly inputs: ArrayForm } | number, name: string): void {
  const count = typeof records === "number" ? records : recordCount(records);
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= count) return;
  throw new SteepestError({
    problem: batchSize > count ? "The batch is larger than the data" : "The batch size is not usable",
    expected: `a whole number from 1 to ${count}, the number of records`,
    received: String(batchSize),
    where: name,
    fix: batchSize > count ? `Use batchSize: ${count} or less` : undefined,
  });
}
