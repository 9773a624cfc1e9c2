/**
 * Counter-based random numbers for the host. The traced generator of compiled programs gives the same integers: every word is a pure
 * function of (key, counter), so order, batching and threads cannot change it. Floating-point draws use only + − × ÷ and square root,
 * whose bits IEEE 754 fixes, so they agree on every engine.
 */
import { SteepestError } from "./error.js";

/** The two 32-bit words that name a stream. */
export type RandomKey = readonly [number, number];

/**
 * Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * All words are unsigned 32-bit integers.
 *
 * @returns the two words of block (`counter0`, `counter1`) under the key (`key0`, `key1`)
 */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number): RandomKey {
  const out = new Uint32Array(2);
  threefryInto(out, key0, key1, counter0, counter1);
  return [out[0], out[1]];
}

/** As `threefry2x32`, writing to the first two words of `out`: the inner loops allocate nothing. */
export function threefryInto(out: Uint32Array, key0: number, key1: number, counter0: number, counter1: number): void {
  const key2 = 0x1bd11bda ^ key0 ^ key1;
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  // Four rounds and an injection of the key, five times, written out: this is the inner loop of all random numbers.
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key1) | 0;
  x1 = (x1 + key2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + key2) | 0;
  x1 = (x1 + key0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key0) | 0;
  x1 = (x1 + key1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + key1) | 0;
  x1 = (x1 + key2 + 4) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + key2) | 0;
  x1 = (x1 + key0 + 5) | 0;
  out[0] = x0;
  out[1] = x1;
}

const encoder = new TextEncoder();

/** FNV-1a over the UTF-8 bytes of a text: how a purpose such as `"dense1/weight"` becomes a word. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * The key of the stream that belongs to (seed, purpose, index): `threefry(key = seed, counter = (hashText(purpose), index))`,
 * the low word of the seed first.
 *
 * @param seed a whole number from 0 to 2⁵³ − 1
 * @param purpose what the numbers are for; different purposes are independent
 * @param index which of many streams of that purpose (an image, a layer, an epoch), below 2³²
 * @throws SteepestError when the seed or the index is no such whole number
 */
export function streamKey(seed: number, purpose: string, index = 0): RandomKey {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new SteepestError({ problem: "The seed is not usable", expected: "a whole number from 0 to 2⁵³ − 1", received: String(seed) });
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** 32)
    throw new SteepestError({
      problem: `The index of the random stream "${purpose}" is not usable`,
      expected: "a whole number from 0 to 2³² − 1",
      received: String(index),
    });
  return threefry2x32(seed >>> 0, Math.floor(seed / 4294967296), hashText(purpose), index);
}

/** A uniform number in [0, 1) with 24 bits from one word: exact in float32. */
export const uniform24 = (word: number): number => (word >>> 8) * 2 ** -24;

/** A uniform number in [0, 1) with 53 bits from two words. */
export const uniform53 = (word0: number, word1: number): number => ((word0 >>> 5) * 67108864 + (word1 >>> 6)) * 2 ** -53;

/**
 * A reader that walks along one stream: words 0, 1 of counter (0, 0), then those of (1, 0), and so on.
 *
 * @example
 * ```ts
 * const random = new RandomStream(1, "initial weights");
 * random.uniform();    // in [0, 1)
 * random.integer(10);  // 0 … 9
 * ```
 */
export class RandomStream {
  readonly key: RandomKey;
  #counter = 0;
  readonly #block = new Uint32Array(2);
  #left = 0;
  #spare: number | undefined;

  constructor(seed: number, purpose: string, index = 0) {
    this.key = streamKey(seed, purpose, index);
  }

  /** The next 32 random bits as a number from 0 to 2³² − 1. */
  word(): number {
    if (this.#left === 0) {
      threefryInto(this.#block, this.key[0], this.key[1], this.#counter >>> 0, Math.floor(this.#counter / 4294967296));
      this.#counter++;
      this.#left = 2;
    }
    return this.#block[2 - this.#left--];
  }

  /** Uniform in [0, 1) with 53 bits, of two words. */
  uniform(): number {
    const first = this.word();
    return uniform53(first, this.word());
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Standard normal, by Box and Muller: √(−2 ln(1 − u)) · (cos 2πv, sin 2πv); the sine is kept for the next call. */
  normal(): number {
    const spare = this.#spare;
    if (spare !== undefined) {
      this.#spare = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * exactOrderLog(1 - this.uniform()));
    const { sin, cos } = turnSinCos(this.uniform());
    this.#spare = radius * sin;
    return radius * cos;
  }

  /**
   * Fills an array with N(mean, std²) by Box and Muller, a pair from each block of two words: √(−2 ln((w₀ + ½)/2³²)) and 2π w₁/2³².
   * Large arrays of weights come from here; a fill starts at the stream's next block.
   */
  fillNormal(out: { [index: number]: number; readonly length: number }, mean: number, std: number): void {
    const [key0, key1] = this.key;
    const block = this.#block;
    const turned = new Float64Array(2);
    this.#left = 0;
    for (let i = 0; i < out.length; i += 2) {
      threefryInto(block, key0, key1, this.#counter >>> 0, Math.floor(this.#counter / 4294967296));
      this.#counter++;
      const radius = std * Math.sqrt(-2 * exactOrderLog((block[0] + 0.5) * 2 ** -32));
      turnInto(turned, block[1] * 2 ** -32);
      out[i] = mean + radius * turned[1];
      if (i + 1 < out.length) out[i + 1] = mean + radius * turned[0];
    }
  }

  /** A whole number from 0 to `count` − 1, each equally likely (words that would favour some are drawn again). `count` is at most 2³². */
  integer(count: number): number {
    if (!Number.isInteger(count) || count < 1 || count > 2 ** 32)
      throw new SteepestError({ problem: "No whole number can be drawn", expected: "a count from 1 to 2³²", received: String(count) });
    const limit = 4294967296 - (4294967296 % count);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % count;
  }

  /** The numbers 0 … `count` − 1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }
}

/** ln 2 in two parts: the high one has 20 trailing zero bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.69314718036912382;
const LN2_LOW = 1.9082149292705877e-10;

const bits = new Float64Array(1);
const halves = new Uint32Array(bits.buffer);
bits[0] = 1;
/** Which half holds the exponent: 1 on little-endian machines. */
const upper = halves[1] === 0 ? 0 : 1;

/**
 * The natural logarithm of a positive normal number, within 2 units in the last place, in a fixed order of exactly rounded operations:
 * ln(2ᵏ m) = k ln 2 + 2 atanh((m − 1) / (m + 1)) with m in (√½, √2].
 */
export function exactOrderLog(x: number): number {
  bits[0] = x;
  let k = (halves[upper] >>> 20) - 1023;
  halves[upper] = (halves[upper] & 0xfffff) | 0x3ff00000;
  let m = bits[0];
  if (m > Math.SQRT2) {
    m /= 2;
    k++;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum = 1 / 23;
  sum = sum * z + 1 / 21;
  sum = sum * z + 1 / 19;
  sum = sum * z + 1 / 17;
  sum = sum * z + 1 / 15;
  sum = sum * z + 1 / 13;
  sum = sum * z + 1 / 11;
  sum = sum * z + 1 / 9;
  sum = sum * z + 1 / 7;
  sum = sum * z + 1 / 5;
  sum = sum * z + 1 / 3;
  return k * LN2_HIGH + (2 * s + (2 * s * z * sum + k * LN2_LOW));
}

/** Sine and cosine of `turn` full turns (2π · turn), for turns in [−1, 1]: reduced exactly to an eighth of a turn, then Taylor's series. */
export function turnSinCos(turn: number): { readonly sin: number; readonly cos: number } {
  const out = new Float64Array(2);
  turnInto(out, turn);
  return { sin: out[0], cos: out[1] };
}

/** As `turnSinCos`, writing sine and cosine to `out`: the inner loops allocate nothing. */
function turnInto(out: Float64Array, turn: number): void {
  const quarter = Math.floor(turn * 4 + 0.5);
  const t = (turn - quarter / 4) * 6.283185307179586;
  const z = t * t;
  let s = 1 - z * (1 / 272);
  s = 1 - z * (1 / 210) * s;
  s = 1 - z * (1 / 156) * s;
  s = 1 - z * (1 / 110) * s;
  s = 1 - z * (1 / 72) * s;
  s = 1 - z * (1 / 42) * s;
  s = 1 - z * (1 / 20) * s;
  s = t - t * z * (1 / 6) * s;
  let c = 1 - z * (1 / 240);
  c = 1 - z * (1 / 182) * c;
  c = 1 - z * (1 / 132) * c;
  c = 1 - z * (1 / 90) * c;
  c = 1 - z * (1 / 56) * c;
  c = 1 - z * (1 / 30) * c;
  c = 1 - z * (1 / 12) * c;
  c = 1 - z * 0.5 * c;
  const odd = (quarter & 1) === 1;
  const sine = odd ? c : s;
  const cosine = odd ? s : c;
  out[0] = (quarter & 2) === 0 ? sine : -sine;
  out[1] = ((quarter + 1) & 2) === 0 ? cosine : -cosine;
}
