/** In which order the records of a streamed data set come, and where they lie meanwhile. */
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import { epochOrder } from "./batches.js";

export interface RingOptions {
  readonly records: number;
  readonly recordBytes: number;
  /** Records read at once. */
  readonly chunk: number;
  /** Bytes of all records that are held. */
  readonly memory: number;
  readonly batchSize: number;
  readonly order: StreamOrder;
  readonly seed: number;
  /** For messages. */
  readonly name: string;
}

/** Orders that need no more of the data than what is held. */
export type StreamOrder = "sequential" | "shuffled" | "once";

/** Records that are held together. */
export interface RecordGroup {
  /** Counted over all epochs. */
  readonly number: number;
  /** The positions of its epoch that its records have: from `first` up to, not including, `end`. */
  readonly first: number;
  readonly end: number;
  /** What is read, one chunk behind the other, from the beginning of its half on: the first records of the chunks, and how many. */
  readonly chunks: readonly { readonly first: number; readonly count: number }[];
  /** Which of its two halves of the ring holds it: 0 or 1. */
  readonly half: number;
  /** Entry i is the place, counted from the beginning of its half, of the record at position first + i. */
  readonly order: Uint32Array;
}

/** The order of an order variable's entry in bytes: positions are held beside the records. */
const PLACE_BYTES = 4;

/**
 * Cuts each epoch into groups of chunks. Chunks come as a permutation of seed and epoch says, and so do the places of the records within a group; `"sequential"` keeps both as
 * they lie, `"once"` takes the order of the first epoch for all. Two groups are held at a time, or all records where there is room for them: then the order is `epochOrder`.
 */
export class RingPlan {
  readonly #options: RingOptions;
  readonly #chunks: number;
  readonly #perGroup: number;
  /** Groups of an epoch. */
  readonly groups: number;
  /** Whether all records are held at a time. */
  readonly isWhole: boolean;
  /** Records that a half has room for; of a whole, all. */
  readonly half: number;
  #kept: RecordGroup[] = [];

  /** @throws SteepestError where the memory does not hold two chunks, or a batch could lie in more than two groups */
  constructor(options: RingOptions) {
    const { records, recordBytes, chunk, memory, batchSize, name } = options;
    this.#options = options;
    this.#chunks = Math.ceil(records / chunk);
    const places = Math.floor(memory / (recordBytes + PLACE_BYTES));
    this.isWhole = records <= places;
    this.#perGroup = this.isWhole ? this.#chunks : Math.floor(places / 2 / chunk);
    const last = records - (this.#chunks - 1) * chunk;
    // The shorter last chunk of the data may come in any group.
    const least = (this.#perGroup - 1) * chunk + last;
    if (!this.isWhole && (this.#perGroup < 1 || least < batchSize))
      throw new SteepestError({
        problem: "The memory for records is too small",
        expected: `at least ${2 * Math.max(1, Math.ceil((batchSize - last) / chunk) + 1) * chunk * (recordBytes + PLACE_BYTES)} bytes: twice the chunks that a batch of ${batchSize} needs (chunks of ${chunk} records, ${recordBytes} bytes each)`,
        received: `${memory} bytes`,
        where: name,
        fix: "give it more memory, or take smaller batches or chunks",
      });
    this.half = this.isWhole ? records : this.#perGroup * chunk;
    this.groups = Math.ceil(this.#chunks / this.#perGroup);
  }

  /** Records that there is room for. */
  get places(): number {
    return this.isWhole ? this.half : 2 * this.half;
  }

  /** The group that holds a position of an epoch. */
  groupAt(epoch: number, position: number): RecordGroup {
    // All groups are full but the last, and but for the one with the short chunk: the guess is right or one too small.
    const guess = epoch * this.groups + Math.min(this.groups - 1, Math.floor(position / this.half));
    const group = this.group(guess);
    return position < group.end ? group : this.group(guess + 1);
  }

  /** @param number counted over all epochs */
  group(number: number): RecordGroup {
    const kept = this.#kept.find((group) => group.number === number);
    if (kept !== undefined) return kept;
    const made = this.#made(number);
    this.#kept = [...this.#kept.slice(-3), made];
    return made;
  }

  #made(number: number): RecordGroup {
    const { records, chunk, order, seed } = this.#options;
    const epoch = order === "shuffled" ? Math.floor(number / this.groups) : 0;
    const at = number % this.groups;
    if (this.isWhole) {
      const chunks = Array.from({ length: this.#chunks }, (_, i) => this.#chunk(i));
      return { number, first: 0, end: records, chunks, half: 0, order: epochOrder(order, seed, epoch, records) };
    }
    const chunkOrder = epochOrder(order, seed, epoch, this.#chunks);
    const from = at * this.#perGroup;
    const chunks = Array.from(chunkOrder.subarray(from, from + this.#perGroup), (i) => this.#chunk(i));
    const count = chunks.reduce((sum, each) => sum + each.count, 0);
    const short = this.#chunks * chunk - records;
    const first = from * chunk - (chunkOrder.subarray(0, from).includes(this.#chunks - 1) ? short : 0);
    const places =
      order === "sequential"
        ? Uint32Array.from({ length: count }, (_, i) => i)
        : new RandomStream(seed, "places of a group", epoch * this.groups + at).permutation(count);
    return { number, first, end: first + count, chunks, half: number % 2, order: places };
  }

  #chunk(i: number): { readonly first: number; readonly count: number } {
    const { records, chunk } = this.#options;
    return { first: i * chunk, count: Math.min(chunk, records - i * chunk) };
  }
}
