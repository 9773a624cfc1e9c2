/**
 * Floating-point arithmetic on loop expressions of one type, f32 or f64, any lanes. Everything is built from operations whose
 * bits WebAssembly fixes, in one order, so scalar and vector code give the same bits.
 */
import * as ir from "../expressions.js";
import type { BinaryOp, CompareOp, Expr, UnaryOp, VectorType } from "../ir.js";

export type FloatDType = "f32" | "f64";

/** A value as the unevaluated sum of two floats, the second below the first's last bit. */
export interface Pair {
  readonly hi: Expr;
  readonly lo: Expr;
}

export class Arithmetic {
  readonly dtype: FloatDType;
  readonly type: VectorType;
  /** The integers that hold this type's bit patterns. */
  readonly bitsType: VectorType;

  constructor(x: Expr) {
    if (x.type.dtype !== "f32" && x.type.dtype !== "f64") throw new Error(`internal: an elementary function of ${ir.describe(x.type)}`);
    this.dtype = x.type.dtype;
    this.type = x.type;
    this.bitsType = { dtype: this.dtype === "f32" ? "i32" : "i64", lanes: x.type.lanes };
  }

  /** The f32 choice or the f64 choice. */
  pick<T>(f32: T, f64: T): T {
    return this.dtype === "f32" ? f32 : f64;
  }

  constant(value: number): Expr {
    return ir.constant(this.type, value);
  }

  unary(op: UnaryOp, x: Expr): Expr {
    return ir.unary(op, x);
  }

  add(x: Expr, y: Expr | number): Expr {
    return ir.add(x, this.#operand(y));
  }

  sub(x: Expr | number, y: Expr | number): Expr {
    return ir.sub(this.#operand(x), this.#operand(y));
  }

  mul(x: Expr, y: Expr | number): Expr {
    return ir.mul(x, this.#operand(y));
  }

  div(x: Expr | number, y: Expr): Expr {
    return ir.div(this.#operand(x), y);
  }

  /** x·y + z; a machine in `fast` mode may fuse it, so it is not used where a rounding error is computed. */
  multiplyAdd(x: Expr, y: Expr | number, z: Expr | number): Expr {
    return ir.multiplyAdd(x, this.#operand(y), this.#operand(z));
  }

  compare(op: CompareOp, x: Expr, y: Expr | number): Expr {
    return ir.compare(op, x, this.#operand(y));
  }

  select(condition: Expr, x: Expr | number, y: Expr | number): Expr {
    return ir.select(condition, this.#operand(x), this.#operand(y));
  }

  /** The lesser of x and a bound; NaN stays. Written as a selection, which is cheaper than `min`. */
  atMost(x: Expr, bound: number): Expr {
    return this.select(this.compare("gt", x, bound), bound, x);
  }

  atLeast(x: Expr, bound: number): Expr {
    return this.select(this.compare("lt", x, bound), bound, x);
  }

  clamp(x: Expr, low: number, high: number): Expr {
    return this.atMost(this.atLeast(x, low), high);
  }

  /** c₀ + c₁x + c₂x² + … by Horner's rule. */
  polynomial(x: Expr, coefficients: readonly number[]): Expr {
    let sum = this.constant(coefficients[coefficients.length - 1]);
    for (let k = coefficients.length - 2; k >= 0; k--) sum = this.multiplyAdd(sum, x, coefficients[k]);
    return sum;
  }

  bits(x: Expr): Expr {
    return ir.bitcast(this.bitsType.dtype, x);
  }

  float(bits: Expr): Expr {
    return ir.bitcast(this.dtype, bits);
  }

  integer(value: number | bigint): Expr {
    return ir.constant(this.bitsType, value);
  }

  bitwise(op: BinaryOp, bits: Expr, value: number | bigint | Expr): Expr {
    return ir.binary(op, bits, typeof value === "object" ? value : this.integer(value));
  }

  /** The sign bit of x alone, as bits. */
  signBit(x: Expr): Expr {
    return this.bitwise("and", this.bits(x), this.pick<number | bigint>(-(2 ** 31), -(2n ** 63n)));
  }

  /** `magnitude` with the sign of x, for a magnitude whose sign bit is clear or that already has x's sign. */
  withSignOf(magnitude: Expr, x: Expr): Expr {
    return this.float(this.bitwise("or", this.bits(magnitude), this.signBit(x)));
  }

  /** Negates y where the bit is set: `bits` is a sign bit or zero. */
  flipSign(y: Expr, bits: Expr): Expr {
    return this.float(this.bitwise("xor", this.bits(y), bits));
  }

  /**
   * 2ⁿ for a whole number n that is an exponent of a normal number. Added to 1.5·2^p (p the bits of the fraction) a small
   * whole number lies in the lowest bits as it is; shifted up by p it is the exponent.
   */
  powerOfTwo(n: Expr): Expr {
    const fraction = this.pick(23, 52);
    const magic = this.pick(12582912 + 127, 6755399441055744 + 1023);
    return this.float(this.bitwise("shl", this.bits(this.add(n, magic)), fraction));
  }

  /** y·2ⁿ with one rounding, also where the result is subnormal or overflows. */
  scale(y: Expr, n: Expr): Expr {
    const half = this.unary("floor", this.mul(n, 0.5));
    return this.mul(this.mul(y, this.powerOfTwo(half)), this.powerOfTwo(this.sub(n, half)));
  }

  /** The exact sum of two floats (Knuth): six operations, whatever their sizes. */
  twoSum(x: Expr, y: Expr): Pair {
    const hi = this.add(x, y);
    const part = this.sub(hi, x);
    return { hi, lo: this.add(this.sub(x, this.sub(hi, part)), this.sub(y, part)) };
  }

  /** The exact sum where |x| ≥ |y| or x = 0 (Dekker). */
  fastTwoSum(x: Expr, y: Expr): Pair {
    const hi = this.add(x, y);
    return { hi, lo: this.sub(y, this.sub(hi, x)) };
  }

  /** The exact product (Dekker, Veltkamp's splitting); wants |x|, |y| < 2^995 in f64. */
  twoProduct(x: Expr, y: Expr): Pair {
    const hi = this.mul(x, y);
    const [a, b] = [this.#split(x), this.#split(y)];
    let lo = this.sub(this.mul(a.hi, b.hi), hi);
    lo = this.add(this.add(lo, this.mul(a.hi, b.lo)), this.mul(a.lo, b.hi));
    return { hi, lo: this.add(lo, this.mul(a.lo, b.lo)) };
  }

  #split(x: Expr): Pair {
    const scaled = this.mul(x, this.pick(4097, 134217729));
    const hi = this.sub(scaled, this.sub(scaled, x));
    return { hi, lo: this.sub(x, hi) };
  }

  #operand(x: Expr | number): Expr {
    return typeof x === "number" ? this.constant(x) : x;
  }
}
