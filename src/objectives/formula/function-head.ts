/** The part of a function before its body: what it is, and which parameters it takes. */
import type { Span } from "./ast.js";
import type { TokenStream } from "./function-stream.js";

export type Pattern =
  | { readonly kind: "name"; readonly name: string; readonly span: Span }
  | { readonly kind: "array"; readonly elements: readonly { name: string; index: number; span: Span }[]; readonly span: Span }
  | { readonly kind: "record"; readonly properties: readonly { name: string; key: string; span: Span }[]; readonly span: Span };

/** Leaves out parentheses around the whole and `__name(…, "f")`, which bundlers put around a function to keep its name. */
export function unwrap(tokens: TokenStream): void {
  for (;;) {
    const isCall = tokens.peek().type === "name" && tokens.isSign("(", 1);
    const opening = isCall ? 1 : 0;
    if (!tokens.isSign("(", opening)) return;
    const after = tokens.peek(tokens.afterClosing(opening));
    const ends = after.type === "end" || (after.type === "sign" && (after.text === ")" || after.text === ","));
    if (!ends) return;
    tokens.at += opening + 1;
  }
}

/** Skips what stands before the parameters; true for an arrow function. */
export function skipHead(tokens: TokenStream): boolean {
  const first = tokens.peek();
  if (tokens.isWord("class"))
    throw tokens.source.error(first.span, { problem: "a class is no function of numbers", fix: "pass a function: (x, y) => …" });
  if (tokens.isWord("async") && !tokens.isSign("=>", 1))
    throw tokens.source.error(first.span, {
      problem: "the function is asynchronous",
      fix: "return the number itself; pass what it waits for as constants",
    });
  const isGenerator = tokens.isSign("*") || (tokens.isWord("function") && tokens.isSign("*", 1));
  if (isGenerator) throw tokens.source.error(first.span, { problem: "the function is a generator", fix: "return one number" });
  if (tokens.isWord("function")) {
    tokens.at += tokens.isSign("(", 1) ? 1 : 2;
    return false;
  }
  if (first.type === "name" && tokens.isSign("=>", 1)) return true;
  if (tokens.isSign("(")) return true;
  // A method: name(…) {…}, "name"(…) {…}, [name](…) {…}, #name(…) {…}
  if (tokens.isSign("#")) tokens.at++;
  tokens.at += tokens.isSign("[") ? tokens.afterClosing(0) : 1;
  if (!tokens.isSign("(")) throw tokens.unexpected("a function: (x, y) => …");
  return false;
}

/** `(x, { a })` */
export function readPatterns(tokens: TokenStream): Pattern[] {
  const patterns: Pattern[] = [];
  tokens.need("(");
  while (tokens.take(")") === undefined) {
    patterns.push(readPattern(tokens));
    if (!tokens.isSign(")")) tokens.need(",");
  }
  return patterns;
}

/** `x`, `[x, y]`, `{ x, y: v }` */
export function readPattern(tokens: TokenStream): Pattern {
  const start = tokens.peek().span;
  if (tokens.take("[") !== undefined) {
    const elements: { name: string; index: number; span: Span }[] = [];
    for (let index = 0; tokens.take("]") === undefined; index++) {
      if (tokens.take(",") !== undefined) continue;
      elements.push({ index, ...identifier(tokens) });
      if (!tokens.isSign("]")) tokens.need(",");
    }
    return { kind: "array", elements, span: tokens.spanFrom(start) };
  }
  if (tokens.take("{") !== undefined) {
    const properties: { name: string; key: string; span: Span }[] = [];
    while (tokens.take("}") === undefined) {
      const key = identifier(tokens);
      properties.push(tokens.take(":") === undefined ? { key: key.name, ...key } : { key: key.name, ...identifier(tokens) });
      if (!tokens.isSign("}")) tokens.need(",");
    }
    return { kind: "record", properties, span: tokens.spanFrom(start) };
  }
  return { kind: "name", ...identifier(tokens) };
}

function identifier(tokens: TokenStream): { name: string; span: Span } {
  const token = tokens.peek();
  if (token.type !== "name") {
    if (tokens.isSign("..."))
      throw tokens.source.error(token.span, {
        problem: "the function gathers its parameters",
        fix: "take one array: (x) => x[0] ** 2 + x[1]",
      });
    if (tokens.isSign("[") || tokens.isSign("{"))
      throw tokens.source.error(token.span, {
        problem: "the function takes arrays or records within one another",
        fix: "name plain numbers: ([x, y]) or ({ x, y })",
      });
    throw tokens.unexpected("a name");
  }
  tokens.at++;
  if (tokens.isSign("=") && !tokens.isSign(">", 1))
    throw tokens.source.error(tokens.peek().span, {
      problem: `${token.text} has a default value`,
      fix: "give the value in the start, or as a constant",
    });
  return { name: token.text, span: token.span };
}
