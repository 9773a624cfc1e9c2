/** Cuts the text of a JavaScript function into tokens: as much of the language as a function of numbers can use. */
import type { Span } from "./ast.js";
import type { Source } from "./source.js";

export type FunctionToken =
  | { readonly type: "number"; readonly value: number; readonly span: Span }
  | { readonly type: "name"; readonly text: string; readonly span: Span }
  | { readonly type: "string"; readonly text: string; readonly span: Span }
  | { readonly type: "sign"; readonly text: string; readonly span: Span }
  | { readonly type: "end"; readonly span: Span };

const signs = [
  ">>>=",
  "...",
  "===",
  "!==",
  "**=",
  "<<=",
  ">>=",
  ">>>",
  "&&=",
  "||=",
  "??=",
  "=>",
  "==",
  "!=",
  "<=",
  ">=",
  "&&",
  "||",
  "??",
  "?.",
  "++",
  "--",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "&=",
  "|=",
  "^=",
  "<<",
  ">>",
  "**",
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ";",
  ",",
  "<",
  ">",
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "^",
  "!",
  "~",
  "?",
  ":",
  "=",
  ".",
  "#",
  "@",
];

const longestName = 200;

/** Every form of a number: decimal, 1e-3, 0x, 0o, 0b, with separators; not 1n. */
const numberPattern = /(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)/y;
const namePattern = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const spacePattern = /[\s\ufeff]+/y;

export function functionTokens(source: Source): FunctionToken[] {
  const { text } = source;
  const tokens: FunctionToken[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const start = at;
    const space = match(spacePattern);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    if (text.startsWith("//", at)) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
      continue;
    }
    if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) throw source.error(source.span(at, at + 2), { problem: "the comment is never closed" });
      at = end + 2;
      continue;
    }
    const number = /[\d.]/.test(text[at]) ? match(numberPattern) : undefined;
    const name = number === undefined ? match(namePattern) : undefined;
    if (number !== undefined) {
      at += number.length;
      const span = source.span(start, at);
      if (text[at] === "n")
        throw source.error(source.span(start, at + 1), {
          problem: "the function uses a big integer",
          received: `${number}n`,
          fix: `write ${number}`,
        });
      if (/^0\d/.test(number)) throw source.error(span, { problem: "a number starts with 0", received: number, fix: "leave the 0 away" });
      tokens.push({ type: "number", value: Number(number.replaceAll("_", "")), span });
    } else if (name !== undefined) {
      at += name.length;
      const span = source.span(start, at);
      if (name.length > longestName)
        throw source.error(span, { problem: "the name is too long", expected: `at most ${longestName} characters` });
      tokens.push({ type: "name", text: name, span });
    } else if (text[at] === '"' || text[at] === "'" || text[at] === "`") {
      at = endOfString(source, at);
      tokens.push({ type: "string", text: text.slice(start + 1, at - 1), span: source.span(start, at) });
    } else {
      const sign = signs.find((candidate) => text.startsWith(candidate, at));
      const length = sign?.length ?? 1;
      if (sign === undefined)
        throw source.error(source.span(at, at + 1), { problem: "the function has a character that is no JavaScript", received: text[at] });
      // `a ?.5 : b` is a condition, not an optional property.
      const cut = sign === "?." && /\d/.test(text[at + 2] ?? "") ? 1 : length;
      at += cut;
      tokens.push({ type: "sign", text: sign.slice(0, cut), span: source.span(start, at) });
    }
  }
  tokens.push({ type: "end", span: source.span(text.length, text.length) });
  return tokens;
}

/** Strings have no use in a function of numbers but as directives (`"use strict"`) and names that bundlers attach. */
function endOfString(source: Source, start: number): number {
  const { text } = source;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[start]) return at + 1;
  }
  throw source.error(source.span(start, start + 1), { problem: "the string is never closed" });
}
