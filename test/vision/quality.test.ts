import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHost, type Tensor } from "../../src/tensor/tensor.js";
import { imageTensor, msssim, psnr, ssim, tensorImage } from "../../src/vision.js";
import { messageOf } from "../errors.js";
import { scattered } from "./samples.js";

interface Case {
  readonly height: number;
  readonly width: number;
  readonly amount: number;
  readonly psnr: number;
  readonly ssim: number;
  readonly msssim?: number;
}

const cases: readonly Case[] = JSON.parse(readFileSync(new URL("../fixtures/vision/quality.json", import.meta.url), "utf8"));

/** The images of the script beside the fixture. */
function pair({ height, width, amount }: Case): readonly [Tensor, Tensor] {
  const clean = Float64Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return 0.5 + 0.25 * Math.cos(0.3 * x + 0.1 * y) + 0.2 * Math.sign(Math.cos(0.11 * x) * Math.cos(0.17 * y));
  });
  let state = 7;
  const noisy = clean.map((value) => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return value + amount * (state / 2 ** 32 - 0.5);
  });
  return [fromHost(noisy, [height, width], "f64"), fromHost(clean, [height, width], "f64")];
}

describe("measures of quality", () => {
  for (const one of cases)
    it(`are those of numpy: ${one.height} × ${one.width}, noise ${one.amount}`, () => {
      const [noisy, clean] = pair(one);
      // Variances as differences of means lose at most 1/C₂ ≈ 1,100 units of the last place.
      expect(psnr(noisy, clean)).toBeCloseTo(one.psnr, 9);
      expect(ssim(noisy, clean)).toBeCloseTo(one.ssim, 10);
      if (one.msssim !== undefined) expect(msssim(noisy, clean)).toBeCloseTo(one.msssim, 10);
    });

  it("are 1 and ∞ for equal images, and do not mind the order, the peak's unit, or where channels lie", () => {
    const x = scattered([12, 13, 3], 1, 0, 1);
    const y = scattered([12, 13, 3], 2, 0, 1);
    expect(psnr(x, x)).toBe(Number.POSITIVE_INFINITY);
    expect(ssim(x, x)).toBe(1);
    expect(ssim(x, y)).toBeCloseTo(ssim(y, x), 13);
    expect(ssim(x.mul(255), y.mul(255), { peak: 255 })).toBeCloseTo(ssim(x, y), 12);
    expect(psnr(x.mul(255), y.mul(255), { peak: 255 })).toBeCloseTo(psnr(x, y), 10);
    const planar = (z: Tensor) => z.transpose([2, 0, 1]);
    expect(ssim(planar(x), planar(y), { layout: "planar" })).toBe(ssim(x, y));
  });

  it("take pictures as they are", () => {
    const [a, b] = [scattered([11, 12], 1, 0, 1), scattered([11, 12], 2, 0, 1)].map((x) => tensorImage(x));
    const [x, y] = [a, b].map((image) => imageTensor(image, { dtype: "f64" }));
    expect(psnr(a, b)).toBeCloseTo(psnr(x, y), 10);
    expect(ssim(a, b)).toBeCloseTo(ssim(x, y), 12);
  });

  it("refuse images that cannot be compared", () => {
    const x = scattered([12, 12], 1);
    expect(messageOf(() => psnr(x, scattered([12, 11], 1)))).toContain("one size");
    expect(messageOf(() => psnr(x, tensorImage(x)))).toContain("one size and kind");
    expect(messageOf(() => ssim(scattered([10, 12], 1), scattered([10, 12], 1)))).toContain("11 × 11");
    expect(messageOf(() => msssim(x, x))).toContain("176");
    expect(messageOf(() => psnr(scattered([4], 1), scattered([4], 1)))).toContain("rows and columns");
  });
});

describe("pictures and tensors", () => {
  it("are the same numbers, there and back, for 8 and 16 bits and all channels", () => {
    for (const depth of [8, 16] as const)
      for (const channels of [1, 2, 3, 4]) {
        const shape = channels === 1 ? [5, 7] : [5, 7, channels];
        const image = tensorImage(scattered(shape, channels, 0, 1), { depth });
        for (const layout of ["interleaved", "planar"] as const) {
          const back = tensorImage(imageTensor(image, { layout }), { layout, depth });
          expect(back).toEqual(image);
        }
      }
    const all = { width: 256, height: 256, channels: 1, depth: 16, data: Uint16Array.from({ length: 65536 }, (_, i) => i) } as const;
    expect(tensorImage(imageTensor(all), { depth: 16 })).toEqual(all);
  });

  it("clip and round, and refuse NaN", () => {
    expect([...tensorImage(fromHost(Float64Array.of(-1, 0.5, 2, 0.002), [2, 2], "f64")).data]).toEqual([0, 128, 255, 1]);
    expect(messageOf(() => tensorImage(fromHost(Float64Array.of(0, Number.NaN), [1, 2], "f64")))).toContain("row 0, column 1");
    expect(messageOf(() => tensorImage(scattered([3, 2, 5], 1)))).toContain('layout: "planar"');
  });
});
