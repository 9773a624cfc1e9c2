/**
 * Encodes WebAssembly modules: functions written instruction by instruction, one imported memory, imports and exports.
 * Knows the binary format and nothing of Steepest.
 */
import type { LaneMemoryOpcode, LaneOpcode, MemoryOpcode, PlainOpcode } from "./opcodes.js";
import { laneMemory, lanes, memory, plainBytes, unsigned } from "./opcodes.js";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const typeCode: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A function of the host, called like any other. */
export class ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];

  constructor(module: string, name: string, parameters: readonly ValueType[] = [], results: readonly ValueType[] = []) {
    this.module = module;
    this.name = name;
    this.parameters = parameters;
    this.results = results;
  }
}

export type Callable = FunctionBody | ImportedFunction;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * A function under construction, and at the same time its handle: other functions `call` it before it has a number. Locals
 * 0 … n−1 are the parameters; `local` adds one. Methods append one instruction and return the body, so that they chain. The
 * `end` of the function itself is not written by the caller.
 *
 * @example
 * ```ts
 * const square = new FunctionBody("square", ["f64"], ["f64"]);
 * square.localGet(0).localGet(0).op("f64.mul");
 * ```
 */
export class FunctionBody {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: ValueType[] = [];
  #bytes: number[] = [];
  #calls: { at: number; callee: Callable }[] = [];

  constructor(name: string, parameters: readonly ValueType[] = [], results: readonly ValueType[] = []) {
    this.name = name;
    this.parameters = parameters;
    this.results = results;
  }

  /** A new local, zero at entry. */
  local(type: ValueType): number {
    return this.parameters.length + this.locals.push(type) - 1;
  }

  /** An instruction without immediates. */
  op(name: PlainOpcode): this {
    const bytes = plainBytes.get(name);
    if (bytes === undefined) throw new Error(`internal: unknown instruction ${name}`);
    if (bytes.length === 1) this.#bytes.push(bytes[0]);
    else this.#bytes.push(...bytes);
    return this;
  }

  i32Const(value: number): this {
    if (value >= 0 && value < 0x40) {
      this.#bytes.push(0x41, value);
      return this;
    }
    this.#bytes.push(0x41);
    let rest = value | 0;
    for (;;) {
      const byte = rest & 0x7f;
      rest >>= 7;
      const done = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
      this.#bytes.push(done ? byte : byte | 0x80);
      if (done) return this;
    }
  }

  i64Const(value: bigint): this {
    this.#bytes.push(0x42);
    let rest = BigInt.asIntN(64, value);
    for (;;) {
      const byte = Number(rest & 0x7fn);
      rest >>= 7n;
      const done = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
      this.#bytes.push(done ? byte : byte | 0x80);
      if (done) return this;
    }
  }

  f32Const(value: number): this {
    scratch.setFloat32(0, value, true);
    this.#bytes.push(0x43);
    for (let i = 0; i < 4; i++) this.#bytes.push(scratch.getUint8(i));
    return this;
  }

  f64Const(value: number): this {
    scratch.setFloat64(0, value, true);
    this.#bytes.push(0x44);
    for (let i = 0; i < 8; i++) this.#bytes.push(scratch.getUint8(i));
    return this;
  }

  /** The sixteen bytes of a vector. */
  v128Const(bytes: readonly number[]): this {
    this.#bytes.push(0xfd, 0x0c, ...bytes);
    return this;
  }

  /** Sixteen bytes picked from the thirty-two of two vectors. */
  shuffle(pick: readonly number[]): this {
    this.#bytes.push(0xfd, 0x0d, ...pick);
    return this;
  }

  lane(name: LaneOpcode, index: number): this {
    this.#bytes.push(0xfd, ...unsigned(lanes[name]), index);
    return this;
  }

  /** A load, a store or an atomic access at address + `offset` bytes. */
  memory(name: MemoryOpcode, offset = 0): this {
    const [prefix, code, alignment] = memory[name];
    // An atomic access must state its natural alignment; the others must not promise more than their address keeps.
    if (prefix === 0) this.#bytes.push(code);
    else this.#bytes.push(prefix, code);
    return this.#withNumber(Math.min(alignment, 2), offset);
  }

  /** Copies bytes: takes where to, where from, and how many. */
  memoryCopy(): this {
    this.#bytes.push(0xfc, 0x0a, 0, 0);
    return this;
  }

  laneMemory(name: LaneMemoryOpcode, offset: number, index: number): this {
    const [code, alignment] = laneMemory[name];
    this.#bytes.push(0xfd, code);
    this.#withNumber(Math.min(alignment, 2), offset);
    this.#bytes.push(index);
    return this;
  }

  localGet(local: number): this {
    if (local >= 0x80) return this.#withNumber(0x20, local);
    this.#bytes.push(0x20, local);
    return this;
  }

  localSet(local: number): this {
    if (local >= 0x80) return this.#withNumber(0x21, local);
    this.#bytes.push(0x21, local);
    return this;
  }

  localTee(local: number): this {
    return this.#withNumber(0x22, local);
  }

  /** Opens a block; `end` closes it. */
  block(result?: ValueType): this {
    this.#bytes.push(0x02, result === undefined ? 0x40 : typeCode[result]);
    return this;
  }

  loop(result?: ValueType): this {
    this.#bytes.push(0x03, result === undefined ? 0x40 : typeCode[result]);
    return this;
  }

  if(result?: ValueType): this {
    this.#bytes.push(0x04, result === undefined ? 0x40 : typeCode[result]);
    return this;
  }

  else(): this {
    return this.op("else");
  }

  end(): this {
    return this.op("end");
  }

  /** Leaves `depth` blocks (0: the innermost), or repeats a loop. */
  br(depth: number): this {
    return this.#withNumber(0x0c, depth);
  }

  brIf(depth: number): this {
    return this.#withNumber(0x0d, depth);
  }

  call(callee: Callable): this {
    this.#bytes.push(0x10);
    this.#calls.push({ at: this.#bytes.length, callee });
    return this;
  }

  atomicFence(): this {
    this.#bytes.push(0xfe, 0x03, 0x00);
    return this;
  }

  get callees(): readonly Callable[] {
    return this.#calls.map((call) => call.callee);
  }

  /** Locals and code, with the functions that are called by their numbers. */
  encode(indexOf: (callee: Callable) => number): Uint8Array<ArrayBuffer> {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.locals) {
      const last = runs[runs.length - 1];
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const parts: number[][] = [unsigned(runs.length)];
    for (const run of runs) parts.push(unsigned(run.count), [typeCode[run.type]]);
    let from = 0;
    for (const { at, callee } of this.#calls) {
      parts.push(this.#bytes.slice(from, at), unsigned(indexOf(callee)));
      from = at;
    }
    return joined([...parts, this.#bytes.slice(from), [0x0b]]);
  }

  /** A byte and an unsigned number. */
  #withNumber(byte: number, value: number): this {
    if (value >= 0 && value < 0x80) this.#bytes.push(byte, value);
    else this.#bytes.push(byte, ...unsigned(value));
    return this;
  }
}

type Bytes = readonly number[] | Uint8Array;

/** One after the other. */
function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export interface MemoryLimits {
  /** In pages of 64 KiB. */
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

export interface ModuleParts {
  /** Imported as `env.memory`. */
  readonly memory: MemoryLimits;
  /** Functions to export by name. Whatever these call comes along. */
  readonly exports: Readonly<Record<string, FunctionBody>>;
  /** Also writes the names of functions, for profilers and stack traces. */
  readonly names?: boolean;
}

export interface EncodedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of a function in the module; functions with the same type and code share one. */
  indexOf(callable: Callable): number;
}

/** Lays out a module. Functions of the same type and code are written once. */
export function encodeModule(parts: ModuleParts): EncodedModule {
  const types = new Map<string, number>();
  const typeEntries: Bytes[] = [];
  const typeOf = (f: Callable): number => {
    const bytes = joined([[0x60], vec(f.parameters.map((t) => [typeCode[t]])), vec(f.results.map((t) => [typeCode[t]]))]);
    const key = bytes.join();
    const known = types.get(key);
    if (known !== undefined) return known;
    typeEntries.push(bytes);
    types.set(key, types.size);
    return types.size - 1;
  };

  const imports: ImportedFunction[] = [];
  const bodies = new Set<FunctionBody>();
  const order: FunctionBody[] = [];
  const collect = (f: Callable): void => {
    if (f instanceof ImportedFunction) {
      if (!imports.includes(f)) imports.push(f);
    } else if (!bodies.has(f)) {
      bodies.add(f);
      for (const callee of new Set(f.callees)) collect(callee);
      // Callees first, so that equal callees have one number by the time their callers are compared.
      order.push(f);
    }
  };
  for (const f of Object.values(parts.exports)) collect(f);

  const indices = new Map<Callable, number>(imports.map((f, i) => [f, i]));
  const indexOf = (f: Callable): number => {
    const found = indices.get(f);
    if (found === undefined) throw new Error(`internal: ${f.name} is not in the module, or calls itself`);
    return found;
  };
  const written: WrittenFunction[] = [];
  const byLength = new Map<number, WrittenFunction[]>();
  for (const f of order) {
    const type = typeOf(f);
    const code = f.encode(indexOf);
    const alike = byLength.get(code.length) ?? [];
    byLength.set(code.length, alike);
    let found = alike.find((w) => w.type === type && equal(w.code, code));
    if (found === undefined) {
      found = { type, code, name: f.name, number: imports.length + written.length };
      written.push(found);
      alike.push(found);
    }
    indices.set(f, found.number);
  }

  const { initial, maximum, shared } = parts.memory;
  const importEntries: Bytes[] = imports.map((f) => joined([text(f.module), text(f.name), [0x00], unsigned(typeOf(f))]));
  importEntries.push(joined([text("env"), text("memory"), [0x02, shared ? 0x03 : 0x01], unsigned(initial), unsigned(maximum)]));
  const exportEntries = Object.entries(parts.exports).map(([name, f]) => joined([text(name), [0x00], unsigned(indexOf(f))]));

  const sections: Bytes[] = [[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]];
  const section = (id: number, content: Bytes): void => {
    sections.push([id], sized(content));
  };
  section(1, vec(typeEntries));
  section(2, vec(importEntries));
  section(3, vec(written.map((f) => unsigned(f.type))));
  section(7, vec(exportEntries));
  section(10, vec(written.map((f) => sized(f.code))));
  if (parts.names === true)
    section(0, joined([text("name"), [1], sized(vec(written.map((f) => joined([unsigned(f.number), text(f.name)]))))]));
  return { bytes: joined(sections), indexOf };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

interface WrittenFunction {
  readonly type: number;
  readonly code: Uint8Array;
  readonly name: string;
  readonly number: number;
}

const sized = (bytes: Bytes): Bytes => joined([unsigned(bytes.length), bytes]);

const vec = (entries: readonly Bytes[]): Bytes => joined([unsigned(entries.length), ...entries]);

const encoder = new TextEncoder();

function text(value: string): Bytes {
  return sized(encoder.encode(value));
}
