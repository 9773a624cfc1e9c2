/** Walking the expressions of kernels. What they share is met once. */
import type { KernelExpr } from "./kernel.js";

/** What an expression is computed from. */
export function operandsOf(e: KernelExpr): readonly KernelExpr[] {
  switch (e.kind) {
    case "operation":
      return e.operands;
    case "guard":
      return [e.value];
    case "load":
      return e.dynamic.map((d) => d.row);
    default:
      return [];
  }
}

/** Every expression that the given ones are made of, each once, before its operands. */
export function expressionsIn(roots: Iterable<KernelExpr>): ReadonlySet<KernelExpr> {
  const seen = new Set<KernelExpr>();
  const visit = (e: KernelExpr) => {
    if (seen.has(e)) return;
    seen.add(e);
    operandsOf(e).forEach(visit);
  };
  for (const root of roots) visit(root);
  return seen;
}
