import { afterEach, describe, expect, it, vi } from "vitest";
import { openProgram, type ProgramOptions } from "../../../src/backends/wasm/threads/index.js";
import type { Variable } from "../../../src/tensor/primitives/leaves.js";
import { readVariable } from "../../../src/tensor/tensor.js";
import { hashOf, network, noise } from "./network.js";

const [rows, depth, columns] = [61, 530, 45];
const a: Variable = { name: "a", type: { shape: [rows, depth], dtype: "f32" } };
const b: Variable = { name: "b", type: { shape: [depth, columns], dtype: "f32" } };
const c: Variable = { name: "c", type: { shape: [rows, columns], dtype: "f32" } };
const product = { name: "product", writes: [{ variable: c, value: readVariable(a).matmul(readVariable(b)) }], traces: [] };
const [av, bv] = [noise(rows * depth, 1), noise(depth * columns, 2)];

async function multiply(options: ProgramOptions, open = openProgram) {
  const program = await open([a, b, c], options);
  program.write(a, av);
  program.write(b, bv);
  await program.run(product, 1);
  const result = Float32Array.from(await program.read(c));
  program.close();
  return { result, fast: program.fast };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

describe("fused products and sums", () => {
  it("are off unless asked for", async () => {
    const { result, fast } = await multiply({});
    expect(fast).toBe(false);
    expect((await multiply({ fast: false })).result).toEqual(result);
  });

  it("are as near to the exact product as separate ones, and other bits", async () => {
    const [fused, separate] = [await multiply({ fast: true }), await multiply({})];
    // Every engine that the tests run on has them.
    expect(fused.fast).toBe(true);
    expect(fused.result).not.toEqual(separate.result);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let [sum, size] = [0, 0];
        for (let k = 0; k < depth; k++) {
          const term = av[i * depth + k] * bv[k * columns + j];
          sum += term;
          size += Math.abs(term);
        }
        // |error| ≤ (k + 2) u Σ|a||b| for any order of summation, u half a unit in the last place.
        expect(Math.abs(fused.result[i * columns + j] - sum)).toBeLessThanOrEqual((depth + 2) * 2 ** -24 * size);
      }
  });

  it("give the same bits in every run and with any number of threads", async () => {
    const net = network();
    const train = async (threads: number) => {
      const program = await openProgram(net.variables, { threads, fast: true });
      for (const [variable, data] of net.start) program.write(variable, data);
      await program.run(net.step, 40);
      const hash = hashOf(...(await Promise.all(net.weights.map((w) => program.read(w)))));
      program.close();
      return hash;
    };
    const alone = await train(1);
    for (const threads of [1, 2, 3, 7]) expect(await train(threads)).toBe(alone);
  });

  it("are left out, and said to be, where the engine has no relaxed SIMD", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    vi.resetModules();
    const fresh = await import("../../../src/backends/wasm/threads/index.js");
    const { result, fast } = await multiply({ fast: true }, fresh.openProgram);
    expect(fast).toBe(false);
    expect(result).toEqual((await multiply({})).result);
  });
});
