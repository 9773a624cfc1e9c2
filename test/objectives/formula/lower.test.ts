import { describe, expect, test } from "vitest";
import { parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import { parseFunction, parseFunctionText } from "../../../src/objectives/formula/function-parser.js";
import { mathFunctions } from "../../../src/objectives/formula/functions.js";
import { slopeOf, valueOf } from "./trees.js";

/** Points inside the domain of each function that is not defined everywhere. */
const domains = new Map([
  ["sqrt", [0.25, 2, 1e6]],
  ["log", [0.25, 2, 1e6]],
  ["log1p", [-0.5, 1e-9, 2]],
  ["log2", [0.25, 3, 1e6]],
  ["log10", [0.25, 3, 1e6]],
  ["asin", [-0.75, 0, 0.5]],
  ["acos", [-0.75, 0, 0.5]],
  ["acosh", [1.0001, 1.5, 40]],
  ["atanh", [-0.75, 1e-9, 0.5]],
  ["tan", [-1.2, 0, 0.7]],
  ["exp", [-20, 0, 3]],
  ["expm1", [-20, 1e-9, 3]],
  ["sinh", [-3, 1e-9, 3]],
  ["cosh", [-3, 0, 3]],
]);
const math: ReadonlyMap<string, unknown> = new Map(
  Object.getOwnPropertyNames(Math).map((name) => [name, Object.getOwnPropertyDescriptor(Math, name)?.value]),
);

describe("every function of Math that a plain function may call", () => {
  test.each([...mathFunctions.keys()])("Math.%s", (name) => {
    const f = math.get(name);
    if (typeof f !== "function") throw new Error(`Math.${name} is missing`);
    const count = f.length === 2 && !["max", "min", "hypot"].includes(name) ? 2 : ["max", "min", "hypot"].includes(name) ? 3 : 1;
    const points = domains.get(name) ?? [-2.75, -1, -0.3, 0, 0.6, 1.5, 30.25];
    const bases = name === "pow" ? [0.3, 2, 7] : points;
    const parsed = parseFunctionText(`(a, b, c) => Math.${name}(${["a", "b", "c"].slice(0, count).join(", ")})`);
    for (const a of bases)
      for (const b of count > 1 ? points : [0]) {
        const values = [a, b, -0.2].slice(0, count);
        const expected: unknown = Reflect.apply(f, undefined, values);
        if (typeof expected !== "number") throw new Error("no number");
        // The longest chains (acosh, cbrt, log10) round a few times: 16 units of the last place.
        expect(Math.abs(valueOf(parsed, { a, b, c: -0.2 }) - expected), `${name}(${values.join(", ")})`).toBeLessThanOrEqual(
          16 * Number.EPSILON * Math.abs(expected),
        );
      }
  });
});

test("functions that Math lacks", () => {
  for (const x of [-30, -1.5, 0, 0.3, 20]) {
    expect(valueOf(parseFormula("relu(x)"), { x })).toBe(Math.max(x, 0));
    expect(valueOf(parseFormula("sigmoid(x)"), { x })).toBeCloseTo(1 / (1 + Math.exp(-x)), 14);
    expect(valueOf(parseFormula("softplus(x)"), { x })).toBeCloseTo(Math.log(1 + Math.exp(x)), 12);
  }
});

describe("whole powers are exact products", () => {
  test.each([
    ["x^2", 9.3, 9.3 * 9.3],
    ["x^3", 1.1, 1.1 * 1.1 * 1.1],
    ["x^-2", 3, 1 / 9],
    ["x^0", 5, 1],
    ["x^0.5", 2, Math.SQRT2],
  ])("%s", (text, x, expected) => {
    expect(valueOf(parseFormula(text), { x })).toBe(expected);
  });
});

describe("odd functions keep their slope at 0", () => {
  test.each(["sinh", "asinh", "tanh", "asin", "atan", "atanh"])("%s", (name) => {
    expect(slopeOf(parseFormula(`${name}(x)`), { x: 0 }, "x")).toBe(1);
  });
});

describe("a branch that is not chosen leaves the gradient alone", () => {
  test.each<[string, number, number, number]>([
    // text, x, value, slope: by hand
    ["x > 0 ? log(x) : 2x", 0, 0, 2],
    ["x > 0 ? sqrt(x) : x", 0, 0, 1],
    ["x != 0 ? sin(x)/x : 1 + x", 0, 1, 1],
    ["x > 0 ? x^-1 : 3x", 0, 0, 3],
    ["x > 0 ? x^0.3 : 3x", 0, 0, 3],
    ["x < 5 ? x : exp(x^4)", 2, 2, 1],
    ["x < 5 ? x : exp(1000x)", 4, 4, 1],
    ["x > 0 ? (x > 1 ? log(x - 1) : x) : 5", 1, 1, 1],
    ["abs(x) < 1 ? asin(x) : x", 1, 1, 1],
  ])("%s at %f", (text, x, value, slope) => {
    expect(valueOf(parseFormula(text), { x })).toBe(value);
    expect(slopeOf(parseFormula(text), { x }, "x")).toBe(slope);
  });

  test("nor does a local that only such a branch uses", () => {
    const parsed = parseFunction((x: number) => {
      const inverse = 1 / x;
      return x === 0 ? 4 * x : inverse;
    });
    expect(slopeOf(parsed, { x: 0 }, "x")).toBe(4);
    expect(slopeOf(parsed, { x: 2 }, "x")).toBe(-0.25);
  });

  test("element by element, and without touching the data of a mean inside", () => {
    const parsed = parseFormula("sum(x > 0 ? w*log(x)*mean(log(y)) : w)", { arrays: ["x", "y"] });
    const values = { w: 3, x: [-1, 0, Math.E], y: [Math.E, Math.E ** 2, Math.E ** 3] };
    expect(valueOf(parsed, values)).toBeCloseTo(3 + 3 + 3 * 2, 12);
    expect(slopeOf(parsed, values, "w")).toBeCloseTo(1 + 1 + 2, 12);
  });
});

test("the slope is the limit of the difference quotient", () => {
  const formulas = [
    "atan2(x, 2)",
    "atan2(2, x)",
    "hypot(x, 3)",
    "cbrt(x)",
    "asinh(x)",
    "log2(x^2 + 1)",
    "x^x",
    "2^x",
    "max(x, x^2)",
    "sigmoid(x)",
    "x > 1 ? x^3 : 1/x",
    "|x - 3|",
  ];
  // Central differences with h = 1e-5: error h²·f‴/6 + ε·|f|/h. The largest f‴ is that of 1/x at 0.4, 6/x⁴ = 234: 3.9e-9.
  const h = 1e-5;
  for (const text of formulas)
    for (const x of [0.4, 1.7]) {
      const parsed = parseFormula(text);
      const quotient = (valueOf(parsed, { x: x + h }) - valueOf(parsed, { x: x - h })) / (2 * h);
      expect(Math.abs(slopeOf(parsed, { x }, "x") - quotient), `${text} at ${x}`).toBeLessThan(5e-9);
    }
});
