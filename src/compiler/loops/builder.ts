/** Writes the body of a loop function statement by statement. */
import { I32, index, load, registerOf } from "./expressions.js";
import type { Cursor, Expr, LoopFunction, MemoryDType, MovingCursor, Register, Statement, VectorType } from "./ir.js";

export class LoopBuilder {
  readonly #parameters: (Register | Cursor)[] = [];
  readonly #results: Register[] = [];
  #statements: Statement[] = [];
  #names = 0;

  /** A new register, unset. Scalars and vectors start at zero. */
  register(type: VectorType, name = "t"): Register {
    return { kind: "register", type, name: `${name}${this.#names++}` };
  }

  parameter(type: VectorType, name: string): Register {
    const register = this.register(type, name);
    this.#parameters.push(register);
    return register;
  }

  cursorParameter(dtype: MemoryDType, name: string): Cursor {
    const cursor: Cursor = { kind: "cursor", dtype, name: `${name}${this.#names++}` };
    this.#parameters.push(cursor);
    return cursor;
  }

  result(type: VectorType, name = "result"): Register {
    const register = this.register(type, name);
    this.#results.push(register);
    return register;
  }

  /** Evaluates now and keeps the value. */
  let(value: Expr, name = "t"): Register {
    const register = this.register(value.type, name);
    this.set(register, value);
    return register;
  }

  set(register: Register, value: Expr): void {
    if (register.type.dtype !== value.type.dtype || register.type.lanes !== value.type.lanes)
      throw new Error(
        `internal: ${register.name} is ${register.type.dtype}×${register.type.lanes}, its value ${value.type.dtype}×${value.type.lanes}`,
      );
    this.#statements.push({ kind: "set", register, value });
  }

  /** A cursor of its own, `index` elements behind `base`. */
  point(base: Cursor, at: Expr = index(0), name = base.name): Cursor {
    const cursor: Cursor = { kind: "cursor", dtype: base.dtype, name: `${name}_${this.#names++}` };
    this.#statements.push({ kind: "point", cursor, base, index: at });
    return cursor;
  }

  /** Moves an existing cursor to `base + index`. */
  repoint(cursor: Cursor, base: Cursor, at: Expr): void {
    this.#statements.push({ kind: "point", cursor, base, index: at });
  }

  advance(cursor: Cursor, by: number | Expr): void {
    this.#statements.push({ kind: "advance", cursor, by: typeof by === "number" ? index(by) : by });
  }

  /** Loads now and keeps the value. */
  load(cursor: Cursor, offset = 0, lanes = 1, stride: number | Expr = 1): Register {
    return this.let(load(cursor, offset, lanes, stride));
  }

  store(cursor: Cursor, value: Expr, offset = 0, stride: number | Expr = 1): void {
    if (value.type.dtype !== registerOf(cursor.dtype))
      throw new Error(`internal: store of ${value.type.dtype} to ${cursor.name} of ${cursor.dtype}`);
    this.#statements.push({ kind: "store", cursor, offset, stride, value });
  }

  for(from: Expr | number, to: Expr | number, step: number, body: (i: Register) => void, name = "i"): void {
    const i = this.register(I32, name);
    const statements = this.#nested(() => body(i));
    this.#statements.push({
      kind: "for",
      register: i,
      from: typeof from === "number" ? index(from) : from,
      to: typeof to === "number" ? index(to) : to,
      step,
      body: statements,
    });
  }

  /** Runs `body` `count` times, every moving cursor one step further each time; `body` loads from them at fixed offsets. */
  stream(count: Expr, moving: readonly MovingCursor[], unroll: number, body: () => void): void {
    this.#statements.push({ kind: "stream", count, moving, unroll, body: this.#nested(body) });
  }

  while(condition: Expr, body: () => void): void {
    this.#statements.push({ kind: "while", condition, body: this.#nested(body) });
  }

  /** Leaves the innermost `while`; only in its body itself. */
  leave(condition: Expr): void {
    this.#statements.push({ kind: "leave", condition });
  }

  if(condition: Expr, then: () => void, otherwise: () => void = () => {}): void {
    this.#statements.push({ kind: "if", condition, then: this.#nested(then), otherwise: this.#nested(otherwise) });
  }

  call(callee: LoopFunction, args: readonly (Expr | Cursor)[]): Register[] {
    const results = callee.results.map((r) => this.register(r.type, r.name));
    this.#statements.push({ kind: "call", callee, arguments: args, results });
    return results;
  }

  finish(name: string): LoopFunction {
    return { name, parameters: this.#parameters, results: this.#results, body: this.#statements };
  }

  #nested(body: () => void): Statement[] {
    const outer = this.#statements;
    this.#statements = [];
    body();
    const inner = this.#statements;
    this.#statements = outer;
    return inner;
  }
}

/**
 * Runs `body` over `0 ≤ i < count` in steps of `widths[0]` lanes, then what is left in steps of `widths[1]`, and so on; the
 * last width is 1. One call of `body` per width emits the loop's code for that many lanes.
 */
export function forLanes(b: LoopBuilder, count: number, widths: readonly number[], body: (i: Expr, lanes: number) => void): void {
  let done = 0;
  for (const lanes of widths) {
    const end = done + Math.floor((count - done) / lanes) * lanes;
    if (end - done === lanes) body(index(done), lanes);
    else if (end > done) b.for(done, end, lanes, (i) => body(i, lanes));
    done = end;
  }
}
