import { describe, expect, it } from "vitest";
import { optimizerColours, raceChart, raceFigure, raceTable, rateChart } from "../../src/figures/index.js";
import { adam, gd, lbfgs, momentum, optimizers, problems, race } from "../../src/index.js";

describe("colours of optimizers", () => {
  it("are the same in every company, and differ within it", () => {
    expect(optimizerColours(["gd"])).toEqual(optimizerColours(["gd", "adam"]).slice(0, 1));
    expect(optimizerColours(["clip(momentum)"])).toEqual(optimizerColours(["momentum"]));
    const [first, second] = optimizerColours(["adam", "adamw"]);
    expect(second).not.toBe(first);
    const all = [...optimizers.keys()].slice(0, 8);
    expect(new Set(optimizerColours(all)).size).toBe(8);
    expect(new Set(optimizerColours(["one", "two", "three"])).size).toBe(3);
    // Who has a colour of its own keeps it, whoever is named before.
    expect(optimizerColours(["mine", "gd"])[1]).toBe(optimizerColours(["gd"])[0]);
    expect(optimizerColours([...optimizers.keys()])).toHaveLength(optimizers.size);
  });
});

describe("figures of a race", () => {
  const result = race(problems.rosenbrock, [gd(), momentum(), adam(), lbfgs()], { evaluations: 300 });

  it("draw the lowest loss so far: lines never rise, and all reach the end of the budget", () => {
    const { marks, x, y } = raceChart(result).description;
    const lines = marks.filter((mark) => mark.kind === "line");
    expect(lines.map(({ label }) => label)).toEqual(result.table.map(({ name }) => name));
    for (const { points } of lines) {
      expect(points[0]).toEqual([1, 24.199999999999996]);
      expect(points.at(-1)?.[0]).toBe(300);
      for (let i = 1; i < points.length; i++) expect(points[i][1]).toBeLessThanOrEqual(points[i - 1][1]);
    }
    expect([x.kind, y.kind]).toEqual(["log", "log"]);
    const [rule] = marks.filter((mark) => mark.kind === "rule");
    expect(rule).toMatchObject({ axis: "y", at: result.target, label: "target" });
  });

  it("draw the loss at the end over the rate, with a dot at the one chosen", () => {
    const lines = rateChart(result).description.marks.filter((mark) => mark.kind === "line");
    const tuned = result.table.filter(({ isTuned }) => isTuned);
    expect(lines.map(({ label }) => label)).toEqual(tuned.flatMap(({ name }) => [name, undefined]));
    tuned.forEach(({ trials, learningRate }, i) => {
      expect(lines[2 * i].points.map(([rate]) => rate)).toEqual(
        trials.filter(({ status, final }) => status !== "diverged" && final <= result.start).map(({ rate }) => rate),
      );
      expect(lines[2 * i + 1].points.map(([rate]) => rate)).toEqual([learningRate]);
    });
  });

  it("stand side by side; where nobody was tuned, the descents alone", () => {
    expect(raceFigure(result).figures).toHaveLength(2);
    expect(raceFigure(race("x^2", 1, [gd()], { tune: false, evaluations: 9 })).figures).toHaveLength(1);
    expect(raceFigure(result).toSvg()).toContain("Race: rosenbrock");
  });

  it("are drawn where the minimum is not known, or not 0", () => {
    expect(raceChart(race("x^2 + 3", 2, [gd(), adam()], { evaluations: 50 })).description.y.label).toBe("f");
    expect(raceChart(race("x^2 - 3", 2, [gd(), adam()], { evaluations: 50 })).description.y.label).toBe("f − lowest f");
    expect(raceChart(race("x^2 - 3", 2, [gd()], { evaluations: 50, minimum: -3 })).description.y.label).toBe("f − (−3)");
  });

  it("come with a table whose columns stand under one another", () => {
    const lines = raceTable(result).split("\n");
    expect(lines).toHaveLength(5);
    const end = lines[0].indexOf("end");
    for (const line of lines.slice(1)) expect(line.slice(end - 2)).toMatch(/^ {2}\w/);
    const at = lines[0].indexOf("evaluations") + "evaluations".length;
    result.table.forEach(({ evaluationsToTarget }, i) => {
      expect(lines[i + 1].slice(0, at).endsWith(evaluationsToTarget === undefined ? "–" : String(evaluationsToTarget))).toBe(true);
    });
  });
});
