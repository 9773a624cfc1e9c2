/**
 * The clock of a profiled entry: where the first thread's time goes. It is read between phases, writes into words of its own, and
 * touches nothing that a step computes with.
 */
import type { CompiledEntry } from "../../compiler/compile.js";
import { FunctionBody, ImportedFunction } from "./encoder.js";

/** Milliseconds since some moment, from the host. */
const now = new ImportedFunction("env", "clock", [], ["f64"]);

/** A word for the time of the last reading, then a cell of milliseconds and calls for waiting and one for each phase. */
const WORD = 8;
const CELL = 2 * WORD;

/** Milliseconds, and how often they were added to. */
export interface Lap {
  readonly milliseconds: number;
  readonly calls: number;
}

/** What a profiled entry has done so far. */
export interface EntryLaps {
  readonly entry: CompiledEntry;
  readonly steps: number;
  /** For the other threads, at barriers. */
  readonly waiting: Lap;
  /** One for each phase; one alone for an entry that runs in registers. */
  readonly phases: readonly Lap[];
}

const cellsOf = ({ body }: CompiledEntry): number => 1 + (body.kind === "phases" ? body.phases.length : 1);

/** Bytes of an entry's clock. */
export const clockBytes = (entry: CompiledEntry): number => WORD + CELL * cellsOf(entry);

/** Reads what a clock has counted. */
export function lapsOf(entry: CompiledEntry, words: Float64Array, steps: number): EntryLaps {
  const [waiting, ...phases] = Array.from({ length: cellsOf(entry) }, (_, i) => ({
    milliseconds: words[1 + 2 * i],
    calls: words[2 + 2 * i],
  }));
  return { entry, steps, waiting, phases };
}

/** Prints the readings of a clock into a driver, for the first thread alone. */
export class ClockPrinter {
  readonly #f: FunctionBody;
  readonly #at: number;
  readonly #thread: number;
  readonly #lap: FunctionBody;

  /**
   * @param at where the clock lies
   * @param thread the driver's parameter that says which thread this is
   */
  constructor(f: FunctionBody, at: number, thread: number) {
    this.#f = f;
    this.#at = at;
    this.#thread = thread;
    this.#lap = lapFunction(at);
  }

  start(): void {
    this.#first(() => this.#f.i32Const(this.#at).call(now).memory("f64.store"));
  }

  /** Time since the last reading was spent waiting for other threads. */
  waited(): void {
    this.#add(0);
  }

  /** Time since the last reading was spent in this phase. */
  worked(phase: number): void {
    this.#add(1 + phase);
  }

  #add(cell: number): void {
    this.#first(() => this.#f.i32Const(this.#at + WORD + CELL * cell).call(this.#lap));
  }

  #first(print: () => void): void {
    this.#f.localGet(this.#thread).op("i32.eqz").if();
    print();
    this.#f.end();
  }
}

/** Adds the time since the last reading to a cell. */
function lapFunction(at: number): FunctionBody {
  const f = new FunctionBody("lap", ["i32"], []);
  const time = f.local("f64");
  f.call(now).localSet(time);
  f.localGet(0).localGet(0).memory("f64.load").localGet(time).op("f64.add");
  f.i32Const(at).memory("f64.load").op("f64.sub").memory("f64.store");
  f.i32Const(at).localGet(time).memory("f64.store");
  f.localGet(0).localGet(0).memory("f64.load", WORD).f64Const(1).op("f64.add").memory("f64.store", WORD);
  return f;
}
