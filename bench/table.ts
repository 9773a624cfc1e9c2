/** Results as text. */
import type { Engine } from "./engines.js";
import type { Limits } from "./machine.js";
import { ourResult, type Result, type Row, ratio } from "./measure.js";

/** Losses further apart than this are marked. */
const SAME = 1e-3;

export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}

/** Percent of what the machine allows; undefined where neither arithmetic nor memory bounds the work. */
export function shareOfLimit(row: Row, result: Result, limits: readonly Limits[]): number | undefined {
  const { flops, bytes, bound, unit } = row.workload;
  const limit = limits.find((l) => l.threads === result.threads);
  if (limit === undefined || bound === "overhead") return undefined;
  const milliseconds = unit === "GFLOP/s" ? (flops / result.value) * 1e-6 : unit === "ms/200it" ? result.value / 200 : result.value;
  const rate = ((bound === "arithmetic" ? flops : bytes) / milliseconds) * 1e-6;
  return (100 * rate) / (bound === "arithmetic" ? limit.multiplyAdd : limit.triad);
}

/**
 * The table. A peer's cell has its value and, in parentheses, how many times faster ours is with the most threads; another version's how many times
 * faster ours is with as many, and between which bounds the middle half of the turns lies.
 */
export function markdown(rows: readonly Row[], engines: readonly Engine[], limits: readonly Limits[]): string {
  const mine = engines.filter((e) => e.kind === "ours");
  const theirs = engines.filter((e) => e.kind !== "ours");
  const result = (row: Row, engine: Engine) => row.results.find((r) => r.engine === engine.name);
  const cell = (r: Result | undefined) => (r === undefined ? "–" : `${number(r.value)}${r.lossError > SAME ? " (!loss)" : ""}`);
  const compared = (row: Row, other: Result | undefined) => {
    const own = ourResult(row, other);
    if (own === undefined || other === undefined) return cell(other);
    const { median, quartiles } = ratio(own, other);
    const spread = other.kind === "version" ? `, ${quartiles.map(number).join("–")}` : "";
    return `${cell(other)} (${number(median)}×${spread})`;
  };
  const head = ["workload", "unit", ...mine.map((e) => e.name), "one step", "of limit", ...theirs.map((e) => e.name)];
  const lines = rows.map((row) => {
    const best = ourResult(row);
    const share = best && shareOfLimit(row, best, limits);
    return [
      row.workload.name,
      row.workload.unit,
      ...mine.map((e) => cell(result(row, e))),
      best?.single === undefined ? "" : number(best.single),
      share === undefined ? "" : `${share.toFixed(0)} %`,
      ...theirs.map((e) => compared(row, result(row, e))),
    ];
  });
  return asTable(head, lines);
}

export function startsAndMemory(rows: readonly Row[], engines: readonly Engine[]): string {
  const cell = (row: Row, engine: Engine) => {
    const r = row.results.find((x) => x.engine === engine.name);
    return r === undefined ? "–" : `${number(r.firstStep)} / ${r.peak.toFixed(0)}`;
  };
  return asTable(
    ["workload", ...engines.map((e) => e.name)],
    rows.map((row) => [row.workload.name, ...engines.map((e) => cell(row, e))]),
  );
}

function asTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((l) => l[i].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((c, i) => (i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join(" | ")} |`;
  const rule = `|${widths.map((w, i) => (i === 0 ? "-".repeat(w + 2) : `${"-".repeat(w + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...lines.map(line)].join("\n");
}

/** One object for machines: `{workload: {value, unit, threads, peers: {name: value}}}`. */
export function asJson(rows: readonly Row[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    rows.map((row) => {
      const best = ourResult(row);
      const others = row.results.filter((r) => r !== best);
      return [
        row.workload.name,
        {
          value: best?.value ?? null,
          unit: row.workload.unit,
          threads: best?.threads ?? null,
          peers: Object.fromEntries(others.map((r) => [r.engine, r.value])),
          ...(best?.single === undefined ? {} : { single: best.single }),
          ...(best === undefined
            ? {}
            : {
                firstStep: best.firstStep,
                peakMemory: best.peak,
                ratios: Object.fromEntries(others.map((r) => [r.engine, ratio(ourResult(row, r) ?? best, r).median])),
              }),
          ...(row.failures.length === 0 ? {} : { failures: Object.fromEntries(row.failures.map((f) => [f.engine, f.reason])) }),
        },
      ];
    }),
  );
}
