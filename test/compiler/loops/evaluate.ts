/** Evaluates an elementary function over an array, compiled at a given number of lanes. */

import { printModule } from "../../../src/backends/wasm/printer.js";
import { LoopBuilder } from "../../../src/compiler/loops/builder.js";
import * as ir from "../../../src/compiler/loops/expressions.js";
import { type MathName, mathFunctions } from "../../../src/compiler/loops/math/index.js";

export type FloatDType = "f32" | "f64";

/** f(x[i], y[i]) for all i; the length is a multiple of the lanes. */
export function evaluator(
  name: MathName,
  dtype: FloatDType,
  lanes: number,
  options: { fast?: boolean } = {},
): (x: readonly number[], y?: readonly number[]) => number[] {
  const b = new LoopBuilder();
  const x = b.cursorParameter(dtype, "x");
  const y = b.cursorParameter(dtype, "y");
  const out = b.cursorParameter(dtype, "out");
  const count = b.parameter(ir.I32, "count");
  b.for(0, count, lanes, () => {
    b.store(out, mathFunctions[name](b, ir.load(x, 0, lanes), ir.load(y, 0, lanes)));
    for (const cursor of [x, y, out]) b.advance(cursor, lanes);
  });
  const pages = 512;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { bytes } = printModule([b.finish(name)], { memory: { initial: pages, maximum: pages, shared: false }, ...options });
  const { f0 } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  if (typeof f0 !== "function") throw new Error("no function");
  return (xs, ys = xs) => {
    const Type = dtype === "f32" ? Float32Array : Float64Array;
    const third = Math.floor(memory.buffer.byteLength / 3 / 16) * 16;
    const rounded = Math.ceil(xs.length / lanes) * lanes;
    new Type(memory.buffer, 0, xs.length).set(xs);
    new Type(memory.buffer, third, xs.length).set(ys);
    f0(0, third, 2 * third, rounded);
    return [...new Type(memory.buffer, 2 * third, xs.length)];
  };
}
