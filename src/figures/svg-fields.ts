/** What covers the plane: level lines, cells, pictures, as elements of SVG. */
import { levelRegions } from "./contour-lines.js";
import { extentOfValues } from "./grid.js";
import type { CellsMark, ContourMark, HeatMark, ImageMark } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import { paletteOf, parse } from "./palette.js";
import type { Plot } from "./plot.js";
import { pngDataUri } from "./png.js";
import { round, text, textWidth } from "./svg-text.js";
import type { Point } from "./thinning.js";

/** Paths of contours in tenths: finer than a grid is. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

export function drawContours(mark: ContourMark, plot: Plot): string {
  const { filled = true, labelEvery = 0 } = mark;
  const { x, y } = plot;
  const regions = levelRegions(mark);
  const pathOf = (lines: readonly (readonly Point[])[], end: string) =>
    lines.map((line) => `M${line.map(([px, py]) => `${tenth(x.at(px))} ${tenth(y.at(py))}`).join("L")}${end}`).join("");
  // Each region lies on those of lower levels, so that tints add up towards the heights.
  const tint = regions.length > 0 ? Math.min(0.1, 0.5 / regions.length) : 0;
  const out = regions.map(({ rings, lines }) => {
    const fill = filled ? `<path class="level" fill-rule="evenodd" fill-opacity="${round(tint)}" d="${pathOf(rings, "Z")}"/>` : "";
    const stroke = pathOf(lines, "");
    return fill + (stroke === "" ? "" : `<path class="contour" d="${stroke}"/>`);
  });
  const written: Point[] = [];
  if (labelEvery > 0)
    for (const [i, { level, lines }] of regions.entries()) {
      if (i % labelEvery !== Math.floor(labelEvery / 2)) continue;
      const label = formatNumberForPrint(level, 2);
      const place = labelPlace(lines, written, textWidth(label) / 2, plot);
      if (place === undefined) continue;
      written.push(place);
      out.push(text(place[0], place[1] + 4, "middle", label, "note"));
    }
  return out.join("");
}

/** On a level line, inside of the figure and away from other labels; the place that is freest. */
function labelPlace(
  lines: readonly (readonly Point[])[],
  written: readonly Point[],
  half: number,
  { x, y, left, right, top, bottom }: Plot,
): Point | undefined {
  let [best, room] = [undefined as Point | undefined, 36];
  for (const line of lines) {
    for (let i = 0; i < line.length; i += Math.max(1, Math.floor(line.length / 40))) {
      const [px, py] = [x.at(line[i][0]), y.at(line[i][1])];
      if (px < left + half + 6 || px > right - half - 6 || py < top + 14 || py > bottom - 14) continue;
      const free = Math.min(200, ...written.map((other) => Math.hypot(px - other[0], (py - other[1]) * 2)));
      if (free > room) [best, room] = [[px, py], free];
    }
  }
  return best;
}

/** Colours of classes: those of Okabe and Ito, on any paper. */
const classColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#6b7686", "#b3404c", "#1b93a4"].map(parse);

export function drawPixels(mark: HeatMark | CellsMark | ImageMark, { x, y }: Plot): string {
  const { columns, rows, span, pixels, channels } =
    mark.kind === "image" ? pictured(mark) : mark.kind === "heat" ? heated(mark) : coloured(mark);
  const [left, right] = span.x.map((value) => x.at(value));
  const [bottom, top] = span.y.map((value) => y.at(value));
  const href = pngDataUri({ width: columns, height: rows, channels, depth: 8, data: pixels });
  return `<image class="pixels" x="${round(left)}" y="${round(top)}" width="${round(right - left)}" height="${round(bottom - top)}" preserveAspectRatio="none" href="${href}"/>`;
}

interface Pixels {
  readonly columns: number;
  readonly rows: number;
  readonly span: { readonly x: readonly [number, number]; readonly y: readonly [number, number] };
  readonly channels: 1 | 3 | 4;
  readonly pixels: Uint8Array;
}

const pictured = ({ width, height, x, y, channels, samples }: ImageMark): Pixels => ({
  columns: width,
  rows: height,
  span: { x, y },
  channels,
  pixels: samples,
});

/** Values at the points of a grid are the middles of cells. What is not finite is left empty. */
function heated({ grid, palette, range }: HeatMark): Pixels {
  const { columns, rows, values } = grid;
  const [least, most] = range ?? extentOfValues(values);
  const largest = Math.max(Math.abs(least), Math.abs(most));
  const [low, high] = palette === "signed" && range === undefined ? [-largest, largest] : [least, most];
  const colour = paletteOf(palette);
  const pixels = new Uint8Array(4 * columns * rows);
  for (let i = 0; i < columns * rows; i++) {
    // Pictures begin at the top, grids at the bottom.
    const value = values[(rows - 1 - Math.floor(i / columns)) * columns + (i % columns)];
    if (Number.isFinite(value)) pixels.set([...colour(high > low ? (value - low) / (high - low) : 0.5), 255], 4 * i);
  }
  const half = (from: number, to: number, count: number) => (count > 1 ? (to - from) / (count - 1) / 2 : 0.5);
  const [hx, hy] = [half(...grid.x, columns), half(...grid.y, rows)];
  return { columns, rows, channels: 4, pixels, span: { x: [grid.x[0] - hx, grid.x[1] + hx], y: [grid.y[0] - hy, grid.y[1] + hy] } };
}

function coloured({ columns, rows, x, y, classes, shades }: CellsMark): Pixels {
  const pixels = new Uint8Array(4 * columns * rows);
  for (let i = 0; i < columns * rows; i++) {
    const cell = (rows - 1 - Math.floor(i / columns)) * columns + (i % columns);
    const number = classes[cell];
    if (number < 0) continue;
    const shade = Math.round(255 * Math.min(1, Math.max(0, shades?.[cell] ?? 1)));
    pixels.set([...classColours[number % classColours.length], shade], 4 * i);
  }
  return { columns, rows, channels: 4, pixels, span: { x, y } };
}
