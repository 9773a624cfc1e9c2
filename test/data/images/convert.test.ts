import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Image } from "../../../src/data/images/index.js";
import { convertImage, resizeImage } from "../../../src/data/images/index.js";

const bytes = (width: number, height: number, channels: number, ...data: number[]): Image => ({
  width,
  height,
  channels,
  depth: 8,
  data: Uint8Array.from(data),
});

describe("convertImage", () => {
  it("takes grey of RGB as BT.601 weighs, to the nearest", () => {
    const data: number[] = [];
    for (let r = 0; r < 256; r += 15) for (let g = 0; g < 256; g += 15) for (let b = 0; b < 256; b += 15) data.push(r, g, b);
    const grey = convertImage(bytes(data.length / 3, 1, 3, ...data), { channels: 1 });
    for (let i = 0; i < grey.width; i++) {
      const exact = 0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2];
      // Weights of 16 bits are off by at most 2⁻¹⁷ each, times 255 twice over.
      expect(Math.abs(grey.data[i] - exact)).toBeLessThan(0.5 + 3 * 255 * 2 ** -17);
    }
    expect([...convertImage(bytes(2, 1, 3, 0, 0, 0, 255, 255, 255), { channels: 1 }).data]).toEqual([0, 255]);
  });

  it("keeps what every depth can hold, and rounds the rest", () => {
    const all = bytes(256, 1, 1, ...Array.from({ length: 256 }, (_, i) => i));
    const wide = convertImage(all, { depth: 16 });
    expect([...wide.data.slice(-2)]).toEqual([65278, 65535]);
    expect(convertImage(wide, { depth: 8 })).toEqual(all);
    const words: Image = { width: 3, height: 1, channels: 1, depth: 16, data: Uint16Array.of(128, 129, 385) };
    expect([...convertImage(words, { depth: 8 }).data]).toEqual([0, 1, 1]);
  });

  it("lays transparent parts over a background", () => {
    const half = bytes(3, 1, 2, 100, 255, 100, 0, 100, 51);
    expect([...convertImage(half, { channels: 1 }).data]).toEqual([100, 255, 224]);
    expect([...convertImage(half, { channels: 1, background: 0 }).data]).toEqual([100, 0, 20]);
    expect([...convertImage(half, { channels: 4 }).data]).toEqual([100, 100, 100, 255, 100, 100, 100, 0, 100, 100, 100, 51]);
    expect([...convertImage(bytes(1, 1, 4, 255, 0, 0, 0), { channels: 3 }).data]).toEqual([255, 255, 255]);
    expect([...convertImage(bytes(1, 1, 1, 9), { channels: 4 }).data]).toEqual([9, 9, 9, 255]);
  });

  it("refuses what there is not", () => {
    const picture = bytes(1, 1, 1, 0);
    expect(() => convertImage(picture, { background: 2 })).toThrow(/background from 0 to 1/);
    expect(() => convertImage({ ...picture, width: 2 })).toThrow(/no picture/);
  });
});

describe("resizeImage", () => {
  interface Case {
    readonly method: "area" | "bilinear";
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
    readonly expected: readonly number[];
  }
  const cases: readonly Case[] = JSON.parse(readFileSync(new URL("../../fixtures/images/resize.json", import.meta.url), "utf8"));

  it.each(cases)("$method from $from to $to is PyTorch's", ({ method, from: [h, w], to: [height, width], expected }) => {
    const picture = bytes(w, h, 3);
    const data = Uint8Array.from({ length: 3 * w * h }, (_, i) => {
      const [c, x, y] = [i % 3, Math.floor(i / 3) % w, Math.floor(i / 3 / w)];
      return c * 97 + y * 57 + x * 31 + x * y * 13;
    });
    const out = resizeImage({ ...picture, depth: 8, data }, width, height, { method, fit: "stretch" });
    expect(out.data.length).toBe(expected.length);
    // The fixture has six decimals; a half may be rounded either way.
    out.data.forEach((sample, i) => {
      expect(Math.abs(sample - expected[i])).toBeLessThanOrEqual(0.5 + 1e-6);
    });
  });

  it("keeps the mean of a picture that shrinks by area, at any ratio", () => {
    const data = Array.from({ length: 70 }, (_, i) => (i * 37) % 256);
    const picture: Image = { width: 10, height: 7, channels: 1, depth: 16, data: Uint16Array.from(data, (x) => 257 * x) };
    const mean = (image: Image) => [...image.data].reduce((sum, x) => sum + x, 0) / image.data.length;
    const small = resizeImage(picture, 3, 4, { method: "area", fit: "stretch" });
    expect(Math.abs(mean(small) - mean(picture))).toBeLessThan(0.5);
  });

  it("cuts what stands over equally at both sides, or distorts", () => {
    const wide = bytes(6, 2, 1, 0, 0, 50, 50, 255, 255, 0, 0, 50, 50, 255, 255);
    expect([...resizeImage(wide, 2, 2).data]).toEqual([50, 50, 50, 50]);
    expect([...resizeImage(wide, 1, 1).data]).toEqual([50]);
    expect([...resizeImage(wide, 3, 1, { fit: "stretch" }).data]).toEqual([0, 50, 255]);
    expect(resizeImage(wide, 6, 2)).toBe(wide);
  });

  it("refuses sizes that no picture has", () => {
    for (const [w, h] of [
      [0, 1],
      [1.5, 1],
      [1e6, 1e6],
    ])
      expect(() => resizeImage(bytes(1, 1, 1, 0), w, h)).toThrow(/cannot have this size/);
  });
});
