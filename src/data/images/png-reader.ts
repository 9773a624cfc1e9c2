/**
 * PNG (ISO/IEC 15948) read strictly: every checksum, the order of chunks, and as many pixels as the header promises. A reader of our own,
 * since those of the registry that run in browsers leave interlaced pictures of less than 8 bits out or take files without pixels.
 */

import { SteepestError } from "../../tensor/error.js";
import { joinedBytes } from "../bytes.js";
import { crc32 } from "../checksum.js";
import { firstBytes, inflate } from "../gzip.js";
import { orientationOf } from "./exif.js";
import type { Image } from "./image.js";
import { checkSize, imageOf } from "./image.js";
import { type ColourType, samplesOf } from "./png-samples.js";

export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Whether the bytes begin as a PNG file does. */
export const isPng = (bytes: Uint8Array): boolean => pngSignature.every((byte, i) => bytes[i] === byte);

interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly colour: ColourType;
  readonly isInterlaced: boolean;
}

/** A part of the picture that is stored for itself: all of it, or a pass of Adam7. */
interface Pass {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** Channels as stored, by colour type, and the numbers of bits that each may have. */
const colours: ReadonlyMap<number, { readonly colour: ColourType; readonly bits: readonly number[] }> = new Map([
  [0, { colour: "grey", bits: [1, 2, 4, 8, 16] }],
  [2, { colour: "rgb", bits: [8, 16] }],
  [3, { colour: "palette", bits: [1, 2, 4, 8] }],
  [4, { colour: "grey-alpha", bits: [8, 16] }],
  [6, { colour: "rgba", bits: [8, 16] }],
]);

const channelsStored: Readonly<Record<ColourType, number>> = { grey: 1, rgb: 3, palette: 1, "grey-alpha": 2, rgba: 4 };

/**
 * Decodes a PNG file. Samples of 1, 2 and 4 bits are spread over 0 … 255 (· 255 / (2ᵇ − 1), exact), palettes resolved; transparency
 * (tRNS) becomes an alpha channel. Gamma and colour profiles are left alone.
 *
 * @returns the picture as stored, and how it is to be turned (eXIf)
 */
export async function readPng(bytes: Uint8Array, where: string, limit: number): Promise<{ image: Image; orientation: number }> {
  const chunks = readChunks(bytes, where);
  const header = readHeader(chunks[0], where);
  const { width, height, bits, colour } = header;
  const found = (type: string) => chunks.find((chunk) => chunk.type === type)?.content;
  const palette = found("PLTE");
  const transparency = found("tRNS");
  checkPalette(header, palette, transparency, where);
  const base = colour === "palette" ? 3 : channelsStored[colour];
  const channels = transparency === undefined ? base : base + 1;
  checkSize(width, height, channels, limit, where);

  const passes = passesOf(header);
  const pixelBits = bits * channelsStored[colour];
  const rowBytes = (pass: Pass) => Math.ceil((pass.width * pixelBits) / 8);
  const size = passes.reduce((sum, pass) => sum + pass.height * (1 + rowBytes(pass)), 0);
  const packed = joinedBytes(chunks.filter(({ type }) => type === "IDAT").map(({ content }) => content));
  const raw = await inflate(packed, { where, format: "deflate", headerBytes: 0, size: () => size });
  if (raw.length < size)
    throw new SteepestError({
      problem: "The picture's data end early",
      expected: `${size} bytes for ${width} × ${height} pixels`,
      received: `${raw.length} bytes`,
      where,
    });

  const image = imageOf(width, height, channels, bits === 16 ? 16 : 8);
  const samples = samplesOf({ colour, bits, palette, transparency, image, where });
  let at = 0;
  for (const pass of passes) {
    const length = rowBytes(pass);
    let above: Uint8Array = new Uint8Array(length);
    for (let row = 0; row < pass.height; row++) {
      const line = raw.subarray(at + 1, at + 1 + length);
      unfilter(raw[at], line, above, Math.max(1, pixelBits >> 3), where);
      samples(line, pass.width, (pass.y + row * pass.stepY) * width + pass.x, pass.stepX);
      above = line;
      at += 1 + length;
    }
  }
  const exif = found("eXIf");
  return { image, orientation: exif === undefined ? 1 : orientationOf(exif) };
}

/** All chunks, their checksums compared and their order checked. */
function readChunks(bytes: Uint8Array, where: string): readonly Chunk[] {
  if (!isPng(bytes))
    throw new SteepestError({
      problem: "This is no PNG file",
      expected: "89 50 4e 47 as its first bytes",
      received: firstBytes(bytes),
      where,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Chunk[] = [];
  for (let at = pngSignature.length; ; ) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY;
    if (at + 12 + length > bytes.length)
      throw new SteepestError({
        problem: "The file is truncated",
        expected: "chunks up to one of type IEND",
        received: `${bytes.length} bytes, in which chunk ${chunks.length + 1} does not fit`,
        where,
        fix: "Download or save the file again",
      });
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw broken(`chunk ${chunks.length + 1} has no type`, where);
    const body = bytes.subarray(at + 4, at + 8 + length);
    if (crc32(body) !== view.getUint32(at + 8 + length)) throw broken(`the checksum of its chunk ${type} is wrong`, where);
    checkOrder(chunks, type, where);
    chunks.push({ type, content: body.subarray(4) });
    if (type === "IEND") break;
    at += 12 + length;
  }
  if (!chunks.some(({ type }) => type === "IDAT")) throw broken("it has no pixels (no IDAT)", where);
  return chunks;
}

function checkOrder(before: readonly Chunk[], type: string, where: string): void {
  const last = before.at(-1)?.type;
  const had = (other: string) => before.some((chunk) => chunk.type === other);
  if ((type === "IHDR") !== (before.length === 0)) throw broken("its first chunk, and no other, is to be IHDR", where);
  if (type === "IDAT" && had("IDAT") && last !== "IDAT") throw broken("its IDAT chunks are not consecutive", where);
  if (["PLTE", "tRNS", "eXIf"].includes(type) && had(type)) throw broken(`it has two chunks ${type}`, where);
  if ((type === "PLTE" && (had("IDAT") || had("tRNS"))) || (type === "tRNS" && had("IDAT")))
    throw broken(`its ${type} stands too late`, where);
  if (/^[A-Z]/.test(type) && !["IHDR", "PLTE", "IDAT", "IEND"].includes(type))
    throw new SteepestError({ problem: "The PNG file needs an extension that is not known here", received: `chunk ${type}`, where });
}

function readHeader({ content }: Chunk, where: string): Header {
  if (content.length !== 13) throw broken("its IHDR is not 13 bytes long", where);
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bits, type, compression, filter, interlace] = content.subarray(8);
  const known = colours.get(type);
  if (width === 0 || height === 0 || width >= 2 ** 31 || height >= 2 ** 31) throw broken(`its size is ${width} × ${height}`, where);
  if (known === undefined) throw broken(`its colour type is ${type}`, where);
  if (!known.bits.includes(bits)) throw broken(`its depth is ${bits} bits, where colour type ${type} has ${known.bits.join(", ")}`, where);
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw broken(`its methods (compression ${compression}, filter ${filter}, interlace ${interlace}) are not those of the standard`, where);
  return { width, height, bits, colour: known.colour, isInterlaced: interlace === 1 };
}

function checkPalette(
  { colour, bits }: Header,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
  where: string,
): void {
  const entries = (palette?.length ?? 0) / 3;
  if (colour === "palette" && palette === undefined) throw broken("it has no palette (PLTE)", where);
  if (palette !== undefined && (!Number.isInteger(entries) || entries < 1 || entries > (colour === "palette" ? 2 ** bits : 256)))
    throw broken(`its palette has ${entries} entries`, where);
  if (palette !== undefined && colour.startsWith("grey")) throw broken("it is grey and has a palette", where);
  if (transparency === undefined) return;
  const lengths: Readonly<Partial<Record<ColourType, boolean>>> = {
    grey: transparency.length === 2,
    rgb: transparency.length === 6,
    palette: transparency.length >= 1 && transparency.length <= entries,
  };
  if (lengths[colour] !== true) throw broken("its transparency (tRNS) does not fit its colours", where);
}

/** All of the picture, or the seven passes of Adam7 without those that have no pixels. */
function passesOf({ width, height, isInterlaced }: Header): readonly Pass[] {
  if (!isInterlaced) return [{ width, height, x: 0, y: 0, stepX: 1, stepY: 1 }];
  const starts = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  return starts
    .map(([x, y, stepX, stepY]) => ({
      width: Math.ceil((width - x) / stepX),
      height: Math.ceil((height - y) / stepY),
      x,
      y,
      stepX,
      stepY,
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Adds to each byte what its filter predicted from the bytes left (`stride` back), above, and above left. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, stride: number, where: string): void {
  const { length } = line;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = stride; i < length; i++) line[i] += line[i - stride];
      return;
    case 2:
      for (let i = 0; i < length; i++) line[i] += above[i];
      return;
    case 3:
      for (let i = 0; i < length; i++) line[i] += ((i < stride ? 0 : line[i - stride]) + above[i]) >> 1;
      return;
    case 4:
      for (let i = 0; i < Math.min(stride, length); i++) line[i] += above[i];
      for (let i = stride; i < length; i++) {
        const left = line[i - stride];
        const up = above[i];
        const corner = above[i - stride];
        const estimate = left + up - corner;
        const byLeft = Math.abs(estimate - left);
        const byUp = Math.abs(estimate - up);
        const byCorner = Math.abs(estimate - corner);
        line[i] += byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
      }
      return;
    default:
      throw broken(`a row has the filter ${filter}, where 0 to 4 are known`, where);
  }
}

const broken = (what: string, where: string): SteepestError =>
  new SteepestError({ problem: `The PNG file is damaged: ${what}`, where, fix: "Download or save the file again" });
