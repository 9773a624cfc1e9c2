/** What went wrong in a formula, said by what stands where. */
import type { Span } from "./ast.js";
import type { FormulaToken } from "./formula-lexer.js";
import type { FormulaStream } from "./formula-stream.js";

type NumberToken = Extract<FormulaToken, { type: "number" | "fraction" }>;

/** `2 3`, `x 2`, `2½` */
export function numberAfterValue(tokens: FormulaStream, token: NumberToken): Error {
  const before = tokens.previous;
  const [left, right] = [tokens.source.slice(before.span), tokens.source.slice(token.span)];
  const isNumber = before.type === "number";
  const fix =
    token.type === "fraction"
      ? isNumber
        ? `write ${before.value + token.value[0] / token.value[1]}`
        : `write ${right}${left} or ${left}*${right}`
      : before.type === "name"
        ? `write ${left}*${right}, ${left}^${right} or ${left}${right}`
        : isNumber
          ? `write ${left}*${right}`
          : `put * before ${right}`;
  return tokens.source.error(token.span, {
    problem: "a number follows a value without a sign between them",
    received: `${left} ${right}`,
    fix,
  });
}

/** The next token cannot begin a value. */
export function missingValue(tokens: FormulaStream, barOpen: boolean): Error {
  const token = tokens.current;
  if (token.type === "end")
    return tokens.source.error(token.span, { problem: "the formula ends where a value is expected", expected: "a number, a name or (" });
  const text = tokens.source.slice(token.span);
  if (token.type === "superscript")
    return tokens.source.error(token.span, { problem: `the superscript ${text} stands behind nothing`, fix: `write x${text}` });
  if (text === "=") return strayEquals(tokens, token.span);
  return tokens.source.error(token.span, {
    problem: `a value is missing before ${text}`,
    expected: "a number, a name or (",
    ...(text === "|" || barOpen ? { fix: "write abs(…) for bars within bars" } : {}),
  });
}

/** The next token cannot follow what was read. */
export function unexpected(tokens: FormulaStream): Error {
  const token = tokens.current;
  const text = token.type === "end" ? "the end" : tokens.source.slice(token.span);
  if (text === ")") return tokens.source.error(token.span, { problem: "the closing ) has no opening (", fix: "remove it, or add (" });
  if (text === "=") return strayEquals(tokens, token.span);
  if (text === "!")
    return tokens.source.error(token.span, { problem: "formulas have no factorial", fix: "multiply it out; for comparisons write !=" });
  const [before, after] = [tokens.previous, tokens.peek(1)];
  if (text === "," && before.type === "number" && after.type === "number")
    return tokens.source.error(token.span, {
      problem: "a comma stands inside a number or between two",
      fix: `decimals have a point: ${tokens.source.slice(before.span)}.${tokens.source.slice(after.span)}`,
    });
  if (token.type === "superscript")
    return tokens.source.error(token.span, { problem: "a power of a power needs parentheses", fix: "write (x²)²" });
  return tokens.source.error(token.span, { problem: `${text} is not expected here`, expected: "an operator, or the end of the formula" });
}

function strayEquals(tokens: FormulaStream, span: Span): Error {
  return tokens.source.error(span, {
    problem: "= stands where no equation is expected",
    fix: "write == for a comparison; an equation starts with one name, as in y = a*x",
  });
}
