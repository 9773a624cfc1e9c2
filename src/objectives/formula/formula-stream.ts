/** A place in the tokens of a formula. */
import type { Span } from "./ast.js";
import { type FormulaToken, formulaTokens } from "./formula-lexer.js";
import type { Source } from "./source.js";

export class FormulaStream {
  readonly source: Source;
  readonly #tokens: readonly FormulaToken[];
  at = 0;

  constructor(source: Source) {
    this.source = source;
    this.#tokens = formulaTokens(source);
  }

  get current(): FormulaToken {
    return this.peek(0);
  }

  get previous(): FormulaToken {
    return this.peek(-1);
  }

  /** The end token repeats for ever. */
  peek(offset: number): FormulaToken {
    return this.#tokens[Math.max(0, Math.min(this.at + offset, this.#tokens.length - 1))];
  }

  isOperator(text: string, offset = 0): boolean {
    const token = this.peek(offset);
    return token.type === "operator" && token.text === text;
  }

  /** Takes one of the operators when it comes next. */
  take(...texts: readonly string[]): string | undefined {
    const token = this.current;
    if (token.type !== "operator" || !texts.includes(token.text)) return undefined;
    this.at++;
    return token.text;
  }

  /** From an offset to the end of the last token read. */
  spanFrom(start: number): Span {
    return this.source.span(start, this.previous.span.end);
  }
}
