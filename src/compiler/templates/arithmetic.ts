/** Index arithmetic that templates need beside the constructors of loop expressions. */
import { binary, vector } from "../loops/expressions.js";
import type { Expr } from "../loops/ir.js";

export const TRUE: Expr = { kind: "constant", type: vector("bool"), value: 1 };

export const rem = (x: Expr, y: Expr): Expr => binary("rem", x, y);

/** The value of a constant index. */
export function known(x: Expr): number | undefined {
  return x.kind === "constant" && x.type.lanes === 1 ? Number(x.value) : undefined;
}
