/** Results as tables in Markdown, and as one object for machines. */
import type { Engine } from "./engines.js";
import type { Limits } from "./machine.js";
import { asTable } from "./markdown.js";
import { ourResult, type Result, type Row, ratio, shareOfNeighbour, speedUp } from "./results.js";

/** Losses further apart than this are marked. */
const SAME = 1e-3;
/** Most memory that ours should take, as a multiple of the hand-written kernels'. */
const MEMORY = 1.5;

/** Three digits. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toPrecision(3);
}

/** Percent of what the machine allows; undefined where neither arithmetic nor memory bounds the work. */
export function shareOfLimit({ workload }: Row, result: Result, limits: readonly Limits[]): number | undefined {
  const { flops, bytes, bound } = workload;
  const limit = limits.find((l) => l.threads === result.threads);
  if (limit === undefined || bound === "overhead") return undefined;
  const rate = ((bound === "arithmetic" ? flops : bytes) / millisecondsOf(result, workload)) * 1e-6;
  return (100 * rate) / (bound === "arithmetic" ? limit.multiplyAdd : limit.triad);
}

function millisecondsOf({ value }: Result, { unit, flops }: Row["workload"]): number {
  return unit === "GFLOP/s" ? (flops / value) * 1e-6 : unit === "ms/200it" ? value / 200 : unit === "us/step" ? value / 1000 : value;
}

const cell = (result: Result | undefined): string =>
  result === undefined ? "–" : `${number(result.value)}${result.lossError > SAME ? " (!loss)" : ""}`;

const resultOf = (row: Row, engine: Engine): Result | undefined => row.results.find((r) => r.engine === engine.name);

const times = (value: number | undefined): string => (value === undefined ? "" : `${number(value)}×`);

/**
 * Workloads beside peers and other versions. A peer's cell has its value and, in parentheses, how many times faster ours is with the most threads;
 * another version's how many times faster ours is with as many, and between which bounds the middle half of the turns lies.
 */
export function speeds(rows: readonly Row[], engines: readonly Engine[], limits: readonly Limits[]): string {
  const mine = engines.filter((e) => e.kind === "ours");
  const theirs = engines.filter((e) => e.kind !== "ours");
  const compared = (row: Row, other: Result | undefined) => {
    const own = ourResult(row, other);
    if (own === undefined || other === undefined) return cell(other);
    const { median, quartiles } = ratio(own, other);
    const spread = other.kind === "version" ? `, ${quartiles.map(number).join("–")}` : "";
    return `${cell(other)} (${times(median)}${spread})`;
  };
  const head = ["workload", "unit", ...mine.map((e) => e.name), "speed-up", "one step", "of limit", ...theirs.map((e) => e.name)];
  const lines = rows.map((row) => {
    const best = ourResult(row);
    const share = best && shareOfLimit(row, best, limits);
    return [
      row.workload.name,
      row.workload.unit,
      ...mine.map((e) => cell(resultOf(row, e))),
      times(speedUp(row)),
      best?.single === undefined ? "" : number(best.single),
      share === undefined ? "" : `${share.toFixed(0)} %`,
      ...theirs.map((e) => compared(row, resultOf(row, e))),
    ];
  });
  return asTable(head, lines);
}

/** Variants beside the workloads that they are variants of; empty without any. */
export function variants(rows: readonly Row[], engines: readonly Engine[]): string {
  const present = rows.filter(({ workload }) => workload.beside !== undefined);
  if (present.length === 0) return "";
  const own = engines.filter((e) => e.kind !== "peer");
  const lines = present.map((row) => {
    const { name, unit, beside = "" } = row.workload;
    return [
      name,
      unit,
      beside,
      ...own.map((engine) => {
        const result = resultOf(row, engine);
        const share = result && shareOfNeighbour(row, result);
        return share === undefined ? cell(result) : `${cell(result)} (${(100 * share).toFixed(0)} %)`;
      }),
      times(speedUp(row)),
    ];
  });
  return asTable(["workload", "unit", "beside", ...own.map((e) => e.name), "speed-up"], lines);
}

/** Milliseconds from the start of the set-up to the end of the first step. */
export function firstSteps(rows: readonly Row[], engines: readonly Engine[]): string {
  const milliseconds = (result: Result | undefined) => (result === undefined ? "–" : number(result.firstStep));
  return asTable(
    ["workload", ...engines.map((e) => e.name)],
    rows.map((row) => [row.workload.name, ...engines.map((e) => milliseconds(resultOf(row, e)))]),
  );
}

/** Peak memory of the processes in MB, and ours as a multiple of the hand-written kernels', in bold where it is above the goal. */
export function memory(rows: readonly Row[], engines: readonly Engine[]): string {
  const hand = engines.find((e) => e.needs === "hand");
  const mine = engines.filter((e) => e.kind === "ours");
  const peak = (result: Result | undefined) => (result === undefined ? "–" : result.peak.toFixed(0));
  const ofHand = (row: Row, engine: Engine) => {
    const [own, other] = [resultOf(row, engine), hand && resultOf(row, hand)];
    if (own === undefined || other === undefined) return "–";
    const share = own.peak / other.peak;
    return share > MEMORY ? `**${times(share)}**` : times(share);
  };
  return asTable(
    ["workload", ...engines.map((e) => e.name), ...(hand === undefined ? [] : mine.map((e) => `${e.name} of hand`))],
    rows.map((row) => [
      row.workload.name,
      ...engines.map((e) => peak(resultOf(row, e))),
      ...(hand === undefined ? [] : mine.map((e) => ofHand(row, e))),
    ]),
  );
}

/** A line on the cells that stand for fewer turns than the others; empty without any. */
export function shortCells(rows: readonly Row[], turns: number): string {
  const short = rows.flatMap((row) =>
    row.results.filter((r) => r.turns.length < turns).map((r) => `${r.engine} on ${row.workload.name} (${r.turns.length})`),
  );
  return short.length === 0 ? "" : `Medians of fewer than ${turns} turns, since a turn took too long: ${short.join(", ")}.`;
}

/** One object for machines: `{workload: {value, unit, threads, peers: {name: value}}}`, and more. */
export function asJson(rows: readonly Row[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(rows.map((row) => [row.workload.name, entryOf(row)]));
}

function entryOf(row: Row): Readonly<Record<string, unknown>> {
  const best = ourResult(row);
  const others = row.results.filter((r) => r !== best);
  const share = best && shareOfNeighbour(row, best);
  return {
    value: best?.value ?? null,
    unit: row.workload.unit,
    threads: best?.threads ?? null,
    peers: Object.fromEntries(others.map((r) => [r.engine, r.value])),
    ...(best?.single === undefined ? {} : { single: best.single }),
    ...(share === undefined ? {} : { beside: { workload: row.workload.beside, speed: share } }),
    ...(best === undefined
      ? {}
      : {
          firstStep: best.firstStep,
          peakMemory: best.peak,
          turns: best.turns.length,
          ratios: Object.fromEntries(others.map((r) => [r.engine, ratio(ourResult(row, r) ?? best, r).median])),
          peaks: Object.fromEntries(others.map((r) => [r.engine, r.peak])),
        }),
    ...(row.failures.length === 0 ? {} : { failures: Object.fromEntries(row.failures.map((f) => [f.engine, f.reason])) }),
  };
}
