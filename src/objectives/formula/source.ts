/** The text being read: positions in it, and errors that point at them. */

import { type ErrorParts, SteepestError } from "../../tensor/error.js";
import type { Span } from "./ast.js";

/** How much of a long line an error shows. */
const shownWidth = 100;

export interface Limits {
  /** UTF-16 units. */
  readonly text: number;
  /** How deep parentheses, signs, calls and conditions may nest. */
  readonly depth: number;
  /** Nodes of the tree. */
  readonly nodes: number;
  readonly variables: number;
}

export class Source {
  readonly text: string;
  /** What the text is, for messages: "formula" or "function". */
  readonly what: string;
  readonly limits: Limits;
  readonly #lineStarts: number[] = [0];

  constructor(text: string, what: string, limits: Limits) {
    this.text = text;
    this.what = what;
    this.limits = limits;
    if (text.length > limits.text)
      throw new SteepestError({
        problem: `the ${what} is too long`,
        expected: `at most ${limits.text} characters`,
        received: `${text.length} characters`,
        fix: "shorten it, or write a function of tensors",
      });
    for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) this.#lineStarts.push(i + 1);
  }

  span(start: number, end: number): Span {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle] <= start) low = middle;
      else high = middle - 1;
    }
    return { start, end, line: low + 1, column: start - this.#lineStarts[low] + 1 };
  }

  /** The text of a span, for messages. */
  slice(span: Span): string {
    return this.text.slice(span.start, span.end);
  }

  /** An error at a place: `where` names line and column and shows the line with a caret below. */
  error(span: Span, parts: Omit<ErrorParts, "where">): SteepestError {
    return new SteepestError({ ...parts, where: this.#where(span) });
  }

  #where(span: Span): string {
    const lineStart = this.#lineStarts[span.line - 1];
    const lineEnd = this.#lineStarts[span.line] ?? this.text.length + 1;
    const line = this.text.slice(lineStart, lineEnd - 1).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
    const column = span.column - 1;
    const from = line.length <= shownWidth ? 0 : Math.max(0, Math.min(column - shownWidth / 2, line.length - shownWidth));
    const shown = line.slice(from, from + shownWidth);
    const before = from > 0 ? "…" : "";
    const after = from + shownWidth < line.length ? "…" : "";
    const carets = "^".repeat(Math.max(1, Math.min(span.end - span.start, shown.length - (column - from))));
    const place = this.#lineStarts.length > 1 ? `line ${span.line}, column ${span.column}` : `column ${span.column}`;
    return `${place} of the ${this.what}\n    ${before}${shown}${after}\n    ${" ".repeat(before.length + column - from)}${carets}`;
  }
}
