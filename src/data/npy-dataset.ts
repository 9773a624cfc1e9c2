/** A data set of npy files that is read while a model is trained. */
import { SteepestError } from "../tensor/error.js";
import { dataArray } from "./arrays.js";
import type { ArrayForm, DataArray, DataDType, Preprocessing } from "./dataset.js";
import type { NpyDType } from "./npy.js";
import { NpyFile } from "./npy-file.js";
import { type StreamedDataset, type StreamedOptions, type StreamedPart, streamed } from "./streamed.js";

export interface NpyDatasetOptions extends StreamedOptions {
  /** Makes the targets labels: how many classes there are, or their names in the order of the labels. */
  readonly classes?: number | readonly string[];
  /** Files of the same form for the test part. */
  readonly test?: { readonly inputs: string; readonly targets: string };
  /** Default: none; `bytesToUnit` brings bytes to 0 … 1. */
  readonly preprocessing?: Preprocessing;
  /** Used in messages and reports. Default: the path of the inputs. */
  readonly name?: string;
}

/** What a data set keeps numbers of a file as. */
const kept: Record<NpyDType, DataDType> = {
  ...{ bool: "u8", u8: "u8", i8: "i32", u16: "i32", i16: "i32", i32: "i32", u32: "i32" },
  ...{ u64: "f64", i64: "f64", f32: "f32", f64: "f64" },
};

/**
 * A data set of two `.npy` files, inputs and targets, whose first axis counts the records. They stay on disk: `fit` holds `memory` bytes of them at a time, however large they are, and
 * reads on while it trains; `streamed` says in which order. Each part that is read is checked as `arrayDataset` checks the whole. In Node.
 *
 * @param inputs the path of a file of shape [records, …]; of a flat one each number is a record
 * @throws SteepestError for files that are no npy arrays, truncated, stored in columns (Fortran's order), or of different numbers of records
 * @example
 * ```ts no-run
 * import { cnn, fit } from "steepest";
 * import { bytesToUnit } from "steepest/data";
 * import { npyDataset } from "steepest/node";
 * const data = await npyDataset("images.npy", "labels.npy", { classes: 10, preprocessing: bytesToUnit, memory: "256 MB" });
 * const run = await fit(cnn(), data, { epochs: 5, validation: 0.1 });
 * console.log(run.waitingForData);
 * ```
 */
export async function npyDataset(inputs: string, targets: string, options: NpyDatasetOptions = {}): Promise<StreamedDataset> {
  const { classes, test, preprocessing, name = inputs, ...rest } = options;
  const labels = typeof classes === "number" ? Array.from({ length: classes }, (_, i) => String(i)) : classes;
  const isLabels = labels !== undefined;
  const { name: place, ...part } = await npyPart(inputs, targets, isLabels);
  return streamed(
    {
      ...part,
      name: name === inputs ? place : name,
      ...(labels ? { classes: labels } : {}),
      ...(test ? { test: await npyPart(test.inputs, test.targets, isLabels) } : {}),
      ...(preprocessing ? { preprocessing } : {}),
    },
    rest,
  );
}

/** @param isLabels whether targets are whole numbers, however they are stored */
async function npyPart(inputs: string, targets: string, isLabels: boolean): Promise<StreamedPart> {
  const forms = await Promise.all([formOf(inputs, 2), formOf(targets, 1)]);
  const [x, y] = forms;
  if (x.shape[0] !== y.shape[0])
    throw new SteepestError({
      problem: "There are not as many targets as inputs",
      expected: `${x.shape[0]} targets, one for each input of ${inputs}`,
      received: `${y.shape[0]}`,
      where: targets,
    });
  const labels: ArrayForm = isLabels && y.dtype !== "u8" ? { shape: y.shape, dtype: "i32" } : y;
  return {
    name: inputs,
    inputs: x,
    targets: labels,
    async read(first, count) {
      const [input, target] = await Promise.all([rowsOf(inputs, x, first, count), rowsOf(targets, y, first, count)]);
      return { inputs: input, targets: target.dtype === labels.dtype ? target : asLabels(target, targets, first) };
    },
  };
}

/** @param rank axes that there are at least: axes of length 1 come behind the others */
async function formOf(path: string, rank: number): Promise<ArrayForm> {
  const file = await NpyFile.open(path);
  const { records, shape, dtype } = file;
  await file.close();
  return { shape: [records, ...shape, ...new Array<number>(Math.max(0, rank - 1 - shape.length)).fill(1)], dtype: kept[dtype] };
}

/** A file is opened anew for each read: one that was changed or cut meanwhile is noticed, and none is left open. */
async function rowsOf(path: string, { shape }: ArrayForm, first: number, count: number): Promise<DataArray> {
  const file = await NpyFile.open(path);
  try {
    if (first + count > file.records)
      throw new SteepestError({
        problem: "The file has fewer records than it had",
        expected: `${shape[0]}`,
        received: `${file.records}`,
        where: path,
      });
    return dataArray(
      await file.read(first, count),
      [count, ...shape.slice(1)],
      "records",
      `${path}, records ${first} to ${first + count - 1}`,
    );
  } finally {
    await file.close();
  }
}

function asLabels({ shape, data }: DataArray, path: string, first: number): DataArray {
  const odd = data.findIndex((value) => !Number.isInteger(value));
  if (odd >= 0)
    throw new SteepestError({
      problem: "A label is no whole number",
      expected: "whole numbers from 0",
      received: String(data[odd]),
      where: `${path}, record ${first + odd}`,
    });
  return { shape, dtype: "i32", data: Int32Array.from(data) };
}
