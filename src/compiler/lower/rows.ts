/** Lowers row kernels: maps, row-wise reductions, and both together. */
import { type DType, sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import { shiftIndex } from "../kernels/affine.js";
import type { KernelExpr, Pass, ReduceOp, Reduction, RowKernel, Store } from "../kernels/kernel.js";
import { forLanes, LoopBuilder } from "../loops/builder.js";
import { add, binary, compare, constant, div, horizontal, I32, index, min, mul, registerOf, select, sub } from "../loops/expressions.js";
import type { Expr, Register } from "../loops/ir.js";
import { type Addressing, Cursors, direct, ExpressionEmitter, type Point, Scope } from "./emitter.js";
import { forLanesAround, interiorOf } from "./interior.js";
import type { LoweredPhase } from "./phase.js";
import { Streams } from "./streams.js";

/** Elements of work that make a block worth handing to a thread. */
const BLOCK_ELEMENTS = 4096;
/** Operations in the body of a loop beyond which it is walked in steps of four lanes. */
const LONG_BODY = 32;
/** Lanes of a wide step. */
const WIDE = 16;

/** @param perBlock rows of a block, where that is not for the kernel itself to decide */
export function lowerRows(kernel: RowKernel, name: string, perBlock?: number): LoweredPhase {
  return new RowLowering(kernel, name, perBlock).phase;
}

class RowLowering {
  readonly phase: LoweredPhase;
  readonly #kernel: RowKernel;
  readonly #b = new LoopBuilder();
  readonly #cursors = new Cursors(this.#b);
  readonly #emitter: ExpressionEmitter;

  constructor(kernel: RowKernel, name: string, perBlock: number | undefined) {
    this.#kernel = kernel;
    const variables = kernel.rows.length + kernel.inner.length;
    this.#emitter = new ExpressionEmitter(this.#b, { rows: kernel.rows.length, variables, stages: 1 });
    const b = this.#b;
    const begin = b.parameter(I32, "begin");
    const end = b.parameter(I32, "end");
    const expressions = kernel.passes.flatMap(expressionsOf);
    const stores = kernel.passes.flatMap((p) => [...p.rowStores, ...p.stores]);
    this.#cursors.declare(expressions, stores);

    const rowCount = sizeOf(kernel.rows);
    const work = sizeOf(kernel.inner) * kernel.passes.length;
    const rowsPerBlock = perBlock ?? Math.max(1, Math.ceil(BLOCK_ELEMENTS / Math.max(1, work)));
    const constants = new Scope();
    const zero = { coordinates: new Array<Expr>(variables).fill(index(0)), lanes: 1, stages: new Map<Value, Expr>() };
    this.#emitter.hoist(expressions, 0, constants, zero, direct(b, this.#cursors, zero.coordinates));
    if (kernel.rows.length === 0) this.#row([], constants, index(0));
    else {
      const first = b.let(mul(begin, index(rowsPerBlock)), "first");
      const last = b.let(min(mul(end, index(rowsPerBlock)), index(rowCount)), "last");
      this.#eachRow(first, last, (coordinates, row) => this.#row(coordinates, constants, row));
    }
    const operations = kernel.passes.reduce((n, p) => n + expressionsOf(p).reduce((m, e) => m + countOperations(e), 0), 0);
    const elements = rowCount * sizeOf(kernel.inner);
    this.phase = {
      function: b.finish(name),
      blocks: Math.max(1, Math.ceil(rowCount / rowsPerBlock)),
      flops: elements * operations,
      bytes: elements * 4 * (this.#cursors.buffers.size || 1),
      buffers: this.#cursors.buffers,
      scratch: new Map(),
    };
  }

  /** Walks rows first ≤ row < last, keeping the coordinate of each row axis in a register. */
  #eachRow(first: Register, last: Register, body: (coordinates: Expr[], row: Expr) => void): void {
    const b = this.#b;
    const { rows } = this.#kernel;
    if (rows.length === 1) {
      b.for(first, last, 1, (row) => body([row], row), "row");
      return;
    }
    const coordinates: Register[] = [];
    let rest: Expr = first;
    for (let axis = rows.length - 1; axis >= 0; axis--) {
      const at = b.let(axis === 0 ? rest : binary("rem", rest, index(rows[axis])), "at");
      coordinates.unshift(at);
      if (axis > 0) rest = b.let(div(rest, index(rows[axis])));
    }
    b.for(
      first,
      last,
      1,
      (row) => {
        body(coordinates, row);
        const step = (axis: number) => {
          b.set(coordinates[axis], add(coordinates[axis], index(1)));
          if (axis === 0) return;
          b.if(compare("ge", coordinates[axis], index(rows[axis])), () => {
            b.set(coordinates[axis], index(0));
            step(axis - 1);
          });
        };
        step(rows.length - 1);
      },
      "row",
    );
  }

  #row(coordinates: readonly Expr[], constants: Scope, row: Expr): void {
    const { inner, passes, tail, rows } = this.#kernel;
    const b = this.#b;
    const scope = new Scope(constants);
    const stages = new Map<Value, Expr>();
    const start = [...coordinates, ...inner.map(() => index(0))];
    const rowPoint = (): Point => ({ coordinates: start, lanes: 1, stages });
    const addressing = direct(b, this.#cursors, start);
    const length =
      tail === undefined ? undefined : b.let(select(compare("eq", row, index(rows[0] - 1)), index(tail), index(inner[0])), "length");
    for (const pass of passes) {
      this.#emitter.hoist(expressionsOf(pass), 1, scope, rowPoint(), addressing);
      for (const s of pass.rowStores) this.#store(s, this.#emitter.emit(s.expression, scope, rowPoint(), addressing), start);
      if (pass.stores.length + pass.reductions.length === 0) continue;
      const folds = pass.reductions.map((r) => new Fold(b, r));
      this.#inner(0, [...coordinates], length, (at) => this.#lanes(pass, folds, at, scope, stages, length));
      for (const fold of folds) stages.set(fold.reduction.value, fold.finish());
    }
  }

  /** Loops over all inner axes but the last. */
  #inner(axis: number, coordinates: Expr[], length: Register | undefined, body: (coordinates: Expr[]) => void): void {
    const { inner } = this.#kernel;
    if (axis >= inner.length - 1) body(coordinates);
    else this.#b.for(0, inner[axis], 1, (i) => this.#inner(axis + 1, [...coordinates, i], length, body));
  }

  /** The innermost loop, in lanes; without guards where no border is near. */
  #lanes(
    pass: Pass,
    folds: readonly Fold[],
    outer: readonly Expr[],
    scope: Scope,
    stages: ReadonlyMap<Value, Expr>,
    length: Register | undefined,
  ): void {
    const b = this.#b;
    const { inner } = this.#kernel;
    const count = inner.length === 0 ? 1 : inner[inner.length - 1];
    const expressions = [...pass.reductions.map((r) => r.expression), ...pass.stores.map((s) => s.expression)];
    const scalar = folds.some((f) => f.scalarOnly) || expressions.some((e) => this.#emitter.gathers(e));
    // Long bodies gain nothing from wide steps, which would only make them longer.
    const seen = new Set<KernelExpr>();
    const isLong = expressions.reduce((n, e) => n + countOperations(e, seen), 0) > LONG_BODY;
    const widths = scalar ? [1] : count >= 64 && !isLong ? [WIDE, 4, 1] : [4, 1];
    const point = (i: Expr, lanes: number): Point => ({ coordinates: inner.length === 0 ? outer : [...outer, i], lanes, stages });
    /** Emits one step of some lanes, for expressions that hold wherever it is used. */
    const stepper = (list: readonly KernelExpr[]) => {
      const around = new Scope(scope);
      this.#emitter.hoist(list, 1, around, point(index(0), 1), direct(b, this.#cursors, point(index(0), 1).coordinates));
      const streams = new Streams(b, this.#cursors, point(index(0), 1).coordinates);
      for (const e of list) streams.prepare(e, (x) => this.#emitter.level(x) === 2);
      for (const s of pass.stores) streams.prepareStore(s);
      const some = (i: Expr, lanes: number, quarter: number | undefined, addressing: Addressing) => {
        const at = point(i, lanes);
        const here = new Scope(around);
        const values = list.map((e) => this.#emitter.emit(e, here, at, addressing));
        folds.forEach((fold, k) => fold.take(values[k], i, quarter));
        pass.stores.forEach((s, k) => {
          const { cursor, offset } = addressing(s.storage.buffer, s.offset);
          const value = values[folds.length + k];
          b.store(cursor, value, offset, lanes === 1 ? 1 : this.#emitter.laneStride(s.offset));
        });
      };
      return (i: Expr, lanes: number) => {
        const addressing = streams.at(point(i, lanes).coordinates);
        if (lanes < WIDE) some(i, lanes, undefined, addressing);
        // One quarter after the other: what all of them hold at once would not fit the machine's registers.
        else
          for (let quarter = 0; quarter < 4; quarter++) {
            const by = (quarter * lanes) / 4;
            some(add(i, index(by)), lanes / 4, quarter, shifted(addressing, by));
          }
      };
    };
    const walk = (list: readonly KernelExpr[]) => {
      const step = stepper(list);
      if (length === undefined) forLanes(b, count, widths, step);
      else {
        let from: Expr = index(0);
        for (const lanes of widths) {
          const to = lanes === 1 ? length : b.let(sub(length, binary("and", length, index(lanes - 1))));
          b.for(from, to, lanes, (i) => step(i, lanes));
          from = to;
        }
      }
    };
    const interior = inner.length === 0 ? undefined : interiorOf(expressions, count);
    const whole = interior?.first === 0 && interior.end === count;
    if (interior === undefined || (length !== undefined && !whole)) return walk(expressions);
    const { holds } = interior;
    const walkInside = () => {
      if (whole) return walk(interior.inside);
      const atEnds = stepper(interior.ends);
      const inside = stepper(interior.inside);
      forLanesAround(b, count, widths, interior, (i, lanes, free) => (free ? inside : atEnds)(i, lanes));
    };
    if (holds === undefined) walkInside();
    else b.if(holds(outer), walkInside, () => walk(expressions));
  }

  #store(store: Store, value: Expr, coordinates: readonly Expr[]): void {
    const { cursor, offset } = direct(this.#b, this.#cursors, coordinates)(store.storage.buffer, store.offset);
    this.#b.store(cursor, value, offset);
  }
}

/** Folds values into one number: 16 lanes, then 4, then single elements, joined in that order. */
class Fold {
  readonly reduction: Reduction;
  readonly #b: LoopBuilder;
  /** The quarters of 16 lanes, 4 lanes, single elements. */
  readonly #accumulators: readonly Register[];
  readonly #bestIndex: Register | undefined;

  constructor(b: LoopBuilder, reduction: Reduction) {
    this.#b = b;
    this.reduction = reduction;
    const { op, dtype } = reduction;
    this.#accumulators = (this.scalarOnly ? [1] : [4, 4, 4, 4, 4, 1]).map((lanes) =>
      b.let(constant({ dtype: registerOf(dtype), lanes }, foldStart(op, dtype)), "fold"),
    );
    this.#bestIndex = op === "argmax" ? b.let(index(0), "best") : undefined;
  }

  get scalarOnly(): boolean {
    return this.reduction.op === "argmax";
  }

  /** `quarter`: which part of a wide step the value is. */
  take(value: Expr, at: Expr, quarter: number | undefined): void {
    const b = this.#b;
    const accumulator = this.#accumulators.at(quarter ?? (value.type.lanes === 1 ? -1 : -2));
    if (accumulator?.type.lanes !== value.type.lanes) throw new Error("internal: a fold of an unknown width");
    const best = this.#bestIndex;
    if (best !== undefined) {
      b.if(compare("gt", value, accumulator), () => {
        b.set(accumulator, value);
        b.set(best, at);
      });
      return;
    }
    b.set(accumulator, this.#join(accumulator, value));
  }

  finish(): Expr {
    if (this.#bestIndex !== undefined) return this.#bestIndex;
    const op = this.reduction.op === "sum" ? "add" : this.reduction.op === "max" ? "max" : "min";
    const [first, second, third, fourth, four, one] = this.#accumulators;
    const wide = this.#join(this.#join(first, third), this.#join(second, fourth));
    return this.#b.let(
      [horizontal(op, wide), horizontal(op, four), one].reduce((x, y) => this.#join(x, y)),
      "folded",
    );
  }

  #join(x: Expr, y: Expr): Expr {
    return binary(this.reduction.op === "sum" ? "add" : this.reduction.op === "max" ? "max" : "min", x, y);
  }
}

/** The same addresses, some elements further along the innermost axis. */
const shifted =
  (addressing: Addressing, by: number): Addressing =>
  (buffer, offset, moved) => {
    const step = by * (offset.coefficients[offset.coefficients.length - 1] ?? 0);
    if (moved !== undefined) return addressing(buffer, shiftIndex(offset, step), moved);
    const at = addressing(buffer, offset);
    return { cursor: at.cursor, offset: at.offset + step };
  };

/** What a fold of nothing gives. */
export function foldStart(op: ReduceOp, dtype: DType): number {
  if (op === "sum") return 0;
  if (dtype === "i32") return op === "min" ? 2147483647 : -2147483648;
  if (dtype !== "f32" && dtype !== "f64") return op === "min" ? 4294967295 : 0;
  return op === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

export function expressionsOf(pass: Pass): KernelExpr[] {
  return [...pass.rowStores.map((s) => s.expression), ...pass.reductions.map((r) => r.expression), ...pass.stores.map((s) => s.expression)];
}

function countOperations(e: KernelExpr, seen = new Set<KernelExpr>()): number {
  if (seen.has(e)) return 0;
  seen.add(e);
  if (e.kind === "operation") return e.operands.reduce((n, o) => n + countOperations(o, seen), 1);
  return e.kind === "guard" ? countOperations(e.value, seen) : 0;
}
