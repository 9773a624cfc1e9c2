/** Runs template plans over one memory: buffers, scratch for each thread, blocks dealt out in any way. */

import { printModule } from "../../../src/backends/wasm/printer.js";
import type { Cursor, LoopFunction, MemoryDType } from "../../../src/compiler/loops/ir.js";
import type { TemplatePlan } from "../../../src/compiler/templates/template.js";
import { interpret } from "../loops/interpret.js";

export interface Buffer {
  readonly dtype: MemoryDType;
  readonly address: number;
  readonly length: number;
}

/** Calls a loop function with the block range and the addresses of its other parameters. */
export type Caller = (f: LoopFunction, memory: ArrayBuffer, begin: number, end: number, addresses: readonly number[]) => void;

export const interpreted: Caller = (f, memory, begin, end, addresses) => {
  interpret(f, new DataView(memory), [begin, end, ...addresses.map((address) => ({ address }))]);
};

/** Calls printed WebAssembly on a memory of so many pages; functions are compiled on first use. */
export function compiled(pages: number): { memory: WebAssembly.Memory; call: Caller } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const made = new Map<LoopFunction, (...args: number[]) => unknown>();
  const compile = (f: LoopFunction): ((...args: number[]) => unknown) => {
    const { bytes } = printModule([f], { memory: { initial: pages, maximum: pages, shared: false } });
    const { f0 } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
    if (typeof f0 !== "function") throw new Error("the module exports no function");
    return (...args) => f0(...args);
  };
  const call: Caller = (f, _memory, begin, end, addresses) => {
    let run = made.get(f);
    if (!run) {
      run = compile(f);
      made.set(f, run);
    }
    run(begin, end, ...addresses);
  };
  return { memory, call };
}

/** A number from an integer hash, in [-1, 1): the same in every run. */
export function noise(i: number, seed = 1): number {
  let h = (i + Math.imul(seed, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 8) / 8388608 - 1;
}

export class Machine {
  readonly memory: ArrayBuffer;
  readonly #bound = new Map<Cursor, Buffer>();
  readonly #call: Caller;
  #top = 64;

  constructor(memory: ArrayBuffer = new ArrayBuffer(1 << 24), call: Caller = interpreted) {
    this.memory = memory;
    this.#call = call;
  }

  /** A buffer filled by a function of the index. Unused space between buffers keeps stray writes apart. */
  buffer(dtype: MemoryDType, length: number, fill: (i: number) => number = () => 0): Buffer {
    const address = this.#top;
    const buffer = { dtype, address, length };
    const size = dtype === "f64" ? 8 : dtype === "u8" || dtype === "bool" ? 1 : 4;
    this.#top += Math.ceil((length * size + 256) / 64) * 64;
    if (this.#top > this.memory.byteLength) throw new Error("the machine's memory is too small for this test");
    const view = this.view(buffer);
    for (let i = 0; i < length; i++) view[i] = fill(i);
    return buffer;
  }

  view(buffer: Buffer): Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array {
    const { dtype, address, length } = buffer;
    if (dtype === "f32") return new Float32Array(this.memory, address, length);
    if (dtype === "f64") return new Float64Array(this.memory, address, length);
    if (dtype === "i32") return new Int32Array(this.memory, address, length);
    if (dtype === "u32") return new Uint32Array(this.memory, address, length);
    return new Uint8Array(this.memory, address, length);
  }

  /** Remembers which buffer a cursor parameter is. */
  bind(cursor: Cursor, buffer: Buffer): Cursor {
    this.#bound.set(cursor, buffer);
    return cursor;
  }

  /** Prepares the plan for so many threads; every call of the result runs it once, blocks dealt out in turn, last thread first. */
  prepare(plan: TemplatePlan, threads = 1): () => void {
    const shared = new Map(plan.scratch.filter((s) => !s.perThread).map((s) => [s, this.buffer(s.dtype, s.size, () => Number.NaN)]));
    const own = Array.from(
      { length: threads },
      () => new Map(plan.scratch.filter((s) => s.perThread).map((s) => [s, this.buffer(s.dtype, s.size, () => Number.NaN)])),
    );
    const calls: (() => void)[] = [];
    for (const phase of plan.phases)
      for (let t = threads - 1; t >= 0; t--) {
        const addresses = phase.function.parameters.slice(2).map((p) => {
          if (p.kind !== "cursor") throw new Error("a phase takes only cursors beside its range");
          const scratch = phase.scratch.get(p);
          const buffer = scratch ? (own[t]?.get(scratch) ?? shared.get(scratch)) : this.#bound.get(p);
          if (!buffer) throw new Error(`nothing is bound to ${p.name}`);
          return buffer.address;
        });
        const begin = Math.floor((phase.blocks * t) / threads);
        const end = Math.floor((phase.blocks * (t + 1)) / threads);
        calls.push(() => this.#call(phase.function, this.memory, begin, end, addresses));
      }
    return () => {
      for (const call of calls) call();
    };
  }
}

/** A machine that runs printed WebAssembly. */
export function compiledMachine(pages = 128): Machine {
  const { memory, call } = compiled(pages);
  return new Machine(memory.buffer, call);
}
