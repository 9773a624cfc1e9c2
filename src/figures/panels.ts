/** Several figures as one picture, for what is to be compared at a glance. */
import { csvCell } from "./csv.js";
import type { Figure } from "./figure.js";
import type { SvgOptions } from "./svg.js";
import { asDocument, checkSize, drawFigure, suitableHeight } from "./svg.js";
import { heading } from "./svg-text.js";
import { renderPanelsTypeScript } from "./typescript.js";

export interface PanelsOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** In rows, from left to right. */
  readonly figures: readonly Figure[];
  /** Figures in a row at most: fewer where they would become too narrow. Default 2. */
  readonly columns?: number;
}

/** Figures side by side, under one heading. */
export class Panels {
  readonly title: string;
  readonly subtitle: string;
  readonly figures: readonly Figure[];
  readonly columns: number;

  constructor({ title, subtitle = "", figures, columns = 2 }: PanelsOptions) {
    this.title = title;
    this.subtitle = subtitle;
    this.figures = figures;
    this.columns = Math.max(1, Math.min(columns, figures.length));
  }

  /** One SVG text, in light or dark as the reader prefers. Width and height are those of the whole: by default 440 wide for each figure, and as high as it needs. */
  toSvg({ width, height, embedded = false }: SvgOptions = {}): string {
    checkSize({ ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) });
    const wide = width ?? margin + (440 + margin) * this.columns;
    const least = this.#least();
    const columns = Math.max(1, Math.min(this.columns, Math.floor((wide - margin) / (least.width + margin))));
    const rows = Array.from({ length: Math.ceil(this.figures.length / columns) }, (_, row) =>
      this.figures.slice(row * columns, (row + 1) * columns),
    );
    const room = (wide - margin) / columns - margin;
    const head = heading(margin, 30, wide - 2 * margin, this.title, this.subtitle, "heading");
    const top = 56 + head.height;
    // Rows share a height that was asked for; else each is as high as its figures need.
    const heights = rows.map((row) =>
      height === undefined
        ? Math.max(least.height, ...row.map(({ description }) => suitableHeight(description, room)))
        : Math.max(60, (height - top) / rows.length - margin),
    );
    const parts = rows.flatMap((row, r) =>
      row.map(({ description }, column) => {
        const x = margin + column * (room + margin);
        const y = top + heights.slice(0, r).reduce((sum, each) => sum + each + margin, 0);
        return `<g transform="translate(${Math.round(x)} ${Math.round(y)})">${drawFigure(description, room, heights[r])}</g>`;
      }),
    );
    const words = this.figures.map(({ description: { title, alt } }) => (title === "" ? alt : `${title}: ${alt}`));
    const label = [...(this.title === "" ? [] : [`${this.title}.`]), ...words].join(" ");
    const whole = { width: wide, height: height ?? top + heights.reduce((sum, each) => sum + each + margin, 0) };
    return asDocument(head.svg + parts.join(""), { ...whole, embedded, label });
  }

  /** A figure that is smaller cannot be read: on a phone figures stand below each other. Pictures without axes may be small. */
  #least(): { readonly width: number; readonly height: number } {
    return this.figures.every(({ description }) => description.axes === false) ? { width: 90, height: 0 } : { width: 230, height: 280 };
  }

  /** The numbers drawn, one line for each, the title of the figure first: `figure,mark,label,x,y,x2,y2,value`. */
  toCsv(): string {
    const [first, ...more] = this.figures.map((figure) => {
      const [heads, ...lines] = figure.toCsv().trimEnd().split("\n");
      const name = csvCell(figure.description.title);
      return { heads: `figure,${heads}`, lines: lines.map((line) => `${name},${line}`) };
    });
    return first === undefined ? "" : `${[first.heads, ...first.lines, ...more.flatMap(({ lines }) => lines)].join("\n")}\n`;
  }

  /** A module of TypeScript that makes the same picture again. */
  toTypeScript(): string {
    const { title, subtitle, columns } = this;
    return renderPanelsTypeScript({ title, subtitle, columns, descriptions: this.figures.map(({ description }) => description) });
  }
}

/** Room between figures and around them. */
const margin = 24;

/**
 * Figures side by side in one picture.
 *
 * @example
 * ```ts
 * import { lineChart, panels } from "steepest/figures";
 * const loss = lineChart({ title: "Loss", x: { label: "epoch" }, y: { label: "loss" }, series: [{ name: "loss", points: [[1, 2], [2, 1]] }] });
 * const rate = lineChart({ title: "Rate", x: { label: "epoch" }, y: { label: "rate" }, series: [{ name: "rate", points: [[1, 0.1], [2, 0.05]] }] });
 * panels({ title: "A run", figures: [loss, rate] }).toSvg(); // text that starts with <svg
 * ```
 */
export const panels = (options: PanelsOptions): Panels => new Panels(options);
