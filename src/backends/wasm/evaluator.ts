/**
 * Walks the expressions of one statement. Expressions form a DAG; each (node, part) that is used more than once is evaluated
 * at its first use and kept in a local. For this the walk runs twice: once to count, once to print.
 */
import type { Cursor, Expr, Register } from "../../compiler/loops/ir.js";
import { type ConstantBytes, constantBytes, laneIndexBytes } from "./constants.js";
import { Discard } from "./discard.js";
import type { FunctionBody, ValueType } from "./encoder.js";
import type { MaskWidths, Width } from "./layout.js";
import { lanesPerPart, partsOf, shape, valueType } from "./layout.js";
import { printLoad } from "./memory.js";
import { printScalar } from "./scalars.js";
import { printVector } from "./vectors.js";

interface Use {
  count: number;
  local: number | undefined;
}

export interface Locals {
  /** The locals of a register, one per part. */
  register(register: Register): readonly number[];
  cursor(cursor: Cursor): number;
  /** A local for the rest of this statement. */
  temporary(type: ValueType): number;
  /** The local of a vector constant that is kept through the function, if it is. */
  constant(bytes: ConstantBytes): number | undefined;
}

export class Evaluator {
  readonly fast: boolean;
  /** How many elements ahead of their locals cursors are, inside an unrolled stream. */
  readonly ahead = new Map<Cursor, number>();
  readonly widths: MaskWidths;
  readonly locals: Locals;
  readonly #body: FunctionBody;
  readonly #discard = new Discard();
  #counting = false;
  #uses = new Map<Expr, Use[]>();

  constructor(body: FunctionBody, locals: Locals, widths: MaskWidths, fast: boolean) {
    this.#body = body;
    this.locals = locals;
    this.widths = widths;
    this.fast = fast;
  }

  /** Where instructions go. */
  get code(): FunctionBody {
    return this.#counting ? this.#discard : this.#body;
  }

  /** Prints one statement; `print` runs twice and must do the same both times. */
  statement(print: () => void): void {
    this.#uses = new Map();
    this.#counting = true;
    print();
    this.#counting = false;
    print();
  }

  /** Whether a scalar is wanted once only, so that it may be folded into the instruction that uses it. */
  foldable(x: Expr): boolean {
    return !this.#counting && (this.#uses.get(x)?.[0]?.count ?? 0) <= 1;
  }

  /** A local for the rest of this statement. */
  temporary(type: ValueType): number {
    return this.#counting ? 0 : this.locals.temporary(type);
  }

  /** Leaves one part of a value on the stack: the scalar, or the v128 with lanes part·n … part·n + n − 1. */
  value(x: Expr, part = 0): void {
    if (x.kind === "register") this.code.localGet(this.locals.register(x)[part]);
    else if (x.kind === "constant") this.#constant(x);
    else if (x.kind === "laneIndex") {
      if (x.type.lanes === 1) this.code.i32Const(0);
      else this.vectorConstant(laneIndexBytes(part));
    } else this.#shared(x, x.kind === "splat" || (x.kind === "load" && x.stride === 0) ? 0 : part);
  }

  /** Leaves one part of a lane mask of the given width on the stack. */
  mask(x: Expr, part: number, width: Width): void {
    const has = this.widths.of(x);
    if (has === width || x.kind === "constant" || x.kind === "splat" || (x.kind === "load" && x.stride === 0)) this.value(x, part);
    else if (width === 8) {
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

  #constant(x: Expr & { kind: "constant" }): void {
    if (x.type.lanes > 1) this.vectorConstant(constantBytes(x));
    else if (x.type.dtype === "f32") this.code.f32Const(Number(x.value));
    else if (x.type.dtype === "f64") this.code.f64Const(Number(x.value));
    else if (x.type.dtype === "i64") this.code.i64Const(BigInt(x.value));
    else this.code.i32Const(Number(x.value));
  }

  #shared(x: Expr, part: number): void {
    let uses = this.#uses.get(x);
    if (uses === undefined) {
      uses = [];
      this.#uses.set(x, uses);
    }
    let use = uses[part];
    if (use === undefined) {
      use = { count: 0, local: undefined };
      uses[part] = use;
    }
    if (this.#counting) {
      use.count++;
      if (use.count === 1) this.#print(x, part);
      return;
    }
    if (use.local !== undefined) {
      this.code.localGet(use.local);
      return;
    }
    this.#print(x, part);
    if (use.count > 1) {
      use.local = this.locals.temporary(valueType(x.type));
      this.code.localTee(use.local);
    }
  }

  #print(x: Expr, part: number): void {
    if (x.kind === "load") printLoad(this, x, part);
    else if (x.type.lanes === 1) printScalar(this, x);
    else printVector(this, x, part);
  }
}
