/** What was measured, and the arithmetic on it. */
import type { EngineKind } from "./engines.js";
import { type Ratio, timesFaster } from "./statistics.js";
import type { Workload } from "./workloads/workload.js";

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
  /** Most memory that the process ever held, in MB. */
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
  /** The workload that this one stands beside, and what the same engines reached on it in the same turns. */
  readonly neighbour?: { readonly workload: Workload; readonly results: readonly Result[] };
  readonly failures: readonly Failure[];
}

/** Milliseconds a step in the unit of the workload. */
export function inUnit({ unit, flops }: Pick<Workload, "unit" | "flops">, milliseconds: number): number {
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

/** How many times faster `a` is than `b` on the same workload. */
export const ratio = (a: Result, b: Result): Ratio => timesFaster(a.turns, b.turns);

/** Our result that stands beside another: with as many threads for another version, with the most for a peer. */
export function ourResult(row: Row, other?: Result): Result | undefined {
  const mine = row.results.filter((r) => r.kind === "ours");
  return other?.kind === "version"
    ? mine.find((r) => r.threads === other.threads)
    : mine.reduce<Result | undefined>((best, r) => (best === undefined || r.threads > best.threads ? r : best), undefined);
}

/** How many times faster ours is with its most threads than with one; undefined where there is one number of threads only. */
export function speedUp(row: Row): number | undefined {
  const [one, most] = [row.results.find((r) => r.kind === "ours" && r.threads === 1), ourResult(row)];
  return one === undefined || most === undefined || most === one ? undefined : ratio(most, one).median;
}

/** The speed on a workload, as a share of the speed on the one it stands beside: rates where the unit is one, else times. */
export function shareOfNeighbour({ workload, neighbour }: Row, result: Result): number | undefined {
  const other = neighbour?.results.find((r) => r.engine === result.engine);
  if (neighbour === undefined || other === undefined) return undefined;
  const work = workload.unit === "GFLOP/s" ? workload.flops / neighbour.workload.flops : 1;
  return ratio(result, other).median * work;
}
