/** One row of the table: every engine on one workload, in turns. */
import { Cell, type Engine, type EngineKind } from "./engines.js";
import { type Block, median, type Opening, quantile } from "./harness.js";
import reference from "./losses.json" with { type: "json" };
import type { Workload } from "./workloads/workload.js";

export interface Effort {
  /** Turns that each engine gets. */
  readonly rounds: number;
  /** Milliseconds of a turn. */
  readonly block: number;
  /** Most milliseconds for warming up. */
  readonly warmUp: number;
  /** An engine gets fewer turns (2 at least) where they would take longer than this together, in milliseconds. */
  readonly patience: number;
  /** No more turns (after 3) once a row has taken so many milliseconds. */
  readonly row: number;
}

/** What an engine reached on a workload. */
export interface Result {
  readonly engine: string;
  readonly threads: number;
  readonly kind: EngineKind;
  /** In the workload's unit: many steps in one call. */
  readonly value: number;
  /** In the workload's unit: one step, waited for. */
  readonly single?: number;
  /** Milliseconds a step, turn by turn. */
  readonly turns: readonly number[];
  readonly firstStep: number;
  readonly peak: number;
  /** Largest relative distance of the first losses from PyTorch's. */
  readonly lossError: number;
}

export interface Failure {
  readonly engine: string;
  readonly reason: string;
}

export interface Row {
  readonly workload: Workload;
  readonly results: readonly Result[];
  readonly failures: readonly Failure[];
}

/** Longest that an engine may take for an answer, in milliseconds. */
const LIMIT = 150_000;
/** An engine whose first step takes longer than this is given up, in milliseconds. */
const TOO_LONG = 15_000;

export async function measureRow(workload: Workload, engines: readonly Engine[], effort: Effort): Promise<Row> {
  const failures: Failure[] = [];
  const open: { readonly cell: Cell; readonly opening: Opening; readonly blocks: Block[]; rounds: number }[] = [];
  const fail = (engine: Engine, error: unknown) => {
    failures.push({ engine: engine.name, reason: error instanceof Error ? error.message : String(error) });
  };
  // One after the other: nobody warms up while another one measures.
  for (const engine of engines) {
    if (engine.kind !== "peer" && engine.threads > 1 && workload.synchronous) continue;
    try {
      const { cell, opening } = await Cell.open(engine, workload.name, effort.warmUp, LIMIT);
      if (opening.firstStep > TOO_LONG) {
        cell.kill();
        throw new Error(`the first step took ${(opening.firstStep / 1000).toFixed(0)} s: not measured further`);
      }
      open.push({ cell, opening, blocks: [], rounds: effort.rounds });
    } catch (error) {
      fail(engine, error);
    }
  }
  const began = performance.now();
  for (let round = 0; round < effort.rounds && (round < 3 || performance.now() - began < effort.row); round++)
    // To and fro, so that nobody always runs behind the same neighbour.
    for (const entry of round % 2 === 0 ? [...open] : [...open].reverse()) {
      if (round >= entry.rounds) continue;
      try {
        const asked = performance.now();
        entry.blocks.push(await entry.cell.block(effort.block, LIMIT));
        entry.rounds = Math.min(entry.rounds, Math.max(2, Math.floor(effort.patience / (performance.now() - asked))));
      } catch (error) {
        fail(entry.cell.engine, error);
        open.splice(open.indexOf(entry), 1);
      }
    }
  const results: Result[] = [];
  const expected = referenceOf(workload.name, open.find((e) => e.cell.engine.name === "torch:1")?.opening.losses);
  for (const { cell, opening, blocks } of open) {
    try {
      const { peak } = await cell.close(LIMIT);
      const turns = blocks.map((b) => b.batched);
      const singles = blocks.flatMap((b) => (b.single === undefined ? [] : [b.single]));
      results.push({
        engine: cell.engine.name,
        threads: cell.engine.threads,
        kind: cell.engine.kind,
        value: inUnit(workload, median(turns)),
        ...(singles.length > 0 ? { single: inUnit(workload, median(singles)) } : {}),
        turns,
        firstStep: opening.firstStep,
        peak,
        lossError: distance(opening.losses, expected),
      });
    } catch (error) {
      fail(cell.engine, error);
    }
  }
  return { workload, results, failures };
}

/** Milliseconds a step in the unit of the workload. */
export function inUnit({ unit, flops }: Workload, milliseconds: number): number {
  switch (unit) {
    case "us/step":
      return milliseconds * 1000;
    case "ms/200it":
      return milliseconds * 200;
    case "GFLOP/s":
      return (flops / milliseconds) * 1e-6;
    case "ms/step":
      return milliseconds;
  }
}

/** How many times faster `a` is than `b`: the median over the turns that both had, and the quartiles. */
export function ratio(a: Result, b: Result): { readonly median: number; readonly quartiles: readonly [number, number] } {
  const turns = Math.min(a.turns.length, b.turns.length);
  const ratios = Array.from({ length: turns }, (_, i) => b.turns[i] / a.turns[i]);
  return { median: median(ratios), quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)] };
}

/** Our result that stands beside another: with as many threads for another version, with the most for a peer. */
export function ourResult(row: Row, other?: Result): Result | undefined {
  const mine = row.results.filter((r) => r.kind === "ours");
  return other?.kind === "version"
    ? mine.find((r) => r.threads === other.threads)
    : mine.reduce<Result | undefined>((best, r) => (best === undefined || r.threads > best.threads ? r : best), undefined);
}

/** PyTorch's losses: those of this run, or those kept from an earlier one. */
function referenceOf(name: string, measured: readonly number[] | undefined): readonly number[] | undefined {
  const kept: Readonly<Record<string, readonly number[]>> = reference;
  return measured ?? kept[name];
}

function distance(losses: readonly number[], expected: readonly number[] | undefined): number {
  if (expected === undefined) return Number.NaN;
  return Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i]) / Math.max(1e-2, Math.abs(expected[i]))));
}
