import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Image } from "../../../src/data/images/index.js";
import { readImage } from "../../../src/data/images/index.js";
import { describeShared, readShared, readSharedArchive } from "../../shared-data.js";
import { mutations, prefixes, refusalOf } from "./damage.js";

/** The largest difference of a sample to the reference, which may have an alpha channel, grey as RGB, and 16 bits. */
function difference(image: Image, reference: Image): number {
  expect([image.width, image.height]).toEqual([reference.width, reference.height]);
  const scale = reference.depth === 16 ? 257 : 1;
  let largest = 0;
  for (let pixel = 0; pixel < image.width * image.height; pixel++)
    for (let c = 0; c < 3; c++) {
      const mine = image.data[pixel * image.channels + (image.channels === 1 ? 0 : c)];
      const other = reference.data[pixel * reference.channels + (reference.channels < 3 ? 0 : c)] / scale;
      largest = Math.max(largest, Math.abs(mine - other));
    }
  return largest;
}

describe("small files of mozjpeg", () => {
  const cases: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly file: string;
    readonly samples: string;
  }[] = JSON.parse(readFileSync(new URL("../../fixtures/images/jpeg.json", import.meta.url), "utf8"));

  it.each(cases)("$name: the same samples", async ({ width, height, file, samples }) => {
    const image = await readImage(Buffer.from(file, "base64"), { channels: 3 });
    expect([image.width, image.height, image.channels]).toEqual([width, height, 3]);
    expect(Buffer.from(image.data).equals(Buffer.from(samples, "base64"))).toBe(true);
  });

  it.each(cases)("$name: cut off anywhere, refused", async ({ file }) => {
    for (const part of prefixes(Buffer.from(file, "base64")))
      expect(await refusalOf(() => readImage(part)), `${part.length} bytes`).toBeDefined();
  });
});

describeShared("the reference set of jpeg-decoder", "decoders/jpeg-reftest.tar.gz", () => {
  const files = readSharedArchive("decoders/jpeg-reftest.tar.gz");
  const named = (path: string): Uint8Array => files.get(path) ?? new Uint8Array(0);
  const pictures = [...files.keys()].filter((path) => path.endsWith(".jpg"));
  const short = (path: string) => path.slice(path.lastIndexOf("/") + 1);

  /** Files that are refused, and why. */
  const refused: ReadonlyMap<string, RegExp> = new Map([
    // A scan ends before its last block: what other programs show there is made up.
    ["partial_progressive.jpg", /data of a scan end early/],
  ]);

  it("has 37 files: all but the damaged one are within 3 levels of the references", async () => {
    expect(pictures.length).toBe(37);
    const far: string[] = [];
    let exact = 0;
    for (const path of pictures.filter((name) => !refused.has(short(name)))) {
      const image = await readImage(named(path), { where: path });
      const distance = difference(image, await readImage(named(path.replace(".jpg", ".png"))));
      if (distance === 0) exact++;
      if (distance > 3) far.push(`${path}: ${distance}`);
    }
    expect(far).toEqual([]);
    // The same samples as libjpeg's, where the reference was made without a colour profile and by the version compared with.
    expect(exact).toBeGreaterThanOrEqual(26);
  });

  it("has files that are refused", async () => {
    for (const [name, message] of refused) {
      const path = pictures.find((candidate) => short(candidate) === name) ?? "";
      expect((await refusalOf(() => readImage(named(path))))?.message).toMatch(message);
    }
  });

  const kinds = ["jpg-size-17x17.jpg", "jpg-progressive.jpg", "jpg-gray.jpg", "jpg-cmyk-1.jpg", "restarts.jpg", "non-interleaved-mcu.jpg"];
  const kind = (name: string) => named(pictures.find((path) => short(path) === name) ?? "");

  it.each(kinds)("%s is refused wherever it is cut off", async (name) => {
    for (const part of prefixes(kind(name))) expect(await refusalOf(() => readImage(part)), `${part.length} bytes`).toBeDefined();
  });

  it.each(kinds)("%s with other bytes is read or refused, no more", async (name) => {
    for (const bytes of mutations(kind(name), 200, 3)) await refusalOf(() => readImage(bytes, { limit: 1e6 }));
  });

  /** The same file with its size changed: the frame header holds rows, then columns. */
  function resized(bytes: Uint8Array, width: number, height: number): Uint8Array {
    const copy = bytes.slice();
    let at = 2;
    while (copy[at + 1] !== 0xc0 && copy[at + 1] !== 0xc2) at += 2 + copy[at + 2] * 256 + copy[at + 3];
    new DataView(copy.buffer).setUint16(at + 5, height);
    new DataView(copy.buffer).setUint16(at + 7, width);
    return copy;
  }

  it.each(["jpg-size-17x17.jpg", "jpg-progressive.jpg"])("%s with a hostile size is refused before memory is taken", async (name) => {
    const before = process.memoryUsage().arrayBuffers;
    expect((await refusalOf(() => readImage(resized(kind(name), 65535, 65535))))?.message).toMatch(/larger than allowed/);
    // Within the limit, but more blocks than the file has bits.
    expect((await refusalOf(() => readImage(resized(kind(name), 9000, 9000))))?.message).toMatch(/cannot hold them/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e7);
    expect((await refusalOf(() => readImage(resized(kind(name), 17, 0))))?.message).toMatch(/DNL/);
  });
});

describeShared("photographs", "photos/china.jpg", () => {
  it("are turned as the camera says, unless that is not wanted", async () => {
    const plain = readShared("photos/china.jpg");
    const upright = await readImage(plain);
    // An EXIF block of one entry: orientation, of type SHORT, once.
    const exif = (orientation: number) =>
      Uint8Array.of(
        ...[0xff, 0xe1, 0, 34, ...Buffer.from("Exif\0\0II*\0"), 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0],
        ...[orientation, 0, 0, 0, 0, 0, 0, 0],
      );
    const marked = (orientation: number) => new Uint8Array(Buffer.concat([plain.subarray(0, 2), exif(orientation), plain.subarray(2)]));
    const { width, height } = upright;
    const at = ({ data, width: columns }: Image, x: number, y: number) => [
      ...data.subarray(3 * (y * columns + x), 3 * (y * columns + x) + 3),
    ];
    /** Where the stored corners top left and top right are seen (EXIF 2.3, 4.6.4A). */
    const corners: readonly (readonly [number, "left" | "right", "top" | "bottom", boolean])[] = [
      [1, "left", "top", false],
      [2, "right", "top", false],
      [3, "right", "bottom", false],
      [4, "left", "bottom", false],
      [5, "left", "top", true],
      [6, "right", "top", true],
      [7, "right", "bottom", true],
      [8, "left", "bottom", true],
    ];
    const stored = await readImage(marked(6), { orient: false });
    expect([stored.width, stored.height, ...at(stored, 0, 0)]).toEqual([width, height, ...at(upright, 0, 0)]);
    for (const [orientation, side, edge, isTurned] of corners) {
      const image = await readImage(marked(orientation));
      expect([image.width, image.height]).toEqual(isTurned ? [height, width] : [width, height]);
      const x = side === "left" ? 0 : image.width - 1;
      const y = edge === "top" ? 0 : image.height - 1;
      // Five samples in from the corner along the stored row, which is a row or a column of what is seen.
      const along = isTurned ? [x, y + (edge === "top" ? 5 : -5)] : [x + (side === "left" ? 5 : -5), y];
      expect(at(image, x, y)).toEqual(at(upright, 0, 0));
      expect(at(image, along[0], along[1])).toEqual(at(upright, 5, 0));
    }
  });
});

describe("kinds that are not read", () => {
  const file = (...bytes: number[]) => Uint8Array.of(0xff, 0xd8, ...bytes);
  const frame = (marker: number, bits: number, components: number) => [0xff, marker, 0, 8 + 3 * components, bits, 0, 8, 0, 8, components];
  it.each([
    ["lossless", file(...frame(0xc3, 8, 1), 1, 0x11, 0), /lossless/],
    ["arithmetic codes", file(...frame(0xc9, 8, 1), 1, 0x11, 0), /arithmetic/],
    ["hierarchical", file(...frame(0xc5, 8, 1), 1, 0x11, 0), /hierarchical/],
    ["12 bits", file(...frame(0xc1, 12, 1), 1, 0x11, 0), /12 bits/],
    ["two components", file(...frame(0xc0, 8, 2), 1, 0x11, 0, 2, 0x11, 0), /2 components/],
    ["fractions", file(...frame(0xc0, 8, 3), 1, 0x31, 0, 2, 0x21, 0, 3, 0x11, 0), /fractions/],
    ["one component twice", file(...frame(0xc0, 8, 3), 1, 0x11, 0, 1, 0x11, 0, 3, 0x11, 0), /numbered 1/],
    ["no picture", file(0xff, 0xd9), /no picture/],
    ["data before a size", file(0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0), /before its size/],
    ["a code table that overflows", file(0xff, 0xc4, 0, 22, 0, 3, ...new Array(15).fill(0), 1, 2, 3), /more codes than/],
    ["a segment of length 1", file(0xff, 0xe0, 0, 1), /shorter than/],
  ])("%s: named and refused", async (_, bytes, message) => {
    expect((await refusalOf(() => readImage(bytes)))?.message).toMatch(message);
  });
});
