/** Figures as SVG text. No document is needed: the same in Node and in the browser. */
import { SteepestError } from "../tensor/error.js";
import type { FigureDescription } from "./description.js";
import { scaleOf } from "./description.js";
import type { LineMark } from "./marks.js";
import type { Plot } from "./plot.js";
import type { Scale } from "./scale.js";
import { drawMark, endLabels, swatches } from "./svg-marks.js";
import { escapeText, formatTick, heading, round, text, textWidth, wrap } from "./svg-text.js";
import { figureStyle, themeStyle } from "./theme.js";

export interface SvgOptions {
  /** In units of the figure, which is scaled to the room it gets. Default 400. */
  readonly width?: number;
  /** Default 250; where one unit is to be as long on both axes, what that takes at this width. */
  readonly height?: number;
  /** True for a figure inside a page that defines the colours and `figureStyle` itself. Default false: the file stands alone. */
  readonly embedded?: boolean;
}

/** Paper around a figure that stands alone. */
const PAPER = 14;
const WIDTH = 400;
const HEIGHT = 250;

export function renderSvg(description: FigureDescription, { width = WIDTH, height, embedded = false }: SvgOptions): string {
  checkSize({ width, ...(height === undefined ? {} : { height }) });
  const margin = embedded ? 0 : PAPER;
  const inner = {
    width: width - 2 * margin,
    height: height === undefined ? suitableHeight(description, width - 2 * margin) : height - 2 * margin,
  };
  const frame = { width, height: inner.height + 2 * margin, embedded, label: labelOf(description) };
  const drawing = drawFigure(description, inner.width, inner.height);
  return asDocument(embedded ? drawing : `<g transform="translate(${PAPER} ${PAPER})">${drawing}</g>`, frame);
}

/** What is said of a figure to those who do not see it. */
export const labelOf = ({ title, alt }: Pick<FigureDescription, "title" | "alt">): string => (title === "" ? alt : `${title}. ${alt}`);

/** @throws SteepestError for a width or height that is none */
export function checkSize({ width, height }: Pick<SvgOptions, "width" | "height">): void {
  for (const [name, value] of Object.entries({ width, height }))
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      throw new SteepestError({
        problem: "a figure cannot have this size",
        expected: "a number above 0",
        received: String(value),
        where: name,
      });
}

/** What is drawn, as an SVG file or as an element of a page. */
export function asDocument(content: string, frame: Required<SvgOptions> & { readonly label: string }): string {
  const { width, height, embedded, label } = frame;
  const style = embedded ? "" : `<style>${themeStyle(".steepest")}${figureStyle}.steepest{background:var(--paper)}</style>`;
  const size = embedded ? "" : ` width="${round(width)}" height="${round(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="steepest" viewBox="0 0 ${round(width)} ${round(height)}"${size} role="img" aria-label="${escapeText(label)}">${style}${content}</svg>`;
}

/** The room that a figure takes beside its plotting area. */
interface Layout {
  readonly head: string;
  readonly caption: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** Below the plotting area. */
  readonly foot: number;
  readonly y: Scale;
  readonly yTexts: readonly string[];
}

/** Height that suits a figure of a given width. */
export function suitableHeight(description: FigureDescription, width: number): number {
  if (description.aspect !== "equal") return Math.max(HEIGHT, (width * HEIGHT) / WIDTH / 1.35);
  const { left, right, top, foot } = layOut(description, width, HEIGHT);
  const [dx, dy] = (["x", "y"] as const).map((axis) => {
    const [from, to] = scaleOf(description, axis, [0, 1], 5).domain;
    return to - from;
  });
  return Math.round(top + foot + Math.min(((right - left) * dy) / dx, 1.3 * width));
}

function layOut(description: FigureDescription, width: number, height: number): Layout {
  const { title, subtitle = "", caption = "", x, y: yAxis, marks, axes = true } = description;
  const lines = marks.filter((mark) => mark.kind === "line");
  const head = heading(0, 14, width, title, subtitle);
  const trails = swatches(lines, 14 + head.height + 18, width);
  const captions = wrap(caption, width);
  const footing = axes ? (x.label === "" ? 24 : 38) : 6;
  const foot = footing + (captions.length > 0 ? 16 * captions.length + 4 : 0);
  const bare = !axes && head.svg === "" && trails.svg === "";
  const top = bare ? 0 : 14 + head.height + trails.height + (axes ? 24 : 12);
  const bottom = Math.max(top + 10, height - foot);
  const y = scaleOf(description, "y", [bottom, top], Math.max(2, Math.round((bottom - top) / 40)));
  const yTexts = y.ticks.map((tick) => formatTick(tick, yAxis.style, y));
  const labelled = lines.filter(({ trail }) => !trail);
  const labelWidth = Math.max(0, ...labelled.map((line) => textWidth(line.label ?? "") + 12));
  const yTitle = yAxis.label !== "" && isField(description) ? 18 : 0;
  return {
    head: head.svg + trails.svg,
    caption: captions.map((line, i) => text(0, bottom + footing + 12 + 16 * i, "start", line, "aside")).join(""),
    left: axes ? yTitle + Math.max(24, ...yTexts.map((label) => textWidth(label) + 8)) : 0,
    right: width - Math.max(axes ? 12 : 0, labelWidth),
    top,
    foot,
    y,
    yTexts,
  };
}

/** Whether the plane itself is covered: then lines across it would only disturb, and the y axis needs its name. */
const isField = ({ marks, aspect }: FigureDescription): boolean =>
  aspect === "equal" || marks.some(({ kind }) => kind === "contours" || kind === "heat" || kind === "cells" || kind === "image");

/** The elements of a figure, within a room of that size. */
export function drawFigure(description: FigureDescription, width: number, height: number): string {
  const { x: xAxis, y: yAxis, marks, axes = true, aspect } = description;
  const layout = layOut(description, width, height);
  let { left, right, top, y } = layout;
  let bottom = height - layout.foot;
  let x = scaleOf(description, "x", [left, right], Math.max(2, Math.round((right - left) / 62)));
  if (aspect === "equal") {
    const [dx, dy] = [x.domain[1] - x.domain[0], y.domain[1] - y.domain[0]];
    const unit = Math.min((right - left) / dx, (bottom - top) / dy);
    const spare = right - left - unit * dx;
    [left, right, bottom] = [left + spare / 2, right - spare / 2, top + unit * dy];
    x = scaleOf(description, "x", [left, right], Math.max(2, Math.round((right - left) / 62)));
    y = scaleOf(description, "y", [bottom, top], Math.max(2, Math.round((bottom - top) / 40)));
  }
  const field = isField(description);
  const out: string[] = [layout.head];
  if (axes) {
    for (const tick of y.ticks) {
      const at = Math.round(y.at(tick)) + 0.5;
      if (!field) out.push(`<line class="grid" x1="${round(left)}" x2="${round(right)}" y1="${at}" y2="${at}"/>`);
      out.push(text(left - 8, at + 4, "end", formatTick(tick, yAxis.style, y)));
    }
    // What is counted in wholes is marked in wholes.
    for (const tick of xAxis.style === "count" ? x.ticks.filter(Number.isInteger) : x.ticks) {
      const label = formatTick(tick, xAxis.style, x);
      const room = width - textWidth(label) / 2;
      out.push(text(Math.min(x.at(tick), room), bottom + 17, "middle", label));
    }
    out.push(text((left + right) / 2, bottom + 34, "middle", xAxis.label));
    if (field && yAxis.label !== "") {
      const middle = (top + bottom) / 2;
      out.push(`<g transform="rotate(-90 12 ${round(middle)})">${text(12, middle, "middle", yAxis.label)}</g>`);
    }
  }
  // A nested svg clips what leaves the frame, without an id that could meet another figure's.
  const slack = field ? 0 : 4;
  const frame = { left: left - slack, top: top - 1.5 * slack, width: right - left + 2 * slack, height: bottom - top + 3 * slack };
  out.push(
    `<svg aria-hidden="true" x="${round(frame.left)}" y="${round(frame.top)}" width="${round(frame.width)}" height="${round(frame.height)}"`,
  );
  out.push(` viewBox="${round(frame.left)} ${round(frame.top)} ${round(frame.width)} ${round(frame.height)}">`);
  const plot: Plot = { x, y, left, right, top, bottom, xStyle: xAxis.style, yStyle: yAxis.style };
  for (const mark of marks) out.push(drawMark(mark, plot));
  out.push("</svg>");
  if (field && axes)
    out.push(`<rect class="edge" x="${round(left)}" y="${round(top)}" width="${round(right - left)}" height="${round(bottom - top)}"/>`);
  const lines = marks.filter((mark): mark is LineMark => mark.kind === "line");
  out.push(...endLabels(lines, plot), layout.caption);
  return out.join("");
}
