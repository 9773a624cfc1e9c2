/** DeepOBS' quadratic: the results that its authors published (Schneider, Balles, Hennig 2019, baselines over ten seeds). */
import {
  adam,
  constant,
  defineLayer,
  fit,
  gd,
  type Loss,
  minimize,
  momentum,
  type Optimizer,
  problems,
  sequential,
  tensor,
  vmap,
} from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/tensor/random.js";
import { band } from "../../../studies/study.js";
import { full } from "../../full.js";

const { deepQuadratic } = problems;

/** The benchmark's grid of rates: 36 from 10⁻⁵ to 10². */
const grid = Array.from({ length: 36 }, (_, k) => 10 ** (k / 5 - 5));
/** 100 epochs of 7 batches. */
const STEPS = 700;

const rules: Readonly<Record<string, (learningRate: number) => Optimizer>> = {
  SGD: (learningRate) => gd({ learningRate }),
  momentum: (learningRate) => momentum({ learningRate, beta: 0.99 }),
  Adam: (learningRate) => adam({ learningRate }),
};

/** The first rate of the grid that fails. */
const edges = { SGD: 10 ** -1.4, momentum: 10 ** -1, Adam: Number.POSITIVE_INFINITY } as const;

describe("DeepOBS' quadratic without noise", () => {
  it.each(Object.entries(edges))("%s diverges from the published rate on, and at no smaller one", (name, edge) => {
    const initial = deepQuadratic.f(tensor(deepQuadratic.start)).item();
    for (const learningRate of grid) {
      const run = minimize(deepQuadratic.f, tensor(deepQuadratic.start), { optimizer: rules[name](learningRate), steps: STEPS });
      const diverges = !(run.loss < 1e20) || run.status === "diverged";
      expect(diverges, `${learningRate}: ${run.loss}`).toBe(learningRate > 0.999 * edge);
      // What does not diverge goes down; Adam's steps have the length of its rate, and cannot come closer than that.
      if (!diverges && name !== "Adam") expect(run.loss).toBeLessThan(initial);
    }
  });
});

const [TRAINING, TEST] = [896, 1000];

/** Data of N(0, 0.6²), seven whole batches to learn from. */
const records = (count: number, seed: number) => {
  const out = new Float64Array(100 * count);
  new RandomStream(seed, "DeepOBS data").fillNormal(out, 0, deepQuadratic.noise);
  return { inputs: { shape: [count, 100], data: out }, targets: new Float64Array(count) };
};
const dataOf = (seed: number) => arrayDataset({ ...records(TRAINING, 2 * seed), test: records(TEST, 2 * seed + 1) });

/** θ as a layer that gives x − θ, and ½ (x − θ)ᵀ Q (x − θ) as its loss. */
const shifted = sequential(
  defineLayer({ name: "point", parameters: { theta: { shape: [100], init: constant(1) } }, apply: (x, { theta }) => x.sub(theta) }),
);
const loss: Loss = {
  name: "deepQuadratic",
  classification: false,
  perRecord: (x) => vmap(deepQuadratic.f)(x),
};

const trained = (optimizer: Optimizer, epochs: number, seed: number) =>
  fit(shifted, dataOf(seed), { loss, optimizer, epochs, batchSize: 128, seed, dtype: "f64", threads: 1 });

describe("DeepOBS' quadratic on noisy batches", () => {
  it("has the initial loss of the mean over the data", async () => {
    const run = await trained(gd({ learningRate: 0 }), 1 / 7, 1);
    // ½xᵀQx has the variance ½σ⁴ΣΛ²: over 1,000 records the standard error of the floor is 1.2.
    const initial = deepQuadratic.f(tensor(deepQuadratic.start)).item() + deepQuadratic.floor;
    expect(Math.abs((run.test?.loss ?? 0) - initial)).toBeLessThan(3 * 2);
  });

  it.each([
    ["SGD", 10 ** -1.6, 10 ** -1.4],
    ["momentum", 10 ** -1.2, 10 ** -1],
  ])("%s holds at the last good rate of the grid and diverges at the next", async (name, good, bad) => {
    const losses = [];
    for (const rate of [good, bad]) losses.push((await trained(rules[name](rate), 100, 1)).test?.loss ?? Number.NaN);
    expect(losses[0]).toBeLessThan(1e4);
    expect(losses[1]).not.toBeLessThan(1e20);
  });

  it("Adam holds at every rate", async () => {
    for (const rate of full([10 ** -1.4, 1, 100], [100])) expect((await trained(rules.Adam(rate), 100, 1)).test?.loss).toBeLessThan(1e8);
  });

  /** Test losses after so many epochs, published as means over ten seeds (which share one draw of the data), at the tuned rates. */
  const published = [
    ["SGD", 10 ** -1.8, { 1: 105.33, 2: 102.92, 5: 97.7, 10: 92.98, 20: 89.47, 100: 87.4 }],
    ["momentum", 10 ** -2.6, { 1: 271.16, 2: 137.88, 5: 217.38, 10: 134.26, 20: 111.35, 100: 87.05 }],
    ["Adam", 10 ** -1.4, { 1: 141.82, 2: 110.83, 5: 101.35, 10: 94.73, 20: 89.9, 100: 87.11 }],
  ] as const;

  it.each(published)("%s at its tuned rate comes down as published", async (name, rate, losses) => {
    const seeds = Array.from({ length: full(10, 3) }, (_, i) => i + 1);
    const last = await Promise.all(seeds.map(async (seed) => (await trained(rules[name](rate), 100, seed)).test?.loss ?? Number.NaN));
    for (const epochs of full([1, 2, 5, 10, 20] as const, [1] as const)) {
      // Less the loss at the end: the height of the floor hangs on the draw of the test data, the way down to it hardly does.
      const above = [];
      for (const [i, seed] of seeds.entries())
        above.push(((await trained(rules[name](rate), epochs, seed)).test?.loss ?? Number.NaN) - last[i]);
      const { mean, deviation } = band(above);
      const expected = losses[epochs] - losses[100];
      // One draw of data there, one for each seed here.
      expect(Math.abs(mean - expected), `${mean} ± ${deviation}, published ${expected}`).toBeLessThan(
        4 * deviation * Math.sqrt(1 + 1 / seeds.length),
      );
      expect(deviation).toBeLessThan(0.25 * expected);
    }
    // The floor itself: standard error 1.2 for each draw, and what the noise of the batches adds.
    expect(Math.abs(band(last).mean - losses[100])).toBeLessThan(3 * 1.2 * Math.sqrt(1 + 1 / seeds.length));
  });
});
