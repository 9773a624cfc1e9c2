import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { averaged, batchObjective, checkGradient, dense, descend, fit, gd, meanSquared, momentum, relu, sam, sequential } from "steepest";
import { arrayDataset } from "steepest/data";
import { afterAll, describe, expect, it } from "vitest";
import { batchIndices, stepsPerEpoch } from "../../src/data/batches.js";
import { loadRun } from "../../src/runs/run-folder.js";
import { saveRun } from "../../src/runs/trained-run.js";
import { centre } from "./centre.js";

const RECORDS = 10;
const inputs = Array.from({ length: RECORDS }, (_, i) => [Math.sin(i), i / 5 - 1, ((i * 7) % 10) / 4]);
const targets = inputs.map(([a, b, c]) => a - 2 * b + c * c);
const data = arrayDataset({ inputs, targets, dtype: "f64", test: { inputs: inputs.slice(0, 3), targets: targets.slice(0, 3) } });
const options = { dtype: "f64", batchSize: 4, seed: 5, threads: 1, loss: meanSquared() } as const;
const slow = gd({ learningRate: 0.01 });

/** The running mean of the inputs themselves after some steps: where the layer is the first one, it depends on the order of the records alone. */
function runningMean(steps: number, from: readonly number[] = [0, 0, 0], firstStep = 0): number[] {
  let mean = [...from];
  for (let step = firstStep; step < firstStep + steps; step++) {
    const rows = [...batchIndices({ records: RECORDS, batchSize: 4, seed: 5 }, step)];
    mean = mean.map((old, j) => 0.75 * old + (0.25 * rows.reduce((sum, row) => sum + inputs[row][j], 0)) / rows.length);
  }
  return mean;
}

const expectNear = (actual: ArrayLike<number>, expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  // A few dozen roundings of float64 at numbers of about 1.
  expected.forEach((x, i) => {
    expect(Math.abs(actual[i] - x)).toBeLessThan(1e-14);
  });
};

const first = () => sequential(centre(), dense(4), relu(), dense(1));
const meanOf = ({ weights }: { readonly weights: ReadonlyMap<string, ArrayLike<number>> }) => weights.get("centre1.runningMean") ?? [];

describe("what layers carry", () => {
  it("moves once at every step, smaller batches included", async () => {
    const run = await fit(first(), data, { ...options, optimizer: slow, epochs: 3 });
    expect(run.steps).toBe(9);
    expectNear(meanOf(run), runningMean(9));
    expect([...(run.weights.get("centre1.batches") ?? [])]).toEqual([9]);
    expect(run.model.state.map(({ path }) => path)).toEqual(["centre1.runningMean", "centre1.batches"]);
    expect(run.training.layout.entries.some(({ path }) => path.startsWith("centre"))).toBe(false);
  });

  it("moves once where a rule evaluates twice", async () => {
    const run = await fit(first(), data, { ...options, optimizer: sam(slow), epochs: 2 });
    expectNear(meanOf(run), runningMean(6));
    expect([...(run.weights.get("centre1.batches") ?? [])]).toEqual([6]);
  });

  it("is what predictions and the test part are made with", async () => {
    const run = await fit(first(), data, { ...options, optimizer: slow, epochs: 2 });
    const outputs = run.predictor()(inputs.slice(0, 3).flat()).outputs;
    expect(outputs).toEqual(run.test?.outputs);
    const [w1, b1, w2, b2] = ["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"].map((path) => run.weights.get(path) ?? []);
    const mean = runningMean(6);
    inputs.slice(0, 3).forEach((x, i) => {
      const hidden = Array.from(b1, (b, k) =>
        Math.max(
          0,
          x.reduce((sum, v, j) => sum + (v - mean[j]) * w1[4 * j + k], b),
        ),
      );
      const y = hidden.reduce((sum: number, h, k) => sum + h * w2[k], b2[0]);
      // Outputs come as float32.
      expect(Math.abs(outputs[i] - y)).toBeLessThan(1e-6 * Math.max(1, Math.abs(y)));
    });
  });

  it("has the same bits on any number of threads", async () => {
    const deep = () => sequential(dense(8), centre(), relu(), dense(1));
    const run = (threads: number) =>
      fit(deep(), data, { ...options, dtype: "f32", threads, optimizer: momentum({ learningRate: 0.01 }), epochs: 5 });
    const one = await run(1);
    expect(new Set([...one.state]).size).toBeGreaterThan(4);
    for (const threads of [2, 3, 7]) {
      const more = await run(threads);
      expect(more.state).toEqual(one.state);
      expect(more.theta).toEqual(one.theta);
    }
  });

  it("comes back with the best weights", async () => {
    const rising = { ...options, optimizer: gd({ learningRate: 0.12 }), epochs: 30, validation: 0.3, batchSize: 3 };
    const run = await fit(sequential(dense(6), centre(), relu(), dense(1)), data, { ...rising, patience: 3 });
    const best = Number(/weights are those of epoch (\d+)/.exec(run.diagnosis)?.[1]);
    expect(best).toBeLessThan(run.epochs);
    const until = await fit(sequential(dense(6), centre(), relu(), dense(1)), data, { ...rising, epochs: best });
    expect(run.state).toEqual(until.state);
    expect(run.theta).toEqual(until.theta);
  });

  it("goes back to the last good step of a run that diverged", async () => {
    const wild = { ...options, optimizer: gd({ learningRate: 1e3 }) };
    const model = () => sequential(dense(3), centre(), dense(3), centre(), dense(1));
    const run = await fit(model(), data, { ...wild, epochs: 200 });
    expect(run.status).toBe("diverged");
    expect(run.steps).toBeGreaterThan(1);
    expect([...run.state].every(Number.isFinite)).toBe(true);
    const until = await fit(model(), data, { ...wild, epochs: run.steps / stepsPerEpoch(RECORDS, 4) });
    expect(until.steps).toBe(run.steps);
    expect(run.state).toEqual(until.state);
  });

  it("is brought up anew for averaged weights, by one more pass over the records", async () => {
    const run = await fit(first(), data, { ...options, optimizer: averaged(slow, { form: "mean" }), epochs: 2 });
    expectNear(meanOf(run), runningMean(6));
    const mean = run.averaged ?? run;
    expectNear(meanOf({ weights: run.training.named(mean) }), runningMean(3, runningMean(6), 6));
    expect(run.predictor(mean)(inputs.slice(0, 3).flat()).outputs).toEqual(run.averaged?.test?.outputs);
  });
});

describe("run folders", () => {
  const folder = mkdtempSync(join(tmpdir(), "steepest-state-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("keep carried state beside the weights, by name", async () => {
    const run = await fit(first(), data, { ...options, optimizer: slow, epochs: 1 });
    await saveRun(run, join(folder, "run"));
    const { weights, layers } = await loadRun(join(folder, "run"));
    expect(weights.map(({ name }) => name).filter((name) => name.startsWith("centre"))).toEqual(["centre1.runningMean", "centre1.batches"]);
    const point = run.training.point(new Map(weights.map(({ name, data: numbers }) => [name, numbers])));
    expect(point.theta).toEqual(run.theta);
    expect(point.state).toEqual(run.state);
    // It is not learned, so it does not count.
    expect(layers[0]).toMatchObject({ layer: "centre1", parameters: 0 });
  });
});

describe("a training as an objective of θ alone", () => {
  it("has the gradient through the statistics of its batch, and state that stays", async () => {
    const objective = batchObjective(sequential(dense(4), centre(), dense(1)), data, { records: 6, dtype: "f64" });
    expect(checkGradient(objective, objective.start).verdict).toBe("pass");
    for await (const { losses, loss, status } of descend(objective, { optimizer: slow, steps: 20, stepsPerYield: 20, threads: 1 })) {
      expect(status).toBe("step-limit");
      expect(loss).toBeLessThan(losses[0]);
    }
  });
});
