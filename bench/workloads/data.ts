/** The data of all workloads, from one integer hash: the peers make the same numbers. */

/** `count` numbers in [low, high). */
export function hashUniform(count: number, seed: number, low = 0, high = 1): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  const shift = Math.imul(seed, 0x9e3779b9);
  for (let i = 0; i < count; i++) {
    let h = (i + shift) >>> 0;
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    out[i] = low + (high - low) * ((h >>> 8) / 16777216);
  }
  return out;
}

/** The classes of so many records. */
export const labels = (count: number, classes: number): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: count }, (_, i) => (i * 7 + 3) % classes);

/** The start of a weight: uniform, with variance 1/fanIn. */
export function weight(count: number, fanIn: number, seed: number): Float32Array<ArrayBuffer> {
  const bound = Math.sqrt(3 / fanIn);
  return hashUniform(count, seed, -bound, bound);
}

/** Filters given as [out, in, height, width], laid out as [height, width, in, out]. */
export function filters(given: Float32Array, outputs: number, inputs: number, size = 3): Float32Array<ArrayBuffer> {
  const out = new Float32Array(given.length);
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let tap = 0; tap < size * size; tap++) out[(tap * inputs + i) * outputs + o] = given[(o * inputs + i) * size * size + tap];
  return out;
}

/** Dense weights whose rows run over [channels, height, width], with rows over [height, width, channels]. */
export function denseAfterImage(given: Float32Array, channels: number, pixels: number, units: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(given.length);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < pixels; p++)
      out.set(given.subarray((c * pixels + p) * units, (c * pixels + p + 1) * units), (p * channels + c) * units);
  return out;
}
