/** The element types of safetensors files, and what they become. */
import type { DType, HostData } from "../tensor/types.js";

/** How elements of a file are read. */
export interface StoredType {
  /** Bytes of one element. */
  readonly bytes: number;
  /** What they become: it holds every value that is read. */
  readonly dtype: DType;
  /** Elements from their bytes, which are a buffer of their own; undefined where one would lose digits. */
  read(bytes: Uint8Array<ArrayBuffer>): HostData | undefined;
}

/** By the names of the format. */
export const storedTypes: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ["F64", { bytes: 8, dtype: "f64", read: ({ buffer }) => new Float64Array(buffer) }],
  ["F32", { bytes: 4, dtype: "f32", read: ({ buffer }) => new Float32Array(buffer) }],
  ["F16", { bytes: 2, dtype: "f32", read: ({ buffer }) => halves(new Uint16Array(buffer)) }],
  ["BF16", { bytes: 2, dtype: "f32", read: ({ buffer }) => upperHalves(new Uint16Array(buffer)) }],
  ["I64", { bytes: 8, dtype: "f64", read: ({ buffer }) => exact(new BigInt64Array(buffer)) }],
  ["U64", { bytes: 8, dtype: "f64", read: ({ buffer }) => exact(new BigUint64Array(buffer)) }],
  ["I32", { bytes: 4, dtype: "i32", read: ({ buffer }) => new Int32Array(buffer) }],
  ["U32", { bytes: 4, dtype: "u32", read: ({ buffer }) => new Uint32Array(buffer) }],
  ["I16", { bytes: 2, dtype: "i32", read: ({ buffer }) => Int32Array.from(new Int16Array(buffer)) }],
  ["U16", { bytes: 2, dtype: "i32", read: ({ buffer }) => Int32Array.from(new Uint16Array(buffer)) }],
  ["I8", { bytes: 1, dtype: "i32", read: ({ buffer }) => Int32Array.from(new Int8Array(buffer)) }],
  ["U8", { bytes: 1, dtype: "u8", read: (bytes) => bytes }],
  ["BOOL", { bytes: 1, dtype: "bool", read: (bytes) => bytes }],
]);

/** IEEE 754's 16 bits (sign, 5 bits of exponent, 10 of fraction) as 32 (sign, 8, 23): every number of the one is one of the other. */
function halves(values: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < values.length; i++) {
    const [sign, exponent, fraction] = [(values[i] & 0x8000) << 16, (values[i] >> 10) & 31, values[i] & 1023];
    // Below the smallest normal number all are multiples of 2⁻²⁴.
    if (exponent === 0) out[i] = (sign === 0 ? 1 : -1) * fraction * 5.9604644775390625e-8;
    else bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
  return out;
}

/** BF16 is the upper half of a float32. */
function upperHalves(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

function exact(values: BigInt64Array | BigUint64Array): Float64Array<ArrayBuffer> | undefined {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = Number(values[i]);
    if (!Number.isSafeInteger(out[i])) return undefined;
  }
  return out;
}
