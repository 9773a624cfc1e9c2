import { adam, fitCurve, lbfgs } from "steepest";
import { fitChart } from "steepest/figures";
import { describe, expect, it } from "vitest";
import { numbers } from "../autodiff/differences.js";
import { messageOf } from "../errors.js";

const x = [0, 1, 2, 3, 4, 5];
const y = [1.1, 2.9, 5.2, 6.8, 9.1, 10.7];

/** The closed form of a line: slope, intercept, their standard errors, s. */
function line(xs: readonly number[], ys: readonly number[], weights: readonly number[] = xs.map(() => 1)) {
  const sum = (f: (i: number) => number) => xs.reduce((total, _, i) => total + weights[i] * f(i), 0);
  const [w, mx, my] = [sum(() => 1), sum((i) => xs[i]) / sum(() => 1), sum((i) => ys[i]) / sum(() => 1)];
  const sxx = sum((i) => (xs[i] - mx) ** 2);
  const slope = sum((i) => (xs[i] - mx) * (ys[i] - my)) / sxx;
  const intercept = my - slope * mx;
  const rss = sum((i) => (ys[i] - intercept - slope * xs[i]) ** 2);
  const s = Math.sqrt(rss / (weights.filter((v) => v > 0).length - 2));
  return { slope, intercept, rss, s, slopeError: s / Math.sqrt(sxx), interceptError: s * Math.sqrt(1 / w + (mx * mx) / sxx), mx, sxx, w };
}

describe("fitCurve", () => {
  it("agrees with the closed form of a line", () => {
    const fit = fitCurve("y = a*x + b", { x, y }, { start: { a: 0, b: 0 } });
    const exact = line(x, y);
    expect(fit.status).toBe("converged");
    expect(fit.parameters.a).toBeCloseTo(exact.slope, 12);
    expect(fit.parameters.b).toBeCloseTo(exact.intercept, 12);
    expect(fit.standardErrors.a).toBeCloseTo(exact.slopeError, 12);
    expect(fit.standardErrors.b).toBeCloseTo(exact.interceptError, 12);
    expect(fit.residualSumOfSquares).toBeCloseTo(exact.rss, 12);
    expect(fit.residualStandardDeviation).toBeCloseTo(exact.s, 12);
    expect(fit.degreesOfFreedom).toBe(4);
    // t for 4 degrees of freedom and 95 %: 2.7764451.
    expect(fit.confidenceIntervals.a[1] - fit.parameters.a).toBeCloseTo(2.7764451 * exact.slopeError, 7);
    expect(fit.confidenceIntervals.a[0] + fit.confidenceIntervals.a[1]).toBeCloseTo(2 * exact.slope, 12);
    expect(fitCurve("y = a*x + b", { x, y }, { start: { a: 0, b: 0 }, confidence: 0.5 }).confidenceIntervals.a[1]).toBeLessThan(
      fit.confidenceIntervals.a[1],
    );
    // correlation −x̄ / √(x̄² + Sxx/n)
    expect(fit.correlation[0][1]).toBeCloseTo(-exact.mx / Math.sqrt(exact.mx ** 2 + exact.sxx / exact.w), 12);
    expect(fit.correlation[1]).toEqual([fit.correlation[0][1], 1]);
    fit.residuals.forEach((r, i) => {
      expect(r).toBeCloseTo(y[i] - exact.intercept - exact.slope * x[i], 12);
      expect(fit.fitted[i] + r).toBe(y[i]);
    });
    expect([...fit.predict({ x: [10, -1] })].map((v) => v - exact.intercept)).toEqual([
      expect.closeTo(10 * exact.slope, 12),
      expect.closeTo(-exact.slope, 12),
    ]);
  });

  it("weighs, by a list or by a column; what weighs nothing does not count", () => {
    const weights = [1, 4, 0, 2, 0.5, 3];
    const exact = line(x, y, weights);
    const byList = fitCurve("y = a*x + b", { x, y }, { start: { a: 1, b: 1 }, weights });
    const byColumn = fitCurve("y = a*x + b", { x, y, w: weights }, { start: { a: 1, b: 1 }, weights: "w" });
    for (const fit of [byList, byColumn]) {
      expect(fit.parameters.a).toBeCloseTo(exact.slope, 12);
      expect(fit.standardErrors.b).toBeCloseTo(exact.interceptError, 12);
      expect(fit.degreesOfFreedom).toBe(3);
      expect(fit.residuals.every(Number.isFinite)).toBe(true);
    }
  });

  it("takes any names, several predictors, constants, and functions of data on the left", () => {
    const next = numbers(8);
    const time = Array.from({ length: 40 }, () => next());
    const temperature = Array.from({ length: 40 }, () => 1 + next());
    const measured = time.map((t, i) => Math.exp(0.7 - 1.3 * t * Math.exp(0.4 * temperature[i])));
    const fit = fitCurve(
      "log(yield) = alpha_0 - E*time*exp(k*temperature*unit)",
      { time, temperature, yield: measured },
      { start: { alpha_0: 0, E: 1, k: 0.1 }, constants: { unit: 2 } },
    );
    expect(fit.status).toBe("converged");
    expect(fit.parameters.alpha_0).toBeCloseTo(0.7, 10);
    expect(fit.parameters.E).toBeCloseTo(1.3, 9);
    expect(fit.parameters.k).toBeCloseTo(0.2, 10);
    expect([fit.responseName, Object.keys(fit.predictors)]).toEqual(["log(yield)", ["time", "temperature"]]);
    expect(fitCurve("y = level", { x, y }, { start: { level: 0 } }).parameters.level).toBeCloseTo(35.8 / 6, 12);
  });

  const decay = { x, y: [5.02, 3.1, 1.88, 1.05, 0.74, 0.4] };

  it.each(["lm", "gauss-newton", "lbfgs", lbfgs({ memory: 5 }), adam({ learningRate: 0.01 })])(
    "finds the same by other methods (%#)",
    (method) => {
      const best = fitCurve("y = a*exp(-k*x)", decay, { start: { a: 1, k: 1 } });
      const fit = fitCurve("y = a*exp(-k*x)", decay, { start: { a: 1, k: 1 }, method, steps: 20_000 });
      expect(fit.status, fit.diagnosis).toBe("converged");
      expect(fit.parameters.a).toBeCloseTo(best.parameters.a, 5);
      expect(fit.standardErrors.k).toBeCloseTo(best.standardErrors.k, 6);
      expect(fit.evaluations.gradient).toBeGreaterThan(1);
    },
  );

  it("says what the data do not determine", () => {
    const both = fitCurve("y = a*b*x + c", { x, y }, { start: { a: 1, b: 2, c: 0 } });
    expect(both.undetermined).toEqual([["a", "b"]]);
    expect(both.parameters.a * both.parameters.b).toBeCloseTo(line(x, y).slope, 8);
    expect(both.standardErrors.a).toBeNaN();
    expect(both.diagnosis).toMatch(/do not determine a and b apart/);
    expect(JSON.parse(JSON.stringify(both)).standardErrors).toEqual({ a: null, b: null, c: null });
    const idle = fitCurve("y = a*x + 0*b", { x, y }, { start: { a: 1, b: 2 } });
    expect(idle.diagnosis).toMatch(/say nothing about b/);
    const few = fitCurve("y = a*x + b", { x: [0, 1], y: [1, 3] }, { start: { a: 1, b: 0 } });
    expect([few.parameters.a, few.parameters.b]).toEqual([expect.closeTo(2, 12), expect.closeTo(1, 12)]);
    expect(few.standardErrors.a).toBeNaN();
    expect(few.diagnosis).toMatch(/no more data than parameters/);
    const hardly = fitCurve("y = a*x + b*(x + 1e-9*x^2)", { x, y }, { start: { a: 1, b: 1 } });
    expect(hardly.diagnosis).toMatch(/hardly identifiable/);
  });

  it("never calls a failure a success", () => {
    const stopped = fitCurve("y = a*exp(-k*x)", decay, { start: { a: 1, k: 1 }, steps: 1 });
    expect(stopped.status).toBe("step-limit");
    const byGradients = fitCurve("y = a*exp(-k*x)", decay, { start: { a: 1, k: 1 }, method: "gd", steps: 5 });
    expect(byGradients.status).toBe("step-limit");
    const nowhere = fitCurve("y = a*log(k*x + 1)", decay, { start: { a: 1, k: -5 } });
    expect([nowhere.status, nowhere.steps, nowhere.undetermined]).toEqual(["diverged", 0, []]);
    // exp(−1e6 x) is 0 at all data but the first: nothing leads back.
    const flat = fitCurve("y = a*exp(-k*(x + 1))", decay, { start: { a: 1, k: 1e6 } });
    expect(flat.status).not.toBe("converged");
  });

  it("is drawn", () => {
    const fit = fitCurve("y = a*exp(-k*x)", decay, { start: { a: 1, k: 1 } });
    const svg = fitChart(fit).toSvg();
    expect(svg.match(/<circle/g)).toHaveLength(6);
    expect(svg).toContain("y = a*exp(-k*x)");
    expect(fitChart(fit).toTerminal().split("\n").length).toBeGreaterThan(8);
    // A line of characters crosses the plot in every column; points alone do not.
    const two = fitCurve("y = a*x + b*z", { x, z: [1, 0, 2, 1, 3, 5], y }, { start: { a: 1, b: 1 } });
    expect(fitChart(two).description.x.label).toBe("fitted y");
  });

  it.each<[formula: string, message: RegExp]>([
    ["a*x + b", /left side[\s\S]*y = a\*x \+ b/],
    ["y = a*x + b +", /column 14/],
    ["y = a*x + b = 3", /=/],
    ["y + a = b*x", /a is a parameter, and stands on the left/],
    ["3 = a*x + b", /left side holds no data/],
    ["y = a*y + b*x", /y stands on both sides/],
    ["y = a*x", /the start names b[\s\S]*leave b out/],
    ["y = a*x + b + c", /c is not known/],
    ["y = a*x + b*exp(q", /q/],
    ["y = a*x + mean(b)", /one number, not data/],
  ])("refuses %j", (formula, message) => {
    expect(messageOf(() => fitCurve(formula, { x, y }, { start: { a: 1, b: 1 } }))).toMatch(message);
  });

  it("refuses data, starts and options that do not fit", () => {
    const start = { a: 1 };
    expect(messageOf(() => fitCurve("y = a*x", { x, y: [1] }, { start }))).toMatch(/different lengths[\s\S]*6 numbers in y/);
    expect(messageOf(() => fitCurve("y = a*x", { x: [], y: [] }, { start }))).toMatch(/empty/);
    expect(messageOf(() => fitCurve("y = a*x", {}, { start }))).toMatch(/no data/);
    expect(messageOf(() => fitCurve("y = a*x", { x: [1, Number.NaN], y: [1, 2] }, { start }))).toMatch(/NaN in row 2/);
    expect(messageOf(() => fitCurve("log(y) = a*x", { x: [1, 2], y: [1, -2] }, { start }))).toMatch(/log\(y\)[\s\S]*row 2/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, { start: { a: Number.POSITIVE_INFINITY } }))).toMatch(/a = Infinity/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, { start: { a: 1, x: 2 } }))).toMatch(/column of the data and in the start/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, { start: {} }))).toMatch(/nothing to fit/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, JSON.parse("{}")))).toMatch(/start is missing/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, { start, weights: [1, 1, 1, 1, 1, -1] }))).toMatch(/-1 in row 6/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, { start, weights: "v" }))).toMatch(/no column v/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, { start, method: "newton" }))).toMatch(/lm, gauss-newton, gd/);
    expect(messageOf(() => fitCurve("y = a*x", { x, y }, { start, confidence: 95 }))).toMatch(/between 0 and 1/);
    const fit = fitCurve("y = a*x", { x, y }, { start });
    expect(messageOf(() => fit.predict({ z: [1] }))).toMatch(/no column x to predict from/);
  });
});
