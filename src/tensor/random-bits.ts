/**
 * Counter-based random numbers inside a program: the same integers as the host's generator in `random.ts`, as unsigned 32-bit
 * tensor operations. Nothing is carried from draw to draw, so any element can be computed alone, in any order, by any thread.
 */
import { hashText } from "./random.js";
import { iota, literal, Tensor, type TensorLike } from "./tensor.js";
import { type DType, type Shape, sizeOf } from "./types.js";

/** The two words that name a stream, as u32 scalars. */
export type TracedKey = readonly [Tensor, Tensor];

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

const word = (value: number): Tensor => literal(value >>> 0, "u32");

/**
 * Threefry-2x32 with 20 rounds: the two words of each block (counter0, counter1) under a key. All operands are u32 and broadcast.
 */
export function threefry(key: TracedKey, counter0: Tensor, counter1: Tensor): TracedKey {
  const keys = [key[0], key[1], key[0].xor(key[1]).xor(word(0x1bd11bda))];
  let x0 = counter0.add(keys[0]);
  let x1 = counter1.add(keys[1]);
  for (let group = 0; group < 5; group++) {
    for (const rotation of rotations[group % 2]) {
      x0 = x0.add(x1);
      x1 = x1
        .shiftLeft(word(rotation))
        .or(x1.shiftRight(word(32 - rotation)))
        .xor(x0);
    }
    x0 = x0.add(keys[(group + 1) % 3]);
    x1 = x1.add(keys[(group + 2) % 3]).add(word(group + 1));
  }
  return [x0, x1];
}

/** A seed that the host writes into a program as two u32 scalars: the low word, then the high word. */
export type TracedSeed = readonly [Tensor, Tensor];

/** The seed of a whole number from 0 to 2⁵³ − 1, compiled in. */
export const literalSeed = (seed: number): TracedSeed => [word(seed), word(Math.floor(seed / 4294967296))];

/**
 * The key of the stream that belongs to (seed, purpose, index), as `streamKey` of the host gives it.
 *
 * @param index a u32 scalar (a step, for instance) or a whole number
 */
export function tracedStreamKey(seed: TracedSeed, purpose: string, index: TensorLike = 0): TracedKey {
  return threefry(seed, word(hashText(purpose)), index instanceof Tensor ? index.cast("u32") : word(index));
}

/**
 * 32 random bits for each element of records: element j of record r gets the first word of block (j, r). What one record gets
 * does not depend on the others that share its batch.
 *
 * @param shape the records' shape; the first axis counts them
 * @param records the number of each record, a u32 vector; by default its place in the batch
 * @returns u32 tensor of that shape
 */
export function recordBits(key: TracedKey, shape: Shape, records?: Tensor): Tensor {
  return recordWords(key, shape, records)[0];
}

/** Both words of each element's block: `recordBits` and 32 more bits that are independent of them. */
export function recordWords(key: TracedKey, shape: Shape, records?: Tensor): TracedKey {
  const [count, ...inner] = shape;
  const size = sizeOf(inner);
  const number = (records ?? iota([count], 0, "u32")).broadcastAlong([count, size], [0]);
  const [first, second] = threefry(key, iota([count, size], 1, "u32"), number);
  return [first.reshape(shape), second.reshape(shape)];
}

/** Uniform numbers in [0, 1) with 24 bits from u32 words: exact in float32, equal to the host's `uniform24`. */
export function uniformFromBits(bits: Tensor, dtype: DType = "f32"): Tensor {
  return bits
    .shiftRight(word(8))
    .cast(dtype)
    .mul(literal(2 ** -24, dtype));
}

/** Where words, read as 24-bit fractions, lie below `probability`: true with that probability to 2⁻²⁵. */
export function chance(bits: Tensor, probability: number): Tensor {
  return bits.shiftRight(word(8)).lt(word(Math.floor(probability * 16777216 + 0.5)));
}

/** Numbers from N(0, 1), one for each pair of words: Box and Muller's √(−2 ln u) cos 2πv, with u = (the first's upper 24 bits + ½)/2²⁴. */
export function normalFromWords([first, second]: TracedKey, dtype: DType = "f32"): Tensor {
  // Half a unit more keeps the logarithm finite.
  const u = uniformFromBits(first, dtype).add(2 ** -25);
  const turn = uniformFromBits(second, dtype).mul(6.283185307179586);
  return u.log().mul(-2).maximum(0).sqrt().mul(turn.cos());
}
