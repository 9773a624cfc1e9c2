/** The stochastic gradient measured, against closed forms, against all batches there are, and against theory within its own errors. */
import { adam, dense, fit, flatten, gradientStatistics, linear, mlp, relu, sequential, zeros } from "steepest";
import { arrayDataset, digits } from "steepest/data";
import { describe, expect, it } from "vitest";

describe("on a line through points", () => {
  const xs = [0, 1, 2, 3, 5, 8];
  const ts = [1, -1, 4, 2, 0, 3];
  const weights = [1, 2, 0, 1, 1, 3];
  const line = () => sequential(dense(1, { init: zeros() }));
  /** ∇(a x + b − t)² at a = b = 0, record by record, times its weight over their mean. */
  const gradients = (weighed: boolean) => {
    const mean = weights.reduce((a, b) => a + b) / xs.length;
    return xs.map((x, i) => [x, 1].map((slope) => (weighed ? weights[i] / mean : 1) * -2 * ts[i] * slope));
  };
  const meanOf = (rows: readonly (readonly number[])[]) => [0, 1].map((j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  const squared = (v: readonly number[], from: readonly number[] = [0, 0]) => v.reduce((sum, x, j) => sum + (x - from[j]) ** 2, 0);

  it.each([false, true])("G, tr Σ and their quotient are those of the closed form (weights: %s)", async (weighed) => {
    const data = arrayDataset({ inputs: xs, targets: ts, dtype: "f64", ...(weighed ? { weights } : {}) });
    const g = gradients(weighed);
    const whole = meanOf(g);
    const trace = g.reduce((sum, each) => sum + squared(each, whole), 0) / xs.length;
    const found = await gradientStatistics(line(), data, { dtype: "f64", batchSizes: [2, 1, 2], samples: 10 });
    expect(found).toMatchObject({ records: 6, parameters: 2 });
    expect(found.gradientNorm).toBeCloseTo(Math.sqrt(squared(whole)), 10);
    expect(found.trace).toBeCloseTo(trace, 10);
    expect(found.noiseScale.exact).toBeCloseTo(trace / squared(whole), 10);
    expect(found.batches.map(({ size, replacement }) => [size, replacement])).toEqual([
      [1, true],
      [1, false],
      [2, true],
      [2, false],
    ]);
    // Theory, by every batch there is: 36 ordered pairs with replacement, 15 without.
    const pairs = (all: boolean) =>
      xs.flatMap((_, i) => xs.flatMap((__, j) => (all || i < j ? [squared(meanOf([g[i], g[j]]), whole)] : [])));
    for (const { size, replacement, predicted } of found.batches) {
      const every = size === 1 ? g.map((each) => squared(each, whole)) : pairs(replacement);
      expect(predicted).toBeCloseTo(every.reduce((a, b) => a + b) / every.length, 9);
    }
  });

  it("what is drawn are those batches: each pair as often as it should be", async () => {
    const data = arrayDataset({ inputs: xs, targets: ts, dtype: "f64" });
    const found = await gradientStatistics(line(), data, { dtype: "f64", batchSizes: [2, 6], samples: 3000 });
    for (const { z, bias, size, replacement } of found.batches) {
      if (size === 6 && !replacement) continue;
      expect(Math.abs(z)).toBeLessThan(4.5);
      expect(Math.abs(bias.t)).toBeLessThan(4.5);
    }
    // All of the records without replacement are the whole.
    const all = found.batches.at(-1);
    expect(all?.predicted).toBe(0);
    expect(all?.variance).toBeLessThan(1e-25);
  });
});

describe("on the digits", () => {
  const data = digits({ train: 600, test: 1 });

  it("batches are unbiased, their variance falls as 1/B with the finite-population factor, and both noise scales agree", async () => {
    const found = await gradientStatistics(mlp({ hidden: [24] }), data, { batchSizes: [1, 4, 16, 64, 300], samples: 80 });
    expect(found.gradientNorm).toBeGreaterThan(0.1);
    expect(found.noiseScale.exact).toBeGreaterThan(1);
    for (const { variance, predicted, z, bias } of found.batches) {
      // Ten of each are looked at: one in 10,000 such tests would fail by chance.
      expect(Math.abs(z)).toBeLessThan(4.5);
      expect(Math.abs(bias.t)).toBeLessThan(4.5);
      expect(variance / predicted).toBeGreaterThan(0.5);
      // The square of distance / expected has mean 1 and, however Σ looks, variance 2 at most.
      expect((bias.distance / bias.expected) ** 2).toBeLessThan(1 + 4 * Math.SQRT2);
    }
    for (const { slope, standardError } of [found.law.replacement, found.law.without]) {
      expect(standardError).toBeLessThan(0.1);
      expect(Math.abs(slope + 1)).toBeLessThan(4 * standardError);
    }
    const { exact, estimate, standardError, sizes } = found.noiseScale;
    expect(sizes).toEqual([1, 300]);
    expect(Math.abs(estimate - exact)).toBeLessThan(4 * standardError);
    expect(standardError).toBeLessThan(exact);
    // Half of the records: without replacement half of the variance is gone.
    const [withIt, without] = found.batches.slice(-2);
    expect(without.predicted / withIt.predicted).toBeCloseTo(300 / 599, 12);
  });

  it("is the same with one thread and with three, and at the weights of a run; noise outgrows the gradient as training goes on", async () => {
    const model = () => sequential(flatten(), dense(16), relu(), dense(10));
    const options = { batchSizes: [8], samples: 4, seed: 2 };
    const [one, three] = await Promise.all([1, 3].map((threads) => gradientStatistics(model(), data, { ...options, threads })));
    expect(three).toEqual(one);
    const run = await fit(model(), data, { optimizer: adam({ learningRate: 0.01 }), epochs: 6, seed: 2 });
    const later = await gradientStatistics(run, options);
    expect(later.records).toBe(600);
    expect(later.loss).toBeLessThan(one.loss / 2);
    expect(later.noiseScale.exact).toBeGreaterThan(one.noiseScale.exact);
    expect(later.noiseScale.estimate).toBeNaN();
  });

  it("repeated data add nothing: 1,200 copies have the same loss, gradient and noise", async () => {
    const few = Array.from({ length: 10 }, (_, i) => ({ x: [Math.sin(i), Math.cos(3 * i), i / 9], y: i % 3 }));
    const of = (copies: number) => {
      const records = Array.from({ length: copies }, () => few).flat();
      return arrayDataset({ inputs: records.map(({ x }) => x), targets: records.map(({ y }) => y), classes: 3, dtype: "f64" });
    };
    const model = () => sequential(dense(8), relu(), dense(3));
    const options = { dtype: "f64", batchSizes: [1], samples: 2 } as const;
    const [single, copied] = await Promise.all([1, 1200].map((copies) => gradientStatistics(model(), of(copies), options)));
    expect(copied.records).toBe(12_000);
    // 12,000 terms are added in another order.
    for (const name of ["loss", "gradientNorm", "trace"] as const) expect(Math.abs(copied[name] / single[name] - 1)).toBeLessThan(1e-12);
    const step = (copies: number) => fit(model(), of(copies), { batchSize: 10 * copies, dtype: "f64" });
    const [a, b] = await Promise.all([step(1), step(1200)]);
    a.theta.forEach((x, i) => {
      expect(Math.abs(b.theta[i] - x)).toBeLessThan(1e-11);
    });
  });

  it.each([
    [{ batchSizes: [601] }, /601/],
    [{ batchSizes: [] }, /batchSizes/],
    [{ samples: 1 }, /samples/],
    [{ epochs: 1 }, /epochs/],
  ])("refuses %j", async (options, message) => {
    await expect(Reflect.apply(gradientStatistics, undefined, [linear(), data, options])).rejects.toThrow(message);
  });

  it("of a run takes no other data", async () => {
    const data = digits({ train: 20, test: 1 });
    const run = await fit(linear(), data, { epochs: 1, batchSize: 10 });
    await expect(Reflect.apply(gradientStatistics, undefined, [run, data])).rejects.toThrow(/a run alone/);
  });

  it("ends at a signal, also within the batches of one size", async () => {
    const data = digits({ train: 30, test: 1 });
    // All of them would take longer than a test may.
    const options = { batchSizes: [30], samples: 400_000, signal: AbortSignal.timeout(300) };
    await expect(gradientStatistics(linear(), data, options)).rejects.toThrow();
  });

  it("ends at a signal", async () => {
    await expect(gradientStatistics(linear(), data, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
