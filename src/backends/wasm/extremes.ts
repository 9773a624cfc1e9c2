/** Selections that are a minimum or a maximum. */
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
