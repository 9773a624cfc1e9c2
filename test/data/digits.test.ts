import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { DatasetPart } from "../../src/data/index.js";
import { checkDataset, classCounts, digits } from "../../src/data/index.js";

const data = digits();
const test: DatasetPart = data.test ?? { inputs: data.inputs, targets: data.targets };
const image = (part: DatasetPart, i: number) => part.inputs.data.subarray(784 * i, 784 * (i + 1));
const sha256 = (part: DatasetPart) => createHash("sha256").update(Uint8Array.from(part.inputs.data)).digest("hex");

describe("the built-in digits", () => {
  it("are 10,000 and 2,000 images of 28×28 bytes, every digit as often", () => {
    expect(() => checkDataset(data)).not.toThrow();
    expect(data.inputs.shape).toEqual([10_000, 28, 28, 1]);
    expect(test.inputs.shape).toEqual([2_000, 28, 28, 1]);
    expect(classCounts(data, 10)).toEqual(new Array(10).fill(1000));
    expect(classCounts(test, 10)).toEqual(new Array(10).fill(200));
    expect(data.classes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  it("have the same bytes on every machine and engine", () => {
    expect(sha256(data)).toBe("d95f01fb58ad61be3e4ad7fa34e859a6fe82f7ff66df5976c8703d29d3c3334d");
    expect(sha256(test)).toBe("9d7226ffb255ee86309e626a2d34d1b3876c012699b2e98b16fff60e9a0f0671");
  });

  it("depend on the seed, the part and the index alone", () => {
    const few = digits({ train: 25, test: 3 });
    expect(few.inputs.data).toEqual(data.inputs.data.slice(0, 25 * 784));
    expect(few.test?.inputs.data).toEqual(test.inputs.data.slice(0, 3 * 784));
    expect(few.inputs.data.slice(0, 3 * 784)).not.toEqual(few.test?.inputs.data);
    expect(digits({ seed: 2, train: 25, test: 3 }).inputs.data).not.toEqual(few.inputs.data);
  });

  it("never repeat an image, and show ink on a dark ground in each", () => {
    const seen = new Set<string>();
    for (const part of [data, test]) {
      for (let i = 0; i < part.targets.data.length; i++) {
        const pixels = image(part, i);
        seen.add(createHash("md5").update(Uint8Array.from(pixels)).digest("hex"));
        let bright = 0;
        for (const pixel of pixels) if (pixel > 128) bright++;
        // The thinnest 1 has some 17 pixels of height, the boldest 8 lies within half of the image.
        expect(bright).toBeGreaterThan(10);
        expect(bright).toBeLessThan(392);
      }
    }
    expect(seen.size).toBe(12_000);
  });

  it("are learnt by a linear model well above chance and clearly below what a network reaches", () => {
    const accuracy = softmaxRegression(data, test);
    expect(accuracy).toBeGreaterThan(0.82);
    expect(accuracy).toBeLessThan(0.93);
  });

  it("refuse counts and seeds that make no sense", () => {
    expect(() => digits({ train: 0 })).toThrow(/number of train digits.*\n.*1 to 1,000,000.*\n.*0/);
    expect(() => digits({ test: 1.5 })).toThrow(/number of test digits/);
    expect(() => digits({ seed: -1 })).toThrow(/The seed is not usable/);
  });
});

/** Plain stochastic softmax regression, three passes with a falling rate: the accuracy on the test part. */
function softmaxRegression(training: DatasetPart, held: DatasetPart): number {
  const weights = Array.from({ length: 10 }, () => new Float64Array(785));
  const pixels = new Float64Array(784);
  const scores = new Float64Array(10);
  const score = (part: DatasetPart, i: number) => {
    for (let p = 0; p < 784; p++) pixels[p] = part.inputs.data[784 * i + p] / 255;
    for (let k = 0; k < 10; k++) {
      const w = weights[k];
      let sum = w[784];
      for (let p = 0; p < 784; p++) sum += w[p] * pixels[p];
      scores[k] = sum;
    }
  };
  const passes = 3;
  const n = training.targets.data.length;
  for (let step = 0; step < passes * n; step++) {
    score(training, step % n);
    const top = Math.max(...scores);
    const exps = scores.map((s) => Math.exp(s - top));
    const total = exps.reduce((a, b) => a + b);
    const rate = 0.02 * (1 - step / (passes * n));
    for (let k = 0; k < 10; k++) {
      const change = rate * (exps[k] / total - (training.targets.data[step % n] === k ? 1 : 0));
      const w = weights[k];
      for (let p = 0; p < 784; p++) w[p] -= change * pixels[p];
      w[784] -= change;
    }
  }
  let right = 0;
  for (let i = 0; i < held.targets.data.length; i++) {
    score(held, i);
    if (scores.indexOf(Math.max(...scores)) === held.targets.data[i]) right++;
  }
  return right / held.targets.data.length;
}
