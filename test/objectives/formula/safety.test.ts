import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differentiate, symbolicGradient } from "../../../src/objectives/formula/differentiate.js";
import { parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import { parseFunctionText } from "../../../src/objectives/formula/function-parser.js";
import { lower } from "../../../src/objectives/formula/lower.js";
import { format } from "../../../src/objectives/formula/print.js";
import { tensor } from "../../../src/tensor/create.js";
import { SteepestError } from "../../../src/tensor/error.js";

const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));

/** Reads a text: done, or refused with a place; nothing else, and at once. */
function harmless(read: () => unknown): void {
  const start = performance.now();
  try {
    read();
  } catch (error) {
    if (!(error instanceof SteepestError)) throw error;
    expect(error.message.length).toBeLessThan(3000);
    if (!/too long|no text/.test(error.problem)) expect(error.where).toMatch(/column \d+ of the (formula|function)\n/);
  }
  // Far above what any text of 2 kB takes, far below what a person calls hanging.
  expect(performance.now() - start).toBeLessThan(1000);
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(before);
}

const pieces = fc
  .array(
    fc.constantFrom(
      ..."xyzeπθ2½²⁻()|,+-*/^<>=!?:&. \n".split(""),
      "sin",
      "max",
      "mean",
      "if",
      "and",
      "not",
      "x1",
      "__proto__",
      "constructor",
      "1e5",
      "**",
      "w",
      "data",
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

const code = fc
  .array(
    fc.constantFrom(
      "x",
      "y",
      "x[0]",
      "p.x",
      "=>",
      "(",
      ")",
      "{",
      "}",
      "[",
      "]",
      ";",
      ",",
      "\n",
      " ",
      "return ",
      "const t = ",
      "let ",
      "if (",
      "else ",
      "Math.",
      "sin",
      "PI",
      "pow(",
      "+",
      "-",
      "*",
      "/",
      "**",
      "<",
      "===",
      "&&",
      "?",
      ":",
      "=",
      "...",
      "0",
      "1e3",
      "'a'",
      "`",
      "/*",
      "*/",
      "//",
      "function f",
      "mean(",
      "__proto__",
      "constructor",
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

describe("no text can do anything but be read or be refused", () => {
  test("formulas from their own signs", () => {
    fc.assert(
      fc.property(pieces, (text) => harmless(() => parseFormula(text, { arrays: ["data"] }))),
      { numRuns: 1500 },
    );
  });
  test("formulas from any characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => harmless(() => parseFormula(text))),
      { numRuns: 1500 },
    );
  });
  test("functions from their own signs", () => {
    fc.assert(
      fc.property(code, (text) => harmless(() => parseFunctionText(text))),
      { numRuns: 1500 },
    );
    fc.assert(
      fc.property(code, (text) => harmless(() => parseFunctionText(`(x, y) => ${text}`))),
      { numRuns: 1500 },
    );
    fc.assert(
      fc.property(code, (text) => harmless(() => parseFunctionText(`x => { ${text} }`, { constants: { y: [1] } }))),
      { numRuns: 1500 },
    );
  });
  test("functions from any characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => harmless(() => parseFunctionText(`x => ${text}`))),
      { numRuns: 1500 },
    );
  });
  test("what is read can be lowered, printed and differentiated", () => {
    fc.assert(
      fc.property(pieces, (text) => {
        let parsed: ReturnType<typeof parseFormula>;
        try {
          parsed = parseFormula(text);
        } catch {
          return;
        }
        lower(parsed, new Map(parsed.variables.map((name) => [name, tensor(0.5)] as const)));
        format(parsed.result);
        for (const name of parsed.variables) format(differentiate(parsed.result, name), { unicode: true });
      }),
      { numRuns: 1500 },
    );
  });
});

describe("texts made to hurt", () => {
  test.each([
    ["parentheses", "(".repeat(2000)],
    ["bars", "|".repeat(2000)],
    ["signs", "-".repeat(2000)],
    ["powers", `x${"^x".repeat(1000)}`],
    ["superscripts", `x${"²".repeat(2000)}`],
    ["digits", "9".repeat(2000)],
    ["points", ".".repeat(2000)],
    ["a long name", "x".repeat(2000)],
    ["names to split", `a+aa+${"a".repeat(1000)}b`],
    ["spaces", " ".repeat(2000)],
    ["conditions", "x>0?1:".repeat(300)],
    ["calls", "sin(".repeat(500)],
    ["commas", `max(${"x,".repeat(900)}x)`],
    ["sums", `x${"+x".repeat(499)}`],
    ["products", `x${" x".repeat(499)}`],
    ["quotients", `x${"/x".repeat(499)}`],
  ])("%s", (_, text) => {
    harmless(() => parseFormula(text));
    harmless(() => parseFunctionText(`x => ${text}`));
  });

  test.each([
    ["towers of powers", `x${"^x".repeat(60)}`],
    ["nested maxima", `${"max(x, 1, ".repeat(60)}x${")".repeat(60)}`],
    ["nested means", `${"mean(w*x + ".repeat(60)}w${")".repeat(60)}`],
    ["long quotients", `x${"/(x+1)".repeat(199)}`],
  ])("%s have a derivative at once", (_, text) => {
    const start = performance.now();
    expect(format(differentiate(parseFormula(text, { arrays: ["w"] }).result, "x")).length).toBeGreaterThan(0);
    // Linear to quadratic work takes a fraction of a second; repeated work on shared parts would take for ever.
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test("many locals on one another neither explode nor overflow", () => {
    const lines = Array.from({ length: 300 }, (_, i) => `const t${i + 1} = t${i} * t${i};`);
    const parsed = parseFunctionText(`x => { const t0 = x + 1; ${lines.join(" ")} return t300; }`);
    expect(symbolicGradient(parsed, ["x"])).toBeUndefined();
    expect(lower(parsed, new Map([["x", tensor(0)]])).shape).toEqual([]);
  });

  test("names of objects mean nothing", () => {
    for (const name of [
      ...Object.getOwnPropertyNames(Object.prototype),
      "prototype",
      "globalThis",
      "process",
      "eval",
      "Function",
      "require",
      "import",
    ]) {
      harmless(() => parseFormula(`${name} + 1`, { variables: ["x"] }));
      expect(() => parseFormula(`${name} + 1`, { variables: ["x"] })).toThrow(SteepestError);
      expect(() => parseFunctionText(`x => ${name} + x`)).toThrow(SteepestError);
      expect(() => parseFunctionText(`x => ${name}('1')`)).toThrow(SteepestError);
    }
  });
});
