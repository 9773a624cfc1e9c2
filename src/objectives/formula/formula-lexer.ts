/** Cuts a formula into tokens. */

import type { Span } from "./ast.js";
import { codePoint, fractions, isDigit, letter, lookalikeOf, operatorAliases, subscripts, superscripts } from "./characters.js";
import type { Source } from "./source.js";

export type FormulaToken =
  | { readonly type: "number"; readonly value: number; readonly span: Span }
  | { readonly type: "fraction"; readonly value: readonly [number, number]; readonly span: Span }
  | { readonly type: "name"; readonly text: string; readonly span: Span }
  | { readonly type: "superscript"; readonly value: number; readonly span: Span }
  | { readonly type: "operator"; readonly text: string; readonly span: Span }
  | { readonly type: "end"; readonly span: Span };

const doubled = ["**", "<=", ">=", "==", "!=", "&&"];
const longestName = 64;
const single = "+-*/^()|,?:<>=!";

/**
 * Names are Latin or Greek letters, then letters, digits and `_`; subscript digits end a name (`x₁` is `x1`, `x₁x₂` are two names).
 * `π` always stands alone, so that `2πr` is 2·π·r. `|` is always one token: the parser knows whether `||` is "or" or two bars.
 */
export function formulaTokens(source: Source): FormulaToken[] {
  const { text } = source;
  const tokens: FormulaToken[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text[at];
    const start = at;
    if (/\s/.test(c)) at++;
    else if (isDigit(c) || (c === "." && isDigit(text[at + 1] ?? ""))) {
      at = endOfNumber(text, at);
      const value = Number(text.slice(start, at));
      const span = source.span(start, at);
      if (!Number.isFinite(value))
        throw source.error(span, { problem: "the number is too large", expected: "at most 1.79e308", received: text.slice(start, at) });
      tokens.push({ type: "number", value, span });
    } else if (letter(c) !== undefined) {
      let name = "";
      for (; at < text.length; at++) {
        const plain = letter(text[at]);
        if (plain === undefined && !isDigit(text[at]) && text[at] !== "_") break;
        name += plain ?? text[at];
      }
      for (; subscripts.has(text[at] ?? ""); at++) name += subscripts.get(text[at]);
      const span = source.span(start, at);
      if (name.length > longestName)
        throw source.error(span, {
          problem: "the name is too long",
          expected: `at most ${longestName} characters`,
          fix: "put * between factors",
        });
      tokens.push({ type: "name", text: name, span });
    } else if (c === "π") {
      tokens.push({ type: "name", text: c, span: source.span(start, ++at) });
    } else if (superscripts.has(c)) {
      let digits = "";
      for (; superscripts.has(text[at] ?? ""); at++) digits += superscripts.get(text[at]);
      const value = Number(digits);
      const span = source.span(start, at);
      if (!Number.isSafeInteger(value))
        throw source.error(span, { problem: "the superscript is not a whole number", received: text.slice(start, at), fix: "write x^(…)" });
      tokens.push({ type: "superscript", value, span });
    } else if (fractions.has(c)) {
      tokens.push({ type: "fraction", value: fractions.get(c) ?? [0, 1], span: source.span(start, ++at) });
    } else {
      const alias = operatorAliases.get(c);
      const pair = text.slice(at, at + 2);
      const operator = alias ?? (doubled.includes(pair) ? pair : single.includes(c) ? c : undefined);
      if (operator === undefined) throw unknownCharacter(source, at);
      at += alias !== undefined ? 1 : operator.length;
      tokens.push({ type: "operator", text: operator === "**" ? "^" : operator, span: source.span(start, at) });
    }
  }
  tokens.push({ type: "end", span: source.span(text.length, text.length) });
  return tokens;
}

/** `12`, `1.5`, `.5`, `1e-3`; `2e` is 2·e and `2ex` is 2·ex. */
function endOfNumber(text: string, start: number): number {
  let at = start;
  const digits = (): void => {
    while (isDigit(text[at] ?? "")) at++;
  };
  digits();
  if (text[at] === ".") {
    at++;
    digits();
  }
  const exponent = /^[eE][+-]?\d+/.exec(text.slice(at, at + 24));
  if (exponent === null) return at;
  at += exponent[0].length;
  digits();
  return at;
}

const advice: ReadonlyMap<string, string> = new Map([
  ["[", "number the variables in their names: x1, x2 or x_1, x_2"],
  ["]", "number the variables in their names: x1, x2 or x_1, x_2"],
  ["{", "use parentheses: x^(n+1), x_1"],
  ["}", "use parentheses: x^(n+1), x_1"],
  ["\\", "write without TeX: sqrt(x), (a)/(b), pi"],
  ["'", "a formula has no text in quotes and no derivatives"],
  ['"', "a formula has no text in quotes"],
  ["`", "a formula has no text in quotes"],
  [".", "a formula has no properties; decimals start with a digit, as in 0.5"],
  ["_", "names begin with a letter: x_1"],
  ["%", "write x/100 for percent; a remainder is x - y*floor(x/y)"],
  ["√", "write sqrt(x)"],
  ["∛", "write cbrt(x)"],
  ["∑", "write sum(…) over an array of data"],
  ["Σ", "write sum(…) over an array of data"],
  ["∞", "a formula has no infinity"],
  ["&", "write && or and"],
  [";", "a formula is one expression"],
  ["$", "leave it away"],
  ["₀", "subscripts follow a letter: x₀"],
]);

function unknownCharacter(source: Source, at: number): Error {
  const c = String.fromCodePoint(source.text.codePointAt(at) ?? 0);
  const shown = /[\p{C}\p{Z}]/u.test(c) ? codePoint(c) : `${c}${/^[\x21-\x7e]$/.test(c) ? "" : ` (${codePoint(c)})`}`;
  const plain = lookalikeOf(c);
  const span = source.span(at, at + c.length);
  if (plain !== undefined)
    return source.error(span, {
      problem: "the formula has a character that only looks like a plain letter or digit",
      received: shown,
      fix: `type ${plain} on the keyboard`,
    });
  return source.error(span, {
    problem: "the formula has a character that formulas do not use",
    received: shown,
    fix: advice.get(c) ?? "leave it away, or write it with + - * / ^, parentheses and functions such as sqrt(x)",
  });
}
