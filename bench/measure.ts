/** One row of the table: every engine on one workload, in turns. */
import { Cell, type Engine } from "./engines.js";
import type { Block, Opening } from "./harness.js";
import reference from "./losses.json" with { type: "json" };
import { type Failure, inUnit, type Result, type Row } from "./results.js";
import { median } from "./statistics.js";
import { workloadNamed } from "./workloads/index.js";
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

/** Longest that an engine may take for an answer, in milliseconds. */
const LIMIT = 150_000;
/** An engine whose first step takes longer than this is given up, in milliseconds. */
const TOO_LONG = 15_000;

/** An engine and what it runs. */
interface Seat {
  readonly engine: Engine;
  readonly workload: Workload;
}

interface OpenSeat extends Seat {
  readonly cell: Cell;
  readonly opening: Opening;
  readonly blocks: Block[];
  rounds: number;
}

/** Peers know the workloads that stand for themselves only. */
function seatsOf(workload: Workload, engines: readonly Engine[]): readonly Seat[] {
  const able = engines.filter(({ kind, threads }) => kind === "peer" || threads === 1 || workload.synchronous !== true);
  if (workload.beside === undefined) return able.map((engine) => ({ engine, workload }));
  const other = workloadNamed(workload.beside);
  return able
    .filter(({ kind }) => kind !== "peer")
    .flatMap((engine) => [
      { engine, workload },
      { engine, workload: other },
    ]);
}

export async function measureRow(workload: Workload, engines: readonly Engine[], effort: Effort): Promise<Row> {
  const failures: Failure[] = [];
  const open: OpenSeat[] = [];
  const fail = ({ engine, workload: { name } }: Seat, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    failures.push({ engine: engine.name, reason: name === workload.name ? reason : `${name}: ${reason}` });
  };
  // One after the other: nobody warms up while another one measures.
  for (const seat of seatsOf(workload, engines)) {
    try {
      const { cell, opening } = await Cell.open(seat.engine, seat.workload.name, effort.warmUp, LIMIT);
      if (opening.firstStep > TOO_LONG) {
        cell.kill();
        throw new Error(`the first step took ${(opening.firstStep / 1000).toFixed(0)} s: not measured further`);
      }
      open.push({ ...seat, cell, opening, blocks: [], rounds: effort.rounds });
    } catch (error) {
      fail(seat, error);
    }
  }
  await takeTurns(open, effort, fail);
  const expected = referenceOf(workload, open.find((seat) => seat.engine.name === "torch:1")?.opening.losses);
  const results: Result[] = [];
  const others: Result[] = [];
  for (const seat of open) {
    try {
      const { peak } = await seat.cell.close(LIMIT);
      (seat.workload === workload ? results : others).push(resultOf(seat, peak, expected));
    } catch (error) {
      fail(seat, error);
    }
  }
  const { beside } = workload;
  return {
    workload,
    results,
    failures,
    ...(beside === undefined ? {} : { neighbour: { workload: workloadNamed(beside), results: others } }),
  };
}

async function takeTurns(open: OpenSeat[], effort: Effort, fail: (seat: Seat, error: unknown) => void): Promise<void> {
  const began = performance.now();
  for (let round = 0; round < effort.rounds && (round < 3 || performance.now() - began < effort.row); round++)
    // To and fro, so that nobody always runs behind the same neighbour.
    for (const seat of round % 2 === 0 ? [...open] : [...open].reverse()) {
      if (round >= seat.rounds) continue;
      try {
        const asked = performance.now();
        seat.blocks.push(await seat.cell.block(effort.block, LIMIT));
        seat.rounds = Math.min(seat.rounds, Math.max(2, Math.floor(effort.patience / (performance.now() - asked))));
      } catch (error) {
        fail(seat, error);
        open.splice(open.indexOf(seat), 1);
      }
    }
}

function resultOf({ engine, workload, opening, blocks }: OpenSeat, peak: number, expected: readonly number[] | undefined): Result {
  const turns = blocks.map((b) => b.batched);
  const singles = blocks.flatMap((b) => (b.single === undefined ? [] : [b.single]));
  return {
    engine: engine.name,
    threads: engine.threads,
    kind: engine.kind,
    value: inUnit(workload, median(turns)),
    ...(singles.length > 0 ? { single: inUnit(workload, median(singles)) } : {}),
    turns,
    firstStep: opening.firstStep,
    peak,
    lossError: distance(opening.losses, expected),
  };
}

/** PyTorch's losses: those of this run, or those kept from an earlier one. */
function referenceOf({ name, beside = "" }: Workload, measured: readonly number[] | undefined): readonly number[] | undefined {
  const kept: Readonly<Record<string, readonly number[]>> = reference;
  // A variant that does the same descent has the same losses; one of another size has none.
  return measured ?? kept[name] ?? (name.startsWith(`${beside}+`) ? kept[beside] : undefined);
}

function distance(losses: readonly number[], expected: readonly number[] | undefined): number {
  if (expected === undefined) return Number.NaN;
  return Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i]) / Math.max(1e-2, Math.abs(expected[i]))));
}
