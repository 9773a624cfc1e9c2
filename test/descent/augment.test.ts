import { adam, dense, fit, flatten, sequential } from "steepest";
import { brightness, contrast, crop, cutout, defineAugmentation, digits, flip, gaussianNoise, mixup, rotate } from "steepest/data";
import { describe, expect, it } from "vitest";
import { hashOf } from "../backends/threads/network.js";
import { rejectionOf } from "../errors.js";

const data = digits({ train: 80, test: 40 });
const model = sequential(flatten(), dense(10));
const augment = [
  flip(),
  crop({ padding: 2 }),
  rotate(15),
  brightness(0.2),
  contrast(0.2),
  gaussianNoise(0.05),
  cutout({ size: 5 }),
  mixup(),
];
const train = (threads: number, more: object = {}) =>
  fit(model, data, { augment, epochs: 2, batchSize: 16, optimizer: adam(), threads, seed: 4, ...more });

describe("fit with augmentations", () => {
  it("ends at the same weights with any number of threads, and at others with another seed or without", async () => {
    const [one, three, other, plain] = await Promise.all([train(1), train(3), train(1, { seed: 5 }), train(1, { augment: [] })]);
    const hash = hashOf(one.theta);
    expect(hashOf(three.theta)).toBe(hash);
    expect(hashOf(other.theta)).not.toBe(hash);
    expect(hashOf(plain.theta)).not.toBe(hash);
    expect(one.settings.augment).toHaveLength(8);
    expect(one.settings.augment[1]).toBe("crop padding=2 outside=zero");
  });

  it("leaves other than training records as they are", async () => {
    const blank = defineAugmentation({ name: "blank", apply: ({ inputs }) => inputs.fill(0) });
    const run = await train(1, { augment: [blank], epochs: 1, validation: 0.2 });
    // Nothing to be learned from: all pictures of a class look alike, but the test records do not.
    const outputs = run.test?.outputs ?? [];
    expect(new Set(outputs).size).toBeGreaterThan(40);
    expect(run.predictor()(data.test?.inputs.data ?? []).outputs).toEqual(outputs);
  });

  it("changes the records anew at each step", async () => {
    // A rate of 0: all steps look at the same weights, and at all records.
    const still = { optimizer: adam({ learningRate: 0 }), epochs: 3, batchSize: 80, order: "sequential" };
    const losses = (run: Awaited<ReturnType<typeof fit>>) => new Set(run.history.map(({ loss }) => loss));
    expect(losses(await train(1, still)).size).toBe(3);
    expect(losses(await train(1, { ...still, augment: [] })).size).toBe(1);
  });

  it("refuses what is no augmentation", async () => {
    expect((await rejectionOf(train(1, { augment: [flip] }))).message).toMatch(/call it: flip\(\)/);
    expect((await rejectionOf(train(1, { augment: "flip" }))).message).toMatch(/list of augmentations/);
  });
});
