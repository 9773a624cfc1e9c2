import { describe, expect, test } from "vitest";
import { parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import { shown, type Values, valueOf } from "./trees.js";

describe("the structure of a formula", () => {
  test.each([
    // products without a sign
    ["2x", "(2 * x)"],
    ["2 x y", "((2 * x) * y)"],
    ["2(x+1)", "(2 * (x + 1))"],
    ["(x+1)(y+2)", "((x + 1) * (y + 2))"],
    ["x y", "(x * y)"],
    ["x(y+1)", "(x * (y + 1))"],
    ["x1(x2+1)", "(x1 * (x2 + 1))"],
    ["2x^2y", "((2 * (x ^ 2)) * y)"],
    ["x²y³", "((x ^ 2) * (y ^ 3))"],
    ["2πr", "((2 * pi) * r)"],
    ["cos(x)cos(y)", "(cos(x) * cos(y))"],
    ["2|x|", "(2 * abs(x))"],
    ["x₁x₂", "(x1 * x2)"],
    ["2x/3", "((2 * x) / 3)"],
    ["2·x × y ÷ 3 − 1", "((((2 * x) * y) / 3) - 1)"],
    // powers and signs
    ["x^2", "(x ^ 2)"],
    ["x**2", "(x ^ 2)"],
    ["x²", "(x ^ 2)"],
    ["x¹²", "(x ^ 12)"],
    ["x⁻¹", "(x ^ (-1))"],
    ["x^-2", "(x ^ (-2))"],
    ["x^-y^2", "(x ^ (-(y ^ 2)))"],
    ["-x^2", "(-(x ^ 2))"],
    ["-x²", "(-(x ^ 2))"],
    ["2^3^2", "(2 ^ (3 ^ 2))"],
    ["(2^3)^2", "((2 ^ 3) ^ 2)"],
    ["-2x", "((-2) * x)"],
    ["x*-y", "(x * (-y))"],
    ["+x", "x"],
    ["x - -y", "(x - (-y))"],
    ["a-b-c", "((a - b) - c)"],
    ["a/b/c", "((a / b) / c)"],
    ["½x²", "(0.5 * (x ^ 2))"],
    ["⅓x", "((1 / 3) * x)"],
    ["x^½", "(x ^ 0.5)"],
    // numbers
    [".5x", "(0.5 * x)"],
    ["1e3x", "(1000 * x)"],
    ["1e-2", "0.01"],
    ["2e", "(2 * e)"],
    ["2e - 3", "((2 * e) - 3)"],
    ["e^x", "(e ^ x)"],
    ["pi π", "(pi * pi)"],
    // bars
    ["|x|", "abs(x)"],
    ["|x| + |y|", "(abs(x) + abs(y))"],
    ["||x|-1|", "abs((abs(x) - 1))"],
    ["|x|y|z|", "((abs(x) * y) * abs(z))"],
    ["|(2|x|)|", "abs((2 * abs(x)))"],
    ["|x|^2", "(abs(x) ^ 2)"],
    // calls
    ["max(x,y,2)", "max(x, y, 2)"],
    ["ln(x)", "log(x)"],
    ["arctan(x)", "atan(x)"],
    ["sin²(x)", "(sin(x) ^ 2)"],
    ["sin^2(x)", "(sin(x) ^ 2)"],
    ["pow(x, 3)", "(x ^ 3)"],
    ["3sin(2x)", "(3 * sin((2 * x)))"],
    // conditions
    ["x > 0 ? x : 0", "((x > 0) ? x : 0)"],
    ["x > 0 ? 1 : x < -1 ? 2 : 3", "((x > 0) ? 1 : ((x < (-1)) ? 2 : 3))"],
    ["if(x≥0, x, -x)", "((x >= 0) ? x : (-x))"],
    ["x>0 and y>0 or x<y ? 1 : 0", "((((x > 0) && (y > 0)) || (x < y)) ? 1 : 0)"],
    ["x>0 && y>0 || x≠y ? 1 : 0", "((((x > 0) && (y > 0)) || (x != y)) ? 1 : 0)"],
    ["not x == y ? 1 : 0", "((!(x == y)) ? 1 : 0)"],
    ["!(x <= y) ? 1 : 0", "((!(x <= y)) ? 1 : 0)"],
    ["x>0||y>0 ? 1 : 0", "(((x > 0) || (y > 0)) ? 1 : 0)"],
    // names and space
    ["theta_1 + θ₂ + x_1", "((theta_1 + θ2) + x_1)"],
    ["µ - μ", "(μ - μ)"],
    ["  x\n + y\t", "(x + y)"],
  ])("%s", (text, structure) => {
    expect(shown(parseFormula(text).result)).toBe(structure);
  });
});

describe("the value of a formula is what the same arithmetic gives in JavaScript", () => {
  const x = 1.25;
  const y = -0.75;
  test.each<[string, number, Values]>([
    ["0.5x^2 + 2y^2 + x*y", 0.5 * x * x + 2 * y * y + x * y, { x, y }],
    ["(1-x)^2 + 100(y-x^2)^2", (1 - x) ** 2 + 100 * (y - x * x) ** 2, { x, y }],
    ["-cos(x)cos(y)exp(-(x-π)²-(y-π)²)", -Math.cos(x) * Math.cos(y) * Math.exp(-((x - Math.PI) ** 2) - (y - Math.PI) ** 2), { x, y }],
    ["mean((w0 + w1*x - y)^2)", ((1 + 2 - 4) ** 2 + (1 + 4 - 3) ** 2) / 2, { w0: 1, w1: 2, x: [1, 2], y: [4, 3] }],
    ["sum(|x|)/2 + w", (1 + 2) / 2 + 5, { w: 5, x: [1, -2] }],
    ["x > 1 and y < 0 ? 2x : y/3", 2 * x, { x, y }],
    ["e^-x + 2^y", Math.exp(-x) + 2 ** y, { x, y }],
  ])("%s", (text, expected, values) => {
    const arrays = Object.keys(values).filter((name) => typeof values[name] !== "number");
    expect(valueOf(parseFormula(text, { arrays }), values)).toBeCloseTo(expected, 12);
  });
});

describe("variables", () => {
  test.each<[string, string[]]>([
    ["0.5x^2 + 2y^2 + x*y", ["x", "y"]],
    ["100(y-x^2)^2 + (1-x)^2", ["x", "y"]],
    ["x10 + x2 + x1", ["x1", "x2", "x10"]],
    ["b2 + a + B1", ["a", "B1", "b2"]],
    ["w_10 w_9", ["w_9", "w_10"]],
    ["e^x + pi", ["x"]],
  ])("of %s come in natural order", (text, names) => {
    expect(parseFormula(text).variables).toEqual(names);
  });

  test("come in the declared order, used or not", () => {
    expect(parseFormula("x + y", { variables: ["y", "z", "x"] }).variables).toEqual(["y", "z", "x"]);
  });

  test("may be declared by a left side", () => {
    const parsed = parseFormula("f(y, x) = x^2 + y");
    expect(parsed.variables).toEqual(["y", "x"]);
    expect(parsed.left?.name).toBe("f");
    expect(parsed.left?.parameters).toEqual(["y", "x"]);
  });

  test("e, and names of several letters, are variables when declared", () => {
    expect(shown(parseFormula("2e + ab(c)", { variables: ["e", "ab", "c"] }).result)).toBe("((2 * e) + (ab * c))");
    expect(parseFormula("2e", { variables: ["e"] }).result).toMatchObject({ right: { kind: "name", name: "e" } });
    expect(parseFormula("2e").result).toMatchObject({ right: { kind: "number", symbol: "e", value: Math.E } });
  });

  test("are neither constants nor arrays", () => {
    const parsed = parseFormula("mean((w*x - y)^2) + lambda*w^2", { arrays: ["x", "y", "unused"], constants: ["lambda"] });
    expect(parsed.variables).toEqual(["w"]);
    expect(parsed.arrays).toEqual(["x", "y"]);
    expect(parsed.constants).toEqual(["lambda"]);
  });
});

describe("a curve", () => {
  test("has a left side, and one value per element of its data", () => {
    const parsed = parseFormula("y = b1*(1 - exp(-b2*x))", { arrays: ["x", "y"] });
    expect(parsed.left?.name).toBe("y");
    expect(parsed.variables).toEqual(["b1", "b2"]);
    expect(parsed.arrays).toEqual(["x", "y"]);
    expect(parsed.spread).toBe(true);
    expect(shown(parsed.result)).toBe("(b1 * (1 - exp(((-b2) * x))))");
  });
});

test("nodes know where they stand", () => {
  const source = "x +\n sin(2y)";
  const { result } = parseFormula(source);
  expect(result).toMatchObject({ span: { start: 0, end: source.length, line: 1, column: 1 } });
  expect(result).toMatchObject({ right: { kind: "call", span: { start: 5, end: 12, line: 2, column: 2 } } });
});
