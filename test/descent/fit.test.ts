import { inspect } from "node:util";
import {
  adam,
  conv2d,
  cosine,
  crossEntropy,
  dense,
  dropout,
  type FitOptions,
  fit,
  flatten,
  gd,
  he,
  l2,
  linear,
  maxPool2d,
  meanSquared,
  momentum,
  multiclassHinge,
  relu,
  sequential,
  type TrainingProgress,
  tanh,
  zeros,
} from "steepest";
import { arrayDataset, type Dataset, digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { hashOf } from "../backends/threads/network.js";
import { rejectionOf } from "../errors.js";
import { xor } from "./xor.js";

const images = digits({ train: 200, test: 50 });
const small = () => sequential(flatten(), dense(16), relu(), dense(10));

it("fit fuses products and sums when asked to, and says so", async () => {
  const options = { epochs: 1, optimizer: adam(), seed: 3 } as const;
  const [separate, fused] = [await fit(small(), images, options), await fit(small(), images, { ...options, fast: true })];
  expect([separate.settings.fast, fused.settings.fast]).toEqual([false, true]);
  expect(fused.theta).not.toEqual(separate.theta);
  // Four steps, each of whose gradients differs by rounding: far below the first digit of what was learned.
  expect(fused.trainLoss).toBeCloseTo(separate.trainLoss, 4);
});

describe("fit learns", () => {
  it("XOR", async () => {
    const run = await fit(sequential(dense(16), tanh(), dense(2)), xor, { optimizer: adam({ learningRate: 0.05 }), epochs: 200 });
    expect(run).toMatchObject({ status: "step-limit", epochs: 200, steps: 200 });
    expect(run.trainLoss).toBeLessThan(0.05);
    expect(run.predictor()([0, 0, 0, 1, 1, 0, 1, 1]).classes).toEqual([0, 1, 1, 0]);
  });

  it("a line: targets [n] against outputs [n, 1]", async () => {
    const x = Array.from({ length: 50 }, (_, i) => i / 25 - 1);
    const data = arrayDataset({ inputs: x, targets: x.map((v) => 3 * v - 2), test: { inputs: [2], targets: [4] } });
    const run = await fit(sequential(dense(1)), data, { optimizer: gd({ learningRate: 0.3 }), epochs: 200, batchSize: 50 });
    // Compared all with all, the best would be the mean: a slope of 0.
    expect(run.weights.get("dense1.weight")?.[0]).toBeCloseTo(3, 4);
    expect(run.weights.get("dense1.bias")?.[0]).toBeCloseTo(-2, 4);
    expect(run.test?.loss).toBeLessThan(1e-7);
    expect(run.test?.accuracy).toBeUndefined();
    const { outputs, classes, probabilities } = run.predictor()([10]);
    expect(outputs[0]).toBeCloseTo(28, 3);
    expect([classes, probabilities]).toEqual([undefined, undefined]);
  });

  it("digits, with its losses on test and validation as the predictor sees them", async () => {
    const run = await fit(small(), images, { optimizer: adam({ learningRate: 0.01 }), epochs: 10, batchSize: 20, validation: 0.1 });
    expect(run.trainLoss).toBeLessThan(0.5);
    const { test } = images;
    if (test === undefined || run.test === undefined) throw new Error("there is no test part");
    const { probabilities = [], classes = [], outputs } = run.predictor()(test.inputs.data);
    expect(outputs).toEqual(run.test.outputs);
    expect(classes.filter((c, i) => c === test.targets.data[i]).length / 50).toBe(run.test.accuracy);
    const loss = classes.reduce((sum, _, i) => sum - Math.log(probabilities[10 * i + test.targets.data[i]]), 0) / 50;
    expect(run.test.loss).toBeCloseTo(loss, 4);
    expect(run.test.confusion?.flat().reduce((a, b) => a + b, 0)).toBe(50);
    expect(run.history.at(-1)).toMatchObject({ step: run.steps, epoch: 10, validationLoss: run.validation?.loss });
  });

  it("20 examples by heart", async () => {
    const few = digits({ train: 20, test: 10 });
    const model = sequential(conv2d(4, 3), relu(), maxPool2d(2), flatten(), dense(32), relu(), dense(10));
    const run = await fit(model, few, { optimizer: adam({ learningRate: 0.01 }), epochs: 60, batchSize: 20 });
    expect(run.trainLoss).toBeLessThan(0.01);
    expect(run.predictor()(few.inputs.data).classes).toEqual([...few.targets.data]);
  });

  it("from ln 10 where the last layer starts at zero", async () => {
    const run = await fit(sequential(flatten(), dense(10, { init: zeros() })), images, { epochs: 1 / 200, batchSize: 1 });
    expect(run.steps).toBe(1);
    expect(run.history[0].loss).toBeCloseTo(Math.log(10), 6);
  });

  it("by other losses, with soft targets, and in float64", async () => {
    const hinge = await fit(linear(), images, { loss: multiclassHinge(), epochs: 5 });
    expect(hinge.trainLoss).toBeLessThan(9); // Δ · (classes − 1) at the start
    const soft = arrayDataset({
      inputs: [[0], [1]],
      targets: [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
    });
    const run = await fit(sequential(dense(2)), soft, {
      loss: crossEntropy(),
      dtype: "f64",
      optimizer: gd({ learningRate: 2 }),
      epochs: 2000,
    });
    expect(run.theta).toBeInstanceOf(Float64Array);
    const { probabilities = [] } = run.predictor()([0, 1]);
    for (const [i, p] of [0.9, 0.1, 0.2, 0.8].entries()) expect(probabilities[i]).toBeCloseTo(p, 5);
  });
});

describe("the same seed gives the same weights", () => {
  const train = (options: FitOptions) =>
    fit(sequential(conv2d(4, 3), relu(), maxPool2d(2), flatten(), dropout(0.3), dense(10)), images, {
      epochs: 2,
      batchSize: 32,
      validation: 0.1,
      optimizer: momentum({ learningRate: cosine(0.05) }),
      regularizer: l2(1e-4),
      ...options,
    });

  it("bit for bit with one thread, two and three, and however the steps are sliced", async () => {
    const runs = await Promise.all([1, 2, 3].map((threads) => train({ threads })));
    // A busy thread of the caller makes slices of another length.
    const spoilt = await train({
      threads: 2,
      onProgress() {
        const until = performance.now() + 15;
        while (performance.now() < until);
      },
    });
    const hashes = [...runs, spoilt].map((run) => hashOf(run.theta));
    expect(new Set(hashes).size).toBe(1);
    expect(runs[1].trainLoss).toBe(runs[0].trainLoss);
    expect(runs[2].test?.loss).toBe(runs[0].test?.loss);
    expect(runs[2].validation).toEqual(runs[0].validation);
    expect(hashOf((await train({ seed: 2 })).theta)).not.toBe(hashes[0]);
  });

  it("and l2 pulls the weights, not the biases", async () => {
    const norm = (run: Awaited<ReturnType<typeof train>>) => Math.hypot(...(run.weights.get("dense1.weight") ?? []));
    expect(norm(await train({ regularizer: l2(0.1) }))).toBeLessThan(0.8 * norm(await train({ regularizer: l2(0) })));
  });
});

describe("steps and epochs", () => {
  it("the last batch of an epoch is what is left", async () => {
    const seen: TrainingProgress[] = [];
    const run = await fit(small(), images, { batchSize: 64, epochs: 2, onProgress: (p) => seen.push(p) });
    // 200 = 3 · 64 + 8
    expect([run.steps, run.epochs]).toEqual([8, 2]);
    expect(run.history.map((r) => r.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(seen.map((p) => p.step)).toEqual([...new Set(seen.map((p) => p.step))].sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ step: 8, totalSteps: 8, epoch: 2, epochs: 2 });
    for (const [i, p] of seen.entries()) if (i > 0) expect(p.seconds).toBeGreaterThanOrEqual(seen[i - 1].seconds);
  });

  it("every record counts once in an epoch: a full pass of a sum of gradients is one step of gradient descent", async () => {
    // With rate 0 the weights stay, so that the mean of the epoch's losses, weighed by batch, is the loss of the whole.
    const data = arrayDataset({ inputs: Array.from({ length: 10 }, (_, i) => [i]), targets: Array.from({ length: 10 }, (_, i) => i * i) });
    const run = await fit(sequential(dense(1, { init: zeros() })), data, {
      batchSize: 4,
      optimizer: gd({ learningRate: 0 }),
      dtype: "f64",
    });
    const [a, b, c] = run.history.map((r) => r.loss);
    expect((4 * a + 4 * b + 2 * c) / 10).toBeCloseTo(1533.3, 8); // mean of i⁴
  });

  it("part of an epoch, several epochs and a half", async () => {
    expect((await fit(small(), images, { batchSize: 50, epochs: 0.5 })).steps).toBe(2);
    const run = await fit(small(), images, { batchSize: 50, epochs: 2.5, validation: 0.1 });
    expect([run.steps, run.epochs]).toEqual([10, 2.5]);
    expect(run.history.filter((r) => r.validationLoss !== undefined)).toHaveLength(3);
  });

  it("schedules see the steps of the whole training", async () => {
    const run = await fit(small(), images, { batchSize: 50, epochs: 2, optimizer: gd({ learningRate: cosine(0.1) }) });
    for (const [k, { learningRate }] of run.history.entries())
      expect(learningRate).toBeCloseTo(0.05 * (1 + Math.cos((Math.PI * k) / 8)), 12);
  });

  it("validation is kept apart from training and from the test part", async () => {
    // Labels that cannot be learned, only remembered: each input is a record of its own.
    const inputs = Array.from({ length: 40 }, (_, i) => Array.from({ length: 40 }, (__, j) => (i === j ? 1 : 0)));
    const targets = Array.from({ length: 40 }, (_, i) => ((i * 7) % 4 < 2 ? 0 : 1));
    const data = arrayDataset({ inputs, targets, classes: 2, test: { inputs: inputs.slice(0, 5), targets: targets.slice(0, 5) } });
    const run = await fit(sequential(dense(2, { init: zeros(), bias: false })), data, {
      optimizer: gd({ learningRate: 5 }),
      epochs: 50,
      batchSize: 30,
      validation: 0.25,
    });
    expect(run.steps).toBe(50);
    expect(run.trainLoss).toBeLessThan(0.2);
    // No record of the validation part was ever seen: its weights are still 0.
    expect(run.validation?.loss).toBeCloseTo(Math.log(2), 6);
    expect(run.test?.loss).not.toBe(run.validation?.loss);
  });
});

describe("stopping", () => {
  it("early: the best weights are restored", async () => {
    const seen: (number | undefined)[] = [];
    const run = await fit(sequential(flatten(), dense(64), relu(), dense(10)), images, {
      optimizer: adam({ learningRate: 0.02 }),
      epochs: 60,
      batchSize: 20,
      validation: 0.25,
      patience: 3,
    });
    for (const record of run.history) if (record.validationLoss !== undefined) seen.push(record.validationLoss);
    const losses = seen.filter((x) => x !== undefined);
    expect(run.status).toBe("stopped-early");
    const best = losses.indexOf(Math.min(...losses));
    expect(losses.length).toBe(best + 1 + 3);
    // The final evaluation is of the restored weights, hence has the lowest loss.
    expect(run.validation?.loss).toBe(losses[best]);
    expect(run.diagnosis).toContain(`those of epoch ${best + 1}`);
    expect(run.epochs).toBe(losses.length);
  });

  it("by a signal: what was learned is kept", async () => {
    const controller = new AbortController();
    const run = await fit(small(), images, {
      epochs: 1e6,
      signal: controller.signal,
      onProgress: (p) => {
        if (p.step > 20) controller.abort();
      },
    });
    expect(run.status).toBe("aborted");
    expect(run.steps).toBeGreaterThan(20);
    expect(run.theta.every(Number.isFinite)).toBe(true);
    expect(run.test?.accuracy).toBeGreaterThan(0.1);
    expect(run.predictor()(images.inputs.data.subarray(0, 784)).classes).toHaveLength(1);
    expect(run.diagnosis).toContain("what was learned is kept");
  });

  it("by a signal in the middle of a slice, and before the first step", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 400);
    const began = performance.now();
    const run = await fit(small(), images, { epochs: 1e7, signal: controller.signal });
    expect(run.status).toBe("aborted");
    expect(performance.now() - began).toBeLessThan(10_000);
    const never = await fit(small(), images, { signal: AbortSignal.abort() });
    expect([never.status, never.steps]).toEqual(["aborted", 0]);
    expect(never.test?.loss).toBeGreaterThan(0);
  });

  it("when the time is up", async () => {
    const run = await fit(small(), images, { epochs: 1e7, seconds: 0.3 });
    expect(run.status).toBe("stopped-early");
    expect(run.seconds).toBeLessThan(10);
  });

  it.each([
    ["a huge rate", 1e30, 16],
    ["a rate that takes some steps to explode", 30, 16],
    ["in batches that leave a remainder", 30, 30],
  ])("diverged: %s keeps the last good weights", async (_, learningRate, batchSize) => {
    const x = Array.from({ length: 64 }, (__, i) => i / 10);
    const data = arrayDataset({ inputs: x, targets: x, test: { inputs: [1], targets: [1] } });
    const options = { optimizer: gd({ learningRate }), batchSize, loss: meanSquared(), threads: 1 };
    const run = await fit(sequential(dense(1, { init: he() })), data, { ...options, epochs: 50 });
    expect(run.status).toBe("diverged");
    expect(run.theta.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(run.trainLoss)).toBe(true);
    // As many steps again lead to the same weights.
    const perEpoch = Math.ceil(64 / batchSize);
    if (run.steps > 0) {
      const again = await fit(sequential(dense(1, { init: he() })), data, { ...options, epochs: run.steps / perEpoch });
      expect(again.status).toBe("step-limit");
      expect(again.theta).toEqual(run.theta);
      // And one step more is one too many, or leads to where nothing is finite.
      const more = await fit(sequential(dense(1, { init: he() })), data, { ...options, epochs: (run.steps + 2) / perEpoch });
      expect(more.status).toBe("diverged");
    }
  });

  it("an error of one's own in onProgress comes through", async () => {
    const error = new Error("mine");
    await expect(
      fit(small(), images, {
        onProgress() {
          throw error;
        },
      }),
    ).rejects.toBe(error);
  });
});

describe("what cannot be trained is said, by name", () => {
  const bad = (part: Partial<Dataset>): Dataset => ({ ...xor, ...part });
  const cases: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ["a batch larger than the data", () => fit(linear(2), xor, { batchSize: 5 }), /larger than the data[\s\S]*xor[\s\S]*batchSize: 4/],
    ["half a batch", () => fit(linear(2), xor, { batchSize: 1.5 }), /batch size/],
    ["no epochs", () => fit(linear(2), xor, { epochs: 0 }), /epochs/],
    ["all for validation", () => fit(linear(2), xor, { validation: 1 }), /validation/],
    ["a validation part of nothing", () => fit(linear(2), xor, { validation: 0.01 }), /leaves a part empty/],
    ["patience without validation", () => fit(linear(2), xor, { patience: 3 }), /validation: 0\.1/],
    ["a half seed", () => fit(linear(2), xor, { seed: 0.5 }), /seed/],
    ["no threads", () => fit(linear(2), xor, { threads: 0 }), /threads/],
    ["a learning rate for fit", () => Reflect.apply(fit, undefined, [linear(2), xor, { lr: 1 }]), /belongs to the optimizer/],
    ["another library's name", () => Reflect.apply(fit, undefined, [linear(2), xor, { batch_size: 1 }]), /did you mean batchSize/],
    ["a loss in words", () => Reflect.apply(fit, undefined, [linear(2), xor, { loss: "mse" }]), /loss/],
    ["a loss not called", () => Reflect.apply(fit, undefined, [linear(2), xor, { loss: crossEntropy }]), /call it: loss: crossEntropy\(\)/],
    ["a model not called", () => Reflect.apply(fit, undefined, [linear, xor]), /call it: linear\(\)/],
    [
      "a label out of range",
      () => fit(linear(2), bad({ targets: { shape: [4], dtype: "i32", data: Int32Array.of(0, 1, 2, 0) } })),
      /label is out of range[\s\S]*xor, record 2/,
    ],
    ["fewer outputs than classes", () => fit(sequential(dense(5)), digits({ train: 10, test: 1 })), /flatten|expected/],
    [
      "fewer scores than classes",
      () => fit(sequential(flatten(), dense(5)), digits({ train: 10, test: 1 })),
      /fewer outputs[\s\S]*layer dense1[\s\S]*dense\(10\)/,
    ],
    [
      "labels beyond the scores, without classes",
      () =>
        fit(
          linear(2),
          {
            name: "raw",
            inputs: xor.inputs,
            targets: { shape: [4], dtype: "u8", data: Uint8Array.of(0, 1, 3, 0) },
            preprocessing: xor.preprocessing,
          },
          { loss: crossEntropy() },
        ),
      /raw, record 2/,
    ],
    [
      "numbers for a classifier",
      () => fit(linear(2), arrayDataset({ inputs: [[1], [2]], targets: [0, 1] }), { loss: crossEntropy() }),
      /plain numbers[\s\S]*meanSquared/,
    ],
    [
      "NaN in the data",
      () => fit(linear(2), bad({ inputs: { shape: [4, 2], dtype: "f32", data: Float32Array.of(0, 1, 2, Number.NaN, 4, 5, 6, 7) } })),
      /xor, record 1, field 1/,
    ],
    ["an empty set", () => fit(linear(2), bad({ inputs: { shape: [0, 2], dtype: "f32", data: new Float32Array(0) } })), /inputs are empty/],
    [
      "a test part of another shape",
      () =>
        fit(
          linear(2),
          bad({
            test: {
              inputs: { shape: [1, 3], dtype: "f32", data: new Float32Array(3) },
              targets: { shape: [1], dtype: "i32", data: new Int32Array(1) },
            },
          }),
        ),
      /test inputs/,
    ],
    ["a layer that cannot take the data", () => fit(sequential(conv2d(4, 3), dense(2)), xor), /conv/],
    [
      "outputs that are not as many as targets",
      () =>
        fit(
          sequential(dense(3)),
          arrayDataset({
            inputs: [[1], [2]],
            targets: [
              [1, 2],
              [3, 4],
            ],
          }),
        ),
      /meanSquared[\s\S]*f32\[2,2\]/,
    ],
  ];
  it.each(cases)("%s", async (_, work, message) => {
    expect((await rejectionOf(work())).message).toMatch(message);
  });

  it("by the predictor, too", async () => {
    const run = await fit(linear(2), xor);
    expect(() => run.predictor()([1, 2, 3])).toThrow(/multiple of [\s\S]*\[2\][\s\S]*3 numbers/);
    expect(() => run.predictor()([])).toThrow(/flat array of 2 numbers/);
    expect(() => Reflect.apply(run.predictor(), undefined, [[[0, 1]]])).toThrow(/flat array of 2 numbers/);
  });
});

describe("a trained run", () => {
  it("prints in a few lines and as JSON without data and weights", async () => {
    const run = await fit(small(), images, { validation: 0.1, epochs: 2 });
    const text = inspect(run);
    expect(text).toMatch(/^TrainedRun \{\n {2}status: 'step-limit',/);
    expect(text.length).toBeLessThan(800);
    const json = JSON.parse(JSON.stringify(run));
    expect(json).toMatchObject({
      status: "step-limit",
      model: "sequential",
      data: "digits",
      settings: { batchSize: 64, seed: 1 },
      test: { loss: run.test?.loss },
    });
    expect(json.history).toHaveLength(run.history.length);
    expect(JSON.stringify(run).length).toBeLessThan(5000);
  });

  it("predicts as many inputs as there are, in any number at once", async () => {
    const run = await fit(small(), images, { epochs: 1 });
    const predict = run.predictor();
    const { data } = images.inputs;
    const many = new Uint8Array(520 * 784);
    for (let i = 0; i < 520; i++) many.set(data.subarray((i % 200) * 784, ((i % 200) + 1) * 784), i * 784);
    const { outputs, classes = [] } = predict(many);
    expect(classes).toHaveLength(520);
    // Input 200 + i is input i again.
    expect([...outputs.slice(2000, 3200)]).toEqual([...outputs.slice(0, 1200)]);
    for (const i of [0, 7, 199]) expect(predict(data.subarray(i * 784, (i + 1) * 784)).classes).toEqual([classes[i]]);
  });
});
