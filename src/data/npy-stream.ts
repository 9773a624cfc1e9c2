/** Training from npy files that are larger than memory. */
import { SteepestError } from "../tensor/error.js";
import { shuffledIndex, shuffleRounds } from "../tensor/permutation.js";
import { RandomStream } from "../tensor/random.js";
import type { NpyData } from "./npy.js";
import { NpyFile } from "./npy-file.js";
import type { StreamedBatch } from "./stream.js";

export interface NpyStreamOptions {
  /** Records of a batch; the last of an epoch may have fewer. Default 64. */
  readonly batchSize?: number;
  /** Passes over the file; `Infinity` for no end. Default 1. */
  readonly epochs?: number;
  /** Whether records come in a random order; see `npyStream` for how random it is. Default true. */
  readonly shuffle?: boolean;
  /** Names the order. Default 0. */
  readonly seed?: number;
  /** Records read at once. Default: as many as make a megabyte. */
  readonly chunk?: number;
  /** Chunks of records that are kept in memory to draw from. Default 64. */
  readonly ring?: number;
}

const CHUNK_BYTES = 2 ** 20;

/**
 * Records from two `.npy` files, inputs and targets, whose first axis counts them: a stream for `descend` with a model. Of the files `ring + 1` chunks are in memory at any
 * time, however large they are; `descend` holds besides them the `stepsPerYield` batches of a slice, bytes as bytes. In Node.
 *
 * With `shuffle`, each epoch reads the chunks in a random order (a counter-based permutation) and gives each time one of the `ring · chunk` records held, drawn evenly;
 * the next record read takes its place. A record so comes at most `ring · chunk` places before its turn, and on average as many after it. This mixes well where the file
 * is in no order, or the ring holds a good part of it; in a file that is sorted by class, chunks must be small and the ring long. Where the ring
 * holds the whole file, every order is possible.
 *
 * @throws SteepestError for files that are no npy arrays, truncated, stored in columns (Fortran's order), or of different numbers of records
 * @example
 * ```ts no-run
 * import { dense, descend, flatten, relu, sequential } from "steepest";
 * import { npyStream } from "steepest/node";
 * const model = sequential(flatten(), dense(64), relu(), dense(10));
 * const stream = npyStream("images.npy", "labels.npy", { batchSize: 64, epochs: 3 });
 * for await (const state of descend(model, { stream, classes: 10, inputShape: [28, 28, 1], stepsPerYield: 20 })) console.log(state.recent.loss);
 * ```
 */
export async function* npyStream(
  inputs: string,
  targets: string,
  options: NpyStreamOptions = {},
): AsyncGenerator<StreamedBatch, void, undefined> {
  const { batchSize = 64, epochs = 1, shuffle = true, seed = 0, ring = 64 } = options;
  for (const [name, value] of Object.entries({ batchSize, ring, chunk: options.chunk ?? 1 }))
    if (!Number.isInteger(value) || value < 1)
      throw new SteepestError({ problem: `The option ${name} cannot be used`, expected: "a whole number from 1", received: String(value) });
  const files: NpyFile[] = [];
  try {
    for (const path of [inputs, targets]) files.push(await NpyFile.open(path));
    const [x, y] = files;
    if (x.records !== y.records)
      throw new SteepestError({
        problem: "There are not as many targets as inputs",
        expected: `${x.records} targets, one for each input of ${inputs}`,
        received: `${y.records}`,
        where: targets,
      });
    const chunk = Math.min(x.records, options.chunk ?? Math.max(1, Math.floor(CHUNK_BYTES / x.recordBytes)));
    const held = shuffle ? Math.min(x.records, ring * chunk) : 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const out = new BatchMaker(x, y, batchSize);
      const random = new RandomStream(seed, `order of epoch ${epoch}`);
      const pool = { x: x.room(held), y: y.room(held), count: 0 };
      for await (const piece of pieces(x, y, chunk, shuffle ? { seed, epoch } : undefined)) {
        for (let i = 0; i < piece.count; i++) {
          if (pool.count < held) {
            put(pool.x, pool.count, piece.x, i, x.size);
            put(pool.y, pool.count++, piece.y, i, y.size);
            continue;
          }
          if (held === 0) out.add(piece.x, piece.y, i);
          else {
            const at = Math.min(held - 1, Math.floor(random.between(0, held)));
            out.add(pool.x, pool.y, at);
            put(pool.x, at, piece.x, i, x.size);
            put(pool.y, at, piece.y, i, y.size);
          }
          if (out.isFull) yield out.take();
        }
      }
      // What is left, in a random order of its own.
      for (const at of random.permutation(pool.count)) {
        out.add(pool.x, pool.y, at);
        if (out.isFull) yield out.take();
      }
      if (!out.isEmpty) yield out.take();
    }
  } finally {
    for (const file of files) await file.close();
  }
}

/** The chunks of an epoch, one after the other. */
async function* pieces(x: NpyFile, y: NpyFile, chunk: number, order: { readonly seed: number; readonly epoch: number } | undefined) {
  const chunks = Math.ceil(x.records / chunk);
  const rounds = order === undefined ? undefined : shuffleRounds(order.seed, order.epoch, chunks);
  for (let i = 0; i < chunks; i++) {
    const first = chunk * (rounds === undefined ? i : shuffledIndex(rounds, i));
    const count = Math.min(chunk, x.records - first);
    yield { x: await x.read(first, count), y: await y.read(first, count), count };
  }
}

const put = (to: NpyData, place: number, from: NpyData, record: number, size: number): void =>
  to.set(from.subarray(record * size, (record + 1) * size), place * size);

/** Gathers records to batches. */
class BatchMaker {
  readonly #x: NpyFile;
  readonly #y: NpyFile;
  readonly #batchSize: number;
  #inputs: NpyData;
  #targets: NpyData;
  #count = 0;

  constructor(x: NpyFile, y: NpyFile, batchSize: number) {
    this.#x = x;
    this.#y = y;
    this.#batchSize = batchSize;
    this.#inputs = x.room(batchSize);
    this.#targets = y.room(batchSize);
  }

  get isFull(): boolean {
    return this.#count === this.#batchSize;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(inputs: NpyData, targets: NpyData, record: number): void {
    put(this.#inputs, this.#count, inputs, record, this.#x.size);
    put(this.#targets, this.#count++, targets, record, this.#y.size);
  }

  take(): StreamedBatch {
    const count = this.#count;
    this.#count = 0;
    const part = (data: NpyData, file: NpyFile) => ({ shape: [count, ...file.shape], data: data.slice(0, count * file.size) });
    return { inputs: part(this.#inputs, this.#x), targets: part(this.#targets, this.#y) };
  }
}
