import { describe, expect, it } from "vitest";
import { band, type Study, type StudyResult } from "../../studies/study.js";
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
    rows: [{ name: "one way", values: [0.5, 0.6], published: "55 %", effort: "3 steps", seconds: 12.3 }],
    protocol: ["As it was done."],
  };

  it("as a table", () => {
    const table = asMarkdown(study, result);
    expect(table).toContain("## A study");
    expect(table).toMatch(/accuracy, mean of 2 seeds/);
    expect(table).toMatch(/\| one way +\| +55\.00 % \| 7\.07 \| 50\.00 – 60\.00 \| +55 % \| +3 steps \| +12 s \|/);
    expect(table).toContain("- As it was done.");
  });

  it("as one object", () => {
    const { rows, ...rest } = JSON.parse(asJson(study, result));
    expect(rest).toEqual({ study: "s", title: "A study", quantity: "accuracy", protocol: ["As it was done."] });
    expect(rows).toEqual([{ ...result.rows[0], mean: 0.55, deviation: expect.closeTo(0.0707106781, 9), least: 0.5, most: 0.6 }]);
  });
});
