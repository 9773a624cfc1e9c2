/** The engines that are compared, each workload of each in a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bundleProgram } from "../scripts/programs.mjs";
import { root } from "../scripts/sources.mjs";
import type { Block, Closing, Opening } from "./harness.js";
import { isReady, peersFolder } from "./peers/folder.mjs";
import { openVersion } from "./version.js";

export interface Engine {
  /** As it stands in tables: `steepest:2`, `torch:1`. */
  readonly name: string;
  readonly threads: number;
  readonly kind: EngineKind;
  /** Which set-up it needs. */
  readonly needs: string;
  start(workload: string, warmUp: number): ChildProcessWithoutNullStreams;
}

/** This checkout, another version of it, or another project. */
export type EngineKind = "ours" | "version" | "peer";

const python = "/usr/bin/python3";

/** What one epoch through `fit` took. */
export interface Epoch {
  readonly samplesPerSecond: number;
  readonly seconds: number;
  readonly accuracy: number;
  /** Most memory of the process, in MB. */
  readonly peak: number;
}

/** Trains a ready model for one epoch in a process of its own; undefined where that failed. */
export async function trainOneEpoch(model: string, folder: string): Promise<Epoch | undefined> {
  const program = await bundleProgram(join(root, "bench", "training.ts"), { name: "bench-training" });
  const { status, stdout } = spawnSync(process.execPath, [program, model, folder], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", 2],
  });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

/** A checkout's own workloads on its own engine, with so many threads each. */
async function checkoutEngines(
  name: string,
  kind: EngineKind,
  checkout: string,
  threads: readonly number[],
  mode?: "fast",
): Promise<readonly Engine[]> {
  const program = await bundleProgram(join(checkout, "bench", "cell.ts"), { name: "bench-cell", checkout });
  return threads.map((count) => ({
    name: `${name}:${count}${mode ? `+${mode}` : ""}`,
    threads: count,
    kind,
    needs: "nothing",
    start: (workload, warmUp) => spawn(process.execPath, [program, workload, String(count), String(warmUp), ...(mode ? [mode] : [])]),
  }));
}

export const ours = (threads: readonly number[]): Promise<readonly Engine[]> => checkoutEngines("steepest", "ours", root, threads);

/** Ours with fused products and sums, as another version of itself. */
export const fused = (threads: number): Promise<readonly Engine[]> => checkoutEngines("steepest", "version", root, [threads], "fast");

/** Another version of this project: a checkout, or a revision that git knows. */
export async function versionEngines(given: string, threads: readonly number[]): Promise<readonly Engine[]> {
  const { name, folder } = await openVersion(given);
  return checkoutEngines(name, "version", folder, threads);
}

const javascript = (name: string, needs: string): Engine => ({
  name,
  threads: 1,
  kind: "peer",
  needs,
  start: (workload, warmUp) =>
    spawn(process.execPath, [join(root, "bench", "peers", "javascript.mjs"), name, workload, String(warmUp)], { cwd: peersFolder }),
});

/** `core`: the processor that OpenBLAS is to take this one for, where it does not know it. */
const torch = (threads: number, core?: string): Engine => ({
  name: `torch:${threads}${core === undefined ? "" : "+avx512"}`,
  threads,
  kind: "peer",
  needs: "torch",
  start: (workload, warmUp) =>
    spawn(python, [join(root, "bench", "peers", "python.py"), workload, String(threads), String(warmUp)], {
      cwd: peersFolder,
      env: { ...process.env, ...(core === undefined ? {} : { OPENBLAS_CORETYPE: core }) },
    }),
});

export const peers: readonly Engine[] = [
  torch(1),
  torch(2),
  torch(1, "SKYLAKEX"),
  torch(2, "SKYLAKEX"),
  javascript("hand:muladd", "hand"),
  javascript("jax:wasm", "jax"),
  javascript("tfjs:wasm1", "tfjs"),
];

/** The peers that can run here. */
export function readyPeers(among: readonly Engine[]): readonly Engine[] {
  const ready = new Map<string, boolean>();
  return among.filter(({ needs }) => {
    const known = ready.get(needs) ?? isReady(needs);
    ready.set(needs, known);
    return known;
  });
}

/** A cell of the table: one engine's process for one workload. */
export class Cell {
  readonly engine: Engine;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = "";

  private constructor(engine: Engine, child: ChildProcessWithoutNullStreams) {
    this.engine = engine;
    this.#process = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.on("data", (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-2000);
    });
    // A process that has ended cannot be written to; its last answer tells why.
    child.stdin.on("error", () => undefined);
  }

  static async open(
    engine: Engine,
    workload: string,
    warmUp: number,
    limit: number,
  ): Promise<{ readonly cell: Cell; readonly opening: Opening }> {
    const cell = new Cell(engine, engine.start(workload, warmUp));
    const opening: Opening = await cell.#answer(limit);
    return { cell, opening };
  }

  block(milliseconds: number, limit: number): Promise<Block> {
    this.#process.stdin.write(`block ${milliseconds}\n`);
    return this.#answer(limit);
  }

  async close(limit: number): Promise<Closing> {
    this.#process.stdin.write("end\n");
    const closing: Closing = await this.#answer(limit);
    this.#process.stdin.end();
    return closing;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async #answer<T>(limit: number): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limit / 1000} s`)), limit);
    });
    try {
      const { value, done } = await Promise.race([this.#answers.next(), late]);
      if (done === true) throw new Error(this.#errors.trim().split("\n").at(-1) || "the process ended");
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    } catch (error) {
      this.#process.kill("SIGKILL");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
