/** Writing PNG (ISO/IEC 15948), the same in Node and in the browser. */
import { joinedBytes } from "../bytes.js";
import { crc32 } from "../checksum.js";
import type { Image } from "./image.js";
import { checkImage } from "./image.js";
import { pngSignature } from "./png-reader.js";

/**
 * A picture as a PNG file of 8 or 16 bits a sample, grey, grey with alpha, RGB or RGBA. Stored, not packed: at once, without waiting,
 * for small pictures that lie inside a page. `packPng` writes smaller files.
 *
 * @throws SteepestError for a picture whose samples do not fill it
 */
export function encodePng(image: Image): Uint8Array {
  checkImage(image);
  return file(image, stored(filtered(image, () => 0)));
}

/**
 * A picture as a packed PNG file: the filter of each row is the one that leaves the smallest bytes, and the rows are packed by the platform's deflate.
 *
 * @throws SteepestError for a picture whose samples do not fill it
 * @example
 * ```ts
 * import { packPng, readImage } from "steepest/images";
 * const file = await packPng({ width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(0, 255) });
 * (await readImage(file)).data; // → [0, 255]
 * ```
 */
export async function packPng(image: Image): Promise<Uint8Array> {
  checkImage(image);
  const rows = new Blob([filtered(image, smallest)]).stream().pipeThrough(new CompressionStream("deflate"));
  return file(image, new Uint8Array(await new Response(rows).arrayBuffer()));
}

function file({ width, height, channels, depth }: Image, data: Uint8Array): Uint8Array {
  const header = new Uint8Array(13);
  const fields = new DataView(header.buffer);
  fields.setUint32(0, width);
  fields.setUint32(4, height);
  header[8] = depth;
  header[9] = [0, 4, 2, 6][channels - 1];
  return joinedBytes([pngSignature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))]);
}

/** The bytes of each row after the number of its filter. */
function filtered(image: Image, choose: (candidates: (filter: number) => Uint8Array) => number): Uint8Array<ArrayBuffer> {
  const bytes = bigEndianSamples(image);
  const rowBytes = bytes.length / image.height;
  const stride = (image.channels * image.depth) / 8;
  const lines = new Uint8Array(image.height * (rowBytes + 1));
  const none = new Uint8Array(rowBytes);
  for (let row = 0; row < image.height; row++) {
    const line = bytes.subarray(row * rowBytes, (row + 1) * rowBytes);
    const above = row === 0 ? none : bytes.subarray((row - 1) * rowBytes, row * rowBytes);
    const made = new Map<number, Uint8Array>();
    const candidate = (filter: number): Uint8Array => {
      const known = made.get(filter) ?? (filter === 0 ? line : residuals(filter, line, above, stride));
      made.set(filter, known);
      return known;
    };
    const filter = choose(candidate);
    lines[row * (rowBytes + 1)] = filter;
    lines.set(candidate(filter), row * (rowBytes + 1) + 1);
  }
  return lines;
}

/** The filter with the smallest sum of its bytes, taken as signed: the choice that the standard recommends. */
function smallest(candidates: (filter: number) => Uint8Array): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let filter = 0; filter <= 4; filter++) {
    const sum = candidates(filter).reduce((total, byte) => total + (byte < 128 ? byte : 256 - byte), 0);
    if (sum < least) [best, least] = [filter, sum];
  }
  return best;
}

/** What is left of a row when each byte is predicted from its neighbours. */
function residuals(filter: number, line: Uint8Array, above: Uint8Array, stride: number): Uint8Array {
  return line.map((byte, i) => {
    const [left, up, corner] = [i < stride ? 0 : line[i - stride], above[i], i < stride ? 0 : above[i - stride]];
    if (filter === 1) return byte - left;
    if (filter === 2) return byte - up;
    if (filter === 3) return byte - ((left + up) >> 1);
    const [byLeft, byUp, byCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
    return byte - (byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner);
  });
}

function bigEndianSamples({ depth, data }: Image): Uint8Array {
  if (depth === 8) return data;
  const bytes = new Uint8Array(2 * data.length);
  for (let i = 0; i < data.length; i++) {
    bytes[2 * i] = data[i] >> 8;
    bytes[2 * i + 1] = data[i];
  }
  return bytes;
}

/** A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4), 65,535 bytes at most in each. */
function stored(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at < bytes.length; at += 65535) {
    const block = bytes.subarray(at, at + 65535);
    const { length } = block;
    const isLast = at + length === bytes.length ? 1 : 0;
    parts.push(Uint8Array.of(isLast, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255), block);
  }
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  parts.push(bigEndian(b * 65536 + a));
  return joinedBytes(parts);
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const body = joinedBytes([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), content]);
  return joinedBytes([bigEndian(content.length), body, bigEndian(crc32(body))]);
}

const bigEndian = (word: number): Uint8Array => Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);
