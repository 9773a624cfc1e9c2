/** A compiled program that runs on workers: the caller's thread never waits, and threads share the work where it is worth it. */
import { type CompiledEntry, compileEntry } from "../../../compiler/compile.js";
import type { EntryPoint } from "../../../compiler/program.js";
import { SteepestError } from "../../../tensor/error.js";
import type { Variable } from "../../../tensor/primitives/leaves.js";
import { allocate, bytesPerElement, type DType, type HostData, sizeOf } from "../../../tensor/types.js";
import { clockBytes, type EntryLaps, lapsOf } from "../clock.js";
import { printEntry } from "../driver.js";
import { CONTROL, type EntryPlaces, MemoryMap, PAGE } from "../memory-map.js";
import { MOST_PAGES, pagesFor } from "../pages.js";
import { type RunResult, viewOf } from "../program.js";
import { availableCores, canShareMemory } from "./environment.js";
import { canFuse } from "./fused.js";
import { giveMemory, growMemory, takeMemory } from "./pages.js";
import { type Pool, type ProgramLink, poolFor } from "./pool.js";
import { ABORT, type EntryFacts, STATE_WORDS } from "./protocol.js";

export interface ProgramOptions {
  /** Threads that may share the work. Default: as many as the machine has cores, at most 8. The results have the same bits for any number. */
  readonly threads?: number;
  /** Whether threads share the memory. Default: where it is possible (Node; a page that is cross-origin isolated). Without, one worker does all. */
  readonly shared?: boolean;
  /** Address of a file that holds `workerSource`, for pages whose content security policy forbids workers from blobs. */
  readonly workerUrl?: string;
  /**
   * Multiplies and adds in one instruction where the engine has it. Results then differ in their last bits from machine to machine,
   * though not from run to run or with the number of threads. Default false.
   */
  readonly fast?: boolean;
  /** Ends runs of this program. */
  readonly signal?: AbortSignal;
  /** Count where the time goes, see `laps`. The results have the same bits. Default false. */
  readonly profile?: boolean;
}

export interface RunOptions {
  /** Ends the run after the step under way; what was done so far is the result. */
  readonly signal?: AbortSignal;
}

interface Loaded {
  readonly number: number;
  readonly entry: CompiledEntry;
  readonly parallel: boolean;
  /** Where its clock lies, if it has one, and the steps that it has seen. */
  readonly clock: number | undefined;
  steps: number;
  /** Nanoseconds of one step on one thread, roughly. */
  readonly cost: number;
}

/** A slice takes about this long, in milliseconds: threads join and faster code comes in between. */
const SLICE = 20;
/** Helpers take part from the first slice if they come within this time, in milliseconds; asked of runs that take longer than WORTH_WAITING nanoseconds. */
const PATIENCE = 0.15;
const WORTH_WAITING = 400_000;
const MOST_THREADS = 64;

/**
 * Opens a program: lays out its variables in one memory, all zero, and starts a worker if none is there yet.
 *
 * @param variables what lives in the memory, of at most 4 GiB together
 * @throws SteepestError where the variables need more memory, or memory cannot be shared though `shared` is asked for
 */
export async function openProgram(variables: readonly Variable[], options: ProgramOptions = {}): Promise<ThreadedProgram> {
  return new ThreadedProgram(variables, options);
}

let programs = 0;
let requests = 0;

/** Programs that nobody closed and nobody holds any more. */
const unheld = new FinalizationRegistry<Held>(giveBack);

interface Held {
  readonly pool: Pool;
  readonly link: ProgramLink;
}

async function giveBack({ pool, link }: Held): Promise<void> {
  await pool.forget(link);
  if (link.memory !== undefined) giveMemory(link.memory);
}

export class ThreadedProgram {
  /** The most threads that share a step. */
  readonly threads: number;
  /** Whether the memory is shared among threads. */
  readonly shared: boolean;
  /** Whether products and sums are fused: asked for, and at hand. */
  readonly fast: boolean;
  readonly #variables: readonly Variable[];
  readonly #map: MemoryMap;
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #pool: Pool;
  readonly #link: ProgramLink;
  readonly #loaded = new Map<EntryPoint | CompiledEntry, Loaded>();
  readonly #profile: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #aborts = new Set<() => void>();
  #pages: number;
  #pending = 0;
  #closed = false;

  constructor(variables: readonly Variable[], options: ProgramOptions) {
    this.shared = options.shared ?? canShareMemory();
    if (this.shared && !canShareMemory())
      throw new SteepestError({
        problem: "threads cannot share memory in this page",
        expected: "a page that is cross-origin isolated",
        fix: "serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or leave `shared` out",
      });
    this.threads = this.shared ? threadsOf(options.threads) : 1;
    this.fast = options.fast === true && canFuse();
    this.#variables = variables;
    this.#map = new MemoryMap(variables);
    this.#signal = options.signal;
    this.#profile = options.profile ?? false;
    this.#pages = pagesFor(this.#map.bytes, variables);
    this.#memory = this.shared ? takeMemory(this.#pages) : undefined;
    if (this.#memory !== undefined) this.#pages = this.#memory.buffer.byteLength / PAGE;
    this.#pool = poolFor(options.workerUrl);
    this.#link = { number: programs++, memory: this.#memory, pages: this.#pages, maximum: MOST_PAGES, entries: [], lost: undefined };
    this.#pool.introduce(this.#link);
    unheld.register(this, { pool: this.#pool, link: this.#link }, this);
  }

  /** Compiles an entry point, unless that is done; `run` does it by itself. A worker compiles the module meanwhile. */
  async load(point: EntryPoint): Promise<void> {
    this.#load(point);
  }

  /**
   * Overwrites a variable, or part of it. Not while a run is pending.
   *
   * @param data at most as many elements as the variable has behind `offset`
   * @param offset the first element to overwrite, default 0
   */
  write(variable: Variable, data: ArrayLike<number>, offset = 0): void {
    this.#expectIdle(`${variable.name} was written`);
    this.feed(variable, data, offset);
  }

  /** The same also while a run is pending, to elements that this run does not look at: they are there when the next one begins. */
  feed(variable: Variable, data: ArrayLike<number>, offset = 0): void {
    this.#expectOpen();
    const { at, length } = this.#place(variable);
    const { dtype } = variable.type;
    if (offset < 0 || offset + data.length > length)
      throw new Error(`internal: ${data.length} elements at ${offset} for ${variable.name} of ${length}`);
    this.#put(at + offset * bytesPerElement[dtype], dtype, data);
  }

  /** A copy of a variable's elements. Not while a run is pending. */
  async read(variable: Variable): Promise<HostData> {
    this.#expectIdle(`${variable.name} was read`);
    const { at, length } = this.#place(variable);
    return this.#fetch(at, variable.type.dtype, length);
  }

  /** Where the time of all steps went since the program was opened, or `restartClocks`, entry by entry. Not while a run is pending. */
  async laps(): Promise<readonly EntryLaps[]> {
    this.#expectIdle("the clocks were read");
    const laps: EntryLaps[] = [];
    for (const { entry, clock, steps } of this.#loaded.values())
      if (clock !== undefined) laps.push(lapsOf(entry, Float64Array.from(await this.#fetch(clock, "f64", clockBytes(entry) / 8)), steps));
    return laps;
  }

  /** Counts time from here on. */
  restartClocks(): void {
    this.#expectIdle("the clocks were set");
    for (const loaded of this.#loaded.values()) {
      if (loaded.clock !== undefined) this.#put(loaded.clock, "f64", new Float64Array(clockBytes(loaded.entry) / 8));
      loaded.steps = 0;
    }
  }

  async #fetch(at: number, dtype: DType, length: number): Promise<HostData> {
    if (this.#memory !== undefined) {
      const out = allocate(dtype, length);
      out.set(viewOf(this.#memory.buffer, at, dtype, length));
      return out;
    }
    const id = requests++;
    const reply = await this.#pool.enqueue(() =>
      this.#pool.ask(this.#link, id, { type: "read", program: this.#link.number, id, at, length: length * bytesPerElement[dtype] }),
    );
    if (reply.type !== "data") throw new Error("internal: not an answer to a read");
    return viewOf(reply.data, 0, dtype, length);
  }

  /**
   * Does up to `steps` steps. Runs wait for each other in the order in which they were asked for.
   *
   * @returns the steps done: fewer than asked for when the entry's stop condition held (`stopped`) or the signal was given
   * @throws SteepestError where a worker fails (out of memory, say); other programs are not harmed, and this one can go on if its memory is shared
   */
  async run(point: EntryPoint | CompiledEntry, steps: number, options: RunOptions = {}): Promise<RunResult> {
    const loaded = this.#load(point);
    this.#pending++;
    try {
      const result = await this.#pool.enqueue(() => this.#drive(loaded, steps, options.signal));
      loaded.steps += result.steps;
      return result;
    } finally {
      this.#pending--;
    }
  }

  /** Ends a pending run and gives the memory back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const abort of this.#aborts) abort();
    unheld.unregister(this);
    const held = { pool: this.#pool, link: this.#link };
    if (this.#pending > 0) this.#pool.enqueue(() => giveBack(held));
    else giveBack(held);
  }

  async #drive({ number, entry, parallel, cost }: Loaded, steps: number, signal: AbortSignal | undefined): Promise<RunResult> {
    const signals = [this.#signal, signal].filter((s) => s !== undefined);
    if (steps <= 0 || this.#closed || signals.some((s) => s.aborted)) return resultOf(entry, 0, false, []);
    const id = requests++;
    const threads = parallel ? this.threads : 1;
    const state = this.#memory && new Int32Array(new SharedArrayBuffer(4 * STATE_WORDS));
    const words = this.#memory && new Int32Array(this.#memory.buffer);
    if (words !== undefined) {
      Atomics.store(words, CONTROL.abort / 4, 0);
      // Threads that were ended at a barrier have left their count behind.
      Atomics.store(words, CONTROL.arrived / 4, 0);
    }
    const abort = () => {
      if (words !== undefined) Atomics.store(words, CONTROL.abort / 4, ABORT);
      else if (this.#link.lost === undefined) this.#pool.tell(this.#link, { type: "abort", id });
    };
    for (const s of signals) s.addEventListener("abort", abort);
    this.#aborts.add(abort);
    try {
      const team = state && threads > 1 ? { link: this.#link, entry: number, threads, state } : undefined;
      const expected = team && cost * steps > WORTH_WAITING ? this.#pool.readyFor(team) : 0;
      if (team !== undefined) this.#pool.assemble(team);
      const program = this.#link.number;
      const reply = await this.#pool.ask(this.#link, id, {
        type: "run",
        id,
        program,
        entry: number,
        steps,
        threads,
        expected,
        patience: PATIENCE,
        target: SLICE,
        state,
      });
      if (reply.type !== "done") throw new Error("internal: not an answer to a run");
      return resultOf(entry, reply.steps, reply.stopped, reply.traces);
    } finally {
      this.#pool.dismiss();
      this.#aborts.delete(abort);
      for (const s of signals) s.removeEventListener("abort", abort);
    }
  }

  #load(point: EntryPoint | CompiledEntry): Loaded {
    this.#expectOpen();
    const held = this.#loaded.get(point);
    if (held !== undefined) return held;
    const entry = "body" in point ? point : compileEntry(point, this.#variables);
    const places = this.#map.placeEntry(entry, this.threads, this.#profile);
    this.#grow();
    entry.inputs.forEach(({ data, type }, i) => {
      this.#put(places.inputs[i], type.dtype, data);
    });
    const phases = entry.body.kind === "phases" ? entry.body.phases : [];
    this.#link.entries.push({
      module: moduleOf(entry, this.#map, places, { shared: this.shared, fast: this.fast }),
      capacity: places.capacity,
      traces: point.traces.map((_, i) => {
        const { shape, dtype } = entry.traces[i].type;
        return { at: places.traces[i], row: sizeOf(shape) * bytesPerElement[dtype] };
      }),
      abort: CONTROL.abort,
      halts: CONTROL.halt,
    });
    this.#pool.introduce(this.#link);
    const loaded: Loaded = {
      number: this.#link.entries.length - 1,
      entry,
      parallel: phases.some((p) => p.parallel),
      clock: places.clock,
      steps: 0,
      cost: phases.reduce((sum, p) => sum + Math.max(p.flops / 30, p.bytes / 10), 0),
    };
    this.#loaded.set(point, loaded);
    return loaded;
  }

  #put(at: number, dtype: DType, data: ArrayLike<number>): void {
    if (this.#memory !== undefined) {
      viewOf(this.#memory.buffer, at, dtype, data.length).set(data);
      return;
    }
    const message = new Uint8Array(data.length * bytesPerElement[dtype]);
    viewOf(message.buffer, 0, dtype, data.length).set(data);
    this.#pool.tell(this.#link, { type: "write", program: this.#link.number, at, data: message }, [message.buffer]);
  }

  #place(variable: Variable): { at: number; length: number } {
    const number = this.#variables.indexOf(variable);
    if (number < 0) throw new Error(`internal: ${variable.name} does not belong to this program`);
    return { at: this.#map.variables[number], length: sizeOf(variable.type.shape) };
  }

  #grow(): void {
    const pages = pagesFor(this.#map.bytes, this.#variables);
    if (pages <= this.#pages) return;
    if (this.#memory !== undefined) growMemory(this.#memory, pages);
    else this.#pool.tell(this.#link, { type: "grow", program: this.#link.number, pages });
    this.#pages = pages;
  }

  #expectOpen(): void {
    if (this.#closed) throw new Error("internal: the program was closed");
    if (this.#link.lost !== undefined) throw this.#link.lost;
  }

  #expectIdle(what: string): void {
    this.#expectOpen();
    if (this.#pending > 0) throw new Error(`internal: ${what} while the program runs`);
  }
}

function threadsOf(asked: number | undefined): number {
  if (asked === undefined) return Math.max(1, Math.min(8, availableCores()));
  if (!Number.isInteger(asked) || asked < 1 || asked > MOST_THREADS)
    throw new SteepestError({
      problem: "that is no number of threads",
      expected: `a whole number from 1 to ${MOST_THREADS}`,
      received: String(asked),
      fix: "leave `threads` out to use every core",
    });
  return asked;
}

function resultOf(entry: CompiledEntry, steps: number, stopped: boolean, traces: readonly ArrayBuffer[]): RunResult {
  const rows = entry.traces.map(({ name, type: { shape, dtype } }, i): [string, HostData] => [
    name,
    traces[i] === undefined ? allocate(dtype, 0) : viewOf(traces[i], 0, dtype, steps * sizeOf(shape)),
  ]);
  return { steps, stopped, traces: Object.fromEntries(rows) };
}

const modules = new WeakMap<CompiledEntry["body"], Map<string, Uint8Array>>();

/** Printed modules are kept with the compiled body they print, by the addresses that were put into them. */
function moduleOf(
  entry: CompiledEntry,
  map: MemoryMap,
  places: EntryPlaces,
  mode: { shared: boolean; fast: boolean },
): EntryFacts["module"] {
  const kept = modules.get(entry.body) ?? new Map<string, Uint8Array>();
  modules.set(entry.body, kept);
  const key = JSON.stringify([mode, map.variables, places]);
  const module = kept.get(key) ?? printEntry(entry, map, places, { ...mode, maximum: MOST_PAGES });
  kept.set(key, module);
  return module;
}
