/** log and log1p. */

import * as ir from "../expressions.js";
import type { Expr } from "../ir.js";
import { Arithmetic } from "./arithmetic.js";
import { coefficients } from "./coefficients.js";

const ln2 = { f32: [0.693145751953125, 1.4286068203094173e-6], f64: [0.6931471805598903, 5.497923018708371e-14] } as const;

/** x = 2^k·m for a positive normal x, √½ ≤ m < √2; k as a float. */
export function splitExponent(a: Arithmetic, x: Expr): { k: Expr; m: Expr } {
  const bits = a.bits(x);
  // Distance from √½ in units of the exponent: its whole part counts the doublings.
  const fraction = a.pick(23, 52);
  const root = a.pick<number | bigint>(0x3f3504f3, 0x3fe6a09e667f3bcdn);
  const exponent = a.bitwise("shr", a.bitwise("sub", bits, root), fraction);
  const m = a.float(ir.sub(bits, a.bitwise("shl", exponent, fraction)));
  return { k: toFloat(a, exponent), m };
}

/** A small whole number as a float; for i64 there is no vector conversion, so it goes through the bits of 1.5·2⁵². */
function toFloat(a: Arithmetic, n: Expr): Expr {
  if (a.dtype === "f32") return ir.convert("f32", n);
  return a.sub(a.float(a.bitwise("add", n, 0x4338000000000000n)), 6755399441055744);
}

/** k·ln 2 + log(1 + f) + c for √½ ≤ 1 + f < √2 and c far below f's neighbours: f − (f²/2 − (s·(f²/2 + R(s²)) + c + k·ln 2)). */
function logOf(a: Arithmetic, k: Expr, f: Expr, c?: Expr): Expr {
  const [hi, lo] = ln2[a.dtype];
  const s = a.div(f, a.add(f, 2));
  const z = a.mul(s, s);
  const remainder = a.mul(z, a.polynomial(z, coefficients.log[a.dtype]));
  const half = a.mul(a.mul(f, f), 0.5);
  const small = a.mul(k, lo);
  const correction = a.add(a.mul(s, a.add(half, remainder)), c === undefined ? small : a.add(small, c));
  return a.sub(a.mul(k, hi), a.sub(a.sub(half, correction), f));
}

/** What log gives outside the positive finite numbers. */
function withLimits(a: Arithmetic, x: Expr, value: Expr): Expr {
  const finite = a.select(a.compare("lt", x, Number.POSITIVE_INFINITY), value, x);
  return a.select(a.compare("gt", x, 0), finite, a.select(a.compare("eq", x, 0), Number.NEGATIVE_INFINITY, Number.NaN));
}

/** The natural logarithm: −∞ at ±0, NaN below. */
export function log(x: Expr): Expr {
  const a = new Arithmetic(x);
  const tiny = a.compare("lt", x, a.pick(1.1754943508222875e-38, 2.2250738585072014e-308));
  const normal = a.select(tiny, a.mul(x, a.pick(2 ** 23, 2 ** 52)), x);
  const { k, m } = splitExponent(a, normal);
  return withLimits(a, x, logOf(a, a.sub(k, a.select(tiny, a.pick(23, 52), 0)), a.sub(m, 1)));
}

/** log(1 + x), accurate near 0. */
export function log1p(x: Expr): Expr {
  const a = new Arithmetic(x);
  // 1 + x = u + e exactly, and log(u + e) ≈ log u + e/u.
  const { hi: u, lo: e } = a.twoSum(x, a.constant(1));
  const { k, m } = splitExponent(a, u);
  const value = withLimits(a, u, logOf(a, k, a.sub(m, 1), a.div(e, u)));
  return a.select(a.compare("eq", x, 0), x, value);
}
