/**
 * Prints loop programs as WebAssembly: structured loops become loops with their test at the bottom, registers become
 * locals, and logical lanes become as many v128 values as they fill.
 */
import type { Cursor, Expr, LoopFunction, Register, Statement } from "../../compiler/loops/ir.js";
import type { MemoryLimits, ValueType } from "./encoder.js";
import { encodeModule, FunctionBody } from "./encoder.js";
import { Evaluator } from "./evaluator.js";
import { bytesOf, partsOf, valueType, widthOf } from "./layout.js";
import { LocalTable } from "./locals.js";
import { printStore } from "./memory.js";
import { type Survey, survey } from "./survey.js";

export interface PrinterOptions {
  /** Print `multiplyAdd` of vectors as one relaxed, possibly fused instruction. Default false. */
  readonly fast?: boolean;
}

/** Prints loop functions, each once, and gives handles by which hand-written functions call them. */
export class Printer {
  readonly #fast: boolean;
  readonly #printed = new Map<LoopFunction, FunctionBody>();

  constructor(options: PrinterOptions = {}) {
    this.#fast = options.fast ?? false;
  }

  /** The function in WebAssembly. Cursors are i32 byte addresses, vectors one v128 per sixteen bytes, lane masks 4 bytes per lane. */
  print(fn: LoopFunction): FunctionBody {
    const known = this.#printed.get(fn);
    if (known !== undefined) return known;
    const body = new FunctionPrinter(fn, this, this.#fast).body;
    this.#printed.set(fn, body);
    return body;
  }
}

export interface ModuleOptions extends PrinterOptions {
  readonly memory: MemoryLimits;
  /** Writes the functions' names into the module, for profilers. Default false. */
  readonly names?: boolean;
  /** Hand-written functions to export by name; `handle` gives the printed form of a loop function, to call it. */
  readonly extra?: (handle: (fn: LoopFunction) => FunctionBody) => Readonly<Record<string, FunctionBody>>;
}

export interface PrintedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of each function in the module. Equal functions share one. */
  readonly index: readonly number[];
}

/** A module that imports `env.memory` and exports `functions[i]` as `f<i>`, and the extra functions by their own names. */
export function printModule(functions: readonly LoopFunction[], options: ModuleOptions): PrintedModule {
  const printer = new Printer(options);
  const bodies = functions.map((fn) => printer.print(fn));
  const exports: Record<string, FunctionBody> = { ...options.extra?.((fn) => printer.print(fn)) };
  bodies.forEach((body, i) => {
    exports[`f${i}`] = body;
  });
  const { bytes, indexOf } = encodeModule({ memory: options.memory, exports, names: options.names ?? false });
  return { bytes, index: bodies.map((body) => indexOf(body)) };
}

class FunctionPrinter {
  readonly body: FunctionBody;
  readonly #printer: Printer;
  readonly #survey: Survey;
  readonly #locals: LocalTable;
  readonly #evaluator: Evaluator;

  constructor(fn: LoopFunction, printer: Printer, fast: boolean) {
    this.body = new FunctionBody(fn.name, typesOf(fn.parameters), typesOf(fn.results));
    this.#printer = printer;
    this.#survey = survey(fn);
    const { widths, shared, whole, constants } = this.#survey;
    this.#locals = new LocalTable(this.body, widths);
    this.#evaluator = new Evaluator(this.body, this.#locals, { widths, shared, fast });

    this.#locals.parameters(fn.parameters);
    for (const variable of whole) this.#locals.allocateFresh(variable);
    // Vector constants used in loops are made once, at entry.
    for (const bytes of constants) this.body.v128Const(bytes).localSet(this.#locals.keepConstant(bytes));
    this.#block(fn.body);
    for (const result of fn.results) for (const local of this.#locals.register(result)) this.body.localGet(local);
  }

  #block(block: readonly Statement[]): void {
    const { end } = this.#survey;
    for (const s of block) {
      this.#statement(s);
      const ending = end.get(s);
      if (ending !== undefined) for (const variable of ending) this.#locals.release(variable);
    }
  }

  /** The evaluator, for one more statement. */
  #next(): Evaluator {
    this.#locals.releaseTemporaries();
    this.#evaluator.next();
    return this.#evaluator;
  }

  #statement(s: Statement): void {
    switch (s.kind) {
      case "set":
        return this.#set(s.register, s.value);
      case "store":
        return printStore(this.#next(), s);
      case "point":
        return this.#move(s.cursor, s.base, s.index);
      case "advance":
        return this.#move(s.cursor, s.cursor, s.by);
      case "for":
        return this.#for(s);
      case "stream":
        return this.#stream(s);
      case "while":
        this.body.block().loop();
        this.#next().value(s.condition);
        this.body.op("i32.eqz").brIf(1);
        this.#block(s.body);
        this.body.br(0).end().end();
        return;
      case "leave":
        this.#next().value(s.condition);
        this.body.brIf(1);
        return;
      case "if":
        this.#next().value(s.condition);
        this.body.if();
        this.#block(s.then);
        if (s.otherwise.length > 0) {
          this.body.else();
          this.#block(s.otherwise);
        }
        this.body.end();
        return;
      case "call":
        return this.#call(s);
    }
  }

  /** All parts are computed before any is assigned: the value may read the register. */
  #set(register: Register, value: Expr): void {
    const e = this.#next();
    if (value.type.lanes === 1) {
      e.value(value);
      this.body.localSet(this.#locals.register(register)[0]);
      return;
    }
    const width = this.#survey.widths.of(register);
    const locals = this.#locals.register(register);
    for (let part = 0; part < locals.length; part++) e.part(value, part, width);
    for (let part = locals.length - 1; part >= 0; part--) this.body.localSet(locals[part]);
  }

  #move(cursor: Cursor, base: Cursor, by: Expr): void {
    const bytes = bytesOf[cursor.dtype];
    if (bytesOf[base.dtype] !== bytes)
      throw new Error(`internal: ${cursor.name} of ${cursor.dtype} points into ${base.name} of ${base.dtype}`);
    const { body } = this;
    body.localGet(this.#locals.cursor(base));
    if (by.kind !== "constant") {
      this.#next().value(by);
      if (bytes > 1) body.i32Const(bytes === 8 ? 3 : 2).op("i32.shl");
      body.op("i32.add");
    } else if (by.value !== 0) body.i32Const(Number(by.value) * bytes).op("i32.add");
    body.localSet(this.#locals.cursor(cursor));
  }

  #for(s: Statement & { kind: "for" }): void {
    const { body } = this;
    const [i] = this.#locals.register(s.register);
    const constant = s.to.kind === "constant" ? Number(s.to.value) : undefined;
    const guarded = s.from.kind !== "constant" || constant === undefined;
    if (!guarded && Number(s.from.kind === "constant" && s.from.value) >= constant) return;
    const e = this.#next();
    const limit = constant === undefined ? this.#locals.take("i32") : undefined;
    if (limit !== undefined) {
      e.value(s.to);
      body.localSet(limit);
    }
    e.value(s.from);
    body.localSet(i);
    const end = (): FunctionBody => (limit === undefined ? body.i32Const(constant ?? 0) : body.localGet(limit));
    if (guarded) {
      body.localGet(i);
      end().op("i32.lt_s").if();
    }
    body.loop();
    this.#block(s.body);
    body.localGet(i).i32Const(s.step).op("i32.add").localTee(i);
    end().op("i32.lt_s").brIf(0).end();
    if (guarded) body.end();
    if (limit !== undefined) this.#locals.give("i32", limit);
  }

  /**
   * One cursor says how far the stream is. The ways out keep the engine from moving the loads of later turns in front of earlier
   * arithmetic, which would push sums out of registers.
   */
  #stream(s: Statement & { kind: "stream" }): void {
    const { body } = this;
    const lead = s.moving.find((m) => m.step !== 0);
    if (lead === undefined) throw new Error("internal: a stream whose cursors stand still");
    const at = this.#locals.cursor(lead.cursor);
    const bytes = lead.step * bytesOf[lead.cursor.dtype];
    const count = s.count.kind === "constant" ? Number(s.count.value) : undefined;
    if (count !== undefined && count <= 0) return;
    const unroll = count === undefined ? s.unroll : Math.min(s.unroll, count);
    const e = this.#next();
    // Where the cursor stands at the end, and one turn, two turns, … before.
    const ends = Array.from({ length: unroll }, () => this.#locals.take("i32"));
    body.block();
    e.value(s.count);
    if (count === undefined) body.localTee(ends[0]).i32Const(0).op("i32.le_s").brIf(0).localGet(ends[0]);
    body.i32Const(bytes).op("i32.mul").localGet(at).op("i32.add").localSet(ends[0]);
    for (let turn = 1; turn < unroll; turn++)
      body
        .localGet(ends[0])
        .i32Const(turn * bytes)
        .op("i32.sub")
        .localSet(ends[turn]);
    body.loop();
    for (let turn = 0; turn < unroll; turn++) {
      for (const { cursor, step } of s.moving) this.#evaluator.ahead.set(cursor, turn * step);
      this.#block(s.body);
      if (turn === unroll - 1) break;
      body
        .localGet(at)
        .localGet(ends[turn + 1])
        .op("i32.eq")
        .brIf(1);
    }
    for (const { cursor, step } of s.moving) {
      this.#evaluator.ahead.delete(cursor);
      const local = this.#locals.cursor(cursor);
      if (step !== 0)
        body
          .localGet(local)
          .i32Const(unroll * step * bytesOf[cursor.dtype])
          .op("i32.add")
          .localSet(local);
    }
    body.localGet(at).localGet(ends[0]).op("i32.ne").brIf(0).end().end();
    for (const end of ends) this.#locals.give("i32", end);
  }

  #call(s: Statement & { kind: "call" }): void {
    const callee = this.#printer.print(s.callee);
    const e = this.#next();
    for (const argument of s.arguments)
      if (argument.kind === "cursor") this.body.localGet(this.#locals.cursor(argument));
      else {
        const width = widthOf(argument.type.dtype);
        for (let part = 0; part < partsOf(argument.type.lanes, width); part++) e.part(argument, part, width);
      }
    this.body.call(callee);
    const locals = s.results.flatMap((r) => this.#locals.register(r));
    for (let at = locals.length - 1; at >= 0; at--) this.body.localSet(locals[at]);
  }
}

/** Cursors are byte addresses; a lane mask has four bytes per lane. */
function typesOf(variables: readonly (Register | Cursor)[]): ValueType[] {
  return variables.flatMap((v) =>
    v.kind === "cursor" ? ["i32"] : new Array<ValueType>(partsOf(v.type.lanes, widthOf(v.type.dtype))).fill(valueType(v.type)),
  );
}
