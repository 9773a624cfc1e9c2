import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BinaryOperator, type Expression, nowhere } from "../../../src/objectives/formula/ast.js";
import { parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import { parseFunctionText } from "../../../src/objectives/formula/function-parser.js";
import { type FunctionName, functions } from "../../../src/objectives/formula/functions.js";
import { format } from "../../../src/objectives/formula/print.js";
import { shown } from "./trees.js";

describe("as few parentheses as reading needs", () => {
  test.each([
    ["((x)+(y))+z", "x + y + z"],
    ["x+(y+z)", "x + (y + z)"],
    ["x-(y-z)", "x - (y - z)"],
    ["(x*y)/z", "x*y/z"],
    ["x/(y*z)", "x/(y*z)"],
    ["-(x^2)", "-x^2"],
    ["(-x)^2", "(-x)^2"],
    ["-(x*y)", "-(x*y)"],
    ["(x^y)^z", "(x^y)^z"],
    ["x^(y^z)", "x^y^z"],
    ["x^(-2)", "x^-2"],
    ["x^(y+1)", "x^(y + 1)"],
    ["2(x+1)", "2*(x + 1)"],
    ["|x|", "abs(x)"],
    ["(x>0) and (y>0) ? (x) : (y)", "x > 0 && y > 0 ? x : y"],
    ["(x>0 ? 1 : 2) + 1", "(x > 0 ? 1 : 2) + 1"],
    ["x>0 ? 1 : (y>0 ? 2 : 3)", "x > 0 ? 1 : y > 0 ? 2 : 3"],
    ["not (x>0) ? 1 : 0", "!(x > 0) ? 1 : 0"],
  ])("%s", (text, expected) => {
    expect(format(parseFormula(text).result)).toBe(expected);
  });
});

describe("with the signs of mathematics", () => {
  test.each([
    ["3*x1^2 + 5*x2", "3x₁² + 5x₂"],
    ["-6x2*x3", "−6x₂·x₃"],
    ["2*x*y", "2x·y"],
    ["2*3^x", "2·3^x"],
    ["2*e1", "2·e₁"],
    ["theta_1*2pi", "θ₁·2·π"],
    ["x^-1 + x^12", "x⁻¹ + x¹²"],
    ["2|x|", "2|x|"],
    ["|2|x||".replace("|2|x||", "abs(2|x|)"), "abs(2|x|)"],
    ["x >= 0 ? x : -x", "x ≥ 0 ? x : −x"],
  ])("%s", (text, expected) => {
    const parsed = parseFormula(text, /e1/.test(text) ? { variables: ["e1"] } : {});
    expect(format(parsed.result, { unicode: true })).toBe(expected);
  });

  test("elements and properties lose their brackets", () => {
    expect(format(parseFunctionText("x => 2 * x[0] * x[12]").result, { unicode: true })).toBe("2x₀·x₁₂");
    expect(format(parseFunctionText("p => 2 * p.x").result, { unicode: true })).toBe("2x");
  });
});

const names = fc.constantFrom("x", "y", "theta_1", "w10", "α");
const numbers = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => Math.abs(value)),
  fc.nat(1000),
  fc.constantFrom(0.5, 1e21, 1e-7, 5e-324),
);
const unary = [...functions.values()].filter((entry) => entry.fewest === 1 && !entry.reduces).map((entry) => entry.name);

const binary = (operator: BinaryOperator, left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
  span: nowhere,
});

/** Trees as the grammar can make them: numbers where numbers belong, conditions where conditions do. */
const { tree } = fc.letrec<{ tree: Expression; condition: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, depthIdentifier: "tree" },
    names.map((name): Expression => ({ kind: "name", name, span: nowhere })),
    numbers.map((value): Expression => ({ kind: "number", value, span: nowhere })),
    fc.constantFrom<Expression>(
      { kind: "number", value: Math.PI, symbol: "pi", span: nowhere },
      { kind: "number", value: Math.E, symbol: "e", span: nowhere },
    ),
    tie("tree").map((operand): Expression => ({ kind: "unary", operator: "-", operand, span: nowhere })),
    fc.tuple(fc.constantFrom<BinaryOperator>("+", "-", "*", "/", "^"), tie("tree"), tie("tree")).map(([op, l, r]) => binary(op, l, r)),
    fc
      .tuple(fc.constantFrom<FunctionName>(...unary), tie("tree"))
      .map(([name, value]): Expression => ({ kind: "call", name, arguments: [value], span: nowhere })),
    fc
      .tuple(fc.constantFrom<FunctionName>("min", "max", "hypot"), tie("tree"), tie("tree"))
      .map(([name, a, b]): Expression => ({ kind: "call", name, arguments: [a, b], span: nowhere })),
    fc
      .tuple(tie("condition"), tie("tree"), tie("tree"))
      .map(([test, yes, no]): Expression => ({ kind: "conditional", test, yes, no, span: nowhere })),
  ),
  condition: fc.oneof(
    { maxDepth: 3, depthIdentifier: "condition" },
    fc
      .tuple(fc.constantFrom<BinaryOperator>("<", "<=", ">", ">=", "==", "!="), tie("tree"), tie("tree"))
      .map(([op, l, r]) => binary(op, l, r)),
    tie("condition").map((operand): Expression => ({ kind: "unary", operator: "!", operand, span: nowhere })),
    fc.tuple(fc.constantFrom<BinaryOperator>("&&", "||"), tie("condition"), tie("condition")).map(([op, l, r]) => binary(op, l, r)),
  ),
}));

test("what is printed reads back as the same tree", () => {
  const variables = ["x", "y", "theta_1", "w10", "α"];
  fc.assert(
    fc.property(tree, (node) => {
      const text = format(node);
      fc.pre(text.length <= 2048);
      expect(shown(parseFormula(text, { variables }).result)).toBe(shown(node));
    }),
    { numRuns: 1000 },
  );
});

test("so does what is printed with the signs of mathematics", () => {
  const variables = ["x", "y", "θ1", "w10", "α"];
  fc.assert(
    fc.property(tree, (node) => {
      const text = format(node, { unicode: true });
      fc.pre(text.length <= 2048);
      // −2 as an exponent and abs(…) have two spellings; their trees are the same.
      expect(shown(parseFormula(text, { variables }).result)).toBe(shown(node).replaceAll("theta_1", "θ1"));
    }),
    { numRuns: 1000 },
  );
});
