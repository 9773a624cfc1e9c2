/** The gradient of a bias comes out of the product that gives the gradient of the weights. */
import { expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { evaluate } from "../../src/backends/wasm/evaluate.js";
import { planEntry } from "../../src/compiler/compile.js";
import { cnn, mlp } from "../../src/models/ready.js";
import { batchGradient } from "./batch-gradient.js";

const models = [
  { name: "mlp", model: mlp({ hidden: [40, 30] }), shape: [6, 6, 1], sums: 3 },
  { name: "cnn", model: cnn({ filters: [16, 16] }), shape: [8, 8, 1], sums: 2 },
] as const;

it.each(models)("$name", ({ model, shape, sums }) => {
  const gradient = batchGradient(model, shape, 50);
  const { kernels = [] } = planEntry({ name: "gradient", writes: [], traces: [{ name: "gradient", value: gradient }] }, []);
  expect(kernels.filter((k) => k.kind === "template" && k.sideSum !== undefined).length).toBe(sums);
  const [expected] = interpret([gradient]);
  const [actual] = evaluate([gradient]);
  // Sums of 50 · 64 terms of size below 1, in float64.
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThan(1e-12);
});
