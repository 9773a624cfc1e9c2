/** Small pictures in rows, each with a few words below it: samples, filters, what layers give. */
import { Figure } from "./figure.js";
import type { Mark, Paint } from "./marks.js";

/** One of the pictures. */
export interface GridPicture {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 RGB. */
  readonly channels: 1 | 3;
  /** Samples from 0 to 255, row by row. */
  readonly samples: Uint8Array;
  /** Lines of a few words each, the first in ink (or in `paint`), the others quiet. */
  readonly words?: readonly string[];
  readonly paint?: Paint;
}

export interface PictureGridOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly caption?: string;
  readonly alt: string;
  readonly pictures: readonly GridPicture[];
  /** Pictures in a row. Default 8. */
  readonly columns?: number;
  /** How wide each is shown, in units of the figure. Default 64. */
  readonly size?: number;
}

/** Between pictures, and between lines of words. */
const GAP = 12;
const LINE = 15;

/**
 * Pictures in rows. A unit of its axes is a unit of the page where the figure is drawn as wide as they are: `toSvg({ width: figure.description.x.domain[1] })`.
 *
 * @example
 * ```ts
 * import { pictureGrid } from "steepest/figures";
 * const black = { width: 2, height: 2, channels: 1, samples: new Uint8Array(4), words: ["black", "99 %"] } as const;
 * pictureGrid({ title: "Samples", alt: "Two black squares.", pictures: [black, black] }).description.marks.length; // → 6
 * ```
 */
export function pictureGrid({ title, subtitle, caption, alt, pictures, columns = 8, size = 64 }: PictureGridOptions): Figure {
  const lines = Math.max(0, ...pictures.map(({ words = [] }) => words.length));
  const tallest = Math.max(1, ...pictures.map(({ width, height }) => (size * height) / width));
  const pitch = { x: size + GAP, y: tallest + LINE * lines + GAP };
  const across = Math.max(1, Math.min(columns, pictures.length));
  const rows = Math.max(1, Math.ceil(pictures.length / across));
  const whole = { width: across * pitch.x - GAP, height: rows * pitch.y - GAP };
  const marks = pictures.flatMap(({ width, height, channels, samples, words = [], paint = "ink" }, i): Mark[] => {
    const left = (i % across) * pitch.x;
    // Rows are counted from the top, places of a figure from below.
    const top = whole.height - Math.floor(i / across) * pitch.y;
    const shown = (size * height) / width;
    return [
      { kind: "image", x: [left, left + size], y: [top - shown, top], width, height, channels, samples },
      ...words.map((text, line): Mark => {
        const at = [left, top - tallest - LINE * (line + 0.6)] as const;
        return { kind: "text", at, text, paint: line === 0 ? paint : "muted", anchor: "start" };
      }),
    ];
  });
  const axis = (to: number) => ({ label: "", kind: "linear", style: "number", domain: [0, to] }) as const;
  return new Figure({
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    ...(caption === undefined ? {} : { caption }),
    alt,
    x: axis(whole.width),
    y: axis(whole.height),
    aspect: "equal",
    axes: false,
    marks,
  });
}
