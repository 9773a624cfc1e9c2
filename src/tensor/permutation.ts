/**
 * The order of the records in an epoch, as a formula instead of a list: each position's record is computed on its own, so any epoch
 * can be entered directly, and an order is made when it is needed. All of it is unsigned 32-bit arithmetic, the same everywhere.
 */
import { SteepestError } from "./error.js";
import { streamKey, threefryInto } from "./random.js";

/** Rounds of the shuffle: the chance that a record and a position stay tied falls by half with each. */
export const SHUFFLE_ROUNDS = 24;

/** What the rounds of one epoch's shuffle need besides the index: scalars, the same for all positions. */
export interface ShuffleRounds {
  readonly count: number;
  /** K_r: below `count`, one per round. */
  readonly offsets: Uint32Array;
  /** S_r: 32 bits, one per round. */
  readonly salts: Uint32Array;
}

/**
 * The scalars of one epoch: (a, b) = threefry(key = streamKey(seed, "shuffle"), counter = (epoch, r)); K_r = a mod count, S_r = b.
 *
 * @param count how many records, from 1 to 2³¹
 */
export function shuffleRounds(seed: number, epoch: number, count: number): ShuffleRounds {
  if (!Number.isInteger(count) || count < 1 || count > 2 ** 31)
    throw new SteepestError({ problem: "These records cannot be shuffled", expected: "from 1 to 2³¹ records", received: String(count) });
  const key = streamKey(seed, "shuffle");
  const offsets = new Uint32Array(SHUFFLE_ROUNDS);
  const salts = new Uint32Array(SHUFFLE_ROUNDS);
  const block = new Uint32Array(2);
  for (let r = 0; r < SHUFFLE_ROUNDS; r++) {
    threefryInto(block, key[0], key[1], epoch, r);
    offsets[r] = block[0] % count;
    salts[r] = block[1];
  }
  return { count, offsets, salts };
}

/**
 * The 32-bit finaliser of the rounds (the constants are those of C. Wellons' `lowbias32`):
 *
 *     x ^= x >>> 16;  x *= 0x7feb352d;  x ^= x >>> 15;  x *= 0x846ca68b;  x ^= x >>> 16
 *
 * with `*` the low 32 bits of the product and `>>>` the logical shift.
 */
export function mix32(word: number): number {
  let x = word ^ (word >>> 16);
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * The record that stands at `position` in the shuffled order, both from 0 to count − 1: the swap-or-not shuffle
 * (Hoang, Morris, Rogaway: "An enciphering scheme based on a card shuffle", CRYPTO 2012). In round r
 *
 *     partner = (K_r − x) mod count
 *     x       = partner  if the lowest bit of mix32(max(x, partner) xor S_r) is 1,  else x
 *
 * Each round pairs the records up and swaps a pair or not, hence is a permutation whatever the bits are.
 */
export function shuffledIndex(rounds: ShuffleRounds, position: number): number {
  const { count, offsets, salts } = rounds;
  let x = position;
  for (let r = 0; r < SHUFFLE_ROUNDS; r++) {
    const offset = offsets[r];
    const partner = offset >= x ? offset - x : offset + count - x;
    const larger = Math.max(x, partner);
    if ((mix32(larger ^ salts[r]) & 1) === 1) x = partner;
  }
  return x;
}

/** The whole order of one epoch: entry i is the record at position i. */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array {
  const rounds = shuffleRounds(seed, epoch, count);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = shuffledIndex(rounds, i);
  return order;
}
