/** The marks of a figure as elements of SVG. */

import { isDrawable } from "./description.js";
import type { BandMark, BarMark, LineMark, Mark, PolygonMark, RuleMark } from "./marks.js";
import { formatCount, formatDuration, formatNumberForPrint, formatPercent } from "./number-format.js";
import { hex, viridis } from "./palette.js";
import { type Plot, paintOf } from "./plot.js";
import { drawContours, drawPixels } from "./svg-fields.js";
import { drawArrow, drawPlace, drawText } from "./svg-places.js";
import { escapeText, formatTick, round, text, textWidth } from "./svg-text.js";
import { type Point, thin } from "./thinning.js";

export function drawMark(mark: Mark, plot: Plot): string {
  switch (mark.kind) {
    case "line":
      return mark.trail ? drawTrail(mark, plot) : drawLine(mark, plot);
    case "rule":
      return drawRule(mark, plot);
    case "band":
      return drawBand(mark, plot);
    case "point":
      return drawPlace(mark, plot);
    case "arrow":
      return drawArrow(mark, plot);
    case "text":
      return drawText(mark, plot);
    case "contours":
      return drawContours(mark, plot);
    case "heat":
    case "cells":
    case "image":
      return drawPixels(mark, plot);
    case "polygons":
      return drawPolygons(mark, plot);
    case "bars":
      return drawBars(mark, plot);
  }
}

const isShown = ({ x, y }: Plot, point: Point): boolean => isDrawable(point[0], x.kind) && isDrawable(point[1], y.kind);

const linePaint = ({ colour, reference }: LineMark): string => (reference ? "var(--muted)" : paintOf(colour));

function strokeOf(mark: LineMark): string {
  if (mark.reference) return 'class="line reference"';
  return `class="line${mark.faint ? " faint" : ""}${mark.dashed ? " dashed" : ""}" style="stroke:${linePaint(mark)}"`;
}

function drawLine(mark: LineMark, plot: Plot): string {
  const { x, y, xStyle, yStyle } = plot;
  const drawable = mark.points.filter((point) => isShown(plot, point));
  const shown = mark.unjoined ? drawable : thin(drawable);
  if (shown.length === 0) return "";
  const path = shown.map(([px, py], i) => `${i === 0 ? "M" : "L"}${round(x.at(px))} ${round(y.at(py))}`).join("");
  const line = shown.length > 1 && !mark.unjoined ? `<path ${strokeOf(mark)} d="${path}"/>` : "";
  if (!mark.dots && !mark.unjoined && shown.length > 1) return line;
  const [name, radius] = shown.length > 20 ? ["dot small", 2.25] : ["dot", 3.5];
  const dots = shown.map(([px, py]) => {
    const value = yStyle === "percent" ? formatPercent(py, 2) : yStyle === "duration" ? formatDuration(py) : formatNumberForPrint(py);
    const where = `${xStyle === "count" ? formatCount(px) : formatTick(px, xStyle, x)}: ${value}`;
    return `<circle class="${name}" style="fill:${linePaint(mark)}" cx="${round(x.at(px))}" cy="${round(y.at(py))}" r="${radius}"><title>${escapeText(where)}</title></circle>`;
  });
  return line + dots.join("");
}

/** What lies far outside is drawn towards, not to: renderers lose their way among huge numbers. */
const near = (place: number): number => Math.min(Math.max(place, -1e5), 1e5);

/** Steps nearer than this on the page are one. */
const NEAR = 0.6;
/** More dots than this are a thick line. */
const MANY_DOTS = 60;

/** Long paths go without a halo of paper: it would be drawn once more for each. */
const HALO = 1500;

/** A path through the plane on a halo of paper; where it leaves the figure, an arrow at the edge. */
function drawTrail(mark: LineMark, plot: Plot): string {
  const places = placed(mark.points, plot);
  const count = places.length / 2;
  if (count === 0) return "";
  const path = relativePath(places);
  const halo = count > HALO ? "" : `<path class="halo" d="${path}"/>`;
  const line = mark.unjoined ? "" : `${halo}<path ${strokeOf(mark)} d="${path}"/>`;
  if (mark.faint || mark.dots === false) return line + exits(places, mark, plot);
  const radius = mark.unjoined ? 2.5 : count > 25 ? 1.7 : 2.6;
  const shown = mark.unjoined ? count : Math.min(count, MANY_DOTS);
  const dots = Array.from(
    { length: shown },
    (_, i) => `<circle style="fill:${linePaint(mark)}" cx="${tenths(places[2 * i])}" cy="${tenths(places[2 * i + 1])}" r="${radius}"/>`,
  );
  return line + dots.join("") + exits(places, mark, plot);
}

/** Places on the page in tenths, x and y in turn; steps that one does not see are left out. */
function placed(points: readonly Point[], { x, y }: Plot): Float64Array {
  const places = new Float64Array(2 * points.length);
  let [count, lastX, lastY] = [0, Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < points.length; i++) {
    const point = points[i];
    if (!isDrawable(point[0], x.kind) || !isDrawable(point[1], y.kind)) continue;
    const px = Math.round(10 * near(x.at(point[0])));
    const py = Math.round(10 * near(y.at(point[1])));
    if ((px - lastX) ** 2 + (py - lastY) ** 2 < (10 * NEAR) ** 2) continue;
    places[count++] = px;
    places[count++] = py;
    lastX = px;
    lastY = py;
  }
  return places.subarray(0, count);
}

/** Numbers of tenths that come often, written once. */
const written: string[] = [];
const OFTEN = 1024;

function tenths(value: number): string {
  if (value < -OFTEN || value >= OFTEN) return String(value / 10);
  written[value + OFTEN] ??= String(value / 10);
  return written[value + OFTEN];
}

/** A path in steps from place to place: differences of rounded places, so that nothing adds up, and half as long as the places themselves. */
function relativePath(places: Float64Array): string {
  let path = `M${tenths(places[0])} ${tenths(places[1])}`;
  for (let i = 2; i < places.length; i += 2) path += `l${tenths(places[i] - places[i - 2])} ${tenths(places[i + 1] - places[i - 1])}`;
  return path;
}

/** More arrows than these are a fringe. */
const MANY_EXITS = 12;

/** Arrows where a path goes out of the figure. */
function exits(places: Float64Array, mark: LineMark, { left, right, top, bottom }: Plot): string {
  const out: string[] = [];
  for (let i = 2; i < places.length && out.length < MANY_EXITS; i += 2) {
    const [fromX, fromY, toX, toY] = places.subarray(i - 2, i + 2).map((place) => place / 10);
    // The part of the step that lies inside, as shares of its length; a place on the edge is inside.
    let [enters, leaves] = [0, 1];
    for (const [start, change, low, high] of [
      [fromX, toX - fromX, left - 1, right + 1],
      [fromY, toY - fromY, top - 1, bottom + 1],
    ]) {
      if (change === 0) leaves = start >= low && start <= high ? leaves : -1;
      else {
        const ends = [(low - start) / change, (high - start) / change];
        enters = Math.max(enters, Math.min(...ends));
        leaves = Math.min(leaves, Math.max(...ends));
      }
    }
    if (leaves >= 1 || leaves <= enters) continue;
    const within = (value: number, low: number, high: number) => round(Math.min(Math.max(value, low), high));
    const place = `${within(fromX + leaves * (toX - fromX), left, right)} ${within(fromY + leaves * (toY - fromY), top, bottom)}`;
    const angle = (Math.atan2(toY - fromY, toX - fromX) * 180) / Math.PI;
    out.push(
      `<path style="fill:${linePaint(mark)}" d="M0 0L-9 -4.5L-9 4.5Z" transform="translate(${place}) rotate(${round(angle)})"><title>leaves the figure</title></path>`,
    );
  }
  return out.join("");
}

function drawRule({ axis, at: value, label }: RuleMark, { x, y, left, right, top, bottom }: Plot): string {
  const at = axis === "x" ? x.at(value) : y.at(value);
  const ends =
    axis === "x"
      ? `x1="${round(at)}" x2="${round(at)}" y1="${top}" y2="${bottom}"`
      : `x1="${round(left)}" x2="${round(right)}" y1="${round(at)}" y2="${round(at)}"`;
  const line = `<line class="rule" ${ends}/>`;
  if (axis === "y") return line + text(left + 4, at - 4, "start", label, "note");
  // Near the right edge the words stand before the line.
  const fits = at + 4 + textWidth(label) <= right;
  return line + text(fits ? at + 4 : at - 4, top + 10, fits ? "start" : "end", label, "note");
}

function drawBand({ points, colour }: BandMark, plot: Plot): string {
  const { x, y } = plot;
  const shown = points.filter(([px, low, high]) => isShown(plot, [px, low]) && isShown(plot, [px, high]));
  if (shown.length < 2) return "";
  const upper = shown.map(([px, , high]) => `${round(x.at(px))} ${round(y.at(high))}`);
  const lower = shown.map(([px, low]) => `${round(x.at(px))} ${round(y.at(low))}`).reverse();
  return `<path class="band" style="fill:${paintOf(colour)}" d="M${[...upper, ...lower].join("L")}Z"/>`;
}

function drawPolygons({ polygons }: PolygonMark, { x, y }: Plot): string {
  return polygons
    .map(({ points, fill, opacity, outlined }) => {
      const colour = typeof fill === "object" ? hex(viridis(fill.share)) : paintOf(fill);
      const path = points.map(([px, py]) => `${round(x.at(px))} ${round(y.at(py))}`).join("L");
      return `<path${outlined ? ' class="outlined"' : ""} style="fill:${colour}${opacity === undefined ? "" : `;fill-opacity:${opacity}`}" d="M${path}Z"/>`;
    })
    .join("");
}

function drawBars({ bars, colour }: BarMark, { x, y, bottom }: Plot): string {
  const base = y.kind === "log" ? bottom : y.at(0);
  return bars
    .filter(({ value }) => isDrawable(value, y.kind))
    .map(({ from, to, value }) => {
      const [left, right, top] = [x.at(from), x.at(to), y.at(value)];
      const gap = right - left > 4 ? 0.5 : 0;
      return `<rect style="fill:${paintOf(colour)}" x="${round(left + gap)}" y="${round(Math.min(top, base))}" width="${round(Math.max(0.5, right - left - 2 * gap))}" height="${round(Math.abs(base - top))}"/>`;
    })
    .join("");
}

/** Names at the ends of lines, moved apart where they would overlap. Trails have theirs under the title, since they end where others do. */
export function endLabels(lines: readonly LineMark[], plot: Plot): string[] {
  const { x, y, bottom } = plot;
  const labels = lines.flatMap((line) => {
    const { label, points, trail } = line;
    const end = points.findLast((point) => isShown(plot, point));
    if (label === undefined || trail || end === undefined) return [];
    return [{ label, paint: linePaint(line), at: y.at(end[1]) + 4, x: Math.min(x.at(end[0]), plot.right) + 8 }];
  });
  const gap = 15;
  labels.sort((a, b) => a.at - b.at);
  for (let i = 0; i < labels.length; i++) labels[i].at = Math.max(labels[i].at, i === 0 ? plot.top + 4 : labels[i - 1].at + gap);
  for (let i = labels.length - 1; i >= 0; i--)
    labels[i].at = Math.min(labels[i].at, i === labels.length - 1 ? bottom + 4 : labels[i + 1].at - gap);
  const edge = Math.max(...labels.map((label) => label.x));
  return labels.map(({ label, paint, at }) => text(edge, at, "start", label, "end", `fill:${paint}`));
}

/** The names of trails, each with a piece of its line, in as many rows as they take. */
export function swatches(lines: readonly LineMark[], top: number, width: number): { svg: string; height: number } {
  const named = lines.filter(({ trail, label }) => trail && label !== undefined);
  if (named.length === 0) return { svg: "", height: 0 };
  let [x, row] = [0, 0];
  const out = named.map((line) => {
    const label = line.label ?? "";
    const room = 24 + textWidth(label) * 1.02;
    if (x > 0 && x + room > width) [x, row] = [0, row + 1];
    const y = top + 17 * row;
    const swatch = `<line ${strokeOf(line)} x1="${round(x)}" x2="${round(x + 14)}" y1="${y - 4}" y2="${y - 4}"/>`;
    const words = text(x + 19, y, "start", label, "end", `fill:${linePaint(line)}`);
    x += room + 8;
    return swatch + words;
  });
  return { svg: out.join(""), height: 20 + 17 * row };
}
