/** Sharpness along trainings: against a constant Hessian and its exact edge of stability, and against the spectrum at the end. */
import { batchNorm, dense, fit, flatten, gd, hessianSpectrum, momentum, sequential, sharpnessAlong, tanh } from "steepest";
import { arrayDataset, digits } from "steepest/data";
import { sharpnessFigure } from "steepest/figures";
import { describe, expect, it } from "vitest";
import { symmetricEigenvalues } from "../../src/curvature/eigenvalues.js";

const xs = Array.from({ length: 40 }, (_, i) => [Math.sin(i), 0.5 * Math.cos(2 * i)]);
const data = arrayDataset({ inputs: xs, targets: xs.map(([a, b]) => [3 * a - b + 0.5]) });
/** Of the mean of (w·x + b − t)²: 2/N Σ (x, 1)(x, 1)ᵀ, everywhere. */
const hessian = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (2 / 40) * xs.reduce((sum, [a, b]) => sum + [a, b, 1][i] * [a, b, 1][j], 0)));
const largest = Math.max(...symmetricEigenvalues(hessian));
const line = () => sequential(dense(1));
const train = (optimizer: ReturnType<typeof gd | typeof momentum>, epochs: number) =>
  fit(line(), data, { optimizer, epochs, batchSize: 40, recordPath: { every: 5 } });

describe("sharpnessAlong", () => {
  it("of a line through points is the constant of the closed form", async () => {
    const run = await train(gd({ learningRate: 0.1 }), 22);
    const seen: number[] = [];
    const found = await sharpnessAlong(run, { onProgress: ({ done, points }) => seen.push(done / points) });
    expect(found.points.map(({ step }) => step)).toEqual([0, 5, 10, 15, 20, 22]);
    for (const { sharpness, residual, learningRate, edge } of found.points) {
      // Float32 products of 40 records.
      expect(Math.abs(sharpness / largest - 1)).toBeLessThan(1e-5);
      expect(residual).toBeLessThan(2e-3 * largest);
      expect(learningRate).toBeCloseTo(0.1, 12);
      expect(edge).toBeCloseTo(20, 10);
    }
    expect(found).toMatchObject({ stableUpTo: 2, records: 40 });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((i) => i / 6));
    expect(found.points.map(({ loss }) => loss)).toEqual(found.points.map(({ loss }) => loss).sort((a, b) => b - a));
  });

  it.each([
    ["gd", (learningRate: number) => gd({ learningRate })],
    ["momentum", (learningRate: number) => momentum({ learningRate, beta: 0.5 })],
  ])("stands beside the edge at which %s turns from falling to rising", async (_, make) => {
    const factor = make(1).stableUpTo ?? Number.NaN;
    for (const share of [0.97, 1.03]) {
      const run = await train(make((share * factor) / largest), 400);
      const { points, stableUpTo } = await sharpnessAlong(run, { points: 3 });
      expect(stableUpTo).toBe(factor);
      const [first, , last] = points;
      expect(first.sharpness / (first.edge ?? Number.NaN)).toBeCloseTo(share, 4);
      if (share < 1) expect(last.loss).toBeLessThan(first.loss);
      else expect(last.loss).toBeGreaterThan(first.loss);
    }
  });

  it("ends with the largest eigenvalue of the run's own spectrum, whatever the number of threads", async () => {
    const records = digits({ train: 100, test: 1 });
    const model = sequential(flatten(), dense(6), tanh(), dense(10));
    const run = await fit(model, records, { optimizer: gd({ learningRate: 0.2 }), epochs: 10, batchSize: 50, recordPath: true });
    const found = await sharpnessAlong(run, { points: 4, records: 70, threads: 1 });
    const [end] = (await hessianSpectrum(run, { top: 1, records: 70 })).largest;
    const last = found.points[3];
    expect(last.step).toBe(20);
    // An eigenvalue errs by the square of its residual over the gap to the next; 10⁻³ of it bounds that loosely.
    expect(Math.abs(last.sharpness / end.value - 1)).toBeLessThan(1e-3);
    expect(await sharpnessAlong(run, records, { points: 4, records: 70, threads: 3 })).toEqual(found);
    const figure = sharpnessFigure(found).description;
    const lines = figure.marks.filter((mark) => mark.kind === "line");
    expect(lines.map(({ label }) => label)).toEqual(["sharpness λ₁", "edge 2/α"]);
    expect(lines[0].points).toEqual(found.points.map(({ step, sharpness }) => [step, sharpness]));
    for (const [, edge] of lines[1].points) expect(edge).toBeCloseTo(10, 10);
  });

  it("says what it needs", async () => {
    const without = await fit(line(), data, { epochs: 1 });
    await expect(sharpnessAlong(without)).rejects.toThrow(/recordPath: true/);
    const run = await train(gd(), 3);
    await expect(sharpnessAlong(run, { points: 3 })).rejects.toThrow(/from 1 to 2/);
    await expect(sharpnessAlong(run, { stableUpTo: -1 })).rejects.toThrow(/stableUpTo/);
    await expect(sharpnessAlong(run, JSON.parse('{"steps": 3}'))).rejects.toThrow(/no option "steps"/);
    const normalized = await fit(sequential(dense(2), batchNorm(), dense(1)), data, { epochs: 1, batchSize: 20, recordPath: true });
    await expect(sharpnessAlong(normalized)).rejects.toThrow(/carry state/);
    const abort = new AbortController();
    await expect(sharpnessAlong(run, { signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});
