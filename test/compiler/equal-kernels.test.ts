/** Kernels that differ only in the memory they work on share their functions. */
import { describe, expect, it } from "vitest";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { compileEntry } from "../../src/compiler/compile.js";
import { mlp } from "../../src/models/ready.js";
import { fromHost, readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { batchGradient } from "./batch-gradient.js";
import { compute, deviation, difference, phasesOf, reading, variable } from "./machine.js";

/** The gradient of a network with so many hidden layers of the same width. */
const gradientOf = (layers: number): Tensor => batchGradient(mlp({ hidden: new Array<number>(layers).fill(48) }), [5, 5, 1], 40);

function functionsOf(tensors: readonly Tensor[]): { readonly phases: number; readonly functions: number } {
  const { variables, point } = reading(tensors);
  const { body } = compileEntry(point, variables);
  if (body.kind !== "phases") throw new Error("the program runs in registers");
  return { phases: body.phases.length, functions: new Set(body.phases.map((p) => p.function)).size };
}

describe("equal kernels", () => {
  it("of repeated layers are the same functions", () => {
    const [few, many] = [5, 10].map((layers) => functionsOf([gradientOf(layers)]));
    expect(many.functions).toBe(few.functions);
    expect(many.phases).toBeGreaterThan(few.phases);
    const names = phasesOf([gradientOf(10)]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("find the weights and the results of their own layers", () => {
    // 12 layers of 48 × 48 weights of eight bytes: θ is 220 KB long. Sums of 40 · 48 terms, one behind the other.
    expect(difference([gradientOf(12)])).toBeLessThan(2 ** 12);
  });

  it("work on parts of one buffer, and on buffers of their own", () => {
    const v = fromHost(
      Float64Array.from({ length: 9000 }, (_, i) => Math.fround(((i * 37) % 101) / 7)),
      [9000],
      "f64",
    );
    const part = (offset: number) => v.unpack({ shape: [30, 50], offset });
    // Sums of rows, of columns, and products, each at two places.
    const results = [0, 1504, 7400].flatMap((offset) => [
      part(offset).square().sum(1),
      part(offset).exp().sum(0),
      part(offset).matmul(part(offset).transpose()),
    ]);
    const { phases, functions } = functionsOf(results);
    expect(functions).toBeLessThan(phases / 2);
    expect(difference(results)).toBeLessThan(2 ** 10);
  });

  it("that differ in an index alone are not the same", () => {
    const v = fromHost(
      Float32Array.from({ length: 6000 }, (_, i) => i % 251),
      [6000],
      "f32",
    );
    const shifted = [1, 2].map((by) =>
      v
        .slice([by], [4000])
        .mul(2)
        .add(v.slice([0], [4000])),
    );
    const [one, two] = compute(shifted);
    for (const [by, actual] of [
      [1, one],
      [2, two],
    ] as const) {
      const expected = Float64Array.from({ length: 4000 }, (_, i) => 2 * ((i + by) % 251) + (i % 251));
      expect(deviation(actual, expected, "f32")).toBe(0);
    }
  });

  it("record at every step what is theirs", () => {
    const x = variable("x", { shape: [200], dtype: "f64" });
    const value = readVariable(x);
    const traces = [0, 50, 100].map((from) => ({ name: `from ${from}`, value: value.slice([from], [40]).mul(3) }));
    const program = new WasmProgram([x]);
    program.write(
      x,
      Float64Array.from({ length: 200 }, (_, i) => i),
    );
    const result = program.run({ name: "record", writes: [{ variable: x, value: value.add(1000) }], traces }, 4);
    for (const from of [0, 50, 100])
      expect([...result.traces[`from ${from}`]]).toEqual(
        Array.from({ length: 160 }, (_, i) => 3 * (from + (i % 40) + 1000 * Math.floor(i / 40))),
      );
  });
});
