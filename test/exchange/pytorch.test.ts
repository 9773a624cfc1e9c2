import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchNorm, conv2d, dense, flatten, layerNorm, lenet5, mlp, relu, residual, sequential, upsample2d } from "steepest";
import { exportWeights, importWeights, readSafetensors, writeSafetensors } from "steepest/exchange";
import { afterAll, describe, expect, it } from "vitest";
import type { Tensor } from "../../src/index.js";
import type { NamedArray } from "../../src/models/weights.js";
import { fromHost } from "../../src/tensor/tensor.js";
import { messageOf } from "../errors.js";
import { builtFor, cases, inputOf, type PytorchCase, records, weightsOf } from "./pytorch-cases.js";

const pytorch = { layout: "pytorch" } as const;

/** The output of our model in float64, with weights by path. */
function outputWith(one: PytorchCase, weights: ReadonlyMap<string, ArrayLike<number>>): ArrayLike<number> {
  const model = builtFor(one);
  const given = (entries: readonly { readonly path: string; readonly shape: readonly number[] }[]): Record<string, Tensor> =>
    Object.fromEntries(entries.map(({ path, shape }) => [path, fromHost(Float64Array.from(weights.get(path) ?? []), shape, "f64")]));
  const x = fromHost(inputOf(one), [records, ...one.input], "f64");
  return model.apply(x, given(model.parameters), { training: false, state: given(model.state) }).output.data();
}

/** Float64 on both sides: each number is the end of a dozen sums of at most 1,152 products, all about as large. */
function expectClose(output: ArrayLike<number>, wanted: readonly number[]): void {
  expect(output.length).toBe(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  wanted.forEach((value, i) => {
    expect(Math.abs(output[i] - value), `output ${i}`).toBeLessThan(1e-11 * largest);
  });
}

const python = "/usr/bin/python3";
const hasTorch = spawnSync(python, ["-c", "import torch"]).status === 0;
const folder = mkdtempSync(join(tmpdir(), "steepest-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(cases.map((one) => [one.name, one] as const))("%s and PyTorch", (_, one) => {
  it("gives the same outputs with the same state_dict", () => {
    const output = outputWith(one, importWeights(builtFor(one), weightsOf(one), pytorch));
    expectClose(output, one.output);
  });

  it("gets its state_dict back, every bit", () => {
    const given = weightsOf(one);
    const model = builtFor(one);
    const back = exportWeights({ model, weights: importWeights(model, given, pytorch) }, pytorch);
    // As bytes: looking at a million numbers one by one would take seconds.
    const listed = (arrays: readonly NamedArray[]) =>
      new Map(arrays.map(({ name, shape, dtype, data }) => [name, `${dtype} ${shape} ${Buffer.from(data.buffer).toString("base64")}`]));
    expect(back.length).toBe(given.length);
    const found = listed(back);
    for (const [key, text] of listed(given)) expect(found.get(key) === text, key).toBe(true);
  });
});

it.skipIf(!hasTorch)(`${hasTorch ? "" : "(skipped: no PyTorch) "}PyTorch loads our files, strictly, and gives the same outputs`, () => {
  for (const one of cases) {
    const model = builtFor(one);
    const arrays = exportWeights({ model, weights: importWeights(model, weightsOf(one), pytorch) }, pytorch);
    writeFileSync(join(folder, `${one.name}.safetensors`), writeSafetensors({ arrays, metadata: new Map([["format", "pt"]]) }));
  }
  const script = fileURLToPath(new URL("../fixtures/exchange/pytorch.py", import.meta.url));
  const { stdout, stderr } = spawnSync(python, [script, "run", folder], { encoding: "utf8" });
  expect(stderr).toBe("");
  const outputs: Readonly<Record<string, readonly number[]>> = JSON.parse(stdout);
  // The same sums of the same numbers as when the fixture was made, in whatever order PyTorch adds them up today.
  for (const { name, output } of cases) expectClose(outputs[name], output);
});

describe("names of modules", () => {
  const model = sequential(conv2d(2, 3), batchNorm(), relu(), flatten(), dense(3)).build([4, 4, 1]);
  const weights = new Map(
    [...model.parameters, ...model.state].map(({ path, shape }, k) => [path, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(k)]),
  );
  const names = (options: Parameters<typeof exportWeights>[1]) => exportWeights({ model, weights }, options).map(({ name }) => name);

  it("are our own, places, or given", () => {
    expect(names({})).toEqual([
      "conv1.weight",
      "conv1.bias",
      "batchNorm1.scale",
      "batchNorm1.bias",
      "dense1.weight",
      "dense1.bias",
      "batchNorm1.runningMean",
      "batchNorm1.runningVariance",
    ]);
    expect(names(pytorch).slice(2)).toEqual(
      ["batchNorm1.weight", "batchNorm1.bias", "dense1.weight", "dense1.bias", "batchNorm1.running_mean", "batchNorm1.running_var"].sort(
        (a, b) => Number(a.startsWith("dense")) - Number(b.startsWith("dense")),
      ),
    );
    expect(names({ ...pytorch, names: "sequential" })).toContain("4.weight");
    expect(names({ ...pytorch, names: { dense1: "head.fc" } })).toContain("head.fc.weight");
  });

  it("are refused where no layer has them, and where nothing has names", () => {
    expect(messageOf(() => names({ ...pytorch, names: { dens1: "fc" } }))).toMatch(/no layer "dens1"[\s\S]*did you mean dense1/);
    expect(messageOf(() => names({ names: "sequential" }))).toMatch(/layout: "pytorch"/);
  });
});

describe("importing weights", () => {
  const model = lenet5().build([28, 28, 1]);
  const lenet = cases.find(({ name }) => name === "lenet5");
  const given = lenet === undefined ? [] : weightsOf(lenet);

  it("lists all that is missing, unexpected and of another shape at once", () => {
    const changed = given
      .filter(({ name }) => name !== "fc2.bias")
      .map((array) =>
        array.name === "fc1.weight" ? { ...array, shape: [400, 120] } : array.name === "fc3.bias" ? { ...array, name: "fc4.bias" } : array,
      );
    const message = messageOf(() => importWeights(model, changed, pytorch));
    expect(message).toMatch(/missing: fc2\.bias, fc3\.bias/);
    expect(message).toMatch(/unexpected: fc4\.bias/);
    expect(message).toMatch(/fc1\.weight \[400, 120\] instead of \[120, 400\]/);
  });

  it("takes PyTorch's counts of batches for what they are", () => {
    const counted = [...given, { name: "bn1.num_batches_tracked", shape: [], dtype: "f64", data: Float64Array.of(7) } as const];
    expect(importWeights(model, counted, pytorch).size).toBe(given.length);
    expect(messageOf(() => importWeights(mlp().build([4]), counted))).toMatch(/num_batches_tracked/);
  });

  it("reads what it wrote, through a file", () => {
    const weights = importWeights(model, given, pytorch);
    const file = writeSafetensors({ arrays: exportWeights({ model, weights }), metadata: new Map() });
    expect(importWeights(model, readSafetensors(file, "x").arrays)).toEqual(weights);
  });
});

describe("what cannot be brought to PyTorch's order", () => {
  it.each([
    ["a residual block on flattened pixels", sequential(flatten(), residual(relu())), /residual1 on the pixels of \[4, 4, 2\]/],
    ["a layerNorm of rows", sequential(layerNorm({ axes: 2 })), /channels first/],
  ])("%s", (_, model, message) => {
    expect(messageOf(() => exportWeights({ model: model.build([4, 4, 2]), weights: [] }, pytorch))).toMatch(message);
  });

  it("leaves images that need no change", () => {
    expect(exportWeights({ model: sequential(upsample2d(2)).build([4, 4, 2]), weights: [] }, pytorch)).toEqual([]);
  });
});
