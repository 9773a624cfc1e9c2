import { describe, expect, it } from "vitest";
import {
  adam,
  conjugateGradient,
  gd,
  lbfgs,
  minimize,
  minimizeMany,
  nesterov,
  newtonCg,
  type Optimizer,
  objective,
  steepestDescent,
} from "../../src/index.js";

const f = "(1-x)^2 + 100(y-x^2)^2";
const start = [-1.2, 1];
const rules: readonly [string, Optimizer][] = [
  ["gd", gd({ learningRate: 1e-3 })],
  ["nesterov, two evaluations a step", nesterov({ learningRate: 1e-4, form: "look-ahead" })],
  ["adam", adam({ learningRate: 0.1 })],
  ["lbfgs", lbfgs()],
  ["conjugateGradient", conjugateGradient()],
  ["newtonCg", newtonCg()],
  ["steepestDescent", steepestDescent()],
];

describe("a budget of evaluations", () => {
  it.each(rules)("of %s ends a descent at the last step that it pays for", (_, optimizer) => {
    const free = minimize(f, start, { optimizer, steps: 40, tolerance: 0 });
    const counts = free.history.evaluations ?? new Float64Array(0);
    expect(counts[0]).toBe(1);
    for (let evaluations = 1; evaluations < Math.min(30, counts[counts.length - 1]); evaluations++) {
      const run = minimize(f, start, { optimizer, evaluations, tolerance: 0 });
      // As many steps as the free run had done when it had used so many.
      const steps = counts.findLastIndex((count) => count <= evaluations);
      expect([run.steps, run.evaluations.gradient, run.status]).toEqual([steps, counts[steps], "step-limit"]);
      expect(run.loss).toBe(free.history.loss[steps]);
      expect([...run.history.loss]).toEqual([...free.history.loss.subarray(0, steps)]);
    }
  });

  it("is the number of calls of an objective in JavaScript", () => {
    let calls = 0;
    const mine = objective({
      value: (x) => {
        calls++;
        return x[0] ** 2;
      },
      gradient: (x) => [2 * x[0]],
    });
    const run = minimize(mine, [1], { optimizer: gd({ learningRate: 0.1 }), evaluations: 12 });
    expect([calls, run.evaluations.gradient, run.steps]).toEqual([12, 12, 11]);
    expect([...(run.history.evaluations ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("is also the length of schedules and takes the place of the limit on steps", () => {
    expect(minimize("x^4", 1, { optimizer: gd({ learningRate: 1e-6 }), evaluations: 20_001, tolerance: 0 }).steps).toBe(20_000);
    expect(minimize("x^4", 1, { optimizer: gd({ learningRate: 1e-6 }), evaluations: 20_001, steps: 3 }).steps).toBe(3);
  });

  it.each([0, 1.5, Number.NaN, -3])("of %d is refused", (evaluations) => {
    expect(() => minimize("x^2", 1, { evaluations })).toThrow(/evaluations[\s\S]*from 1/);
  });
});

describe("the losses of many descents", () => {
  it.each(rules)("with %s are those of each alone", (_, optimizer) => {
    const starts = [start, [0.5, 2], [1, 1]];
    const many = minimizeMany(f, starts, { optimizer, steps: 25, history: true });
    starts.forEach((one, i) => {
      const run = minimize(f, one, { optimizer, steps: 25 });
      expect([...many.history(i).loss]).toEqual([...run.history.loss]);
      expect([...many.history(i).evaluations]).toEqual([...(run.history.evaluations ?? [])]);
    });
  });

  it("end where loss or gradient is no number any more", () => {
    const optimizer = gd();
    const many = minimizeMany("x^4", [1, 3], { optimizer, learningRates: [0.1, 10], steps: 20, history: true });
    const run = minimize("x^4", 3, { optimizer: gd({ learningRate: 10 }), steps: 20 });
    expect(many.statuses).toEqual(["step-limit", "diverged"]);
    expect([...many.history(1).loss]).toEqual([...run.history.loss]);
  });

  it("are kept only where they are asked for; searches cannot be given a budget together", () => {
    expect(() => minimizeMany("x^2", [1, 2]).history(0)).toThrow(/history: true/);
    expect(() => minimizeMany("x^2", [1, 2], { history: true }).history(2)).toThrow(/below 2/);
    expect(() => minimizeMany("x^2", [1, 2], { optimizer: lbfgs(), evaluations: 9 })).toThrow(/counts no evaluations of lbfgs/);
    expect([...minimizeMany("x^4", [1, 2], { optimizer: gd({ learningRate: 1e-3 }), evaluations: 9 }).steps]).toEqual([8, 8]);
  });
});
