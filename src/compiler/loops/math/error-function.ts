/** erf. */

import type { Expr } from "../ir.js";
import { Arithmetic } from "./arithmetic.js";
import { coefficients } from "./coefficients.js";
import { exp } from "./exponential.js";

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt: a polynomial up to 1, then 1 − exp P(|x|). */
export function erf(x: Expr): Expr {
  const a = new Arithmetic(x);
  const end = a.pick(4, 6);
  const y = a.unary("abs", x);
  const z = a.mul(y, y);
  const small = a.add(y, a.mul(y, a.polynomial(z, coefficients.erf[a.dtype])));
  // At the end of the polynomial's range erf is 1 to the last bit.
  const u = a.sub(a.atMost(y, end), 1);
  const large = a.sub(1, exp(a.polynomial(u, coefficients.erfc[a.dtype])));
  return a.withSignOf(a.select(a.compare("lt", y, 1), small, large), x);
}
