/**
 * Small objectives: when a whole step is a few hundred operations on a few numbers, it becomes one function in which every
 * number is a register and the loop over steps is inside. Nothing is stored between steps but what is recorded.
 */

import type { Variable } from "../../tensor/primitives/leaves.js";
import { sizeOf } from "../../tensor/types.js";
import { type Loop, orderOf, type Value } from "../graph/value.js";
import type { Buffer } from "../kernels/kernel.js";
import { LoopBuilder } from "../loops/builder.js";
import { add, binary, compare, I32, index, select } from "../loops/expressions.js";
import type { Cursor, Expr, LoopFunction, Register } from "../loops/ir.js";
import { elementsOf } from "./scalar-elements.js";

const MOST_ELEMENTS = 16;
/** Elements of a value that is only held, chosen or moved, in a step that searches: what it remembers of earlier steps. */
const MOST_HELD = 160;
const MOST_OPERATIONS = 6000;

const ARRANGED = new Set([
  "broadcast",
  "reshape",
  "transpose",
  "slice",
  "pad",
  "reverse",
  "concatenate",
  "unpack",
  "pack",
  "iota",
  "literal",
  "sum",
  "reduceMax",
  "reduceMin",
  "matmul",
]);

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
    else if (leaf === undefined || leaf.kind === "argument")
      operations +=
        primitive.name === "matmul"
          ? size * inputs[0].shape[inputs[0].shape.length - 1] * 2
          : Math.max(size, FOLDS.has(primitive.name) ? sizeOf(inputs[0].shape) : 0);
    if (operations > MOST_OPERATIONS) return Number.POSITIVE_INFINITY;
  }
  return operations;
}

function rootsOf({ writes, traces, stop }: ScalarEntry): Value[] {
  return [...writes.map((w) => w.value), ...traces, ...(stop ? [stop] : [])];
}

export function lowerScalars(
  entry: ScalarEntry,
  name: string,
  leafBuffer: (value: Value) => Buffer,
  variableBuffer: (variable: Variable) => Buffer,
): ScalarProgram {
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
  for (const [cursor, buffer] of buffers)
    state.set(
      buffer,
      Array.from({ length: buffer.size }, (_, i) => b.load(cursor, i)),
    );
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
  for (const loop of new Set(order.map((value) => value.loop)))
    if (loop !== undefined) leaves.push(...leavesOf(orderOf([loop.condition, ...loop.body])));
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
function repeat(
  b: LoopBuilder,
  loop: Loop,
  inputs: readonly (readonly Expr[])[],
  around: Registers,
  leaf: (value: Value) => readonly Expr[],
): Register[][] {
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
