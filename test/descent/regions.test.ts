import { adam, ball, gd, lbfgs, minimize, momentum, nesterov, objective, problems, simplex, tensor } from "steepest";
import { describe, expect, it } from "vitest";
import { numbers } from "../autodiff/differences.js";
import { messageOf } from "../errors.js";

describe.each([
  ["a ball", ball({ radius: 1.5 })],
  ["a ball elsewhere", ball({ radius: 0.5, centre: [1, 2, 3, 4] })],
  ["the simplex", simplex()],
  ["a larger simplex", simplex({ total: 7 })],
])("the projection onto %s", (_, region) => {
  const next = numbers(6);
  const points = Array.from({ length: 40 }, (_, k) => Array.from({ length: 4 }, () => (k < 10 ? 0.2 : 5) * (next() - 0.5)));

  it("is the same traced and of numbers, and its own square", () => {
    for (const x of [...points, [0, 0, 0, 0], [1, 1, 1, 1], [1e9, -1e9, 3, 1e9]]) {
      const near = [...region.nearest(Float64Array.from(x))];
      const size = Math.max(1, ...x.map(Math.abs));
      [...region.project(tensor(x)).data()].forEach((v, i) => {
        expect(Math.abs(v - near[i])).toBeLessThan(1e-14 * size);
      });
      region.nearest(Float64Array.from(near)).forEach((v, i) => {
        expect(Math.abs(v - near[i])).toBeLessThan(1e-14 * size);
      });
    }
  });

  it("gives the nearest point: (x − p)ᵀ(q − p) ≤ 0 for every q of the set", () => {
    for (const x of points) {
      const p = region.nearest(Float64Array.from(x));
      for (const other of points) {
        const q = region.nearest(Float64Array.from(other));
        expect(x.reduce((sum, v, i) => sum + (v - p[i]) * (q[i] - p[i]), 0)).toBeLessThanOrEqual(1e-12);
      }
    }
  });
});

describe("minimize within a region", () => {
  it("finds minima on the border, by any rule of steps", () => {
    // The nearest point of the unit ball to (3, 4).
    for (const optimizer of [
      gd({ learningRate: 0.1 }),
      momentum({ learningRate: 0.02, beta: 0.8 }),
      nesterov({ learningRate: 0.02, beta: 0.5 }),
    ]) {
      const run = minimize("(x-3)^2 + (y-4)^2", [0, 0], { optimizer, within: ball(), steps: 3000, path: true });
      expect(run.solution[0]).toBeCloseTo(0.6, 4);
      expect(run.solution[1]).toBeCloseTo(0.8, 4);
      for (const [x, y] of run.path.rows()) expect(Math.hypot(x, y)).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  it("converges by the projected gradient", () => {
    const run = minimize(problems.quadratic([1, 4, 9]).f, tensor([1, 1, 1]), { optimizer: gd({ learningRate: 0.1 }), within: simplex() });
    expect(run.status).toBe("converged");
    // λᵢ xᵢ is the same for all: x ∝ 1/λ.
    const total = 1 + 1 / 4 + 1 / 9;
    [1, 1 / 4, 1 / 9].forEach((x, i) => {
      expect(run.theta[i]).toBeCloseTo(x / total, 5);
    });
    expect(run.theta[0] + run.theta[1] + run.theta[2]).toBeCloseTo(1, 14);
  });

  it("begins inside, and takes objectives in JavaScript", () => {
    const outside = objective({ value: (x) => (x[0] - 2) ** 2 + x[1] ** 2, gradient: (x) => [2 * (x[0] - 2), 2 * x[1]] });
    const run = minimize(outside, [30, 40], {
      optimizer: gd({ learningRate: 0.1 }),
      within: ball({ radius: 1, centre: [0, 0] }),
      path: true,
    });
    expect(run.path.at(0)).toEqual([0.6, 0.8]);
    expect(run.solution[0]).toBeCloseTo(1, 10);
  });

  it("refuses what does not fit", () => {
    expect(messageOf(() => ball({ radius: 0 }))).toMatch(/radius > 0/);
    expect(messageOf(() => simplex({ total: -1 }))).toMatch(/total > 0/);
    expect(messageOf(() => minimize("x^2", { x: 1 }, { within: ball({ centre: [0, 0] }), optimizer: gd() }))).toMatch(/1 numbers/);
    expect(messageOf(() => minimize("x^2", { x: 1 }, { within: ball(), bounds: [0, 1], optimizer: gd() }))).toMatch(
      /both bounds and within/,
    );
    expect(messageOf(() => minimize("x^2", { x: 1 }, { within: ball(), optimizer: lbfgs() }))).toMatch(/does not keep θ within bounds/);
    // Adam would end at (0.707, 0.707) above: its rates differ by coordinate, the projection's measure does not.
    expect(messageOf(() => minimize("x^2", { x: 1 }, { within: ball(), optimizer: adam() }))).toMatch(
      /adam does not find[\s\S]*gd, momentum/,
    );
    expect(messageOf(() => minimize("x^2", { x: 1 }, { within: JSON.parse('"ball"'), optimizer: gd() }))).toMatch(/within/);
  });
});
