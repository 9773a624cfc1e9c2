/** Rates that the run itself sets: plateaus, and the range test; and averages of weights. */
import {
  adam,
  averaged,
  dense,
  descend,
  findRate,
  fit,
  gd,
  l2,
  linear,
  minimize,
  momentum,
  objective,
  reduceOnPlateau,
  relu,
  sequential,
  trace,
  warmup,
} from "steepest";
import { digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { xor } from "./xor.js";

describe("a plateau lowers the rate", () => {
  const rate = reduceOnPlateau(1.2, { factor: 0.5, patience: 1, every: 10 });
  /** Looks at losses 1.44, 1.44¹⁰, 1.44²⁰…: the first is the best, the third lowers the rate to 0.6, where x² converges. */
  const expected = (steps: number) => Array.from({ length: steps }, (_, k) => (k < 30 ? 1.2 : 0.6));

  it("in minimize, at the looks and nowhere else", () => {
    const run = minimize("x^2", { x: 1 }, { optimizer: gd({ learningRate: rate }) });
    expect(run.status).toBe("converged");
    expect(Array.from(run.history.learningRate)).toEqual(expected(run.steps));
    // Another run of the same program begins with the whole rate.
    expect(minimize("x^2", { x: 1 }, { optimizer: gd({ learningRate: rate }) }).steps).toBe(run.steps);
  });

  it("in minimize of an objective in JavaScript, in maximize, and behind a warm-up", () => {
    const host = objective({ value: (x) => x[0] ** 2, gradient: (x) => [2 * x[0]] });
    const run = minimize(host, 1, { optimizer: gd({ learningRate: rate }) });
    expect(Array.from(run.history.learningRate)).toEqual(expected(run.steps));
    const warm = minimize("x^2", { x: 1 }, { optimizer: gd({ learningRate: warmup(rate, { steps: 1 }) }) });
    expect(Array.from(warm.history.learningRate)).toEqual(expected(warm.steps));
  });

  it("in descend, after each slice, beside what the user sets", async () => {
    const rates: number[] = [];
    const options = { optimizer: gd({ learningRate: rate }), stepsPerYield: 10, steps: 60, threads: 1 };
    for await (const state of descend(trace("x^2", { x: 1 }), options)) {
      rates.push(state.learningRate);
      if (state.step === 40) state.set({ learningRate: 0.3 });
    }
    expect(rates.slice(0, 5)).toEqual([1.2, 1.2, 1.2, 0.6, 0.3].slice(0, rates.length));
    expect(rates.length).toBeGreaterThan(3);
  });

  it("in fit, after epochs without progress", async () => {
    const model = sequential(dense(8), relu(), dense(2));
    const steady = gd({ learningRate: reduceOnPlateau(1e-12, { factor: 0.5, patience: 2 }) });
    const run = await fit(model, xor, { optimizer: steady, epochs: 8, batchSize: 4, threads: 1 });
    // Nothing moves: the first epoch is the best, and every third one after it lowers the rate.
    expect(run.history.map(({ learningRate }) => learningRate * 1e12)).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]);
  });
});

describe("findRate", () => {
  it("proposes a rate at which plain descent is stable, and sees the edge behind", async () => {
    // Stable below 2/λ = 0.1.
    const test = await findRate(trace("x^2 + 10y^2", { x: 1, y: 1 }), { optimizer: gd(), from: 1e-6, to: 1 });
    expect(test.rate).toBeLessThan(0.1);
    expect(test.rate).toBeGreaterThan(0.005);
    expect(test.edge).toBeGreaterThan(0.1);
    expect(test.rates[0]).toBeCloseTo(1e-6, 18);
    expect(test.rates.length).toBe(test.losses.length);
    expect(test.steepest).toBeLessThan(test.lowest);
    for (let i = 1; i < test.rates.length; i++) expect(test.rates[i] / test.rates[i - 1]).toBeCloseTo(1e6 ** (1 / 199), 10);
  });

  it("works on models, with what fit takes", async () => {
    const model = sequential(dense(8), relu(), dense(2));
    const options = { optimizer: momentum(), from: 1e-4, to: 100, steps: 60, regularizer: l2(1e-4), threads: 1 };
    const test = await findRate(model, xor, options);
    expect(test.rates.length).toBeGreaterThan(20);
    expect(test.rate).toBeGreaterThan(1e-4);
    expect(test.rate).toBeLessThan(2);
    expect((await findRate(model, xor, options)).rate).toBe(test.rate);
  });

  it.each([1, 2, 3])("is not misled by the noise of batches (seed %d)", async (seed) => {
    const options = { optimizer: momentum(), from: 1e-5, steps: 100, seed, threads: 1, batchSize: 16 };
    const test = await findRate(linear(), digits({ train: 320, test: 10 }), options);
    expect(test.rate).toBeGreaterThan(1e-3);
    expect(test.rate).toBeLessThan(1);
  });

  it("says where nothing helps, and what cannot be tested", async () => {
    await expect(findRate(trace("x^2", { x: 0 }), { optimizer: gd() })).rejects.toThrow(/no rate of the test lowered the loss/);
    await expect(findRate(trace("x^2", { x: 1 }), { from: 0 })).rejects.toThrow(/from/);
    await expect(findRate(trace("x^2", { x: 1 }), { steps: 5 })).rejects.toThrow(/steps/);
  });
});

it("an average of weights comes out of fit, judged on the test part", async () => {
  const model = sequential(dense(8), relu(), dense(2));
  const data = { ...xor, test: { inputs: xor.inputs, targets: xor.targets } };
  const options = { epochs: 30, batchSize: 2, threads: 1, seed: 3 };
  const plain = await fit(model, data, { ...options, optimizer: adam({ learningRate: 0.05 }) });
  const run = await fit(model, data, { ...options, optimizer: averaged(adam({ learningRate: 0.05 }), { decay: 0.8 }) });
  expect(run.theta).toEqual(plain.theta);
  expect(run.test?.loss).toBe(plain.test?.loss);
  expect(plain.averaged).toBeUndefined();
  const mean = run.averaged ?? run;
  expect(mean.theta).not.toEqual(run.theta);
  const distance = Math.max(...mean.theta.map((x, i) => Math.abs(x - run.theta[i])));
  expect(distance).toBeLessThan(0.5);
  // The same outputs as a predictor with these weights gives.
  const outputs = run.predictor(mean)(xor.inputs.data).outputs;
  run.averaged?.test?.outputs.forEach((x, i) => {
    expect(x).toBeCloseTo(outputs[i], 5);
  });
});
