/** Opening packed data (gzip, zlib, plain deflate) with the platform's own inflater: in Node and in browsers. */

import { SteepestError } from "../tensor/error.js";
import { joinedBytes } from "./bytes.js";

/** Whether the bytes begin as a gzip file does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Deflate cannot do better than 258 bytes for 2 bits. */
const LARGEST_RATIO = 1032;

/** `deflate` is zlib's (RFC 1950, in PNG), `deflate-raw` has no frame (RFC 1951, in zip). */
export type PackedFormat = "gzip" | "deflate" | "deflate-raw";

export interface InflateOptions {
  /** The name of the file, for messages. */
  readonly where: string;
  /** Default "gzip". */
  readonly format?: PackedFormat;
  /**
   * Given the first bytes of the content (`headerBytes` of them, or all where there are fewer), returns the size of the whole; memory is
   * reserved once, and no more than that is ever unpacked.
   */
  readonly headerBytes: number;
  readonly size: (header: Uint8Array) => number;
}

/**
 * Unpacks data of which the content itself tells the size. Neither a header that promises too much nor content that unpacks to more
 * than it promised can take memory: both are errors.
 *
 * @throws SteepestError when the data are not of the format, damaged, cut off, or of another size than the content's header says
 */
export async function inflate(bytes: Uint8Array, options: InflateOptions): Promise<Uint8Array> {
  const { where, headerBytes, format } = options;
  if (headerBytes === 0 && bytes.length <= SMALL) {
    const content = inflatedAtOnce(bytes, format ?? "gzip", options.size(new Uint8Array(0)));
    if (content !== undefined) return content;
  }
  const pieces = inflated(bytes, where, format);
  try {
    let header: Uint8Array = new Uint8Array(0);
    while (header.length < headerBytes) {
      const next = await pieces.next();
      if (next.done) break;
      header = joinedBytes([header, next.value]);
    }
    const size = options.size(header);
    if (size > bytes.length * LARGEST_RATIO)
      throw new SteepestError({
        problem: "The file is truncated",
        expected: `${size} bytes of content, as its header says`,
        received: `${bytes.length} packed bytes, which cannot hold them`,
        where,
        fix: "Download the file again",
      });
    const content = new Uint8Array(size);
    let length = 0;
    const add = (piece: Uint8Array) => {
      if (length + piece.length > size)
        throw new SteepestError({
          problem: "The file holds more than its header says",
          expected: `${size} bytes of content`,
          received: "more",
          where,
        });
      content.set(piece, length);
      length += piece.length;
    };
    add(header);
    for await (const piece of pieces) add(piece);
    // What is missing is for the reader of the content to name.
    return content.subarray(0, length);
  } finally {
    await pieces.return(undefined);
  }
}

/** Packed bytes of which setting up a stream takes longer than unpacking them. */
const SMALL = 1 << 16;

/** Node's own inflater, which needs no stream; undefined elsewhere. */
const zlib =
  typeof process === "object" && typeof process.getBuiltinModule === "function" ? process.getBuiltinModule("node:zlib") : undefined;

/** The whole content where all is as it should be; what is wrong with anything else is said by who unpacks it piece by piece. */
function inflatedAtOnce(bytes: Uint8Array, format: PackedFormat, size: number): Uint8Array | undefined {
  if (zlib === undefined || size === 0) return undefined;
  const unpack = { gzip: zlib.gunzipSync, deflate: zlib.inflateSync, "deflate-raw": zlib.inflateRawSync }[format];
  try {
    const content = unpack(bytes, { maxOutputLength: size });
    return content.length === size ? content : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The content of packed data, piece by piece. No more is unpacked than is asked for.
 *
 * @throws SteepestError when the data are not of the format, damaged or cut off
 */
export async function* inflated(
  bytes: Uint8Array,
  where: string,
  format: PackedFormat = "gzip",
): AsyncGenerator<Uint8Array, void, undefined> {
  if (format === "gzip" && !isGzip(bytes))
    throw new SteepestError({ problem: "This is no gzip file", expected: "1f 8b as its first bytes", received: firstBytes(bytes), where });
  const reader = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  try {
    for (;;) {
      const { value, done } = await readChunk(reader, where);
      if (value !== undefined) yield value;
      if (done) return;
    }
  } finally {
    // Ends the inflater where its reader stopped half way; nobody waits for that.
    reader.cancel().catch(() => undefined);
  }
}

async function readChunk(reader: ReadableStreamDefaultReader<Uint8Array>, where: string): Promise<{ value?: Uint8Array; done: boolean }> {
  try {
    return await reader.read();
  } catch (error) {
    throw new SteepestError({
      problem: "The packed data are damaged or cut off",
      received: error instanceof Error ? error.message : String(error),
      where,
      fix: "Download the file again",
    });
  }
}

/** The first four bytes in hexadecimal, for messages. */
export function firstBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  return [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
