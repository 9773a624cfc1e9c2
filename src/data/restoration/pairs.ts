/** Pairs of degraded and clean patches, made while a network trains from clean pictures alone. */
import { SteepestError } from "../../tensor/error.js";
import { RandomStream } from "../../tensor/random.js";
import { type Augmentation, checkAugmentations, dihedral } from "../augmentations/index.js";
import type { DatasetPart, Preprocessing } from "../dataset.js";
import { noPreprocessing } from "../dataset.js";
import { checkImage, type Image } from "../images/image.js";
import { splitIndices } from "../split.js";

export interface RestorationOptions {
  /** Rows and columns of a patch. Default 40. */
  readonly patch?: number;
  /** Deviation of the Gaussian noise in levels of 0 … 255: one for all, or [from, to], from which each patch draws its own ("blind"). */
  readonly sigma: number | readonly [number, number];
  /** Patches of an epoch. Default: 16 of each picture. */
  readonly patches?: number;
  /** What happens to a clean patch before its noise. Default `[dihedral()]`: one of the eight symmetries of the square. */
  readonly augment?: readonly Augmentation[];
  /** Clean pictures that training never sees: all their patches, side by side, with noise that is always the same, of a range evenly spread levels. */
  readonly test?: readonly Image[];
  /** Default "restoration". */
  readonly name?: string;
}

/** What `restorationPairs` gives, for `fit`. */
export interface RestorationPairs {
  readonly kind: "restoration";
  readonly name: string;
  /** Clean pictures of 8 bits and the same channels, of any extents from a patch on. */
  readonly images: readonly Image[];
  readonly channels: number;
  readonly patch: number;
  /** Deviations in levels: the least and the largest. */
  readonly sigma: readonly [number, number];
  readonly patches: number;
  readonly augment: readonly Augmentation[];
  /** Fixed pairs of the test pictures. */
  readonly test?: DatasetPart;
  /** None: pairs are intensities from 0 to 1. */
  readonly preprocessing: Preprocessing;
  readonly classes?: undefined;
}

/** Names the noise of pairs that are evaluated, so that every run is judged on the same. */
const HELD_SEED = 68;

/**
 * A data set of pairs (noisy, clean) that is never stored: each record of each step is a patch at a random place of a clean picture, changed by the
 * augmentations, and the same with noise of its own.
 *
 *     target x = augmented patch / 255,   input y = x + (σ/255) n,   n ~ N(0, 1) for each number, nothing cut off
 *
 * Record r of an epoch of `patches` comes from picture r mod (number of pictures), so that each gives as many. Place, symmetry, σ and noise are addressed by seed,
 * step and record: the same bits with any number of threads. The pictures lie in the program as bytes; the rest is in the compiled step.
 *
 * With `fit` the default loss is `halfSquaredSum()`, ½ Σ (x̂ − x)² for each patch, as for DnCNN (Zhang et al.: arXiv 1608.03981). `validation` holds pictures apart,
 * and judges by their patches, side by side, with fixed noise. Of a range of σ each of them has its own, evenly spread over the range: losses of training and of
 * validation are then means over the same noise. `fit` gives PSNR beside these losses, and at the end judges as many patches of the pictures that it learned from.
 *
 * @param images clean pictures, 8 bits, all grey or all RGB
 * @throws SteepestError for pictures smaller than a patch, of other depths or of different channels, and options that cannot be used
 * @example
 * ```ts
 * import { dncnn, fit } from "steepest";
 * import { restorationPairs } from "steepest/data";
 * const disc = Uint8Array.from({ length: 32 * 32 }, (_, i) => ((i % 32) - 16) ** 2 + (Math.floor(i / 32) - 16) ** 2 < 90 ? 200 : 50);
 * const pairs = restorationPairs([{ width: 32, height: 32, channels: 1, depth: 8, data: disc }], { patch: 16, sigma: 25, patches: 64 });
 * const run = await fit(dncnn({ depth: 3, filters: 4 }), pairs, { epochs: 2, batchSize: 16 });
 * run.steps; // → 8
 * ```
 */
export function restorationPairs(images: readonly Image[], options: RestorationOptions): RestorationPairs {
  const { patch = 40, sigma, augment = [dihedral()], test, name = "restoration" } = options;
  const range = typeof sigma === "number" ? ([sigma, sigma] as const) : sigma;
  const { patches = 16 * images.length } = options;
  checkOption("patch", Number.isInteger(patch) && patch >= 1 && patch < 65536, "a whole number of pixels ≥ 1", patch);
  const isRange = Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] >= 0 && range[0] <= range[1];
  checkOption("sigma", isRange, "a deviation ≥ 0 in levels of 0 … 255, or [from, to]", sigma);
  const channels = images[0]?.channels ?? 0;
  checkPictures(images, channels, patch, name);
  checkOption("patches", Number.isInteger(patches) && patches >= 1 && patches < 2 ** 31, "a whole number ≥ 1", patches);
  checkAugmentations(augment);
  if (test) checkPictures(test, channels, patch, `${name}, test pictures`);
  return {
    ...{ kind: "restoration", name, images, channels, patch, sigma: range, patches, augment },
    ...(test ? { test: heldPairs(test, channels, patch, range) } : {}),
    preprocessing: noPreprocessing,
  };
}

/** Whether this is what `restorationPairs` returns. */
export const isRestorationPairs = (data: object): data is RestorationPairs => "kind" in data && data.kind === "restoration";

/**
 * Pictures set apart: training goes on with the others, and as many patches. As many patches, spread over all of those, are judged like the ones set apart (`seen`):
 * pictures differ so much that some few of them would say little.
 *
 * @throws SteepestError where the fraction leaves either part without pictures
 */
export function splitPairs(
  pairs: RestorationPairs,
  fraction: number,
  seed: number,
): { readonly training: RestorationPairs; readonly validation: DatasetPart; readonly seen: DatasetPart } {
  const { images, channels, patch, sigma } = pairs;
  const { training, validation } = splitIndices(images.length, fraction, seed, `${pairs.name}, pictures`);
  const some = (indices: Uint32Array) => Array.from(indices, (i) => images[i]);
  const held = (indices: Uint32Array, every = 1) => heldPairs(some(indices), channels, patch, sigma, every);
  const every = Math.max(1, Math.round(training.length / validation.length));
  return { training: { ...pairs, images: some(training) }, validation: held(validation), seen: held(training, every) };
}

/** The golden section: multiples of it, without their whole parts, fill an interval evenly however many there are. */
const GOLDEN = 0.6180339887498949;

/** All patches of pictures, side by side from the upper left, or each `every`-th of them, with fixed noise; σ of the k-th is low + (high − low) · frac(½ + k·golden). */
function heldPairs(
  images: readonly Image[],
  channels: number,
  patch: number,
  [low, high]: readonly [number, number],
  every = 1,
): DatasetPart {
  const along = (extent: number) => Math.floor(extent / patch);
  const all = images.reduce((sum, { width, height }) => sum + along(width) * along(height), 0);
  const count = Math.ceil(all / every);
  const shape = [count, patch, patch, channels];
  const clean = new Float32Array(count * patch * patch * channels);
  let [at, met] = [0, 0];
  for (const { width, height, data } of images)
    for (let top = 0; top + patch <= height; top += patch)
      for (let left = 0; left + patch <= width; left += patch) {
        if (met++ % every !== 0) continue;
        for (let row = top; row < top + patch; row++)
          for (let i = (row * width + left) * channels; i < (row * width + left + patch) * channels; i++) clean[at++] = data[i] / 255;
      }
  const noise = new Float32Array(clean.length);
  new RandomStream(HELD_SEED, "noise of held patches").fillNormal(noise, 0, 1);
  const values = patch * patch * channels;
  const levels = Float64Array.from({ length: count }, (_, k) => (low + (high - low) * ((0.5 + k * GOLDEN) % 1)) / 255);
  const noisy = clean.map((x, i) => x + levels[Math.floor(i / values)] * noise[i]);
  return { inputs: { shape, dtype: "f32", data: noisy }, targets: { shape, dtype: "f32", data: clean } };
}

function checkPictures(images: readonly Image[], channels: number, patch: number, where: string): void {
  if (images.length === 0)
    throw new SteepestError({ problem: "There are no pictures to make pairs of", expected: "at least one", received: "none", where });
  for (const [i, image] of images.entries()) {
    checkImage(image);
    const { width, height, depth } = image;
    const wrong = (problem: string, expected: string, received: string, fix?: string) =>
      new SteepestError({ problem, expected, received, where: `${where}, picture ${i}`, fix });
    if (depth !== 8 || (image.channels !== 1 && image.channels !== 3))
      throw wrong(
        "Pairs are made of grey or RGB pictures of 8 bits",
        "depth 8 and 1 or 3 channels",
        `depth ${depth} and ${image.channels} channels`,
        "convertImage(image, { channels: 1, depth: 8 }) of steepest/images",
      );
    if (image.channels !== channels)
      throw wrong("The pictures have different channels", `${channels}, as in the first`, String(image.channels));
    if (Math.min(width, height) < patch || Math.max(width, height) >= 65536)
      throw wrong("A picture does not hold a patch", `extents from ${patch} to 65,535 pixels`, `${width} × ${height}`, "a smaller `patch`");
  }
}

function checkOption(name: string, fits: boolean, expected: string, received: unknown): void {
  if (!fits)
    throw new SteepestError({
      problem: `the option ${name} of restorationPairs is not usable`,
      expected,
      received: JSON.stringify(received),
    });
}
