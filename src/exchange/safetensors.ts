/**
 * The safetensors format: an 8-byte little-endian length, a JSON header of that length, the arrays one after another.
 * The reader takes files from anywhere, so it believes nothing: what the format forbids is refused by name.
 */
import type { NamedArray } from "../models/weights.js";
import { SteepestError } from "../tensor/error.js";
import type { DType } from "../tensor/types.js";
import { bytesPerElement } from "../tensor/types.js";
import { type StoredType, storedTypes } from "./element-types.js";
import { duplicateKey } from "./json-keys.js";

/** Arrays with notes beside them. */
export interface TensorFile {
  readonly arrays: readonly NamedArray[];
  /** Free text by name. */
  readonly metadata: ReadonlyMap<string, string>;
}

const formatNames: Readonly<Record<DType, string>> = { f32: "F32", f64: "F64", i32: "I32", u32: "U32", u8: "U8", bool: "BOOL" };

/** No header of a sane file is longer; a damaged length is met before memory is asked for. */
const longestHeader = 100_000_000;

/**
 * Writes arrays as one safetensors file, the widest elements first so that each lies aligned.
 *
 * @throws SteepestError for two arrays of one name, the reserved name `__metadata__`, or data that do not fill their shape
 */
export function writeSafetensors({ arrays, metadata }: TensorFile): Uint8Array {
  const names = new Set<string>();
  const entries: string[] = [];
  if (metadata.size > 0) entries.push(`"__metadata__":${jsonObject([...metadata].map(([key, text]) => [key, JSON.stringify(text)]))}`);
  const ordered = [...arrays].sort((a, b) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype]);
  let end = 0;
  for (const { name, shape, dtype, data } of ordered) {
    if (names.has(name) || name === "__metadata__")
      throw refusal(`The name "${name}" ${names.has(name) ? "is there twice" : "is reserved"}`, "weights");
    names.add(name);
    const size = elementCount(shape);
    if (size !== data.length || data.BYTES_PER_ELEMENT !== bytesPerElement[dtype])
      throw refusal(
        `Array "${name}" does not fill its shape`,
        "weights",
        `${size} elements of ${dtype}`,
        `${data.length} of ${data.BYTES_PER_ELEMENT} bytes`,
      );
    const begin = end;
    end += data.byteLength;
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${formatNames[dtype]}","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`,
    );
  }
  const json = new TextEncoder().encode(`{${entries.join(",")}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, 8, 8 + headerLength);
  file.set(json, 8);
  let at = 8 + headerLength;
  // Typed arrays hold their elements in the order of the machine; every machine that runs JavaScript today is little-endian, as the format.
  for (const { data } of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file, arrays in the order of their places in it. Element types that Steepest does not compute with become those that hold all their
 * values exactly: F16 and BF16 become f32, I8, I16 and U16 become i32, I64 and U64 become f64.
 *
 * @param where the name of the file, for messages
 * @throws SteepestError for a file that is truncated or longer than its header says, a header above 100 MB, that is not JSON or names a key twice,
 *   an element type of less than a byte or of 8-bit floats, whole numbers of 64 bits beyond 2⁵³, a shape that does not fit its place, places that overlap or leave a hole
 */
export function readSafetensors(bytes: Uint8Array, where: string): TensorFile {
  if (bytes.length < 8) throw refusal("The file ends before its header", where, "at least 8 bytes", `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(longestHeader)) throw refusal("The header claims to be too long", where, "at most 100 MB", `${declared} bytes`);
  const headerLength = Number(declared);
  if (8 + headerLength > bytes.length)
    throw refusal("The file ends inside its header", where, `${8 + headerLength} bytes or more`, `${bytes.length} bytes`);
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), where);
  const buffer = bytes.subarray(8 + headerLength);

  const places: Place[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") metadata = readMetadata(entry, where);
    else places.push(readPlace(name, entry, where));
  }
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const place of places) {
    if (place.begin !== end)
      throw refusal(
        `Array "${place.name}" ${place.begin < end ? "overlaps the one before it" : "leaves a hole before it"}`,
        where,
        `a start at byte ${end}`,
        String(place.begin),
      );
    end = place.end;
  }
  if (end !== buffer.length)
    throw refusal(
      end > buffer.length ? "The file is truncated" : "The file goes on after its last array",
      where,
      `${end} bytes of data`,
      `${buffer.length} bytes`,
    );
  return { arrays: places.map((place) => materialize(place, buffer, where)), metadata };
}

interface Place {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array, where: string): object {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = text.startsWith("{") ? JSON.parse(text) : undefined;
  } catch (error) {
    throw refusal("The header is not JSON", where, undefined, error instanceof Error ? error.message : undefined);
  }
  if (typeof header !== "object" || header === null) throw refusal("The header is not a JSON object", where);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw refusal(`The header names "${twice}" twice`, where);
  return header;
}

function readMetadata(entry: unknown, where: string): ReadonlyMap<string, string> {
  const notes = new Map<string, string>();
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw refusal("The notes in the header are no object", where);
  for (const [key, text] of Object.entries(entry)) {
    if (typeof text !== "string") throw refusal(`The note "${key}" in the header is no text`, where);
    notes.set(key, text);
  }
  return notes;
}

function readPlace(name: string, entry: unknown, where: string): Place {
  if (typeof entry !== "object" || entry === null || !("dtype" in entry) || !("shape" in entry) || !("data_offsets" in entry))
    throw refusal(`Array "${name}" is described incompletely`, where, "dtype, shape and data_offsets");
  const type = typeof entry.dtype === "string" ? storedTypes.get(entry.dtype) : undefined;
  if (type === undefined)
    throw refusal(
      `Array "${name}" has an element type that is not supported`,
      where,
      [...storedTypes.keys()].join(", "),
      String(entry.dtype),
    );
  const [shape, offsets] = [wholeNumbers(entry.shape), wholeNumbers(entry.data_offsets)];
  if (shape === undefined)
    throw refusal(`Array "${name}" has an impossible shape`, where, "a list of whole numbers ≥ 0", JSON.stringify(entry.shape));
  if (offsets === undefined || offsets.length !== 2 || offsets[0] > offsets[1])
    throw refusal(`Array "${name}" has an impossible place`, where, "[begin, end] with begin ≤ end", JSON.stringify(entry.data_offsets));
  const [begin, end] = offsets;
  const bytes = elementCount(shape) * type.bytes;
  if (bytes !== end - begin)
    throw refusal(
      `The shape of array "${name}" does not fit its place`,
      where,
      `${end - begin} bytes`,
      `${bytes} bytes for [${shape.join(", ")}] of ${String(entry.dtype)}`,
    );
  return { name, type, shape, begin, end };
}

function materialize({ name, type, shape, begin, end }: Place, buffer: Uint8Array, where: string): NamedArray {
  // Not `slice`: that of a Node Buffer, which is a Uint8Array too, gives a view and no copy.
  const data = type.read(new Uint8Array(buffer.subarray(begin, end)));
  if (data === undefined)
    throw refusal(`Array "${name}" holds whole numbers that would lose digits`, where, "numbers from −2⁵³ to 2⁵³", "larger ones");
  return { name, dtype: type.dtype, shape, data };
}

function wholeNumbers(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const out: number[] = [];
  for (const item of value) {
    if (typeof item !== "number" || !Number.isSafeInteger(item) || item < 0) return undefined;
    out.push(item);
  }
  return out;
}

/** NaN where the product is beyond what a number holds exactly, so that it equals nothing. */
function elementCount(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return Number.isSafeInteger(size * 8) ? size : Number.NaN;
}

const jsonObject = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;

const refusal = (problem: string, where: string, expected?: string, received?: string): SteepestError =>
  new SteepestError({ problem, where, expected, received });
