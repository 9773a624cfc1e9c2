/** Figures in characters: each holds 2 × 4 dots of braille. */
import { levelRegions } from "./contour-lines.js";
import type { FigureDescription } from "./description.js";
import { isDrawable, scaleOf } from "./description.js";
import type { LineMark, Mark, Paint, SeriesColour } from "./marks.js";
import { formatNumber, formatPercent } from "./number-format.js";
import type { Scale } from "./scale.js";
import type { Point } from "./thinning.js";

export interface TerminalOptions {
  /** Width of the whole figure in characters. Default 72. */
  readonly columns?: number;
  /** Height of the plotting area in lines. Default 8. */
  readonly rows?: number;
  /** Whether to use ANSI colours. Default false. */
  readonly colour?: boolean;
}

/** By the number of the series colour: blue, yellow, green, magenta, cyan, white, red, bright blue. */
const ansi: readonly number[] = [34, 33, 32, 35, 36, 37, 31, 94];

export function renderTerminal(description: FigureDescription, options: TerminalOptions): string {
  const { columns = 72, colour = false } = options;
  const { rows, most } = roomFor(description, columns, options.rows);
  const paint = (content: string, code: number) => (colour ? `\u001b[${code}m${content}\u001b[0m` : content);
  const lines = description.marks.filter((mark) => mark.kind === "line");
  const height = Math.max(2, Math.floor(rows));
  const y = scaleOf(description, "y", [height * 4 - 1, 0], 3);
  const show = (value: number) =>
    description.y.style === "percent" ? formatPercent(value, 1).replace(".0 ", " ") : formatNumber(value, 3);
  const labels = [show(y.domain[1]), show(y.domain[0])];
  const gutter = Math.max(...labels.map((label) => label.length));
  const width = Math.max(8, Math.min(most, Math.floor(columns) - gutter - 3));
  const x = scaleOf(description, "x", [0, width * 2 - 1], 3);

  const dots = new Uint8Array(width * height);
  const owner = new Int8Array(width * height).fill(-1);
  for (const mark of description.marks) {
    for (const line of strokesOf(mark)) if (!line.faint) drawLine(line, x, y, width, height, dots, owner);
  }
  const out: string[] = [];
  for (let row = 0; row < height; row++) {
    const label = row === 0 ? labels[0] : row === height - 1 ? labels[1] : "";
    let cells = "";
    for (let column = 0; column < width; ) {
      // A run of one colour is painted at once.
      const code = codeOf(owner[row * width + column]);
      let run = "";
      do {
        const cell = dots[row * width + column++];
        run += cell === 0 ? " " : String.fromCharCode(0x2800 + cell);
      } while (column < width && codeOf(owner[row * width + column]) === code);
      cells += code === undefined ? run : paint(run, code);
    }
    out.push(`${paint(label.padStart(gutter), 2)} ${paint(row === 0 || row === height - 1 ? "┤" : "│", 2)}${trimEnd(cells)}`);
  }
  const [first, last] = [formatNumber(x.domain[0], 3), formatNumber(x.domain[1], 3)];
  const middle = description.x.label;
  const room = width - first.length - last.length - middle.length;
  const before = Math.max(1, Math.floor(room / 2));
  out.push(paint(`${" ".repeat(gutter + 2)}${first}${" ".repeat(before)}${middle}${" ".repeat(Math.max(1, room - before))}${last}`, 2));
  const names = lines.filter((line) => line.label !== undefined).map((line) => paint(line.label ?? "", ansi[line.colour]));
  const heading = [description.title, ...((description.subtitle ?? "") === "" ? [] : [paint(description.subtitle ?? "", 2)])].join("  ");
  // One line needs no name: the title says what it is.
  return [names.length > 1 ? `${heading}   ${names.join(paint(" · ", 2))}` : heading, ...out].join("\n");
}

/** Lines, and characters at most in one: where one unit is to be as long on both axes, as many as that takes; a dot is about as wide as high. */
function roomFor(description: FigureDescription, columns: number, rows: number | undefined): { rows: number; most: number } {
  if (description.aspect !== "equal") return { rows: rows ?? 8, most: columns };
  const [dx, dy] = (["x", "y"] as const).map((axis) => {
    const [from, to] = scaleOf(description, axis, [0, 1], 3).domain;
    return to - from;
  });
  const high = rows ?? Math.max(4, Math.min(20, Math.round((((columns - 8) * 2) / 4) * (dy / dx))));
  return { rows: high, most: Math.max(8, Math.round(((high * 4) / 2) * (dx / dy))) };
}

/** The colour of what has none of its own: grey. */
const GREY = 5;

/** What dots can show of a mark: lines. Words, pictures and tints are left out. */
function strokesOf(mark: Mark): readonly Stroke[] {
  const inColour = (paint: Paint): SeriesColour => (typeof paint === "number" ? paint : GREY);
  switch (mark.kind) {
    case "line":
      return [mark];
    case "band":
      return [1, 2].map((edge) => ({ points: mark.points.map((row): Point => [row[0], row[edge]]), colour: mark.colour }));
    case "point":
      return [{ points: [mark.at], colour: inColour(mark.paint) }];
    case "arrow":
      return [{ points: [mark.from, mark.to], colour: inColour(mark.paint) }];
    case "contours":
      return levelRegions(mark).flatMap(({ lines }) => lines.map((points) => ({ points, colour: GREY })));
    case "polygons":
      return mark.polygons.flatMap(({ points, fill }) =>
        points.length > 0 ? [{ points: [...points, points[0]], colour: typeof fill === "object" ? GREY : inColour(fill) }] : [],
      );
    case "bars":
      return mark.bars.map(({ from, to, value }) => ({
        points: [
          [from, 0],
          [from, value],
          [to, value],
          [to, 0],
        ],
        colour: mark.colour,
      }));
    default:
      return [];
  }
}

type Stroke = Pick<LineMark, "points" | "colour" | "faint" | "unjoined">;

/** The colour of a cell; undefined for one that nobody owns. */
const codeOf = (owner: number): number | undefined => (owner < 0 ? undefined : ansi[owner]);

const trimEnd = (cells: string): string => cells.replace(/ +$/, "");

/** Bits of the eight dots of a braille character, by [row][column]. */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

function drawLine(line: Stroke, x: Scale, y: Scale, width: number, height: number, dots: Uint8Array, owner: Int8Array): void {
  const put = (px: number, py: number) => {
    if (px < 0 || py < 0 || px >= width * 2 || py >= height * 4) return;
    const at = Math.floor(py / 4) * width + Math.floor(px / 2);
    dots[at] |= bits[py % 4][px % 2];
    owner[at] = line.colour;
  };
  let previous: readonly [number, number] | undefined;
  for (const [vx, vy] of line.points) {
    if (!isDrawable(vx, x.kind) || !isDrawable(vy, y.kind)) continue;
    // What lies far outside is drawn towards, not to.
    const near = (place: number, room: number) => Math.round(Math.min(Math.max(place, -3 * room), 4 * room));
    const here: readonly [number, number] = [near(x.at(vx), width * 2), near(y.at(vy), height * 4)];
    const from = line.unjoined ? here : (previous ?? here);
    const steps = Math.max(Math.abs(here[0] - from[0]), Math.abs(here[1] - from[1]), 1);
    for (let i = 0; i <= steps; i++) {
      put(Math.round(from[0] + ((here[0] - from[0]) * i) / steps), Math.round(from[1] + ((here[1] - from[1]) * i) / steps));
    }
    previous = here;
  }
}
