/** Lengths of vectors of float64, without overflow. */

/** ‖v‖₂. Squares are taken of v divided by its largest entry, so that they neither overflow nor vanish. NaN where v holds one. */
export function norm(v: ArrayLike<number>, from = 0, to = v.length): number {
  let most = 0;
  for (let i = from; i < to; i++) {
    const size = Math.abs(v[i]);
    if (!(size <= most)) most = size;
    if (Number.isNaN(most)) return most;
  }
  if (most === 0 || most === Number.POSITIVE_INFINITY) return most;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const part = v[i] / most;
    sum += part * part;
  }
  return most * Math.sqrt(sum);
}

/** aᵀb */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
