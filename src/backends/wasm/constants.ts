/** The bytes of vector constants. Equal constants are one array, so that they can be told apart by identity. */
import type { Expr } from "../../compiler/loops/ir.js";

/** Sixteen bytes. */
export type ConstantBytes = readonly number[];

const byValue = new Map<string, ConstantBytes>();
const byBytes = new Map<string, ConstantBytes>();
/** Constants that are remembered; then all are forgotten. */
const MOST = 4096;

/** The sixteen bytes of one part of a vector constant. */
export function constantBytes(x: Expr & { kind: "constant" }): ConstantBytes {
  const { dtype } = x.type;
  const key = Object.is(x.value, -0) ? `${dtype} -0` : `${dtype} ${x.value}`;
  const held = byValue.get(key);
  if (held !== undefined) return held;
  if (byValue.size >= MOST) {
    byValue.clear();
    byBytes.clear();
  }
  const bytes = onlyOne(encode(x));
  byValue.set(key, bytes);
  return bytes;
}

function onlyOne(bytes: ConstantBytes): ConstantBytes {
  const key = bytes.join();
  const held = byBytes.get(key) ?? bytes;
  byBytes.set(key, held);
  return held;
}

function encode(x: Expr & { kind: "constant" }): number[] {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  if (x.type.dtype === "bool") return [...bytes.fill(Number(x.value) === 0 ? 0 : 255)];
  for (let at = 0; at < 16; at += 8)
    if (x.type.dtype === "f64") view.setFloat64(at, Number(x.value), true);
    else if (x.type.dtype === "i64") view.setBigInt64(at, BigInt.asIntN(64, BigInt(x.value)), true);
    else if (x.type.dtype === "f32") for (const half of [0, 4]) view.setFloat32(at + half, Number(x.value), true);
    else for (const half of [0, 4]) view.setInt32(at + half, Number(x.value), true);
  return [...bytes];
}

/** All zeros. A vector of −0 has other bytes. */
export const ZERO_BYTES: ConstantBytes = onlyOne(new Array<number>(16).fill(0));

const laneIndices: ConstantBytes[] = [];

/** The numbers of the lanes of one part, as i32. */
export function laneIndexBytes(part: number): ConstantBytes {
  laneIndices[part] ??= [0, 1, 2, 3].flatMap((lane) => [4 * part + lane, 0, 0, 0]);
  return laneIndices[part];
}
