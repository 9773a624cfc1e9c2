/** tanh. */

import type { Expr } from "../ir.js";
import { Arithmetic } from "./arithmetic.js";
import { coefficients } from "./coefficients.js";
import { exp } from "./exponential.js";

/** tanh x: a polynomial up to 0.625, then 1 − 2/(e^2|x| + 1), which is exact to rounding since the fraction is below ½. */
export function tanh(x: Expr): Expr {
  const a = new Arithmetic(x);
  const y = a.unary("abs", x);
  const z = a.mul(y, y);
  const small = a.add(y, a.mul(a.mul(z, y), a.polynomial(z, coefficients.tanh[a.dtype])));
  // From 20 on tanh is 1 to the last bit.
  const e = exp(a.atMost(a.add(y, y), 40));
  const large = a.sub(1, a.div(2, a.add(e, 1)));
  return a.withSignOf(a.select(a.compare("lt", y, 0.625), small, large), x);
}
