/** Small pictures as PNG, to lie inside a page. Stored, not compressed: an encoder of one screen, the same in Node and in the browser. */
import { SteepestError } from "../tensor/error.js";

/** A picture of bytes, row by row, the channels of a pixel side by side: 1 is grey, 3 is RGB. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/**
 * A picture as a PNG file of 8 bits a channel (ISO/IEC 15948), its scan lines unfiltered in stored deflate blocks.
 *
 * @throws SteepestError for a picture without pixels, with channels other than 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA), or of another length
 */
export function encodePng({ width, height, channels, data }: Raster): Uint8Array {
  const colourType = [undefined, 0, 4, 2, 6].at(channels);
  if (colourType === undefined || !(width > 0) || !(height > 0) || data.length !== width * height * channels)
    throw new SteepestError({
      problem: "These bytes are no picture",
      expected: "width × height × channels bytes, with 1, 2, 3 or 4 channels",
      received: `${data.length} bytes for ${width} × ${height} × ${channels}`,
    });
  const header = new Uint8Array(13);
  const fields = new DataView(header.buffer);
  fields.setUint32(0, width);
  fields.setUint32(4, height);
  header[8] = 8;
  header[9] = colourType;
  return joined([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", stored(scanLines(width * channels, height, data))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** A picture as `data:image/png;base64,…`, to be the source of an image. */
export function pngDataUri(raster: Raster): string {
  let binary = "";
  for (const byte of encodePng(raster)) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Each row preceded by its filter, none. */
function scanLines(rowBytes: number, rows: number, data: Uint8Array): Uint8Array {
  const lines = new Uint8Array(rows * (rowBytes + 1));
  for (let row = 0; row < rows; row++) lines.set(data.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1);
  return lines;
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
  return joined(parts);
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const body = joined([Uint8Array.from(type, (letter) => letter.charCodeAt(0)), content]);
  return joined([bigEndian(content.length), body, bigEndian(crc32(body))]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const bigEndian = (word: number): Uint8Array => Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
