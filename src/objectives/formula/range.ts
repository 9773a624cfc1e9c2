/** Between which numbers an expression stays while its variables run through intervals: interval arithmetic on the tree. */
import type { Expression } from "./ast.js";

/** All numbers from `low` to `high`; infinite ends stand for no bound. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export const everything: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** More than the rounding of one operation of the program, so that ranges hold what is computed as well as what is meant. */
const SLACK = 4 * Number.EPSILON;

const between = (low: number, high: number): Range => {
  if (Number.isNaN(low) || Number.isNaN(high)) return everything;
  return { low: low - SLACK * Math.abs(low) - Number.MIN_VALUE, high: high + SLACK * Math.abs(high) + Number.MIN_VALUE };
};
const exactly = (value: number): Range => ({ low: value, high: value });

/**
 * A range that surely holds every value of the expression. It may be wider than need be, since each appearance of a variable counts as a
 * variable of its own. Anything that is not known to be bounded gives `everything`, values that are not defined included.
 *
 * @param ranges of names; those that are missing may be anything
 */
export function rangeOf(node: Expression, ranges: ReadonlyMap<string, Range>): Range {
  const of = (part: Expression) => rangeOf(part, ranges);
  switch (node.kind) {
    case "number":
      return exactly(node.value);
    case "name":
      return ranges.get(node.name) ?? everything;
    case "unary": {
      const u = of(node.operand);
      return node.operator === "-" ? { low: -u.high, high: -u.low } : everything;
    }
    case "conditional": {
      const [yes, no] = [of(node.yes), of(node.no)];
      return { low: Math.min(yes.low, no.low), high: Math.max(yes.high, no.high) };
    }
    case "binary":
      return ofBinary(node.operator, node.right, of(node.left), of(node.right));
    case "call":
      return ofCall(node.name, node.arguments.map(of));
  }
}

function ofBinary(operator: string, right: Expression, u: Range, v: Range): Range {
  switch (operator) {
    case "+":
      return between(u.low + v.low, u.high + v.high);
    case "-":
      return between(u.low - v.high, u.high - v.low);
    case "*":
      return product(u, v);
    case "/":
      return v.low > 0 || v.high < 0 ? product(u, between(1 / v.high, 1 / v.low)) : everything;
    case "^":
      return right.kind === "number" || right.kind === "unary" ? power(u, v) : everything;
    default:
      return everything;
  }
}

function product(u: Range, v: Range): Range {
  // 0 times no bound is 0: the bound is never reached.
  const times = (a: number, b: number) => (a === 0 || b === 0 ? 0 : a * b);
  const ends = [times(u.low, v.low), times(u.low, v.high), times(u.high, v.low), times(u.high, v.high)];
  return between(Math.min(...ends), Math.max(...ends));
}

/** A whole power by repeated products, so that no rounding of `**` matters. */
function power(u: Range, exponent: Range): Range {
  const n = exponent.low;
  if (exponent.high !== n) return everything;
  if (n === 0.5) return root(u);
  if (!Number.isInteger(n) || Math.abs(n) > 64) return u.low > 0 ? { low: 0, high: Number.POSITIVE_INFINITY } : everything;
  if (n < 0)
    return ofBinary("/", { kind: "number", value: 1, span: { start: 0, end: 0, line: 0, column: 0 } }, exactly(1), power(u, exactly(-n)));
  if (n === 0) return exactly(1);
  const size = (x: number): number => {
    let result = 1;
    for (let i = 0; i < n; i++) result *= x;
    return result;
  };
  const widened = (low: number, high: number): Range => {
    const slack = SLACK * n;
    return { low: low - slack * Math.abs(low) - Number.MIN_VALUE, high: high + slack * Math.abs(high) + Number.MIN_VALUE };
  };
  if (n % 2 === 1) return widened(size(u.low), size(u.high));
  if (u.low >= 0) return notBelow(widened(size(u.low), size(u.high)), 0);
  if (u.high <= 0) return notBelow(widened(size(u.high), size(u.low)), 0);
  return notBelow(widened(0, Math.max(size(u.low), size(u.high))), 0);
}

const notBelow = (range: Range, low: number): Range => ({ low: Math.max(low, range.low), high: range.high });
const root = (u: Range): Range => (u.low >= 0 ? notBelow(between(Math.sqrt(u.low), Math.sqrt(u.high)), 0) : everything);

/** Of functions of `Math`, whose last bits differ between engines. */
const loosely = (low: number, high: number): Range => {
  const slack = 64 * Number.EPSILON;
  return Number.isNaN(low) || Number.isNaN(high)
    ? everything
    : { low: low - slack * Math.abs(low) - Number.MIN_VALUE, high: high + slack * Math.abs(high) + Number.MIN_VALUE };
};

function ofCall(name: string, values: readonly Range[]): Range {
  const [u] = values;
  switch (name) {
    case "abs":
      return u.low >= 0 ? u : u.high <= 0 ? { low: -u.high, high: -u.low } : { low: 0, high: Math.max(-u.low, u.high) };
    case "sign":
      return { low: u.low > 0 ? 1 : u.low >= 0 ? 0 : -1, high: u.high < 0 ? -1 : u.high <= 0 ? 0 : 1 };
    case "sqrt":
      return root(u);
    case "hypot":
      return { low: 0, high: Number.POSITIVE_INFINITY };
    case "exp":
      return notBelow(loosely(Math.exp(u.low), Math.exp(u.high)), 0);
    case "log":
      return u.low > 0 ? loosely(Math.log(u.low), Math.log(u.high)) : everything;
    case "sin":
    case "cos":
      return { low: -1, high: 1 };
    case "tanh":
      return { low: -1, high: 1 };
    case "cosh":
      return { low: 1, high: Number.POSITIVE_INFINITY };
    case "sinh":
    case "atan":
    case "asinh": {
      const f = { sinh: Math.sinh, atan: Math.atan, asinh: Math.asinh }[name];
      return loosely(f(u.low), f(u.high));
    }
    case "sigmoid":
      return { low: 0, high: 1 };
    case "softplus":
      return { low: 0, high: Number.POSITIVE_INFINITY };
    case "relu":
      return { low: Math.max(0, u.low), high: Math.max(0, u.high) };
    case "max":
      return { low: Math.max(...values.map((v) => v.low)), high: Math.max(...values.map((v) => v.high)) };
    case "min":
      return { low: Math.min(...values.map((v) => v.low)), high: Math.min(...values.map((v) => v.high)) };
    case "mean":
      return u;
    default:
      return everything;
  }
}
