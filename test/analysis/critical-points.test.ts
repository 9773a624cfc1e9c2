import { type CriticalPoints, criticalPoints, grad, type Interval, SteepestError, type Tensor, tensor, trace } from "steepest";
import { describe, expect, test } from "vitest";

const square = (size: number): [Interval, Interval] => [
  [-size, size],
  [-size, size],
];
const kinds = ({ minima, saddles, maxima, points }: CriticalPoints<unknown>) => [
  minima.length,
  saddles.length,
  maxima.length,
  points.length,
];

/** Every expected point is among those found, to so many digits. */
function expectPoints(found: readonly { readonly point: number[] }[], expected: readonly number[][], digits = 1e-9): void {
  expect(found).toHaveLength(expected.length);
  for (const point of expected)
    expect(Math.min(...found.map(({ point: other }) => Math.max(...other.map((x, i) => Math.abs(x - point[i]))))), `${point}`).toBeLessThan(
      digits,
    );
}

describe("critical points of known functions", () => {
  test("Himmelblau: four minima, four saddles, one maximum", () => {
    const found = criticalPoints("(x^2+y-11)^2 + (x+y^2-7)^2", { window: square(5) });
    expect(kinds(found)).toEqual([4, 4, 1, 9]);
    // Published to six places.
    expectPoints(
      found.minima,
      [
        [3, 2],
        [-2.805118, 3.131312],
        [-3.77931, -3.283186],
        [3.584428, -1.848126],
      ],
      1e-6,
    );
    expectPoints(found.maxima, [[-0.270845, -0.923039]], 1e-6);
    expect(found.minima.every(({ isGlobal }) => isGlobal)).toBe(true);
    expect(found.maxima[0].value).toBeCloseTo(181.617, 3);
    expect(found.maxima[0].isGlobal).toBe(false);
    expect(found.diagnosis).toBe("4 minima, 1 maximum, 4 saddles.");
  });

  test("Beale: the minimum (3, ½), and a saddle at (0, 1) that descents leave along the diagonal", () => {
    const found = criticalPoints("(1.5-x+x*y)^2 + (2.25-x+x*y^2)^2 + (2.625-x+x*y^3)^2", { window: square(4.5) });
    expectPoints(found.minima, [[3, 0.5]], 1e-10);
    expect(found.maxima).toEqual([]);
    const saddle = found.saddles.find(({ point: [x] }) => Math.abs(x) < 1e-6);
    if (saddle === undefined) throw new Error("no saddle at x = 0");
    expectPoints([saddle], [[0, 1]], 1e-10);
    // All three terms are flat there: f is the sum of the squares of their constants, and the Hessian 2 (1·1.5 + 2·2.25 + 3·2.625) off its diagonal.
    expect(saddle.value).toBeCloseTo(14.203125, 12);
    expect(saddle.eigenvalues[0]).toBeCloseTo(-27.75, 10);
    expect(saddle.eigenvalues[1]).toBeCloseTo(27.75, 10);
    const [[dx, dy]] = saddle.unstable;
    expect(saddle.unstable).toHaveLength(1);
    expect(dx * dy).toBeCloseTo(-0.5, 10);
    expect(dx * dx).toBeCloseTo(0.5, 10);
  });

  test("six-hump camel: six minima, two of them global", () => {
    const found = criticalPoints("(4 - 2.1x^2 + x^4/3)x^2 + x*y + (-4+4y^2)y^2", { window: { x: [-3, 3], y: [-2, 2] } });
    expect(kinds(found)).toEqual([6, 7, 2, 15]);
    const [first, second, third] = found.minima;
    expect([first.value, second.value, third.value].map((x) => x.toFixed(4))).toEqual(["-1.0316", "-1.0316", "-0.2155"]);
    expect([first.isGlobal, second.isGlobal, third.isGlobal]).toEqual([true, true, false]);
    expect(Math.abs(first.point.x)).toBeCloseTo(0.0898, 4);
  });

  test("Rosenbrock: one minimum, at which the condition number is about 2508", () => {
    const found = criticalPoints((x, y) => (1 - x) ** 2 + 100 * (y - x ** 2) ** 2, {
      window: [
        [-2, 2],
        [-1, 3],
      ],
    });
    expect(kinds(found)).toEqual([1, 0, 0, 1]);
    expectPoints(found.points, [[1, 1]], 1e-12);
    expect(found.minima[0].condition).toBeCloseTo(2508.01, 1);
    expect(found.minima[0].gradientNorm).toBeLessThan(1e-12);
  });

  test("x² − y²: a saddle of index 1; in three variables of index 2", () => {
    const [saddle] = criticalPoints("x^2 - y^2", {
      window: [
        [-2, 1],
        [-1, 2],
      ],
    }).points;
    expect(saddle).toMatchObject({ kind: "saddle", index: 1, decidedBy: "hessian", eigenvalues: [-2, 2], condition: 1 });
    const [other] = criticalPoints("x^2 - y^2 - 3z^2 + x", {
      window: [
        [-2, 1],
        [-1, 2],
        [-1, 2],
      ],
    }).points;
    expect(other).toMatchObject({ kind: "saddle", index: 2, point: [-0.5, 0, 0] });
  });

  test("the monkey saddle, which the neighbours decide", () => {
    const found = criticalPoints("x^3 - 3x*y^2", {
      window: [
        [-2, 2],
        [-2.5, 2],
      ],
    });
    expect(kinds(found)).toEqual([0, 1, 0, 1]);
    expect(found.points[0]).toMatchObject({ kind: "saddle", decidedBy: "neighbours", condition: Number.POSITIVE_INFINITY });
    expectPoints(found.points, [[0, 0]], 1e-12);
  });

  test("cosines: as many as there are multiples of π", () => {
    // cos x + cos y on [−10, 10]²: x, y ∈ π{−3 … 3}; 4 odd and 3 even multiples.
    const found = criticalPoints("cos(x) + cos(y)", { window: square(10) });
    expect(kinds(found)).toEqual([16, 24, 9, 49]);
    expect(found.points.every(({ point }) => point.every((x) => Math.abs(x / Math.PI - Math.round(x / Math.PI)) < 1e-14))).toBe(true);
  });

  test("functions of one, three and four variables", () => {
    const cubic = criticalPoints((x) => x ** 3 - 3 * x, { window: [-3, 3] });
    expect(cubic.points.map(({ kind, point, value }) => [kind, point, value])).toEqual([
      ["minimum", 1, -2],
      ["maximum", -1, 2],
    ]);
    expect(cubic.minima[0].isGlobal).toBe(false);
    expect(cubic.lowest).toEqual({ point: -3, value: -18 });
    expect(cubic.diagnosis).toContain("lower at the edge of the window");
    const wells = criticalPoints("(x^2-1)^2 + (y^2-1)^2 + z^2", {
      window: [
        [-2, 2],
        [-2, 2],
        [-2, 2],
      ],
      starts: 300,
    });
    expect(kinds(wells)).toEqual([4, 5, 0, 9]);
    const four = criticalPoints("(a-1)^2 + (b-2)^2 + (c+1)^2 + d^2*(1+a^2)", {
      window: { a: [-3, 3], b: [-3, 3], c: [-3, 3], d: [-3, 3] },
      starts: 60,
    });
    expect(four.points).toHaveLength(1);
    for (const [name, x] of Object.entries({ a: 1, b: 2, c: -1, d: 0 }))
      expect(Object.entries(four.points[0].point)).toContainEqual([name, expect.closeTo(x, 12)]);
  });
});

describe("where the Hessian is singular", () => {
  test("x³ is inconclusive, x⁴ a minimum, −x⁴ a maximum", () => {
    const [cube] = criticalPoints("x^3", { window: [-2, 3] }).points;
    expect(cube).toMatchObject({ kind: "inconclusive", decidedBy: "neighbours", point: 0, isGlobal: false });
    expect(cube.reason).toContain("inflection");
    expect(criticalPoints("x^4", { window: [-2, 3] }).points).toMatchObject([
      { kind: "minimum", decidedBy: "neighbours", isIsolated: true },
    ]);
    expect(criticalPoints("-(x-1)^4", { window: [-2, 3] }).points).toMatchObject([{ kind: "maximum", decidedBy: "neighbours" }]);
  });

  test("a valley is one minimum that is not isolated", () => {
    const found = criticalPoints("(x-y)^2", {
      window: [
        [-5, 5],
        [-4, 5],
      ],
    });
    expect(kinds(found)).toEqual([1, 0, 0, 1]);
    const [valley] = found.points;
    expect(valley).toMatchObject({ kind: "minimum", isIsolated: false, isGlobal: true });
    expect(valley.searches).toBeGreaterThan(500);
    expect(Math.abs(valley.directions[0][0] - valley.directions[0][1])).toBeLessThan(1e-12);
    expect(found.diagnosis).toContain("whole set of critical points");
  });

  test("a circle of minima around a maximum, and two parallel valleys", () => {
    expect(kinds(criticalPoints("(x^2+y^2-1)^2", { window: square(2) }))).toEqual([1, 0, 1, 2]);
    const parallel = criticalPoints("(x^2-1)^2 + 0*y", { window: square(2) });
    expect(kinds(parallel)).toEqual([2, 0, 1, 3]);
    expect(parallel.points.every(({ isIsolated }) => !isIsolated)).toBe(true);
  });

  test("a constant is a plateau", () => {
    expect(criticalPoints("5 + 0*x", { window: [-1, 2] }).points).toMatchObject([{ kind: "plateau", isIsolated: false }]);
  });
});

describe("no minimiser is claimed where there is none", () => {
  test.each<[string, Interval[]]>([
    ["exp(x)", [[-5, 5]]],
    ["exp(x)", [[-50, 5]]],
    ["exp(-x)", [[0, 300]]],
    [
      "exp(x) + y^2",
      [
        [-60, 5],
        [-1, 1],
      ],
    ],
    ["x", [[-1, 1]]],
    ["1/x", [[1, 1e6]]],
    ["atan(x)", [[-1e4, 1e4]]],
  ])("%s on %j", (text, window) => {
    const found = criticalPoints(text, { window, starts: 256 });
    expect(found.points).toEqual([]);
    expect(found.diagnosis).toContain("No critical point");
  });
});

test("takes constants, and what trace gives", () => {
  expect(criticalPoints((x, { a }) => (x - a) ** 2, { window: [-5, 5], constants: { a: 3 } }).points).toMatchObject([{ point: 3 }]);
  const f = (x: Tensor) =>
    x
      .sub(tensor([1, -1]))
      .square()
      .sum();
  const found = criticalPoints(trace(f, tensor([0, 0])), { window: square(3) });
  expect(found.points).toMatchObject([{ kind: "minimum", point: [1, -1] }]);
  expect(grad(f)(tensor([1, -1])).toArray()).toEqual([0, 0]);
});

test("refuses windows that cannot be searched", () => {
  for (const window of ["[[1]]", "[[2, 1]]", "[[0, 1], [0, 1], [0, 1]]", "5", "[]"])
    expect(() => criticalPoints("x + y", { window: JSON.parse(window) })).toThrow(SteepestError);
  expect(() => criticalPoints("log(x)", { window: [-2, -1] })).toThrow(/no finite value/);
  expect(() => criticalPoints("x^2", { window: [-2, -1], starts: 0 })).toThrow(/starts/);
});
