import { readFileSync } from "node:fs";
import { checkGradient, gd, grad, hessian, minimize, type Problem, problems, tensor, trace } from "steepest";
import { describe, expect, it } from "vitest";
import { MersenneTwister } from "../../../src/objectives/problems/mersenne-twister.js";
import { messageOf } from "../../errors.js";

interface Values {
  readonly start: readonly number[];
  readonly value: number;
  readonly odd: readonly number[];
  readonly oddValue: number;
}

const oracle: Readonly<Record<string, Values>> = JSON.parse(
  readFileSync(new URL("../../fixtures/problems/values.json", import.meta.url), "utf8"),
);

const valueAt = ({ f }: Problem, x: readonly number[]): number => f(tensor(x)).item();
const norm = (x: ArrayLike<number>): number => Math.hypot(...Array.from(x));

describe("every test problem", () => {
  it("is listed once, and is in the oracle", () => {
    const names = problems.all.map((p) => p.name);
    expect(new Set(names).size).toBe(names.length);
    expect([...names].sort()).toEqual(Object.keys(oracle).sort());
    expect(problems.moreGarbowHillstrom).toHaveLength(35);
  });

  it.each(problems.all.map((p) => [p.name, p] as const))("%s has its published start, values and gradient", (name, problem) => {
    const { start, value, odd, oddValue } = oracle[name];
    expect(problem.start).toHaveLength(problem.dimension);
    problem.start.forEach((x, i) => {
      expect(x).toBeCloseTo(start[i], 14);
    });
    // Both sides sum at most a few hundred terms in float64; where a difference of large terms is left, that noise is relative to them.
    const scale = Math.max(Math.abs(value), Math.abs(oddValue));
    expect(Math.abs(valueAt(problem, problem.start) - value)).toBeLessThanOrEqual(1e-12 * scale + 1e-15);
    expect(Math.abs(valueAt(problem, odd) - oddValue)).toBeLessThanOrEqual(1e-12 * scale + 1e-15);
    const check = checkGradient(trace(problem.f, tensor(odd)), odd);
    expect(check.verdict, JSON.stringify(check.worst)).toBe("pass");
  });

  it.each(problems.all.flatMap((p) => (p.formula === undefined ? [] : [[p.name, p, p.formula] as const])))(
    "%s is its formula",
    (name, problem, formula) => {
      const { odd, oddValue } = oracle[name];
      expect(minimize(formula, [...odd], { optimizer: gd({ learningRate: 0 }), steps: 0 }).loss / oddValue).toBeCloseTo(1, 12);
      expect(problem.dimension).toBe(2);
    },
  );

  const points = problems.all.flatMap((p) => p.minima.flatMap(({ value, at }) => at.map((x) => [p.name, x, value, p] as const)));
  it.each(points)("%s at %j is %f", (_, x, value, problem) => {
    const scale = Math.max(1, Math.abs(value));
    // Points are known to ten digits or so: f is flat there, so that its value is known to more.
    expect(Math.abs(valueAt(problem, x) - value)).toBeLessThan(2e-7 * scale);
  });

  const kinked = new Set(["ackley", "eggholder", "crossInTray", "holderTable", "schaffer4"]);
  it.each(points.filter(([name]) => !kinked.has(name)))("%s has no slope at %j, and bends upwards", (_, x, _value, problem) => {
    const point = tensor(x);
    const gradient = grad(problem.f)(point).data();
    const curvature = hessian(problem.f)(point);
    const rows = Array.from({ length: problem.dimension }, (_, i) =>
      curvature.data().slice(i * problem.dimension, (i + 1) * problem.dimension),
    );
    // ten digits of x: a gradient of 1e-9 times the curvature times x
    const steepest = Math.max(...rows.map(norm));
    expect(norm(gradient)).toBeLessThanOrEqual(1e-8 * steepest * Math.max(1, norm(x)) + 1e-9);
    rows.forEach((row, i) => {
      expect(row[i]).toBeGreaterThanOrEqual(-1e-7 * steepest);
    });
  });

  it.each(problems.all.flatMap((p) => (p.saddles ?? []).map((x) => [p.name, x, p] as const)))("%s has a saddle at %j", (_, x, problem) => {
    expect(norm(grad(problem.f)(tensor(x)).data())).toBe(0);
    expect(problem.minima).toEqual([]);
  });
});

describe("families", () => {
  it("keep their minima in other dimensions", () => {
    for (const family of [
      problems.rastrigin,
      problems.ackley,
      problems.griewank,
      problems.levy,
      problems.zakharov,
      problems.styblinskiTang,
    ])
      for (const dimension of [1, 3, 7]) {
        const problem = family.of(dimension);
        expect([problem.dimension, problem.start.length]).toEqual([dimension, dimension]);
        const [{ value, at }] = problem.minima;
        expect(valueAt(problem, at[0])).toBeCloseTo(value, 7);
      }
    expect(problems.linearFullRank.of(4).minima[0].value).toBe(16);
    expect(problems.penalty1.of(10).minima[0].at[0][9]).toBe(0.15812230111);
    expect(problems.watson.of(3).minima).toEqual([]);
  });

  it("refuse dimensions that do not exist", () => {
    expect(messageOf(() => problems.rosenbrock.of(3))).toMatch(/from 2, a multiple of 2[\s\S]*received: 3/);
    expect(messageOf(() => problems.rastrigin.of(0))).toMatch(/from 1/);
    expect(messageOf(() => problems.chebyquad.of(2.5))).toMatch(/whole number/);
    expect(messageOf(() => problems.quadratic([]))).toMatch(/eigenvalues/);
    expect(messageOf(() => problems.worstFunction({ condition: 1 }))).toMatch(/above 1/);
  });
});

describe("quadratics", () => {
  it("have the eigenvalues that were asked for, rotated or not", () => {
    const eigenvalues = [1, 2, 5, 11];
    for (const rotation of [undefined, 7]) {
      const { f } = problems.quadratic(eigenvalues, rotation === undefined ? {} : { rotation });
      const h = hessian(f)(tensor([0.3, -1, 2, 0.1])).data();
      // trace and Frobenius norm are those of the eigenvalues, and rotation mixes the axes
      expect(h[0] + h[5] + h[10] + h[15]).toBeCloseTo(19, 12);
      expect(norm(h)).toBeCloseTo(Math.sqrt(151), 10);
      expect(Math.abs(h[1]) > 1e-3).toBe(rotation !== undefined);
    }
    expect(problems.quadratic([1, -1]).saddles).toEqual([[0, 0]]);
  });

  it("the worst function holds every first-order method back", () => {
    const condition = 100;
    const { f, start, minima } = problems.worstFunction({ dimension: 60, condition });
    const [best] = minima[0].at;
    const rho = (Math.sqrt(condition) - 1) / (Math.sqrt(condition) + 1);
    // Far from the end of the chain its solution is that of the infinite one, a geometric sequence.
    best.slice(0, 5).forEach((x, i) => {
      expect(x).toBeCloseTo(rho ** (i + 1), 4);
    });
    const { path } = minimize(f, tensor(start), { optimizer: gd({ learningRate: 0.4 }), steps: 25, path: true });
    const error = (k: number) => Math.max(...best.map((x, i) => Math.abs(path.data[k * path.stride + i] - x)));
    for (const k of [5, 10, 25]) expect(error(k)).toBeGreaterThanOrEqual(rho ** k * error(0));
  });

  it("DeepOBS' quadratic has its published spectrum, start and edge", () => {
    const random = new MersenneTwister(42);
    expect([random.uniform(), random.uniform(), random.uniform()].map((x) => x.toFixed(10))).toEqual([
      "0.3745401188",
      "0.9507143064",
      "0.7319939418",
    ]);
    const { eigenvalues, floor, f, sample, start } = problems.deepQuadratic;
    expect(Math.min(...eigenvalues)).toBeCloseTo(0.005522117, 9);
    expect(Math.max(...eigenvalues)).toBeCloseTo(53.1290154, 7);
    expect(eigenvalues.reduce((a, b) => a + b)).toBeCloseTo(477.612, 3);
    // 353.45 was measured on one sample of data.
    expect(Math.abs(f(tensor(start)).item() + floor - 353.45)).toBeLessThan(0.1);
    expect(sample(tensor(start), tensor(start)).item()).toBe(0);
    const run = (learningRate: number) => minimize(f, tensor(start), { optimizer: gd({ learningRate }), steps: 2000 });
    expect(run(0.999 * (2 / 53.1290154)).loss).toBeLessThan(1);
    expect(run(1.01 * (2 / 53.1290154)).loss).toBeGreaterThan(1e6);
  });
});
