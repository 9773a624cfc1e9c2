/** Where the time of a run went, loop by loop, and how that compares with what the machine can do. */
import type { EntryLaps } from "../backends/wasm/clock.js";
import { type MachineLimits, machineLimits, type ThreadedProgram } from "../backends/wasm/threads/index.js";

/** Loops with a smaller share of the time are not in the table. */
const LEAST_SHOWN = 0.005;

/** One loop of a compiled program: a phase that its threads run between two barriers. */
export interface LoopProfile {
  /** The entry point it belongs to: "step", "last step of an epoch", "evaluation". */
  readonly entry: string;
  /** As `explain` calls it. */
  readonly name: string;
  readonly calls: number;
  /** Microseconds of one call. */
  readonly microseconds: number;
  /** Of the whole time, from 0 to 1. */
  readonly share: number;
  /** Floating-point operations: GFLOP/s, those counted that the method needs. */
  readonly gflops: number;
  /** Bytes read and written: GB/s. */
  readonly gigabytes: number;
  /** What the machine's limit would take, over what it took; the nearer of both limits. It passes 1 where data stays in the caches. */
  readonly ofLimit: number;
  /** Which limit is the nearer one. */
  readonly bound: "arithmetic" | "memory";
  /** Whether threads share it. */
  readonly shared: boolean;
}

export interface ProfileParts {
  readonly steps: number;
  readonly seconds: number;
  readonly microsecondsPerStep: number;
  readonly waiting: number;
  readonly waitingForData?: number;
  readonly limits: MachineLimits;
  readonly loops: readonly LoopProfile[];
}

/** What `profile: true` gives. `toString` is a table; JSON has the fields. */
export class Profile {
  /** Steps that were counted. Of longer runs the first moments are left out, in which engines run code that is not optimised yet. */
  readonly steps: number;
  /** Seconds that they took on the first thread, evaluations included. */
  readonly seconds: number;
  /** Of one step of training, without evaluations; 0 where none was done. */
  readonly microsecondsPerStep: number;
  /** The part of the seconds, from 0 to 1, in which the first thread waited for others. */
  readonly waiting: number;
  /** Of streamed data: the part of the time of the whole training, from 0 to 1, in which no step ran because records were not there. */
  readonly waitingForData?: number;
  readonly limits: MachineLimits;
  /** The longest first. */
  readonly loops: readonly LoopProfile[];

  constructor({ steps, seconds, microsecondsPerStep, waiting, waitingForData, limits, loops }: ProfileParts) {
    this.steps = steps;
    this.seconds = seconds;
    this.microsecondsPerStep = microsecondsPerStep;
    this.waiting = waiting;
    if (waitingForData !== undefined) this.waitingForData = waitingForData;
    this.limits = limits;
    this.loops = loops;
  }

  toString(): string {
    const { steps, seconds, microsecondsPerStep, waiting, waitingForData, limits, loops } = this;
    const threads = `${limits.threads} thread${limits.threads === 1 ? "" : "s"}`;
    const each = steps === 0 ? "" : `, ${digits(microsecondsPerStep)} µs a step`;
    const entries = new Set(loops.map((loop) => loop.entry));
    const shown = loops.filter((loop) => loop.share >= LEAST_SHOWN);
    const rest = loops.slice(shown.length);
    const rows = shown.map((loop) => [
      entries.size > 1 ? `${loop.entry}: ${loop.name}` : loop.name,
      digits(loop.microseconds),
      percent(loop.share),
      digits(loop.gflops),
      digits(loop.gigabytes),
      loop.gflops === 0 && loop.gigabytes === 0 ? "" : `${percent(loop.ofLimit)} ${loop.bound}`,
      loop.shared ? "all" : "one",
    ]);
    const table = [["loop", "µs", "share", "GFLOP/s", "GB/s", "of limit", "threads"], ...rows];
    const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
    const lines = table.map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    );
    return [
      `${steps} step${steps === 1 ? "" : "s"} in ${digits(seconds)} s${each}, ${threads}; ${percent(waiting)} waiting for threads${waitingForData === undefined ? "" : `; ${percent(waitingForData)} of the training waiting for data`}`,
      `limits: ${digits(limits.multiplyAdd)} GFLOP/s (multiply and add in registers), ${digits(limits.triad)} GB/s (triad)`,
      "",
      ...lines,
      ...(rest.length === 0 ? [] : [`and ${rest.length} more, ${percent(rest.reduce((sum, loop) => sum + loop.share, 0))}`]),
    ].join("\n");
  }

  toJSON(): ProfileParts {
    const { steps, seconds, microsecondsPerStep, waiting, waitingForData, limits, loops } = this;
    return { steps, seconds, microsecondsPerStep, waiting, ...(waitingForData === undefined ? {} : { waitingForData }), limits, loops };
  }
}

/** What a program that was opened with `profile` has counted so far. */
export async function profileOf(program: ThreadedProgram, waitingForData?: number): Promise<Profile> {
  const laps = await program.laps();
  const profile = profileFrom(laps, await machineLimits(program.threads));
  return waitingForData === undefined ? profile : new Profile({ ...profile.toJSON(), waitingForData });
}

/** @param laps by entry point; the steps counted are those of the entries that train */
export function profileFrom(laps: readonly EntryLaps[], limits: MachineLimits): Profile {
  const timeOf = ({ waiting, phases }: EntryLaps) => phases.reduce((sum, { milliseconds }) => sum + milliseconds, waiting.milliseconds);
  const sum = (of: (lap: EntryLaps) => number, list = laps) => list.reduce((so, lap) => so + of(lap), 0);
  const training = laps.filter(({ entry }) => entry.name.includes("step"));
  const steps = sum((lap) => lap.steps, training);
  const waited = sum(({ waiting }) => waiting.milliseconds);
  const total = sum(timeOf);
  const loops = laps.flatMap(({ entry, phases, steps }) =>
    phases.flatMap(({ milliseconds, calls }, i): LoopProfile[] => {
      if (calls === 0) return [];
      const phase = entry.body.kind === "phases" ? entry.body.phases[i] : undefined;
      // The loop over steps of a small objective is inside: one call is many steps.
      const times = phase === undefined ? steps : calls;
      const microseconds = (1000 * milliseconds) / times;
      const [flops, bytes] = [phase?.flops ?? 0, phase?.bytes ?? 0];
      const [arithmetic, memory] = [flops / limits.multiplyAdd, bytes / limits.triad];
      return [
        {
          entry: entry.name,
          name: phase?.name ?? "one loop in registers",
          calls: times,
          microseconds,
          share: total === 0 ? 0 : milliseconds / total,
          gflops: rate(flops, microseconds),
          gigabytes: rate(bytes, microseconds),
          ofLimit: rate(Math.max(arithmetic, memory), microseconds),
          bound: arithmetic >= memory ? "arithmetic" : "memory",
          shared: phase?.parallel ?? false,
        },
      ];
    }),
  );
  return new Profile({
    steps,
    seconds: total / 1000,
    microsecondsPerStep: steps === 0 ? 0 : (1000 * sum(timeOf, training)) / steps,
    waiting: total === 0 ? 0 : waited / total,
    limits,
    loops: loops.sort((a, b) => b.share - a.share),
  });
}

/** 10⁹ a second. */
const rate = (amount: number, microseconds: number): number => (microseconds === 0 ? 0 : (amount / microseconds) * 1e-3);

const digits = (x: number): string => (x >= 1000 ? x.toFixed(0) : String(Number(x.toPrecision(3))));

const percent = (x: number): string => `${(100 * x).toFixed(x < 0.1 ? 1 : 0)} %`;
