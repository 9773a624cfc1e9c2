/** Prints scalar expressions. */
import type { BinaryOp, CompareOp, Expr, RegisterDType, UnaryOp } from "../../compiler/loops/ir.js";
import type { Evaluator } from "./evaluator.js";
import { partsOf, scalarType, shape } from "./layout.js";
import type { PlainOpcode } from "./opcodes.js";
import { combine } from "./vectors.js";

const isFloat = (dtype: RegisterDType): dtype is "f32" | "f64" => dtype === "f32" || dtype === "f64";

export function printScalar(e: Evaluator, x: Expr): void {
  switch (x.kind) {
    case "unary":
      return unary(e, x.op, x.x);
    case "binary":
      return binary(e, x.op, x.x, x.y);
    case "compare":
      e.value(x.x);
      e.value(x.y);
      e.code.op(comparison(x.op, x.x.type.dtype));
      return;
    case "select":
      e.value(x.x);
      e.value(x.y);
      e.value(x.condition);
      e.code.op("select");
      return;
    case "multiplyAdd": {
      const type = floatType(x.type.dtype, x.kind);
      e.value(x.x);
      e.value(x.y);
      e.code.op(`${type}.mul`);
      e.value(x.z);
      e.code.op(`${type}.add`);
      return;
    }
    case "convert":
      e.value(x.x);
      conversion(e, x.x.type.dtype, x.type.dtype);
      return;
    case "bitcast":
      e.value(x.x);
      reinterpret(e, x.x.type.dtype, x.type.dtype);
      return;
    case "horizontal":
      return horizontal(e, x.op, x.x);
    case "lane":
      return e.extract(x.x, x.index);
    default:
      throw new Error(`internal: no scalar ${x.kind}`);
  }
}

function floatType(dtype: RegisterDType, what: string): "f32" | "f64" {
  if (!isFloat(dtype)) throw new Error(`internal: ${what} of ${dtype}`);
  return dtype;
}

function unary(e: Evaluator, op: UnaryOp, x: Expr): void {
  const { dtype } = x.type;
  const type = scalarType(dtype);
  if (isFloat(dtype) && op !== "not") {
    e.value(x);
    e.code.op(`${dtype}.${op}`);
    return;
  }
  if (type !== "i32" && type !== "i64") throw new Error(`internal: ${op} of ${dtype}`);
  const zero = (): unknown => (type === "i32" ? e.code.i32Const(0) : e.code.i64Const(0n));
  switch (op) {
    case "not":
      e.value(x);
      if (dtype === "bool") e.code.op("i32.eqz");
      else if (type === "i32") e.code.i32Const(-1).op("i32.xor");
      else e.code.i64Const(-1n).op("i64.xor");
      return;
    case "neg":
      zero();
      e.value(x);
      e.code.op(`${type}.sub`);
      return;
    case "abs":
      if (dtype === "u32") return e.value(x);
      e.repeats(x);
      zero();
      e.value(x);
      e.code.op(`${type}.sub`);
      e.value(x);
      e.value(x);
      zero();
      e.code.op(`${type}.lt_s`).op("select");
      return;
    case "sqrt":
      throw new Error(`internal: sqrt of ${dtype}`);
    default:
      // Whole numbers are their own floor, ceiling, truncation and nearest.
      return e.value(x);
  }
}

function binary(e: Evaluator, op: BinaryOp, x: Expr, y: Expr): void {
  const { dtype } = x.type;
  if (isFloat(dtype)) {
    if (op === "rem" || op === "and" || op === "or" || op === "xor" || op === "shl" || op === "shr")
      throw new Error(`internal: ${op} of ${dtype}`);
    e.value(x);
    e.value(y);
    e.code.op(`${dtype}.${op}`);
    return;
  }
  const type = dtype === "i64" ? "i64" : "i32";
  switch (op) {
    case "min":
    case "max":
      e.repeats(x, y);
      e.value(x);
      e.value(y);
      e.value(x);
      e.value(y);
      e.code.op(comparison(op === "min" ? "lt" : "gt", dtype)).op("select");
      return;
    case "div":
    case "rem":
      return division(e, op, x, y);
    default:
      e.value(x);
      e.value(y);
      e.code.op(op === "shr" ? `${type}.shr_${dtype === "u32" ? "u" : "s"}` : `${type}.${op}`);
  }
}

/** WebAssembly traps on a zero divisor; here the quotient and the remainder by zero are zero. */
function division(e: Evaluator, op: "div" | "rem", x: Expr, y: Expr): void {
  const { dtype } = x.type;
  if (dtype === "i64" || dtype === "bool") throw new Error(`internal: ${op} of ${dtype}`);
  const safe = y.kind === "constant" && Number(y.value) !== 0 && Number(y.value) !== -1;
  e.repeats(y);
  e.value(x);
  if (safe) {
    e.value(y);
    e.code.op(dtype === "u32" ? `i32.${op}_u` : `i32.${op}_s`);
    return;
  }
  // In 64 bits the quotient of the least i32 and −1 does not trap either.
  const extend = dtype === "u32" ? "i64.extend_i32_u" : "i64.extend_i32_s";
  e.code.op(extend);
  e.value(y);
  e.value(y);
  e.code.op("i32.eqz").op("i32.or").op(extend).op(`i64.${op}_s`).op("i32.wrap_i64").i32Const(0);
  e.value(y);
  e.code.op("select");
}

function comparison(op: CompareOp, dtype: RegisterDType): PlainOpcode {
  if (isFloat(dtype)) return `${dtype}.${op}`;
  const type = dtype === "i64" ? "i64" : "i32";
  if (op === "eq" || op === "ne") return `${type}.${op}`;
  return `${type}.${op}_${dtype === "u32" || dtype === "bool" ? "u" : "s"}`;
}

function conversion(e: Evaluator, from: RegisterDType, to: RegisterDType): void {
  const { code } = e;
  const sign = from === "u32" || from === "bool" ? "u" : "s";
  const source = scalarType(from);
  if (to === "bool") {
    if (source === "f32") code.f32Const(0).op("f32.ne");
    else if (source === "f64") code.f64Const(0).op("f64.ne");
    else if (source === "i64") code.i64Const(0n).op("i64.ne");
    else code.i32Const(0).op("i32.ne");
  } else if (isFloat(to)) {
    if (source === "f32") code.op("f64.promote_f32");
    else if (source === "f64") code.op("f32.demote_f64");
    else if (source === "i32" || source === "i64") code.op(`${to}.convert_${source}_${sign}`);
  } else {
    const target = to === "i64" ? "i64" : "i32";
    if (source === "f32" || source === "f64") code.op(`${target}.trunc_sat_${source}_${to === "u32" ? "u" : "s"}`);
    else if (source === "i64" && target === "i32") code.op("i32.wrap_i64");
    else if (source === "i32" && target === "i64") code.op(`i64.extend_i32_${sign}`);
  }
}

function reinterpret(e: Evaluator, from: RegisterDType, to: RegisterDType): void {
  const source = scalarType(from);
  const target = scalarType(to);
  if (from === "bool" || to === "bool") throw new Error(`internal: bitcast of ${from} to ${to}`);
  if (source === "f32" && target === "i32") e.code.op("i32.reinterpret_f32");
  else if (source === "i32" && target === "f32") e.code.op("f32.reinterpret_i32");
  else if (source === "f64" && target === "i64") e.code.op("i64.reinterpret_f64");
  else if (source === "i64" && target === "f64") e.code.op("f64.reinterpret_i64");
  else if (source !== target) throw new Error(`internal: bitcast of ${from} to ${to}`);
}

/** Lane i with lane i + L/2, then halves of that: whole vectors first, then within the one that is left. */
function horizontal(e: Evaluator, op: "add" | "max" | "min", x: Expr): void {
  const { dtype } = x.type;
  const width = e.widths.of(x);
  const fold = (part: number, stride: number): void => {
    if (stride === parts) return e.value(x, part);
    fold(part, 2 * stride);
    fold(part + stride, 2 * stride);
    combine(e, op, dtype);
  };
  const parts = partsOf(x.type.lanes, width);
  fold(0, 1);
  if (dtype === "bool") {
    // A truth value is the maximum where any lane is true, the minimum where all are.
    e.code.op(op === "min" ? (width === 8 ? "i64x2.all_true" : "i32x4.all_true") : "v128.any_true");
    return;
  }
  const halve = (bytes: number): void => {
    const kept = e.temporary("v128");
    const pick = Array.from({ length: 16 }, (_, i) => (i + bytes) % 16);
    e.code.localTee(kept).localGet(kept).localGet(kept).shuffle(pick);
    combine(e, op, dtype);
  };
  halve(8);
  if (width === 4) halve(4);
  e.code.lane(`${shape(dtype)}.extract_lane`, 0);
}
