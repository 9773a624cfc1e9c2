import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adam, dncnn, fit, linear } from "steepest";
import { digits, restorationPairs } from "steepest/data";
import { saveRun } from "steepest/node";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/sources.mjs";
import { bsd68 } from "../../studies/bsd68.js";
import { cifar10Cnn } from "../../studies/cifar10-cnn.js";
import { fashion2c2d } from "../../studies/fashion-2c2d.js";
import { mnist } from "../../studies/mnist.js";
import type { Study } from "../../studies/study.js";
import { isInside } from "../../studies/table.js";
import { rejectionOf } from "../errors.js";
import { isFull } from "../full.js";

const short = (study: Study, only?: string) =>
  study.run({ seeds: [1], quick: true, report: () => undefined, ...(only === undefined ? {} : { only }) });

describe("the studies of networks, in their short forms on digits", () => {
  it("mnist: perceptrons and a convolutional network", async () => {
    const { rows, protocol } = await short(mnist);
    expect(rows.map(({ name }) => name)).toEqual([
      "784-30-10 sigmoid, squares",
      "784-512-512-10 relu, dropout 0.2",
      "convolutional, 1 epoch",
      "convolutional, 14 epochs",
    ]);
    // Guessing gives 0.1. The first makes 780 steps here; the others, a few.
    expect(rows[0].values[0]).toBeGreaterThan(0.25);
    for (const { values } of rows) expect(values[0]).toBeGreaterThanOrEqual(0);
    expect(protocol[0]).toMatch(/^256 training images, 100 test images/);
  });

  it("fashion-2c2d: whole batches alone", async () => {
    const { rows, protocol } = await short(fashion2c2d, "adam");
    expect(rows).toEqual([
      {
        name: "Adam, rate 0.000251, 1 epoch",
        values: [expect.any(Number)],
        published: "85.26 ± 0.54 %",
        effort: "2 batches of 128",
        seconds: expect.any(Number),
      },
    ]);
    expect(rows[0].values[0]).toBeGreaterThanOrEqual(0);
    expect(protocol[0]).toMatch(/^256 training images in whole batches of 128, 200 test images/);
  });

  it("bsd68: noise of the stated size, and less of it after each energy", async () => {
    const { rows } = await short(bsd68, "25");
    expect(rows.map(({ name }) => name)).toEqual(["noisy, σ = 25", "Tikhonov, σ = 25", "total variation, σ = 25"]);
    const [noisy, tikhonov, variation] = rows.map(({ values }) => values[0]);
    // 20 log₁₀(255/25) = 20.17; of 2,352 squares the mean has a deviation of √(2/2352) = 2.9 %, 0.13 dB.
    expect(Math.abs(noisy - 20.17)).toBeLessThan(0.5);
    expect(tikhonov).toBeGreaterThan(noisy);
    expect(variation).toBeGreaterThan(tikhonov);
  });

  it("bsd68: a network of one's own, at the noise that it was trained for", { timeout: 60_000 }, async () => {
    const { inputs } = digits({ train: 40, test: 1 });
    const images = Array.from({ length: 40 }, (_, i) => {
      const data = Uint8Array.from(inputs.data.subarray(784 * i, 784 * (i + 1)));
      return { width: 28, height: 28, channels: 1, depth: 8, data } as const;
    });
    const pairs = restorationPairs(images.slice(3), { patch: 28, sigma: [15, 30], patches: 320 });
    const folder = mkdtempSync(join(tmpdir(), "steepest-bsd68-"));
    try {
      const options = { optimizer: adam({ learningRate: 0.005 }), epochs: 8, batchSize: 16 };
      await saveRun(await fit(dncnn({ depth: 3, filters: 8 }), pairs, options), join(folder, "mine"));
      const { rows, protocol } = await bsd68.run({ seeds: [1], quick: true, report: () => undefined, runs: [join(folder, "mine")] });
      const names = rows.map(({ name }) => name);
      expect(names.filter((name) => name.startsWith("mine"))).toEqual(["mine, σ = 15", "mine, σ = 25"]);
      const at = (name: string) => rows.find((row) => row.name === name)?.values[0] ?? Number.NaN;
      expect(at("mine, σ = 25")).toBeGreaterThan(at("noisy, σ = 25") + 3);
      expect(rows.find(({ name }) => name === "mine, σ = 25")?.effort).toMatch(/^\d+ weights, trained once in 0\.\d min$/);
      expect(protocol.join()).toMatch(/one application/);
      await saveRun(await fit(linear(), digits({ train: 64, test: 1 })), join(folder, "other"));
      const refused = await rejectionOf(bsd68.run({ seeds: [1], quick: true, report: () => undefined, runs: [join(folder, "other")] }));
      expect(refused.message).toMatch(/did not train a denoiser/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("cifar10-cnn: on digits in colour", async () => {
    const { rows } = await short(cifar10Cnn);
    for (const { values } of rows) expect(values[0]).toBeGreaterThanOrEqual(0);
    expect(rows.map(({ name }) => name)).toEqual(["as they are", "mirrored and shifted"]);
  });
});

const data = join(process.env.STEEPEST_SHARED ?? join(root, "../shared"), "data");

describe.skipIf(!isFull || !existsSync(join(data, "fashion-mnist")))("2c2d on Fashion-MNIST, in full", () => {
  it("stands inside the bands of DeepOBS after one epoch, and SGD after two", { timeout: 3_600_000 }, async () => {
    for (const only of ["1 epoch", "SGD, rate 0.158, 2 epochs"]) {
      const folder = join(data, "fashion-mnist");
      const { rows } = await fashion2c2d.run({ data: folder, only, seeds: [1], quick: false, report: () => undefined });
      expect(rows.map((row) => [row.name, isInside(row), row.values])).toEqual(rows.map(({ name, values }) => [name, true, values]));
    }
  });
});
