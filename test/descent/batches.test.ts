/** Which records a step reads, and how much each counts. */
import { accumulate, crossEntropy, dense, type FitOptions, fit, flatten, gd, momentum, relu, sequential, zeros } from "steepest";
import { type ArrayDatasetOptions, arrayDataset, digits, epochOrder, rankedBy, recordCount, splitIndices } from "steepest/data";
import { describe, expect, it } from "vitest";
import { hashOf } from "../backends/threads/network.js";
import { chiSquare, quantile999 } from "../tensor/chi-square.js";

describe("the orders of an epoch", () => {
  /** Record i has input 0 and target tᵢ: with weights that stay 0 its loss is tᵢ², which names it. */
  const targets = [3, -1, 6, 0, -5, 2, 4];
  const data = arrayDataset({ inputs: targets.map(() => 0), targets, dtype: "f64" });
  const seen = async (options: FitOptions) => {
    const run = await fit(sequential(dense(1, { init: zeros() })), data, {
      ...{ batchSize: 1, epochs: 4, dtype: "f64", optimizer: gd({ learningRate: 0 }), seed: 5 },
      ...options,
    });
    const places = run.history.map(({ loss }) => targets.findIndex((t) => t * t === loss));
    return Array.from({ length: 4 }, (_, epoch) => places.slice(7 * epoch, 7 * epoch + 7));
  };
  const all = [0, 1, 2, 3, 4, 5, 6];
  const sorted = (order: readonly number[]) => [...order].sort((a, b) => a - b);

  it.each(["sequential", "shuffled", "once", "replacement"] as const)("%s: the program reads what the definition says", async (order) => {
    const epochs = await seen({ order });
    expect(epochs).toEqual([0, 1, 2, 3].map((epoch) => [...epochOrder(order, 5, epoch, 7)]));
    if (order !== "replacement") for (const epoch of epochs) expect(sorted(epoch)).toEqual(all);
    const distinct = new Set(epochs.map((epoch) => epoch.join())).size;
    expect(distinct).toBe(order === "sequential" || order === "once" ? 1 : 4);
    if (order === "sequential") expect(epochs[0]).toEqual(all);
    else expect(epochs[0]).not.toEqual(all);
  });

  it("shuffled is what it is without a word", async () => {
    expect(await seen({})).toEqual(await seen({ order: "shuffled" }));
    expect(await seen({ seed: 6 })).not.toEqual(await seen({ order: "shuffled" }));
  });

  it("by difficulty: the loss at the start, or scores of one's own, the first of equals first", async () => {
    const byLoss = [3, 1, 5, 0, 6, 4, 2];
    expect(await seen({ order: "difficulty" })).toEqual([byLoss, byLoss, byLoss, byLoss]);
    const given = await seen({ order: "difficulty", curriculum: { scores: [1, 0, 1, 0, -2, 9, 1] } });
    expect(given[3]).toEqual([4, 1, 3, 0, 2, 6, 5]);
  });

  it("by difficulty at a pace: the easiest share in random order, filled up, then all", async () => {
    const epochs = await seen({ order: "difficulty", curriculum: { pace: { from: 0.25, epochs: 3 } } });
    // ceil(7 · 0.25), ceil(7 · 0.5), ceil(7 · 0.75), 7 of the easiest
    const easiest = [3, 1, 5, 0, 6, 4, 2];
    expect(epochs.map((epoch) => sorted([...new Set(epoch)]))).toEqual([2, 4, 6, 7].map((n) => sorted(easiest.slice(0, n))));
    // Each record of the pool comes equally often, up to one.
    for (const [e, n] of [2, 4, 6, 7].entries())
      for (const record of easiest.slice(0, n)) {
        const times = epochs[e].filter((r) => r === record).length;
        expect([Math.floor(7 / n), Math.ceil(7 / n)]).toContain(times);
      }
    expect(epochs.some((epoch) => epoch.join() === easiest.join())).toBe(false);
  });

  it("scores go with their records when some are kept apart", async () => {
    const scores = [7, 6, 5, 4, 3, 2, 1];
    const trained = splitIndices(7, 0.3, 5).training;
    const run = await fit(sequential(dense(1, { init: zeros() })), data, {
      ...{ batchSize: 1, dtype: "f64", optimizer: gd({ learningRate: 0 }), seed: 5, validation: 0.3 },
      ...{ order: "difficulty", curriculum: { scores } },
    });
    expect(run.history.map(({ loss }) => targets.findIndex((t) => t * t === loss))).toEqual([...trained].reverse());
    expect(run.settings).toMatchObject({ order: "difficulty", curriculum: { scores: "given", pace: null } });
  });

  it("with replacement each record is as likely as any other, whatever came before", () => {
    const counts = new Array<number>(20).fill(0);
    let [repeats, draws] = [0, 0];
    for (let epoch = 0; epoch < 500; epoch++) {
      const order = epochOrder("replacement", 3, epoch, 20);
      order.forEach((record, i) => {
        counts[record]++;
        if (i > 0 && order[i - 1] === record) repeats++;
      });
      draws += order.length;
    }
    expect(chiSquare(counts, draws / 20)).toBeLessThan(quantile999(19));
    // Of 500 · 19 neighbours one in 20 is the same again.
    expect(Math.abs(repeats - 475)).toBeLessThan(4 * Math.sqrt(9500 * 0.05 * 0.95));
  });

  it("gives the same bits with one thread, two and three, in each order", async () => {
    const images = digits({ train: 150, test: 1 });
    const model = sequential(flatten(), dense(12), relu(), dense(10));
    const hashes: string[] = [];
    for (const order of ["sequential", "once", "replacement", "difficulty"] as const) {
      const runs = await Promise.all(
        [1, 2, 3].map((threads) =>
          fit(model, images, {
            ...{ epochs: 2, batchSize: 32, threads, order, optimizer: momentum({ learningRate: 0.05 }) },
            ...(order === "difficulty" ? { curriculum: { pace: { from: 0.5, epochs: 1 } } } : {}),
          }),
        ),
      );
      expect(new Set(runs.map((run) => hashOf(run.theta))).size, order).toBe(1);
      hashes.push(hashOf(runs[0].theta));
    }
    expect(new Set(hashes).size).toBe(4);
  });

  it.each([
    [{ order: "random" }, /order/],
    [{ curriculum: { pace: { from: 0.5, epochs: 1 } } }, /order: "difficulty"/],
    [{ order: "difficulty", curriculum: { scores: [1] } }, /7 numbers/],
    [{ order: "difficulty", curriculum: { scores: [1, 2, Number.NaN, 4, 5, 6, 7] } }, /record 2/],
    [{ order: "difficulty", curriculum: { pace: { from: 0, epochs: 1 } } }, /from/],
    [{ order: "difficulty", curriculum: { pace: { from: 0.5, epochs: 0 } } }, /epochs/],
    [{ order: "difficulty", curriculum: { speed: 1 } }, /speed/],
  ])("refuses %j", async (options, message) => {
    await expect(Reflect.apply(fit, undefined, [sequential(dense(1)), data, options])).rejects.toThrow(message);
  });

  it("ranks infinities, and no NaN", () => {
    expect([...rankedBy([1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0])]).toEqual([1, 3, 0, 2]);
    expect(() => rankedBy([0, Number.NaN])).toThrow(/record 1/);
  });
});

describe("records and batches count by their weight", () => {
  const inputs = Array.from({ length: 10 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 10]);
  const targets = inputs.map((_, i) => [(i * i) % 7, i - 3]);
  const weights = [1, 3, 0, 2, 1, 1, 4, 0.5, 2, 1.5];
  const data = (more: Partial<ArrayDatasetOptions> = {}) => arrayDataset({ inputs, targets, dtype: "f64", ...more });
  const train = (given: ReturnType<typeof data>, options: FitOptions) =>
    fit(sequential(dense(2)), given, { dtype: "f64", seed: 3, ...options });
  const close = (ours: ArrayLike<number>, theirs: ArrayLike<number>, tolerance: number) => {
    for (let i = 0; i < theirs.length; i++) expect(Math.abs(ours[i] - theirs[i])).toBeLessThan(tolerance);
  };
  // Sums of ten products of numbers below 10, in another order: each term is rounded by 1e-16 of 100 or less.
  const rounding = 1e-13;

  it.each([
    ["4, 4 and 2 records", 4, {}],
    ["7 and 3 records", 7, {}],
    ["4, 4 and 2 records with weights", 4, { weights }],
  ] as const)("the gradients of the batches, %s, add up to the full one", async (_, batchSize, more) => {
    const steps = Math.ceil(10 / batchSize);
    const whole = await train(data(more), { batchSize: 10, optimizer: gd({ learningRate: 0.3 }) });
    const parts = await train(data(more), { batchSize, optimizer: accumulate(gd({ learningRate: 0.3 }), { steps }) });
    expect([whole.steps, parts.steps]).toEqual([1, steps]);
    close(parts.theta, whole.theta, rounding);
    // With momentum the next round begins from the same state.
    const twice = await train(data(more), { batchSize: 10, epochs: 3, optimizer: momentum({ learningRate: 0.1 }) });
    const again = await train(data(more), { batchSize, epochs: 3, optimizer: accumulate(momentum({ learningRate: 0.1 }), { steps }) });
    close(again.theta, twice.theta, 10 * rounding);
  });

  it("a whole weight is that many copies, and 0 none", async () => {
    const whole = [1, 3, 0, 2, 1, 1, 4, 1, 2, 1];
    const rows = whole.flatMap((times, i) => Array.from({ length: times }, () => i));
    const copies = data({ inputs: rows.map((i) => inputs[i]), targets: rows.map((i) => targets[i]) });
    const options = { epochs: 5, optimizer: gd({ learningRate: 0.2 }) };
    const ours = await train(data({ weights: whole }), { ...options, batchSize: 10 });
    const theirs = await train(copies, { ...options, batchSize: rows.length });
    close(ours.theta, theirs.theta, 10 * rounding);
    expect(ours.trainLoss).toBeCloseTo(theirs.trainLoss, 12);
    const unweighted = await train(data(), { ...options, batchSize: 10 });
    expect(Math.abs(unweighted.theta[0] - ours.theta[0])).toBeGreaterThan(1e-3);
  });

  it("the loss of an epoch is that of its records, however they fall into batches", async () => {
    const still = { optimizer: gd({ learningRate: 0 }) };
    const whole = await train(data({ weights }), { ...still, batchSize: 10 });
    for (const batchSize of [1, 3, 4, 7]) {
      const run = await train(data({ weights }), { ...still, batchSize });
      expect(run.trainLoss).toBeCloseTo(whole.trainLoss, 12);
    }
  });

  it("test and validation count them too, in loss and accuracy", async () => {
    const labels = inputs.map((_, i) => i % 2);
    const classes = data({ targets: labels, weights, classes: 2, test: { inputs, targets: labels, weights } });
    const options = { loss: crossEntropy(), optimizer: gd({ learningRate: 0 }), batchSize: 10 };
    const run = await train(classes, options);
    const { classes: guesses = [], probabilities = [] } = run.predictor()(inputs.flat());
    const total = weights.reduce((a, b) => a + b, 0);
    const mean = (value: (i: number) => number) => weights.reduce((sum, w, i) => sum + w * value(i), 0) / total;
    expect(run.test?.loss).toBeCloseTo(
      mean((i) => -Math.log(probabilities[2 * i + labels[i]])),
      5,
    );
    expect(run.test?.accuracy).toBeCloseTo(
      mean((i) => Number(guesses[i] === labels[i])),
      12,
    );
    expect(run.history[0].trainAccuracy).toBeCloseTo(run.test?.accuracy ?? -1, 12);
    expect(run.test?.confusion?.flat().reduce((a, b) => a + b)).toBe(10);
    const split = await train(classes, { ...options, batchSize: 7, validation: 0.3 });
    const held = splitIndices(10, 0.3, 3).validation;
    const heldTotal = held.reduce((sum, i) => sum + weights[i], 0);
    const loss = held.reduce((sum, i) => sum - weights[i] * Math.log(probabilities[2 * i + labels[i]]), 0) / heldTotal;
    expect(split.validation?.loss).toBeCloseTo(loss, 5);
  });

  it.each([
    [{ weights: [1, 2] }, /shape \[10\]/],
    [{ weights: weights.map((w, i) => (i === 4 ? -1 : w)) }, /record 4/],
    [{ weights: weights.map(() => 0) }, /at least one weight above 0/],
    [{ weights: weights.map((w, i) => (i === 4 ? Number.NaN : w)) }, /record 4/],
  ])("refuses weights that are none", (more, message) => {
    expect(() => data(more)).toThrow(message);
  });

  it("refuses a part in which none counts", async () => {
    const only = splitIndices(10, 0.3, 3).validation;
    const weighed = data({ weights: inputs.map((_, i) => Number(only.includes(i))) });
    await expect(train(weighed, { validation: 0.3 })).rejects.toThrow(/training part/);
    expect(recordCount(weighed)).toBe(10);
  });
});
