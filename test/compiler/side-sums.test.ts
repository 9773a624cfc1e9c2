/** The gradient of a bias comes out of the product that gives the gradient of the weights. */
import { expect, it } from "vitest";
import { pullBack } from "../../src/autodiff/reverse.js";
import { interpret } from "../../src/backends/interpreter/index.js";
import { evaluate } from "../../src/backends/wasm/evaluate.js";
import { planEntry } from "../../src/compiler/compile.js";
import { crossEntropy } from "../../src/models/losses.js";
import { cnn, mlp } from "../../src/models/ready.js";
import { Training } from "../../src/objectives/training.js";
import { fromHost } from "../../src/tensor/tensor.js";

const models = [
  { name: "mlp", model: mlp({ hidden: [40, 30] }), shape: [6, 6, 1], sums: 3 },
  { name: "cnn", model: cnn({ filters: [16, 16] }), shape: [8, 8, 1], sums: 2 },
] as const;

it.each(models)("$name", ({ model, shape, sums }) => {
  const training = new Training({
    model: model.build(shape),
    loss: crossEntropy(),
    preprocessing: { scale: 1, offset: 0 },
    seed: 3,
    dtype: "f64",
  });
  const records = 50;
  const size = shape[0] * shape[1];
  const theta = fromHost(training.initialTheta(), [training.layout.size], "f64");
  const inputs = fromHost(
    Float64Array.from({ length: records * size }, (_, i) => ((i * 7919) % 97) / 97),
    [records, ...shape],
    "f64",
  );
  const labels = fromHost(
    Int32Array.from({ length: records }, (_, i) => i % 10),
    [records],
    "i32",
  );
  const { loss } = training.batch(theta, inputs, labels, true);
  const [gradient] = pullBack([loss], [loss.fill(1)], [theta]);
  if (gradient === undefined) throw new Error("no gradient");
  const { kernels = [] } = planEntry({ name: "gradient", writes: [], traces: [{ name: "gradient", value: gradient }] }, []);
  expect(kernels.filter((k) => k.kind === "template" && k.sideSum !== undefined).length).toBe(sums);
  const [expected] = interpret([gradient]);
  const [actual] = evaluate([gradient]);
  // Sums of 50 · 64 terms of size below 1, in float64.
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThan(1e-12);
});
