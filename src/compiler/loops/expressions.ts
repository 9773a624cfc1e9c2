/** Constructors of loop expressions. They fold constants of i32 index arithmetic and check types where a slip would be silent. */
import type { BinaryOp, CompareOp, Cursor, Expr, RegisterDType, UnaryOp, VectorType } from "./ir.js";

export const I32: VectorType = { dtype: "i32", lanes: 1 };

export function vector(dtype: RegisterDType, lanes = 1): VectorType {
  return { dtype, lanes };
}

export function constant(type: VectorType, value: number | bigint): Expr {
  return { kind: "constant", type, value };
}

/** An i32 index. */
export function index(value: number): Expr {
  return constant(I32, value);
}

const isInt = (x: Expr, value?: number): x is Expr & { kind: "constant"; value: number } =>
  x.kind === "constant" && x.type.dtype === "i32" && x.type.lanes === 1 && (value === undefined || x.value === value);

function same(what: string, x: Expr, y: Expr): VectorType {
  if (x.type.dtype !== y.type.dtype || x.type.lanes !== y.type.lanes)
    throw new Error(`internal: ${what} of ${describe(x.type)} and ${describe(y.type)}`);
  return x.type;
}

export function describe(type: VectorType): string {
  return type.lanes === 1 ? type.dtype : `${type.dtype}×${type.lanes}`;
}

export function unary(op: UnaryOp, x: Expr): Expr {
  return { kind: "unary", op, type: x.type, x };
}

export function binary(op: BinaryOp, x: Expr, y: Expr): Expr {
  const type = same(op, x, y);
  if (isInt(x) && isInt(y)) {
    if (op === "add") return index((x.value + y.value) | 0);
    if (op === "sub") return index((x.value - y.value) | 0);
    if (op === "mul") return index(Math.imul(x.value, y.value));
  }
  if (op === "add" && isInt(x, 0)) return y;
  if ((op === "add" || op === "sub") && isInt(y, 0)) return x;
  if (op === "mul" && (isInt(x, 0) || isInt(y, 1))) return x;
  if (op === "mul" && (isInt(y, 0) || isInt(x, 1))) return y;
  if ((op === "div" || op === "shl" || op === "shr") && isInt(y, op === "div" ? 1 : 0)) return x;
  if (op === "rem" && isInt(y, 1)) return index(0);
  return { kind: "binary", op, type, x, y };
}

export const add = (x: Expr, y: Expr): Expr => binary("add", x, y);
export const sub = (x: Expr, y: Expr): Expr => binary("sub", x, y);
export const mul = (x: Expr, y: Expr): Expr => binary("mul", x, y);
export const div = (x: Expr, y: Expr): Expr => binary("div", x, y);
/** Remainder of the truncated quotient, with the sign of x. Integers only. */
export const rem = (x: Expr, y: Expr): Expr => binary("rem", x, y);
export const min = (x: Expr, y: Expr): Expr => binary("min", x, y);
export const max = (x: Expr, y: Expr): Expr => binary("max", x, y);

export function compare(op: CompareOp, x: Expr, y: Expr): Expr {
  const type = same(op, x, y);
  return { kind: "compare", op, type: { dtype: "bool", lanes: type.lanes }, x, y };
}

export function select(condition: Expr, x: Expr, y: Expr): Expr {
  const type = same("select", x, y);
  if (condition.type.dtype !== "bool" || condition.type.lanes !== type.lanes)
    throw new Error(`internal: select of ${describe(type)} by ${describe(condition.type)}`);
  return { kind: "select", type, condition, x, y };
}

export function multiplyAdd(x: Expr, y: Expr, z: Expr): Expr {
  same("multiplyAdd", x, y);
  return { kind: "multiplyAdd", type: same("multiplyAdd", x, z), x, y, z };
}

export function convert(dtype: RegisterDType, x: Expr): Expr {
  return x.type.dtype === dtype ? x : { kind: "convert", type: { dtype, lanes: x.type.lanes }, x };
}

export function bitcast(dtype: RegisterDType, x: Expr): Expr {
  return x.type.dtype === dtype ? x : { kind: "bitcast", type: { dtype, lanes: x.type.lanes }, x };
}

export function splat(x: Expr, lanes: number): Expr {
  if (lanes === 1) return x;
  const type = { dtype: x.type.dtype, lanes };
  return x.kind === "constant" ? constant(type, x.value) : { kind: "splat", type, x };
}

export function horizontal(op: "add" | "max" | "min", x: Expr): Expr {
  return x.type.lanes === 1 ? x : { kind: "horizontal", op, type: { dtype: x.type.dtype, lanes: 1 }, x };
}

export function lane(x: Expr, at: number): Expr {
  return x.type.lanes === 1 ? x : { kind: "lane", type: { dtype: x.type.dtype, lanes: 1 }, x, index: at };
}

/** A vector of single numbers. */
export function gather(xs: readonly Expr[]): Expr {
  const [first] = xs;
  const type = { dtype: first.type.dtype, lanes: xs.length };
  if (xs.every((x) => x === first)) return splat(first, xs.length);
  return xs.reduce((x, y, index): Expr => (index === 0 ? x : { kind: "insert", type, x, y, index }), splat(first, xs.length));
}

export function shuffle(x: Expr, y: Expr, pick: readonly number[]): Expr {
  return { kind: "shuffle", type: same("shuffle", x, y), x, y, pick };
}

/** The register type a memory element of this dtype loads into. */
export function registerOf(dtype: Cursor["dtype"]): RegisterDType {
  return dtype === "u8" ? "u32" : dtype;
}

/** Reads `lanes` elements from `cursor + offset`, `stride` elements apart (1: contiguous; 0: one element, splatted). */
export function load(cursor: Cursor, offset = 0, lanes = 1, stride: number | Expr = 1): Expr {
  return { kind: "load", type: { dtype: registerOf(cursor.dtype), lanes }, cursor, offset, stride };
}
