/** Parts of a data set: some records by index, and the split into training and validation. */
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import { sizeOf } from "../tensor/types.js";
import type { DataArray, Dataset, DatasetPart } from "./dataset.js";
import { recordCount } from "./dataset.js";

/** The records at the given indices, copied, in that order. */
export function selectRecords<T extends DatasetPart>(part: T, indices: ArrayLike<number>): T {
  return {
    ...part,
    inputs: selectRows(part.inputs, indices),
    targets: selectRows(part.targets, indices),
    ...(part.weights ? { weights: selectRows(part.weights, indices) } : {}),
  };
}

function selectRows(array: DataArray, indices: ArrayLike<number>): DataArray {
  const size = sizeOf(array.shape.slice(1));
  const { data } = array;
  const length = indices.length * size;
  const out =
    data instanceof Uint8Array
      ? new Uint8Array(length)
      : data instanceof Float32Array
        ? new Float32Array(length)
        : data instanceof Float64Array
          ? new Float64Array(length)
          : new Int32Array(length);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * size;
    if (size === 1) out[i] = data[from];
    else out.set(data.subarray(from, from + size), i * size);
  }
  return { shape: [indices.length, ...array.shape.slice(1)], dtype: array.dtype, data: out };
}

/**
 * Sets records apart for validation: round(`fraction` · records) of them, drawn by a seeded permutation; both parts keep the order of
 * the original. The test part stays with the training part.
 *
 * @param fraction of the records that go to validation, between 0 and 1
 * @param seed a whole number; the same seed gives the same split on every machine
 * @throws SteepestError when the fraction leaves either part empty
 */
export function split(dataset: Dataset, fraction: number, seed = 0): { readonly training: Dataset; readonly validation: Dataset } {
  return parted(dataset, splitIndices(recordCount(dataset), fraction, seed, dataset.name));
}

/**
 * What a training with these settings learns from, and what it keeps apart for validation: the parts of `split`, or all records and none. With a `chunk` whole chunks of
 * so many records are kept apart, as of streamed data.
 */
export function trainingParts(
  dataset: Dataset,
  { validation, seed, chunk }: { readonly validation: number; readonly seed: number; readonly chunk?: number },
): { readonly training: Dataset; readonly validation: Dataset | undefined } {
  if (!(validation > 0)) return { training: dataset, validation: undefined };
  if (chunk === undefined) return split(dataset, validation, seed);
  const count = recordCount(dataset);
  const chunks = splitIndices(Math.ceil(count / chunk), validation, seed, dataset.name);
  const recordsOf = (numbers: Uint32Array) =>
    Array.from(numbers).flatMap((k) => Array.from({ length: Math.min(chunk, count - k * chunk) }, (_, i) => k * chunk + i));
  return parted(dataset, { training: recordsOf(chunks.training), validation: recordsOf(chunks.validation) });
}

function parted(
  dataset: Dataset,
  { training, validation }: { readonly training: ArrayLike<number>; readonly validation: ArrayLike<number> },
): { readonly training: Dataset; readonly validation: Dataset } {
  const { test, ...rest } = dataset;
  const held: Dataset = { ...rest, name: `${dataset.name}, validation part` };
  return { training: selectRecords(dataset, training), validation: selectRecords(held, validation) };
}

/** The indices of the two parts of `split`, ascending. */
export function splitIndices(
  count: number,
  fraction: number,
  seed: number,
  name = "data",
): { readonly training: Uint32Array; readonly validation: Uint32Array } {
  const held = Math.round(fraction * count);
  if (!(fraction > 0 && fraction < 1) || held < 1 || held >= count)
    throw new SteepestError({
      problem: "The validation split leaves a part empty",
      expected: "a fraction between 0 and 1 that gives each part at least one record",
      received: `${fraction} of ${count} records`,
      where: name,
    });
  const order = new RandomStream(seed, "validation split").permutation(count);
  return { training: order.slice(held).sort(), validation: order.slice(0, held).sort() };
}
