/** Prints loads and stores: contiguous, strided, splatted; of words, bytes and truth values. Reads exactly the bytes asked for. */
import { index, mul } from "../../compiler/loops/expressions.js";
import type { Cursor, Expr, MemoryDType, Statement } from "../../compiler/loops/ir.js";
import { ZERO_BYTES } from "./constants.js";
import type { Evaluator } from "./evaluator.js";
import { bytesOf, lanesPerPart, widthOf } from "./layout.js";
import type { MemoryOpcode } from "./opcodes.js";

type Load = Expr & { kind: "load" };
type Store = Statement & { kind: "store" };

const scalarLoad: Readonly<Record<MemoryDType, MemoryOpcode>> = {
  f32: "f32.load",
  f64: "f64.load",
  i32: "i32.load",
  u32: "i32.load",
  u8: "i32.load8_u",
  bool: "i32.load8_u",
};
const scalarStore: Readonly<Record<MemoryDType, MemoryOpcode>> = {
  f32: "f32.store",
  f64: "f64.store",
  i32: "i32.store",
  u32: "i32.store",
  u8: "i32.store8",
  bool: "i32.store8",
};

/** Leaves an address on the stack and returns the offset that the instruction has to add. */
export function address(e: Evaluator, cursor: Cursor, element: number): number {
  const offset = (element + (e.ahead.get(cursor) ?? 0)) * bytesOf[cursor.dtype];
  e.code.localGet(e.locals.cursor(cursor));
  if (offset >= 0) return offset;
  e.code.i32Const(offset).op("i32.add");
  return 0;
}

/** Strides in bytes are shared by all lanes and parts of one access, so each access has one expression for its stride. */
const strides = new WeakMap<Load | Store, Expr>();

/** The address of one lane of a strided access. */
function laneAddress(e: Evaluator, access: Load | Store, lane: number): number {
  const { cursor, offset, stride } = access;
  if (typeof stride === "number") return address(e, cursor, offset + lane * stride);
  let bytes = strides.get(access);
  if (bytes === undefined) {
    bytes = mul(stride, index(bytesOf[cursor.dtype]));
    strides.set(access, bytes);
  }
  const rest = address(e, cursor, offset);
  if (lane === 0) return rest;
  e.repeats(bytes);
  e.value(bytes);
  if (lane > 1) e.code.i32Const(lane).op("i32.mul");
  e.code.op("i32.add");
  return rest;
}

export function printLoad(e: Evaluator, x: Load, part: number): void {
  const { dtype } = x.cursor;
  if (x.type.lanes === 1) e.code.memory(scalarLoad[dtype], address(e, x.cursor, x.offset));
  else if (dtype === "u8" || dtype === "bool") printBytes(e, x, part);
  else {
    const wide = widthOf(x.type.dtype) === 8;
    const per = lanesPerPart(wide ? 8 : 4);
    if (x.stride === 0) e.code.memory(wide ? "v128.load64_splat" : "v128.load32_splat", address(e, x.cursor, x.offset));
    else if (x.stride === 1) e.code.memory("v128.load", address(e, x.cursor, x.offset + part * per));
    else gather(e, x, part * per, per, wide ? "v128.load64_zero" : "v128.load32_zero", wide ? "v128.load64_lane" : "v128.load32_lane");
  }
}

/** Addresses lie on the stack below the vector that the lane loads fill. */
function gather(
  e: Evaluator,
  x: Load,
  first: number,
  count: number,
  start: "v128.load32_zero" | "v128.load64_zero" | "zero",
  op: "v128.load8_lane" | "v128.load32_lane" | "v128.load64_lane",
): void {
  const offsets: number[] = [];
  for (let lane = count - 1; lane >= 0; lane--) offsets[lane] = laneAddress(e, x, first + lane);
  if (start === "zero") e.code.v128Const(ZERO_BYTES).laneMemory(op, offsets[0], 0);
  else e.code.memory(start, offsets[0]);
  for (let lane = 1; lane < count; lane++) e.code.laneMemory(op, offsets[lane], lane);
}

/** Four bytes, each widened to a lane of four; truth values become masks. */
function printBytes(e: Evaluator, x: Load, part: number): void {
  if (x.stride === 0) {
    e.code.memory("i32.load8_u", address(e, x.cursor, x.offset));
    if (x.type.dtype === "bool") e.code.op("i32.eqz").i32Const(1).op("i32.sub");
    e.code.op("i32x4.splat");
    return;
  }
  if (x.stride === 1) e.code.memory("v128.load32_zero", address(e, x.cursor, x.offset + 4 * part));
  else gather(e, x, 4 * part, 4, "zero", "v128.load8_lane");
  e.code.op("i16x8.extend_low_i8x16_u").op("i32x4.extend_low_i16x8_u");
  if (x.type.dtype === "bool") e.code.v128Const(ZERO_BYTES).op("i32x4.ne");
}

/** All parts are computed before any is stored, so that a store never changes what its own value reads. */
export function printStore(e: Evaluator, s: Store): void {
  const { cursor, offset, stride, value } = s;
  const { dtype } = cursor;
  if (value.type.lanes === 1) {
    const rest = address(e, cursor, offset);
    e.value(value);
    e.code.memory(scalarStore[dtype], rest);
    return;
  }
  if (stride === 0) throw new Error(`internal: a store of ${value.type.lanes} lanes to one element of ${cursor.name}`);
  const bytes = bytesOf[dtype];
  const per = bytes === 8 ? 2 : 4;
  const pending: (() => void)[] = [];
  for (let part = 0; part * per < value.type.lanes; part++) {
    if (stride === 1) {
      const rest = address(e, cursor, offset + part * per);
      narrowed(e, value, part, dtype);
      pending.push(() => {
        if (bytes === 1) e.code.laneMemory("v128.store32_lane", rest, 0);
        else e.code.memory("v128.store", rest);
      });
      continue;
    }
    e.repeats(value);
    const op = bytes === 1 ? "v128.store8_lane" : bytes === 8 ? "v128.store64_lane" : "v128.store32_lane";
    for (let lane = 0; lane < per; lane++) {
      const rest = laneAddress(e, s, part * per + lane);
      if (bytes === 1) e.part(value, part, 4);
      else e.value(value, part);
      const at = bytes === 1 ? 4 * lane : lane;
      if (dtype === "bool") e.code.i32Const(1).op("i32x4.splat").op("v128.and");
      pending.push(() => e.code.laneMemory(op, rest, at));
    }
  }
  for (const store of pending.reverse()) store();
}

/** Picks the lowest byte of each of four lanes. */
const FIRST_BYTES = [0, 4, 8, 12, ...new Array<number>(12).fill(16)];

/** Leaves one part on the stack, four lanes of bytes packed into its first four. */
function narrowed(e: Evaluator, value: Expr, part: number, dtype: MemoryDType): void {
  if (dtype === "u8") {
    e.value(value, part);
    e.code.v128Const(FIRST_BYTES).op("i8x16.swizzle");
  } else if (dtype === "bool") {
    e.mask(value, part, 4);
    e.code.v128Const(FIRST_BYTES).op("i8x16.swizzle").i32Const(0x01010101).op("i32x4.splat").op("v128.and");
  } else e.value(value, part);
}
