import { describe, expect, it } from "vitest";
import { valuesAt } from "../../src/analysis/values.js";
import { trace } from "../../src/index.js";

const points = Array.from({ length: 5000 }, (_, i) => [(i % 71) / 20 - 1.5, Math.floor(i / 71) / 25 - 1]);
const banana = (x: number, y: number) => (1 - x) ** 2 + 20 * (3 * y - x * x) ** 2;

describe("values at many points", () => {
  it("of a formula and of a traced function are those of JavaScript, also beyond one batch", () => {
    const expected = valuesAt(banana, points);
    for (const f of ["(1-x)^2 + 20(3y-x^2)^2", trace("(1-x)^2 + 20(3y-x^2)^2", [0, 0])]) {
      const values = valuesAt(f, points);
      expect(values.length).toBe(5000);
      // A handful of roundings each, of terms that are not negative.
      values.forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-13 * (Math.abs(expected[i]) + 60));
      });
    }
  });

  it("of no points are none", () => {
    expect(valuesAt("x^2", []).length).toBe(0);
  });

  it("need points with as many numbers as the function takes", () => {
    expect(() => valuesAt(trace("x^2", 1), [[1, 2]])).toThrow("the points do not fit the function");
  });
});
