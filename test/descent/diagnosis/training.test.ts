import { dense, fit, gd, sequential } from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";
import { findTraining } from "../../../src/descent/diagnosis/index.js";
import { trendOf } from "../../../src/descent/diagnosis/trend.js";
import type { HistoryRecord } from "../../../src/descent/history.js";
import { RandomStream } from "../../../src/tensor/random.js";

const history = (losses: readonly number[], rate: (i: number) => number = () => 0.1): HistoryRecord[] =>
  losses.map((loss, i) => ({ step: i + 1, epoch: (i + 1) / 20, seconds: i, loss, learningRate: rate(i) }));

const series = (count: number, at: (i: number, noise: number) => number, seed: number) => {
  const random = new RandomStream(seed, "losses");
  return Array.from({ length: count }, (_, i) => at(i, random.normal()));
};

describe("trendOf", () => {
  it("is Mann and Kendall's count of pairs: −28 for what falls, 28 for what rises, 0 for neither", () => {
    expect(trendOf(Array.from({ length: 100 }, (_, i) => -i))?.statistic).toBe(-28);
    expect(trendOf(Array.from({ length: 100 }, (_, i) => i))?.statistic).toBe(28);
    expect(trendOf(new Array(100).fill(1))?.statistic).toBe(0);
    expect(trendOf([3, 2, 1])).toBeUndefined();
  });

  it("of noise alone is seldom taken for a trend, and a trend under noise seldom missed", () => {
    let [falling, missed] = [0, 0];
    for (let seed = 0; seed < 300; seed++) {
      if (trendOf(series(400, (_, noise) => 1 + 0.2 * noise, seed))?.isFalling) falling++;
      // Over the window it falls by two standard deviations: the mean of 20 losses is known to a fifth of one.
      if (!trendOf(series(400, (i, noise) => 3 - i / 80 + noise, seed))?.isFalling) missed++;
    }
    // The chance of S ≤ −18 is 1.6 % for 8 means without a trend: 5 of 300, and 16 is five standard deviations above.
    expect(falling).toBeLessThan(16);
    expect(missed).toBeLessThan(6);
  });
});

describe("what a training's history says", () => {
  const kinds = (records: readonly HistoryRecord[]) => findTraining(records).map(({ kind }) => kind);

  it("a noise floor, with its level and spread", () => {
    let found = 0;
    for (let seed = 0; seed < 50; seed++) {
      const findings = findTraining(history(series(400, (i, noise) => 0.5 + 2 * 0.9 ** i + 0.05 * noise, seed)));
      for (const one of findings)
        if (one.kind === "noise-floor") {
          found++;
          expect(one.level).toBeCloseTo(0.5, 1);
          expect(one.spread / 0.05).toBeGreaterThan(0.8);
          expect(one.spread / 0.05).toBeLessThan(1.2);
        }
    }
    expect(found).toBeGreaterThan(35);
  });

  it("no floor while it falls, nor where the rate falls, nor in few lines", () => {
    expect(kinds(history(series(400, (i, noise) => 3 - i / 200 + 0.05 * noise, 1)))).toEqual(["still-falling"]);
    expect(
      kinds(
        history(
          series(400, (_, noise) => 0.5 + 0.05 * noise, 2),
          (i) => 0.1 / (1 + i),
        ),
      ),
    ).not.toContain("noise-floor");
    expect(kinds(history([3, 2, 1.5]))).toEqual([]);
    expect(kinds([])).toEqual([]);
  });

  it("overfitting, where the validation loss has risen for good", () => {
    const validated = (losses: readonly number[]) =>
      history(losses.map((_, i) => 1 / (i + 1))).map((record, i) => ({ ...record, epoch: i + 1, validationLoss: losses[i] }));
    const [found] = findTraining(validated([1, 0.6, 0.5, 0.55, 0.6, 0.7]));
    expect(found).toMatchObject({ kind: "overfitting", epoch: 3, lowest: 0.5, last: 0.7 });
    expect(kinds(validated([1, 0.6, 0.5, 0.51, 0.5, 0.52]))).toEqual([]);
    expect(kinds(validated([1, 0.6, 0.5, 0.7]))).toEqual([]);
    expect(kinds(validated([1, 0.9, 0.8, 0.7]))).toEqual([]);
  });

  it("stands in the run of a real training", async () => {
    // Labels with noise: the squared error of the best line is the noise's variance, and batches of one stay about it.
    const random = new RandomStream(3, "points");
    const inputs = Float32Array.from({ length: 200 }, () => random.normal());
    const targets = inputs.map((x) => 2 * x + 1 + random.normal());
    const data = arrayDataset({ inputs, targets });
    const run = await fit(sequential(dense(1)), data, { optimizer: gd({ learningRate: 0.05 }), epochs: 20, batchSize: 1, threads: 1 });
    expect(run.findings.map(({ kind }) => kind)).toEqual(["noise-floor"]);
    expect(run.diagnosis).toContain(run.findings[0].text);
    expect(JSON.parse(JSON.stringify(run)).findings).toHaveLength(1);
  });
});
