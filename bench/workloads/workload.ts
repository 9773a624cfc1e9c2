/** What is measured. */
import type { ProgramOptions } from "../../src/backends/wasm/threads/index.js";
import type { Compilable } from "./descent.js";

export type Unit = "us/step" | "ms/step" | "ms/200it" | "GFLOP/s";

/** A workload that is ready to run: its state lives on from call to call. */
export interface Job {
  /** So many steps, in one call. */
  steps(count: number): Promise<void>;
  /** One step; gives the loss before it, or another number that tells whether the step was right. */
  lossStep(): Promise<number>;
  close(): void;
}

export interface Workload {
  readonly name: string;
  readonly unit: Unit;
  /** Floating-point operations of a step that any implementation has to do. */
  readonly flops: number;
  /** Bytes that a step has to read and write at least. */
  readonly bytes: number;
  /** What bounds it on an ideal machine. */
  readonly bound: "arithmetic" | "memory" | "overhead";
  /** Steps that one call does when it is measured; left open, as many as fit the time. */
  readonly batch?: number;
  /** Runs on the caller's own thread, whatever the number of threads. */
  readonly synchronous?: true;
  /** A variant: the workload that it is measured beside, in the same turns. Peers are left out. */
  readonly beside?: string;
  open(options: ProgramOptions): Promise<Job>;
  /** The step itself, to look into; left out where the published bundle is called. */
  readonly step?: () => Compilable;
}
