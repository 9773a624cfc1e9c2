/** Prints vector expressions, one part of sixteen bytes at a time. */
import type { BinaryOp, Expr, RegisterDType, UnaryOp } from "../../compiler/loops/ir.js";
import { ZERO_BYTES } from "./constants.js";
import { printConversion } from "./conversions.js";
import type { Evaluator } from "./evaluator.js";
import type { Width } from "./layout.js";
import { lanesPerPart, shape } from "./layout.js";
import { address } from "./memory.js";
import type { PlainOpcode } from "./opcodes.js";
import { extremeOf, maskedOf } from "./selections.js";

export function printVector(e: Evaluator, x: Expr, part: number): void {
  switch (x.kind) {
    case "unary":
      e.value(x.x, part);
      return unary(e, x.op, x.type.dtype);
    case "binary":
      return binary(e, x, part);
    case "compare":
      return compare(e, x, part);
    case "select": {
      const width = e.widths.of(x);
      const extreme = extremeOf(x);
      if (extreme !== undefined) {
        e.value(extreme.a, part);
        e.value(extreme.b, part);
        e.code.op(`${x.type.dtype === "f32" ? "f32x4" : "f64x2"}.${extreme.op}`);
        return;
      }
      const masked = maskedOf(x);
      if (masked !== undefined) {
        e.part(masked.value, part, width);
        e.mask(x.condition, part, width);
        e.code.op(masked.op);
        return;
      }
      e.part(x.x, part, width);
      e.part(x.y, part, width);
      e.mask(x.condition, part, width);
      e.code.op("v128.bitselect");
      return;
    }
    case "multiplyAdd": {
      const { dtype } = x.type;
      if (dtype !== "f32" && dtype !== "f64") throw new Error(`internal: multiplyAdd of ${dtype}`);
      e.value(x.x, part);
      e.value(x.y, part);
      if (!e.fast) e.code.op(dtype === "f32" ? "f32x4.mul" : "f64x2.mul");
      e.value(x.z, part);
      if (e.fast) e.code.op(dtype === "f32" ? "f32x4.relaxed_madd" : "f64x2.relaxed_madd");
      else e.code.op(dtype === "f32" ? "f32x4.add" : "f64x2.add");
      return;
    }
    case "convert":
      return printConversion(e, x, part);
    case "bitcast":
      return e.value(x.x, part);
    case "splat":
      return splat(e, x.x);
    case "insert": {
      const per = lanesPerPart(e.widths.of(x));
      e.value(x.x, part);
      if (Math.floor(x.index / per) !== part) return;
      e.value(x.y);
      e.code.lane(`${shape(x.type.dtype)}.replace_lane`, x.index % per);
      return;
    }
    case "shuffle":
      return shuffle(e, x, part);
    default:
      throw new Error(`internal: no vector ${x.kind}`);
  }
}

function splat(e: Evaluator, x: Expr): void {
  const { dtype } = x.type;
  if (dtype === "bool") {
    e.code.i32Const(0);
    e.value(x);
    e.code.op("i32.sub").op("i32x4.splat");
    return;
  }
  if (x.kind === "load" && x.cursor.dtype !== "u8" && e.foldable(x)) {
    // The load of one element into all lanes is one instruction.
    e.code.memory(dtype === "f64" ? "v128.load64_splat" : "v128.load32_splat", address(e, x.cursor, x.offset));
    return;
  }
  e.value(x);
  e.code.op(`${shape(dtype)}.splat`);
}

function unary(e: Evaluator, op: UnaryOp, dtype: RegisterDType): void {
  const s = shape(dtype);
  if (op === "not") {
    if (s === "f32x4" || s === "f64x2") throw new Error(`internal: not of ${dtype}`);
    e.code.op("v128.not");
  } else if (op === "neg" || op === "abs") {
    if (dtype === "bool") throw new Error(`internal: ${op} of bool`);
    if (dtype !== "u32" || op === "neg") e.code.op(`${s}.${op}`);
  } else if (s === "f32x4" || s === "f64x2") e.code.op(`${s}.${op}`);
  // Whole numbers are their own floor, ceiling, truncation and nearest.
  else if (op === "sqrt") throw new Error(`internal: sqrt of ${dtype}`);
}

/** Combines the two vectors on the stack. */
export function combine(e: Evaluator, op: BinaryOp, dtype: RegisterDType): void {
  e.code.op(vectorOpcode(op, dtype));
}

function vectorOpcode(op: BinaryOp, dtype: RegisterDType): PlainOpcode {
  const s = shape(dtype);
  const float = s === "f32x4" || s === "f64x2";
  if (dtype === "bool" && (op === "add" || op === "max" || op === "or")) return "v128.or";
  if (dtype === "bool" && (op === "min" || op === "mul" || op === "and")) return "v128.and";
  if (!float && (op === "and" || op === "or" || op === "xor")) return `v128.${op}`;
  if (dtype !== "bool" && (op === "add" || op === "sub" || op === "mul")) return `${s}.${op}`;
  if (float && (op === "div" || op === "min" || op === "max")) return `${s}.${op}`;
  if (dtype === "i32" && (op === "min" || op === "max")) return `i32x4.${op}_s`;
  if (dtype === "u32" && (op === "min" || op === "max")) return `i32x4.${op}_u`;
  throw new Error(`internal: ${op} of a vector of ${dtype}`);
}

function binary(e: Evaluator, x: Expr & { kind: "binary" }, part: number): void {
  const { op } = x;
  const { dtype } = x.type;
  const width = e.widths.of(x);
  if (op === "shl" || op === "shr") return shift(e, op, x, part);
  if ((op === "div" || op === "rem") && (dtype === "i32" || dtype === "u32")) return divide(e, op, x, part);
  if ((op === "min" || op === "max") && boundedBy(e, op, x, part)) return;
  const twice = dtype === "i64" && (op === "min" || op === "max");
  if (twice) e.repeats(x.x, x.y);
  e.part(x.x, part, width);
  e.part(x.y, part, width);
  if (twice) {
    e.value(x.x, part);
    e.value(x.y, part);
    e.code.op(op === "min" ? "i64x2.lt_s" : "i64x2.gt_s").op("v128.bitselect");
  } else combine(e, op, dtype);
}

/**
 * min and max with a constant that is not NaN need only pmin and pmax, whose first operand wins unless it is strictly beyond
 * the second. Zeros compare equal: max(−0, +0) must still become +0, which adding +0 does.
 */
function boundedBy(e: Evaluator, op: "min" | "max", { x, y }: Expr & { kind: "binary" }, part: number): boolean {
  const s = shape(x.type.dtype);
  const [value, bound] = x.kind === "constant" ? [y, x] : [x, y];
  if ((s !== "f32x4" && s !== "f64x2") || bound.kind !== "constant" || Number.isNaN(bound.value)) return false;
  if (op === "min" && Object.is(bound.value, -0)) return false;
  e.value(value, part);
  e.value(bound, part);
  e.code.op(`${s}.p${op}`);
  if (op === "max" && Object.is(bound.value, 0)) {
    e.value(bound, part);
    e.code.op(`${s}.add`);
  }
  return true;
}

function shift(e: Evaluator, op: "shl" | "shr", x: Expr & { kind: "binary" }, part: number): void {
  const { dtype } = x.type;
  if (dtype !== "i32" && dtype !== "u32" && dtype !== "i64") throw new Error(`internal: ${op} of ${dtype}`);
  const s = dtype === "i64" ? "i64x2" : "i32x4";
  const instruction: PlainOpcode = op === "shl" ? `${s}.shl` : dtype === "u32" ? "i32x4.shr_u" : `${s}.shr_s`;
  if (x.y.kind === "constant" || x.y.kind === "splat") {
    e.value(x.x, part);
    if (x.y.kind === "constant") e.code.i32Const(Number(x.y.value));
    else {
      e.repeats(x.y.x);
      e.value(x.y.x);
      if (dtype === "i64") e.code.op("i32.wrap_i64");
    }
    e.code.op(instruction);
    return;
  }
  laneByLane(e, x, part, () =>
    e.code.op(
      dtype === "i64" ? (op === "shl" ? "i64.shl" : "i64.shr_s") : op === "shl" ? "i32.shl" : dtype === "u32" ? "i32.shr_u" : "i32.shr_s",
    ),
  );
}

/** There is no vector division of integers. A divisor of zero gives zero, as for scalars. */
function divide(e: Evaluator, op: "div" | "rem", x: Expr & { kind: "binary" }, part: number): void {
  const extend = x.type.dtype === "u32" ? "i64.extend_i32_u" : "i64.extend_i32_s";
  const divisor = e.temporary("i32");
  laneByLane(e, x, part, () => {
    const quotient = e.temporary("i32");
    e.code.localSet(divisor).op(extend).localGet(divisor).localGet(divisor).op("i32.eqz").op("i32.or").op(extend);
    e.code.op(`i64.${op}_s`).op("i32.wrap_i64").localSet(quotient);
    e.code.localGet(quotient).i32Const(0).localGet(divisor).op("select");
  });
}

function laneByLane(e: Evaluator, x: Expr & { kind: "binary" }, part: number, operate: () => void): void {
  const wide = x.type.dtype === "i64";
  const per = wide ? 2 : 4;
  e.repeats(x.x, x.y);
  e.code.v128Const(ZERO_BYTES);
  for (let lane = 0; lane < per; lane++) {
    for (const operand of [x.x, x.y]) {
      e.value(operand, part);
      e.code.lane(wide ? "i64x2.extract_lane" : "i32x4.extract_lane", lane);
    }
    operate();
    e.code.lane(wide ? "i64x2.replace_lane" : "i32x4.replace_lane", lane);
  }
}

function compare(e: Evaluator, x: Expr & { kind: "compare" }, part: number): void {
  const { dtype } = x.x.type;
  const width: Width = e.widths.of(x);
  e.part(x.x, part, width);
  e.part(x.y, part, width);
  const s = dtype === "bool" && width === 8 ? "i64x2" : shape(dtype);
  if (x.op === "eq" || x.op === "ne") e.code.op(`${s}.${x.op}`);
  else if (s === "f32x4" || s === "f64x2") e.code.op(`${s}.${x.op}`);
  else if (dtype === "bool") throw new Error(`internal: ${x.op} of vectors of bool`);
  else e.code.op(s === "i64x2" ? `i64x2.${x.op}_s` : `i32x4.${x.op}_${dtype === "u32" ? "u" : "s"}`);
}

/** Each lane of the part comes from some part of x or y; vectors are merged two at a time. */
function shuffle(e: Evaluator, x: Expr & { kind: "shuffle" }, part: number): void {
  const width = e.widths.of(x);
  const per = lanesPerPart(width);
  const { lanes } = x.type;
  // The vectors that lanes come from, numbered: the parts of x, then those of y.
  const parts = lanes / per;
  const sourceOf = (pick: number) => Math.floor(pick / per) % (x.x === x.y ? parts : 2 * parts);
  const sources: number[] = [];
  for (let lane = part * per; lane < (part + 1) * per; lane++) {
    const source = sourceOf(x.pick[lane]);
    if (!sources.includes(source)) sources.push(source);
  }
  const put = (source: number) => e.part(source < parts ? x.x : x.y, source % parts, width);
  if (sources.length === 1 || parts > 1) e.repeats(x.x, x.y);
  put(sources[0]);
  if (sources.length === 1) put(sources[0]);
  for (let next = 1; next < Math.max(2, sources.length); next++) {
    if (next < sources.length) put(sources[next]);
    const bytes: number[] = [];
    for (let to = 0; to < per; to++) {
      const pick = x.pick[part * per + to];
      const isNew = sourceOf(pick) === sources[next];
      const lane = isNew ? per + (pick % per) : next === 1 ? pick % per : to;
      for (let byte = 0; byte < width; byte++) bytes.push(lane * width + byte);
    }
    e.code.shuffle(bytes);
  }
}
