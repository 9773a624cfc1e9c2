/** A figure: data plus a description, drawn by one renderer for each place. */
import { renderCsv } from "./csv.js";
import type { FigureDescription } from "./description.js";
import type { SvgOptions } from "./svg.js";
import { renderSvg } from "./svg.js";
import type { TerminalOptions } from "./terminal.js";
import { renderTerminal } from "./terminal.js";
import { renderTypeScript } from "./typescript.js";

/**
 * A figure: its description, and ways to draw it. The same description gives the same text, byte for byte.
 *
 * @example
 * ```ts
 * import { Figure } from "steepest/figures";
 * const axis = (label: string) => ({ label, kind: "linear", style: "number" }) as const;
 * const figure = new Figure({
 *   title: "A step",
 *   alt: "An arrow from (1, 1) to (0.6, 0.2).",
 *   x: axis("x"),
 *   y: axis("y"),
 *   aspect: "equal",
 *   marks: [
 *     { kind: "arrow", from: [1, 1], to: [0.6, 0.2], paint: 0 },
 *     { kind: "point", at: [1, 1], shape: "ring", paint: 0, label: "start" },
 *   ],
 * });
 * figure.toSvg(); // text that starts with <svg
 * figure.toCsv().split("\n")[1]; // → "arrow,,1,1,0.6,0.2,"
 * ```
 */
export class Figure {
  readonly description: FigureDescription;

  constructor(description: FigureDescription) {
    this.description = description;
  }

  /** The figure as SVG text, in light or dark as the reader prefers. */
  toSvg(options: SvgOptions = {}): string {
    return renderSvg(this.description, options);
  }

  /** The figure in lines of characters, for a terminal. */
  toTerminal(options: TerminalOptions = {}): string {
    return renderTerminal(this.description, options);
  }

  /** The numbers drawn, one line for each, as CSV: `mark,label,x,y,x2,y2,value`. */
  toCsv(): string {
    return renderCsv(this.description);
  }

  /** A module of TypeScript that makes the same figure again. */
  toTypeScript(): string {
    return renderTypeScript(this.description);
  }
}
