import { describe, expect, it } from "vitest";
import { interpret } from "../../../src/backends/interpreter/index.js";
import { gradientOf } from "../../../src/descent/step.js";
import { backtracking } from "../../../src/optimizers/line-search/backtracking.js";
import type { LineSearch } from "../../../src/optimizers/line-search/problem.js";
import { strongWolfe } from "../../../src/optimizers/line-search/strong-wolfe.js";
import { tensor } from "../../../src/tensor/create.js";
import { literal, type Tensor } from "../../../src/tensor/tensor.js";

/** A function of one number, with value and slope in plain JavaScript beside its traced form. */
interface Line {
  readonly traced: (x: Tensor) => Tensor;
  value(x: number): number;
  slope(x: number): number;
}

function searched(search: LineSearch, { traced }: Pick<Line, "traced">, initial: number, direction = 1, start = 0) {
  const evaluate = (theta: Tensor) => {
    const loss = traced(theta).sum();
    return { loss, gradient: gradientOf(loss, theta) };
  };
  const theta = tensor([start]);
  const result = search({ theta, ...evaluate(theta), direction: tensor([direction]), initial: literal(initial), evaluate });
  const [rate, point, loss, gradient, evaluations, succeeded] = interpret([
    result.rate,
    result.theta,
    result.loss,
    result.gradient,
    result.evaluations,
    result.succeeded,
  ]).map((data) => data[0]);
  return { rate, theta: point, loss, gradient, evaluations, succeeded: succeeded === 1 };
}

const root = (x: number) => Math.sqrt(x);
const yanai = (a: number, b: number): Line => {
  const factor = (c: number) => root(1 + c * c) - c;
  return {
    traced: (x) =>
      x
        .neg()
        .add(1)
        .square()
        .add(b * b)
        .sqrt()
        .mul(factor(a))
        .add(
          x
            .square()
            .add(a * a)
            .sqrt()
            .mul(factor(b)),
        ),
    value: (x) => factor(a) * root((1 - x) * (1 - x) + b * b) + factor(b) * root(x * x + a * a),
    slope: (x) => (factor(a) * (x - 1)) / root((1 - x) * (1 - x) + b * b) + (factor(b) * x) / root(x * x + a * a),
  };
};

/** Functions 1, 2, 4, 5 and 6 of Moré and Thuente (ACM TOMS 20, 1994), with their c₁ and c₂. */
const lines: readonly (Line & { name: string; decrease: number; curvature: number })[] = [
  {
    name: "−α/(α² + 2)",
    decrease: 1e-3,
    curvature: 0.1,
    traced: (x) => x.neg().div(x.square().add(2)),
    value: (x) => -x / (x * x + 2),
    slope: (x) => (x * x - 2) / ((x * x + 2) * (x * x + 2)),
  },
  {
    name: "(α + β)⁵ − 2(α + β)⁴",
    decrease: 0.05,
    curvature: 0.1,
    traced: (x) => x.add(0.004).pow(5).sub(x.add(0.004).pow(4).mul(2)),
    value: (x) => (x + 0.004) ** 5 - 2 * (x + 0.004) ** 4,
    slope: (x) => 5 * (x + 0.004) ** 4 - 8 * (x + 0.004) ** 3,
  },
  { name: "Yanai, β = 0.001, 0.001", decrease: 1e-4, curvature: 1e-3, ...yanai(0.001, 0.001) },
  { name: "Yanai, β = 0.01, 0.001", decrease: 1e-4, curvature: 1e-3, ...yanai(0.01, 0.001) },
  { name: "Yanai, β = 0.001, 0.01", decrease: 1e-4, curvature: 1e-3, ...yanai(0.001, 0.01) },
];

describe("strongWolfe", () => {
  for (const { name, decrease, curvature, ...line } of lines)
    it.each([1e-3, 1e-1, 10, 1e3])(`${name} from %f`, (initial) => {
      const { rate, theta, loss, gradient, evaluations, succeeded } = searched(strongWolfe({ decrease, curvature }), line, initial);
      expect(succeeded).toBe(true);
      expect(line.value(rate)).toBeLessThanOrEqual(line.value(0) + decrease * rate * line.slope(0));
      // The slope of the first function is exact to a few units of 1e-16.
      expect(Math.abs(line.slope(rate))).toBeLessThanOrEqual(curvature * Math.abs(line.slope(0)) + 1e-15);
      // Moré and Thuente need 1 to 13.
      expect(evaluations).toBeLessThanOrEqual(20);
      // What it hands back belongs to the point accepted, not to the last one tried.
      expect(theta).toBe(rate);
      expect(loss).toBeCloseTo(line.value(rate), 14);
      expect(gradient).toBeCloseTo(line.slope(rate), 12);
    });

  it("finds the minimum of a parabola with two trials when it is exact", () => {
    const found = searched(strongWolfe({ decrease: 1e-10, curvature: 1e-9 }), { traced: (x) => x.sub(3).square() }, 1);
    expect(found.rate).toBeCloseTo(3, 9);
    expect(found.evaluations).toBe(2);
  });

  it("takes the best point when its trials are up", () => {
    // f falls for ever: 1, 10, 100.
    const found = searched(strongWolfe({ trials: 3 }), { traced: (x) => x.neg() }, 1);
    expect(found).toMatchObject({ rate: 100, loss: -100, gradient: -1, evaluations: 3, succeeded: true });
  });
});

describe("backtracking", () => {
  for (const { name, decrease, ...line } of lines)
    it.each([1e-3, 1e-1, 10, 1e3])(`${name} from %f`, (initial) => {
      const { rate, theta, loss, gradient, evaluations, succeeded } = searched(backtracking({ decrease }), line, initial);
      expect(succeeded).toBe(true);
      expect(rate).toBeLessThanOrEqual(initial);
      expect(rate).toBeGreaterThanOrEqual(initial * 0.1 ** (evaluations - 1) * (1 - 1e-12));
      expect(line.value(rate)).toBeLessThanOrEqual(line.value(0) + decrease * rate * line.slope(0));
      expect(theta).toBe(rate);
      expect(loss).toBeCloseTo(line.value(rate), 14);
      expect(gradient).toBeCloseTo(line.slope(rate), 12);
    });

  it("goes to the minimum of the parabola", () => {
    // φ = (α − 3)²: from 8 the parabola gives 3, within a tenth and a half of 8.
    expect(searched(backtracking(), { traced: (x) => x.sub(3).square() }, 8)).toMatchObject({ rate: 3, evaluations: 2 });
  });
});

describe.each([
  { name: "strongWolfe", search: strongWolfe() },
  { name: "backtracking", search: backtracking() },
])("$name", ({ search }) => {
  it("tries nothing along a direction that climbs", () => {
    const found = searched(search, { traced: (x) => x.sub(3).square() }, 1, -1);
    expect(found).toEqual({ rate: 0, theta: 0, loss: 9, gradient: -6, evaluations: 0, succeeded: false });
  });

  it("tries nothing with a first step of 0", () => {
    expect(searched(search, { traced: (x) => x.sub(3).square() }, 0)).toMatchObject({ rate: 0, evaluations: 0, succeeded: false });
  });

  it("shrinks the step where the function is not defined", () => {
    // 1 − x − log(2 − x)… is NaN beyond 2 and infinite at 2.
    const found = searched(search, { traced: (x) => x.neg().add(2).log().mul(-0.1).sub(x) }, 1e4);
    expect(found.succeeded).toBe(true);
    expect(found.rate).toBeGreaterThan(0);
    expect(found.rate).toBeLessThan(2);
    expect(found.loss).toBeLessThan(-0.1 * Math.LN2);
  });

  it("gives up where nothing decreases, and stays", () => {
    // At its kink max(x, −2x) has a slope on one side only: the search is told −2 at 0, and every step climbs.
    const found = searched(search, { traced: (x) => x.maximum(x.mul(-2)) }, 1);
    expect(found).toMatchObject({ rate: 0, theta: 0, loss: 0, succeeded: false });
    expect(found.evaluations).toBeLessThanOrEqual(25);
  });

  it("searches in float32", () => {
    const theta = tensor([-1.2, 1], { dtype: "f32" });
    const evaluate = (x: Tensor) => {
      const loss = x.square().sum();
      return { loss, gradient: gradientOf(loss, x) };
    };
    const found = search({ theta, ...evaluate(theta), direction: theta.neg(), initial: literal(1), evaluate });
    const [rate, point, loss] = interpret([found.rate, found.theta, found.loss]);
    expect([rate[0], ...point, loss[0]]).toEqual([1, 0, 0, 0]);
    expect([found.theta.dtype, found.gradient.dtype, found.loss.dtype]).toEqual(["f32", "f32", "f64"]);
  });
});
