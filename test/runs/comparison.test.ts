import { compareRuns } from "steepest/node";
import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "../../src/descent/history.js";
import { smooth } from "../../src/figures/thinning.js";
import { smoothCurve } from "../../src/runs/history-curves.js";
import { renderReport } from "../../src/runs/report.js";
import type { PlainData, RunData } from "../../src/runs/run-data.js";
import { exampleRun } from "./example-run.js";

/** Losses that fall, with noise of a whole period. */
const lossAt = (step: number): number => 1 / (1 + step / 50) + (((step * 37) % 11) - 5) / 100;

/** A history of steps 1 … `steps` with a record for each `every` of them: their mean. */
function historyOf(steps: number, every = 1, perEpoch = 100): HistoryRecord[] {
  return Array.from({ length: steps / every }, (_, i): HistoryRecord => {
    const step = (i + 1) * every;
    let sum = 0;
    for (let s = step - every + 1; s <= step; s++) sum += lossAt(s);
    return { step, epoch: step / perEpoch, seconds: step / 10, loss: sum / every, learningRate: 0.1, gradientNorm: 1 };
  });
}

const values = (points: readonly (readonly [number, number])[]) => points.map(([, y]) => y);

describe("smoothed curves of a history", () => {
  it("are running means over steps", () => {
    const history = historyOf(400);
    for (const width of [1, 3, 21, 101]) {
      const expected = values(
        smooth(
          history.map(({ step, loss }) => [step, loss]),
          width,
        ),
      );
      // Sums of 400 numbers below 2 in another order.
      values(smoothCurve(history, "loss", "step", width)).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
    }
  });

  it("do not depend on the length of the run", () => {
    const [short, long] = [historyOf(1000), historyOf(9000)].map((history) => values(smoothCurve(history, "loss", "step", 51)));
    // Up to where the shorter run has no more steps ahead.
    for (let i = 0; i < 1000 - 26; i++) expect(long[i]).toBeCloseTo(short[i], 12);
  });

  it("do not depend on how many steps a record stands for", () => {
    const fine = smoothCurve(historyOf(900), "loss", "step", 45);
    const coarse = smoothCurve(historyOf(900, 9), "loss", "step", 45);
    // The middle of record j is step 9j + 5, counted from 0 and 1.
    for (let j = 3; j < 90; j++) expect(coarse[j][1]).toBeCloseTo(fine[9 * j + 4][1], 12);
    expect(coarse.map(([x]) => x)).toEqual(historyOf(900, 9).map(({ step }) => step));
  });

  it("leave records alone that stand for more steps than are averaged, and values that are no numbers", () => {
    const history = historyOf(900, 90);
    values(smoothCurve(history, "loss", "epoch", 20)).forEach((value, i) => expect(value).toBeCloseTo(history[i].loss, 12));
    const gaps = historyOf(9).map((record, i) => (i === 4 ? { ...record, loss: Number.NaN } : record));
    const means = values(smoothCurve(gaps, "loss", "seconds", 3));
    expect(means[4]).toBeCloseTo((lossAt(4) + lossAt(6)) / 2, 12);
    expect(means.every(Number.isFinite)).toBe(true);
  });
});

const run = (changes: Readonly<Record<string, PlainData>>, more: Partial<RunData> = {}): RunData => ({
  ...exampleRun,
  ...more,
  configuration: { ...exampleRun.configuration, ...changes },
});

const better = { ...exampleRun.results, test: { loss: 0.3, accuracy: 0.9 }, validationLoss: 0.35 };

describe("a comparison of runs", () => {
  const comparison = compareRuns({
    first: run({}),
    second: run({ optimizer: { name: "momentum", learningRate: 0.1, momentum: 0.9 }, batchSize: 16 }, { results: better }),
  });

  it("finds the settings that differ, those of the optimizer one by one", () => {
    expect(comparison.different).toEqual([
      { setting: "batch size", values: ["8", "16"] },
      { setting: "optimizer", values: ["adam", "momentum"] },
      { setting: "learning rate", values: ["0.001", "0.1"] },
      { setting: "beta1", values: ["0.9", undefined] },
      { setting: "schedule", values: ["cosine", undefined] },
      { setting: "momentum", values: [undefined, "0.9"] },
    ]);
    // data, model, loss, epochs, seed, validation, patience; shape of the inputs, classes.
    expect(comparison.alike).toBe(9);
  });

  it("tells models of one name apart by their layers", () => {
    const model = (units: number) => ({ name: "mlp", layers: [{ type: "dense", units }] });
    const of = (...models: RunData["configuration"]["model"][]) =>
      compareRuns(Object.fromEntries(models.map((m, i) => [`run ${i}`, run({ model: m })]))).different.map(({ values: v }) => v);
    expect(of(model(8), model(16))).toEqual([["mlp (layers dense, units 8)", "mlp (layers dense, units 16)"]]);
    expect(of(model(8), { name: "linear" }, model(8))).toEqual([["mlp", "linear", "mlp"]]);
  });

  it("shows numbers, the best in bold, and curves over epochs, steps and time, without a script", () => {
    const page = comparison.toHtml(new Date(Date.UTC(2026, 2, 5, 14, 7)));
    expect(page).not.toMatch(/<script|@import|url\(|\son\w+=|NaN|undefined/i);
    expect([...page.matchAll(/<td class="n best">([^<]*)</g)].map(([, text]) => text)).toEqual(["90.00 %", "0.3", "0.35"]);
    expect(page.match(/aria-label="Training loss\. /g)).toHaveLength(3);
    expect(page).toContain("They differ in 6 of 15 settings.");
    expect(page).toContain("5 March 2026, 14:07 UTC");
    expect(comparison.figures("seconds").map(({ description }) => description.title)).toEqual([
      "Training loss",
      "Validation loss",
      "Training accuracy",
      "Validation accuracy",
      "Learning rate",
      "Gradient",
    ]);
  });

  it("calls none the best where data or losses are not the same, and says so", () => {
    const others = (changes: Readonly<Record<string, PlainData>>) =>
      compareRuns({ a: run({}), b: run(changes, { results: better }) }).toHtml();
    const bold = (page: string) => [...page.matchAll(/<td class="n best">([^<]*)</g)].map(([, text]) => text);
    expect(bold(others({ loss: "hinge" }))).toEqual(["90.00 %"]);
    expect(others({ loss: "hinge" })).toContain("accuracies alone");
    expect(bold(others({ data: "other" }))).toEqual([]);
    expect(others({ data: "other" })).toContain("cannot be held against each other");
    // Another seed keeps other records apart for validation; the test records are the same.
    expect(bold(others({ seed: 2 }))).toEqual(["90.00 %", "0.3"]);
    expect(others({ seed: 2 })).toContain("their validation numbers cannot be held against each other");
    // Of equals none is the best; one that diverged never is.
    expect(bold(compareRuns({ a: run({}), b: run({ seed: 2 }) }).toHtml())).toEqual([]);
    expect(bold(compareRuns({ a: run({}), b: run({}, { results: { ...better, status: "diverged" } }) }).toHtml())).toEqual([]);
  });

  it("smooths all runs alike, and gives each its colour whoever is beside it", () => {
    const [short, long] = [run({}, { history: historyOf(400) }), run({}, { history: historyOf(4000, 10) })];
    const both = compareRuns({ short, long });
    expect([both.smoothing, compareRuns({ short, long }, { smoothing: 7 }).smoothing]).toEqual([100, 7]);
    const alone = compareRuns({ short, again: short }, { smoothing: 100 });
    const line = (of: typeof both) =>
      of.figures("step")[0].description.marks.find((mark) => mark.kind === "line" && mark.label === "short");
    expect(line(both)).toEqual(line(alone));
    const ofA = ["b", "c"].map((other) => compareRuns({ a: short, [other]: long }).colours[0]);
    expect(ofA[0]).toBe(ofA[1]);
    const many = compareRuns(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`run ${i}`, short])));
    expect(new Set(many.colours).size).toBe(8);
  });

  it("escapes every name it is given", () => {
    const evil = '<img src=x onerror=alert(1)>"&';
    const odd = run({ data: evil, [evil]: evil, loss: evil }, { title: evil, command: evil });
    const page = compareRuns({ [evil]: odd, b: run({}) }).toHtml();
    expect(page).not.toContain("<img src=x");
  });

  it("needs two runs, and steps to smooth over", () => {
    expect(() => compareRuns({ a: run({}) })).toThrow(/nothing to compare/);
    expect(() => compareRuns({ a: run({}), b: run({}) }, { smoothing: 0 })).toThrow(/smoothing/);
  });
});

describe("a run of ten thousand records", () => {
  const long = run(
    {},
    {
      history: historyOf(10_000).map((record, i) => ({
        ...record,
        trainAccuracy: 0.5,
        ...(i % 100 === 99 ? { validationLoss: 1, validationAccuracy: 0.5 } : {}),
      })),
    },
  );

  it("has a report of at most 500 kB, and so have four of them beside each other", () => {
    expect(renderReport(long).length).toBeLessThan(500_000);
    expect(compareRuns({ a: long, b: long, c: long, d: long }).toHtml().length).toBeLessThan(500_000);
  });
});
