/**
 * Which records a step reads. The compiled step picks its records from the order of the epoch; this is the definition of that order.
 *
 * An epoch of N records has ceil(N / B) batches of size B, the last one smaller where B does not divide N. Batch b of epoch e holds the
 * records at positions b·B … min((b+1)·B, N) − 1 of that epoch's order.
 */
import { SteepestError } from "../tensor/error.js";
import { epochOrder as shuffledOrder } from "../tensor/permutation.js";
import { RandomStream } from "../tensor/random.js";

/** How many steps an epoch has; the last of them may be smaller. */
export const stepsPerEpoch = (records: number, batchSize: number): number => Math.ceil(records / batchSize);

/** How the share of the records that is read grows: from the easiest `from` (above 0, at most 1) in the first epoch to all after `epochs` epochs. */
export interface Pace {
  readonly from: number;
  readonly epochs: number;
}

/**
 * From easy to hard: `ranking` holds the records, the easiest first (see `rankedBy`). Without a pace every epoch reads them in just that
 * order. With one, an epoch e reads only the easiest
 *
 *     n = ceil(N · min(1, from + (1 − from) · e / epochs))
 *
 * in a random order, again and again in new ones until the epoch has its N positions (Bengio et al.: Curriculum learning, ICML 2009;
 * the pace is the linear one of Hacohen and Weinshall: arXiv 1904.03626).
 */
export interface ByDifficulty {
  readonly ranking: Uint32Array;
  readonly pace?: Pace;
}

/**
 * The order of the records in an epoch:
 *
 * - `"sequential"`: as they lie in the data
 * - `"shuffled"`: a new permutation in each epoch
 * - `"once"`: one permutation, the same in all epochs
 * - `"replacement"`: each position drawn independently of all others, so that a record may come twice, or not at all
 * - from easy to hard, see `ByDifficulty`
 */
export type RecordOrder = "sequential" | "shuffled" | "once" | "replacement" | ByDifficulty;

export interface BatchOrder {
  readonly records: number;
  readonly batchSize: number;
  /** A whole number, or undefined for the order of the data (evaluation). */
  readonly seed: number | undefined;
  /** Default `"shuffled"`. */
  readonly order?: RecordOrder;
}

/** The indices of the records of step `step`, counted from 0 over all epochs. */
export function batchIndices({ records, batchSize, seed, order = "shuffled" }: BatchOrder, step: number): Uint32Array {
  const perEpoch = stepsPerEpoch(records, batchSize);
  const epoch = Math.floor(step / perEpoch);
  const first = (step - epoch * perEpoch) * batchSize;
  const whole = seed === undefined ? epochOrder("sequential", 0, 0, records) : epochOrder(order, seed, epoch, records);
  return whole.slice(first, Math.min(first + batchSize, records));
}

/** The whole order of one epoch: entry i is the record at position i. The same seed gives the same order on every machine. */
export function epochOrder(order: RecordOrder, seed: number, epoch: number, records: number): Uint32Array {
  switch (order) {
    case "sequential":
      return Uint32Array.from({ length: records }, (_, i) => i);
    case "shuffled":
      return shuffledOrder(seed, epoch, records);
    case "once":
      return shuffledOrder(seed, 0, records);
    case "replacement": {
      const random = new RandomStream(seed, "records with replacement", epoch);
      return Uint32Array.from({ length: records }, () => random.integer(records));
    }
    default:
      return order.pace === undefined ? order.ranking : pacedOrder(order.ranking, order.pace, seed, epoch);
  }
}

/** Whether all epochs have the same order. */
export const isFixedOrder = (order: RecordOrder): boolean =>
  order === "sequential" || order === "once" || (typeof order === "object" && order.pace === undefined);

function pacedOrder(ranking: Uint32Array, { from, epochs }: Pace, seed: number, epoch: number): Uint32Array {
  const records = ranking.length;
  const share = Math.min(1, from + ((1 - from) * epoch) / epochs);
  const count = Math.min(records, Math.max(1, Math.ceil(records * share)));
  const random = new RandomStream(seed, "records by difficulty", epoch);
  const order = new Uint32Array(records);
  for (let at = 0; at < records; at += count) {
    const some = random.permutation(count).subarray(0, records - at);
    order.set(
      some.map((place) => ranking[place]),
      at,
    );
  }
  return order;
}

/**
 * The records from the lowest score to the highest; of equal scores the first comes first.
 *
 * @param scores one number for each record: how hard it is
 * @throws SteepestError where a score is NaN
 */
export function rankedBy(scores: ArrayLike<number>): Uint32Array {
  const ranking = Uint32Array.from({ length: scores.length }, (_, i) => i);
  const odd = ranking.find((i) => Number.isNaN(scores[i]));
  if (odd !== undefined)
    throw new SteepestError({
      problem: "The records cannot be put in order by their scores",
      expected: "a number for each record",
      received: "NaN",
      where: `record ${odd}`,
    });
  return ranking.sort((a, b) => (scores[a] < scores[b] ? -1 : scores[a] > scores[b] ? 1 : a - b));
}
