/** A figure: data plus a description, drawn by one renderer for each place. */
import type { FigureDescription } from "./description.js";
import type { SvgOptions } from "./svg.js";
import { renderSvg } from "./svg.js";
import type { TerminalOptions } from "./terminal.js";
import { renderTerminal } from "./terminal.js";

/** A figure: its description, and ways to draw it. */
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
}
