/**
 * sin, cos, tan and atan. Arguments are reduced by whole multiples of π/2 in f64 (f32 arguments too), with π/2 in parts whose
 * products are exact for up to 2²⁰ quarter turns.
 */

import * as ir from "../expressions.js";
import type { Expr } from "../ir.js";
import { Arithmetic } from "./arithmetic.js";
import { coefficients } from "./coefficients.js";

/** π/2 in three parts of 33 bits and a rest. */
const halfPi = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const;

/** x = n·π/2 + r + tail, |r| ≤ π/4, with n modulo 4 in the lowest bits of `quadrant`. */
interface Reduced {
  readonly a: Arithmetic;
  readonly r: Expr;
  readonly tail: Expr | undefined;
  readonly quadrant: Expr;
}

/** An f32 argument's reduced value has a tail only where asked for: without it sin and cos are about half an ulp worse. */
function reduce(x: Expr, exact = false): Reduced {
  const a = new Arithmetic(x);
  const y = ir.convert("f64", x);
  const wide = new Arithmetic(y);
  const n = wide.unary("nearest", wide.mul(y, 0.6366197723675814));
  const first = wide.sub(y, wide.mul(n, halfPi[0]));
  if (a.dtype === "f32") {
    const whole = wide.clamp(wide.sub(first, wide.mul(n, halfPi[1] + halfPi[2])), -1, 1);
    const r = ir.convert("f32", whole);
    const tail = exact ? ir.convert("f32", wide.sub(whole, ir.convert("f64", r))) : undefined;
    return { a, r, tail, quadrant: ir.convert("i32", n) };
  }
  const second = wide.twoSum(first, wide.unary("neg", wide.mul(n, halfPi[1])));
  const third = wide.twoSum(second.hi, wide.unary("neg", wide.mul(n, halfPi[2])));
  const rest = wide.sub(wide.add(second.lo, third.lo), wide.mul(n, halfPi[3]));
  const r = wide.add(third.hi, rest);
  const tail = wide.add(wide.sub(third.hi, r), rest);
  return { a, r: wide.clamp(r, -1, 1), tail: wide.clamp(tail, -(2 ** -53), 2 ** -53), quadrant: wide.bits(wide.add(n, 6755399441055744)) };
}

/** sin(r + tail) = r + (r³·P(r²) + tail·(1 − r²/2)). */
function sinOf({ a, r, tail }: Reduced): Expr {
  const z = a.mul(r, r);
  const cubic = a.mul(a.mul(z, r), a.polynomial(z, coefficients.sin[a.dtype]));
  return a.add(r, tail === undefined ? cubic : a.add(cubic, a.mul(tail, a.sub(1, a.mul(z, 0.5)))));
}

/** cos(r + tail) = w + ((1 − w − r²/2) + r⁴·P(r²) − r·tail) with w = 1 − r²/2 rounded. */
function cosOf({ a, r, tail }: Reduced): Expr {
  const z = a.mul(r, r);
  const half = a.mul(z, 0.5);
  const w = a.sub(1, half);
  const quartic = a.mul(a.mul(z, z), a.polynomial(z, coefficients.cos[a.dtype]));
  const correction = a.add(a.sub(a.sub(1, w), half), tail === undefined ? quartic : a.sub(quartic, a.mul(r, tail)));
  return a.add(w, correction);
}

/** A mask: the bit of `quadrant` is set. */
function isSet(a: Arithmetic, quadrant: Expr, bit: number): Expr {
  return ir.compare("ne", a.bitwise("and", quadrant, bit), a.integer(0));
}

/** Bit 1 of `quadrant` moved to the sign. */
function signOf(a: Arithmetic, quadrant: Expr): Expr {
  return a.bitwise("shl", a.bitwise("and", quadrant, 2), a.pick(30, 62));
}

/** sin x: NaN at ±∞. Beyond 2²⁰ quarter turns (|x| > 1.6·10⁶) the absolute error is about 2·10⁻¹⁶·|x|. */
export function sin(x: Expr): Expr {
  const reduced = reduce(x);
  const { a, quadrant } = reduced;
  const value = a.select(isSet(a, quadrant, 1), cosOf(reduced), sinOf(reduced));
  return a.select(a.compare("eq", x, 0), x, a.flipSign(value, signOf(a, quadrant)));
}

/** cos x, with the same limits as sin. */
export function cos(x: Expr): Expr {
  const reduced = reduce(x);
  const { a, quadrant } = reduced;
  const value = a.select(isSet(a, quadrant, 1), sinOf(reduced), cosOf(reduced));
  return a.flipSign(value, signOf(a, a.bitwise("add", quadrant, 1)));
}

/** tan x = sin x / cos x of the reduced argument, with the same limits as sin. */
export function tan(x: Expr): Expr {
  const reduced = reduce(x, true);
  const { a, quadrant } = reduced;
  const [s, c] = [sinOf(reduced), cosOf(reduced)];
  const odd = isSet(a, quadrant, 1);
  const value = a.div(a.select(odd, a.unary("neg", c), s), a.select(odd, s, c));
  return a.select(a.compare("eq", x, 0), x, value);
}

/** π/4 and π/2 in two parts. */
const angles = {
  f32: [0.7853981256484985, 3.774895063202166e-8, 1.570796251296997, 7.549790126404332e-8],
  f64: [0.7853981633974483, 3.061616997868383e-17, 1.5707963267948966, 6.123233995736766e-17],
} as const;

/** atan x: the argument is turned by 0, π/4 or π/2 until |t| ≤ tan(π/8), with one division. */
export function atan(x: Expr): Expr {
  const a = new Arithmetic(x);
  const [quarterHi, quarterLo, halfHi, halfLo] = angles[a.dtype];
  const y = a.unary("abs", x);
  const middle = a.compare("gt", y, 0.4142135623730951);
  const large = a.compare("gt", y, 2.414213562373095);
  const numerator = a.select(large, -1, a.select(middle, a.sub(y, 1), y));
  const denominator = a.select(large, y, a.select(middle, a.add(y, 1), 1));
  const t = a.div(numerator, denominator);
  const z = a.mul(t, t);
  const tail = a.mul(a.mul(z, t), a.polynomial(z, coefficients.atan[a.dtype]));
  const lo = a.select(large, halfLo, a.select(middle, quarterLo, 0));
  const hi = a.select(large, halfHi, a.select(middle, quarterHi, 0));
  return a.withSignOf(a.add(hi, a.add(t, a.add(tail, lo))), x);
}
