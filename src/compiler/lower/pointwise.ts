/** How each pointwise primitive is computed in registers. */
import type { PointwiseName } from "../../tensor/primitives/pointwise.js";
import type { DType } from "../../tensor/types.js";
import type { LoopBuilder } from "../loops/builder.js";
import { binary, compare, constant, convert, registerOf, select, unary } from "../loops/expressions.js";
import type { CompareOp, Expr } from "../loops/ir.js";
import { mathFunctions } from "../loops/math/index.js";

type Lowering = (b: LoopBuilder, x: Expr, y: Expr, z: Expr, dtype: DType) => Expr;

const arithmetic =
  (op: Parameters<typeof binary>[0]): Lowering =>
  (_, x, y) =>
    binary(op, x, y);
const comparison =
  (op: CompareOp): Lowering =>
  (_, x, y) =>
    x.type.dtype === "bool" ? compareBool(op, x, y) : compare(op, x, y);
const elementary =
  (name: keyof typeof mathFunctions): Lowering =>
  (b, x, y) =>
    mathFunctions[name](b, x, y);

/** Truth values are compared as the numbers 0 and 1. */
function compareBool(op: CompareOp, x: Expr, y: Expr): Expr {
  return compare(op, convert("i32", x), convert("i32", y));
}

const zero = (x: Expr): Expr => constant(x.type, 0);

export const lowerings: Readonly<Record<PointwiseName, Lowering>> = {
  add: arithmetic("add"),
  sub: arithmetic("sub"),
  mul: arithmetic("mul"),
  div: arithmetic("div"),
  rem: arithmetic("rem"),
  minimum: arithmetic("min"),
  maximum: arithmetic("max"),
  and: arithmetic("and"),
  or: arithmetic("or"),
  xor: arithmetic("xor"),
  shiftLeft: arithmetic("shl"),
  shiftRight: arithmetic("shr"),
  pow: elementary("pow"),
  exp: elementary("exp"),
  expm1: elementary("expm1"),
  log: elementary("log"),
  log1p: elementary("log1p"),
  sin: elementary("sin"),
  cos: elementary("cos"),
  tanh: elementary("tanh"),
  atan: elementary("atan"),
  erf: elementary("erf"),
  neg: (_, x) => (x.type.dtype === "u32" || x.type.dtype === "i32" ? binary("sub", zero(x), x) : unary("neg", x)),
  abs: (_, x) =>
    x.type.dtype === "i32" ? select(compare("lt", x, zero(x)), binary("sub", zero(x), x), x) : x.type.dtype === "u32" ? x : unary("abs", x),
  sign: (_, x) => {
    const one = constant(x.type, 1);
    const minusOne = x.type.dtype === "u32" ? x : constant(x.type, -1);
    return select(compare("gt", x, zero(x)), one, select(compare("lt", x, zero(x)), minusOne, x));
  },
  floor: (_, x) => unary("floor", x),
  sqrt: (_, x) => unary("sqrt", x),
  eq: comparison("eq"),
  ne: comparison("ne"),
  lt: comparison("lt"),
  le: comparison("le"),
  gt: comparison("gt"),
  ge: comparison("ge"),
  not: (_, x) => unary("not", x),
  select: (_, condition, x, y) =>
    x.type.dtype === "bool" ? convert("bool", select(condition, convert("i32", x), convert("i32", y))) : select(condition, x, y),
  cast: (_, x, _y, _z, dtype) => {
    const converted = convert(registerOf(dtype), x);
    // Bytes are held in registers of 32 bits, and wrap here.
    return dtype === "u8" && x.type.dtype !== "bool" ? binary("and", converted, constant(converted.type, 255)) : converted;
  },
};
