/** Several figures as one picture, for what is to be compared at a glance. */
import type { Figure } from "./figure.js";
import type { SvgOptions } from "./svg.js";
import { asDocument, drawFigure, drawHeading } from "./svg.js";

export interface PanelsOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** In rows, from left to right. */
  readonly figures: readonly Figure[];
  /** Figures in a row. Default 2. */
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

  /** One SVG text, in light or dark as the reader prefers. Width and height are those of the whole: by default 440 × 280 for each figure. */
  toSvg({ width, height, embedded = false }: SvgOptions = {}): string {
    const rows = Math.ceil(this.figures.length / this.columns);
    const whole = { width: width ?? margin + (440 + margin) * this.columns, height: height ?? heading + (280 + margin) * rows };
    const room = {
      width: (whole.width - margin) / this.columns - margin,
      height: (whole.height - heading) / Math.max(1, rows) - margin,
    };
    const parts = this.figures.map(({ description }, i) => {
      const [x, y] = [margin + (i % this.columns) * (room.width + margin), heading + Math.floor(i / this.columns) * (room.height + margin)];
      return `<g transform="translate(${Math.round(x)} ${Math.round(y)})">${drawFigure(description, room.width, room.height)}</g>`;
    });
    const label = [`${this.title}.`, ...this.figures.map(({ description }) => `${description.title}: ${description.alt}`)].join(" ");
    return asDocument(drawHeading(margin, 30, this.title, this.subtitle) + parts.join(""), { ...whole, embedded, label });
  }
}

/** Room between figures and around them. */
const margin = 24;
/** Room for the heading of the whole. */
const heading = 56;

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
