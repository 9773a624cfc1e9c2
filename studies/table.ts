/** Results of a study as Markdown, and as one object for machines. */
import { asTable } from "../bench/markdown.js";
import { band, type Measured, type Study, type StudyResult } from "./study.js";

const printed = (value: number, percent: boolean, digits: number): string =>
  percent ? (100 * value).toFixed(digits) : value.toPrecision(4);

function line({ name, values, published, effort, seconds }: Measured, percent: boolean): string[] {
  const { mean, deviation, least, most } = band(values);
  const unit = percent ? " %" : "";
  return [
    name,
    `${printed(mean, percent, 2)}${unit}`,
    values.length === 1 ? "–" : `${printed(deviation, percent, 2)}`,
    `${printed(least, percent, 2)} – ${printed(most, percent, 2)}`,
    published,
    effort,
    `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`,
  ];
}

export function asMarkdown({ title }: Study, { quantity, percent, rows, protocol }: StudyResult): string {
  const seeds = rows[0]?.values.length ?? 0;
  const head = ["method", `${quantity}, mean of ${seeds} seed${seeds === 1 ? "" : "s"}`, "sd", "range", "published", "one run", "all runs"];
  return [
    `## ${title}`,
    asTable(
      head,
      rows.map((row) => line(row, percent)),
    ),
    protocol.map((sentence) => `- ${sentence}`).join("\n"),
  ].join("\n\n");
}

export function asJson({ name, title }: Study, { quantity, rows, protocol }: StudyResult): string {
  return JSON.stringify({
    study: name,
    title,
    quantity,
    rows: rows.map((row) => ({ ...row, ...band(row.values) })),
    protocol,
  });
}
