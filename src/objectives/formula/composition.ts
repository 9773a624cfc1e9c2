/**
 * Convexity by the rules of composition (disciplined convex programming: Grant, Boyd, Ye 2006), on the tree of a formula. What these rules say
 * is proven; that they say nothing proves nothing.
 */
import { type Expression, namesIn } from "./ast.js";
import { everything, type Range, rangeOf } from "./range.js";

/** `affine` is both convex and concave. */
export type Curvature = "constant" | "affine" | "convex" | "concave" | "unknown";

/** @param ranges what is known of the variables */
export function curvatureOf(node: Expression, ranges: ReadonlyMap<string, Range>, variables: ReadonlySet<string>): Curvature {
  const of = (part: Expression) => curvatureOf(part, ranges, variables);
  const range = (part: Expression) => rangeOf(part, ranges);
  if (![...namesIn(node)].some((name) => variables.has(name))) return "constant";
  switch (node.kind) {
    case "number":
      return "constant";
    case "name":
      return "affine";
    case "unary":
      return node.operator === "-" ? negated(of(node.operand)) : "unknown";
    case "conditional":
      return "unknown";
    case "binary": {
      const { left, right } = node;
      switch (node.operator) {
        case "+":
          return sum(of(left), of(right));
        case "-":
          return sum(of(left), negated(of(right)));
        case "*":
          return of(left) === "constant"
            ? scaled(of(right), range(left))
            : of(right) === "constant"
              ? scaled(of(left), range(right))
              : "unknown";
        case "/":
          if (of(right) === "constant") return scaled(of(left), range(right));
          return of(left) === "constant" ? scaled(ofPower(of(right), -1, range(right)), range(left)) : "unknown";
        case "^": {
          const exponent = range(right);
          if (of(right) === "constant" && exponent.low === exponent.high) return ofPower(of(left), exponent.low, range(left));
          const base = range(left);
          // aᵘ = e^(u·log a)
          if (of(left) === "constant" && base.low > 1) return increasing("convex", of(right));
          return of(left) === "constant" && base.low > 0 && base.high < 1 ? decreasing("convex", of(right)) : "unknown";
        }
        default:
          return "unknown";
      }
    }
    case "call":
      return ofCall(node.name, node.arguments.map(of), node.arguments.map(range));
  }
}

const isConvex = (c: Curvature): boolean => c === "constant" || c === "affine" || c === "convex";
const isConcave = (c: Curvature): boolean => c === "constant" || c === "affine" || c === "concave";

function sum(a: Curvature, b: Curvature): Curvature {
  if (a === "constant") return b;
  if (b === "constant") return a;
  if (a === "affine" && b === "affine") return "affine";
  return isConvex(a) && isConvex(b) ? "convex" : isConcave(a) && isConcave(b) ? "concave" : "unknown";
}

const negated = (c: Curvature): Curvature => (c === "convex" ? "concave" : c === "concave" ? "convex" : c);

function scaled(c: Curvature, factor: Range): Curvature {
  if (c === "constant" || c === "affine") return c;
  return factor.low >= 0 ? c : factor.high <= 0 ? negated(c) : "unknown";
}

/** An increasing (decreasing) convex or concave function of what is inside. */
function increasing(outer: "convex" | "concave", inner: Curvature): Curvature {
  return (outer === "convex" ? isConvex(inner) : isConcave(inner)) ? outer : "unknown";
}
function decreasing(outer: "convex" | "concave", inner: Curvature): Curvature {
  return (outer === "convex" ? isConcave(inner) : isConvex(inner)) ? outer : "unknown";
}
/** One that does neither takes affine insides alone. */
const ofAffine = (outer: "convex" | "concave", inner: Curvature): Curvature => (inner === "affine" ? outer : "unknown");

function ofPower(inner: Curvature, exponent: number, u: Range): Curvature {
  if (exponent === 1) return inner;
  if (exponent === 0) return "constant";
  const isWhole = Number.isInteger(exponent);
  if (isWhole && exponent > 0 && exponent % 2 === 0) {
    if (u.low >= 0) return increasing("convex", inner);
    return u.high <= 0 ? decreasing("convex", inner) : ofAffine("convex", inner);
  }
  if (u.low >= 0 && exponent > 1) return increasing("convex", inner);
  if (isWhole && exponent > 1 && u.high <= 0) return increasing("concave", inner);
  if (u.low >= 0 && exponent > 0 && exponent < 1) return increasing("concave", inner);
  if (u.low > 0 && exponent < 0) return decreasing("convex", inner);
  if (isWhole && exponent < 0 && u.high < 0) return exponent % 2 === 0 ? increasing("convex", inner) : decreasing("concave", inner);
  return "unknown";
}

function ofCall(name: string, inner: readonly Curvature[], ranges: readonly Range[]): Curvature {
  const [c] = inner;
  const u = ranges[0] ?? everything;
  switch (name) {
    case "abs":
      return u.low >= 0 ? c : u.high <= 0 ? negated(c) : ofAffine("convex", c);
    case "hypot":
      return inner.every((part) => part === "affine" || part === "constant") ? "convex" : "unknown";
    case "max":
      return inner.every(isConvex) ? "convex" : "unknown";
    case "min":
      return inner.every(isConcave) ? "concave" : "unknown";
    case "sum":
    case "mean":
      return c;
    case "exp":
    case "expm1":
    case "softplus":
    case "relu":
      return increasing("convex", c);
    case "log":
    case "log2":
    case "log10":
      return u.low > 0 ? increasing("concave", c) : "unknown";
    case "log1p":
      return u.low > -1 ? increasing("concave", c) : "unknown";
    case "sqrt":
      return u.low >= 0 ? increasing("concave", c) : "unknown";
    case "cosh":
      return u.low >= 0 ? increasing("convex", c) : u.high <= 0 ? decreasing("convex", c) : ofAffine("convex", c);
    case "sinh":
      return u.low >= 0 ? increasing("convex", c) : u.high <= 0 ? increasing("concave", c) : "unknown";
    case "tanh":
    case "atan":
    case "asinh":
    case "sigmoid":
      return u.low >= 0 ? increasing("concave", c) : u.high <= 0 ? increasing("convex", c) : "unknown";
    default:
      return "unknown";
  }
}
