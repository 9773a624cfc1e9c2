import { crc32, inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Image } from "../../../src/data/images/index.js";
import { encodePng } from "../../../src/data/images/index.js";
import { pngDataUri } from "../../../src/figures/png.js";
import { SteepestError } from "../../../src/tensor/error.js";

/** Chunks of a PNG file, their checksums verified by zlib. */
function chunks(file: Uint8Array): { readonly type: string; readonly content: Buffer }[] {
  const bytes = Buffer.from(file);
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const found = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    found.push({ type: body.toString("latin1", 0, 4), content: body.subarray(4) });
    at += 12 + length;
  }
  return found;
}

describe("encodePng", () => {
  // 300 × 300 RGB is longer than one stored block may be.
  it.each([
    [28, 28, 1, 0],
    [3, 5, 2, 4],
    [300, 300, 3, 2],
    [1, 1, 4, 6],
  ])("writes %d × %d pixels of %d channels that zlib reads back", (width, height, channels, colourType) => {
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7919) >>> 3);
    const [header, pixels, end, ...more] = chunks(encodePng({ width, height, channels, depth: 8, data }));
    expect([header.type, pixels.type, end.type, more.length]).toEqual(["IHDR", "IDAT", "IEND", 0]);
    expect([header.content.readUInt32BE(0), header.content.readUInt32BE(4), ...header.content.subarray(8)]).toEqual([
      width,
      height,
      8,
      colourType,
      0,
      0,
      0,
    ]);
    const lines = inflateSync(pixels.content);
    const row = width * channels + 1;
    expect(lines.length).toBe(row * height);
    for (let y = 0; y < height; y++) {
      expect(lines[y * row]).toBe(0);
      expect(Buffer.compare(lines.subarray(y * row + 1, (y + 1) * row), data.subarray(y * (row - 1), (y + 1) * (row - 1)))).toBe(0);
    }
  });

  it("refuses what is no picture", () => {
    expect(() => encodePng({ width: 2, height: 2, channels: 1, depth: 8, data: new Uint8Array(5) })).toThrow(SteepestError);
    expect(() => encodePng({ width: 0, height: 2, channels: 1, depth: 8, data: new Uint8Array(0) })).toThrow(SteepestError);
    expect(() => encodePng({ width: 1, height: 1, channels: 5, depth: 8, data: new Uint8Array(5) })).toThrow(SteepestError);
  });

  it("becomes a data URI that decodes to the same file", () => {
    const picture: Image = { width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(0, 255) };
    const [head, base64] = pngDataUri(picture).split(",");
    expect(head).toBe("data:image/png;base64");
    expect([...Buffer.from(base64, "base64")]).toEqual([...encodePng(picture)]);
  });
});
