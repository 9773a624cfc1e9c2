/** What is taken for what: the confusion matrix of a classifier. */
import { SteepestError } from "../tensor/error.js";
import { Figure } from "./figure.js";
import type { Mark } from "./marks.js";
import { formatCount, formatPercent } from "./number-format.js";
import { textWidth } from "./svg-text.js";

export interface ConfusionOptions {
  /** Default "Confusion matrix". */
  readonly title?: string;
  /** Names by label. Default: the labels. */
  readonly classes?: readonly string[];
}

/** Units of the page to a cell: numbers of four digits have room. */
const CELL = 40;
/** With more classes cells are too small for numbers. */
const MOST_WRITTEN = 30;
/** Names longer than this stand beside their rows alone; columns have their numbers. */
const SHORT = 4;

/**
 * Rows are what records are, columns what the model says; the last column is the share of each class that was found. Hits are blue by their share of the row, mistakes orange by the
 * square root of their number, so that single ones stay visible beside frequent ones. The matrix is as clear as it can be where it is `confusionWidth(figure)` wide.
 *
 * @param counts by [true class][predicted class], as `run.test.confusion`
 * @throws SteepestError for counts that are no square matrix
 * @example
 * ```ts
 * import { confusionFigure } from "steepest/figures";
 * confusionFigure([[8, 2], [0, 10]], { classes: ["cat", "dog"] }).description.alt; // → "2 classes, 18 of 20 records right. Most frequent mistakes: cat as dog (2)."
 * ```
 */
export function confusionFigure(
  counts: readonly (readonly number[])[],
  { title = "Confusion matrix", classes }: ConfusionOptions = {},
): Figure {
  const size = counts.length;
  if (size === 0 || counts.some((row) => row.length !== size))
    throw new SteepestError({
      problem: "this is no confusion matrix",
      expected: "as many columns as rows",
      received: `${size} rows of ${[...new Set(counts.map((row) => row.length))].join(", ")}`,
    });
  const names = counts.map((_, label) => classes?.[label] ?? String(label));
  const isShort = names.every((name) => name.length <= SHORT);
  const rowNames = names.map((name, label) => (isShort ? name : `${name} ${label}`));
  const nameRoom = Math.max(...rowNames.map(textWidth)) / CELL + 0.3;
  const highest = Math.max(1, ...counts.flatMap((row, label) => row.filter((_, said) => said !== label)));
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const [kinds, shades] = [new Array<number>(size * size), new Array<number>(size * size)];
  const marks: Mark[] = [];
  const write = (x: number, y: number, text: string, paint: "ink" | "muted", anchor: "start" | "middle" | "end") =>
    marks.push({ kind: "text", at: [x, y], text, paint, anchor });
  counts.forEach((row, label) => {
    const middle = size - label - 0.5;
    row.forEach((count, said) => {
      const isHit = label === said;
      // Rows of cells are counted from below.
      const cell = (size - 1 - label) * size + said;
      kinds[cell] = count === 0 ? -1 : isHit ? 0 : 1;
      shades[cell] = isHit ? 0.1 + (0.3 * count) / Math.max(1, totals[label]) : 0.12 + 0.45 * Math.sqrt(count / highest);
      if (size <= MOST_WRITTEN) write(said + 0.5, middle, count === 0 ? "·" : formatCount(count), count === 0 ? "muted" : "ink", "middle");
    });
    write(-0.15, middle, rowNames[label], "ink", "end");
    write(size + 1.65, middle, totals[label] === 0 ? "–" : formatPercent(row[label] / totals[label]), "muted", "end");
    write(label + 0.5, size + 0.35, isShort ? names[label] : String(label), "ink", "middle");
  });
  write(size + 1.65, size + 0.35, "found", "muted", "end");
  const axis = (domain: readonly [number, number]) => ({ label: "", kind: "linear", style: "number", domain }) as const;
  return new Figure({
    title,
    subtitle: "rows: what they are; columns: what the model says",
    alt: inWords(counts, names),
    x: axis([-nameRoom, size + 1.7]),
    y: axis([0, size + 0.8]),
    aspect: "equal",
    axes: false,
    marks: [{ kind: "cells", columns: size, rows: size, x: [0, size], y: [0, size], classes: kinds, shades }, ...marks],
  });
}

/** The width at which cells of a confusion matrix have room for their numbers. */
export function confusionWidth({ description }: Figure): number {
  const [from, to] = description.x.domain ?? [0, 1];
  return Math.round(CELL * (to - from));
}

/** Mistakes by how often they happen. */
export function frequentMistakes(counts: readonly (readonly number[])[], names: readonly string[]) {
  return counts
    .flatMap((row, label) => row.map((count, said) => ({ is: names[label], as: names[said], count, isHit: label === said })))
    .filter(({ isHit, count }) => !isHit && count > 0)
    .sort((a, b) => b.count - a.count);
}

function inWords(counts: readonly (readonly number[])[], names: readonly string[]): string {
  const all = counts.flat().reduce((sum, count) => sum + count, 0);
  const right = counts.reduce((sum, row, label) => sum + row[label], 0);
  const worst = frequentMistakes(counts, names)
    .slice(0, 5)
    .map(({ is, as, count }) => `${is} as ${as} (${formatCount(count)})`);
  const mistakes = worst.length === 0 ? "No mistakes." : `Most frequent mistakes: ${worst.join(", ")}.`;
  return `${counts.length} classes, ${formatCount(right)} of ${formatCount(all)} records right. ${mistakes}`;
}
