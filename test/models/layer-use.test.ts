import {
  adam,
  batchNorm,
  conv2d,
  convTranspose2d,
  dense,
  depthwiseConv2d,
  elu,
  embedding,
  fit,
  flatten,
  gd,
  gelu,
  globalMeanPool2d,
  groupNorm,
  halfSquaredSum,
  huber,
  l1,
  layerNorm,
  leakyRelu,
  maxPool2d,
  relu,
  sequential,
  tensor,
  triplet,
  upsample2d,
} from "steepest";
import { arrayDataset, digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { lossNamed } from "../../src/models/losses.js";
import { erf } from "../../src/tensor/error-function.js";

describe("layers in training", () => {
  it("images as targets: a network of convolutions learns to blur", async () => {
    const { inputs } = digits({ train: 24, test: 1 });
    const pixels = Float32Array.from(inputs.data.subarray(0, 24 * 784), (v) => v / 255);
    const blurred = pixels.map((v, i) => (i % 28 === 0 ? v : (v + pixels[i - 1]) / 2));
    const shape = [24, 28, 28, 1];
    const data = arrayDataset({ inputs: { shape, data: pixels }, targets: { shape, data: blurred } });
    const options = { epochs: 60, batchSize: 12, threads: 1, optimizer: adam({ learningRate: 0.03 }) } as const;
    const run = await fit(sequential(conv2d(1, 3)), data, { ...options, loss: halfSquaredSum() });
    expect(run.trainLoss).toBeLessThan(0.05 * run.history[0].loss);
    // Half the value itself, half that of its left neighbour; row 1 of the window, columns 0 and 1.
    const weight = run.weights.get("conv1.weight") ?? [];
    const others = [...weight].filter((_, i) => i !== 3 && i !== 4);
    expect(Math.min(weight[3], weight[4])).toBeGreaterThan(Math.max(...others));
  });

  it("batch normalisation: the same bits on any number of threads, its statistics used for the test part", async () => {
    const data = digits({ train: 50, test: 20 });
    const model = () =>
      sequential(
        conv2d(6, 3, { strides: 2, bias: false }),
        batchNorm(),
        relu(),
        depthwiseConv2d(3),
        groupNorm(3),
        leakyRelu(),
        globalMeanPool2d(),
        dense(10),
      );
    const run = (threads: number) => fit(model(), data, { epochs: 4, batchSize: 20, threads, optimizer: gd({ learningRate: 0.1 }) });
    const one = await run(1);
    expect(one.trainLoss).toBeLessThan(one.history[0].loss);
    expect(one.predictor()(data.test?.inputs.data ?? []).outputs).toEqual(one.test?.outputs);
    for (const threads of [2, 3, 7]) {
      const more = await run(threads);
      expect(more.theta).toEqual(one.theta);
      expect(more.state).toEqual(one.state);
    }
  });

  it("an embedding of symbols", async () => {
    const words = Array.from({ length: 64 }, (_, i) => [i & 3, (i >> 2) & 3, (i >> 4) & 3]);
    const data = arrayDataset({ inputs: words, targets: words.map(([a, , c]) => (a === c ? 1 : 0)), classes: 2 });
    const model = sequential(embedding(4, 6), flatten(), dense(16), relu(), dense(2));
    const run = await fit(model, data, { epochs: 120, batchSize: 16, threads: 1, optimizer: adam({ learningRate: 0.02 }) });
    expect(run.trainLoss).toBeLessThan(0.05);
    // A symbol that there is no row for.
    expect(run.predictor()([0, 4, 1]).outputs.every(Number.isNaN)).toBe(true);
  });

  it("triplets: classes come apart", async () => {
    const points = Array.from({ length: 40 }, (_, i) => [Math.sin(i * 7), Math.cos(i * 3), (i % 4) - 1.5 + Math.sin(i) / 3]);
    const data = arrayDataset({ inputs: points, targets: points.map((_, i) => i % 4), classes: 4 });
    const run = await fit(sequential(dense(16), relu(), dense(3)), data, {
      epochs: 80,
      batchSize: 40,
      threads: 1,
      loss: triplet(),
      optimizer: adam({ learningRate: 0.02 }),
    });
    expect(run.trainLoss).toBeLessThan(0.6 * run.history[0].loss);
  });

  it("l1 pulls weights by their signs", async () => {
    const data = arrayDataset({ inputs: [[0]], targets: [0] });
    const model = () => sequential(dense(1));
    const options = { epochs: 1, batchSize: 1, threads: 1, dtype: "f64", optimizer: gd({ learningRate: 0.5 }) } as const;
    const weight = async (more: object) => (await fit(model(), data, { ...options, ...more })).weights.get("dense1.weight")?.[0] ?? 0;
    const [free, pulled] = [await weight({}), await weight({ regularizer: l1(0.25) })];
    expect(free - pulled).toBeCloseTo(0.125 * Math.sign(free), 14);
  });
});

describe("what a run folder keeps of a loss", () => {
  it("makes the same loss again", () => {
    const loss = huber({ delta: 0.5 });
    const again = lossNamed(loss.name, loss.settings);
    const [y, t] = [tensor([[3], [0.1]]), tensor([[0], [0]])];
    expect(again.perRecord(y, t).toArray()).toEqual(loss.perRecord(y, t).toArray());
    expect(lossNamed("huber").perRecord(y, t).toArray()).not.toEqual(loss.perRecord(y, t).toArray());
    expect(() => lossNamed("hubert")).toThrow(/no loss "hubert"[\s\S]*huber/);
  });
});

describe("layers refuse what they cannot take", () => {
  it.each([
    [
      "uneven channels",
      () => conv2d(4, 3, { groups: 2 }).build([8, 8, 3], "conv1"),
      /channels of conv2d do not make up whole groups[\s\S]*2 groups/,
    ],
    ["uneven filters", () => conv2d(5, 3, { groups: 2 }), /filters of conv2d/],
    ["uneven groups of channels", () => groupNorm(4).build([8, 8, 6], "groupNorm1"), /divisor of 6 channels/],
    ["a padding by another name", () => Reflect.apply(conv2d, undefined, [4, 3, { padding: "full" }]), /padding of conv2d[\s\S]*"same"/],
    [
      "a reach beyond the image",
      () => conv2d(4, 3, { dilation: 4, padding: "valid" }).build([8, 8, 1], "conv1"),
      /larger than its image[\s\S]*9 × 9/,
    ],
    [
      "an output padding as large as the stride",
      () => convTranspose2d(4, 3, { strides: 2, padding: 1, outputPadding: 2 }),
      /below the stride 2, 2/,
    ],
    ["nothing left", () => convTranspose2d(4, 3, { padding: 3 }).build([2, 2, 1], "convTranspose1"), /cuts everything off/],
    ["a momentum beyond 1", () => batchNorm({ momentum: 1.1 }), /momentum of batchNorm/],
    ["no ε", () => layerNorm({ epsilon: 0 }), /ε of layerNorm/],
    ["more axes than there are", () => layerNorm({ axes: 3 }).build([4], "layerNorm1"), /at most 1/],
    ["another mode", () => Reflect.apply(upsample2d, undefined, [2, { mode: "cubic" }]), /"nearest" or "bilinear"/],
    ["another form", () => Reflect.apply(gelu, undefined, ["fast"]), /"exact" or "tanh"/],
    ["α = 0", () => elu(0), /α of elu/],
    ["half a symbol", () => embedding(2.5, 3), /symbols of embedding/],
    ["a pooled window beyond the margins", () => maxPool2d(9, { padding: 1 }).build([4, 4, 1], "maxPool1"), /at most 6 × 6/],
    ["an image", () => globalMeanPool2d().build([4], "globalMeanPool1"), /takes images/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

it("the reference of erf is that of the C library", () => {
  // math.erf of Python 3.11
  const known: [number, number][] = [
    [0.1, 0.1124629160182849],
    [1, 0.8427007929497149],
    [2.5, 0.999593047982555],
    [2.6, 0.9997639655834707],
    [-4, -0.9999999845827421],
    [7, 1],
    [1e-300, 1.1283791670955126e-300],
  ];
  for (const [x, value] of known) expect(Math.abs(erf(x) - value)).toBeLessThan(2e-15 * Math.abs(value));
  expect([erf(0), erf(-0), erf(Number.NaN)]).toEqual([0, -0, Number.NaN]);
});
