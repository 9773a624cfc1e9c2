/** Timing: what one process does with one workload, and the statistics of many such blocks. */
import { median } from "./statistics.js";
import type { Job } from "./workloads/workload.js";

/** What a process says once it is ready. Times in milliseconds. */
export interface Opening {
  /** From the start of the set-up (tracing, or building tensors) to the end of the first step. */
  readonly firstStep: number;
  /** Losses before each of the first steps. */
  readonly losses: readonly number[];
  readonly info?: string;
}

/** One block of measurements: milliseconds a step. */
export interface Block {
  /** One step, waited for: the median of a few. Left out where a call is many steps by definition. */
  readonly single?: number;
  /** Many steps in one call, waited for at its end. */
  readonly batched: number;
}

export interface Closing {
  /** Most memory that the process ever held, in MB. */
  readonly peak: number;
}

const STABLE = 0.05;

/** Runs blocks until three in a row agree: engines compile code anew while it runs, and processors change their clock. */
async function warmUp(job: Job, batch: number | undefined, limit: number): Promise<number> {
  const began = performance.now();
  const last: number[] = [];
  let estimate = await timed(job, 1);
  for (;;) {
    const count = batch ?? steps(estimate, 40);
    estimate = (await timed(job, count)) / count;
    last.push(estimate);
    const recent = last.slice(-3);
    const settled = recent.length === 3 && Math.max(...recent) < (1 + STABLE) * Math.min(...recent);
    if (settled || performance.now() - began > limit) return estimate;
  }
}

const steps = (each: number, milliseconds: number) => Math.max(1, Math.min(100_000, Math.round(milliseconds / each)));

async function timed(job: Job, count: number): Promise<number> {
  const began = performance.now();
  await job.steps(count);
  return performance.now() - began;
}

/** A job that has been opened and warmed up, and is measured block by block. */
export class Measured {
  readonly #job: Job;
  readonly #batch: number | undefined;
  #estimate: number;

  private constructor(job: Job, batch: number | undefined, estimate: number) {
    this.#job = job;
    this.#batch = batch;
    this.#estimate = estimate;
  }

  static async open(
    open: () => Promise<Job>,
    batch: number | undefined,
    warmUpLimit: number,
  ): Promise<{ readonly measured: Measured; readonly opening: Opening }> {
    const began = performance.now();
    const job = await open();
    const losses = [await job.lossStep()];
    const firstStep = performance.now() - began;
    while (losses.length < 5) losses.push(await job.lossStep());
    const estimate = await warmUp(job, batch, warmUpLimit);
    return { measured: new Measured(job, batch, estimate), opening: { firstStep, losses } };
  }

  /** Measures for about so many milliseconds. */
  async block(milliseconds: number): Promise<Block> {
    const job = this.#job;
    const count = this.#batch ?? steps(this.#estimate, milliseconds / 2);
    const batched = (await timed(job, count)) / count;
    this.#estimate = batched;
    if (this.#batch !== undefined) return { batched };
    const singles: number[] = [];
    const until = performance.now() + milliseconds / 2;
    do singles.push(await timed(job, 1));
    while (performance.now() < until);
    return { single: median(singles), batched };
  }

  close(): Closing {
    this.#job.close();
    return { peak: process.resourceUsage().maxRSS / 1024 };
  }
}
