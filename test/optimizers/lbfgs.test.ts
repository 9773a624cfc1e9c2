import {
  dense,
  descend,
  fit,
  gd,
  lbfgs,
  type MinimizeOptions,
  maximize,
  minimize,
  objective,
  sequential,
  type Tensor,
  tanh,
  tensor,
  trace,
} from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";
import { concatenate } from "../../src/tensor/join.js";
import { zeros } from "../../src/tensor/tensor.js";
import { messageOf } from "../errors.js";
import { chained, conjugateGradients } from "./known-paths.js";

const rosenbrock = "(1-x)^2 + 100(y-x^2)^2";
const optimizer = lbfgs();

describe("L-BFGS", () => {
  it("with an exact line search walks the path of conjugate gradients on a quadratic", () => {
    const eigenvalues = [1, 2, 3.5, 5, 7, 8, 9.5, 11];
    const start = eigenvalues.map((_, i) => 1 + i / 3);
    const expected = conjugateGradients(eigenvalues, start, 8);
    for (const memory of [1, 3, 10]) {
      const exact = lbfgs({ memory, decrease: 1e-10, curvature: 1e-9 });
      const run = minimize((x) => tensor(eigenvalues).mul(x.square()).sum().mul(0.5), tensor(start), {
        optimizer: exact,
        steps: 8,
        path: true,
        tolerance: 0,
      });
      // Both lose conjugacy by rounding, and the search stops at a slope of 1e-9 of the first.
      for (let k = 0; k <= 6; k++) {
        const point = run.path.at(k)?.data() ?? [];
        for (const [i, x] of expected[k].entries()) expect(point[i], `memory ${memory}, step ${k}`).toBeCloseTo(x, 5);
      }
      expect(run.gradientNorm).toBeLessThan(1e-4);
    }
  });

  // Steps and evaluations of SciPy 1.17.1, L-BFGS-B with m = 10, gtol = 1e-8, ftol = 0: another line search, so a band.
  it.each([
    { start: [-1.2, 1], steps: 38, evaluations: 46 },
    { start: [0, 0], steps: 23, evaluations: 27 },
    { start: [1.3, 0.7, 0.8, 1.9, 1.2], steps: 28, evaluations: 30 },
    { start: new Array<number>(200).fill(0), steps: 991, evaluations: 1175, tolerance: 1e-5 },
  ])("descends Rosenbrock's valley of $start.length dimensions as fast as SciPy", ({ start, steps, evaluations, tolerance = 1e-8 }) => {
    const run = minimize(chained, tensor(start), { optimizer, tolerance });
    expect(run.status).toBe("converged");
    expect(run.gradientNorm).toBeLessThanOrEqual(tolerance);
    for (const x of run.theta) expect(x).toBeCloseTo(1, 5);
    expect(run.steps / steps).toBeGreaterThan(0.7);
    expect(run.steps / steps).toBeLessThan(1.3);
    expect(run.evaluations.gradient / evaluations).toBeGreaterThan(0.7);
    expect(run.evaluations.gradient / evaluations).toBeLessThan(1.3);
  });

  it("counts every evaluation of its searches", () => {
    // With at most one trial in each search, a step costs one evaluation; the first point costs one more.
    const once = minimize(rosenbrock, { x: 0.9, y: 0.8 }, { optimizer: lbfgs({ trials: 1 }), steps: 5 });
    expect(once.evaluations).toEqual({ value: once.steps + 1, gradient: once.steps + 1 });
    // x² from 4: the first step of length 1/‖g‖₁ · ‖g‖ = 1 passes the Wolfe conditions with c₂ = 0.9, the second ends at 0.
    const square = minimize("x^2", { x: 4 }, { optimizer, path: true });
    expect(square.path.at(1)?.x).toBeCloseTo(3, 12);
    expect(square.solution.x).toBeCloseTo(0, 12);
    expect([square.steps, square.evaluations.value]).toEqual([2, 3]);
  });

  it("gives the same bits again", () => {
    const [a, b] = [0, 1].map(() => minimize(rosenbrock, { x: -1.2, y: 1 }, { optimizer, path: true }));
    expect(a.history).toEqual(b.history);
    expect(a.theta).toEqual(b.theta);
  });

  it("computes the same in registers and in kernels", () => {
    // 300 zeros do not fit into registers, and change nothing.
    const run = minimize(chained, tensor([-1.2, 1]), { optimizer });
    const wide = minimize((x) => chained(x).add(x.broadcastTo([150, 2]).sum().mul(0)), tensor([-1.2, 1]), { optimizer });
    expect(wide.steps).toBe(run.steps);
    expect(wide.theta).toEqual(run.theta);
  });

  it("descends with backtracking alone", () => {
    const run = minimize(rosenbrock, { x: -1.2, y: 1 }, { optimizer: lbfgs({ lineSearch: "backtracking" }), tolerance: 1e-8 });
    expect(run.status).toBe("converged");
    expect(run.solution.x).toBeCloseTo(1, 8);
    expect(run.steps).toBeLessThan(60);
  });

  it("climbs", () => {
    const run = maximize("3 - (x-2)^2 - cosh(y)", { x: 7, y: 3 }, { optimizer });
    expect(run.status).toBe("converged");
    expect(run.loss).toBeCloseTo(2, 12);
    expect(run.solution.x).toBeCloseTo(2, 6);
  });

  it("fits in float32", () => {
    const run = minimize((x) => chained(x), tensor([-1.2, 1], { dtype: "f32" }), { optimizer, tolerance: 1e-3 });
    expect(run.status).toBe("converged");
    expect(run.theta).toBeInstanceOf(Float32Array);
    // The valley's least curvature is 0.4: a gradient of 1e-3 is within 2.5e-3 of the minimum.
    for (const x of run.theta) expect(Math.abs(x - 1)).toBeLessThan(5e-3);
  });

  it("solves a regression with correlated columns to the certified residual", () => {
    const { rows, employed } = longley();
    // The residual does not change when columns are shifted and scaled.
    const columns = rows[0].map((_, j) => standardized(rows.map((row) => row[j])));
    const X = tensor(rows.map((_, i) => [1, ...columns.map((column) => column[i])]));
    const y = tensor(employed.map((people) => people / 1000));
    const run = minimize((w) => X.matmul(w).sub(y).square().mean(), zeros([7]), { optimizer });
    expect(run.status).toBe("converged");
    // NIST StRD, Longley.
    expect(run.loss * 16).toBeCloseTo(0.836424055505915, 10);
  });
});

/** The 16 years of Longley (1967): prices, product, unemployed, armed forces, population, year. */
function longley(): { rows: number[][]; employed: number[] } {
  const text = `60323 83.0 234289 2356 1590 107608 1947
    61122 88.5 259426 2325 1456 108632 1948
    60171 88.2 258054 3682 1616 109773 1949
    61187 89.5 284599 3351 1650 110929 1950
    63221 96.2 328975 2099 3099 112075 1951
    63639 98.1 346999 1932 3594 113270 1952
    64989 99.0 365385 1870 3547 115094 1953
    63761 100.0 363112 3578 3350 116219 1954
    66019 101.2 397469 2904 3048 117388 1955
    67857 104.6 419180 2822 2857 118734 1956
    68169 108.4 442769 2936 2798 120445 1957
    66513 110.8 444546 4681 2637 121950 1958
    68655 112.6 482704 3813 2552 123366 1959
    69564 114.2 502601 3931 2514 125368 1960
    69331 115.7 518173 4806 2572 127852 1961
    70551 116.9 554894 4007 2827 130081 1962`;
  const table = text.split("\n").map((line) => line.trim().split(" ").map(Number));
  return { rows: table.map((row) => row.slice(1)), employed: table.map((row) => row[0]) };
}

function standardized(column: readonly number[]): number[] {
  const mean = column.reduce((a, b) => a + b, 0) / column.length;
  const deviation = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / column.length);
  return column.map((x) => (x - mean) / deviation);
}

const count = (n: number, f: (i: number) => number = (i) => i) => Array.from({ length: n }, (_, i) => f(i + 1));
const tenths = count(10, (i) => i / 10);
const fifths = count(20, (i) => i / 5);

interface Problem {
  readonly name: string;
  readonly f: string;
  readonly start: Readonly<Record<string, number>>;
  /** The minimum, and local ones that may be reached instead. */
  readonly minima: readonly number[];
  readonly constants?: MinimizeOptions["constants"];
}

/** Minima as published by Moré, Garbow and Hillstrom (ACM TOMS 7, 1981) and, to more digits, in the set of Moré and Wild. */
const problems: readonly Problem[] = [
  { name: "Rosenbrock", f: rosenbrock, start: { x: -1.2, y: 1 }, minima: [0] },
  {
    name: "Freudenstein and Roth",
    f: "(-13 + x + ((5-y)*y - 2)*y)^2 + (-29 + x + ((y+1)*y - 14)*y)^2",
    start: { x: 0.5, y: -2 },
    minima: [0, 48.98425367924],
  },
  { name: "Powell, badly scaled", f: "(1e4*x*y - 1)^2 + (exp(-x) + exp(-y) - 1.0001)^2", start: { x: 0, y: 1 }, minima: [0] },
  { name: "Brown, badly scaled", f: "(x - 1e6)^2 + (y - 2e-6)^2 + (x*y - 2)^2", start: { x: 1, y: 1 }, minima: [0] },
  { name: "Beale", f: "(1.5 - x*(1-y))^2 + (2.25 - x*(1-y^2))^2 + (2.625 - x*(1-y^3))^2", start: { x: 1, y: 1 }, minima: [0] },
  {
    name: "Jennrich and Sampson",
    f: "sum((2 + 2*i - exp(i*x) - exp(i*y))^2)",
    start: { x: 0.3, y: 0.4 },
    minima: [124.3621823556],
    constants: { i: count(10) },
  },
  {
    name: "Bard",
    f: "sum((m - (x + u/(v*y + w*z)))^2)",
    start: { x: 1, y: 1, z: 1 },
    minima: [0.00821487730657897],
    constants: {
      m: [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39],
      u: count(15),
      v: count(15, (i) => 16 - i),
      w: count(15, (i) => Math.min(i, 16 - i)),
    },
  },
  {
    name: "Box, three dimensions",
    f: "sum((exp(-t*x) - exp(-t*y) - z*(exp(-t) - exp(-10*t)))^2)",
    start: { x: 0, y: 10, z: 20 },
    minima: [0],
    constants: { t: tenths },
  },
  { name: "Powell, singular", f: "(a + 10b)^2 + 5(c - d)^2 + (b - 2c)^4 + 10(a - d)^4", start: { a: 3, b: -1, c: 0, d: 1 }, minima: [0] },
  {
    name: "Wood",
    f: "100(b - a^2)^2 + (1-a)^2 + 90(d - c^2)^2 + (1-c)^2 + 10(b + d - 2)^2 + 0.1(b - d)^2",
    start: { a: -3, b: -1, c: -3, d: -1 },
    minima: [0],
  },
  {
    name: "Kowalik and Osborne",
    f: "sum((m - a*(u^2 + u*b)/(u^2 + u*c + d))^2)",
    start: { a: 0.25, b: 0.39, c: 0.415, d: 0.39 },
    minima: [3.0750560384924e-4],
    constants: {
      m: [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246],
      u: [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
    },
  },
  {
    name: "Brown and Dennis",
    f: "sum(((a + t*b - exp(t))^2 + (c + d*sin(t) - cos(t))^2)^2)",
    start: { a: 25, b: 5, c: -5, d: -1 },
    minima: [85822.20162635],
    constants: { t: fifths },
  },
];

describe("L-BFGS on the problems of Moré, Garbow and Hillstrom", () => {
  it.each(problems)("$name", ({ f, start, minima, constants = {} }) => {
    const run = minimize(f, start, { optimizer, tolerance: 1e-9, steps: 2000, constants });
    // Where the loss is large the gradient cannot fall to 1e-9: there the descent says that it has stalled.
    expect(["converged", "stalled"]).toContain(run.status);
    const nearest = minima.reduce((best, m) => (Math.abs(run.loss - m) < Math.abs(run.loss - best) ? m : best));
    expect(Math.abs(run.loss - nearest)).toBeLessThan(nearest === 0 ? 1e-10 : 1e-6 * nearest);
  });

  it("Helical valley", () => {
    const f = (x: Tensor) => {
      const [a, b, c] = [0, 1, 2].map((i) => x.slice([i], [1]).reshape([]));
      const turn = b
        .div(a)
        .atan()
        .mul(0.5 / Math.PI);
      const angle = a.gt(0).select(turn, turn.add(0.5));
      return c.sub(angle.mul(10)).mul(10).square().add(a.square().add(b.square()).sqrt().sub(1).mul(10).square()).add(c.square());
    };
    expect(f(tensor([-1, 0, 0])).item()).toBeCloseTo(2500, 8);
    const run = minimize(f, tensor([-1, 0, 0]), { optimizer, tolerance: 1e-9, steps: 2000 });
    expect(run.status).toBe("converged");
    expect(run.loss).toBeLessThan(1e-12);
    expect(run.theta[0]).toBeCloseTo(1, 6);
  });

  it.each([
    { size: 4, minimum: 2.249977501e-5 },
    { size: 10, minimum: 7.087651467e-5 },
  ])("Penalty I, $size variables", ({ size, minimum }) => {
    const f = (x: Tensor) => x.sub(1).square().sum().mul(1e-5).add(x.square().sum().sub(0.25).square());
    const run = minimize(f, tensor(count(size)), { optimizer, tolerance: 1e-10, steps: 2000 });
    expect(Math.abs(run.loss - minimum)).toBeLessThan(1e-6 * minimum);
  });

  it("Rosenbrock and Powell, extended to 100 variables", () => {
    const pairs = (x: Tensor) => {
      const [a, b] = [0, 1].map((i) => x.reshape([50, 2]).slice([0, i], [50, 1]));
      return b.sub(a.square()).square().mul(100).add(a.sub(1).square()).sum();
    };
    const start = count(100, (i) => (i % 2 === 1 ? -1.2 : 1));
    const run = minimize(pairs, tensor(start), { optimizer, tolerance: 1e-8 });
    expect(run.status).toBe("converged");
    expect(run.loss).toBeLessThan(1e-14);
    const quadruples = (x: Tensor) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((i) => x.reshape([25, 4]).slice([0, i], [25, 1]));
      return concatenate([
        a.add(b.mul(10)).square(),
        c.sub(d).square().mul(5),
        b.sub(c.mul(2)).square().square(),
        a.sub(d).square().square().mul(10),
      ]).sum();
    };
    const singular = minimize(quadruples, tensor(count(100, (i) => [1, 3, -1, 0][i % 4])), { optimizer, tolerance: 1e-8 });
    expect(singular.status).toBe("converged");
    expect(singular.loss).toBeLessThan(1e-9);
  });
});

describe("L-BFGS where descent is hard", () => {
  it("stays where the objective is defined", () => {
    // x − μ log x has its minimum at μ; the second step begins far below 0.
    for (const barrier of [1e-2, 1e-6]) {
      const run = minimize(`x - ${barrier}*log(x)`, { x: 5 }, { optimizer, path: true });
      expect(run.status).toBe("converged");
      expect(run.solution.x / barrier).toBeCloseTo(1, 5);
      for (let k = 0; k <= run.steps; k++) expect(run.path.at(k)?.x).toBeGreaterThan(0);
    }
  });

  it("ends on what has no minimum", () => {
    const line = minimize("-x", { x: 0 }, { optimizer });
    expect(["stalled", "diverged"]).toContain(line.status);
    expect(line.loss).toBeLessThan(-1e15);
    const exponential = minimize("exp(x)", { x: 7 }, { optimizer, tolerance: 1e-9 });
    expect(exponential.status).toBe("converged");
    expect(exponential.solution.x).toBeLessThan(-20);
  });

  it("says that it has stalled where the slope points the wrong way", () => {
    // The gradient of |x| at the kink is 0, of max(x, −2x) it is not: no step along −g decreases it.
    const run = minimize("max(x, -2x)", { x: 0 }, { optimizer });
    expect(run.status).toBe("stalled");
    expect(run.solution.x).toBe(0);
    // Two searches at most: one with what is remembered, one along −g.
    expect(run.evaluations.value).toBeLessThanOrEqual(2 * 25 + 1);
  });

  it("says that there is nothing to descend on", () => {
    const run = minimize("log(x)", { x: -1 }, { optimizer });
    expect(run.status).toBe("diverged");
    expect(run.steps).toBe(0);
    expect(run.evaluations.value).toBe(1);
  });

  it("stops at a target", () => {
    const run = minimize(rosenbrock, { x: -1.2, y: 1 }, { optimizer, targetLoss: 0.1 });
    expect(run.status).toBe("stopped-early");
    expect(run.loss).toBeLessThanOrEqual(0.1);
    expect(run.history.loss.every((loss) => loss > 0.1)).toBe(true);
  });

  it("starts at a minimum", () => {
    const run = minimize("x^2 + y^2", { x: 0, y: 0 }, { optimizer });
    expect([run.status, run.steps, run.evaluations.value]).toEqual(["converged", 0, 1]);
  });
});

describe("L-BFGS elsewhere", () => {
  it("goes the same way step by step", async () => {
    const run = minimize(rosenbrock, { x: -1.2, y: 1 }, { optimizer });
    let last: { step: number; theta: ArrayLike<number>; status: string } | undefined;
    for await (const state of descend(trace(rosenbrock, { x: -1.2, y: 1 }), { optimizer, stepsPerYield: 7 })) last = state;
    expect(last?.status).toBe("converged");
    expect(last?.step).toBe(run.steps);
    expect(last?.theta).toEqual(run.theta);
  });

  it("gives the same bits on several threads", async () => {
    const start = new Array<number>(9000).fill(0);
    const run = minimize(chained, tensor(start), { optimizer, steps: 20 });
    let theta: ArrayLike<number> = [];
    for await (const state of descend(trace(chained, tensor(start)), { optimizer, steps: 20, threads: 2 })) theta = state.theta;
    expect(theta).toEqual(run.theta);
  });

  it("trains on whole sets and on batches: each search stays on its batch", async () => {
    const x = count(60, (i) => i / 30 - 1);
    const data = arrayDataset({ inputs: x, targets: x.map((v) => v * v * v - v / 2) });
    const settings = { optimizer, epochs: 60, seed: 3 };
    const whole = await fit(sequential(dense(8), tanh(), dense(1)), data, { ...settings, batchSize: 60 });
    // The targets vary by 1/7 − 1/5 + 1/12 = 0.026.
    expect(whole.trainLoss).toBeLessThan(1e-3);
    const parts = await fit(sequential(dense(8), tanh(), dense(1)), data, { ...settings, batchSize: 25 });
    expect(parts.status).toBe("step-limit");
    expect(parts.trainLoss).toBeLessThan(1e-2);
  });
});

describe("L-BFGS refuses", () => {
  it("bounds, and says what to do instead", () => {
    expect(messageOf(() => minimize("x^2", { x: 1 }, { optimizer, bounds: [0, 2] }))).toMatch(
      /lbfgs does not keep θ within bounds[\s\S]*gd, momentum or adam/,
    );
    expect(minimize("x^2", { x: 1 }, { optimizer: gd({ learningRate: 0.1 }), bounds: [0.5, 2] }).solution.x).toBe(0.5);
  });

  it("an objective that it cannot call", () => {
    const outside = objective({ value: (x) => x[0] * x[0], gradient: (x) => [2 * x[0]] });
    expect(messageOf(() => minimize(outside, 3, { optimizer }))).toMatch(/lbfgs asks for the objective at another point/);
  });

  it("options out of their range", () => {
    expect(messageOf(() => lbfgs({ memory: 0 }))).toMatch(/memory of lbfgs[\s\S]*1 to 100/);
    expect(messageOf(() => lbfgs({ memory: 2.5 }))).toMatch(/memory of lbfgs/);
    expect(messageOf(() => lbfgs({ decrease: 0.5 }))).toMatch(/decrease of lbfgs/);
    expect(messageOf(() => lbfgs({ curvature: 1 }))).toMatch(/curvature of lbfgs/);
    expect(messageOf(() => lbfgs({ curvature: 1e-5 }))).toMatch(/between decrease and 1/);
    expect(messageOf(() => lbfgs({ trials: 0 }))).toMatch(/trials of lbfgs/);
    expect(messageOf(() => lbfgs({ learningRate: -1 }))).toMatch(/learningRate of lbfgs/);
    expect(messageOf(() => lbfgs(JSON.parse('{"lr": 1}')))).toMatch(/did you mean learningRate/);
    expect(messageOf(() => lbfgs(JSON.parse('{"lineSearch": "exact"}')))).toMatch(/"wolfe" or "backtracking"/);
  });
});
