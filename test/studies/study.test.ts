import { describe, expect, it } from "vitest";
import { measure, type Planned } from "../../studies/rows.js";
import { band, type Study, type StudyResult, threeDeviations } from "../../studies/study.js";
import { asJson, asMarkdown } from "../../studies/table.js";

describe("a band over seeds", () => {
  it("is mean, deviation of a sample, and range", () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares 32, over n − 1 = 7.
    expect(band([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: Math.sqrt(32 / 7), least: 2, most: 9 });
    expect(band([3])).toEqual({ mean: 3, deviation: 0, least: 3, most: 3 });
    expect(() => band([])).toThrow(/at least one/);
  });
});

describe("the results of a study", () => {
  const study: Study = { name: "s", title: "A study", needs: "nothing", seeds: 2, run: async () => result };
  const result: StudyResult = {
    quantity: "accuracy",
    percent: true,
    rows: [
      { name: "one way", values: [0.5, 0.6], published: "55 %", effort: "3 steps", seconds: 12.3, bounds: [0.5, 0.6] },
      { name: "another", values: [0.5, 0.6], published: "60 %", effort: "3 steps", seconds: 12.3, bounds: threeDeviations(0.6, 0.02) },
      { name: "a third", values: [0.5, 0.6], published: "–", effort: "3 steps", seconds: 12.3 },
    ],
    protocol: ["As it was done."],
  };

  it("as a table", () => {
    const table = asMarkdown(study, result);
    expect(table).toContain("## A study");
    expect(table).toMatch(/accuracy, mean of 2 seeds/);
    expect(table).toMatch(
      /\| one way +\| +55\.00 % \| 7\.07 \| 50\.00 – 60\.00 \| +55 % \| +inside 50\.00 – 60\.00 \| 3 steps \| +12 s \|/,
    );
    expect(table).toMatch(/\| another .*\| +60 % \| outside 54\.00 – 66\.00 \|/);
    expect(table).toMatch(/\| a third .*\| +– \| +– \|/);
    expect(table).toContain("- As it was done.");
  });

  it("as one object", () => {
    const { rows, ...rest } = JSON.parse(asJson(study, result));
    expect(rest).toEqual({ study: "s", title: "A study", quantity: "accuracy", protocol: ["As it was done."] });
    const spread = { mean: 0.55, deviation: expect.closeTo(0.0707106781, 9), least: 0.5, most: 0.6 };
    expect(rows).toEqual(result.rows.map((row, i) => ({ ...row, ...spread, inside: [true, false, null][i] })));
  });
});

describe("the rows of a study", () => {
  const planned = ["a, 1 epoch", "a, 2 epochs", "b, 1 epoch"].map(
    (name): Planned => ({
      name,
      published: "1",
      effort: "none",
      bounds: [0, 1],
      work: 1,
      async run(seed, tell) {
        tell(0.5, "halfway");
        return seed;
      },
    }),
  );
  const reports: string[] = [];
  const options = { seeds: [1, 2], quick: false, report: (text: string) => reports.push(text) };

  it("are measured with each seed, and say how far they are and how long the rest takes", async () => {
    const rows = await measure(planned, options);
    expect(rows.map(({ name, values, bounds }) => [name, values, bounds])).toEqual(planned.map(({ name }) => [name, [1, 2], [0, 1]]));
    expect(reports).toHaveLength(6);
    expect(reports[3]).toMatch(/^a, 2 epochs, seed 2: halfway; \d+ s left$/);
  });

  it("can be chosen by their names, and are not judged in the short form", async () => {
    const rows = await measure(planned, { ...options, only: "1 EPOCH", quick: true });
    expect(rows.map(({ name, bounds }) => [name, bounds])).toEqual([
      ["a, 1 epoch", undefined],
      ["b, 1 epoch", undefined],
    ]);
    await expect(measure(planned, { ...options, only: "z" })).rejects.toThrow(/no row has this[\s\S]*a, 1 epoch; a, 2 epochs/);
  });
});
