/** Operations made of others, where that takes more than a line. */
import type { Tensor } from "./tensor.js";
import { normalizeAxes } from "./types.js";

/** xⁿ by repeated squaring. */
export function integerPower(x: Tensor, n: number): Tensor {
  if (n < 0) return integerPower(x, -n).reciprocal();
  if (n === 0) return x.fill(1);
  if (n === 1) return x;
  const half = integerPower(x, Math.floor(n / 2));
  return n % 2 === 0 ? half.mul(half) : half.mul(half).mul(x);
}

/**
 * log(1 + eˣ) = m + log1p(e^(x−m) + (e^−m − 1)) with m = max(x, 0): neither overflows nor loses small values. It holds for every
 * m, so m is a constant to derivatives, which then have no kink at 0.
 */
export function softplus(x: Tensor): Tensor {
  const m = x.relu().stopGradient();
  return m.add(x.sub(m).exp().add(m.neg().expm1()).log1p());
}

/** log Σ exp x = m + log Σ exp(x − m) for every m, so m is a constant to derivatives; as the largest x it keeps exp in range. */
export function logSumExp(x: Tensor, axis: number): Tensor {
  const at = normalizeAxes(axis, x.rank, "logSumExp")[0];
  const top = x.max(at).stopGradient();
  return x
    .sub(alongOthers(top, x, at))
    .exp()
    .sum(at)
    .log()
    .add(top);
}

/** x − log Σ exp x */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  const at = normalizeAxes(axis, x.rank, "logSoftmax")[0];
  return x.sub(alongOthers(logSumExp(x, at), x, at));
}

/** What was reduced along one axis of x, repeated along it. */
function alongOthers(reduced: Tensor, x: Tensor, axis: number): Tensor {
  return reduced.broadcastAlong(
    x.shape,
    x.shape.map((_, a) => a).filter((a) => a !== axis),
  );
}
