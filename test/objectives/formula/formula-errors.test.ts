import { describe, expect, test } from "vitest";
import { type FormulaOptions, parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import { errorOf } from "../../errors.js";

const declared = { variables: ["x", "y"] };

describe("what is wrong, in which column, and what to write instead", () => {
  test.each<[string, number, RegExp, RegExp | undefined, FormulaOptions?]>([
    ["", 1, /is empty/, /x\^2/],
    ["   ", 4, /is empty/, /x\^2/],
    // two readings
    ["1/2x", 1, /two ways/, /^write \(1\/2\)\*x or 1\/\(2\*x\)$/],
    ["y + 1/2 x^2", 5, /two ways/, /^write \(1\/2\)\*x\^2 or 1\/\(2\*x\^2\)$/],
    ["x/y(x+1)", 1, /two ways/, /^write \(x\/y\)\*\(x\+1\) or x\/\(y\*\(x\+1\)\)$/],
    ["e^2x", 1, /two ways/, /^write e\^2\*x or e\^\(2\*x\)$/],
    ["1 + 2^3x", 5, /two ways/, /^write 2\^3\*x or 2\^\(3\*x\)$/],
    // names
    ["x y + xy", 7, /xy is one name/, /x\*y/],
    ["xy + x", 1, /xy is not known/, /^write x\*y$/, declared],
    ["sinx", 1, /one name/, /sin\(x\)/],
    ["sinx + x", 1, /sinx is not known/, /^write sin\(x\)$/, declared],
    ["x + thta", 5, /thta is not known/, /did you mean theta\?/, { variables: ["x", "theta"] }],
    ["x + z", 5, /z is not known/, /^use x, y/, declared],
    ["sin x", 1, /sin needs parentheses/, /sin\(x\)/],
    ["exp^2", 1, /exp needs parentheses/, /exp\(x\)/],
    ["sen(x)", 1, /there is no function sen/, /did you mean sin\(…\)\?/],
    ["foo(x)", 1, /there is no function foo/, /foo\*\(…\)/],
    ["f(x)", 1, /there is no function f/, /f\*\(…\)/],
    ["constructor", 1, /cannot be a name/, /another/],
    ["x + toString", 5, /cannot be a name/, /another/],
    ["x + hasOwnProperty(y)", 5, /cannot be a name/, /another/],
    ["x + constructor", 5, /cannot be a name/, /another/, declared],
    ["__proto__", 1, /do not use/, /begin with a letter/],
    [`x + ${"a".repeat(65)}`, 5, /name is too long/, /\*/],
    ["f(x, q) = x", 1, /names q/, /same names/, declared],
    ["f(x, x) = x", 1, /stands twice/, undefined],
    ["a1+a2+a3+a4+a5+a6+a7+a8+a9+a10+a11+a12+a13+a14+a15+a16+a17", 56, /too many variables/, /arrays/],
    ["x + y", 1, /different numbers of variables/, /one start value per variable/, { count: 3 }],
    // characters
    ["2 + хy", 5, /only looks like/, /type x on the keyboard/],
    ["ｘ", 1, /only looks like/, /type x/],
    ["𝑥", 1, /only looks like/, /type x/],
    ["Α", 1, /only looks like/, /type A/],
    ["x.y", 2, /do not use/, /no properties/],
    ["x[0]", 2, /do not use/, /x1, x2/],
    ["x_{12}", 3, /do not use/, /parentheses/],
    ["\\frac", 1, /do not use/, /without TeX/],
    ["x + 'a'", 5, /do not use/, /quotes/],
    ['"a"', 1, /do not use/, /quotes/],
    ["x % 2", 3, /do not use/, /floor/],
    ["√x", 1, /do not use/, /sqrt\(x\)/],
    ["x; y", 2, /do not use/, /one expression/],
    ["x & y", 3, /do not use/, /&&/],
    ["x + 😀", 5, /do not use/, /leave it away/],
    // numbers
    ["2 3", 3, /a number follows a value/, /^write 2\*3$/],
    ["x 2", 3, /a number follows a value/, /x\*2, x\^2 or x2/],
    ["(x)2", 4, /a number follows a value/, /put \* before 2/],
    ["2½", 2, /a number follows a value/, /^write 2.5$/],
    ["x½", 2, /a number follows a value/, /½x/],
    ["0,5x", 2, /comma/, /0\.5/],
    ["1e999", 1, /too large/, undefined],
    ["x⁻", 2, /superscript/, /x\^/],
    // structure
    ["x +", 4, /ends where a value is expected/, undefined],
    ["* x", 1, /value is missing before \*/, undefined],
    ["x ^^ 2", 4, /value is missing before \^/, undefined],
    ["(x + 1", 1, /opening \( is never closed/, /add \)/],
    ["2 max(x, y", 6, /opening \( is never closed/, /add \)/],
    ["x)", 2, /closing \) has no opening/, /remove/],
    ["|x", 1, /opening \| is never closed/, /abs/],
    ["|2|x||", 7, /ends where a value is expected/, undefined],
    ["()", 1, /parentheses are empty/, undefined],
    ["², x", 1, /stands behind nothing/, undefined],
    ["x²^2", 3, /power of a power needs parentheses/, /\(x²\)\^3/],
    ["x!", 2, /no factorial/, undefined],
    ["x, y", 2, /, is not expected here/, undefined],
    ["max(x)", 1, /max is given the wrong number/, /max\(x, y\)/],
    ["1 + sin(x, y)", 5, /sin is given the wrong number/, /sin\(x\)/],
    ["sin()", 1, /sin is given the wrong number/, /sin\(x\)/],
    ["pow(x)", 1, /pow is given the wrong number/, /x\^y/],
    ["if(x > 0, x)", 1, /if is given the wrong number/, /if\(condition/],
    ["sin^-1(x)", 5, /only a whole power/, /asin/],
    ["x > 0 ? x", 10, /no other case/, undefined],
    ["2 = x", 3, /= stands where no equation/, /==/],
    ["x = y = 2", 7, /= stands where no equation/, /==/],
    ["y = y + 1", 5, /y stands on both sides/, undefined],
    // kinds of value
    ["0 < x < 1", 7, /do not chain/, /0 < x and x < 1/],
    ["x > 0", 1, /condition stands where a number/, /x > 0 \? 1 : 0/],
    ["2(x > 0)", 3, /condition stands where a number/, /\? 1 : 0/],
    ["x ? 1 : 0", 1, /number stands where a condition/, /x > 0 or x == 0/],
    ["x && y", 1, /number stands where a condition/, /compare/],
    ["sum(x)", 1, /sum is given one number/, /array/],
    ["x*w", 1, /one value per element/, /mean\(x\*w\) or sum\(x\*w\)/, { arrays: ["x"] }],
  ])("%s", (text, column, problem, fix, options) => {
    const error = errorOf(() => parseFormula(text, options));
    expect(error.problem).toMatch(problem);
    if (fix !== undefined) expect(error.fix).toMatch(fix);
    expect(error.where).toContain(`column ${column} of the formula`);
  });

  test("a caret stands below the place", () => {
    expect(errorOf(() => parseFormula("x + * y")).where).toBe("column 5 of the formula\n    x + * y\n        ^");
    expect(errorOf(() => parseFormula("x +\n 2 foo(y)")).where).toBe("line 2, column 4 of the formula\n     2 foo(y)\n       ^^^");
  });

  test("a long line is cut around the place", () => {
    const where = errorOf(() => parseFormula(`${"x + ".repeat(100)}* y${" + x".repeat(100)}`)).where ?? "";
    const [place, line, carets] = where.split("\n");
    expect(place).toBe("column 401 of the formula");
    expect(line.length).toBeLessThan(110);
    expect(line[carets.length - 1]).toBe("*");
  });
});

describe("limits", () => {
  test("2,048 characters", () => {
    expect(parseFormula(`x${" ".repeat(2047)}`).variables).toEqual(["x"]);
    expect(errorOf(() => parseFormula(`x${" ".repeat(2048)}`)).problem).toMatch(/too long/);
  });
  test("64 levels, whatever nests", () => {
    expect(parseFormula(`${"(".repeat(60)}x${")".repeat(60)}`).variables).toEqual(["x"]);
    for (const [open, close] of [
      ["(", ")"],
      ["-", ""],
      ["x^-", ""],
      ["sin(", ")"],
      ["x > 0 ? 1 : ", ""],
      ["not ", ""],
    ])
      expect(errorOf(() => parseFormula(`${open.repeat(100)}x${close.repeat(100)}`)).problem).toMatch(/nests too deeply/);
  });
  test("1,000 nodes", () => {
    expect(parseFormula(`x${"+x".repeat(499)}`).variables).toEqual(["x"]);
    expect(errorOf(() => parseFormula(`x${"+x".repeat(500)}`)).problem).toMatch(/too large/);
  });
  test("16 free variables; arrays do not count", () => {
    const names = Array.from({ length: 17 }, (_, i) => `a${i}`);
    expect(parseFormula(names.slice(1).join("+")).variables).toHaveLength(16);
    expect(parseFormula(`mean(${names.join("+")})`, { arrays: names.slice(0, 5) }).variables).toHaveLength(12);
  });
});
