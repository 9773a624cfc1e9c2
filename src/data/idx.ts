/**
 * The IDX format of MNIST and its relatives. A header of big-endian words: two zero bytes, one byte for the type, one for the number of
 * dimensions, then each dimension; after it the numbers, row-major, big-endian.
 */

import { SteepestError } from "../tensor/error.js";
import { checkLength } from "./bytes.js";
import { firstBytes, inflate, isGzip } from "./gzip.js";

export type IdxDType = "u8" | "i8" | "i16" | "i32" | "f32" | "f64";

export interface IdxArray {
  readonly shape: readonly number[];
  readonly dtype: IdxDType;
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

interface IdxHeader {
  readonly shape: readonly number[];
  readonly dtype: IdxDType;
  /** Where the numbers begin. */
  readonly start: number;
  /** How many numbers there are. */
  readonly count: number;
  /** How long a whole file of this header is, in bytes. */
  readonly bytes: number;
}

const dtypes: ReadonlyMap<number, readonly [IdxDType, number]> = new Map([
  [0x08, ["u8", 1]],
  [0x09, ["i8", 1]],
  [0x0b, ["i16", 2]],
  [0x0c, ["i32", 4]],
  [0x0d, ["f32", 4]],
  [0x0e, ["f64", 8]],
] as const);

/** More dimensions than any file has a use for. */
const MOST_DIMENSIONS = 8;

/** One array of an engine holds no more. */
const MOST_NUMBERS = 2 ** 31 - 1;

/**
 * Reads an IDX file that is plain or packed with gzip (told by its first bytes).
 *
 * @param where the name of the file, for messages
 * @throws SteepestError as `parseIdx` and for damaged gzip data
 */
export async function readIdx(bytes: Uint8Array, where = "IDX data"): Promise<IdxArray> {
  if (!isGzip(bytes)) return parseIdx(bytes, where);
  const headerBytes = 4 + 4 * MOST_DIMENSIONS;
  return parseIdx(await inflate(bytes, { where, headerBytes, size: (header) => parseHeader(header, where).bytes }), where);
}

/**
 * Reads plain IDX data. Bytes are not copied: for `u8` the result looks into `bytes`.
 *
 * @param where the name of the file, for messages
 * @throws SteepestError for a wrong magic number, an unknown type, sizes that no array can have, and data shorter or longer than the header says
 */
export function parseIdx(bytes: Uint8Array, where = "IDX data"): IdxArray {
  const header = parseHeader(bytes, where);
  checkLength(bytes.length, header, where, "Download the file again");
  return { shape: header.shape, dtype: header.dtype, data: readNumbers(bytes, header) };
}

function parseHeader(bytes: Uint8Array, where: string): IdxHeader {
  const type = dtypes.get(bytes[2]);
  const rank = bytes[3];
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || rank === 0 || rank > MOST_DIMENSIONS)
    throw new SteepestError({
      problem: bytes.length === 0 ? "The file is empty" : "This is no IDX file: its magic number is wrong",
      expected: "00 00, the type (08 for bytes, 09, 0b, 0c, 0d, 0e), the number of dimensions (01 for labels, 03 for images)",
      received: firstBytes(bytes),
      where,
    });
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw new SteepestError({
      problem: "The file is truncated within its header",
      expected: `${start} bytes for ${rank} dimensions`,
      received: `${bytes.length} bytes`,
      where,
      fix: "Download the file again",
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count > MOST_NUMBERS)
    throw new SteepestError({
      problem: "The file's header promises more numbers than an array can hold",
      expected: `at most ${MOST_NUMBERS}`,
      received: `${shape.join(" × ")} = ${count}`,
      where,
    });
  const [dtype, width] = type;
  return { shape, dtype, start, count, bytes: start + count * width };
}

function readNumbers(bytes: Uint8Array, { dtype, start, count }: IdxHeader): IdxArray["data"] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const fill = <T extends Exclude<IdxArray["data"], Uint8Array>>(out: T, read: (at: number) => number): T => {
    for (let i = 0; i < count; i++) out[i] = read(i * out.BYTES_PER_ELEMENT);
    return out;
  };
  switch (dtype) {
    case "u8":
      // Not `subarray`: of a Node Buffer that would be a Buffer.
      return new Uint8Array(bytes.buffer, bytes.byteOffset + start, count);
    case "i8":
      return fill(new Int8Array(count), (at) => view.getInt8(at));
    case "i16":
      return fill(new Int16Array(count), (at) => view.getInt16(at));
    case "i32":
      return fill(new Int32Array(count), (at) => view.getInt32(at));
    case "f32":
      return fill(new Float32Array(count), (at) => view.getFloat32(at));
    case "f64":
      return fill(new Float64Array(count), (at) => view.getFloat64(at));
  }
}
