/** Cursors of an inner loop: what depends on the row is added once, in front of the loop. */
import type { Affine } from "../kernels/affine.js";
import type { Buffer, KernelExpr, Store } from "../kernels/kernel.js";
import { operandsOf } from "../kernels/walk.js";
import type { LoopBuilder } from "../loops/builder.js";
import { add, index, mul } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { type Addressing, type Cursors, direct } from "./emitter.js";

/** Static offsets beyond this go into the cursor. */
const NEAR = 4096;

export class Streams {
  readonly #b: LoopBuilder;
  readonly #cursors: Cursors;
  readonly #start: readonly Expr[];
  readonly #rowCursors = new Map<string, Cursor>();
  readonly #ids = new Map<Buffer, number>();

  /** `start`: the coordinates at the first element of the inner loop. */
  constructor(b: LoopBuilder, cursors: Cursors, start: readonly Expr[]) {
    this.#b = b;
    this.#cursors = cursors;
    this.#start = start;
  }

  /** Points a cursor at the row of every plain load that moves along the inner index. */
  prepare(e: KernelExpr, moves: (e: KernelExpr) => boolean, seen = new Set<KernelExpr>()): void {
    if (seen.has(e) || !moves(e)) return;
    seen.add(e);
    for (const operand of operandsOf(e)) this.prepare(operand, moves, seen);
    if (e.kind === "load" && e.dynamic.length === 0 && e.within === undefined) this.#open(e.buffer, e.offset);
  }

  prepareStore(store: Store): void {
    this.#open(store.storage.buffer, store.offset);
  }

  at(coordinates: readonly Expr[]): Addressing {
    const fallback = direct(this.#b, this.#cursors, coordinates);
    const moved = new Map<string, Cursor>();
    return (buffer, offset, bounds) => {
      if (bounds !== undefined) return fallback(buffer, offset, bounds);
      const key = this.#key(buffer, offset);
      const row = this.#rowCursors.get(key);
      if (row === undefined) return fallback(buffer, offset);
      const step = offset.coefficients[offset.coefficients.length - 1] ?? 0;
      const held = moved.get(key);
      const cursor = held ?? (step === 0 ? row : this.#b.point(row, mul(coordinates[coordinates.length - 1], index(step))));
      moved.set(key, cursor);
      return { cursor, offset: offset.constant - far(offset.constant) };
    };
  }

  #open(buffer: Buffer, offset: Affine): void {
    const key = this.#key(buffer, offset);
    if (this.#rowCursors.has(key)) return;
    let at: Expr = index(far(offset.constant));
    offset.coefficients.forEach((c, v) => {
      if (c !== 0 && v < offset.coefficients.length - 1) at = add(at, mul(this.#start[v], index(c)));
    });
    this.#rowCursors.set(key, this.#b.point(this.#cursors.of(buffer), at));
  }

  #key(buffer: Buffer, offset: Affine): string {
    const id = this.#ids.get(buffer) ?? this.#ids.size;
    this.#ids.set(buffer, id);
    return `${id} ${far(offset.constant)} ${offset.coefficients}`;
  }
}

/** Loads near each other share a cursor; the rest of their distance is a static offset. */
const far = (constant: number): number => Math.floor(constant / NEAR) * NEAR;
