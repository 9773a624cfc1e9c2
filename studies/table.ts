/** Results of a study as Markdown, and as one object for machines. */
import { asTable } from "../bench/markdown.js";
import { band, type Measured, type Study, type StudyResult } from "./study.js";

const printed = (value: number, percent: boolean, digits: number): string =>
  percent ? (100 * value).toFixed(digits) : value.toPrecision(4);

/** Whether all values lie where those of the published experiment do. */
export const isInside = ({ values, bounds }: Measured): boolean | undefined =>
  bounds && values.every((value) => value >= bounds[0] && value <= bounds[1]);

function verdict(row: Measured, percent: boolean): string {
  if (row.bounds === undefined) return "–";
  return `${isInside(row) ? "inside" : "outside"} ${row.bounds.map((bound) => printed(bound, percent, 2)).join(" – ")}`;
}

function line(row: Measured, percent: boolean): string[] {
  const { name, values, published, effort, seconds } = row;
  const { mean, deviation, least, most } = band(values);
  const unit = percent ? " %" : "";
  return [
    name,
    `${printed(mean, percent, 2)}${unit}`,
    values.length === 1 ? "–" : `${printed(deviation, percent, 2)}`,
    `${printed(least, percent, 2)} – ${printed(most, percent, 2)}`,
    published,
    verdict(row, percent),
    effort,
    `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`,
  ];
}

export function asMarkdown({ title }: Study, { quantity, percent, rows, protocol }: StudyResult): string {
  const seeds = rows[0]?.values.length ?? 0;
  const head = [
    "method",
    `${quantity}, mean of ${seeds} seed${seeds === 1 ? "" : "s"}`,
    "sd",
    "range",
    "published",
    "verdict",
    "one run",
    "all runs",
  ];
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
    rows: rows.map((row) => ({ ...row, ...band(row.values), inside: isInside(row) ?? null })),
    protocol,
  });
}
