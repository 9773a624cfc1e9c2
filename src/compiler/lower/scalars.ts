/**
 * Small objectives: when a whole step is a few hundred operations on a few numbers, it becomes one function in which every
 * number is a register and the loop over steps is inside. Nothing is stored between steps but what is recorded.
 */
import type { PadAttributes, SliceAttributes } from "../../tensor/primitives/movement.js";
import type { MatmulAttributes } from "../../tensor/primitives/contraction.js";
import type { ParameterSlot } from "../../tensor/primitives/indexing.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { type PointwiseName, pointwise } from "../../tensor/primitives/pointwise.js";
import { sizeOf, stridesOf } from "../../tensor/types.js";
import { literalOf, type Loop, orderOf, type Value } from "../graph/value.js";
import type { Buffer } from "../kernels/kernel.js";
import { LoopBuilder } from "../loops/builder.js";
import { add, binary, compare, constant, I32, index, mul, registerOf, select } from "../loops/expressions.js";
import type { Cursor, Expr, LoopFunction, Register } from "../loops/ir.js";
import { lowerings } from "./pointwise.js";

const MOST_ELEMENTS = 16;
/** Elements of a value that is only held, chosen or moved, in a step that searches: what it remembers of earlier steps. */
const MOST_HELD = 160;
const MOST_OPERATIONS = 6000;

const ARRANGED = new Set(["broadcast", "reshape", "transpose", "slice", "pad", "reverse", "concatenate", "unpack", "pack", "iota", "literal", "sum", "reduceMax", "reduceMin", "matmul"]);

const FOLDS = new Set(["sum", "reduceMax", "reduceMin"]);

export interface ScalarEntry {
  readonly writes: readonly { readonly variable: Variable; readonly value: Value }[];
  readonly traces: readonly Value[];
  readonly stop: Value | undefined;
}

export interface ScalarProgram {
  /** f(steps, cursors…) → (steps done, 0 when the stop condition held after the last of them). */
  readonly function: LoopFunction;
  readonly buffers: ReadonlyMap<Cursor, Buffer>;
  /** Where each trace goes, row after row. */
  readonly traces: readonly Cursor[];
}

/** Whether every number of the step fits into registers. */
export function isSmall(entry: ScalarEntry): boolean {
  const roots = rootsOf(entry);
  return operationsOf(roots, orderOf(roots).some((value) => value.loop !== undefined) ? MOST_HELD : MOST_ELEMENTS) <= MOST_OPERATIONS;
}

/** Operations on single numbers that `roots` take, those of loops counted once; infinite where there is one that registers cannot do. */
function operationsOf(roots: readonly Value[], mostHeld: number): number {
  const order = orderOf(roots);
  const loops = new Set<Loop>();
  let operations = 0;
  for (const { primitive, leaf, loop, shape, inputs } of order) {
    const size = sizeOf(shape);
    const isComputed = primitive.kind === "pointwise" && primitive.name !== "select";
    if (size > (isComputed || primitive.name === "matmul" ? MOST_ELEMENTS : mostHeld)) return Number.POSITIVE_INFINITY;
    if (loop !== undefined) {
      if (!loops.has(loop)) operations += operationsOf([loop.condition, ...loop.body], mostHeld);
      loops.add(loop);
    } else if (leaf === undefined && primitive.kind !== "pointwise" && !ARRANGED.has(primitive.name)) return Number.POSITIVE_INFINITY;
    else if (leaf === undefined || leaf.kind === "argument") operations += primitive.name === "matmul" ? size * inputs[0].shape[inputs[0].shape.length - 1] * 2 : Math.max(size, FOLDS.has(primitive.name) ? sizeOf(inputs[0].shape) : 0);
    if (operations > MOST_OPERATIONS) return Number.POSITIVE_INFINITY;
  }
  return operations;
}

function rootsOf({ writes, traces, stop }: ScalarEntry): Value[] {
  return [...writes.map((w) => w.value), ...traces, ...(stop ? [stop] : [])];
}

export function lowerScalars(entry: ScalarEntry, name: string, leafBuffer: (value: Value) => Buffer, variableBuffer: (variable: Variable) => Buffer): ScalarProgram {
  const b = new LoopBuilder();
  const steps = b.parameter(I32, "steps");
  const buffers = new Map<Cursor, Buffer>();
  const byBuffer = new Map<Buffer, Cursor>();
  const cursorOf = (buffer: Buffer): Cursor => {
    const held = byBuffer.get(buffer);
    if (held !== undefined) return held;
    const cursor = b.cursorParameter(buffer.dtype, buffer.name);
    byBuffer.set(buffer, cursor);
    buffers.set(cursor, buffer);
    return cursor;
  };
  const order = orderOf(rootsOf(entry));
  for (const value of leavesOf(order)) cursorOf(leafBuffer(value));
  for (const { variable } of entry.writes) cursorOf(variableBuffer(variable));
  const traces = entry.traces.map((t, i) => b.cursorParameter(t.dtype, `trace${i}`));

  // State and data are read once, before the first step.
  const state = new Map<Buffer, Register[]>();
  for (const [cursor, buffer] of buffers) state.set(buffer, Array.from({ length: buffer.size }, (_, i) => b.load(cursor, i)));
  const recorded = traces.map((cursor) => b.point(cursor));
  const done = b.let(index(0), "done");
  const running = b.let(index(1), "running");
  b.while(binary("and", compare("lt", done, steps), compare("ne", running, index(0))), () => {
    const registers: Registers = new Map();
    compute(b, order, registers, (leaf) => state.get(leafBuffer(leaf)) ?? []);
    const of = (value: Value) => registers.get(value) ?? [];
    entry.traces.forEach((t, i) => {
      of(t).forEach((x, at) => b.store(recorded[i], x, at));
      b.advance(recorded[i], sizeOf(t.shape));
    });
    // All writes see the values from before the step: none may take effect before the last is read.
    const next = entry.writes.map(({ value }) => of(value).map((x) => (x.kind === "constant" ? x : b.let(x))));
    const stop = entry.stop && b.let(select(of(entry.stop)[0], index(0), index(1)));
    entry.writes.forEach(({ variable }, i) => {
      state.get(variableBuffer(variable))?.forEach((register, at) => b.set(register, next[i][at]));
    });
    b.set(done, add(done, index(1)));
    if (stop !== undefined) b.set(running, stop);
  });
  for (const { variable } of entry.writes) {
    const buffer = variableBuffer(variable);
    state.get(buffer)?.forEach((register, i) => b.store(cursorOf(buffer), register, i));
  }
  b.set(b.result(I32), done);
  b.set(b.result(I32), running);
  return { function: b.finish(name), buffers, traces };
}

type Registers = Map<Value, readonly Expr[]>;

/** The values in memory that are read, those inside loops too. */
function leavesOf(order: readonly Value[]): Value[] {
  const leaves = order.filter((value) => value.leaf !== undefined && value.leaf.kind !== "argument");
  for (const loop of new Set(order.map((value) => value.loop))) if (loop !== undefined) leaves.push(...leavesOf(orderOf([loop.condition, ...loop.body])));
  return leaves;
}

/** Computes what is not in `registers` yet, in order. */
function compute(b: LoopBuilder, order: readonly Value[], registers: Registers, leaf: (value: Value) => readonly Expr[]): void {
  for (const value of order) {
    if (registers.has(value)) continue;
    const inputs = value.inputs.map((x) => registers.get(x) ?? []);
    if (value.leaf !== undefined) registers.set(value, leaf(value));
    else if (value.loop === undefined) registers.set(value, elementsOf(b, value, inputs));
    else {
      const results = repeat(b, value.loop, inputs, registers, leaf);
      for (const other of order) if (other.loop === value.loop) registers.set(other, results[other.output]);
    }
  }
}

/** The carries of a loop when it has ended, each in registers of its own. */
function repeat(b: LoopBuilder, loop: Loop, inputs: readonly (readonly Expr[])[], around: Registers, leaf: (value: Value) => readonly Expr[]): Register[][] {
  const { carries, captured, condition, body } = loop;
  const held = carries.map((_, i) => inputs[i].map((x) => b.let(x)));
  const again = b.let(index(1), "again");
  b.while(compare("ne", again, index(0)), () => {
    const registers: Registers = new Map(around);
    carries.forEach((carry, i) => registers.set(carry, held[i]));
    captured.forEach((value, i) => registers.set(value, inputs[carries.length + i]));
    const of = (value: Value) => registers.get(value) ?? [];
    compute(b, orderOf([condition]), registers, leaf);
    b.set(again, select(of(condition)[0], index(1), index(0)));
    b.if(compare("ne", again, index(0)), () => {
      compute(b, orderOf(body), registers, leaf);
      // All carries change at once.
      const next = body.map((value) => of(value).map((x) => (x.kind === "constant" ? x : b.let(x))));
      held.forEach((list, i) => {
        list.forEach((register, at) => b.set(register, next[i][at]));
      });
    });
  });
  return held;
}

/** The value's elements in row-major order. */
function elementsOf(b: LoopBuilder, value: Value, inputs: readonly (readonly Expr[])[]): readonly Expr[] {
  const { primitive, attributes, shape, dtype } = value;
  const size = sizeOf(shape);
  const type = { dtype: registerOf(dtype), lanes: 1 };
  const literal = literalOf(value);
  if (literal !== undefined) return new Array<Expr>(size).fill(constant(type, literal));
  if (primitive.kind === "pointwise") {
    const name = primitive.name as PointwiseName;
    if (!(name in pointwise)) throw new Error(`internal: ${name} is not in the table`);
    const all = Array.from({ length: size }, (_, i) => i);
    return all.map((i) => b.let(lowerings[name](b, inputs[0][i], inputs[1]?.[i], inputs[2]?.[i], dtype)));
  }
  const [x] = inputs;
  const from = value.inputs[0]?.shape ?? [];
  const strides = stridesOf(from);
  const gathered = (source: (position: readonly number[]) => readonly number[] | undefined) =>
    positions(shape).map((p) => {
      const at = source(p);
      return at === undefined ? constant(type, 0) : x[at.reduce((sum, a, axis) => sum + a * strides[axis], 0)];
    });
  switch (primitive.name) {
    case "reshape":
      return x;
    case "broadcast": {
      const axes = attributes.axes as readonly number[];
      return gathered((p) => axes.map((axis, i) => (from[i] === 1 ? 0 : p[axis])));
    }
    case "transpose": {
      const permutation = attributes.permutation as readonly number[];
      return gathered((p) => {
        const at = new Array<number>(p.length);
        permutation.forEach((axis, i) => {
          at[axis] = p[i];
        });
        return at;
      });
    }
    case "slice": {
      const { start, step } = attributes as SliceAttributes;
      return gathered((p) => p.map((at, axis) => start[axis] + at * step[axis]));
    }
    case "pad": {
      const { low, interior } = attributes as PadAttributes;
      return gathered((p) => {
        const at = p.map((a, axis) => (a - low[axis]) / (interior[axis] + 1));
        return at.every((a, axis) => Number.isInteger(a) && a >= 0 && a < from[axis]) ? at : undefined;
      });
    }
    case "reverse": {
      const axes = attributes.axes as readonly number[];
      return gathered((p) => p.map((at, axis) => (axes.includes(axis) ? shape[axis] - 1 - at : at)));
    }
    case "concatenate": {
      const axis = attributes.axis as number;
      const outer = sizeOf(shape.slice(0, axis));
      const rows = value.inputs.map((part) => sizeOf(part.shape.slice(axis)));
      return Array.from({ length: outer }, (_, i) => inputs.flatMap((part, j) => part.slice(i * rows[j], (i + 1) * rows[j]))).flat();
    }
    case "iota": {
      const axis = attributes.axis as number;
      return positions(shape).map((p) => constant(type, p[axis]));
    }
    case "unpack": {
      const { offset } = attributes as unknown as ParameterSlot;
      return x.slice(offset, offset + size);
    }
    case "pack": {
      const out = new Array<Expr>(size).fill(constant(type, 0));
      (attributes.slots as readonly ParameterSlot[]).forEach((slot, part) => inputs[part].forEach((e, i) => (out[slot.offset + i] = e)));
      return out;
    }
    case "sum":
    case "reduceMax":
    case "reduceMin": {
      const op = primitive.name === "sum" ? "add" : primitive.name === "reduceMax" ? "max" : "min";
      const axes = attributes.axes as readonly number[];
      const outStrides = stridesOf(shape);
      const out = new Array<Expr | undefined>(size).fill(undefined);
      positions(from).forEach((p, flat) => {
        const at = p.filter((_, axis) => !axes.includes(axis)).reduce((sum, a, i) => sum + a * outStrides[i], 0);
        const held = out[at];
        out[at] = held === undefined ? x[flat] : b.let(binary(op, held, x[flat]));
      });
      return out.map((e) => e ?? constant(type, 0));
    }
    case "matmul":
      return product(b, value, inputs);
  }
  throw new Error(`internal: ${primitive.name} cannot be computed in registers`);
}

function product(b: LoopBuilder, value: Value, [x, y]: readonly (readonly Expr[])[]): Expr[] {
  const { transposeA, transposeB } = value.attributes as MatmulAttributes;
  const rank = value.shape.length;
  const [m, n] = value.shape.slice(rank - 2);
  const depth = value.inputs[0].shape[transposeA ? rank - 2 : rank - 1];
  const batch = sizeOf(value.shape.slice(0, rank - 2));
  const out: Expr[] = [];
  for (let s = 0; s < batch; s++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum: Expr | undefined;
        for (let k = 0; k < depth; k++) {
          const term = mul(x[s * m * depth + (transposeA ? k * m + i : i * depth + k)], y[s * depth * n + (transposeB ? j * depth + k : k * n + j)]);
          sum = b.let(sum === undefined ? term : add(sum, term));
        }
        out.push(sum ?? constant({ dtype: registerOf(value.dtype), lanes: 1 }, 0));
      }
  return out;
}

function positions(shape: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const extent of shape) all = all.flatMap((p) => Array.from({ length: extent }, (_, i) => [...p, i]));
  return all;
}

