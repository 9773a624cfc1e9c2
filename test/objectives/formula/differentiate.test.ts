import { describe, expect, test } from "vitest";
import { differentiate, symbolicGradient } from "../../../src/objectives/formula/differentiate.js";
import { parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import { parseFunction } from "../../../src/objectives/formula/function-parser.js";
import { format } from "../../../src/objectives/formula/print.js";
import { slopeOf, valueOf } from "./trees.js";

/** Derivatives as a textbook writes them. */
describe("printed gradients", () => {
  test.each<[string, string[]]>([
    ["x1^3 + 5x1*x2 - 3x2*x3^2", ["3*x1^2 + 5*x2", "5*x1 - 3*x3^2", "-6*x2*x3"]],
    ["0.5x^2 + 2y^2 + x*y", ["x + y", "4*y + x"]],
    ["(1-x)^2 + 100(y-x^2)^2", ["-2*(1 - x) - 400*x*(y - x^2)", "200*(y - x^2)"]],
    ["x^2/2", ["x"]],
    ["x^3/3 - x/2", ["x^2 - 1/2"]],
    ["sqrt(x)", ["1/(2*sqrt(x))"]],
    ["1/x", ["-1/x^2"]],
    ["log(x)", ["1/x"]],
    ["e^x + exp(2x)", ["e^x + 2*exp(2*x)"]],
    ["2^x", ["2^x*log(2)"]],
    ["sin(x)cos(y)", ["cos(x)*cos(y)", "-sin(x)*sin(y)"]],
    ["sin²(x)", ["2*sin(x)*cos(x)"]],
    ["|x - y|", ["sign(x - y)", "-sign(x - y)"]],
    ["max(x, y)", ["x > y ? 1 : 0", "x > y ? 0 : 1"]],
    ["tanh(x)", ["1 - tanh(x)^2"]],
    ["x + 3 - x", ["0"]],
    ["5", []],
    ["pi*x^2", ["2*pi*x"]],
  ])("of %s", (text, expected) => {
    const parsed = parseFormula(text);
    expect(symbolicGradient(parsed, parsed.variables)?.map((slope) => format(slope))).toEqual(expected);
  });

  test("with the signs of mathematics", () => {
    const parsed = parseFormula("x1^3 + 5x1*x2 - 3x2*x3^2");
    expect(symbolicGradient(parsed, parsed.variables)?.map((slope) => format(slope, { unicode: true }))).toEqual([
      "3x₁² + 5x₂",
      "5x₁ − 3x₃²",
      "−6x₂·x₃",
    ]);
  });

  test("over data", () => {
    const parsed = parseFormula("mean((w0 + w1*x - y)^2)", { arrays: ["x", "y"] });
    expect(parsed.variables.map((name) => format(differentiate(parsed.result, name)))).toEqual([
      "2*mean(w0 + w1*x - y)",
      "2*mean(x*(w0 + w1*x - y))",
    ]);
  });

  test("of a function, with its locals written out", () => {
    const parsed = parseFunction((p: number[]) => {
      const r = p[0] - p[1];
      return r * r;
    });
    expect(symbolicGradient(parsed, ["p[0]", "p[1]"])?.map((slope) => format(slope))).toEqual(["2*(p[0] - p[1])", "-2*(p[0] - p[1])"]);
  });

  test("not of what is too large to read", () => {
    const parsed = parseFormula(Array.from({ length: 110 }, () => "x").join("*"));
    expect(symbolicGradient(parsed, ["x"])).toBeUndefined();
  });
});

test("the printed derivative has the value that the engine's has", () => {
  const formulas = [
    "x1^3 + 5x1*x2 - 3x2*x1^2",
    "(1-x1)^2 + 100(x2-x1^2)^2",
    "x1^x2",
    "x1^-2.5 * x2",
    "x1/x2 + x2/(x1 + 1)^2",
    "exp(-(x1^2 + x2^2)/2)",
    "sin(x1 x2)cos(x1)tan(x2)",
    "asin(x1/3) + acos(x2/3) + atan(x1 x2)",
    "sinh(x1) + cosh(x2) tanh(x1)",
    "asinh(x1) + acosh(1 + x2) + atanh(x1/3)",
    "log(x1) log2(x2) + log10(x1) log1p(x2) + expm1(x1)",
    "cbrt(x1) + sqrt(x1 + x2) + hypot(x1, x2, 3)",
    "atan2(x1, x2)",
    "max(x1, x2, 1) + min(x1, x2)",
    "relu(x1 - x2) + sigmoid(x1 x2) + softplus(x1)",
    "|x1 - x2|^3",
    "x1 > x2 ? x1^2 : x2^3",
    "floor(x1) x2 + round(x2) + trunc(x1) + ceil(x2) + sign(x1)",
    "2^x1 / 3^x2",
    "e^(x1 x2)",
    "((x1 + x2)^2 + x1)^3",
    "x1*(x2 - (x1 - (x2 - 1)))",
    "mean((x1 + x2*t)^2) - sum(x1*t)/5",
  ];
  for (const text of formulas)
    for (const [x1, x2] of [
      [0.7, 1.6],
      [1.3, 0.4],
    ]) {
      const parsed = parseFormula(text, { arrays: ["t"] });
      // sum(1) over data has no meaning once its arrays are gone: keep them in the sum.
      const values = { x1, x2, t: [0.5, -1, 2] };
      for (const name of ["x1", "x2"]) {
        const printed = valueOf({ locals: [], result: differentiate(parsed.result, name) }, values);
        const exact = slopeOf(parsed, values, name);
        expect(Math.abs(printed - exact), `∂(${text})/∂${name}`).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(exact)));
      }
    }
});
