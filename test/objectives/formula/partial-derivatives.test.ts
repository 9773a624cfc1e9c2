import fc from "fast-check";
import { partialDerivatives, SteepestError, updateRules } from "steepest";
import { describe, expect, test } from "vitest";
import { type BinaryOperator, type Expression, nowhere } from "../../../src/objectives/formula/ast.js";
import { parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import type { FunctionName } from "../../../src/objectives/formula/functions.js";
import { format } from "../../../src/objectives/formula/print.js";
import { slopeOf, valueOf } from "./trees.js";

describe("the form that a person would write", () => {
  test.each<[string, string[]]>([
    ["x1^3 + 5x1*x2 - 3x2*x3^2", ["3x₁² + 5x₂", "5x₁ − 3x₃²", "−6x₂·x₃"]],
    ["(3x^3+2)^2", ["54x⁵ + 36x²"]],
    ["(x+1)(x+2)", ["2x + 3"]],
    ["-x*(x-1)", ["1 − 2x"]],
    ["(x-y)^2", ["2(x − y)", "−2(x − y)"]],
    ["(1-x)^2 + 100(y-x^2)^2", ["−2(1 − x) − 400x·(y − x²)", "200(y − x²)"]],
    ["(4 - 2.1x^2 + x^4/3)x^2 + x*y + (-4+4y^2)y^2", ["2x⁵ − 8.4x³ + 8x + y", "x + 16y³ − 8y"]],
    ["x/(x^2+1)", ["(1 − x²)/(x² + 1)²"]],
    ["(x+y)/(x-y)", ["−2y/(x − y)²", "2x/(x − y)²"]],
    ["log(x)/x", ["(1 − log(x))/x²"]],
    ["x*exp(x)", ["(1 + x)·exp(x)"]],
    ["x^x", ["x^x·(log(x) + 1)"]],
    ["x^(2/3)", ["2/(3x^(1/3))"]],
    ["x^1.3", ["1.3x^0.3"]],
    ["0.1x^2 + 0.2x^2", ["0.6x"]],
  ])("of %s", (text, expected) => {
    expect(Object.values(partialDerivatives(text, { unicode: true }))).toEqual(expected);
  });

  test("of plain functions, by the names in their text", () => {
    expect(partialDerivatives((x: number, y: number) => x ** 2 * y)).toEqual({ x: "2*x*y", y: "x^2" });
    expect(partialDerivatives((p: number[]) => p[0] * p[1] ** 3)).toEqual({ "p[0]": "p[1]^3", "p[1]": "3*p[0]*p[1]^2" });
    expect(partialDerivatives((x: number, { a }: { a: number }) => (x - a) ** 2, { constants: { a: 3 } })).toEqual({ x: "2*(x - a)" });
  });

  test("of formulas with data", () => {
    expect(partialDerivatives("mean((w*x - y)^2)", { constants: { x: [1, 2], y: [2, 4] } })).toEqual({ w: "2*mean(x*(w*x - y))" });
  });

  test("not of what nobody could read", () => {
    const text = Array.from({ length: 110 }, () => "x").join("*");
    expect(() => partialDerivatives(text)).toThrow(SteepestError);
    expect(() => partialDerivatives(text)).toThrow(/too large/);
  });
});

describe("the rule of descent", () => {
  test.each<[string, Parameters<typeof updateRules>[1], string[]]>([
    ["0.5x^2 + 2y^2 + x*y", { learningRate: 0.1 }, ["x ← x − 0.1·(x + y)", "y ← y − 0.1·(4y + x)"]],
    ["x1^2 - x2^2", {}, ["x₁ ← x₁ − α·2x₁", "x₂ ← x₂ − α·(−2x₂)"]],
    ["x + 0*y", { learningRate: 0.5 }, ["x ← x − 0.5·1", "y ← y"]],
    ["x*y", { unicode: false, learningRate: "rate" }, ["x <- x - rate*y", "y <- y - rate*x"]],
  ])("of %s", (text, options, expected) => {
    expect(Object.values(updateRules(text, options))).toEqual(expected);
  });
});

const binary = (operator: BinaryOperator, left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
  span: nowhere,
});
const name = (text: string): Expression => ({ kind: "name", name: text, span: nowhere });
const number = (value: number): Expression => ({ kind: "number", value, span: nowhere });
const call = (of: FunctionName, value: Expression): Expression => ({ kind: "call", name: of, arguments: [value], span: nowhere });

/** Formulas such as people write: smooth, of moderate size and depth. */
const { formula } = fc.letrec<{ formula: Expression }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 4, depthIdentifier: "formula" },
    { weight: 3, arbitrary: fc.constantFrom("x", "y", "z").map(name) },
    { weight: 2, arbitrary: fc.constantFrom(1, 2, 3, 0.5, 0.1, 7, 2.1).map(number) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom<BinaryOperator>("+", "-", "*", "/"), tie("formula"), tie("formula"))
        .map(([o, l, r]) => binary(o, l, r)),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(tie("formula"), fc.constantFrom(2, 3, 4, -1, 0.5))
        .map(([l, n]) => binary("^", l, n < 0 ? { kind: "unary", operator: "-", operand: number(-n), span: nowhere } : number(n))),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom<FunctionName>("sin", "cos", "exp", "log", "sqrt", "tanh", "sigmoid", "atan"), tie("formula"))
        .map(([f, u]) => call(f, u)),
    },
    { weight: 1, arbitrary: tie("formula").map((operand): Expression => ({ kind: "unary", operator: "-", operand, span: nowhere })) },
    { weight: 1, arbitrary: fc.tuple(tie("formula"), tie("formula")).map(([l, r]) => binary("^", call("exp", l), r)) },
  ),
}));

test("what is printed reads again, and has the value that the engine's derivative has", () => {
  let compared = 0;
  fc.assert(
    fc.property(formula, fc.tuple(...["x", "y", "z"].map(() => fc.double({ min: 0.3, max: 1.9, noNaN: true }))), (tree, [x, y, z]) => {
      const text = format(tree);
      fc.pre(text.length < 200 && /[xyz]/.test(text.replaceAll(/[a-z]{2,}/g, "")));
      const parsed = parseFormula(text);
      const values = { x, y, z };
      for (const [variable, printed] of Object.entries(partialDerivatives(text))) {
        const exact = slopeOf(parsed, values, variable);
        if (!(Math.abs(exact) < 1e6)) continue;
        const again = parseFormula(printed, { variables: ["x", "y", "z"] });
        const value = valueOf(again, values);
        // Forms differ in what cancels: how much, shows where the point moves by a few units in its last place.
        const nearby = [1, -1].flatMap((sign) => {
          const moved = { x: x * (1 + sign * 1e-13), y: y * (1 - sign * 2e-13), z: z * (1 + sign * 3e-13) };
          return [valueOf(again, moved), slopeOf(parsed, moved, variable)];
        });
        const unsure = Math.max(...nearby.map((other) => Math.abs(other - exact)));
        if (!Number.isFinite(unsure) || unsure > 1e-6 * Math.max(1, Math.abs(exact))) continue;
        compared++;
        expect(Math.abs(value - exact), `∂(${text})/∂${variable} = ${printed}`).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(exact)) + 10 * unsure,
        );
      }
    }),
    { numRuns: 600, seed: 7 },
  );
  expect(compared).toBeGreaterThan(300);
});
