/** Data sets that are read while a model is trained, a part at a time: for those that are larger than memory. */
import { SteepestError } from "../tensor/error.js";
import { sizeOf } from "../tensor/types.js";
import type { ArrayForm, DataArray, DataDType, Dataset, DatasetPart, Preprocessing } from "./dataset.js";
import { checkDataset, checkPreprocessing, checkRecords, recordCount } from "./dataset.js";
import { splitIndices } from "./split.js";

/** Records one after the other. */
export interface RecordChunk {
  readonly inputs: DataArray;
  readonly targets: DataArray;
}

/** Records that can be read from any place on. */
export interface StreamedPart {
  /** What to call the place in messages: a file, a folder. */
  readonly name: string;
  /** The shape of all inputs, the first axis counting the records, and how their numbers are stored. */
  readonly inputs: ArrayForm;
  readonly targets: ArrayForm;
  /** Reads the records `first … first + count − 1`. The same records every time. */
  read(first: number, count: number): Promise<RecordChunk>;
}

/** Records could not be read, or not be used. */
export class ReadError extends SteepestError {}

/** Where the records of a streamed data set come from: what `streamed` takes of one's own. */
export interface RecordSource extends StreamedPart {
  /** The names of the classes, by label. Absent for regression. */
  readonly classes?: readonly string[];
  readonly test?: StreamedPart;
  /** Default: none. */
  readonly preprocessing?: Preprocessing;
}

/** A data set of which `fit` holds no more than `memory` bytes at a time. */
export interface StreamedDataset extends RecordSource {
  readonly preprocessing: Preprocessing;
  /** Bytes that records may take in the program's memory, those for evaluation included. */
  readonly memory: number;
  /** Records read at once. */
  readonly chunk: number;
}

export interface StreamedOptions {
  /** Bytes, or a text such as `"256 MB"` (10⁶ bytes) or `"1 GiB"` (2³⁰). Default `"256 MB"`. */
  readonly memory?: number | string;
  /** Records read at once. Default: as many as make a MiB, though never more than a 64th of them all. */
  readonly chunk?: number;
}

const MEMORY = "256 MB";
const CHUNK_BYTES = 2 ** 20;
const MOST_OF_ALL = 64;

/**
 * A data set that `fit` reads while it trains: only `memory` bytes of its records are in the program at a time, however many there are. Files are streamed by
 * `npyDataset` of `steepest/node` and `streamedImageFolder` of `steepest/images`; this makes one of records in memory, or of a source of one's own.
 *
 * `fit` reads the records in chunks. In each epoch the chunks come in a random order (a permutation that the seed and the epoch give). As many as fill half of
 * the memory make a group, and the records of a group come in a random order of their own, while the next group is read into the other half. A record so comes once in each epoch, and
 * can come at any place of it; but records of one chunk always come within one group. Where neighbours in the data are alike (sorted by class, frames of a film), shuffle
 * the data once, or take small chunks and a large memory. The order is a function of seed, chunk and memory alone, whatever the number of threads and however
 * slow the disk. Where `memory` holds all records, they are read once, and their order is that of a data set in memory.
 *
 * @throws SteepestError for a memory or a chunk that is no size, and for data that `fit` could not use
 * @example
 * ```ts
 * import { adam, dense, fit, sequential } from "steepest";
 * import { arrayDataset, streamed } from "steepest/data";
 * const x = Float32Array.from({ length: 8192 }, (_, i) => (i % 256) / 128 - 1);
 * const all = arrayDataset({ inputs: { shape: [8192, 1], data: x }, targets: x.map((v) => 3 * v) });
 * const run = await fit(sequential(dense(1)), streamed(all, { memory: "40 kB" }), { epochs: 10, optimizer: adam({ learningRate: 0.02 }) });
 * run.trainLoss < 0.01; // → true
 * ```
 */
export function streamed(data: Dataset | RecordSource, options: StreamedOptions = {}): StreamedDataset {
  const { name, classes, preprocessing = { scale: 1, offset: 0 } } = data;
  const memory = bytesOf(options.memory ?? MEMORY);
  if (!("read" in data)) {
    checkDataset(data);
    if (data.weights !== undefined || data.test?.weights !== undefined)
      throw new SteepestError({ problem: "Records with weights cannot be streamed", where: name, fix: "train on the data set itself" });
  }
  const held = (part: StreamedPart | DatasetPart, where: string): StreamedPart => ("read" in part ? part : partInMemory(part, where));
  const { inputs, targets, ...part } = held(data, name);
  const { test } = data;
  const count = recordCount({ inputs });
  const dataset: StreamedDataset = {
    name,
    inputs,
    targets,
    ...(classes ? { classes } : {}),
    ...(test ? { test: held(test, `${name}, test part`) } : {}),
    preprocessing,
    memory,
    chunk:
      options.chunk ?? Math.max(1, Math.min(Math.floor(CHUNK_BYTES / recordBytes({ inputs, targets })), Math.ceil(count / MOST_OF_ALL))),
    read: part.read,
  };
  checkStreamed(dataset);
  return dataset;
}

const width: Record<DataDType, number> = { u8: 1, f32: 4, i32: 4, f64: 8 };

/** Bytes of one record, input and target together. */
export function recordBytes({ inputs, targets }: Pick<StreamedPart, "inputs" | "targets">): number {
  return [inputs, targets].reduce((sum, { shape, dtype }) => sum + width[dtype] * sizeOf(shape.slice(1)), 0);
}

/** @throws SteepestError for what `fit` could not train on, as far as that is to be seen without reading */
export function checkStreamed(dataset: StreamedDataset): void {
  const { name, targets, test, chunk } = dataset;
  for (const part of test ? [dataset, test] : [dataset])
    for (const role of ["inputs", "targets"] as const) {
      const { shape } = part[role];
      if (shape.length === 0 || shape.some((extent) => !Number.isInteger(extent) || extent < 1))
        throw new SteepestError({
          problem: `The ${role} have an impossible shape`,
          expected: "whole numbers from 1, the first of them the number of records",
          received: `[${shape.join(", ")}]`,
          where: part.name,
        });
      if (shape[0] !== part.inputs.shape[0])
        throw new SteepestError({
          problem: "There are not as many targets as inputs",
          expected: `${part.inputs.shape[0]} targets, one for each record`,
          received: `${shape[0]} targets`,
          where: part.name,
        });
      const [here, there] = [dataset[role], part[role]];
      if (here.shape.slice(1).join() !== there.shape.slice(1).join() || here.dtype !== there.dtype)
        throw new SteepestError({
          problem: `The test ${role} of "${name}" are stored in another way than the training ${role}`,
          expected: `${here.dtype}, records of shape [${here.shape.slice(1).join(", ")}]`,
          received: `${there.dtype}, records of shape [${there.shape.slice(1).join(", ")}]`,
        });
    }
  if (!Number.isInteger(chunk) || chunk < 1)
    throw new SteepestError({ problem: "The chunk cannot be used", expected: "a whole number of records from 1", received: String(chunk) });
  if (dataset.classes !== undefined && targets.shape.length !== 1)
    throw new SteepestError({
      problem: "Class labels must be one whole number for each record",
      expected: "shape [records]",
      received: `shape [${targets.shape.join(", ")}]`,
      where: name,
    });
  checkPreprocessing(dataset);
}

/**
 * A number of bytes: `300e6`, `"300 MB"`, `"300MB"`, `"1.5 GiB"`.
 *
 * @throws SteepestError for anything else
 */
export function bytesOf(size: number | string): number {
  const found = typeof size === "number" ? null : /^\s*(\d+(?:\.\d+)?)\s*(?:([kKMG])(i?))?B?\s*$/.exec(size);
  const unit = found === null ? 0 : ["", "K", "M", "G"].indexOf((found[2] ?? "").toUpperCase());
  let bytes = typeof size === "number" ? size : Number(found?.[1]);
  for (let i = 0; i < unit; i++) bytes *= found?.[3] === "i" ? 1024 : 1000;
  if (Number.isFinite(bytes) && bytes >= 1) return Math.floor(bytes);
  throw new SteepestError({
    problem: "This is no amount of memory",
    expected: 'a number of bytes, or a text such as "256 MB"',
    received: String(size),
  });
}

function partInMemory({ inputs, targets }: DatasetPart, name: string): StreamedPart {
  const rows = ({ shape, dtype, data }: DataArray, first: number, count: number): DataArray => {
    const size = sizeOf(shape.slice(1));
    return { shape: [count, ...shape.slice(1)], dtype, data: data.subarray(first * size, (first + count) * size) };
  };
  const form = ({ shape, dtype }: ArrayForm): ArrayForm => ({ shape, dtype });
  return {
    name,
    inputs: form(inputs),
    targets: form(targets),
    read: async (first, count) => ({ inputs: rows(inputs, first, count), targets: rows(targets, first, count) }),
  };
}

/**
 * The part with every chunk checked as it is read: as many records as were asked for, of the form that was promised, finite, labels below `classCount`.
 * What reading throws names the place and the records.
 */
export function checkedPart(part: StreamedPart, classCount: number | undefined): StreamedPart {
  const { name, inputs, targets } = part;
  return {
    name,
    inputs,
    targets,
    async read(first, count) {
      const where = `${name}, records ${first} to ${first + count - 1}`;
      try {
        const chunk = await part.read(first, count);
        for (const role of ["inputs", "targets"] as const) checkForm(chunk[role], part[role], count, role, where);
        checkRecords(chunk, name, classCount, first);
        return chunk;
      } catch (cause) {
        const parts =
          cause instanceof SteepestError
            ? cause
            : {
                problem: "Records cannot be read",
                received: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
                where,
              };
        const error = new ReadError(parts);
        error.cause = cause;
        throw error;
      }
    },
  };
}

function checkForm(read: DataArray, form: ArrayForm, count: number, role: string, where: string): void {
  const shape = [count, ...form.shape.slice(1)];
  if (read.dtype === form.dtype && read.shape.join() === shape.join()) return;
  throw new SteepestError({
    problem: `What was read has other ${role} than were promised`,
    expected: `${form.dtype} [${shape.join(", ")}]`,
    received: `${read.dtype} [${read.shape.join(", ")}]`,
    where,
  });
}

/**
 * Sets whole chunks apart for validation: round(`fraction` · chunks) of them, drawn by a seeded permutation. Both parts keep the order of the original.
 *
 * @throws SteepestError when the fraction leaves either part empty
 */
export function splitChunks(
  part: StreamedPart,
  chunk: number,
  fraction: number,
  seed: number,
): { readonly training: StreamedPart; readonly validation: StreamedPart } {
  const { training, validation } = splitIndices(
    Math.ceil(recordCount(part) / chunk),
    fraction,
    seed,
    `${part.name}, in chunks of ${chunk}`,
  );
  return { training: someChunks(part, chunk, training), validation: someChunks(part, chunk, validation) };
}

/** Some chunks of a part, in ascending order, as a part. */
function someChunks(part: StreamedPart, chunk: number, numbers: Uint32Array): StreamedPart {
  const all = recordCount(part);
  const records = numbers.reduce((sum, number) => sum + Math.min(chunk, all - number * chunk), 0);
  const form = ({ shape, dtype }: ArrayForm): ArrayForm => ({ shape: [records, ...shape.slice(1)], dtype });
  return {
    name: part.name,
    inputs: form(part.inputs),
    targets: form(part.targets),
    async read(first, count) {
      const pieces: RecordChunk[] = [];
      for (let at = first; at < first + count; ) {
        const within = at % chunk;
        const some = Math.min(chunk - within, first + count - at);
        pieces.push(await part.read(numbers[Math.floor(at / chunk)] * chunk + within, some));
        at += some;
      }
      const [only] = pieces;
      return pieces.length === 1 ? only : { inputs: joined(pieces.map((p) => p.inputs)), targets: joined(pieces.map((p) => p.targets)) };
    },
  };
}

function joined(arrays: readonly DataArray[]): DataArray {
  const [{ shape, dtype }] = arrays;
  const count = arrays.reduce((sum, array) => sum + array.shape[0], 0);
  const data = arrayOf(dtype, count * sizeOf(shape.slice(1)));
  let at = 0;
  for (const array of arrays) {
    data.set(array.data, at);
    at += array.data.length;
  }
  return { shape: [count, ...shape.slice(1)], dtype, data };
}

function arrayOf(dtype: DataDType, length: number): DataArray["data"] {
  switch (dtype) {
    case "u8":
      return new Uint8Array(length);
    case "i32":
      return new Int32Array(length);
    case "f32":
      return new Float32Array(length);
    case "f64":
      return new Float64Array(length);
  }
}
