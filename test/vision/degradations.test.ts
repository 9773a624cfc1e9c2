import { readImage } from "steepest/images";
import { describe, expect, it } from "vitest";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { fromHost, readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { gaussianNoise, imageTensor, poissonNoise, psnr, randomMask, rectangleMask, saltAndPepper, tensorImage } from "../../src/vision.js";
import { messageOf } from "../errors.js";
import { describeShared, readSharedArchive } from "../shared-data.js";
import { scattered, sumOf } from "./samples.js";

const even = (value: number, side = 200, dtype: "f32" | "f64" = "f32"): Tensor =>
  fromHost(dtype === "f32" ? new Float32Array(side * side).fill(value) : new Float64Array(side * side).fill(value), [side, side], dtype);

function moments(x: Tensor): { readonly mean: number; readonly variance: number; readonly kurtosis: number } {
  const mean = x.cast("f64").mean().item();
  const d = x.cast("f64").sub(mean);
  const variance = d.square().mean().item();
  return { mean, variance, kurtosis: d.square().square().mean().item() / variance ** 2 };
}

describe("noise", () => {
  it("of Gauss has mean 0, variance σ² and the kurtosis of the normal distribution", () => {
    const n = 40_000;
    const { mean, variance, kurtosis } = moments(gaussianNoise(even(0.5), { sigma: 0.2, seed: 3 }));
    // Four standard deviations of each estimate.
    expect(Math.abs(mean - 0.5)).toBeLessThan((4 * 0.2) / Math.sqrt(n));
    expect(Math.abs(variance / 0.04 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(4 * Math.sqrt(24 / n));
  });

  it("has the PSNR of its σ where it is not clipped, and a better one where it is", () => {
    const image = scattered([321, 481], 1, 0, 1, "f32");
    for (const [sigma, expected] of [
      [15, 24.609],
      [25, 20.172],
      [50, 14.151],
    ]) {
      // biome-ignore format: a table
      const open = psnr(gaussianNoise(image, { sigma: sigma / 255, seed: sigma }), image);
      expect(Math.abs(open - expected)).toBeLessThan(0.02 + 4 * 4.343 * Math.sqrt(2 / image.size));
      expect(psnr(gaussianNoise(image, { sigma: sigma / 255, seed: sigma, clip: true }), image)).toBeGreaterThan(open + 0.05);
    }
  });

  it("of photons has the mean and the variance of its distribution, also for many of them", () => {
    const n = 10_000;
    for (const [peak, value] of [
      [1, 0.3],
      [30, 0.7],
      [255, 1],
      [1000, 0.9],
    ]) {
      // biome-ignore format: a table
      const noisy = poissonNoise(even(value, 100), { peak, seed: 5 });
      const { mean, variance } = moments(noisy);
      expect(Math.abs(mean - value)).toBeLessThan(4 * Math.sqrt(value / peak / n) + 1e-6);
      // The variance of the variance: (μ + 3μ² − μ²)/n in counts.
      const counts = peak * value;
      expect(Math.abs(variance * peak * peak - counts)).toBeLessThan(4 * Math.sqrt((counts + 2 * counts * counts) / n));
      expect(noisy.data().every((x) => Math.abs(x * peak - Math.round(x * peak)) < 1e-3)).toBe(true);
    }
  });

  it("of photons has the probabilities of its distribution", () => {
    const counts = poissonNoise(even(0.5, 200, "f64"), { peak: 4, seed: 1 }).data().map((x) => Math.round(4 * x)); // biome-ignore format: one line
    let probability = Math.exp(-2);
    for (let k = 0; k < 7; k++) {
      const share = sumOf(Array.from(counts, (x) => Number(x === k))) / counts.length;
      expect(Math.abs(share - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / counts.length));
      probability *= 2 / (k + 1);
    }
    expect(
      poissonNoise(even(0, 5), { peak: 100 })
        .data()
        .every((x) => x === 0),
    ).toBe(true);
  });

  it("of salt and pepper changes its share of the pixels, to black and white alike", () => {
    const data = saltAndPepper(even(0.5), { share: 0.3, seed: 2 }).data();
    const share = (value: number) => sumOf(Array.from(data, (x) => Number(x === value))) / data.length;
    for (const [value, expected] of [[0, 0.15], [1, 0.15], [0.5, 0.7]]) // biome-ignore format: a table
      expect(Math.abs(share(value) - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / data.length));
  });

  it("masks the share of the pixels that it says", () => {
    const mask = randomMask([200, 200], { share: 0.8, seed: 4 });
    expect(Math.abs(mask.mean().item() - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / 40_000));
    expect(new Set(mask.data())).toEqual(new Set([0, 1]));
    expect(randomMask([3, 3], { share: 0 }).sum().item()).toBe(9);
    expect(randomMask([3, 3], { share: 1 }).sum().item()).toBe(0);
    expect(rectangleMask([3, 3], { top: 1, left: 0, height: 2, width: 1 }).toArray()).toEqual([[1, 1, 1], [0, 1, 1], [0, 1, 1]]); // biome-ignore format: a matrix
  });

  it("is a function of its seed and index alone", () => {
    const image = scattered([9, 11], 1, 0, 1, "f32");
    for (const noise of [
      (seed: number, index: number) => gaussianNoise(image, { sigma: 0.1, seed, index }),
      (seed: number, index: number) => poissonNoise(image, { peak: 50, seed, index }),
      (seed: number, index: number) => saltAndPepper(image, { share: 0.5, seed, index }),
      (seed: number, index: number) => randomMask([9, 11], { share: 0.5, seed, index }),
    ]) {
      const first = noise(1, 0).data();
      expect(noise(1, 0).data()).toEqual(first);
      expect(noise(2, 0).data()).not.toEqual(first);
      expect(noise(2 ** 40 + 1, 0).data()).not.toEqual(first);
      expect(noise(1, 1).data()).not.toEqual(first);
    }
  });

  it("is new at every step inside a program, by the step's number, and the one of the host for that number", () => {
    const image = scattered([5, 6], 1, 0.2, 0.8, "f32");
    const noisy = { name: "noisy", type: { shape: [5, 6], dtype: "f32" } } as const;
    const step = { name: "step", type: { shape: [], dtype: "u32" } } as const;
    const at = readVariable(step);
    const point = {
      name: "noise",
      writes: [
        { variable: noisy, value: gaussianNoise(image, { sigma: 0.1, seed: 9, index: at }) },
        { variable: step, value: at.add(1) },
      ],
      traces: [],
    };
    const program = new WasmProgram([noisy, step]);
    for (let i = 0; i < 3; i++) {
      program.run(point, 1);
      expect(program.read(noisy)).toEqual(gaussianNoise(image, { sigma: 0.1, seed: 9, index: i }).data());
    }
  });

  it("refuses what cannot be", () => {
    const image = scattered([3, 3], 1);
    expect(messageOf(() => gaussianNoise(image, { sigma: -1 }))).toContain("σ");
    expect(messageOf(() => gaussianNoise(image, { sigma: 1, seed: -1 }))).toContain("seed");
    expect(messageOf(() => gaussianNoise(image, { sigma: 1, index: 0.5 }))).toContain("index");
    expect(messageOf(() => gaussianNoise(image.cast("i32"), { sigma: 1 }))).toContain("floating-point");
    expect(messageOf(() => poissonNoise(image, { peak: 0 }))).toContain("photons");
    expect(messageOf(() => saltAndPepper(image, { share: 1.1 }))).toContain("share");
    expect(messageOf(() => rectangleMask([3, 3], { top: 1, left: 1, height: 3, width: 1 }))).toContain("inside");
  });
});

describeShared("noise on BSD68", "denoise/BSD68.tar.gz", () => {
  it("has the PSNR of the published protocol: 24.61, 20.17, 14.15 dB", { timeout: 60_000 }, async () => {
    const files = [...readSharedArchive("denoise/BSD68.tar.gz")].filter(([name]) => name.endsWith(".png"));
    expect(files.length).toBe(68);
    const images = await Promise.all(files.map(([where, bytes]) => readImage(bytes, { where, channels: 1 })));
    for (const [sigma, expected] of [
      [15, 24.61],
      [25, 20.17],
      [50, 14.15],
    ]) {
      // biome-ignore format: a table
      const values = images.map((image, index) => {
        const clean = imageTensor(image);
        return psnr(gaussianNoise(clean, { sigma: sigma / 255, seed: 0, index }), clean);
      });
      const target = 20 * Math.log10(255 / sigma);
      expect(target.toFixed(2)).toBe(expected.toFixed(2));
      // One image of 154,401 pixels has a standard deviation of 4.343 √(2/n) = 0.016 dB, the mean of 68 an eighth of it.
      expect(Math.abs(sumOf(values) / values.length - target)).toBeLessThan(0.008);
      for (const value of values) expect(Math.abs(value - target)).toBeLessThan(0.07);
    }
    expect(tensorImage(imageTensor(images[0]))).toEqual(images[0]);
  });
});
