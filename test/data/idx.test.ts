import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseIdx, readIdx } from "../../src/data/idx.js";

/** A header written by hand: two zeros, type, rank, sizes. */
function idx(type: number, shape: readonly number[], content: readonly number[]): Uint8Array {
  const sizes = shape.flatMap((extent) => [(extent / 2 ** 24) & 255, (extent >> 16) & 255, (extent >> 8) & 255, extent & 255]);
  return Uint8Array.from([0, 0, type, shape.length, ...sizes, ...content]);
}

describe("parseIdx", () => {
  it("reads bytes without copying them", () => {
    const bytes = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 255]);
    const array = parseIdx(bytes);
    expect(array).toEqual({ shape: [2, 3], dtype: "u8", data: Uint8Array.of(1, 2, 3, 4, 5, 255) });
    expect(array.data.buffer).toBe(bytes.buffer);
  });

  it("reads every other type, big-endian, at any offset in a buffer", () => {
    const cases: [number, number[], string, number[]][] = [
      [0x09, [0xff, 0x7f], "i8", [-1, 127]],
      [0x0b, [0xff, 0xfe, 0x01, 0x00], "i16", [-2, 256]],
      [0x0c, [0xff, 0xff, 0xff, 0xfd, 0x00, 0x01, 0x00, 0x02], "i32", [-3, 65538]],
      [0x0d, [0x3f, 0xc0, 0x00, 0x00, 0xc2, 0x28, 0x00, 0x00], "f32", [1.5, -42]],
      [0x0e, [0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a, 0xc0, 0x00, 0, 0, 0, 0, 0, 0], "f64", [0.1, -2]],
    ];
    for (const [type, content, dtype, expected] of cases) {
      const bytes = idx(type, [2], content);
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      for (const view of [bytes, shifted.subarray(3)]) {
        const array = parseIdx(view);
        expect(array.dtype).toBe(dtype);
        expect([...array.data]).toEqual(expected);
      }
    }
  });

  it("names the file and both sizes when the data are cut off or go on", () => {
    const bytes = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 6]);
    expect(() => parseIdx(bytes.subarray(0, 17), "a-file")).toThrow(/truncated\n.*18 bytes for u8\[2, 3\].*\n.*17 bytes\n.*a-file/);
    expect(() => parseIdx(bytes.subarray(0, 9))).toThrow(/truncated within its header\n.*12 bytes for 2 dimensions\n.*9 bytes/);
    expect(() => parseIdx(Uint8Array.from([...bytes, 0]))).toThrow(/goes on after its data\n.*18 bytes.*\n.*19 bytes/);
  });

  it("refuses what is no IDX file, showing its first bytes", () => {
    expect(() => parseIdx(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d))).toThrow(/magic number.*\n.*\n.*89 50 4e 47/);
    expect(() => parseIdx(idx(0x0a, [1], [0]))).toThrow(/magic number/);
    expect(() => parseIdx(Uint8Array.of(0, 0, 8, 0))).toThrow(/magic number/);
    expect(() => parseIdx(Uint8Array.of(0, 0))).toThrow(/magic number/);
    expect(() => parseIdx(new Uint8Array(0))).toThrow(/The file is empty/);
  });

  it("refuses sizes that no array can have before it reserves anything", () => {
    expect(() => parseIdx(idx(0x08, [2 ** 31, 2 ** 31, 2 ** 31], []))).toThrow(/more numbers than an array can hold/);
    // 16 GiB of float64 promised by 12 bytes: found by the length, nothing allocated.
    expect(() => parseIdx(idx(0x0e, [2 ** 30, 1], []))).toThrow(/truncated/);
  });
});

describe("readIdx", () => {
  const plain = idx(
    0x08,
    [3, 50, 50],
    Array.from({ length: 7500 }, (_, i) => (i * i) & 255),
  );

  it("opens gzip and leaves plain data as they are", async () => {
    const expected = parseIdx(plain);
    expect(await readIdx(plain)).toEqual(expected);
    expect(await readIdx(gzipSync(plain))).toEqual(expected);
    expect(await readIdx(gzipSync(idx(0x08, [1], [7])))).toEqual({ shape: [1], dtype: "u8", data: Uint8Array.of(7) });
  });

  it("tells damaged and truncated gzip data", async () => {
    const packed = gzipSync(plain);
    await expect(readIdx(packed.subarray(0, packed.length - 100), "labels.gz")).rejects.toThrow(/damaged or cut off[\s\S]*labels\.gz/);
    await expect(readIdx(packed.subarray(0, 20))).rejects.toThrow(/damaged or cut off/);
    const damaged = Uint8Array.from(packed);
    damaged[damaged.length - 6] ^= 1;
    await expect(readIdx(damaged)).rejects.toThrow(/damaged or cut off/);
    await expect(readIdx(Uint8Array.of(0x1f, 0x8b, 1, 2, 3))).rejects.toThrow(/damaged or cut off/);
  });

  it("tells gzip data whose content is no IDX file, or shorter than it says", async () => {
    await expect(readIdx(gzipSync(Buffer.from("not a number file at all, just some text")))).rejects.toThrow(/magic number/);
    await expect(readIdx(gzipSync(plain.subarray(0, 7000)))).rejects.toThrow(/truncated\n.*7516 bytes.*\n.*7000 bytes/);
    await expect(readIdx(gzipSync(new Uint8Array(0)))).rejects.toThrow(/The file is empty/);
  });

  it("stops unpacking where the header's promise ends, and does not believe a header that the file cannot keep", async () => {
    const bomb = gzipSync(Buffer.concat([idx(0x08, [4], [1, 2, 3, 4]), Buffer.alloc(50_000_000)]));
    const before = process.memoryUsage().arrayBuffers;
    await expect(readIdx(bomb)).rejects.toThrow(/holds more than its header says\n.*12 bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    await expect(readIdx(gzipSync(idx(0x08, [2 ** 31 - 1], [1])))).rejects.toThrow(/truncated\n.*2147483655 bytes/);
  });
});
