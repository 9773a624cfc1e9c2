/** The damped step whose length is that of the trust region (Moré 1978). */
import { norm, Qr } from "../../algebra/index.js";
import type { LinearModel } from "./linear-model.js";

export interface DampedStep {
  readonly step: Float64Array;
  /** λ, 0 where the whole step of Gauss and Newton fits. */
  readonly damping: number;
  /** ‖D p‖ */
  readonly length: number;
  /** ‖J p‖ */
  readonly change: number;
}

/**
 * The minimiser of the linear model within the region,
 *
 *     min ‖r + J p‖²  for  ‖D p‖ ≤ Δ,   that is  (JᵀJ + λD²) p = −Jᵀr
 *
 * with λ by Newton's method on 1/‖D p(λ)‖ = 1/Δ, to a tenth of Δ. Each p(λ) comes from a QR factorisation of R over √λ D, never from JᵀJ.
 *
 * @param weights D, by parameter
 * @param damping λ of the step before, where the search begins
 */
export function dampedStep(model: LinearModel, weights: Float64Array, radius: number, damping: number): DampedStep {
  const { qr, scale, seen, rank, step: newton } = model;
  const n = scale.length;
  const finish = (step: Float64Array, lambda: number): DampedStep => ({
    step,
    damping: lambda,
    length: norm(step.map((p, j) => p * weights[j])),
    change: changeOf(model, step),
  });
  const whole = finish(newton, 0);
  if (whole.length <= 1.1 * radius) return whole;

  // In the scaled parameters u = C p.
  const d = weights.map((w, j) => w / scale[j]);
  const r = qr.upper();
  /** Where ‖D p‖ goes as λ grows: the correction of Newton's method. */
  const correction = (factor: Qr, { step, length }: DampedStep): number => {
    const slope = norm(factor.solveTransposed(step.map((p, j) => (d[j] * weights[j] * p) / length)));
    return (length - radius) / radius / (slope * slope);
  };
  const descent = Float64Array.from({ length: n }, (_, j) => {
    const column = qr.permutation[j];
    let sum = 0;
    for (let i = 0; i <= Math.min(j, r.rows - 1); i++) sum += qr.r(i, j) * seen[i];
    return sum / d[column];
  });
  let high = norm(descent) / radius;
  if (high === 0) high = Number.MIN_VALUE / Math.min(radius, 0.1);
  let low = rank === n ? correction(qr, whole) : 0;
  let lambda = Math.min(Math.max(damping, low), high);
  if (lambda === 0) lambda = norm(descent) / whole.length;
  let best = whole;
  for (let trial = 0; trial < 10; trial++) {
    if (lambda === 0) lambda = Math.max(Number.MIN_VALUE, 0.001 * high);
    const before = best.length - radius;
    const { factor, step } = damped(model, r.data, r.rows, d, lambda);
    best = finish(step, lambda);
    const over = best.length - radius;
    if (Math.abs(over) <= 0.1 * radius || (low === 0 && over <= before && before < 0)) break;
    if (over > 0) low = Math.max(low, lambda);
    else high = Math.min(high, lambda);
    lambda = Math.max(low, lambda + correction(factor, best));
  }
  return best;
}

/** p(λ) from the QR factorisation of R over √λ D. */
function damped(
  { qr, scale, seen }: LinearModel,
  upper: Float64Array,
  upperRows: number,
  d: Float64Array,
  lambda: number,
): { readonly factor: Qr; readonly step: Float64Array } {
  const n = scale.length;
  const root = Math.sqrt(lambda);
  const data = new Float64Array((upperRows + n) * n);
  // The columns of R stand in the order of the permutation; here they stand in their own.
  for (let i = 0; i < upperRows; i++) for (let j = i; j < n; j++) data[i * n + qr.permutation[j]] = upper[i * n + j];
  for (let j = 0; j < n; j++) data[(upperRows + j) * n + j] = root * d[j];
  const factor = new Qr({ rows: upperRows + n, columns: n, data });
  const right = new Float64Array(upperRows + n);
  right.set(seen);
  const u = factor.solve(factor.transposedTimes(right), n);
  return { factor, step: u.map((x, j) => -x / scale[j]) };
}

/** ‖J p‖ = ‖R Pᵀ C p‖ */
function changeOf({ qr, scale }: LinearModel, step: Float64Array): number {
  const rows = Math.min(qr.rows, qr.columns);
  const image = new Float64Array(rows);
  for (let i = 0; i < rows; i++)
    for (let j = i; j < qr.columns; j++) {
      const column = qr.permutation[j];
      image[i] += qr.r(i, j) * scale[column] * step[column];
    }
  return norm(image);
}
