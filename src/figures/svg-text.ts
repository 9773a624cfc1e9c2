/** Words in a drawing: how wide they are, where they break, how they are written. */
import type { NumberStyle } from "./description.js";
import { formatCount, formatDuration, formatNumberForPrint, formatPercent, formatPower } from "./number-format.js";
import type { Scale } from "./scale.js";

/** Escapes text for XML and HTML, in content and in quoted attributes. */
export const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character).replace(/[^\P{Cc}\t\n]/gu, "�");

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const round = (value: number): number => Math.round(value * 100) / 100;

export type Anchor = "start" | "middle" | "end";

export function text(x: number, y: number, anchor: Anchor, content: string, className = "", style = ""): string {
  const place = `x="${round(x)}" y="${round(y)}"${anchor === "start" ? "" : ` text-anchor="${anchor}"`}`;
  const name = className === "" ? "" : ` class="${className}"`;
  return `<text${name}${style === "" ? "" : ` style="${style}"`} ${place}>${escapeText(content)}</text>`;
}

/** A generous estimate in 12 px: fonts differ from reader to reader, and labels of lines are bold. */
export const textWidth = (content: string): number => [...content].reduce((sum, letter) => sum + letterWidth(letter), 0);

function letterWidth(letter: string): number {
  if ("mwMW@%".includes(letter)) return 12.6;
  if ("ijlIft.,:;'|!()[] ".includes(letter)) return 5;
  return letter >= "A" && letter <= "Z" ? 9.4 : 8.2;
}

/** Running text is narrower than the estimate for single labels. */
const RUNNING = 0.9;

/** The lines of a text within a width; a single word may be longer. */
export function wrap(content: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(" ").filter((part) => part !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`) * RUNNING <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A title with a few quiet words: beside it where there is room, else in lines of their own. */
export function heading(
  x: number,
  y: number,
  width: number,
  title: string,
  quiet: string,
  className = "title",
): { svg: string; height: number } {
  const scale = className === "heading" ? 17 / 12 : 14 / 12;
  const titles = wrap(title, width / scale);
  const line = 16 * scale;
  const out = titles.map((part, i) => text(x, y + i * line, "start", part, className));
  let height = Math.max(0, titles.length - 1) * line;
  const used = textWidth(titles.at(-1) ?? "") * scale * RUNNING + 10;
  if (quiet !== "" && titles.length === 1 && used + textWidth(quiet) * RUNNING <= width) {
    const aside = `<tspan class="aside" dx="8">${escapeText(quiet)}</tspan></text>`;
    return { svg: (out[0] ?? "").replace(/<\/text>$/, aside), height };
  }
  for (const part of wrap(quiet, width)) {
    height += 16;
    out.push(text(x, y + height, "start", part, "aside"));
  }
  return { svg: out.join(""), height };
}

/** A number along an axis. */
export function formatTick(value: number, style: NumberStyle, scale: Scale): string {
  if (style === "percent") {
    const steps = scale.ticks.length > 1 ? Math.abs(scale.ticks[1] - scale.ticks[0]) * 100 : 1;
    return formatPercent(value, steps >= 0.999 ? 0 : steps >= 0.0999 ? 1 : 2);
  }
  if (style === "duration") return formatDuration(value).replace(".0 s", " s");
  if (style === "power") return formatPower(value);
  if (style === "count") return Math.abs(value) >= 1000 && Math.abs(value) < 1e6 ? formatCount(value) : formatNumberForPrint(value);
  return Number.isInteger(value) && Math.abs(value) >= 10_000 && Math.abs(value) < 1e6
    ? formatCount(value).replace("-", "−")
    : formatNumberForPrint(value);
}
