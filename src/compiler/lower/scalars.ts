/**
 * Small objectives: when a whole step is a few hundred operations on a few numbers, it becomes one function in which every
 * number is a register and the loop over steps is inside. Nothing is stored between steps but what is recorded.
 */

import type { Variable } from "../../tensor/primitives/leaves.js";
import { sizeOf } from "../../tensor/types.js";
import { type Loop, orderOf, type Value } from "../graph/value.js";
import type { Buffer } from "../kernels/kernel.js";
import { LoopBuilder } from "../loops/builder.js";
import { add, compare, I32, index, select } from "../loops/expressions.js";
import type { Cursor, Expr, LoopFunction, Register } from "../loops/ir.js";
import { Numbers, packedValues, partsOf } from "./packing.js";
import { elementsOf, pointwiseOf } from "./scalar-elements.js";

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
  const kept = keptUnder(entry);
  const writes = entry.writes.map((write) => writeOf(write, kept));
  const { traces: records, stop } = entry;
  const order = orderOf([...writes.map((w) => w.next), ...records, ...(stop ? [stop] : [])]);
  for (const value of leavesOf(order)) cursorOf(leafBuffer(value));
  for (const { variable } of writes) cursorOf(variableBuffer(variable));
  const traces = records.map((t, i) => b.cursorParameter(t.dtype, `trace${i}`));

  const written = new Map(writes.map(({ variable, next }) => [variableBuffer(variable), next]));
  const carried = order.flatMap((leaf) => {
    const next = leaf.leaf && written.get(leafBuffer(leaf));
    return next === undefined ? [] : [{ leaf, next }];
  });
  const varying = new Set(carried.map(({ leaf }) => leaf));
  for (const value of order) if (value.loop !== undefined || value.inputs.some((x) => varying.has(x))) varying.add(value);
  const packed = packedValues(
    order.filter((value) => varying.has(value)),
    carried,
  );

  // State and data are read once, before the first step.
  const inVectors = new Map(carried.filter(({ leaf }) => packed.has(leaf)).map(({ leaf }) => [leafBuffer(leaf), leaf]));
  const state = new Map<Buffer, { readonly registers: readonly Register[]; readonly offsets: readonly number[] }>();
  for (const [cursor, buffer] of buffers) {
    const leaf = inVectors.get(buffer);
    const parts = leaf ? partsOf(leaf) : new Array<number>(buffer.size).fill(1);
    const offsets = parts.map((_, i) => parts.slice(0, i).reduce((sum, lanes) => sum + lanes, 0));
    state.set(buffer, { registers: parts.map((lanes, i) => b.load(cursor, offsets[i], lanes)), offsets });
  }
  const stateOf = (buffer: Buffer) => state.get(buffer) ?? { registers: [], offsets: [] };
  const recorded = traces.map((cursor) => b.point(cursor));
  const step: Step = { b, packed, leaf: (leaf) => stateOf(leafBuffer(leaf)).registers };
  // What no step changes is computed once, too.
  const fixed = new Numbers(b);
  compute(
    step,
    order.filter((value) => !varying.has(value)),
    fixed,
  );
  for (const value of order) if (packed.has(value)) for (const x of value.inputs) if (!varying.has(x)) fixed.partsOf(x);

  const done = b.let(index(0), "done");
  // The stop condition ends the loop by moving its end.
  const end = b.let(steps, "end");
  b.while(compare("lt", done, end), () => {
    const numbers = new Numbers(b, fixed);
    compute(step, order, numbers);
    records.forEach((t, i) => {
      let at = 0;
      for (const x of numbers.atHand(t)) {
        b.store(recorded[i], x, at);
        at += x.type.lanes;
      }
      b.advance(recorded[i], sizeOf(t.shape));
    });
    // All writes see the values from before the step: none may take effect before the last is read.
    const results = writes.map(({ variable, next }) => {
      const values = inVectors.has(variableBuffer(variable)) ? numbers.partsOf(next) : numbers.of(next);
      return values.map((x) => (x.kind === "constant" ? x : b.let(x)));
    });
    const apply = (list: readonly Write[]) => {
      for (const write of list) {
        const values = results[writes.indexOf(write)];
        stateOf(variableBuffer(write.variable)).registers.forEach((register, at) => b.set(register, values[at]));
      }
    };
    b.set(done, add(done, index(1)));
    if (stop) b.set(end, select(numbers.of(stop)[0], index(0), end));
    apply(writes.filter((w) => !w.isKept));
    if (kept) b.leave(numbers.of(kept)[0]);
    apply(writes.filter((w) => w.isKept));
  });
  for (const { variable } of writes) {
    const buffer = variableBuffer(variable);
    const { registers, offsets } = stateOf(buffer);
    registers.forEach((register, i) => b.store(cursorOf(buffer), register, offsets[i]));
  }
  b.set(b.result(I32), done);
  b.set(b.result(I32), end);
  return { function: b.finish(name), buffers, traces };
}

interface Write {
  readonly variable: Variable;
  readonly next: Value;
  /** Written only where the descent goes on. */
  readonly isKept: boolean;
}

/** The condition under which a variable keeps its value. */
function conditionOf({ variable, value }: ScalarEntry["writes"][number]): Value | undefined {
  if (value.primitive.name !== "select") return undefined;
  const [condition, x] = value.inputs;
  const scalar = condition.primitive.name === "broadcast" ? condition.inputs[0] : condition;
  return x.leaf?.kind === "variable" && x.leaf.variable === variable && scalar.shape.length === 0 ? scalar : undefined;
}

/** A condition under which variables keep their values and nothing follows: there the loop is left before they are written. */
function keptUnder({ writes, stop }: ScalarEntry): Value | undefined {
  const ends = (value: Value): Value[] => (value.primitive.name === "or" ? [value, ...value.inputs.flatMap(ends)] : [value]);
  const ending = new Set(stop ? ends(stop) : []);
  return writes.map(conditionOf).find((condition) => condition !== undefined && ending.has(condition));
}

function writeOf(write: ScalarEntry["writes"][number], kept: Value | undefined): Write {
  const { variable, value } = write;
  const isKept = kept !== undefined && conditionOf(write) === kept;
  return { variable, next: isKept ? value.inputs[2] : value, isKept };
}

/** What computing a step takes. */
interface Step {
  readonly b: LoopBuilder;
  readonly packed: ReadonlySet<Value>;
  /** The elements of a leaf, or its parts where it is packed. */
  readonly leaf: (value: Value) => readonly Expr[];
}

/** The values in memory that are read, those inside loops too. */
function leavesOf(order: readonly Value[]): Value[] {
  const leaves = order.filter((value) => value.leaf !== undefined && value.leaf.kind !== "argument");
  for (const loop of new Set(order.map((value) => value.loop)))
    if (loop !== undefined) leaves.push(...leavesOf(orderOf([loop.condition, ...loop.body])));
  return leaves;
}

/** Computes what is not at hand yet, in order. */
function compute(step: Step, order: readonly Value[], numbers: Numbers): void {
  const { b, packed, leaf } = step;
  for (const value of order) {
    if (numbers.has(value)) continue;
    const isPacked = packed.has(value);
    if (value.leaf !== undefined) {
      if (isPacked) numbers.setParts(value, leaf(value));
      else numbers.set(value, leaf(value));
    } else if (value.loop !== undefined) {
      const inputs = value.inputs.map((x) => numbers.of(x));
      const results = repeat(step, value.loop, inputs, numbers);
      for (const other of order) if (other.loop === value.loop) numbers.set(other, results[other.output]);
    } else if (isPacked) {
      const inputs = value.inputs.map((x) => numbers.partsOf(x));
      numbers.setParts(value, pointwiseOf(b, value, inputs));
    } else {
      const inputs = value.inputs.map((x) => numbers.of(x));
      numbers.set(value, elementsOf(b, value, inputs));
    }
  }
}

/** The carries of a loop when it has ended, each in registers of its own. */
function repeat(step: Step, loop: Loop, inputs: readonly (readonly Expr[])[], around: Numbers): Register[][] {
  const { b } = step;
  const { carries, captured, condition, body } = loop;
  const held = carries.map((_, i) => inputs[i].map((x) => b.let(x)));
  const again = b.let(index(1), "again");
  b.while(compare("ne", again, index(0)), () => {
    const numbers = new Numbers(b, around);
    carries.forEach((carry, i) => {
      numbers.set(carry, held[i]);
    });
    captured.forEach((value, i) => {
      numbers.set(value, inputs[carries.length + i]);
    });
    compute(step, orderOf([condition]), numbers);
    b.set(again, select(numbers.of(condition)[0], index(1), index(0)));
    b.if(compare("ne", again, index(0)), () => {
      compute(step, orderOf(body), numbers);
      // All carries change at once.
      const next = body.map((value) => numbers.of(value).map((x) => (x.kind === "constant" ? x : b.let(x))));
      held.forEach((list, i) => {
        list.forEach((register, at) => b.set(register, next[i][at]));
      });
    });
  });
  return held;
}
