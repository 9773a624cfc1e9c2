/** Lowers column kernels: blocks of rows are folded into partial results, which are then joined in the order of the blocks. */
import { sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import type { Buffer, ColumnKernel, ReduceOp } from "../kernels/kernel.js";
import { forLanes, LoopBuilder } from "../loops/builder.js";
import { add, binary, constant, I32, index, load, min, mul, registerOf } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { Cursors, direct, ExpressionEmitter, Scope } from "./emitter.js";
import type { LoweredPhase } from "./phase.js";
import { foldStart } from "./rows.js";

const MOST_BLOCKS = 32;
/** Fewer rows than this are not worth a block of their own. */
const LEAST_ROWS = 64;

export function lowerColumns(kernel: ColumnKernel, name: string): LoweredPhase[] {
  const kept = sizeOf(kernel.kept);
  const [outermost = 1, ...nested] = kernel.reduced;
  const perBlock = Math.max(1, Math.ceil(LEAST_ROWS / sizeOf(nested)), Math.ceil(outermost / MOST_BLOCKS));
  const blocks = Math.ceil(outermost / perBlock);
  if (blocks === 1) return [fold(kernel, name, 1, outermost, kernel.storage.buffer, kernel.storage.offset)];
  const partial: Buffer = {
    name: `${name}Partial`,
    dtype: kernel.reduction.dtype,
    size: blocks * kept,
    source: { kind: "temporary", zeroed: false },
  };
  return [fold(kernel, name, blocks, perBlock, partial, 0), join(kernel, `${name}Join`, blocks, partial)];
}

const joint = (op: ReduceOp, x: Expr, y: Expr): Expr => binary(op === "sum" ? "add" : op === "max" ? "max" : "min", x, y);

/** Folds `perBlock` of the outermost reduced axis at a time into row `block` of the target. */
function fold(kernel: ColumnKernel, name: string, blocks: number, perBlock: number, target: Buffer, offset: number): LoweredPhase {
  const { reduced, kept, reduction } = kernel;
  const b = new LoopBuilder();
  const begin = b.parameter(I32, "begin");
  const end = b.parameter(I32, "end");
  const cursors = new Cursors(b);
  cursors.declare([reduction.expression], []);
  const out = cursors.of(target);
  // All axes count as inner: an expression changes along any of them, or never.
  const emitter = new ExpressionEmitter(b, { rows: 0, variables: reduced.length + kept.length, stages: 1 });
  const constants = new Scope();
  const zero = { coordinates: [...reduced, ...kept].map(() => index(0)), lanes: 1, stages: new Map<Value, Expr>() };
  emitter.hoist([reduction.expression], 0, constants, zero, direct(b, cursors, zero.coordinates));
  const columns = kept.length === 0 ? 1 : kept[kept.length - 1];

  const oneBlock = (block: Expr) => {
    const from = b.let(mul(block, index(perBlock)));
    const to = b.let(min(add(from, index(perBlock)), index(reduced[0] ?? 1)));
    overOuterKept(b, kept, (outer, flat) => {
      forLanes(b, columns, emitter.gathers(reduction.expression) ? [1] : [16, 4, 1], (column, lanes) => {
        const accumulator = b.let(
          constant({ dtype: registerOf(reduction.dtype), lanes }, foldStart(reduction.op, reduction.dtype)),
          "fold",
        );
        const coordinates = kept.length === 0 ? outer : [...outer, column];
        overReduced(b, reduced, from, to, (at) => {
          const point = { coordinates: [...at, ...coordinates], lanes, stages: new Map<Value, Expr>() };
          const value = emitter.emit(reduction.expression, new Scope(constants), point, direct(b, cursors, point.coordinates));
          b.set(accumulator, joint(reduction.op, accumulator, value));
        });
        const at = add(mul(add(mul(block, index(sizeOf(kept) / columns)), flat), index(columns)), column);
        b.store(b.point(out, add(at, index(offset))), accumulator);
      });
    });
  };
  b.for(begin, end, 1, oneBlock, "block");
  const elements = sizeOf(reduced) * sizeOf(kept);
  return { function: b.finish(name), blocks, flops: elements, bytes: elements * 4, buffers: cursors.buffers, scratch: new Map() };
}

function overReduced(b: LoopBuilder, reduced: readonly number[], from: Expr, to: Expr, body: (coordinates: Expr[]) => void): void {
  const nest = (axis: number, coordinates: Expr[]): void => {
    if (axis >= reduced.length) body(coordinates);
    else if (axis === 0) b.for(from, to, 1, (i) => nest(1, [i]), "row");
    else b.for(0, reduced[axis], 1, (i) => nest(axis + 1, [...coordinates, i]), "row");
  };
  nest(0, []);
}

function overOuterKept(b: LoopBuilder, kept: readonly number[], body: (coordinates: Expr[], flat: Expr) => void): void {
  const nest = (axis: number, coordinates: Expr[], flat: Expr): void => {
    if (axis >= kept.length - 1) body(coordinates, flat);
    else b.for(0, kept[axis], 1, (i) => nest(axis + 1, [...coordinates, i], b.let(add(mul(flat, index(kept[axis])), i))), "outer");
  };
  nest(0, [], index(0));
}

/** Adds up the partial results of all blocks, first to last. */
function join(kernel: ColumnKernel, name: string, blocks: number, partial: Buffer): LoweredPhase {
  const { kept, reduction, storage } = kernel;
  const b = new LoopBuilder();
  b.parameter(I32, "begin");
  b.parameter(I32, "end");
  const cursors = new Cursors(b);
  const from = cursors.of(partial);
  const out = cursors.of(storage.buffer);
  const size = sizeOf(kept);
  forLanes(b, size, [16, 4, 1], (column, lanes) => {
    const read: Cursor = b.point(from, column);
    const sum = b.let(load(read, 0, lanes), "sum");
    b.for(1, blocks, 1, () => {
      b.advance(read, size);
      b.set(sum, joint(reduction.op, sum, load(read, 0, lanes)));
    });
    b.store(b.point(out, add(column, index(storage.offset))), sum);
  });
  return {
    function: b.finish(name),
    blocks: 1,
    flops: blocks * size,
    bytes: blocks * size * 4,
    buffers: cursors.buffers,
    scratch: new Map(),
  };
}
