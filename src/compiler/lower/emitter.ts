/** Evaluates kernel expressions in registers: what does not change in a loop is computed in front of it. */

import type { Value } from "../graph/value.js";
import type { Affine } from "../kernels/affine.js";
import type { Buffer, KernelExpr, Store } from "../kernels/kernel.js";
import { expressionsIn, operandsOf } from "../kernels/walk.js";
import type { LoopBuilder } from "../loops/builder.js";
import {
  add,
  binary,
  compare,
  constant,
  convert,
  I32,
  index,
  load,
  max,
  min,
  mul,
  registerOf,
  select,
  splat,
} from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { lowerings } from "./pointwise.js";

/** The cursors of one loop function: one parameter per buffer. */
export class Cursors {
  readonly #b: LoopBuilder;
  readonly buffers = new Map<Cursor, Buffer>();
  readonly #byBuffer = new Map<Buffer, Cursor>();

  constructor(b: LoopBuilder) {
    this.#b = b;
  }

  of(buffer: Buffer): Cursor {
    const held = this.#byBuffer.get(buffer);
    if (held !== undefined) return held;
    const cursor = this.#b.cursorParameter(buffer.dtype, buffer.name);
    this.#byBuffer.set(buffer, cursor);
    this.buffers.set(cursor, buffer);
    return cursor;
  }

  /** Declares the parameters of everything an expression loads, before the body begins. */
  declare(expressions: readonly KernelExpr[], stores: readonly Store[]): void {
    const loads = (roots: readonly KernelExpr[]) => {
      for (const e of expressionsIn(roots)) if (e.kind === "load") this.of(e.buffer);
    };
    loads(expressions);
    for (const store of stores) {
      this.of(store.storage.buffer);
      loads([store.expression]);
    }
  }
}

/** How deep in the loops an expression changes: 0 never, 1 from row to row, 2 along the inner index. */
export type Level = 0 | 1 | 2;

export interface Loops {
  /** Variables 0 … rows − 1 are rows, the others inner; the last one is walked in lanes. */
  readonly rows: number;
  readonly variables: number;
  /** Stages hold for a row (1), but the accumulator of a template changes along it (2). */
  readonly stages: 1 | 2;
}

export function levelOf(e: KernelExpr, loops: Loops, memo: Map<KernelExpr, Level>): Level {
  const held = memo.get(e);
  if (held !== undefined) return held;
  const affine = (a: Affine): Level => {
    let level: Level = 0;
    a.coefficients.forEach((c, v) => {
      if (c !== 0) level = v >= loops.rows ? 2 : level === 2 ? 2 : 1;
    });
    return level;
  };
  let level: number = 0;
  switch (e.kind) {
    case "literal":
      break;
    case "stage":
      level = loops.stages;
      break;
    case "index":
      level = affine(e.index);
      break;
    case "load":
      level = Math.max(affine(e.offset), ...e.dynamic.map((d) => levelOf(d.row, loops, memo)));
      break;
    case "operation":
      level = Math.max(0, ...e.operands.map((o) => levelOf(o, loops, memo)));
      break;
    case "guard":
      level = Math.max(levelOf(e.value, loops, memo), ...e.conditions.map((c) => affine(c.index)));
      break;
  }
  const result: Level = level >= 2 ? 2 : level === 1 ? 1 : 0;
  memo.set(e, result);
  return result;
}

/** Values kept in registers, from the outermost scope inwards. */
export class Scope {
  readonly #parent: Scope | undefined;
  readonly #values = new Map<KernelExpr, Expr>();

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  get(e: KernelExpr): Expr | undefined {
    return this.#values.get(e) ?? this.#parent?.get(e);
  }

  set(e: KernelExpr, value: Expr): void {
    this.#values.set(e, value);
  }
}

/** Where the loops stand: a register or constant for each variable. */
export interface Point {
  readonly coordinates: readonly Expr[];
  readonly lanes: number;
  readonly stages: ReadonlyMap<Value, Expr>;
}

/** Gives the cursor and constant offset of a load at the current point, so that a walk may keep moving cursors. */
export type Addressing = (buffer: Buffer, offset: Affine, moved?: Moved) => { readonly cursor: Cursor; readonly offset: number };

/** What makes an address more than an affine index: rows picked at run time, and bounds that it must not leave. */
export interface Moved {
  readonly dynamic: readonly { readonly row: Expr; readonly stride: number }[];
  readonly within?: readonly [number, number];
}

export class ExpressionEmitter {
  readonly #b: LoopBuilder;
  readonly #loops: Loops;
  readonly #levels = new Map<KernelExpr, Level>();

  constructor(b: LoopBuilder, loops: Loops) {
    this.#b = b;
    this.#loops = loops;
  }

  level(e: KernelExpr): Level {
    return levelOf(e, this.#loops, this.#levels);
  }

  /** Computes the largest parts of the expressions that change no deeper than `level`, and keeps them in `scope`. */
  hoist(expressions: readonly KernelExpr[], level: Level, scope: Scope, point: Point, addressing: Addressing): void {
    const seen = new Set<KernelExpr>();
    const known = new Map<KernelExpr, boolean>();
    const visit = (e: KernelExpr) => {
      if (seen.has(e) || scope.get(e) !== undefined) return;
      seen.add(e);
      if (this.level(e) <= level && e.kind !== "literal") {
        if (!this.#ready(e, point, known)) return;
        this.emit(e, scope, point, addressing);
        return;
      }
      operandsOf(e).forEach(visit);
    };
    expressions.forEach(visit);
  }

  /** Whether all stages that the expression refers to have run. Expressions share parts: each is looked at once. */
  #ready(e: KernelExpr, point: Point, known: Map<KernelExpr, boolean>): boolean {
    const held = known.get(e);
    if (held !== undefined) return held;
    const ready = (x: KernelExpr) => this.#ready(x, point, known);
    const result = e.kind === "stage" ? point.stages.has(e.value) : operandsOf(e).every(ready);
    known.set(e, result);
    return result;
  }

  /** The expression's value in `point.lanes` lanes. Scalars of outer loops are spread over the lanes. */
  emit(e: KernelExpr, scope: Scope, point: Point, addressing: Addressing): Expr {
    const held = scope.get(e);
    if (held !== undefined) return held.type.lanes === point.lanes ? held : splat(held, point.lanes);
    const scalar = this.level(e) < 2;
    const at = scalar ? { ...point, lanes: 1 } : point;
    const computed = this.#compute(e, scope, at, addressing);
    const value = computed.kind === "constant" ? computed : this.#b.let(computed);
    scope.set(e, value);
    return value.type.lanes === point.lanes ? value : splat(value, point.lanes);
  }

  #compute(e: KernelExpr, scope: Scope, point: Point, addressing: Addressing): Expr {
    const { lanes } = point;
    switch (e.kind) {
      case "literal":
        return constant({ dtype: registerOf(e.dtype), lanes }, e.value);
      case "stage": {
        const value = point.stages.get(e.value);
        if (value === undefined) throw new Error(`internal: ${e.value.primitive.name} was used before it was computed`);
        return value;
      }
      case "index":
        return convert(registerOf(e.dtype), this.index(e.index, point));
      case "load": {
        const stride = lanes === 1 ? 0 : this.laneStride(e.offset);
        const { cursor, offset } = addressing(e.buffer, e.offset, this.#moved(e, scope, point, addressing, (lanes - 1) * stride));
        return load(cursor, offset, lanes, lanes === 1 ? 1 : stride);
      }
      case "operation": {
        const [x, y, z] = e.operands.map((o) => this.emit(o, scope, point, addressing));
        return lowerings[e.name](this.#b, x, y, z, e.dtype);
      }
      case "guard": {
        const inside = e.conditions
          .map((c) => {
            const at = this.index(c.index, point);
            const bound = (value: number) => constant(at.type, value);
            return binary("and", compare("ge", at, bound(c.low)), compare("lt", at, bound(c.high)));
          })
          .reduce((both, one) => binary("and", both, one));
        const value = this.emit(e.value, scope, point, addressing);
        return select(this.#b.let(inside), value, constant(value.type, 0));
      }
    }
  }

  /** `reach`: how far behind the first lane the last one lies. */
  #moved(e: KernelExpr & { kind: "load" }, scope: Scope, point: Point, addressing: Addressing, reach: number): Moved | undefined {
    if (e.dynamic.length === 0 && e.within === undefined) return undefined;
    const dynamic = e.dynamic.map((d) => {
      const row = convert("i32", this.emit(d.row, scope, { ...point, lanes: 1 }, addressing));
      return { row: this.#b.let(min(max(row, index(0)), index(Math.max(0, d.rows - 1)))), stride: d.stride };
    });
    const [first, last] = e.within ?? [];
    if (first === undefined || last === undefined) return { dynamic };
    // A vector that is held back lies outside with all its lanes.
    return { dynamic, within: [first - Math.max(0, reach), last - Math.min(0, reach)] };
  }

  /** Whether the expression picks rows that differ along the innermost variable: it is then computed element by element. */
  gathers(e: KernelExpr): boolean {
    const last = this.#loops.variables - 1;
    const moves = (a: Affine) => (a.coefficients[last] ?? 0) !== 0;
    const seen = new Map<KernelExpr, boolean>();
    const varies = (x: KernelExpr): boolean => {
      const held = seen.get(x);
      if (held !== undefined) return held;
      const result =
        operandsOf(x).some(varies) ||
        (x.kind === "load" && moves(x.offset)) ||
        (x.kind === "index" && moves(x.index)) ||
        (x.kind === "guard" && x.conditions.some((c) => moves(c.index))) ||
        (x.kind === "stage" && this.#loops.stages === 2);
      seen.set(x, result);
      return result;
    };
    return [...expressionsIn([e])].some((x) => x.kind === "load" && x.dynamic.some((d) => varies(d.row)));
  }

  /** Elements between the lanes of a walk along the innermost variable. */
  laneStride(offset: Affine): number {
    return offset.coefficients[this.#loops.variables - 1] ?? 0;
  }

  /** An affine index at the point, one number per lane. */
  index(a: Affine, point: Point): Expr {
    let scalar: Expr = index(a.constant);
    a.coefficients.forEach((c, v) => {
      if (c !== 0) scalar = add(scalar, mul(point.coordinates[v], index(c)));
    });
    if (point.lanes === 1) return scalar;
    const type = { ...I32, lanes: point.lanes };
    const step = this.laneStride(a);
    const base = splat(this.#b.let(scalar), point.lanes);
    return step === 0 ? base : binary("add", base, binary("mul", { kind: "laneIndex", type }, constant(type, step)));
  }
}

/** Addresses every load by itself, from the coordinates of the point. */
export function direct(b: LoopBuilder, cursors: Cursors, coordinates: readonly Expr[]): Addressing {
  return (buffer, offset, moved) => {
    let at: Expr = index(0);
    offset.coefficients.forEach((c, v) => {
      if (c !== 0) at = add(at, mul(coordinates[v], index(c)));
    });
    for (const { row, stride } of moved?.dynamic ?? []) at = add(at, mul(row, index(stride)));
    const base = cursors.of(buffer);
    // A constant part goes into the pointer too: few distinct static offsets keep the machine's registers free.
    const free = add(at, index(offset.constant));
    const total = moved?.within === undefined ? free : min(max(free, index(moved.within[0])), index(moved.within[1]));
    return { cursor: total.kind === "constant" && total.value === 0 ? base : b.point(base, total), offset: 0 };
  };
}
