/** Runs loop functions on arrays: every cursor parameter gets an array laid into a fresh memory. */

import { printModule } from "../../../src/backends/wasm/printer.js";
import type { LoopFunction, MemoryDType } from "../../../src/compiler/loops/ir.js";

export type Values = readonly number[];

export const bytes: Readonly<Record<MemoryDType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, u8: 1, bool: 1 };

export function view(
  dtype: MemoryDType,
  buffer: ArrayBuffer,
  at: number,
  length: number,
): Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array {
  if (dtype === "f32") return new Float32Array(buffer, at, length);
  if (dtype === "f64") return new Float64Array(buffer, at, length);
  if (dtype === "i32") return new Int32Array(buffer, at, length);
  if (dtype === "u32") return new Uint32Array(buffer, at, length);
  return new Uint8Array(buffer, at, length);
}

export interface Outcome {
  /** What the function returned. */
  readonly returned: unknown;
  /** The arrays of the cursor parameters, after the call. */
  readonly arrays: number[][];
}

/** Calls `fn`; arguments in order, an array for each cursor. Arrays lie at the END of the memory's pages, so that reading past them traps. */
export function call(fn: LoopFunction, args: readonly (number | bigint | Values)[], options: { fast?: boolean } = {}): Outcome {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 });
  const { bytes: code } = printModule([fn], { memory: { initial: 4, maximum: 4, shared: false }, ...options });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  let top = memory.buffer.byteLength;
  const placed: (Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array)[] = [];
  const numbers = fn.parameters.map((p, i) => {
    const arg = args[i];
    if (p.kind !== "cursor" || !Array.isArray(arg)) return arg;
    const size = bytes[p.dtype];
    const at = Math.floor((top - arg.length * size) / size) * size;
    top = at;
    const array = view(p.dtype, memory.buffer, at, arg.length);
    array.set(arg);
    placed.push(array);
    return at;
  });
  const f0 = exports.f0;
  if (typeof f0 !== "function") throw new Error("no function");
  const returned: unknown = f0(...numbers);
  return { returned, arrays: placed.map((a) => [...a]) };
}
