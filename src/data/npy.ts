/**
 * NumPy's own format for one array (`.npy`, NEP 1): a magic number, a version, a header that is a Python dictionary, then the numbers.
 */

import { SteepestError } from "../tensor/error.js";
import { checkLength } from "./bytes.js";
import { firstBytes } from "./gzip.js";

/** Types that are read. Those of 64 bits come as numbers where each is one exactly. */
export type NpyDType = "bool" | "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "u64" | "i64" | "f32" | "f64";

export type NpyData = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** An array as NumPy keeps it, row-major. */
export interface NpyArray {
  /** Empty for a single number. */
  readonly shape: readonly number[];
  /** As it lay in the file. `bool` comes as bytes 0 and 1; `u64` and `i64` as float64. */
  readonly dtype: NpyDType;
  readonly data: NpyData;
}

/** What the beginning of a file says. */
export interface NpyHeader {
  readonly shape: readonly number[];
  readonly dtype: NpyDType;
  readonly isBigEndian: boolean;
  readonly isFortran: boolean;
  /** Where the numbers begin. */
  readonly start: number;
  readonly count: number;
  /** Bytes of a number. */
  readonly width: number;
  /** How long a whole file of this header is. */
  readonly bytes: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** One array of an engine holds no more. */
const MOST_NUMBERS = 2 ** 31 - 1;
/** Longer headers describe records with named fields, which are not read. */
const LONGEST_HEADER = 65_536;
const MOST_DIMENSIONS = 32;

const dtypes: ReadonlyMap<string, readonly [dtype: NpyDType, bytes: number]> = new Map([
  ["b1", ["bool", 1]],
  ["u1", ["u8", 1]],
  ["i1", ["i8", 1]],
  ["u2", ["u16", 2]],
  ["i2", ["i16", 2]],
  ["u4", ["u32", 4]],
  ["i4", ["i32", 4]],
  ["u8", ["u64", 8]],
  ["i8", ["i64", 8]],
  ["f4", ["f32", 4]],
  ["f8", ["f64", 8]],
] as const);

/**
 * Reads a `.npy` file: booleans, whole numbers of 8 to 64 bits and floats of 32 and 64, of either byte order, in rows or in columns (Fortran's order).
 *
 * @param where the name of the file, for messages
 * @throws SteepestError for another magic number or version, headers that cannot be read, pickled objects (which are programs), records, text, complex and
 *   half-precision numbers, whole numbers beyond 2⁵³, and data shorter or longer than the header says
 * @example
 * ```ts
 * import { parseNpy, writeNpy } from "steepest/data";
 * const file = writeNpy({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
 * parseNpy(file).data; // → [1, 2, 3, 4]
 * ```
 */
export function parseNpy(bytes: Uint8Array, where = "npy data"): NpyArray {
  const header = npyHeader(bytes, where);
  checkLength(bytes.length, header, where);
  const { shape, dtype, isFortran } = header;
  const data = npyNumbers(bytes, header, where);
  return { shape, dtype, data: isFortran && shape.length > 1 ? rowMajor(data, shape) : data };
}

/** What the beginning of a file promises. `bytes` may be no more than that beginning. */
export function npyHeader(bytes: Uint8Array, where: string): NpyHeader {
  if (!MAGIC.every((byte, i) => bytes[i] === byte))
    throw new SteepestError({
      problem: bytes.length === 0 ? "The file is empty" : "This is no npy file: its magic number is wrong",
      expected: "93 4e 55 4d 50 59",
      received: firstBytes(bytes),
      where,
    });
  const [major, minor] = bytes.subarray(6, 8);
  if (major < 1 || major > 3 || minor !== 0)
    throw new SteepestError({
      problem: "The version of the npy format is not known",
      expected: "1.0, 2.0 or 3.0",
      received: `${major}.${minor}`,
      where,
    });
  const from = major === 1 ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = bytes.length < from ? 0 : major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = from + length;
  if (length > LONGEST_HEADER) throw unreadable(`a header of ${length} bytes`, where);
  if (bytes.length < from || bytes.length < start)
    throw new SteepestError({
      problem: "The file is truncated within its header",
      expected: `${start} bytes`,
      received: `${bytes.length} bytes`,
      where,
    });
  // Written by a fixed rule: the keys in this order. Others have written them in any.
  const text = new TextDecoder().decode(bytes.subarray(from, start)).trim();
  return { ...described(text, where), start, ...sizes(text, start, where) };
}

function described(text: string, where: string) {
  if (!/^\{.*\}$/s.test(text)) throw unreadable(text.slice(0, 80), where);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)\b/.exec(text)?.[1];
  if (descr === undefined && /'descr'\s*:\s*\[/.test(text))
    throw refused("an array of records with named fields", text.slice(0, 80), "save each field as an array of its own", where);
  if (descr === undefined || fortran === undefined) throw unreadable(text.slice(0, 80), where);
  const [order, kind] = [descr[0], descr.slice(1)];
  if (kind === "O" || kind.startsWith("O"))
    throw refused(
      "an array of Python objects, which are pickled: reading them would run what the file says",
      descr,
      "in Python, convert it with .astype(float) and save it again",
      where,
    );
  const known = dtypes.get(kind);
  if (known === undefined || !["<", ">", "|", "="].includes(order) || (order === "|" && known[1] > 1))
    throw refused(
      `numbers of the type ${descr}`,
      descr,
      "in Python, convert it with .astype('f4') or another of the types that are read, and save it again",
      where,
    );
  return { dtype: known[0], isBigEndian: order === ">", isFortran: fortran === "True" };
}

function sizes(text: string, start: number, where: string) {
  const listed = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (listed === undefined) throw unreadable(text.slice(0, 80), where);
  const shape = listed
    .split(",")
    .map((extent) => extent.trim().replace(/L$/, ""))
    .filter((extent) => extent !== "")
    .map(Number);
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length > MOST_DIMENSIONS || shape.some((extent) => !Number.isSafeInteger(extent)) || count > MOST_NUMBERS)
    throw new SteepestError({
      problem: "The file's header promises more numbers than an array can hold",
      expected: `at most ${MOST_NUMBERS}`,
      received: `${shape.join(" × ")}`,
      where,
    });
  const width = dtypes.get(/'descr'\s*:\s*'.([^']*)'/.exec(text)?.[1] ?? "")?.[1] ?? 1;
  return { shape, count, width, bytes: start + count * width };
}

/** The numbers of a file, or of a part of it (with `start` and `count` of that part), in the order in which they lie there. */
export function npyNumbers(bytes: Uint8Array, { dtype, start, count, isBigEndian }: NpyHeader, where: string): NpyData {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const little = !isBigEndian;
  const fill = <T extends NpyData>(out: T, read: (at: number) => number, width: number = out.BYTES_PER_ELEMENT): T => {
    for (let i = 0; i < count; i++) out[i] = read(i * width);
    return out;
  };
  const whole = (value: bigint): number => {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new SteepestError({
      problem: "The file holds a whole number that is too large to be exact",
      expected: "at most 2⁵³ − 1",
      received: String(value),
      where,
    });
  };
  switch (dtype) {
    case "bool": {
      const data = bytes.slice(start, start + count);
      const odd = data.find((byte) => byte > 1);
      if (odd === undefined) return new Uint8Array(data);
      throw new SteepestError({ problem: "The file holds a truth value that is none", expected: "0 or 1", received: String(odd), where });
    }
    case "u8":
      // Not `slice` alone: of a Buffer that is a view.
      return new Uint8Array(bytes.subarray(start, start + count));
    case "i8":
      return fill(new Int8Array(count), (at) => view.getInt8(at));
    case "u16":
      return fill(new Uint16Array(count), (at) => view.getUint16(at, little));
    case "i16":
      return fill(new Int16Array(count), (at) => view.getInt16(at, little));
    case "u32":
      return fill(new Uint32Array(count), (at) => view.getUint32(at, little));
    case "i32":
      return fill(new Int32Array(count), (at) => view.getInt32(at, little));
    case "u64":
      return fill(new Float64Array(count), (at) => whole(view.getBigUint64(at, little)));
    case "i64":
      return fill(new Float64Array(count), (at) => whole(view.getBigInt64(at, little)));
    case "f32":
      return fill(new Float32Array(count), (at) => view.getFloat32(at, little));
    case "f64":
      return fill(new Float64Array(count), (at) => view.getFloat64(at, little));
  }
}

/** The same numbers with the last axis the fastest. */
function rowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const out = data.slice();
  const steps: number[] = [];
  shape.reduce((step, extent, axis) => {
    steps[axis] = step;
    return step * extent;
  }, 1);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * Writes a `.npy` file of version 1.0, little-endian, row-major.
 *
 * @throws SteepestError where the numbers do not fill the shape
 */
export function writeNpy({ shape, data }: { readonly shape: readonly number[]; readonly data: NpyData }): Uint8Array {
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count !== data.length || shape.some((extent) => !Number.isInteger(extent) || extent < 0))
    throw new SteepestError({
      problem: "The numbers do not fill their shape",
      expected: `${count} numbers for [${shape.join(", ")}]`,
      received: `${data.length}`,
    });
  const descr = descrOf(data);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic number, version and length take ten bytes; all of it is to end on a multiple of 64 bytes, with a line break.
  const start = 64 * Math.ceil((10 + text.length + 1) / 64);
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([...MAGIC, 1, 0, (start - 10) & 255, (start - 10) >> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(start - 11)}\n`), 10);
  const view = new DataView(bytes.buffer, start);
  const put = setters[descr[1]];
  const width = data.BYTES_PER_ELEMENT;
  for (let i = 0; i < data.length; i++) put(view, i * width, data[i], width);
  return bytes;
}

const setters: Readonly<Record<string, (view: DataView, at: number, value: number, width: number) => void>> = {
  u: (view, at, value, width) =>
    width === 1 ? view.setUint8(at, value) : width === 2 ? view.setUint16(at, value, true) : view.setUint32(at, value, true),
  i: (view, at, value, width) =>
    width === 1 ? view.setInt8(at, value) : width === 2 ? view.setInt16(at, value, true) : view.setInt32(at, value, true),
  f: (view, at, value, width) => (width === 4 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true)),
};

function descrOf(data: NpyData): string {
  if (data instanceof Uint8Array) return "|u1";
  if (data instanceof Int8Array) return "|i1";
  const kind =
    data instanceof Float32Array || data instanceof Float64Array
      ? "f"
      : data instanceof Int16Array || data instanceof Int32Array
        ? "i"
        : "u";
  return `<${kind}${data.BYTES_PER_ELEMENT}`;
}

const unreadable = (received: string, where: string): SteepestError =>
  new SteepestError({
    problem: "The header of the npy file cannot be read",
    expected: "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } with the array's own type and shape",
    received,
    where,
  });

const refused = (what: string, received: string, fix: string, where: string): SteepestError =>
  new SteepestError({
    problem: `The npy file holds ${what}`,
    expected: "booleans, whole numbers of 8 to 64 bits, floats of 32 or 64 bits",
    received,
    where,
    fix,
  });
