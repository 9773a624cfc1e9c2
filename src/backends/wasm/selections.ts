/** Selections of vectors that take one instruction: minima, maxima, and values that become 0 under a mask. */
import type { Expr } from "../../compiler/loops/ir.js";
import { shape } from "./layout.js";

const same = (x: Expr, y: Expr): boolean => x === y || (x.kind === "constant" && y.kind === "constant" && Object.is(x.value, y.value));

/**
 * `u < v ? u : v` and `u < v ? v : u` are one instruction, pmin(v, u) and pmax(u, v); `min` and `max`, which must order zeros
 * and propagate NaN from both sides, take several on most machines. Undefined for any other selection.
 */
export function extremeOf(x: Expr & { kind: "select" }): { op: "pmin" | "pmax"; a: Expr; b: Expr } | undefined {
  const { condition, type } = x;
  if (type.lanes === 1 || condition.kind !== "compare" || (condition.op !== "lt" && condition.op !== "gt")) return undefined;
  const s = shape(type.dtype);
  if (s !== "f32x4" && s !== "f64x2") return undefined;
  const [u, v] = condition.op === "lt" ? [condition.x, condition.y] : [condition.y, condition.x];
  if (same(x.x, u) && same(x.y, v)) return { op: "pmin", a: v, b: u };
  if (same(x.x, v) && same(x.y, u)) return { op: "pmax", a: u, b: v };
  return undefined;
}

/** `c ? x : 0` is x and c, `c ? 0 : x` is x and not c. Undefined for any other selection. */
export function maskedOf(x: Expr & { kind: "select" }): { op: "v128.and" | "v128.andnot"; value: Expr } | undefined {
  if (x.type.lanes === 1) return undefined;
  if (isZero(x.y)) return { op: "v128.and", value: x.x };
  return isZero(x.x) ? { op: "v128.andnot", value: x.y } : undefined;
}

/** All bits 0: not −0. */
const isZero = (x: Expr): boolean => x.kind === "constant" && (Object.is(x.value, 0) || x.value === 0n);
