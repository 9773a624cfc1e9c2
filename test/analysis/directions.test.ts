import { directionalDerivative, objective, SteepestError, steepestDirection, type Tensor, tensor } from "steepest";
import { describe, expect, test } from "vitest";

const host = objective({ value: (x) => x[0] ** 2 * x[1], gradient: (x) => [2 * x[0] * x[1], x[0] ** 2] });

describe("directional derivatives", () => {
  // ∇(x²y) at (1, 2) is (4, 1); along (3, 4)/5 that is 16/5.
  test("of everything that can be minimised", () => {
    expect(directionalDerivative("x^2*y", { x: 1, y: 2 }, { x: 3, y: 4 })).toBeCloseTo(3.2, 14);
    expect(directionalDerivative("x^2*y", [1, 2], [3, 4])).toBeCloseTo(3.2, 14);
    expect(directionalDerivative((x, y) => x ** 2 * y, [1, 2], [3, 4])).toBeCloseTo(3.2, 14);
    expect(directionalDerivative((p) => p.x ** 2 * p.y, { x: 1, y: 2 }, { x: 3, y: 4 })).toBeCloseTo(3.2, 14);
    expect(directionalDerivative(host, [1, 2], [3, 4])).toBeCloseTo(3.2, 14);
    expect(directionalDerivative((x) => x ** 3, 2, -1)).toBe(-12);
    expect(directionalDerivative((x, { a }) => (x - a) ** 2, 2, 1, { constants: { a: 5 } })).toBe(-6);
    const f = (x: Tensor) => x.square().sum();
    expect(directionalDerivative(f, tensor([[1, 2]]), tensor([[0, -3]]))).toBe(-4);
  });

  test("named numbers count by their names, in any order", () => {
    expect(directionalDerivative("x^2*y", { y: 2, x: 1 }, { x: 3, y: 4 })).toBeCloseTo(3.2, 14);
    expect(directionalDerivative(({ x, y }) => x ** 2 * y, { y: 2, x: 1 }, { x: 3, y: 4 })).toBeCloseTo(3.2, 14);
  });

  test("scaled, the direction counts with its length", () => {
    expect(directionalDerivative("x^2*y", [1, 2], [3, 4], { scaled: true })).toBe(16);
    expect(directionalDerivative("x^2*y", [1, 2], [6, 8])).toBeCloseTo(3.2, 14);
  });

  test("equal to the limit of difference quotients", () => {
    const f = (x: number, y: number) => Math.sin(x) * Math.exp(y);
    const [u, v] = [Math.cos(2), Math.sin(2)];
    const h = 1e-5;
    const quotient = (f(0.3 + h * u, 0.7 + h * v) - f(0.3 - h * u, 0.7 - h * v)) / (2 * h);
    // Centred differences: f‴h²/6 ≈ 1e-10, and rounding 1e-16/1e-5 ≈ 1e-11.
    expect(Math.abs(directionalDerivative("sin(x)exp(y)", [0.3, 0.7], [u, v]) - quotient)).toBeLessThan(1e-9);
  });

  test("refuses directions that do not fit", () => {
    expect(() => directionalDerivative("x*y", [1, 2], [0, 0])).toThrow(/points nowhere/);
    expect(() => directionalDerivative("x*y", [1, 2], [1])).toThrow(SteepestError);
    expect(() => directionalDerivative("x*y", { x: 1, y: 2 }, JSON.parse('{ "x": 1, "z": 2 }'))).toThrow(/numbers by name: x, y/);
    expect(() => directionalDerivative((x: Tensor) => x.sum(), tensor([1, 2]), tensor([1]))).toThrow(/shape \[2\]/);
  });
});

describe("the steepest direction", () => {
  test("is the best of all unit vectors", () => {
    const { slope, ascent, descent } = steepestDirection("x^2 + 3x*y + sin(y)", [0.4, -1.1]);
    if (ascent === undefined || descent === undefined) throw new Error("the gradient is not 0 here");
    expect(Math.hypot(...ascent)).toBeCloseTo(1, 14);
    expect(descent).toEqual(ascent.map((x) => -x));
    expect(directionalDerivative("x^2 + 3x*y + sin(y)", [0.4, -1.1], ascent)).toBeCloseTo(slope, 13);
    for (let k = 0; k < 60; k++) {
      const angle = (k * Math.PI) / 30;
      const along = directionalDerivative("x^2 + 3x*y + sin(y)", [0.4, -1.1], [Math.cos(angle), Math.sin(angle)]);
      expect(along).toBeLessThanOrEqual(slope * (1 + 1e-14));
      expect(along).toBeGreaterThanOrEqual(-slope * (1 + 1e-14));
    }
  });

  test("stands at a right angle to the level set", () => {
    // x²/4 + y² = 1 at (2cos t, sin t): the tangent is (−2sin t, cos t).
    for (const t of [0.1, 0.9, 2, 4, 5.5]) {
      const { ascent } = steepestDirection("x^2/4 + y^2", [2 * Math.cos(t), Math.sin(t)]);
      expect(ascent).toBeDefined();
      const [u, v] = ascent ?? [];
      expect(Math.abs(-2 * Math.sin(t) * u + Math.cos(t) * v)).toBeLessThan(1e-15);
      expect(Math.abs(directionalDerivative("x^2/4 + y^2", [2 * Math.cos(t), Math.sin(t)], [-2 * Math.sin(t), Math.cos(t)]))).toBeLessThan(
        1e-15,
      );
    }
  });

  test("has the form of the point", () => {
    expect(steepestDirection("3x + 4y", { x: 0, y: 0 })).toEqual({ slope: 5, ascent: { x: 0.6, y: 0.8 }, descent: { x: -0.6, y: -0.8 } });
    expect(steepestDirection((x) => x ** 2, -3)).toEqual({ slope: 6, ascent: -1, descent: 1 });
    expect(steepestDirection((x: Tensor) => x.sum(), tensor([[0, 0, 0, 0]])).ascent?.toArray()).toEqual([[0.5, 0.5, 0.5, 0.5]]);
  });

  test("is none at a critical point", () => {
    expect(steepestDirection("x^2 - y^2", [0, 0])).toEqual({ slope: 0, ascent: undefined, descent: undefined });
  });
});
