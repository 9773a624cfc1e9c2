import { checkConvexity, criticalPoints, type Interval, SteepestError, type Tensor, tensor, trace } from "steepest";
import { describe, expect, test } from "vitest";
import { curvatureOf } from "../../src/objectives/formula/composition.js";
import { parseFormula } from "../../src/objectives/formula/formula-parser.js";
import { type Range, rangeOf } from "../../src/objectives/formula/range.js";

const five: Interval[] = [
  [-5, 5],
  [-5, 5],
];

describe("convex, proven", () => {
  test.each<[string, Interval[], boolean | undefined, string]>([
    ["exp(x)", [[-5, 5]], true, "hessian-bounds"],
    ["x^2 + x*y + y^2", five, true, "quadratic"],
    ["(x-y)^2", five, false, "quadratic"],
    ["3x - 2y + 1", five, false, "quadratic"],
    ["|x| + |y - 2|", five, undefined, "composition"],
    ["max(x, y, 3 - x)", five, undefined, "composition"],
    ["x^4", [[-2, 2]], undefined, "composition"],
    [
      "exp(x^2 + y^2)",
      [
        [-1, 1],
        [-1, 1],
      ],
      true,
      "hessian-bounds",
    ],
    ["log(1 + exp(x)) + 0.01x^2", [[-5, 5]], true, "hessian-bounds"],
    ["-log(x)", [[0.1, 5]], true, "hessian-bounds"],
    ["x*log(x)", [[0.1, 5]], true, "hessian-bounds"],
    ["x^3", [[0.5, 2]], true, "hessian-bounds"],
    ["softplus(x - y) + |x|", five, undefined, "composition"],
    ["1/x", [[0.5, 3]], true, "hessian-bounds"],
  ])("%s on %j", (text, window, strictly, proof) => {
    expect(checkConvexity(text, { window })).toMatchObject({ verdict: "convex", strictly, proof, witness: undefined });
  });

  test("eˣ is strictly convex, and has no minimiser", () => {
    expect(checkConvexity("exp(x)", { window: [-5, 5] }).diagnosis).toContain("does not promise that there is one");
    expect(criticalPoints("exp(x)", { window: [-5, 5] }).minima).toEqual([]);
  });
});

describe("not convex, with a witness", () => {
  test.each<[string, Interval[]]>([
    ["x^4 - x^2", [[-2, 2]]],
    ["x*y", five],
    ["sin(x)", [[0, 6]]],
    ["(1-x)^2 + 100(y-x^2)^2", five],
    ["-x^2", [[1, 2]]],
  ])("%s bends down somewhere", (text, window) => {
    const { verdict, strictly, witness } = checkConvexity(text, { window });
    expect([verdict, strictly]).toEqual(["not-convex", false]);
    if (witness?.kind !== "hessian") throw new Error("the witness is a point");
    expect(witness.eigenvalue).toBeLessThan(0);
    // The witness speaks for itself: f bends down along the direction.
    const ranges = (x: readonly number[]) =>
      new Map(parseFormula(text).variables.map((name, i): [string, Range] => [name, { low: x[i], high: x[i] }]));
    const f = (t: number) => {
      const { low, high } = rangeOf(parseFormula(text).result, ranges(witness.point.map((x, i) => x + t * witness.direction[i])));
      return 0.5 * (low + high);
    };
    if (text !== "sin(x)") expect(f(0.01) + f(-0.01)).toBeLessThan(2 * f(0));
  });

  test.each<[string, Interval[]]>([
    ["min(x, -x)", [[-2, 3]]],
    ["-|x|", [[-2, 3]]],
    ["floor(x)", [[-2, 3]]],
  ])("%s has two points whose middle lies too high", (text, window) => {
    const { verdict, witness } = checkConvexity(text, { window });
    expect(verdict).toBe("not-convex");
    if (witness?.kind !== "midpoint") throw new Error("the witness is a pair of points");
    expect(witness.valueAtMiddle).toBeGreaterThan(witness.meanOfValues);
  });
});

test("what cannot be proven is not claimed", () => {
  // |x|·|x| is x², but the rules of composition do not see it, and a kink has no Hessian.
  const check = checkConvexity("|x|*|x|", { window: [-2, 2], samples: 300 });
  expect(check).toMatchObject({ verdict: "no-counterexample", strictly: undefined, proof: undefined, tried: { points: 300, pairs: 300 } });
  expect(check.diagnosis).toContain("proves nothing");
  const f = (x: Tensor) => x.square().sum();
  expect(checkConvexity(trace(f, tensor([0, 0])), { window: five }).verdict).toBe("no-counterexample");
  expect(() => checkConvexity("x^2", { window: [-1, 1], samples: 0 })).toThrow(SteepestError);
});

test("ranges hold every value that the expression takes", () => {
  const texts = [
    "x^2 - 3x*y",
    "exp(x)/(2+cos(y))",
    "sqrt(1+x^2)*tanh(y)",
    "(x-y)^3",
    "(x+2)^-2*y",
    "|x|-max(x,y)",
    "x > y ? x : sinh(y)",
    "log(3+x)*atan(y)",
    "x^2.5",
  ];
  const box = new Map<string, Range>([
    ["x", { low: -1.5, high: 0.75 }],
    ["y", { low: 0.25, high: 2 }],
  ]);
  for (const text of texts) {
    const { result } = parseFormula(text, { variables: ["x", "y"] });
    const all = rangeOf(result, box);
    for (let i = 0; i <= 20; i++)
      for (let j = 0; j <= 20; j++) {
        const [x, y] = [-1.5 + (2.25 * i) / 20, 0.25 + (1.75 * j) / 20];
        const value = rangeOf(
          result,
          new Map([
            ["x", { low: x, high: x }],
            ["y", { low: y, high: y }],
          ]),
        );
        if (!Number.isFinite(value.low) || !Number.isFinite(value.high)) continue;
        expect(0.5 * (value.low + value.high), `${text} at ${x}, ${y}`).toBeGreaterThanOrEqual(all.low);
        expect(0.5 * (value.low + value.high), `${text} at ${x}, ${y}`).toBeLessThanOrEqual(all.high);
      }
  }
});

test.each([
  ["x^2 + exp(y)", "convex"],
  ["log(x+6)", "concave"],
  ["x*y", "unknown"],
  ["(x^2)^2", "convex"],
  ["(x^2 - 1)^2", "unknown"],
  ["sqrt(x)", "unknown"],
  ["2^x", "convex"],
  ["-exp(-x)", "concave"],
  ["exp(-x^2)", "unknown"],
  ["1/(1+x^2)", "unknown"],
  ["max(x^2, |y|) - log(y+7)", "convex"],
  ["3", "constant"],
])("the curvature of %s by its composition is %s", (text, expected) => {
  const ranges = new Map<string, Range>(["x", "y"].map((name) => [name, { low: -5, high: 5 }]));
  expect(curvatureOf(parseFormula(text, { variables: ["x", "y"] }).result, ranges, new Set(["x", "y"]))).toBe(expected);
});
