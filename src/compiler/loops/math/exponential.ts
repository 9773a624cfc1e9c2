/** exp and expm1. */
import type { Expr } from "../ir.js";
import { Arithmetic } from "./arithmetic.js";
import { coefficients } from "./coefficients.js";

/** ln 2 in two parts: the first has so few bits that its product with any exponent is exact. */
const ln2 = { f32: [0.693145751953125, 1.4286068203094173e-6], f64: [0.6931471805598903, 5.497923018708371e-14] } as const;

/** x = n·ln 2 + r with |r| ≤ ln 2 / 2 (a hair more). */
function reduce(a: Arithmetic, x: Expr): { n: Expr; r: Expr } {
  const [hi, lo] = ln2[a.dtype];
  const n = a.unary("nearest", a.mul(x, 1.4426950408889634));
  return { n, r: a.sub(a.sub(x, a.mul(n, hi)), a.mul(n, lo)) };
}

/** e^x. Overflows to ∞ and goes through the subnormals to 0. */
export function exp(x: Expr): Expr {
  const a = new Arithmetic(x);
  return expOfPair(a, a.clamp(x, a.pick(-104, -746), a.pick(89, 710)));
}

/** e^(x + lo) for x within what `exp` clamps to, and |lo| far below 1. */
export function expOfPair(a: Arithmetic, x: Expr, lo?: Expr): Expr {
  const { n, r } = reduce(a, x);
  const s = lo === undefined ? r : a.add(r, lo);
  const tail = a.mul(a.mul(s, s), a.polynomial(s, coefficients.exp[a.dtype]));
  return a.scale(a.add(a.add(s, tail), 1), n);
}

/** e^x − 1, accurate near 0. */
export function expm1(x: Expr): Expr {
  const a = new Arithmetic(x);
  // Below the lower bound the result is −1 to the last bit.
  const { n, r } = reduce(a, a.clamp(x, a.pick(-20, -40), a.pick(89, 710)));
  const p = a.add(r, a.mul(a.mul(r, r), a.polynomial(r, coefficients.expm1[a.dtype])));
  // 2ⁿ·p + (2ⁿ − 1), in two scalings because 2ⁿ itself may overflow where the sum does not.
  const half = a.unary("floor", a.mul(n, 0.5));
  const rest = a.sub(n, half);
  const up = a.powerOfTwo(half);
  const sum = a.add(a.mul(p, up), a.sub(up, a.powerOfTwo(a.unary("neg", rest))));
  return a.withSignOf(a.mul(sum, a.powerOfTwo(rest)), x);
}
