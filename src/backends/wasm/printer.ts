/**
 * Prints loop programs as WebAssembly: structured loops become loops with their test at the bottom, registers become
 * locals, and logical lanes become as many v128 values as they fill.
 */
import type { LoopFunction, Statement } from "../../compiler/loops/ir.js";
import { innerBlocks, mentions, visitNodes } from "../../compiler/loops/walk.js";
import { type ConstantBytes, constantBytes, laneIndexBytes } from "./constants.js";
import type { MemoryLimits, ValueType } from "./encoder.js";
import { encodeModule, FunctionBody } from "./encoder.js";
import { Evaluator } from "./evaluator.js";
import { bytesOf, MaskWidths, partsOf, valueType, widthOf } from "./layout.js";
import type { Lifetimes } from "./lifetimes.js";
import { lifetimesOf } from "./lifetimes.js";
import { LocalTable } from "./locals.js";
import { printStore } from "./memory.js";

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
  readonly #widths: MaskWidths;
  readonly #locals: LocalTable;
  readonly #lifetimes: Lifetimes;
  readonly #evaluator: Evaluator;

  constructor(fn: LoopFunction, printer: Printer, fast: boolean) {
    const types = (list: LoopFunction["parameters"]): ValueType[] =>
      list.flatMap((p) =>
        p.kind === "cursor" ? ["i32"] : new Array<ValueType>(partsOf(p.type.lanes, widthOf(p.type.dtype))).fill(valueType(p.type)),
      );
    this.body = new FunctionBody(fn.name, types(fn.parameters), types(fn.results));
    this.#printer = printer;
    this.#widths = new MaskWidths(fn);
    this.#locals = new LocalTable(this.body, this.#widths);
    this.#lifetimes = lifetimesOf(fn);
    this.#evaluator = new Evaluator(this.body, this.#locals, this.#widths, fast);

    let next = 0;
    for (const parameter of fn.parameters) {
      const { parts } = this.#locals.shape(parameter);
      this.#locals.place(
        parameter,
        Array.from({ length: parts }, () => next++),
      );
    }
    for (const variable of this.#lifetimes.whole) this.#locals.allocateFresh(variable);
    this.#keepConstants(fn.body, false);
    this.#block(fn.body);
    for (const result of fn.results) for (const local of this.#locals.register(result)) this.body.localGet(local);
  }

  /** Vector constants used in loops are made once, at entry. */
  #keepConstants(block: readonly Statement[], inLoop: boolean): void {
    for (const s of block) {
      if (inLoop || s.kind === "while")
        visitNodes(
          mentions(s).reads.filter((r) => r.kind !== "cursor"),
          (x) => {
            if (x.type.lanes === 1 || x.type.dtype === "bool") return;
            if (x.kind === "laneIndex") for (let part = 0; 4 * part < x.type.lanes; part++) this.#keepConstant(laneIndexBytes(part));
            else if (x.kind === "constant") this.#keepConstant(constantBytes(x));
            else if (x.kind === "convert" && x.x.type.dtype === "bool")
              this.#keepConstant(constantBytes({ kind: "constant", type: x.type, value: 1 }));
          },
        );
      for (const inner of innerBlocks(s)) this.#keepConstants(inner, inLoop || s.kind !== "if");
    }
  }

  #keepConstant(bytes: ConstantBytes): void {
    if (bytes.every((byte) => byte === 0)) return;
    const local = this.#locals.keepConstant(bytes);
    if (local !== undefined) this.body.v128Const(bytes).localSet(local);
  }

  #block(block: readonly Statement[]): void {
    for (const s of block) {
      for (const variable of this.#lifetimes.begin.get(s) ?? []) this.#locals.allocate(variable);
      this.#statement(s);
      for (const variable of this.#lifetimes.end.get(s) ?? []) this.#locals.release(variable);
    }
  }

  #evaluate(print: (e: Evaluator) => void): void {
    this.#evaluator.statement(() => print(this.#evaluator));
    this.#locals.releaseTemporaries();
  }

  #statement(s: Statement): void {
    switch (s.kind) {
      case "set":
        return this.#evaluate((e) => {
          const locals = this.#locals.register(s.register);
          const width = this.#widths.of(s.register);
          // All parts are computed before any is assigned: the value may read the register.
          locals.forEach((_, part) => {
            e.part(s.value, part, width);
          });
          for (const local of [...locals].reverse()) e.code.localSet(local);
        });
      case "store":
        return this.#evaluate((e) => printStore(e, s));
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
        this.#evaluate((e) => {
          e.value(s.condition);
          e.code.op("i32.eqz").brIf(1);
        });
        this.#block(s.body);
        this.body.br(0).end().end();
        return;
      case "if":
        this.#evaluate((e) => {
          e.value(s.condition);
          e.code.if();
        });
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

  #move(
    cursor: Extract<Statement, { kind: "point" }>["cursor"],
    base: typeof cursor,
    by: Extract<Statement, { kind: "advance" }>["by"],
  ): void {
    const bytes = bytesOf[cursor.dtype];
    if (bytesOf[base.dtype] !== bytes)
      throw new Error(`internal: ${cursor.name} of ${cursor.dtype} points into ${base.name} of ${base.dtype}`);
    this.#evaluate((e) => {
      e.code.localGet(this.#locals.cursor(base));
      if (by.kind !== "constant") {
        e.value(by);
        if (bytes > 1) e.code.i32Const(bytes === 8 ? 3 : 2).op("i32.shl");
        e.code.op("i32.add");
      } else if (Number(by.value) !== 0) e.code.i32Const(Number(by.value) * bytes).op("i32.add");
      e.code.localSet(this.#locals.cursor(cursor));
    });
  }

  #for(s: Statement & { kind: "for" }): void {
    const { body } = this;
    const [i] = this.#locals.register(s.register);
    const constant = s.to.kind === "constant" ? Number(s.to.value) : undefined;
    const guarded = s.from.kind !== "constant" || constant === undefined;
    if (!guarded && Number(s.from.kind === "constant" && s.from.value) >= constant) return;
    const limit = constant === undefined ? this.#locals.take("i32") : undefined;
    this.#evaluate((e) => {
      if (limit !== undefined) {
        e.value(s.to);
        e.code.localSet(limit);
      }
      e.value(s.from);
      e.code.localSet(i);
    });
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
    // Where the cursor stands at the end, and one turn, two turns, … before.
    const ends = Array.from({ length: unroll }, () => this.#locals.take("i32"));
    body.block();
    this.#evaluate((e) => {
      e.value(s.count);
      if (count === undefined) e.code.localTee(ends[0]).i32Const(0).op("i32.le_s").brIf(0).localGet(ends[0]);
      e.code.i32Const(bytes).op("i32.mul").localGet(at).op("i32.add").localSet(ends[0]);
    });
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
    this.#evaluate((e) => {
      for (const argument of s.arguments)
        if (argument.kind === "cursor") e.code.localGet(this.#locals.cursor(argument));
        else {
          const width = widthOf(argument.type.dtype);
          for (let part = 0; part < partsOf(argument.type.lanes, width); part++) e.part(argument, part, width);
        }
      e.code.call(callee);
      for (const local of s.results.flatMap((r) => this.#locals.register(r)).reverse()) e.code.localSet(local);
    });
  }
}
