import {
  adam,
  conv2d,
  dense,
  dropout,
  fit,
  flatten,
  freeze,
  gd,
  linear,
  maxPool2d,
  relu,
  residual,
  type StartingWeights,
  sequential,
} from "steepest";
import { digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { ParameterLayout } from "../../src/models/layout.js";
import { tensor } from "../../src/tensor/create.js";
import { literalSeed, recordBits, tracedStreamKey } from "../../src/tensor/random-bits.js";

const block = () => residual(sequential(conv2d(4, 3), relu(), conv2d(4, 3)));
const wider = () => residual(sequential(conv2d(6, 3, { strides: 2 }), relu(), conv2d(6, 3)), conv2d(6, 1, { strides: 2, bias: false }));
const network = () => sequential(conv2d(4, 3), block(), relu(), wider(), relu(), flatten(), sequential(dense(5), relu()), dense(10));

describe("blocks", () => {
  it("name parameters by path", () => {
    const { parameters } = network().build([8, 8, 1]);
    expect(parameters.map(({ path, group }) => [path, group])).toEqual(
      [
        "conv1.weight conv1.bias",
        "residual1.conv1.weight residual1.conv1.bias residual1.conv2.weight residual1.conv2.bias",
        "residual2.conv1.weight residual2.conv1.bias residual2.conv2.weight residual2.conv2.bias residual2.shortcut.conv1.weight",
        "sequential1.dense1.weight sequential1.dense1.bias dense1.weight dense1.bias",
      ]
        .flatMap((line) => line.split(" "))
        .map((path) => [path, path.slice(0, path.lastIndexOf("."))]),
    );
  });

  it("print their inner layers below themselves", () => {
    // 2 · 64 · 9 · 4 · 4 = 18,432; the wider one: 2 · 16 · (9 · 4 · 6 + 9 · 6 · 6 + 4 · 6) = 18,048
    expect(network().build([8, 8, 1]).summary().split("\n")).toEqual([
      "layer             output     parameters   FLOPs",
      "input             [8, 8, 1]",
      "conv1             [8, 8, 4]          40   4,608",
      "residual1         [8, 8, 4]         296  36,864",
      "  conv1           [8, 8, 4]         148  18,432",
      "  relu1           [8, 8, 4]",
      "  conv2           [8, 8, 4]         148  18,432",
      "relu1             [8, 8, 4]",
      "residual2         [4, 4, 6]         576  18,048",
      "  conv1           [4, 4, 6]         222   6,912",
      "  relu1           [4, 4, 6]",
      "  conv2           [4, 4, 6]         330  10,368",
      "  shortcut.conv1  [4, 4, 6]          24     768",
      "relu2             [4, 4, 6]",
      "flatten1          [96]",
      "sequential1       [5]               485     960",
      "  dense1          [5]               485     960",
      "  relu1           [5]",
      "dense1            [10]               60     100",
      "sequential                        1,457  60,580",
    ]);
  });

  it("add what goes around to what goes through", () => {
    const model = sequential(residual(dense(2), dense(2, { bias: false }))).build([3]);
    const layout = new ParameterLayout(model.parameters, "f64");
    const theta = layout.join(
      new Map([
        ["residual1.dense1.weight", [1, 2, 3, 4, 5, 6]],
        ["residual1.dense1.bias", [10, 20]],
        ["residual1.shortcut.dense1.weight", [100, 0, 0, 100, 0, 0]],
      ]),
    );
    const { output } = model.apply(tensor([[1, 0, 1]]), layout.views(tensor(theta)), { training: false });
    expect([...interpret([output])[0]]).toEqual([16 + 100, 28]);
  });

  it("draw random numbers of their own", () => {
    const model = sequential(dropout(0.5), residual(dropout(0.5)), residual(dropout(0.5))).build([64]);
    const purposes: string[] = [];
    model.apply(
      tensor(new Float64Array(64).fill(1), { shape: [1, 64] }),
      {},
      {
        training: true,
        random: (purpose, shape) => {
          purposes.push(purpose);
          return recordBits(tracedStreamKey(literalSeed(1), purpose, 0), shape);
        },
      },
    );
    expect(purposes).toEqual(["dropout1", "residual1.dropout1", "residual2.dropout1"]);
  });

  it.each([
    [
      "whose two ways differ",
      () => sequential(relu(), residual(conv2d(8, 3))).build([8, 8, 3]),
      /different shapes[\s\S]*\[8, 8, 3\], what goes into the block[\s\S]*\[8, 8, 8\][\s\S]*residual1, layer 2 of 2/,
    ],
    [
      "with a layer that does not fit",
      () => sequential(residual(sequential(conv2d(8, 3), dense(3)))).build([8, 8, 3]),
      /dense takes vectors[\s\S]*residual1\.dense1, layer 2 of 2 in residual1/,
    ],
    [
      "with a shortcut that does not fit",
      () => sequential(residual(conv2d(8, 3), maxPool2d(9))).build([8, 8, 3]),
      /residual1\.shortcut\.maxPool1, layer 1 of 1 in the shortcut of residual1/,
    ],
  ])("are refused %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

const data = digits({ train: 40, test: 12 });
const options = { epochs: 1, batchSize: 20, threads: 1, optimizer: gd({ learningRate: 0.05 }) } as const;

describe("activations", () => {
  it("are those of any layer, also inside blocks", async () => {
    const run = await fit(network(), data, options);
    const predict = run.predictor();
    const images = data.inputs.data.subarray(0, 3 * 784);
    const scores = predict.activations(images, "dense1");
    expect(scores).toEqual({ shape: [3, 10], data: predict(images).outputs });
    const before = predict.activations(images, "residual2.conv2");
    const around = predict.activations(images, "residual2.shortcut.conv1");
    const after = predict.activations(images, "residual2");
    expect(after.shape).toEqual([3, 14, 14, 6]);
    expect(after.data).toEqual(before.data.map((x, i) => x + around.data[i]));
    const shown = predict.activations(images, "relu2").data;
    expect(shown).toEqual(after.data.map((x) => Math.max(0, x)));
    expect(() => predict.activations(images, "relu9")).toThrow(/no layer "relu9"[\s\S]*residual1\.conv2[\s\S]*did you mean relu/);
  });
});

describe("weights by name", () => {
  it("go from one run to another, and freeze keeps them by nested paths", async () => {
    const first = await fit(network(), data, options);
    const frozen = freeze(adam({ learningRate: 0.01 }), ["conv1.*", "residual*"]);
    const second = await fit(network(), data, {
      ...options,
      seed: 9,
      optimizer: frozen,
      weights: { from: first.weights, only: ["conv1.*", "residual*"] },
    });
    for (const [path, values] of second.weights) {
      const kept = path.startsWith("conv1") || path.startsWith("residual");
      if (kept) expect(values, path).toEqual(first.weights.get(path));
      else expect(values, path).not.toEqual(first.weights.get(path));
    }
    // All of them, and no step: the same model.
    const same = await fit(network(), data, { ...options, optimizer: gd({ learningRate: 0 }), weights: first.weights });
    expect(same.theta).toEqual(first.theta);
    expect(same.test).toEqual(first.test);
  });

  it("that are the start are in force before the first step", async () => {
    const zero = new Map([
      ["dense1.weight", new Float32Array(7840)],
      ["dense1.bias", new Float32Array(10)],
    ]);
    const run = await fit(linear(), data, { ...options, epochs: 1 / 2, weights: zero });
    expect(run.history[0].loss).toBeCloseTo(Math.log(10), 6);
  });

  const numbers = (shape: readonly number[]) => new Float32Array(shape.reduce((a, b) => a * b, 1));
  const weight = { name: "dense1.weight", shape: [784, 10], data: numbers([784, 10]) };
  const bias = { name: "dense1.bias", shape: [10], data: numbers([10]) };
  it.each<[string, StartingWeights, RegExp]>([
    ["missing", [weight], /do not fit[\s\S]*missing: dense1\.bias[\s\S]*strict: false/],
    ["too many", [weight, bias, { ...bias, name: "dense2.bias" }], /not in the model: dense2\.bias/],
    ["of another shape", [{ ...weight, shape: [10, 784] }, bias], /of another shape: dense1\.weight \[10, 784\] instead of \[784, 10\]/],
    ["of another size", new Map([["dense1.weight", numbers([9])]]), /missing: dense1\.bias; of another shape: dense1\.weight of 9 numbers/],
    ["of another shape, even where not all are asked for", { from: [{ ...bias, shape: [2, 5] }], strict: false }, /of another shape/],
    ["chosen and not there", { from: [weight], only: "dense1.*" }, /missing: dense1\.bias/],
    ["chosen by a name that the model lacks", { from: [weight], only: "conv*" }, /weights names a parameter that does not exist/],
    ["of another model", { from: [{ ...bias, name: "x" }], strict: false }, /none of these weights/],
  ])("are refused where they are %s", async (_, weights, message) => {
    await expect(fit(linear(), data, { ...options, weights })).rejects.toThrow(message);
  });

  it("may be taken as far as they go", async () => {
    const ones = { ...bias, data: new Float32Array(10).fill(1) };
    const run = await fit(linear(), data, {
      ...options,
      optimizer: gd({ learningRate: 0 }),
      weights: { from: [ones, { ...bias, name: "x" }], strict: false },
    });
    expect([...(run.weights.get("dense1.bias") ?? [])]).toEqual([...ones.data]);
  });
});
