/** pow. The logarithm and its product with y are carried in two parts, since the exponential magnifies their error. */

import * as ir from "../expressions.js";
import type { Expr } from "../ir.js";
import type { Pair } from "./arithmetic.js";
import { Arithmetic } from "./arithmetic.js";
import { coefficients } from "./coefficients.js";
import { expOfPair } from "./exponential.js";
import { splitExponent } from "./logarithm.js";

const ln2 = [0.6931471805598903, 5.497923018708371e-14] as const;
const twoThirds = [0.6666666666666666, 3.700743415417188e-17] as const;

/**
 * x^y with the conventions of IEEE 754: x⁰ = 1 and 1^y = 1 even for NaN; a negative x wants a whole y, and takes its sign by
 * y's parity; zeros and infinities as the limits say.
 */
export function pow(x: Expr, y: Expr): Expr {
  const simple = y.kind === "constant" ? constantPower(x, Number(y.value)) : undefined;
  if (simple !== undefined) return simple;
  // 29 more bits than f32 has make its power right to the last bit but for the rarest ties.
  if (x.type.dtype === "f32") return ir.convert("f32", pow(ir.convert("f64", x), ir.convert("f64", y)));
  const a = new Arithmetic(x);
  const base = a.unary("abs", x);
  const magnitude = a.select(a.compare("eq", base, 1), 1, limits(a, base, y, finitePower(a, base, y)));
  const half = a.mul(y, 0.5);
  const whole = a.compare("eq", a.unary("trunc", y), y);
  const odd = ir.binary("and", whole, a.compare("ne", a.unary("trunc", half), half));
  // The sign bit of x, kept where y is odd.
  const sign = ir.select(odd, a.signBit(x), a.integer(0));
  const rootOfNegative = ir.binary(
    "and",
    ir.binary("and", a.compare("lt", x, 0), a.compare("gt", x, Number.NEGATIVE_INFINITY)),
    ir.binary("and", ir.unary("not", whole), a.compare("eq", y, y)),
  );
  const value = a.select(rootOfNegative, Number.NaN, a.flipSign(magnitude, sign));
  const unordered = ir.binary("or", a.compare("ne", x, x), a.compare("ne", y, y));
  const one = ir.binary("or", a.compare("eq", y, 0), a.compare("eq", x, 1));
  return a.select(one, 1, a.select(unordered, Number.NaN, value));
}

/** The commonest exponents, where they are written into the program as numbers. */
function constantPower(x: Expr, y: number): Expr | undefined {
  const a = new Arithmetic(x);
  if (y === 0) return a.constant(1);
  if (y === 1) return x;
  if (y === 2) return a.mul(x, x);
  if (y === 3) return a.mul(a.mul(x, x), x);
  if (y === -1) return a.div(1, x);
  // √−0 is −0 and √−∞ is NaN, but their powers of ½ are +0 and ∞.
  if (y === 0.5) return a.select(a.compare("eq", x, Number.NEGATIVE_INFINITY), Number.POSITIVE_INFINITY, a.unary("sqrt", a.add(x, 0)));
  return undefined;
}

/** Replaces the value where the base is 0 or ∞, or the exponent infinite. */
function limits(a: Arithmetic, base: Expr, y: Expr, value: Expr): Expr {
  const extreme = ir.binary("or", a.compare("eq", base, 0), a.compare("eq", base, Number.POSITIVE_INFINITY));
  const endless = a.compare("eq", a.unary("abs", y), Number.POSITIVE_INFINITY);
  const grows = ir.compare("eq", a.compare("gt", base, 1), a.compare("gt", y, 0));
  return a.select(ir.binary("or", extreme, endless), a.select(grows, Number.POSITIVE_INFINITY, 0), value);
}

/** base^y for a positive finite base and a finite y. */
function finitePower(a: Arithmetic, base: Expr, y: Expr): Expr {
  const l = logPair(a, base);
  // A |y| of 2⁶⁵ overflows or underflows with any base but 1, and keeps the exact product in range.
  const exponent = a.clamp(y, -(2 ** 65), 2 ** 65);
  const product = a.twoProduct(exponent, l.hi);
  const sum = a.fastTwoSum(product.hi, a.add(product.lo, a.mul(exponent, l.lo)));
  const inside = a.compare("lt", a.unary("abs", sum.hi), 800);
  return expOfPair(a, a.clamp(sum.hi, -746, 710), a.select(inside, sum.lo, 0));
}

/** log x to about 2⁻⁶⁴ relative: k·ln 2 + 2s + (2/3)s³ + s⁵·P(s²) with s = (m − 1)/(m + 1), all but the last term in two parts. */
function logPair(a: Arithmetic, x: Expr): Pair {
  const tiny = a.compare("lt", x, 2.2250738585072014e-308);
  const { k, m } = splitExponent(a, a.select(tiny, a.mul(x, 2 ** 52), x));
  const exponent = a.sub(k, a.select(tiny, 52, 0));
  const f = a.sub(m, 1);
  const denominator = a.twoSum(f, a.constant(2));
  const s = a.div(f, denominator.hi);
  const back = a.twoProduct(s, denominator.hi);
  const remainder = a.sub(a.sub(a.sub(f, back.hi), back.lo), a.mul(s, denominator.lo));
  const sLo = a.div(remainder, denominator.hi);
  const square = a.twoProduct(s, s);
  const squareLo = a.add(square.lo, a.mul(a.mul(s, sLo), 2));
  const cube = a.twoProduct(square.hi, s);
  const cubeLo = a.add(cube.lo, a.add(a.mul(square.hi, sLo), a.mul(squareLo, s)));
  const third = a.twoProduct(cube.hi, a.constant(twoThirds[0]));
  const thirdLo = a.add(third.lo, a.add(a.mul(cubeLo, twoThirds[0]), a.mul(cube.hi, twoThirds[1])));
  const fifth = a.mul(a.mul(cube.hi, square.hi), a.polynomial(square.hi, coefficients.log5.f64));
  // From the largest to the smallest: k·ln 2, 2s, (2/3)s³, then what is left.
  const first = a.fastTwoSum(a.mul(exponent, ln2[0]), a.mul(s, 2));
  const second = a.twoSum(first.hi, third.hi);
  const ln2Lo = a.twoSum(second.hi, a.mul(exponent, ln2[1]));
  const rest = a.add(a.add(a.add(thirdLo, a.mul(sLo, 2)), fifth), a.add(first.lo, a.add(second.lo, ln2Lo.lo)));
  return a.fastTwoSum(ln2Lo.hi, rest);
}
