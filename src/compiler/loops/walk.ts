/** Walks over loop programs: what a statement mentions, its inner blocks, and the operands of expressions. */
import type { Cursor, Expr, Register, Statement } from "./ir.js";

export type Variable = Register | Cursor;

/** The expressions and variables that a statement itself mentions, without those of its inner blocks, in order of evaluation. */
export function mentions(s: Statement): { reads: readonly (Expr | Cursor)[]; writes: readonly Variable[] } {
  switch (s.kind) {
    case "set":
      return { reads: [s.value], writes: [s.register] };
    case "store":
      return { reads: [s.cursor, s.value, ...(typeof s.stride === "number" ? [] : [s.stride])], writes: [] };
    case "point":
      return { reads: [s.base, s.index], writes: [s.cursor] };
    case "advance":
      return { reads: [s.cursor, s.by], writes: [s.cursor] };
    case "for":
      return { reads: [s.from, s.to], writes: [s.register] };
    case "stream":
      return { reads: [s.count, ...s.moving.map((m) => m.cursor)], writes: s.moving.map((m) => m.cursor) };
    case "while":
    case "leave":
    case "if":
      return { reads: [s.condition], writes: [] };
    case "call":
      return { reads: s.arguments, writes: s.results };
  }
}

export function innerBlocks(s: Statement): readonly (readonly Statement[])[] {
  if (s.kind === "for" || s.kind === "stream" || s.kind === "while") return [s.body];
  return s.kind === "if" ? [s.then, s.otherwise] : [];
}

/** The direct operands of an expression. */
export function operands(x: Expr): readonly Expr[] {
  switch (x.kind) {
    case "constant":
    case "register":
    case "laneIndex":
      return [];
    case "load":
      return typeof x.stride === "number" ? [] : [x.stride];
    case "binary":
    case "compare":
    case "insert":
    case "shuffle":
      return [x.x, x.y];
    case "select":
      return [x.condition, x.x, x.y];
    case "multiplyAdd":
      return [x.x, x.y, x.z];
    default:
      return [x.x];
  }
}
