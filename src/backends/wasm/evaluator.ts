/**
 * Prints the expressions of one statement. Expressions form a DAG: a node that is used more than once is evaluated at its first
 * use and kept in a local, each part by itself.
 */
import type { Cursor, Expr, Register } from "../../compiler/loops/ir.js";
import { type ConstantBytes, constantBytes, laneIndexBytes } from "./constants.js";
import type { FunctionBody, ValueType } from "./encoder.js";
import type { MaskWidths, Width } from "./layout.js";
import { lanesPerPart, partsOf, shape, valueType } from "./layout.js";
import { printLoad } from "./memory.js";
import { printScalar } from "./scalars.js";
import { printVector } from "./vectors.js";

export interface Locals {
  /** The locals of a register, one per part. */
  register(register: Register): readonly number[];
  cursor(cursor: Cursor): number;
  /** A local for the rest of this statement. */
  temporary(type: ValueType): number;
  /** The local of a vector constant that is kept through the function, if it is. */
  constant(bytes: ConstantBytes): number | undefined;
}

export interface EvaluatorOptions {
  readonly widths: MaskWidths;
  /** Expressions that some statement uses more than once. */
  readonly shared: ReadonlySet<Expr>;
  /** Print `multiplyAdd` of vectors as one instruction. */
  readonly fast: boolean;
}

const isLeaf = (x: Expr): boolean => x.kind === "register" || x.kind === "constant" || x.kind === "laneIndex";

export class Evaluator {
  readonly fast: boolean;
  /** How many elements ahead of their locals cursors are, inside an unrolled stream. */
  readonly ahead = new Map<Cursor, number>();
  readonly widths: MaskWidths;
  readonly locals: Locals;
  /** Where instructions go. */
  readonly code: FunctionBody;
  readonly #shared: ReadonlySet<Expr>;
  /** Used more than once by the printing of the expression around it. */
  readonly #repeated = new Set<Expr>();
  readonly #kept = new Map<Expr, (number | undefined)[]>();

  constructor(code: FunctionBody, locals: Locals, { widths, shared, fast }: EvaluatorOptions) {
    this.code = code;
    this.locals = locals;
    this.widths = widths;
    this.fast = fast;
    this.#shared = shared;
  }

  /** Forgets what has been kept: a new statement begins. */
  next(): void {
    if (this.#kept.size > 0) this.#kept.clear();
    if (this.#repeated.size > 0) this.#repeated.clear();
  }

  /** Announces that the same part of an operand is about to be printed more than once. */
  repeats(...operands: readonly Expr[]): void {
    for (const x of operands) if (!isLeaf(x)) this.#repeated.add(x);
  }

  /** Whether a scalar is wanted once only, so that it may be folded into the instruction that uses it. */
  foldable(x: Expr): boolean {
    return !this.#isShared(x);
  }

  /** A local for the rest of this statement. */
  temporary(type: ValueType): number {
    return this.locals.temporary(type);
  }

  /** Leaves one part of a value on the stack: the scalar, or the v128 with lanes part·n … part·n + n − 1. */
  value(x: Expr, part = 0): void {
    switch (x.kind) {
      case "register":
        this.code.localGet(this.locals.register(x)[part]);
        return;
      case "constant":
        return this.#constant(x);
      case "laneIndex":
        if (x.type.lanes === 1) this.code.i32Const(0);
        else this.vectorConstant(laneIndexBytes(part));
        return;
    }
    // One element in all lanes is the same in every part.
    const own = x.kind === "splat" || (x.kind === "load" && x.stride === 0) ? 0 : part;
    if (this.#isShared(x)) this.#once(x, own);
    else this.#print(x, own);
  }

  /** Leaves one part of a lane mask of the given width on the stack. */
  mask(x: Expr, part: number, width: Width): void {
    const has = this.widths.of(x);
    if (has === width || x.kind === "constant" || x.kind === "splat" || (x.kind === "load" && x.stride === 0)) this.value(x, part);
    else if (width === 8) {
      this.repeats(x);
      this.value(x, part >> 1);
      this.code.op(part % 2 === 0 ? "i64x2.extend_low_i32x4_s" : "i64x2.extend_high_i32x4_s");
    } else {
      this.value(x, 2 * part);
      this.value(x, 2 * part + 1);
      this.code.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
    }
  }

  /** `value`, or `mask` when it is a vector of truth values. */
  part(x: Expr, part: number, width: Width): void {
    if (x.type.dtype === "bool" && x.type.lanes > 1) this.mask(x, part, width);
    else this.value(x, part);
  }

  /** The number of parts of a value at hand. */
  parts(x: Expr): number {
    return partsOf(x.type.lanes, this.widths.of(x));
  }

  /** Leaves a scalar on the stack: lane `index` of a vector. */
  extract(x: Expr, index: number): void {
    const width = this.widths.of(x);
    const per = lanesPerPart(width);
    this.value(x, Math.floor(index / per));
    if (x.type.dtype === "bool")
      this.code
        .lane("i32x4.extract_lane", (index % per) * (width / 4))
        .i32Const(1)
        .op("i32.and");
    else this.code.lane(`${shape(x.type.dtype)}.extract_lane`, index % per);
  }

  vectorConstant(bytes: ConstantBytes): void {
    const local = this.locals.constant(bytes);
    if (local === undefined) this.code.v128Const(bytes);
    else this.code.localGet(local);
  }

  #isShared(x: Expr): boolean {
    return this.#shared.has(x) || this.#repeated.has(x);
  }

  #constant(x: Expr & { kind: "constant" }): void {
    if (x.type.lanes > 1) this.vectorConstant(constantBytes(x));
    else if (x.type.dtype === "f32") this.code.f32Const(Number(x.value));
    else if (x.type.dtype === "f64") this.code.f64Const(Number(x.value));
    else if (x.type.dtype === "i64") this.code.i64Const(BigInt(x.value));
    else this.code.i32Const(Number(x.value));
  }

  #once(x: Expr, part: number): void {
    let locals = this.#kept.get(x);
    if (locals === undefined) {
      locals = [];
      this.#kept.set(x, locals);
    }
    const held = locals[part];
    if (held !== undefined) {
      this.code.localGet(held);
      return;
    }
    this.#print(x, part);
    const local = this.locals.temporary(valueType(x.type));
    locals[part] = local;
    this.code.localTee(local);
  }

  #print(x: Expr, part: number): void {
    if (x.kind === "load") printLoad(this, x, part);
    else if (x.type.lanes === 1) printScalar(this, x);
    else printVector(this, x, part);
  }
}
