/** Whether the Hessian of a formula is positive all over a box, by interval arithmetic on its second derivatives. */
import { symmetricEigenvalues } from "../../curvature/eigenvalues.js";
import { children, type Expression, namesIn } from "../../objectives/formula/ast.js";
import { type Range, rangeOf } from "../../objectives/formula/range.js";

/** Boxes looked at before it is given up. */
const MOST_BOXES = 1000;
/** Functions with kinks and jumps: their second derivatives do not tell how they bend there. */
const KINKED: ReadonlySet<string> = new Set([
  "abs",
  "sign",
  "floor",
  "ceil",
  "round",
  "trunc",
  "relu",
  "max",
  "min",
  "hypot",
  "cbrt",
  "atan2",
]);

/**
 * `positive`: every eigenvalue is above 0 everywhere in the box. For a constant Hessian its least eigenvalue, as 0 where it is within rounding of
 * that. `unknown` otherwise: the bounds of interval arithmetic are wider than what they bound.
 */
export function boundedHessian(
  whole: Expression,
  hessian: readonly (readonly Expression[])[],
  variables: readonly string[],
  box: ReadonlyMap<string, Range>,
): "positive" | "unknown" | { readonly least: number } {
  if (!isSmooth(whole)) return "unknown";
  const isConstant = hessian.every((row) => row.every((entry) => namesIn(entry).size === 0));
  if (isConstant) {
    const eigenvalues = symmetricEigenvalues(hessian.map((row) => row.map((entry) => middle(rangeOf(entry, box)))));
    const least = Math.min(...eigenvalues);
    const largest = Math.max(...eigenvalues.map(Math.abs));
    if (!Number.isFinite(largest)) return "unknown";
    return { least: Math.abs(least) <= 1e-13 * largest ? 0 : least };
  }
  const boxes = [box];
  for (let looked = 0; boxes.length > 0; looked++) {
    const part = boxes.pop();
    if (part === undefined) break;
    if (looked + boxes.length > MOST_BOXES) return "unknown";
    const bound = leastEigenvalue(hessian, part);
    if (bound > 0) continue;
    const halves = halved(part, variables);
    // Where a box cannot be bounded at all, smaller ones seldom help: but domains may begin inside.
    boxes.push(...halves);
  }
  return "positive";
}

function isSmooth(node: Expression): boolean {
  if (node.kind === "conditional" || (node.kind === "call" && KINKED.has(node.name))) return false;
  return children(node).every(isSmooth);
}

/** A bound from below: λ(middle) less the largest row of radii (Weyl), and less the rounding of the eigenvalues. */
function leastEigenvalue(hessian: readonly (readonly Expression[])[], box: ReadonlyMap<string, Range>): number {
  const ranges = hessian.map((row) => row.map((entry) => rangeOf(entry, box)));
  if (!ranges.every((row) => row.every(({ low, high }) => Number.isFinite(low) && Number.isFinite(high)))) return Number.NEGATIVE_INFINITY;
  const eigenvalues = symmetricEigenvalues(ranges.map((row) => row.map(middle)));
  const radius = Math.max(...ranges.map((row) => row.reduce((sum, { low, high }) => sum + 0.5 * (high - low), 0)));
  const largest = Math.max(...eigenvalues.map(Math.abs));
  return Math.min(...eigenvalues) - radius * (1 + 1e-12) - 1e-13 * largest;
}

const middle = ({ low, high }: Range): number => 0.5 * low + 0.5 * high;

function halved(box: ReadonlyMap<string, Range>, variables: readonly string[]): ReadonlyMap<string, Range>[] {
  const size = (name: string) => {
    const range = box.get(name);
    return range === undefined ? 0 : range.high - range.low;
  };
  const widest = variables.reduce((best, name) => (size(name) > size(best) ? name : best), variables[0]);
  const range = box.get(widest);
  if (range === undefined) return [];
  const cut = middle(range);
  return [new Map([...box, [widest, { low: range.low, high: cut }]]), new Map([...box, [widest, { low: cut, high: range.high }]])];
}
