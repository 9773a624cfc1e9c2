import { defineLayer, dense, l2, multiclassHinge, normal, relu, searchWeights, sequential, type TrainedRun } from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";
import { interpret } from "../../../src/backends/interpreter/index.js";
import { tensor } from "../../../src/tensor/create.js";
import { RandomStream } from "../../../src/tensor/random.js";
import type { HostData } from "../../../src/tensor/types.js";

/** Three clouds in five dimensions. */
function clouds(records: number, seed: number) {
  const random = new RandomStream(seed, "clouds");
  const targets = Int32Array.from({ length: records }, (_, i) => i % 3);
  const inputs = Array.from(targets, (label) => Array.from({ length: 5 }, (_, k) => (k === label ? 2 : 0) + random.normal()));
  return { inputs, targets };
}
const data = arrayDataset({ ...clouds(157, 1), classes: 3, dtype: "f64", test: clouds(61, 2) });
const model = sequential(
  dense(7, { init: normal({ std: 0.5 }) }),
  relu(),
  dense(3, { init: normal({ std: 0.5 }), bias: normal({ std: 0.1 }) }),
);
const options = { loss: multiclassHinge(), regularizer: l2(0.01), dtype: "f64" } as const;

/** The loss of θ over all training records, by the interpreter. */
function lossAt(run: TrainedRun, theta: HostData): number {
  const { training } = run;
  const [inputs, targets] = [tensor(data.inputs.data, { shape: [157, 5] }), tensor(data.targets.data)];
  return interpret([training.batch(tensor(theta), inputs, targets, true, { step: tensor(0) }).loss])[0][0];
}

describe("searchWeights", () => {
  it("at random: the best of independent starts, each drawn as the layers start", async () => {
    const [run] = await searchWeights(model, data, { ...options, method: "random", tries: 40, seeds: [5] });
    const starts = Array.from({ length: 40 }, (_, index) => run.training.initialTheta(index));
    const losses = starts.map((theta) => lossAt(run, theta));
    expect(new Set(losses).size).toBe(40);
    run.history.forEach(({ loss, step, epoch }, t) => {
      // Sums of 157 numbers in two orders.
      expect(loss).toBeCloseTo(Math.min(...losses.slice(0, t + 1)), 12);
      expect([step, epoch]).toEqual([t + 1, t + 1]);
    });
    expect(run.theta).toEqual(starts[losses.indexOf(Math.min(...losses))]);
    expect([run.status, run.steps, run.settings.optimizer, run.settings.seed]).toEqual(["step-limit", 40, "random search", 5]);
    expect(run.diagnosis).toContain(`that of number ${losses.indexOf(Math.min(...losses)) + 1}.`);
  });

  it("locally: a step is kept where it leads down, and steps are normal", async () => {
    const step = 0.05;
    const [run] = await searchWeights(model, data, { ...options, method: "local", step, tries: 300 });
    const start = run.training.initialTheta();
    expect(run.history[0].loss).toBeCloseTo(lossAt(run, start), 12);
    for (let t = 1; t < 300; t++) expect(run.history[t].loss).toBeLessThanOrEqual(run.history[t - 1].loss);
    expect(run.trainLoss).toBeCloseTo(lossAt(run, run.theta), 12);
    expect(run.trainLoss).toBeLessThan(0.5 * run.history[0].loss);
    // The first step that was kept: 66 weights, each N(0, step²), nothing in the gaps between parameters.
    const kept = run.history.findIndex(({ loss }) => loss < run.history[0].loss);
    const [short] = await searchWeights(model, data, { ...options, method: "local", step, tries: kept + 1 });
    const moved = Array.from(run.training.layout.unpadded(Float64Array.from(short.theta, (x, i) => (x - start[i]) / step)));
    const squares = moved.reduce((total, x) => total + x * x, 0);
    // χ² with 66 degrees of freedom lies within these bounds but once in 10⁴ times.
    expect(moved.length).toBe(66);
    expect(squares).toBeGreaterThan(30);
    expect(squares).toBeLessThan(120);
    expect(Array.from(short.theta).filter((x) => x !== 0).length).toBe(66);
  });

  it("gives the same bits with any number of threads, and whichever seeds run beside it", async () => {
    const narrow = arrayDataset({ ...clouds(157, 1), classes: 3, test: clouds(61, 2) });
    for (const method of [{ method: "random" }, { method: "local", step: 0.1 }] as const) {
      const search = (seeds: readonly number[], threads: number) =>
        searchWeights(model, narrow, { ...method, loss: multiclassHinge(), tries: 60, seeds, threads });
      const all = await search([3, 1, 2], 2);
      expect(all.map((run) => run.settings.seed)).toEqual([3, 1, 2]);
      for (const threads of [1, 3])
        for (const [i, seed] of [3, 1, 2].entries()) {
          const [alone] = await search([seed], threads);
          expect(alone.theta).toEqual(all[i].theta);
          expect(alone.test).toEqual(all[i].test);
        }
      expect(all[0].theta).not.toEqual(all[1].theta);
    }
  });

  it("counts records by their weights", async () => {
    const { inputs, targets } = clouds(157, 1);
    const options = { method: "random", tries: 5, loss: multiclassHinge(), dtype: "f64" } as const;
    const twice = Array.from({ length: 157 }, (_, i) => (i < 30 ? 2 : i < 60 ? 0 : 1));
    const [weighed] = await searchWeights(model, arrayDataset({ inputs, targets, classes: 3, dtype: "f64", weights: twice }), options);
    const repeated = Array.from({ length: 157 }, (_, i) => new Array<number>(twice[i]).fill(i)).flat();
    const plain = arrayDataset({
      inputs: repeated.map((i) => inputs[i]),
      targets: repeated.map((i) => targets[i]),
      classes: 3,
      dtype: "f64",
    });
    const [copied] = await searchWeights(model, plain, options);
    weighed.history.forEach(({ loss }, t) => {
      expect(loss).toBeCloseTo(copied.history[t].loss, 12);
    });
    expect(weighed.theta).toEqual(copied.theta);
  });

  it("judges what it found by the test part, as the weights themselves do", async () => {
    const [run] = await searchWeights(model, data, { ...options, method: "local", step: 0.2, tries: 200 });
    const { classes = [] } = run.predictor()(data.test?.inputs.data ?? []);
    const right = classes.filter((label, i) => label === data.test?.targets.data[i]).length;
    expect(run.test?.accuracy).toBe(right / 61);
    expect(right / 61).toBeGreaterThan(0.5);
  });

  it("keeps what it has when it is aborted, and reports on the way", async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const [run] = await searchWeights(model, data, {
      ...options,
      method: "random",
      signal: stop.signal,
      onProgress: ({ tried, tries, losses }) => {
        seen.push(losses[0]);
        expect(tries).toBe(1000);
        if (tried === 5) stop.abort();
      },
    });
    expect([run.status, run.steps, run.history.map(({ loss }) => loss)]).toEqual(["aborted", 5, seen]);
  });

  it("says so where no loss is finite", async () => {
    const wild = sequential(dense(3, { init: normal({ std: 1e300 }) }));
    const far = arrayDataset({ inputs: [[1e300], [1e299]], targets: [0, 1], classes: 3, dtype: "f64" });
    const [run] = await searchWeights(wild, far, { method: "random", tries: 3, dtype: "f64" });
    expect([run.status, run.trainLoss]).toEqual(["diverged", Number.NaN]);
    expect(run.diagnosis).toMatch(/none had a finite loss/);
  });

  it("refuses what it cannot use", async () => {
    const wrong = (bad: object) => expect(searchWeights(model, data, { method: "random", ...bad })).rejects;
    await wrong({ method: "hill" }).toThrow(/method[\s\S]*"random" or "local"/);
    await wrong({ tries: 0 }).toThrow(/tries/);
    await wrong({ method: "local" }).toThrow(/step is not usable[\s\S]*standard deviation/);
    await wrong({ step: 1 }).toThrow(/takes no steps/);
    await wrong({ seeds: [] }).toThrow(/seeds/);
    await wrong({ seeds: [1.5] }).toThrow(/seeds/);
    await wrong({ epochs: 3 }).toThrow(/no option "epochs"/);
    await wrong({ loss: multiclassHinge }).toThrow(/call it/);
    await expect(searchWeights(JSON.parse("{}"), data, { method: "random" })).rejects.toThrow(/searchWeights was given something/);
    const counting = defineLayer({
      name: "counting",
      state: { count: { shape: [], initial: 0 } },
      apply: (x, _, { state }) => ({ output: x, state: { count: state.count.add(1) } }),
    });
    await expect(searchWeights(sequential(counting, dense(3)), data, { method: "random" })).rejects.toThrow(
      /carry nothing[\s\S]*counting1\.count/,
    );
    await expect(searchWeights(sequential(dense(2)), data, { method: "random" })).rejects.toThrow(/fewer outputs/);
  });
});
