import { describe, expect, it } from "vitest";
import { arrayDataset } from "../../src/data/index.js";
import { adam, cosine, dense, fit, gd, momentum, raceTraining, relu, sequential } from "../../src/index.js";

/** Two moons that a small network can tell apart: 96 records, and as many to test. */
const inputs = Array.from({ length: 192 }, (_, i) => {
  const turn = (i % 48) / 48;
  const upper = i % 2 === 0;
  return [upper ? 2 * turn - 1 : 2 * turn - 0.2, upper ? 4 * turn * (1 - turn) : 0.5 - 4 * turn * (1 - turn)];
});
const targets = inputs.map((_, i) => i % 2);
const data = arrayDataset({
  inputs: inputs.slice(0, 96),
  targets: targets.slice(0, 96),
  classes: 2,
  test: { inputs: inputs.slice(96), targets: targets.slice(96) },
});
const model = () => sequential(dense(8), relu(), dense(2));
const common = { epochs: 4, batchSize: 16, validation: 0.25, threads: 1, rates: [1e-3, 1] as const };

describe("a race on a network", () => {
  it("runs each method at the best rate of the first seed, with every seed", async () => {
    const seen: string[] = [];
    const result = await raceTraining(model(), data, [gd(), adam()], {
      ...common,
      seeds: [3, 5],
      onProgress: ({ name, done, runs }) => seen.push(`${name} ${done} of ${runs}`),
    });
    expect([seen.length, seen[0], seen.at(-1)]).toEqual([18, "gd 0 of 18", "adam 17 of 18"]);
    expect(result.steps).toBe(4 * Math.ceil(72 / 16));
    for (const { trials, learningRate, runs, optimizer, validationLoss, testAccuracy } of result.table) {
      expect(trials.map(({ rate }) => rate)).toEqual([1e-3, 3.15e-3, 1e-2, 3.15e-2, 0.1, 0.315, 1]);
      const losses = trials.map(({ validation }) => validation?.loss ?? Number.NaN);
      expect(learningRate).toBe(trials[losses.indexOf(Math.min(...losses))].rate);
      expect(runs.map(({ seed }) => seed)).toEqual([3, 5]);
      const { seeds: _, rates: __, ...settings } = { ...common, seeds: 0 };
      const [one, two] = await Promise.all([3, 5].map((seed) => fit(model(), data, { ...settings, optimizer, seed })));
      expect(runs[0]).toMatchObject({ trainLoss: one.trainLoss, test: { loss: one.test?.loss } });
      const [a, b] = [one.validation?.loss ?? 0, two.validation?.loss ?? 0];
      expect(validationLoss?.mean).toBeCloseTo((a + b) / 2, 12);
      // Of two numbers the deviation is |a − b| / √2.
      expect(validationLoss?.sd).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 12);
      expect(testAccuracy?.mean).toBeCloseTo(((one.test?.accuracy ?? 0) + (two.test?.accuracy ?? 0)) / 2, 12);
    }
    const means = result.table.map(({ validationLoss }) => validationLoss?.mean ?? Number.NaN);
    expect(means).toEqual([...means].sort((a, b) => a - b));
  });

  it("gives the same numbers again", async () => {
    const once = async () => JSON.stringify(await raceTraining(model(), data, [gd(), momentum()], { ...common, seeds: 1, epochs: 1 }));
    expect(await once()).toBe(await once());
  });

  it("refines, multiplies schedules, and can leave rates alone", async () => {
    const entrants = { cosine: momentum({ learningRate: cosine(1) }), fixed: gd({ learningRate: 0.2 }) };
    const { table } = await raceTraining(model(), data, entrants, { ...common, seeds: 1, epochs: 1, tune: ["cosine"], refinements: 1 });
    const row = (name: string) => table.find((one) => one.name === name);
    expect(row("fixed")).toMatchObject({ learningRate: 0.2, isTuned: false, trials: [] });
    expect(row("cosine")?.trials).toHaveLength(15);
    expect(row("cosine")?.scheduleScale).toBeGreaterThan(0);
    expect(row("cosine")?.validationLoss?.sd).toBe(0);
  });

  it("goes by the training loss where nothing is kept apart", async () => {
    const result = await raceTraining(model(), data, [gd()], { ...common, validation: 0, seeds: 1, epochs: 1 });
    expect(result.table[0].validationLoss).toBeUndefined();
    expect(result.ranking).toMatch(/training loss/);
    const [{ trials, learningRate }] = result.table;
    const losses = trials.map(({ trainLoss }) => trainLoss);
    expect(learningRate).toBe(trials[losses.indexOf(Math.min(...losses))].rate);
  });

  it("ends with its signal, and refuses what it cannot use", async () => {
    const abort = new AbortController();
    const racing = raceTraining(model(), data, [gd()], {
      ...common,
      signal: abort.signal,
      onProgress: ({ done }) => done === 2 && abort.abort(),
    });
    await expect(racing).rejects.toThrow(/ended by its signal/);
    await expect(raceTraining(model(), data, [gd()], { seeds: 0 })).rejects.toThrow(/seeds/);
    await expect(raceTraining(model(), data, [])).rejects.toThrow(/no optimizers/);
    await expect(raceTraining(model(), data, [gd()], { epoch: 1 } as never)).rejects.toThrow(/did you mean epochs/);
  });
});
