/** The numbers of a figure as a table: what it shows, for those who do not see it and for other programs. */
import type { FigureDescription } from "./description.js";
import type { Mark } from "./marks.js";

/** A row: which mark, its name, and up to two places and a value. */
interface Row {
  readonly mark: Mark["kind"];
  readonly label?: string;
  readonly x?: number;
  readonly y?: number;
  readonly x2?: number;
  readonly y2?: number;
  readonly value?: number;
}

const columns = ["mark", "label", "x", "y", "x2", "y2", "value"] as const;

/** One line for each number or vector drawn, with the names of the columns first. Numbers are written so that reading gives the same bits. */
export function renderCsv({ marks }: FigureDescription): string {
  const lines = [columns.join(",")];
  for (const mark of marks) for (const row of rowsOf(mark)) lines.push(columns.map((column) => csvCell(row[column])).join(","));
  return `${lines.join("\n")}\n`;
}

export const csvCell = (value: string | number | undefined): string =>
  value === undefined
    ? ""
    : typeof value === "number"
      ? String(value)
      : /[",\n\r]/.test(value)
        ? `"${value.replaceAll('"', '""')}"`
        : value;

function* rowsOf(mark: Mark): Generator<Row> {
  switch (mark.kind) {
    case "line":
      for (const [x, y] of mark.points) yield { mark: mark.kind, label: mark.label, x, y };
      return;
    case "rule":
      yield { mark: mark.kind, label: mark.label, [mark.axis]: mark.at };
      return;
    case "band":
      for (const [x, y, y2] of mark.points) yield { mark: mark.kind, x, y, y2 };
      return;
    case "point":
      yield { mark: mark.kind, label: mark.label ?? mark.shape, x: mark.at[0], y: mark.at[1] };
      return;
    case "text":
      yield { mark: mark.kind, label: mark.text, x: mark.at[0], y: mark.at[1] };
      return;
    case "arrow":
      yield { mark: mark.kind, label: mark.label, x: mark.from[0], y: mark.from[1], x2: mark.to[0], y2: mark.to[1] };
      return;
    case "contours":
    case "heat": {
      const { columns: width, rows, x, y, values } = mark.grid;
      for (let i = 0; i < width * rows; i++)
        yield {
          mark: mark.kind,
          x: x[0] + ((x[1] - x[0]) * (i % width)) / (width - 1),
          y: y[0] + ((y[1] - y[0]) * Math.floor(i / width)) / (rows - 1),
          value: values[i],
        };
      return;
    }
    case "cells": {
      const { columns: width, rows, x, y, classes } = mark;
      // The middle of a cell stands for it.
      for (let i = 0; i < width * rows; i++)
        yield {
          mark: mark.kind,
          x: x[0] + ((x[1] - x[0]) * ((i % width) + 0.5)) / width,
          y: y[0] + ((y[1] - y[0]) * (Math.floor(i / width) + 0.5)) / rows,
          value: classes[i],
        };
      return;
    }
    case "image": {
      const { width, channels, samples } = mark;
      for (let i = 0; i < samples.length; i++) {
        const pixel = Math.floor(i / channels);
        const label = channels === 1 ? undefined : ["red", "green", "blue"][i % 3];
        yield { mark: mark.kind, label, x: pixel % width, y: Math.floor(pixel / width), value: samples[i] };
      }
      return;
    }
    case "polygons":
      for (const [i, { points, fill }] of mark.polygons.entries())
        for (const [x, y] of points)
          yield { mark: mark.kind, label: String(i), x, y, value: typeof fill === "object" ? fill.share : undefined };
      return;
    case "bars":
      for (const { from, to, value } of mark.bars) yield { mark: mark.kind, x: from, x2: to, value };
  }
}
