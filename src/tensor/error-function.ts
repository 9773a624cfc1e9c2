/** The error function in float64, for the reference. */

/**
 * erf x = 2/√π ∫₀ˣ e^(−t²) dt, to a few units of the last place: up to 2.5 the series
 *
 *     erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1)/(1·3·…·(2n+1))        (all terms of one sign: nothing cancels)
 *
 * and beyond it 1 − erfc x, with Laplace's continued fraction √π e^(x²) erfc x = 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x) || a === 0) return x;
  if (a > 6) return Math.sign(x);
  const bell = Math.exp(-a * a);
  if (a <= 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * bell * sum;
  }
  let fraction = a;
  for (let k = 80; k >= 1; k--) fraction = a + k / 2 / fraction;
  return Math.sign(x) * (1 - bell / fraction / Math.sqrt(Math.PI));
}
