/** The bytes of vector constants. */
import type { Expr } from "../../compiler/loops/ir.js";

/** The sixteen bytes of one part of a vector constant. */
export function constantBytes(x: Expr & { kind: "constant" }): number[] {
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

/** The numbers of the lanes of one part, as i32. */
export function laneIndexBytes(part: number): number[] {
  return [0, 1, 2, 3].flatMap((lane) => [4 * part + lane, 0, 0, 0]);
}
