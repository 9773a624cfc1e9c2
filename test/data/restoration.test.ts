import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { flip } from "../../src/data/augmentations/index.js";
import type { Image } from "../../src/data/images/image.js";
import { type RestorationOptions, restorationPairs, splitPairs } from "../../src/data/restoration/pairs.js";
import { packImages, pairsOf } from "../../src/data/restoration/patches.js";
import { noisyPsnr } from "../../src/data/restoration/psnr.js";
import { tensor } from "../../src/tensor/create.js";
import { RandomStream, streamKey, threefry2x32, uniform24 } from "../../src/tensor/random.js";
import { literalSeed, recordWords, tracedStreamKey } from "../../src/tensor/random-bits.js";
import { messageOf } from "../errors.js";
import { chiSquare, quantile999 } from "../tensor/chi-square.js";

const SEED = 8;
const STEP = 2;

function picture(width: number, height: number, channels = 1): Image {
  const random = new RandomStream(width * 100 + height, "picture");
  return { width, height, channels, depth: 8, data: Uint8Array.from({ length: width * height * channels }, () => random.integer(256)) };
}

function drawn(images: readonly Image[], rows: readonly number[], options: RestorationOptions) {
  const pairs = restorationPairs(images, options);
  const { pixels, extents } = packImages(images);
  const store = {
    pixels: tensor(pixels, { shape: [pixels.length / pairs.channels, pairs.channels] }),
    extents: tensor(extents, { shape: [images.length, 3] }),
  };
  const words = (purpose: string, shape: readonly number[]) => recordWords(tracedStreamKey(literalSeed(SEED), purpose, STEP), shape);
  const { inputs, targets } = pairsOf(store, tensor(Uint32Array.from(rows)), pairs, words);
  const [noisy, clean] = interpret([inputs, targets]);
  return { shape: inputs.shape, noisy, clean };
}

const wordsOf = (purpose: string, record: number, element = 0) => threefry2x32(...streamKey(SEED, purpose, STEP), element, record);
const placeOf = (purpose: string, record: number, places: number): number =>
  Math.floor(((wordsOf(purpose, record)[0] >>> 16) * places) / 65536);

describe("pairs of restoration", () => {
  it("are patches of pictures of any extents, and the same with noise: number by number on the host", () => {
    const images = [picture(9, 7, 3), picture(5, 12, 3), picture(6, 6, 3)];
    const rows = [4, 0, 7, 2, 5];
    const patch = 5;
    const { shape, noisy, clean } = drawn(images, rows, { patch, sigma: [10, 50], augment: [] });
    expect(shape).toEqual([5, patch, patch, 3]);
    let at = 0;
    rows.forEach((row, record) => {
      const { width, height, data } = images[row % 3];
      const top = placeOf("patch down", record, height - patch + 1);
      const left = placeOf("patch across", record, width - patch + 1);
      const level = (10 + 40 * uniform24(wordsOf("noise level", record)[0])) / 255;
      for (let element = 0; element < patch * patch * 3; element++, at++) {
        const [i, j, c] = [Math.floor(element / (3 * patch)), Math.floor(element / 3) % patch, element % 3];
        const x = data[((top + i) * width + left + j) * 3 + c] / 255;
        const [first, second] = wordsOf("noise", record, element);
        const n = Math.sqrt(-2 * Math.log(uniform24(first) + 2 ** -25)) * Math.cos(2 * Math.PI * uniform24(second));
        // The interpreter keeps float64: only the constant 2π and the order of products differ.
        expect(Math.abs(clean[at] - x)).toBeLessThan(1e-12);
        expect(Math.abs(noisy[at] - x - level * n)).toBeLessThan(1e-11);
      }
    });
  });

  it("come from each place equally often, and augmentations act before the noise, on both", () => {
    const image: Image = { width: 6, height: 6, channels: 1, depth: 8, data: Uint8Array.from({ length: 36 }, (_, i) => i) };
    const rows = Array.from({ length: 2500 }, (_, i) => i);
    const plain = drawn([image], rows, { patch: 2, sigma: 0, augment: [] });
    const counts = new Array<number>(25).fill(0);
    for (let r = 0; r < 2500; r++) {
      const first = Math.round(plain.clean[4 * r] * 255);
      counts[5 * Math.floor(first / 6) + (first % 6)]++;
    }
    expect(chiSquare(counts, 100)).toBeLessThan(quantile999(24));
    expect(plain.noisy).toEqual(plain.clean);
    const mirrored = drawn([image], rows.slice(0, 9), { patch: 2, sigma: 0, augment: [flip({ probability: 1 })] });
    for (let r = 0; r < 9; r++) expect(mirrored.clean[4 * r]).toBe(plain.clean[4 * r + 1]);
    expect(mirrored.noisy).toEqual(mirrored.clean);
  });

  it("hold pictures apart with noise that is always the same, of the deviation asked for", () => {
    const images = Array.from({ length: 6 }, (_, i) => picture(41 + i, 40));
    const pairs = restorationPairs(images, { patch: 20, sigma: 25, test: [picture(60, 45)] });
    const { training, validation } = splitPairs(pairs, 1 / 3, 1);
    expect(training.images).toHaveLength(4);
    expect(training.patches).toBe(96);
    expect(validation.inputs.shape).toEqual([8, 20, 20, 1]);
    expect(pairs.test?.inputs.shape).toEqual([6, 20, 20, 1]);
    expect(splitPairs(pairs, 1 / 3, 1).validation).toEqual(validation);
    const { inputs, targets } = validation;
    const noise = Float64Array.from(inputs.data, (x, i) => (x - targets.data[i]) * 255);
    const variance = noise.reduce((sum, n) => sum + n * n, 0) / noise.length;
    // A mean of 3,200 squares: five deviations of √(2/3200).
    expect(Math.abs(variance / 625 - 1)).toBeLessThan(5 * Math.sqrt(2 / 3200));
    // The first patch of a picture is its upper left corner, exactly.
    const own = images.find(({ data }) => Math.fround(data[0] / 255) === targets.data[0] && Math.fround(data[1] / 255) === targets.data[1]);
    expect(own).toBeDefined();
  });

  it("of a range are judged over the whole of it, those that were learned from like those kept apart", () => {
    const images = Array.from({ length: 9 }, (_, i) => picture(80 + i, 80));
    const [low, high] = [5, 45];
    const { training, validation, seen } = splitPairs(restorationPairs(images, { patch: 10, sigma: [low, high] }), 1 / 3, 1);
    for (const { inputs, targets } of [validation, seen]) {
      expect(inputs.shape).toEqual([192, 10, 10, 1]);
      const deviations = Array.from({ length: 192 }, (_, k) => {
        let sum = 0;
        for (let i = 100 * k; i < 100 * (k + 1); i++) sum += ((inputs.data[i] - targets.data[i]) * 255) ** 2;
        return Math.sqrt(sum / 100);
      });
      // Each quarter of the range has its quarter of the patches: the deviation of 100 numbers is known to within √(1/200) of itself, so that a few lie in the next one.
      const found = new Array<number>(4).fill(0);
      for (const sigma of deviations) found[Math.min(3, Math.max(0, Math.floor((4 * (sigma - low)) / (high - low))))]++;
      for (const count of found) expect(Math.abs(count - 48)).toBeLessThan(16);
      const variance = deviations.reduce((sum, sigma) => sum + sigma * sigma, 0) / 192;
      const expected = (low * low + low * high + high * high) / 3;
      expect(10 * Math.log10((255 * 255) / expected)).toBeCloseTo(noisyPsnr([low, high]), 10);
      // Squares of 19,200 numbers, whose variances spread by less than their mean: six deviations of √(4/19200).
      expect(Math.abs(variance / expected - 1)).toBeLessThan(6 * Math.sqrt(4 / 19200));
    }
    const corner = (data: ArrayLike<number>) => [Math.fround(data[0] / 255), Math.fround(data[1] / 255)];
    expect(corner(training.images[0].data)).toEqual([seen.targets.data[0], seen.targets.data[1]]);
  });

  it("refuse pictures and options that cannot be used", () => {
    const grey = picture(8, 8);
    for (const [images, options, message] of [
      [[], { sigma: 25 }, /no pictures/],
      [[grey], { sigma: 25 }, /does not hold a patch/],
      [[grey], { sigma: -1, patch: 4 }, /sigma/],
      [[grey], { sigma: [50, 10], patch: 4 }, /sigma/],
      [[grey], { sigma: 25, patch: 0 }, /patch/],
      [[grey], { sigma: 25, patch: 4, patches: 0.5 }, /patches/],
      [[grey, picture(8, 8, 3)], { sigma: 25, patch: 4 }, /different channels/],
      [[{ ...grey, depth: 16, data: new Uint16Array(64) }], { sigma: 25, patch: 4 }, /8 bits/],
      [[grey], { sigma: 25, patch: 4, test: [picture(3, 3)] }, /test pictures, picture 0/],
    ] as const)
      expect(messageOf(() => restorationPairs(images, options))).toMatch(message);
  });
});
