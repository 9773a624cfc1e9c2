/** Noise and loss, as traced functions with counter-based random numbers: they may run inside a compiled step as well as by themselves. */
import { whileLoop } from "../tensor/control.js";
import { SteepestError, tracingError } from "../tensor/error.js";
import { type TracedKey, type TracedSeed, threefry, tracedStreamKey, uniformFromBits } from "../tensor/random-bits.js";
import { fromHost, iota, literal, type Tensor } from "../tensor/tensor.js";
import { isFloat, type Shape, sizeOf } from "../tensor/types.js";

export interface RandomOptions {
  /** Names the random numbers: a whole number from 0 to 2⁵³ − 1, or inside a program two u32 scalars. Default 1. */
  readonly seed?: number | TracedSeed;
  /** Which of the images, steps or records it is, each with numbers of its own: a whole number or a u32 scalar. Default 0. */
  readonly index?: number | Tensor;
}

/** Two random words for each element: block (element, part) of the stream (seed, purpose, index). */
function words(shape: Shape, purpose: string, { seed = 1, index = 0 }: RandomOptions, part = 0): TracedKey {
  if (typeof seed === "number" && !(Number.isSafeInteger(seed) && seed >= 0))
    throw new SteepestError({ problem: "the seed is not usable", expected: "a whole number from 0 to 2⁵³ − 1", received: String(seed) });
  if (typeof index === "number" && !(Number.isInteger(index) && index >= 0 && index < 2 ** 32))
    throw new SteepestError({
      problem: "the index of the random numbers is not usable",
      expected: "a whole number from 0 to 2³² − 1",
      received: String(index),
    });
  // Inputs, not literals: another seed or index is no other program.
  const word = (value: number) => fromHost(Uint32Array.of(value >>> 0), [], "u32");
  const key = tracedStreamKey(
    typeof seed === "number" ? [word(seed), word(Math.floor(seed / 4294967296))] : seed,
    purpose,
    typeof index === "number" ? word(index) : index,
  );
  const size = sizeOf(shape);
  const [first, second] = threefry(key, iota([size], 0, "u32"), literal(part, "u32"));
  return [first.reshape(shape), second.reshape(shape)];
}

function checkImage(u: Tensor): void {
  if (!isFloat(u.dtype))
    throw tracingError({ problem: "an image holds floating-point numbers", received: u.toString(), fix: 'convert it: image.cast("f32")' });
}

const clipped = (u: Tensor, clip: boolean): Tensor => (clip ? u.maximum(0).minimum(1) : u);

export interface GaussianNoiseOptions extends RandomOptions {
  /** Standard deviation, where values go from 0 to 1: 25/255, say. */
  readonly sigma: number;
  /** Clip to 0 … 1, as a file of 8 bits does. Default false: published tables add noise to numbers that are not clipped. */
  readonly clip?: boolean;
}

/**
 * u + σ N(0, 1), by Box and Muller: √(−2 ln a) cos 2πb from two words for each pixel, below 5.9 σ.
 *
 * What is not clipped has a PSNR of 20 log₁₀(1/σ): 24.61, 20.17, 14.15 dB for σ = 15, 25, 50 of 255. Clipping makes it some tenths better.
 *
 * @throws SteepestError for a negative σ, a seed that cannot be used, and images of whole numbers
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { gaussianNoise } from "steepest/vision";
 * const even = tensor(new Float32Array(10000).fill(0.5), { shape: [100, 100] });
 * gaussianNoise(even, { sigma: 0.1, seed: 7 }).sub(even).square().mean().sqrt().item(); // → 0.10
 * ```
 */
export function gaussianNoise(u: Tensor, options: GaussianNoiseOptions): Tensor {
  checkImage(u);
  const { sigma, clip = false } = options;
  if (!(sigma >= 0 && Number.isFinite(sigma)))
    throw new SteepestError({ problem: "σ is the standard deviation of the noise", expected: "a number ≥ 0", received: String(sigma) });
  const [first, second] = words(u.shape, "gaussian noise", options);
  // Half a unit more keeps the logarithm finite.
  const radius = uniformFromBits(first, u.dtype)
    .add(2 ** -25)
    .log()
    .mul(-2)
    .maximum(0)
    .sqrt();
  const turn = uniformFromBits(second, u.dtype).mul(6.283185307179586);
  return clipped(u.add(radius.mul(turn.cos()).mul(sigma)), clip);
}

export interface PoissonNoiseOptions extends RandomOptions {
  /** Photons that white (1) stands for on average, at most 65,536: fewer are noisier. */
  readonly peak: number;
}

/** Most photons of a draw at once: e^−λ is far from the smallest numbers. */
const MOST = 256;

/**
 * Photon noise: each pixel becomes a number from the Poisson distribution with mean peak · u, divided by `peak`. Values below 0 count as 0, above 1 as 1.
 *
 * By inversion of the distribution function in float64, summed up from 0; means above 256 are sums of several draws. The variance is u / peak.
 *
 * @throws SteepestError for a peak that is not positive or above 65,536, a seed that cannot be used, and images of whole numbers
 */
export function poissonNoise(u: Tensor, options: PoissonNoiseOptions): Tensor {
  checkImage(u);
  const { peak } = options;
  if (!(peak > 0 && peak <= 65_536))
    throw new SteepestError({
      problem: "the peak is the number of photons of white",
      expected: "a number above 0, at most 65,536",
      received: String(peak),
    });
  const parts = Math.ceil(peak / MOST);
  const mean = u
    .cast("f64")
    .maximum(0)
    .minimum(1)
    .mul(peak / parts);
  let count = mean.fill(0);
  for (let part = 0; part < parts; part++) count = count.add(poissonDraw(mean, words(u.shape, "poisson noise", options, part)));
  return count.mul(1 / peak).cast(u.dtype);
}

/** The smallest k with P(X ≤ k) > a uniform number. */
function poissonDraw(mean: Tensor, [first, second]: TracedKey): Tensor {
  const uniform = second
    .cast("f64")
    .add(0.5)
    .mul(2 ** -32)
    .add(first.cast("f64"))
    .mul(2 ** -32);
  // Beyond the mean, terms that no longer change the sum end the search.
  const goesOn = (k: Tensor, term: Tensor, sum: Tensor) => uniform.ge(sum).and(k.lt(mean).or(term.gt(2 ** -54)));
  const start = mean.neg().exp();
  const [count] = whileLoop(
    ([k, term, sum]) => goesOn(k, term, sum).cast("f64").max().gt(0),
    ([k, term, sum]) => {
      const moves = goesOn(k, term, sum);
      const next = term.mul(mean).div(k.add(1));
      return [moves.select(k.add(1), k), moves.select(next, term), moves.select(sum.add(next), sum)];
    },
    [mean.fill(0), start, start],
  );
  return count;
}

export interface SaltAndPepperOptions extends RandomOptions {
  /** Which share of the pixels is lost, from 0 to 1. */
  readonly share: number;
}

/**
 * Impulse noise: a share of the numbers becomes 0 or 1, each as likely.
 *
 * @throws SteepestError for a share outside of 0 … 1, a seed that cannot be used, and images of whole numbers
 */
export function saltAndPepper(u: Tensor, options: SaltAndPepperOptions): Tensor {
  checkImage(u);
  checkShare(options.share);
  const [first, second] = words(u.shape, "salt and pepper", options);
  const value = uniformFromBits(second, u.dtype).ge(0.5).cast(u.dtype);
  return uniformFromBits(first, u.dtype).lt(options.share).select(value, u);
}

export interface RandomMaskOptions extends RandomOptions {
  /** Which share of the pixels is lost, from 0 to 1. */
  readonly share: number;
}

/**
 * A mask of 1 where a pixel is seen and 0 where it is lost, each by itself.
 *
 * @param shape [height, width]
 * @throws SteepestError for a share outside of 0 … 1, and a seed that cannot be used
 */
export function randomMask(shape: Shape, options: RandomMaskOptions): Tensor {
  checkShare(options.share);
  const [first] = words(shape, "random mask", options);
  return uniformFromBits(first, "f32").ge(options.share).cast("f32");
}

/**
 * A mask of 1, with a rectangle of 0 that was lost.
 *
 * @param shape [height, width]
 * @param hole `top` and `left` from 0, `height` and `width` in pixels
 * @throws SteepestError for a rectangle that is empty or not inside of the image
 * @example
 * ```ts
 * import { rectangleMask } from "steepest/vision";
 * rectangleMask([2, 4], { top: 0, left: 1, height: 2, width: 2 }).toArray(); // → [[1, 0, 0, 1], [1, 0, 0, 1]]
 * ```
 */
export function rectangleMask(
  shape: readonly [height: number, width: number],
  hole: { readonly top: number; readonly left: number; readonly height: number; readonly width: number },
): Tensor {
  const { top, left, height, width } = hole;
  const isWhole = [top, left, height, width].every((n) => Number.isInteger(n) && n >= 0) && height > 0 && width > 0;
  if (!isWhole || top + height > shape[0] || left + width > shape[1])
    throw new SteepestError({
      problem: "the rectangle does not lie inside of the image",
      expected: `whole numbers, at most ${shape[0]} rows and ${shape[1]} columns`,
      received: `${height} × ${width} from row ${top}, column ${left}`,
    });
  const inside = (axis: number, from: number, extent: number) => {
    const at = iota(shape, axis, "i32");
    return at.ge(from).and(at.lt(from + extent));
  };
  return inside(0, top, height)
    .and(inside(1, left, width))
    .not()
    .cast("f32");
}

function checkShare(share: number): void {
  if (!(share >= 0 && share <= 1))
    throw new SteepestError({
      problem: "the share of lost pixels cannot be used",
      expected: "a number from 0 to 1",
      received: String(share),
    });
}
