/** A slow, obvious evaluator of loop programs over plain memory: the oracle for printers and templates. */
import type { Cursor, Expr, LoopFunction, MemoryDType, Register, RegisterDType, Statement } from "../../../src/compiler/loops/ir.js";

type Value = readonly (number | bigint)[];
export type Argument = number | { readonly address: number };

const SIZE: Readonly<Record<MemoryDType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, u8: 1, bool: 1 };

interface Frame {
  readonly memory: DataView;
  readonly registers: Map<Register, Value>;
  readonly cursors: Map<Cursor, number>;
}

/** Calls a loop function. Cursors are byte addresses. Gives its results, lane by lane. */
export function interpret(f: LoopFunction, memory: DataView, args: readonly Argument[]): Value[] {
  const frame: Frame = { memory, registers: new Map(), cursors: new Map() };
  for (const [i, p] of f.parameters.entries()) {
    const arg = args[i];
    if (p.kind === "cursor") {
      if (typeof arg !== "object") throw new Error(`${f.name}: parameter ${p.name} takes an address`);
      frame.cursors.set(p, arg.address);
    } else {
      if (typeof arg !== "number") throw new Error(`${f.name}: parameter ${p.name} takes a number`);
      frame.registers.set(p, [arg]);
    }
  }
  run(f.body, frame);
  return f.results.map((r) => read(frame, r));
}

function zero(dtype: RegisterDType): number | bigint {
  return dtype === "i64" ? 0n : 0;
}

function read(frame: Frame, r: Register): Value {
  return frame.registers.get(r) ?? new Array<number | bigint>(r.type.lanes).fill(zero(r.type.dtype));
}

function address(frame: Frame, c: Cursor): number {
  const at = frame.cursors.get(c);
  if (at === undefined) throw new Error(`cursor ${c.name} is not set`);
  return at;
}

function scalar(x: Expr, frame: Frame): number {
  return Number(evaluate(x, frame)[0]);
}

function truth(x: Expr, frame: Frame): boolean {
  return scalar(x, frame) !== 0;
}

/** Gives true where a loop is left. */
function run(body: readonly Statement[], frame: Frame): boolean {
  for (const s of body)
    switch (s.kind) {
      case "set":
        frame.registers.set(s.register, evaluate(s.value, frame));
        break;
      case "store": {
        const value = evaluate(s.value, frame);
        const stride = typeof s.stride === "number" ? s.stride : scalar(s.stride, frame);
        for (const [i, x] of value.entries()) store(frame, s.cursor, s.offset + i * stride, Number(x));
        break;
      }
      case "point":
        frame.cursors.set(s.cursor, address(frame, s.base) + scalar(s.index, frame) * SIZE[s.cursor.dtype]);
        break;
      case "advance":
        frame.cursors.set(s.cursor, address(frame, s.cursor) + scalar(s.by, frame) * SIZE[s.cursor.dtype]);
        break;
      case "for": {
        const to = scalar(s.to, frame);
        for (let i = scalar(s.from, frame); i < to; i += s.step) {
          frame.registers.set(s.register, [i]);
          run(s.body, frame);
        }
        break;
      }
      case "stream": {
        const count = scalar(s.count, frame);
        for (let i = 0; i < count; i++) {
          run(s.body, frame);
          for (const { cursor, step } of s.moving) frame.cursors.set(cursor, address(frame, cursor) + step * SIZE[cursor.dtype]);
        }
        for (const { cursor } of s.moving) frame.cursors.delete(cursor);
        break;
      }
      case "while":
        while (truth(s.condition, frame)) if (run(s.body, frame)) break;
        break;
      case "leave":
        if (truth(s.condition, frame)) return true;
        break;
      case "if":
        run(truth(s.condition, frame) ? s.then : s.otherwise, frame);
        break;
      case "call": {
        const inner: Frame = { memory: frame.memory, registers: new Map(), cursors: new Map() };
        for (const [i, p] of s.callee.parameters.entries()) {
          const arg = s.arguments[i];
          if (p.kind === "cursor" && arg?.kind === "cursor" && arg.dtype === p.dtype) inner.cursors.set(p, address(frame, arg));
          else if (p.kind === "register" && arg !== undefined && arg.kind !== "cursor") inner.registers.set(p, evaluate(arg, frame));
          else throw new Error(`call of ${s.callee.name}: argument ${i} does not fit ${p.name}`);
        }
        if (s.arguments.length !== s.callee.parameters.length) throw new Error(`call of ${s.callee.name}: wrong number of arguments`);
        run(s.callee.body, inner);
        for (const [i, r] of s.callee.results.entries()) {
          const target = s.results[i];
          if (target) frame.registers.set(target, read(inner, r));
        }
        break;
      }
    }
  return false;
}

function load(frame: Frame, c: Cursor, element: number): number {
  const at = address(frame, c) + element * SIZE[c.dtype];
  const { memory } = frame;
  switch (c.dtype) {
    case "f32":
      return memory.getFloat32(at, true);
    case "f64":
      return memory.getFloat64(at, true);
    case "i32":
      return memory.getInt32(at, true);
    case "u32":
      return memory.getUint32(at, true);
    default:
      return memory.getUint8(at);
  }
}

function store(frame: Frame, c: Cursor, element: number, x: number): void {
  const at = address(frame, c) + element * SIZE[c.dtype];
  const { memory } = frame;
  switch (c.dtype) {
    case "f32":
      return memory.setFloat32(at, x, true);
    case "f64":
      return memory.setFloat64(at, x, true);
    case "i32":
      return memory.setInt32(at, x, true);
    case "u32":
      return memory.setUint32(at, x, true);
    default:
      return memory.setUint8(at, x);
  }
}

/** Brings a number into its type. */
function rounded(dtype: RegisterDType, x: number): number {
  if (dtype === "f32") return Math.fround(x);
  if (dtype === "i32") return x | 0;
  if (dtype === "u32") return x >>> 0;
  if (dtype === "bool") return x === 0 ? 0 : 1;
  return x;
}

function evaluate(e: Expr, frame: Frame): Value {
  const { dtype, lanes } = e.type;
  const each = (f: (i: number) => number): Value => Array.from({ length: lanes }, (_, i) => rounded(dtype, f(i)));
  const of = (x: Expr): number[] => evaluate(x, frame).map(Number);
  switch (e.kind) {
    case "register":
      return read(frame, e);
    case "constant":
      return dtype === "i64" ? new Array<bigint>(lanes).fill(BigInt(e.value)) : each(() => Number(e.value));
    case "laneIndex":
      return each((i) => i);
    case "load": {
      const stride = typeof e.stride === "number" ? e.stride : scalar(e.stride, frame);
      return each((i) => load(frame, e.cursor, e.offset + i * stride));
    }
    case "splat": {
      const x = scalar(e.x, frame);
      return each(() => x);
    }
    case "unary": {
      const x = of(e.x);
      return each((i) => unary(e.op, x[i] ?? 0, dtype));
    }
    case "binary": {
      const x = of(e.x);
      const y = of(e.y);
      return each((i) => binary(e.op, x[i] ?? 0, y[i] ?? 0, dtype));
    }
    case "compare": {
      const x = of(e.x);
      const y = of(e.y);
      return each((i) => (compare(e.op, x[i] ?? 0, y[i] ?? 0) ? 1 : 0));
    }
    case "select": {
      const c = of(e.condition);
      const x = of(e.x);
      const y = of(e.y);
      return each((i) => (c[i] ? x[i] : y[i]) ?? 0);
    }
    case "multiplyAdd": {
      const x = of(e.x);
      const y = of(e.y);
      const z = of(e.z);
      return each((i) => rounded(dtype, (x[i] ?? 0) * (y[i] ?? 0)) + (z[i] ?? 0));
    }
    case "convert": {
      const x = of(e.x);
      return each((i) => convert(dtype, x[i] ?? 0));
    }
    case "bitcast":
      return bitcast(evaluate(e.x, frame), e.x.type.dtype, dtype);
    case "horizontal": {
      let x = of(e.x);
      while (x.length > 1) {
        const half = x.length / 2;
        x = x.slice(0, half).map((v, i) => rounded(dtype, binary(e.op, v, x[i + half] ?? 0, dtype)));
      }
      return x;
    }
    case "lane":
      return [evaluate(e.x, frame)[e.index] ?? 0];
    case "insert": {
      const [y] = of(e.y);
      return of(e.x).map((v, i) => (i === e.index ? (y ?? 0) : v));
    }
    case "shuffle": {
      const all = [...of(e.x), ...of(e.y)];
      return each((i) => all[e.pick[i] ?? 0] ?? 0);
    }
  }
}

function unary(op: (Expr & { kind: "unary" })["op"], x: number, dtype: RegisterDType): number {
  switch (op) {
    case "neg":
      return -x;
    case "abs":
      return Math.abs(x);
    case "sqrt":
      return Math.sqrt(x);
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "trunc":
      return Math.trunc(x);
    case "nearest": {
      const low = Math.floor(x);
      return x - low === 0.5 ? low + (low % 2 === 0 ? 0 : 1) : Math.round(x);
    }
    case "not":
      return dtype === "bool" ? 1 - x : ~x;
  }
}

function binary(op: (Expr & { kind: "binary" })["op"], x: number, y: number, dtype: RegisterDType): number {
  const float = dtype === "f32" || dtype === "f64";
  switch (op) {
    case "add":
      return x + y;
    case "sub":
      return x - y;
    case "mul":
      return float ? x * y : Math.imul(x, y);
    case "div":
      return float ? x / y : Math.trunc(x / y);
    case "rem":
      return x % y;
    case "min":
      return Math.min(x, y);
    case "max":
      return Math.max(x, y);
    case "and":
      return x & y;
    case "or":
      return x | y;
    case "xor":
      return x ^ y;
    case "shl":
      return x << y;
    case "shr":
      return dtype === "u32" ? x >>> y : x >> y;
  }
}

function compare(op: (Expr & { kind: "compare" })["op"], x: number, y: number): boolean {
  switch (op) {
    case "eq":
      return x === y;
    case "ne":
      return x !== y;
    case "lt":
      return x < y;
    case "le":
      return x <= y;
    case "gt":
      return x > y;
    case "ge":
      return x >= y;
  }
}

function convert(dtype: RegisterDType, x: number): number {
  if (dtype === "i32") return Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));
  if (dtype === "u32") return Number.isNaN(x) ? 0 : Math.max(0, Math.min(2 ** 32 - 1, Math.trunc(x)));
  return x;
}

function bitcast(x: Value, from: RegisterDType, to: RegisterDType): Value {
  const bits = new DataView(new ArrayBuffer(8));
  return x.map((v) => {
    if (from === "i64") bits.setBigInt64(0, BigInt(v));
    else if (from === "f64") bits.setFloat64(0, Number(v));
    else if (from === "f32") bits.setFloat32(0, Number(v));
    else bits.setInt32(0, Number(v) | 0);
    if (to === "i64") return bits.getBigInt64(0);
    if (to === "f64") return bits.getFloat64(0);
    if (to === "f32") return bits.getFloat32(0);
    return to === "i32" ? bits.getInt32(0) : bits.getUint32(0);
  });
}
