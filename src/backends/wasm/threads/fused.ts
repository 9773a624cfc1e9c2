/** Whether the engine knows the fused multiply-add of relaxed SIMD. */
import { encodeModule, FunctionBody } from "../encoder.js";
import { setEngineFlag } from "./environment.js";

let known: boolean | undefined;

/**
 * Whether x·y + z of vectors can be one instruction: natively from Node 22 and Chromium 114 on. In Node 20 the engine has it behind a flag, which
 * is set here, so that asking has an effect on the process: modules compiled later may use relaxed SIMD.
 */
export function canFuse(): boolean {
  known ??= validates() || (setEngineFlag("--experimental-wasm-relaxed-simd") && validates());
  return known;
}

function validates(): boolean {
  const body = new FunctionBody("fused", ["v128", "v128", "v128"], ["v128"]);
  body.localGet(0).localGet(1).localGet(2).op("f32x4.relaxed_madd");
  const memory = { initial: 1, maximum: 1, shared: false };
  return WebAssembly.validate(encodeModule({ memory, exports: { fused: body }, names: false }).bytes);
}
