/**
 * Elementary functions in whole-number arithmetic with hundreds of bits, from their series: slow, obvious, and apart from
 * everything in src/. Measures how far a float is from the exact value.
 */

/** m·2^e. */
export interface Exact {
  readonly m: bigint;
  readonly e: number;
}

/** Fractional bits of the fixed-point numbers below. */
const P = 400;
const ONE = 1n << BigInt(P);
const big = (n: number): bigint => BigInt(n);

const mul = (x: bigint, y: bigint): bigint => (x * y) >> big(P);
const div = (x: bigint, y: bigint): bigint => (x << big(P)) / y;
const abs = (x: bigint): bigint => (x < 0n ? -x : x);

const scratch = new DataView(new ArrayBuffer(8));

/** The exact value of a finite float64. */
export function exactly(x: number): Exact {
  scratch.setFloat64(0, x);
  const bits = scratch.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const m = exponent === 0 ? fraction : fraction | (1n << 52n);
  return { m: bits >> 63n ? -m : m, e: Math.max(exponent, 1) - 1075 };
}

const shift = (m: bigint, by: number): bigint => (by >= 0 ? m << big(by) : m >> big(-by));
const fixed = (x: number): bigint => {
  const { m, e } = exactly(x);
  return shift(m, e + P);
};

/** Σ ± x^(2k+1)/(2k+1) with alternating or equal signs: atan or atanh of a small x. */
function arcSeries(x: bigint, sign: 1n | -1n): bigint {
  const square = mul(x, x);
  let power = x;
  let sum = 0n;
  for (let k = 0; power !== 0n && power !== -1n; k++) {
    sum += power / big(2 * k + 1);
    power = sign * mul(power, square);
  }
  return sum;
}

const LN2 = 2n * arcSeries(ONE / 3n, 1n);
const PI = 4n * (4n * arcSeries(ONE / 5n, -1n) - arcSeries(ONE / 239n, -1n));

/** e^x as a fixed-point number times 2^n. */
function expFixed(x: bigint): Exact {
  const n = (2n * x + LN2) / (2n * LN2) - (x < 0n ? 1n : 0n);
  const r = (x - n * LN2) >> 20n;
  let term = ONE;
  let sum = 0n;
  for (let k = 1; term !== 0n && term !== -1n; k++) {
    sum += term;
    term = mul(term, r) / big(k);
  }
  for (let i = 0; i < 20; i++) sum = mul(sum, sum);
  return { m: sum, e: Number(n) - P };
}

function logFixed({ m, e }: Exact): bigint {
  const length = m.toString(2).length;
  const mantissa = shift(m, P - length);
  return 2n * arcSeries(div(mantissa - ONE, mantissa + ONE), 1n) + big(e + length) * LN2;
}

function sinCos(x: bigint): { s: bigint; c: bigint } {
  const quarter = PI / 2n;
  let n = x / quarter;
  let r = x - n * quarter;
  if (2n * abs(r) > quarter) {
    const step = r > 0n ? 1n : -1n;
    n += step;
    r -= step * quarter;
  }
  const series = (first: bigint, start: number): bigint => {
    const square = mul(r, r);
    let term = first;
    let sum = 0n;
    for (let k = start; term !== 0n && term !== -1n; k += 2) {
      sum += term;
      term = -mul(term, square) / big(k * (k + 1));
    }
    return sum;
  };
  const [s, c] = [series(r, 2), series(ONE, 1)];
  const turn = Number(((n % 4n) + 4n) % 4n);
  return [
    { s, c },
    { s: c, c: -s },
    { s: -s, c: -c },
    { s: -c, c: s },
  ][turn];
}

/** Where the function is x to more bits than are asked for. */
const isTiny = (x: number): boolean => Math.abs(x) < 2 ** -130;

const atFixed = (m: bigint): Exact => ({ m, e: -P });

export const exact = {
  exp: (x) => expFixed(fixed(x)),
  expm1: (x) => {
    if (isTiny(x)) return exactly(x);
    const { m, e } = expFixed(fixed(x));
    return e >= -P ? { m: m - shift(1n, -e), e } : atFixed(shift(m, e + P) - ONE);
  },
  log: (x) => atFixed(x === 1 ? 0n : logFixed(exactly(x))),
  log1p: (x) => (isTiny(x) ? exactly(x) : atFixed(logFixed(atFixed(fixed(x) + ONE)))),
  sin: (x) => (isTiny(x) ? exactly(x) : atFixed(sinCos(fixed(x)).s)),
  cos: (x) => atFixed(sinCos(fixed(x)).c),
  tan: (x) => {
    if (isTiny(x)) return exactly(x);
    const { s, c } = sinCos(fixed(x));
    return atFixed(div(s, c));
  },
  tanh: (x) => {
    if (isTiny(x)) return exactly(x);
    const { m, e } = expFixed(-2n * abs(fixed(x)));
    const t = shift(m, e + P);
    const value = div(ONE - t, ONE + t);
    return atFixed(x < 0 ? -value : value);
  },
  atan: (x) => {
    if (isTiny(x)) return exactly(x);
    // From a first guess θ: atan x = θ + atan((x − tan θ)/(1 + x·tan θ)).
    const guess = fixed(Math.atan(x));
    const { s, c } = sinCos(guess);
    const X = fixed(x);
    return atFixed(guess + arcSeries(div(mul(X, c) - s, c + mul(X, s)), -1n));
  },
  erf: (x) => {
    if (isTiny(x)) {
      const { m, e } = exactly(x);
      return { m: (m * 2n * ONE * ONE) / sqrt(PI << big(P)), e: e - P };
    }
    const X = fixed(Math.max(-10, Math.min(10, x)));
    const square = mul(X, X);
    let power = X;
    let sum = 0n;
    for (let k = 0; power !== 0n && power !== -1n; k++) {
      sum += power / big(2 * k + 1);
      power = -mul(power, square) / big(k + 1);
    }
    return atFixed(div(2n * sum, sqrt(PI << big(P))));
  },
  pow: (x, y) => {
    const { m, e } = exactly(y);
    const l = logFixed(exactly(Math.abs(x))) * m;
    const { m: value, e: exponent } = expFixed(shift(l, e));
    return { m: x < 0 && y % 2 !== 0 ? -value : value, e: exponent };
  },
} satisfies Record<string, (x: number, y: number) => Exact>;

/** The whole square root, by Newton's method. */
function sqrt(x: bigint): bigint {
  let root = 1n << big(Math.ceil(x.toString(2).length / 2));
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

const formats = {
  f32: { bits: 24, least: -149, largest: 3.4028234663852886e38 },
  f64: { bits: 53, least: -1074, largest: Number.MAX_VALUE },
} as const;

/** |got − exact| in units of the last place of the format at the exact value. Infinite where the kind of result is wrong. */
export function ulps(got: number, value: Exact, dtype: "f32" | "f64"): number {
  const { bits, least, largest } = formats[dtype];
  const length = value.m === 0n ? 0 : abs(value.m).toString(2).length;
  // 8 guard bits below the last place.
  const place = Math.max(length + value.e - bits, least) - 8;
  const wanted = shift(value.m, value.e - place);
  if (!Number.isFinite(got)) {
    const overflow = exactly(largest);
    // Infinity is right where the exact value rounds up past the largest number.
    return !Number.isNaN(got) && abs(wanted) >= shift(2n * overflow.m + 1n, overflow.e - 1 - place) && got > 0 === wanted > 0n
      ? 0.5
      : Infinity;
  }
  const { m, e } = exactly(got);
  return Number(abs(shift(m, e - place) - wanted)) / 256;
}
