/** Figures as SVG text. No document is needed: the same in Node and in the browser. */
import type { FigureDescription, LineMark, NumberStyle } from "./description.js";
import { isDrawable, scaleOf } from "./description.js";
import { formatCount, formatDuration, formatNumberForPrint, formatPercent, formatPower } from "./number-format.js";
import type { Scale } from "./scale.js";
import { figureStyle, themeStyle } from "./theme.js";
import { thin } from "./thinning.js";

export interface SvgOptions {
  /** In units of the figure, which is scaled to the room it gets. Default 400. */
  readonly width?: number;
  /** Default 250. */
  readonly height?: number;
  /** True for a figure inside a page that defines the colours and `figureStyle` itself. Default false: the file stands alone. */
  readonly embedded?: boolean;
}

/** Escapes text for XML and HTML, in content and in quoted attributes. */
export const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character).replace(/[^\P{Cc}\t\n]/gu, "�");

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Paper around a figure that stands alone. */
const PAPER = 14;

export function renderSvg(description: FigureDescription, { width = 400, height = 250, embedded = false }: SvgOptions): string {
  const frame = { width, height, embedded, label: `${description.title}. ${description.alt}` };
  if (embedded) return asDocument(drawFigure(description, width, height), frame);
  const inner = drawFigure(description, width - 2 * PAPER, height - 2 * PAPER);
  return asDocument(`<g transform="translate(${PAPER} ${PAPER})">${inner}</g>`, frame);
}

/** What is drawn, as an SVG file or as an element of a page. */
export function asDocument(content: string, frame: Required<SvgOptions> & { readonly label: string }): string {
  const { width, height, embedded, label } = frame;
  const style = embedded ? "" : `<style>${themeStyle(".steepest")}${figureStyle}.steepest{background:var(--paper)}</style>`;
  const size = embedded ? "" : ` width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="steepest" viewBox="0 0 ${width} ${height}"${size} role="img" aria-label="${escapeText(label)}">${style}${content}</svg>`;
}

/** The elements of a figure, within a room of that size. */
export function drawFigure(description: FigureDescription, width: number, height: number): string {
  const { title, subtitle, x: xAxis, y: yAxis, marks } = description;
  const lines = marks.filter((mark) => mark.kind === "line");
  const labelWidth = Math.max(0, ...lines.map((line) => textWidth(line.label ?? "") + 12));
  const [top, bottom] = [38, height - 38];
  const y = scaleOf(description, "y", [bottom, top], Math.max(2, Math.round((bottom - top) / 40)));
  const yTexts = y.ticks.map((tick) => formatTick(tick, yAxis.style, y));
  const left = Math.max(24, ...yTexts.map((text) => textWidth(text) + 8));
  const right = width - Math.max(12, labelWidth);
  const x = scaleOf(description, "x", [left, right], Math.max(2, Math.round((right - left) / 62)));

  const out: string[] = [];
  out.push(text(0, 14, "start", title, "title", subtitle ?? ""));
  y.ticks.forEach((tick, i) => {
    const at = Math.round(y.at(tick)) + 0.5;
    out.push(`<line class="grid" x1="${round(left)}" x2="${round(right)}" y1="${at}" y2="${at}"/>`);
    out.push(text(left - 8, at + 4, "end", yTexts[i]));
  });
  // What is counted in wholes is marked in wholes.
  for (const tick of xAxis.style === "count" ? x.ticks.filter(Number.isInteger) : x.ticks) {
    out.push(
      text(
        Math.min(x.at(tick), width - textWidth(formatTick(tick, xAxis.style, x)) / 2),
        bottom + 17,
        "middle",
        formatTick(tick, xAxis.style, x),
      ),
    );
  }
  out.push(text((left + right) / 2, height - 4, "middle", xAxis.label));
  // A nested svg clips what leaves the frame, without an id that could meet another figure's.
  const frame = { left: left - 4, top: top - 6, width: right - left + 8, height: bottom - top + 12 };
  out.push(`<svg aria-hidden="true" x="${round(frame.left)}" y="${frame.top}" width="${round(frame.width)}" height="${frame.height}"`);
  out.push(` viewBox="${round(frame.left)} ${frame.top} ${round(frame.width)} ${frame.height}">`);
  for (const mark of marks) {
    if (mark.kind === "line") out.push(drawLine(mark, x, y, xAxis.style, yAxis.style));
    else {
      const at = round(mark.axis === "x" ? x.at(mark.at) : y.at(mark.at));
      const ends =
        mark.axis === "x"
          ? `x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"`
          : `x1="${round(left)}" x2="${round(right)}" y1="${at}" y2="${at}"`;
      out.push(`<line class="rule" ${ends}/>`);
      out.push(
        mark.axis === "x" ? text(x.at(mark.at) + 4, top + 6, "start", mark.label) : text(left + 4, y.at(mark.at) - 4, "start", mark.label),
      );
    }
  }
  out.push("</svg>");
  out.push(...endLabels(lines, x, y, [top + 4, bottom + 4]));
  return out.join("");
}

function drawLine(mark: LineMark, x: Scale, y: Scale, xStyle: NumberStyle, yStyle: NumberStyle): string {
  const drawable = mark.points.filter((point) => isDrawable(point[0], x.kind) && isDrawable(point[1], y.kind));
  const shown = mark.unjoined ? drawable : thin(drawable);
  if (shown.length === 0) return "";
  const paint = paintOf(mark);
  const path = shown.map(([px, py], i) => `${i === 0 ? "M" : "L"}${round(x.at(px))} ${round(y.at(py))}`).join("");
  const stroke = mark.reference ? `class="line reference"` : `class="line${mark.faint ? " faint" : ""}" style="stroke:${paint}"`;
  const line = shown.length > 1 && !mark.unjoined ? `<path ${stroke} d="${path}"/>` : "";
  if (!mark.dots && !mark.unjoined && shown.length > 1) return line;
  const [name, radius] = shown.length > 20 ? ["dot small", 2.25] : ["dot", 3.5];
  const dots = shown.map(([px, py]) => {
    const value = yStyle === "percent" ? formatPercent(py, 2) : yStyle === "duration" ? formatDuration(py) : formatNumberForPrint(py);
    const where = `${xStyle === "count" ? formatCount(px) : formatTick(px, xStyle, x)}: ${value}`;
    return `<circle class="${name}" style="fill:${paint}" cx="${round(x.at(px))}" cy="${round(y.at(py))}" r="${radius}"><title>${escapeText(where)}</title></circle>`;
  });
  return line + dots.join("");
}

const paintOf = ({ colour, reference }: LineMark): string => (reference ? "var(--muted)" : `var(--series-${colour})`);

/** Names at the ends of lines, moved apart where they would overlap. */
function endLabels(lines: readonly LineMark[], x: Scale, y: Scale, [top, bottom]: readonly [number, number]): string[] {
  const labels = lines.flatMap((line) => {
    const { label, points } = line;
    const end = points.findLast((point) => isDrawable(point[0], x.kind) && isDrawable(point[1], y.kind));
    return label === undefined || end === undefined ? [] : [{ label, paint: paintOf(line), at: y.at(end[1]) + 4, x: x.at(end[0]) + 8 }];
  });
  const gap = 15;
  labels.sort((a, b) => a.at - b.at);
  for (let i = 0; i < labels.length; i++) labels[i].at = Math.max(labels[i].at, i === 0 ? top : labels[i - 1].at + gap);
  for (let i = labels.length - 1; i >= 0; i--)
    labels[i].at = Math.min(labels[i].at, i === labels.length - 1 ? bottom : labels[i + 1].at - gap);
  const edge = Math.max(...labels.map((label) => label.x));
  return labels.map(
    ({ label, paint, at }) => `<text class="end" style="fill:${paint}" x="${round(edge)}" y="${round(at)}">${escapeText(label)}</text>`,
  );
}

/** The heading of a picture of several figures. */
export const drawHeading = (x: number, y: number, title: string, subtitle: string): string =>
  text(x, y, "start", title, "heading", subtitle);

/** A number along an axis. */
export function formatTick(value: number, style: NumberStyle, scale: Scale): string {
  if (style === "percent") {
    const steps = scale.ticks.length > 1 ? Math.abs(scale.ticks[1] - scale.ticks[0]) * 100 : 1;
    return formatPercent(value, steps >= 0.999 ? 0 : steps >= 0.0999 ? 1 : 2);
  }
  if (style === "duration") return formatDuration(value).replace(".0 s", " s");
  if (style === "power") return formatPower(value);
  return style === "count" && Math.abs(value) >= 1000 && Math.abs(value) < 1e6 ? formatCount(value) : formatNumberForPrint(value);
}

function text(x: number, y: number, anchor: "start" | "middle" | "end", content: string, className = "", quiet = ""): string {
  const place = `x="${round(x)}" y="${round(y)}"${anchor === "start" ? "" : ` text-anchor="${anchor}"`}`;
  const name = className === "" ? "" : ` class="${className}"`;
  const more = quiet === "" ? "" : `<tspan style="font-size:12px;font-weight:400;fill:var(--muted)" dx="8">${escapeText(quiet)}</tspan>`;
  return `<text ${place}${name}>${escapeText(content)}${more}</text>`;
}

/** A generous estimate in 12 px: fonts differ from reader to reader, and labels of lines are bold. */
const textWidth = (content: string): number => [...content].reduce((sum, letter) => sum + letterWidth(letter), 0);

function letterWidth(letter: string): number {
  if ("mwMW@%".includes(letter)) return 12.6;
  if ("ijlIft.,:;'|!()[]".includes(letter)) return 5;
  return letter >= "A" && letter <= "Z" ? 9.4 : 8.2;
}

const round = (value: number): number => Math.round(value * 100) / 100;
