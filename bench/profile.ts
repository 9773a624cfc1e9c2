/** Where the time of a step goes: every phase of the compiled step by itself, on one thread. */
import { printEntry } from "../src/backends/wasm/driver.js";
import { type EntryPlaces, MemoryMap, PAGE } from "../src/backends/wasm/memory-map.js";
import { MOST_PAGES } from "../src/backends/wasm/pages.js";
import { viewOf } from "../src/backends/wasm/program.js";
import { type CompiledEntry, compileEntry, type ScheduledPhase } from "../src/compiler/compile.js";
import type { Limits } from "./machine.js";
import { median } from "./statistics.js";
import { number } from "./table.js";
import type { Compilable } from "./workloads/descent.js";
import { workloads } from "./workloads/index.js";

/** Milliseconds that a phase is measured for, once its code is as fast as it gets. */
const TIME = 60;

export interface PhaseTime {
  readonly phase: ScheduledPhase;
  readonly microseconds: number;
}

/** The compiled step in a memory of its own. */
class Bench {
  readonly entry: CompiledEntry;
  readonly #map: MemoryMap;
  readonly #places: EntryPlaces;
  readonly #memory: WebAssembly.Memory;
  readonly #compilable: Compilable;

  constructor(compilable: Compilable) {
    const { entry, variables } = compilable;
    this.#compilable = compilable;
    this.entry = compileEntry(entry, variables);
    this.#map = new MemoryMap(variables);
    this.#places = this.#map.placeEntry(this.entry, 1);
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(this.#map.bytes / PAGE), maximum: MOST_PAGES });
    this.entry.inputs.forEach(({ data, type }, i) => {
      viewOf(this.#memory.buffer, this.#places.inputs[i], type.dtype, data.length).set(data);
    });
  }

  reset(): void {
    const { variables, values } = this.#compilable;
    for (const [variable, data] of values)
      viewOf(this.#memory.buffer, this.#map.variables[variables.indexOf(variable)], variable.type.dtype, data.length).set(data);
  }

  /** Only some of the phases, as a program of their own. */
  program(phases: readonly ScheduledPhase[]): (steps: number) => void {
    const entry: CompiledEntry = { ...this.entry, body: { kind: "phases", phases, loops: [], stop: undefined } };
    const module = new WebAssembly.Module(printEntry(entry, this.#map, this.#places, { shared: false, maximum: MOST_PAGES, fast: false }));
    const { run } = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
    if (typeof run !== "function") throw new Error("the entry has no driver");
    const { capacity } = this.#places;
    return (steps) => {
      for (let left = steps; left > 0; left -= capacity) run(Math.min(left, capacity), 0, 1);
    };
  }
}

function timeOf(run: (steps: number) => void): number {
  let count = 1;
  let each = 0;
  const once = () => {
    const began = performance.now();
    run(count);
    each = (1000 * (performance.now() - began)) / count;
    return each;
  };
  // Engines replace a function's code at its next call: many short calls first.
  for (const until = performance.now() + TIME; performance.now() < until; ) {
    once();
    if (each * count < 2000) count = Math.min(10_000, 2 * count);
  }
  return median(Array.from({ length: 15 }, once));
}

/** Each phase after those before it have run once, so that it finds its own inputs. */
export function profile(compilable: Compilable): { readonly phases: readonly PhaseTime[]; readonly step: number } {
  const bench = new Bench(compilable);
  const { body } = bench.entry;
  if (body.kind === "scalar") return { phases: [], step: 0 };
  const phases = body.phases.map((phase, i): PhaseTime => {
    bench.reset();
    if (i > 0) bench.program(body.phases.slice(0, i))(1);
    return { phase, microseconds: timeOf(bench.program([phase])) };
  });
  bench.reset();
  return { phases, step: timeOf(bench.program(body.phases)) };
}

export async function printProfile(name: string, limits: Limits | undefined): Promise<void> {
  const workload = workloads.find((w) => w.name === name);
  if (workload?.step === undefined) {
    console.log(`${name} is one loop in registers: there are no phases to tell apart.`);
    return;
  }
  const { phases, step } = profile(workload.step());
  const total = phases.reduce((sum, p) => sum + p.microseconds, 0);
  console.log(
    `${name}, one thread: ${number(step)} µs a step (${number((workload.flops / step) * 1e-3)} GFLOP/s); phases alone ${number(total)} µs`,
  );
  console.log(
    `${"phase".padEnd(28)} ${["µs", "share", "GFLOP/s", "of limit", "GB/s", "blocks"].map((h) => h.padStart(9)).join("")}  threads`,
  );
  for (const { phase, microseconds } of [...phases].sort((a, b) => b.microseconds - a.microseconds)) {
    const rate = (phase.flops / microseconds) * 1e-3;
    const cells = [
      number(microseconds),
      `${((100 * microseconds) / total).toFixed(1)} %`,
      number(rate),
      limits === undefined ? "" : `${((100 * rate) / limits.multiplyAdd).toFixed(0)} %`,
      number((phase.bytes / microseconds) * 1e-3),
      String(phase.blocks),
    ];
    console.log(`${phase.function.name.padEnd(28)} ${cells.map((c) => c.padStart(9)).join("")}  ${phase.parallel ? "shared" : "one"}`);
  }
}
