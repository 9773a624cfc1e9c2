import { crc32, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Image } from "../../../src/data/images/index.js";
import { convertImage, encodePng, packPng, readImage } from "../../../src/data/images/index.js";
import { describeShared, readShared, readSharedArchive } from "../../shared-data.js";
import { mutations, prefixes, refusalOf } from "./damage.js";

/** Samples as image-rs sees them in its results: of 16 bits the high byte. */
const bytesOf = ({ depth, data }: Image): Uint8Array => (depth === 8 ? data : Uint8Array.from(data, (x) => x >> 8));

/** The same chunks, their checksums made right as far as they can be told apart. */
function withChecksums(file: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return new Uint8Array(bytes);
}

describeShared("PngSuite", "decoders/pngsuite.tar.gz", () => {
  const files = readSharedArchive("decoders/pngsuite.tar.gz");
  const named = (name: string): Uint8Array =>
    files.get([...files.keys()].find((path) => path.endsWith(`/${name}`)) ?? "") ?? new Uint8Array(0);
  const listed = (name: string) =>
    new Map([...new TextDecoder().decode(named(name)).matchAll(/([^/\n]+\.png): (\d+)/g)].map(([, file, crc]) => [file, Number(crc)]));
  const pictures = [...files.keys()].filter((path) => path.endsWith(".png")).map((path) => path.slice(path.lastIndexOf("/") + 1));
  const valid = pictures.filter((name) => !name.startsWith("x"));

  it("has 161 valid pictures, each of which decodes to the listed checksum", async () => {
    const expected = listed("results.txt");
    const wrong: string[] = [];
    for (const name of valid) if (crc32(bytesOf(await readImage(named(name), { where: name }))) !== expected.get(name)) wrong.push(name);
    expect(wrong).toEqual([]);
    expect(valid.length).toBe(161);
  });

  it("keeps all 16 bits", async () => {
    // Listed without any transformation, so that words of stored samples can be compared.
    const expected = listed("results_identity.txt");
    const wide = valid.filter((name) => /16\.png$/.test(name) && !name.startsWith("t"));
    for (const name of wide) {
      const { depth, data } = await readImage(named(name));
      const bigEndian = Uint8Array.from({ length: 2 * data.length }, (_, i) => (i % 2 === 0 ? data[i >> 1] >> 8 : data[i >> 1]));
      expect([name, depth, crc32(bigEndian)]).toEqual([name, 16, expected.get(name)]);
    }
    expect(wide.length).toBe(30);
  });

  it("has 14 broken ones, all of which are refused", async () => {
    const broken = pictures.filter((name) => name.startsWith("x"));
    expect(broken.length).toBe(14);
    for (const name of broken) expect(await refusalOf(() => readImage(named(name), { where: name })), name).toBeDefined();
  });

  it.each(["basi3p02.png", "basn6a16.png", "tbbn3p08.png", "cs3n2c16.png"])("%s is refused wherever it is cut off", async (name) => {
    for (const part of prefixes(named(name))) expect(await refusalOf(() => readImage(part)), `${part.length} bytes`).toBeDefined();
  });

  it.each(["basi0g04.png", "basn2c08.png", "tbbn3p08.png", "ch1n3p04.png"])(
    "%s with other bytes is read or refused, no more",
    async (name) => {
      for (const bytes of mutations(named(name), 150, 5)) await refusalOf(() => readImage(bytes));
      // With checksums that fit, so that what lies behind them is met as well.
      const outcomes = await Promise.all(
        mutations(named(name), 150, 7).map((bytes) => refusalOf(() => readImage(withChecksums(bytes), { limit: 1e6 }))),
      );
      expect(outcomes.some((refusal) => refusal === undefined)).toBe(true);
      expect(outcomes.some((refusal) => refusal !== undefined)).toBe(true);
    },
  );
});

describeShared("photographs", "photos/astronaut.png", () => {
  it("stay the same when written and read", async () => {
    const image = await readImage(readShared("photos/astronaut.png"));
    expect([image.width, image.height, image.channels, image.depth]).toEqual([512, 512, 3, 8]);
    const packed = await packPng(image);
    expect(Buffer.compare(bytesOf(await readImage(packed)), bytesOf(image))).toBe(0);
    // Filters and deflate leave a photograph about two thirds of its bytes; stored it has a little more than all.
    expect(packed.length).toBeLessThan(0.75 * image.data.length);
  });
});

const chunk = (type: string, content: Uint8Array | readonly number[] = []): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), Buffer.from(content)]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(body.length - 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, sum]);
};
const header = (width: number, height: number, ...rest: number[]): Buffer => {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width);
  bytes.writeUInt32BE(height, 4);
  bytes.set(rest, 8);
  return chunk("IHDR", bytes);
};
const png = (...chunks: Buffer[]): Uint8Array => new Uint8Array(Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...chunks]));
const end = chunk("IEND");

describe("files that no encoder writes", () => {
  const grey = header(2, 1, 8, 0, 0, 0, 0);
  const pixels = chunk("IDAT", deflateSync(Buffer.of(0, 7, 9)));
  const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["a picture of 4·10⁹ pixels in 60 bytes", png(header(65535, 65535, 8, 0, 0, 0, 0), pixels, end), /larger than allowed/],
    ["a size that its data cannot hold", png(header(9000, 9000, 8, 0, 0, 0, 0), pixels, end), /truncated/],
    ["a size of 0", png(header(0, 1, 8, 0, 0, 0, 0), pixels, end), /its size is 0 × 1/],
    ["a size above the standard's", png(header(2 ** 31, 1, 8, 0, 0, 0, 0), pixels, end), /its size/],
    ["too few rows", png(header(2, 2, 8, 0, 0, 0, 0), pixels, end), /end early/],
    ["more than its size", png(grey, chunk("IDAT", deflateSync(Buffer.of(0, 7, 9, 0))), end), /more than its header says/],
    ["a bomb of zeros", png(grey, chunk("IDAT", deflateSync(Buffer.alloc(5_000_000))), end), /more than its header says/],
    ["a filter that there is not", png(grey, chunk("IDAT", deflateSync(Buffer.of(5, 7, 9))), end), /filter 5/],
    ["a wrong checksum of its data", png(grey, chunk("IDAT", deflateSync(Buffer.of(0, 7, 9)).fill(0, 7)), end), /damaged/],
    ["a palette that comes too late", png(header(2, 1, 8, 3, 0, 0, 0), pixels, chunk("PLTE", [1, 2, 3]), end), /too late/],
    ["no palette", png(header(2, 1, 8, 3, 0, 0, 0), pixels, end), /no palette/],
    ["a colour beyond its palette", png(header(2, 1, 8, 3, 0, 0, 0), chunk("PLTE", new Uint8Array(24)), pixels, end), /palette lacks/],
    ["a palette of half an entry", png(header(2, 1, 8, 3, 0, 0, 0), chunk("PLTE", [1, 2]), pixels, end), /palette has/],
    ["transparency of the wrong length", png(grey, chunk("tRNS", [1]), pixels, end), /tRNS/],
    ["transparency beside alpha", png(header(1, 1, 8, 4, 0, 0, 0), chunk("tRNS", [0, 1]), pixels, end), /tRNS/],
    ["data in two places", png(grey, pixels, chunk("tEXt", [65, 0, 66]), pixels, end), /consecutive/],
    ["two headers", png(grey, grey, pixels, end), /IHDR/],
    ["a chunk that must be understood", png(grey, chunk("ABCD"), pixels, end), /extension/],
    ["a chunk without a name", png(grey, chunk("a1cd"), pixels, end), /no type/],
    ["nothing after its header", png(grey, end), /no pixels/],
    ["no end", png(grey, pixels), /truncated/],
  ];
  it.each(refused)("%s: refused", async (_, bytes, message) => {
    expect((await refusalOf(() => readImage(bytes, { where: "odd.png" })))?.message).toMatch(message);
  });

  it("larger than a stated limit are refused before their data are looked at, and read where the limit allows", async () => {
    const bytes = png(header(2, 1, 8, 0, 0, 0, 0), pixels, end);
    expect((await refusalOf(() => readImage(bytes, { limit: 1 })))?.message).toMatch(/2 × 1 × 1 = 2/);
    expect([...(await readImage(bytes, { limit: 2 })).data]).toEqual([7, 9]);
  });

  it("of another format are named", async () => {
    expect((await refusalOf(() => readImage(Buffer.from("GIF89a..."))))?.message).toMatch(/GIF/);
    expect((await refusalOf(() => readImage(Buffer.from("RIFF....WEBP"))))?.message).toMatch(/WebP/);
    expect((await refusalOf(() => readImage(new Uint8Array(0))))?.message).toMatch(/empty/);
    expect((await refusalOf(() => readImage(Buffer.from("hello"))))?.message).toMatch(/no picture/);
  });
});

describe("what is written is read", () => {
  it.each([1, 2, 3, 4].flatMap((channels) => [8, 16].map((depth) => [channels, depth] as const)))(
    "%d channels of %d bits",
    async (channels, depth) => {
      const size = { width: 13, height: 7, channels };
      const samples = Array.from({ length: 13 * 7 * channels }, (_, i) => (i * 7919 * (depth === 8 ? 1 : 131)) % 2 ** depth);
      const image: Image =
        depth === 8 ? { ...size, depth: 8, data: Uint8Array.from(samples) } : { ...size, depth: 16, data: Uint16Array.from(samples) };
      expect(await readImage(encodePng(image))).toEqual(image);
      expect(await readImage(await packPng(image))).toEqual(image);
      expect(convertImage(image)).toBe(image);
    },
  );
});
