/** A compiled program on the caller's own thread: one memory, its variables, and entry points that run in it. */
import { type CompiledEntry, compileEntry } from "../../compiler/compile.js";
import type { EntryPoint } from "../../compiler/program.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { allocate, type DType, type HostData, sizeOf } from "../../tensor/types.js";
import { printEntry } from "./driver.js";
import { CONTROL, type EntryPlaces, MemoryMap, PAGE } from "./memory-map.js";
import { MOST_PAGES, pagesFor } from "./pages.js";

/** An entry point that has been compiled into a program. */
export interface LoadedEntry {
  readonly entry: CompiledEntry;
  readonly places: EntryPlaces;
  run(steps: number): number;
}

/** What `run` gives: how many steps were done, and a row per step of every trace. */
export interface RunResult {
  readonly steps: number;
  readonly stopped: boolean;
  readonly traces: Readonly<Record<string, HostData>>;
}

export class WasmProgram {
  readonly #variables: readonly Variable[];
  readonly #map: MemoryMap;
  readonly #memory: WebAssembly.Memory;
  readonly #loaded = new Map<EntryPoint, LoadedEntry>();
  /** Each variable's elements in the memory as it is; made anew after the memory has grown. */
  readonly #views = new Map<Variable, HostData>();

  constructor(variables: readonly Variable[]) {
    this.#variables = variables;
    this.#map = new MemoryMap(variables);
    this.#memory = new WebAssembly.Memory({ initial: pagesFor(this.#map.bytes, this.#variables), maximum: MOST_PAGES });
  }

  /** Compiles an entry point on first use. */
  load(point: EntryPoint): LoadedEntry {
    const held = this.#loaded.get(point);
    if (held !== undefined) return held;
    const entry = compileEntry(point, this.#variables);
    const places = this.#map.placeEntry(entry, 1);
    this.#grow();
    entry.inputs.forEach(({ data, type }, i) => {
      viewOf(this.#memory.buffer, places.inputs[i], type.dtype, data.length).set(data);
    });
    const module = moduleOf(entry, this.#map, places);
    const { run } = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
    if (typeof run !== "function") throw new Error("internal: an entry without a driver");
    const loaded: LoadedEntry = { entry, places, run: (steps) => Number(run(steps, 0, 1)) };
    this.#loaded.set(point, loaded);
    return loaded;
  }

  write(variable: Variable, data: ArrayLike<number>): void {
    this.#view(variable).set(data);
  }

  read(variable: Variable): HostData {
    return this.#view(variable).slice();
  }

  /** Does up to `steps` steps, in slices that the records have room for. */
  run(point: EntryPoint, steps: number): RunResult {
    const { entry, places, run } = this.load(point);
    const rows: HostData[][] = entry.traces.map(() => []);
    let done = 0;
    let stopped = false;
    while (done < steps && !stopped) {
      const slice = Math.min(places.capacity, steps - done);
      const did = run(slice);
      entry.traces.forEach(({ type }, i) => {
        rows[i].push(viewOf(this.#memory.buffer, places.traces[i], type.dtype, sizeOf(type.shape) * did).slice());
      });
      done += did;
      // A stop in the last step of a slice looks like a slice done in full.
      stopped = did > 0 && new Int32Array(this.#memory.buffer, CONTROL.halt[(did - 1) & 1], 1)[0] !== 0;
    }
    const traces = Object.fromEntries(entry.traces.map(({ name, type }, i) => [name, joined(type.dtype, rows[i])]));
    return { steps: done, stopped, traces };
  }

  #view(variable: Variable): HostData {
    const held = this.#views.get(variable);
    if (held !== undefined && held.buffer === this.#memory.buffer) return held;
    const at = this.#variables.indexOf(variable);
    if (at < 0) throw new Error(`internal: ${variable.name} does not belong to this program`);
    const view = viewOf(this.#memory.buffer, this.#map.variables[at], variable.type.dtype, sizeOf(variable.type.shape));
    this.#views.set(variable, view);
    return view;
  }

  #grow(): void {
    const missing = pagesFor(this.#map.bytes, this.#variables) - this.#memory.buffer.byteLength / PAGE;
    if (missing > 0) this.#memory.grow(missing);
  }
}

/** The rows of several slices, one after the other. */
export function joined(dtype: DType, parts: readonly HostData[]): HostData {
  if (parts.length === 1) return parts[0];
  const out = allocate(
    dtype,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const modules = new WeakMap<CompiledEntry["body"], Map<string, WebAssembly.Module>>();

/** Modules are kept with the compiled body they print, by the addresses that were put into them. */
function moduleOf(entry: CompiledEntry, map: MemoryMap, places: EntryPlaces): WebAssembly.Module {
  const kept = modules.get(entry.body) ?? new Map<string, WebAssembly.Module>();
  modules.set(entry.body, kept);
  const key = JSON.stringify([map.variables, places]);
  const held = kept.get(key);
  if (held !== undefined) return held;
  const module = new WebAssembly.Module(printEntry(entry, map, places, { shared: false, maximum: MOST_PAGES, fast: false }));
  kept.set(key, module);
  return module;
}

export function viewOf(buffer: ArrayBufferLike, at: number, dtype: DType, length: number): HostData {
  switch (dtype) {
    case "f32":
      return new Float32Array(buffer, at, length);
    case "f64":
      return new Float64Array(buffer, at, length);
    case "i32":
      return new Int32Array(buffer, at, length);
    case "u32":
      return new Uint32Array(buffer, at, length);
    case "u8":
    case "bool":
      return new Uint8Array(buffer, at, length);
  }
}
