import { objective, SteepestError, type Tensor, taylor, tensor } from "steepest";
import { describe, expect, test } from "vitest";

/** log₂ of how much a remainder falls as its step is halved, over steps that are neither long nor lost in rounding. */
function slopeOf(remainder: (t: number) => number, order: number): number {
  const steps = Array.from({ length: 6 }, (_, k) => 2 ** -(k + (order === 1 ? 8 : 5)));
  const sizes = steps.map((t) => Math.abs(remainder(t)));
  return Math.log2(sizes[0] / sizes[sizes.length - 1]) / (steps.length - 1);
}

describe("remainders of Taylor's models", () => {
  const cases: [string, number[], number[]][] = [
    ["exp(x) * sin(y)", [0.3, 0.8], [1, -0.5]],
    ["log(1 + x^2 + y^4)", [0.7, -0.9], [0.6, 0.8]],
    ["(1-x)^2 + 100(y-x^2)^2", [-1.2, 1], [1, 1]],
    ["x^3 + 5x*y - 3y*z^2", [1, 2, 3], [0.5, 0.5, 1]],
  ];
  test.each(cases)("of %s fall with slopes 2 and 3", (text, at, direction) => {
    const [first, second] = [taylor(text, at, { order: 1 }), taylor(text, at, { order: 2 })];
    const alongFirst = slopeOf((t) => first.along(direction).remainder(t), 1);
    const alongSecond = slopeOf((t) => second.along(direction).remainder(t), 2);
    // The next term is t times the leading one, at most 2⁻⁵ here, times derivatives of about the same size.
    expect(Math.abs(alongFirst - 2)).toBeLessThan(0.1);
    expect(Math.abs(alongSecond - 3)).toBeLessThan(0.1);
    const step = (t: number) => direction.map((d) => t * d);
    expect(Math.abs(slopeOf((t) => first.remainder(step(t)), 1) - 2)).toBeLessThan(0.1);
    expect(Math.abs(slopeOf((t) => second.remainder(step(t)), 2) - 3)).toBeLessThan(0.1);
  });
});

describe("taylor", () => {
  test("has value, gradient and Hessian of the closed form", () => {
    const model = taylor("x^3 + y^2*x", { x: 1, y: 2 });
    expect([model.order, model.value, model.gradient]).toEqual([2, 5, { x: 7, y: 4 }]);
    expect(model.hessian).toEqual([
      [6, 4],
      [4, 2],
    ]);
    // 5 + 7·0.1 − 4·0.2 + ½(6·0.01 − 8·0.02 + 2·0.04)
    expect(model.model({ x: 0.1, y: -0.2 })).toBeCloseTo(4.89, 14);
    expect(taylor("x^3 + y^2*x", { x: 1, y: 2 }, { order: 1 }).model({ x: 0.1, y: -0.2 })).toBeCloseTo(4.9, 14);
    expect(taylor("x^3", [1], { order: 1 }).hessian).toBeUndefined();
  });

  test("is exact for quadratics", () => {
    const model = taylor("3x^2 - x*y + 2y^2 - 4x + 1", [0.5, -2]);
    for (const p of [
      [3, -7],
      [0.25, 0.5],
      [-100, 40],
    ])
      expect(Math.abs(model.remainder(p))).toBeLessThan(1e-11);
  });

  test("knows which steps descend", () => {
    // φ(t) = (1 − 2t)²: down until t = 1, least at ½.
    const ray = taylor((x) => x ** 2, 1).along(-2);
    expect([ray.slope, ray.curvature, ray.bestStep, ray.descendsBelow]).toEqual([-4, 8, 0.5, 1]);
    expect([ray.model(0.5), ray.model(1), ray.remainder(0.7)]).toEqual([0, 1, expect.closeTo(0, 15)]);
    const uphill = taylor((x) => x ** 2, 1).along(1);
    expect([uphill.bestStep, uphill.descendsBelow]).toEqual([undefined, 0]);
    const endless = taylor((x) => -(x ** 2), 1).along(1);
    expect([endless.bestStep, endless.descendsBelow]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    expect(taylor((x) => x ** 2, 1, { order: 1 }).along(-2).descendsBelow).toBeUndefined();
  });

  test("takes tensors, and objectives in JavaScript with order 1", () => {
    const model = taylor((x: Tensor) => x.pow(3).sum(), tensor([1, 2]));
    expect([model.value, model.gradient.toArray(), model.hessian]).toEqual([
      9,
      [3, 12],
      [
        [6, 0],
        [0, 12],
      ],
    ]);
    expect(model.model(tensor([1, 0]))).toBe(15);
    const host = objective({ value: (x) => x[0] ** 3, gradient: (x) => [3 * x[0] ** 2] });
    const plane = taylor(host, 2);
    expect([plane.order, plane.gradient, plane.model(0.5), plane.remainder(0.5)]).toEqual([1, 12, 14, 1.625]);
    expect(() => taylor(host, 2, { order: 2 })).toThrow(SteepestError);
    expect(() => taylor(host, 2, { order: 2 })).toThrow(/Hessian/);
    expect(() => taylor("x", 2, { order: JSON.parse("3") })).toThrow(/1 or 2/);
  });
});
