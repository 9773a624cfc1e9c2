/** NumPy's archives of arrays (`.npz`): a zip file with a `.npy` for each. */

import { SteepestError } from "../tensor/error.js";
import { joinedBytes } from "./bytes.js";
import { crc32 } from "./checksum.js";
import { firstBytes, inflate } from "./gzip.js";
import { type NpyArray, parseNpy, writeNpy } from "./npy.js";

export interface NpzOptions {
  /** The name of the file, for messages. */
  readonly where?: string;
  /** The most bytes that all arrays together may take when unpacked. Default 2³⁰, a gibibyte. */
  readonly limit?: number;
}

/** What the directory at the end of a zip file says of a member. */
interface Member {
  readonly name: string;
  /** 0 is stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly at: number;
}

const LOCAL = 0x04034b50;
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x07064b50;

/**
 * Reads a `.npz` file, as `np.savez` and `np.savez_compressed` write it.
 *
 * @returns the arrays by name, without `.npy`, in the order of the archive
 * @throws SteepestError for what is no zip file, damaged or truncated ones, encrypted, doubled or overlapping members, those packed by another method, zip64, more
 *   content than the limit (told by the directory, before anything is unpacked), and as `parseNpy` for each array
 * @example
 * ```ts
 * import { readNpz, writeNpz } from "steepest/data";
 * const file = writeNpz(new Map([["x", { shape: [3], data: Float64Array.of(1, 2, 3) }]]));
 * (await readNpz(file)).get("x")?.data; // → [1, 2, 3]
 * ```
 */
export async function readNpz(bytes: Uint8Array, options: NpzOptions = {}): Promise<ReadonlyMap<string, NpyArray>> {
  const { where = "npz data", limit = 2 ** 30 } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const members = directory(view, bytes, where);
  const total = members.reduce((sum, { size }) => sum + size, 0);
  if (total > limit)
    throw new SteepestError({
      problem: "The archive unpacks to more than allowed",
      expected: `at most ${limit} bytes`,
      received: `${total} bytes in ${members.length} arrays, as its directory says`,
      where,
      fix: "If that is its true size, raise the option `limit`",
    });
  const arrays = new Map<string, NpyArray>();
  for (const member of members) {
    const place = `${where}, ${member.name}`;
    const content = await contentOf(member, view, bytes, place);
    if (content.length !== member.size)
      throw damaged(`it unpacks to ${content.length} bytes, where the directory says ${member.size}`, place);
    if (crc32(content) !== member.crc) throw damaged("its checksum is wrong", place);
    arrays.set(member.name.replace(/\.npy$/, ""), parseNpy(content, place));
  }
  return arrays;
}

async function contentOf(member: Member, view: DataView, bytes: Uint8Array, where: string): Promise<Uint8Array> {
  const { at, packed, method, size } = member;
  if (at + 30 > bytes.length || view.getUint32(at, true) !== LOCAL) throw damaged("its local header is missing", where);
  // The lengths of the local header's name and extras may differ from the directory's.
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + packed > bytes.length) throw damaged("its content does not fit the file", where);
  const content = bytes.subarray(start, start + packed);
  if (method === 0) return content;
  return inflate(content, { where, format: "deflate-raw", headerBytes: 0, size: () => size });
}

/** The members, in the order of the directory. */
function directory(view: DataView, bytes: Uint8Array, where: string): readonly Member[] {
  if (bytes.length < 4 || (view.getUint32(0, true) !== LOCAL && view.getUint32(0, true) !== END))
    throw new SteepestError({
      problem: "This is no npz file",
      expected: "a zip file: 50 4b 03 04 as its first bytes",
      received: firstBytes(bytes),
      where,
    });
  const end = endOf(view, bytes, where);
  const [disk, start, here, count] = [4, 6, 8, 10].map((at) => view.getUint16(end + at, true));
  const [size, offset] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if ((end >= 20 && view.getUint32(end - 20, true) === END_64) || count === 0xffff || offset === 0xffffffff)
    throw new SteepestError({
      problem: "The archive is in the format zip64, which is not read",
      expected: "an archive below 4 GB",
      where,
      fix: "Save its arrays one by one as .npy",
    });
  if (disk !== 0 || start !== 0 || here !== count || offset + size !== end)
    throw damaged("the archive's directory is not where its end says", where);
  const members: Member[] = [];
  for (let at = offset, i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY) throw damaged("the archive's directory is broken", where);
    const [nameLength, extras, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [crc, packed, whole] = [16, 20, 24].map((field) => view.getUint32(at + field, true));
    const local = view.getUint32(at + 42, true);
    if (flags & 1) throw damaged("it is encrypted", `${where}, ${name}`);
    if (method !== 0 && method !== 8)
      throw damaged(`it is packed by method ${method}, where 0 (stored) and 8 (deflate) are read`, `${where}, ${name}`);
    if (packed === 0xffffffff || whole === 0xffffffff || local === 0xffffffff)
      throw damaged("it is in the format zip64, which is not read", `${where}, ${name}`);
    if (!name.endsWith(".npy")) throw damaged("it is no array (.npy)", `${where}, ${name}`);
    if (members.some((other) => other.name === name)) throw damaged("it is there twice", `${where}, ${name}`);
    if (method === 0 && packed !== whole) throw damaged("it is stored with another size than it has", `${where}, ${name}`);
    members.push({ name, method, crc, packed, size: whole, at: local });
    at += 46 + nameLength + extras + comment;
  }
  // Members that share bytes unpack to far more than the file holds.
  const places = members.map(({ at, packed }) => ({ from: at, to: at + 30 + packed })).sort((a, b) => a.from - b.from);
  const overlap = places.findIndex(({ to }, i) => to > (places[i + 1]?.from ?? offset));
  if (overlap >= 0) throw damaged("two members lie on each other", where);
  return members;
}

/** Where the end record is: 22 bytes, and a comment of up to 65,535. */
function endOf(view: DataView, bytes: Uint8Array, where: string): number {
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - 22 - 65535); at--) {
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === bytes.length) return at;
  }
  throw new SteepestError({
    problem: "The archive is truncated",
    expected: "a directory at its end",
    received: `${bytes.length} bytes`,
    where,
    fix: "Download or save the file again",
  });
}

/** Writes a `.npz` file whose arrays are stored, not packed, as `np.savez` does. */
export function writeNpz(arrays: ReadonlyMap<string, Pick<NpyArray, "shape" | "data">>): Uint8Array {
  const parts: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const [name, array] of arrays) {
    const content = writeNpy(array);
    const named = new TextEncoder().encode(`${name}.npy`);
    const common = fields([
      [20, 2],
      // Names are UTF-8.
      [0x800, 2],
      [0, 2],
      // 1980-01-01: the same arrays give the same file.
      [0, 2],
      [0x21, 2],
      [crc32(content), 4],
      [content.length, 4],
      [content.length, 4],
      [named.length, 2],
      [0, 2],
    ]);
    const central = fields([
      [0, 2],
      [0, 2],
      [0, 2],
      [0, 4],
      [at, 4],
    ]);
    parts.push(fields([[LOCAL, 4]]), common, named, content);
    entries.push(
      fields([
        [DIRECTORY, 4],
        [20, 2],
      ]),
      common,
      central,
      named,
    );
    at += 30 + named.length + content.length;
  }
  const size = entries.reduce((sum, { length }) => sum + length, 0);
  if (at + size >= 2 ** 32 || arrays.size >= 0xffff)
    throw new SteepestError({
      problem: "The arrays are too many or too large for an npz file",
      expected: "less than 4 GB",
      received: `${at + size} bytes`,
    });
  const end = fields([
    [END, 4],
    [0, 4],
    [arrays.size, 2],
    [arrays.size, 2],
    [size, 4],
    [at, 4],
    [0, 2],
  ]);
  return joinedBytes([...parts, ...entries, end]);
}

/** Little-endian numbers of 2 or 4 bytes. */
function fields(list: readonly (readonly [value: number, bytes: 2 | 4])[]): Uint8Array {
  const out = new Uint8Array(list.reduce((sum, [, bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [value, bytes] of list) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return out;
}

const damaged = (what: string, where: string): SteepestError =>
  new SteepestError({ problem: `The archive cannot be read: ${what}`, where });
