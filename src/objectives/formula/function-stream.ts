/** A place in the tokens of a function. */
import type { Span } from "./ast.js";
import { type FunctionToken, functionTokens } from "./function-lexer.js";
import type { Source } from "./source.js";

export class TokenStream {
  readonly source: Source;
  readonly #tokens: readonly FunctionToken[];
  at = 0;

  constructor(source: Source) {
    this.source = source;
    this.#tokens = functionTokens(source);
  }

  /** The end token repeats for ever. */
  peek(offset = 0): FunctionToken {
    return this.#tokens[Math.max(0, Math.min(this.at + offset, this.#tokens.length - 1))];
  }

  next(): FunctionToken {
    const token = this.peek();
    this.at++;
    return token;
  }

  isSign(text: string, offset = 0): boolean {
    const token = this.peek(offset);
    return token.type === "sign" && token.text === text;
  }

  isWord(text: string, offset = 0): boolean {
    const token = this.peek(offset);
    return token.type === "name" && token.text === text;
  }

  take(...texts: readonly string[]): string | undefined {
    const token = this.peek();
    if (token.type !== "sign" || !texts.includes(token.text)) return undefined;
    this.at++;
    return token.text;
  }

  need(text: string): void {
    if (this.take(text) === undefined) throw this.unexpected(`${text}`);
  }

  /** From the start of a node to the end of the last token read. */
  spanFrom(start: Span): Span {
    return this.source.span(start.start, this.peek(-1).span.end);
  }

  /** Whether the next token stands on a later line than the last one. */
  newline(): boolean {
    return this.peek().span.line > this.peek(-1).span.line;
  }

  /** The index after the bracket that closes the one at `offset`. */
  afterClosing(offset: number): number {
    let depth = 0;
    for (let i = offset; ; i++) {
      const token = this.peek(i);
      if (token.type === "end") throw this.source.error(this.peek(offset).span, { problem: "the bracket is never closed" });
      if (token.type !== "sign") continue;
      if (token.text === "(" || token.text === "[" || token.text === "{") depth++;
      if (token.text === ")" || token.text === "]" || token.text === "}") depth--;
      if (depth === 0) return i + 1;
    }
  }

  unexpected(expected: string): Error {
    const token = this.peek();
    const text = token.type === "end" ? "the end" : this.source.slice(token.span);
    return this.source.error(token.span, { problem: `${text} is not expected here`, expected });
  }
}
