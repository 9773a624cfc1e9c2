import {
  adam,
  autoencoder,
  deepobs2c2d,
  deepobs3c3d,
  dncnn,
  fit,
  glorot,
  halfSquaredSum,
  lenet5,
  type Model,
  resnet20,
  truncatedNormal,
} from "steepest";
import { arrayDataset, digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { initialValues } from "../../src/models/initializers.js";
import { parameterCount } from "../../src/models/summary.js";

describe("ready models", () => {
  // He et al., table 6: 0.27 M; 40.6 M multiply-adds are those of its convolutions and the dense layer. LeNet-5 with all connections, and
  // DnCNN's 17 layers with biases in the first and last: sums of the layers' own counts, as published implementations print them.
  it.each<[string, Model, readonly number[], number, number, readonly number[]]>([
    ["resnet20", resnet20(), [32, 32, 3], 269_722, 40_551_040, [10]],
    ["lenet5", lenet5(), [28, 28, 1], 61_706, 416_520, [10]],
    ["2c2d", deepobs2c2d(), [28, 28, 1], 3_274_634, 13_883_904, [10]],
    ["3c3d", deepobs3c3d(), [32, 32, 3], 895_210, 16_430_592, [10]],
    ["dncnn", dncnn(), [40, 40, 1], 556_097, 886_579_200, [40, 40, 1]],
    ["autoencoder", autoencoder(), [28, 28, 1], 2_633, 677_376, [28, 28, 1]],
  ])("%s has the size that is known of it", (name, model, input, parameters, multiplyAdds, output) => {
    const built = model.build(input);
    expect(built.name).toBe(name);
    expect(built.outputShape).toEqual(output);
    expect(parameterCount(built.parameters)).toBe(parameters);
    expect(built.layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0)).toBe(multiplyAdds);
  });

  it("3c3d sees 14, 6 and 3 pixels after its pools", () => {
    const pools = deepobs3c3d()
      .build([32, 32, 3])
      .layers.filter(({ path }) => path.startsWith("maxPool"));
    expect(pools.map(({ outputShape }) => outputShape)).toEqual([
      [14, 14, 64],
      [6, 6, 96],
      [3, 3, 128],
    ]);
  });

  it("resnet20 learns, with the same bits on one thread and three", async () => {
    const few = digits({ train: 16, test: 8 });
    const run = (threads: number) => fit(resnet20(), few, { epochs: 6, batchSize: 8, threads, optimizer: adam({ learningRate: 0.003 }) });
    const [one, three] = [await run(1), await run(3)];
    expect(one.trainLoss).toBeLessThan(0.7 * one.history[0].loss);
    expect(three.theta).toEqual(one.theta);
    expect(three.state).toEqual(one.state);
  });

  it("dncnn and autoencoder learn images", async () => {
    const { inputs } = digits({ train: 8, test: 1 });
    const shape = [8, 28, 28, 1];
    const clean = Float32Array.from(inputs.data.subarray(0, 8 * 784), (v) => v / 255);
    const noisy = clean.map((v, i) => v + 0.2 * Math.sin(i * i));
    const options = { epochs: 25, batchSize: 4, threads: 1, loss: halfSquaredSum(), optimizer: adam({ learningRate: 0.01 }) } as const;
    const data = (from: Float32Array) => arrayDataset({ inputs: { shape, data: from }, targets: { shape, data: clean } });
    const denoised = await fit(dncnn({ depth: 4, filters: 8 }), data(noisy), options);
    expect(denoised.trainLoss).toBeLessThan(0.5 * denoised.history[0].loss);
    const coded = await fit(autoencoder({ filters: [4] }), data(clean), options);
    expect(coded.trainLoss).toBeLessThan(0.5 * coded.history[0].loss);
  });
});

describe("truncated normal numbers", () => {
  const moments = (values: ArrayLike<number>) => {
    const all = Array.from(values);
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    return { deviation: Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length), most: Math.max(...all.map(Math.abs)), mean };
  };

  it("end at two deviations, where glorot keeps the variance that it means", () => {
    const plain = moments(initialValues(truncatedNormal({ std: 0.05 }), 1, "w", [200, 100], "f64"));
    // 20,000 numbers: relative error of the deviation about 1/√40,000; five of them.
    expect(plain.most).toBeLessThanOrEqual(0.1);
    expect(Math.abs(plain.deviation / (0.05 * 0.8796256610342398) - 1)).toBeLessThan(0.025);
    const scaled = moments(initialValues(glorot({ distribution: "truncated" }), 1, "w", [200, 100], "f64"));
    const std = Math.sqrt(2 / 300);
    expect(Math.abs(scaled.deviation / std - 1)).toBeLessThan(0.025);
    expect(scaled.most).toBeLessThanOrEqual((2 * std) / 0.8796256610342398);
  });
});
