/** Eigenvalues of symmetric tridiagonal matrices. */

/** An eigenvalue with its eigenvector of length 1. */
export interface TridiagonalPair {
  readonly value: number;
  readonly vector: Float64Array;
}

/** Rotations that an eigenvalue may take; two or three are usual. */
const PATIENCE = 60;

/**
 * All eigenvalues, ascending, with their eigenvectors, by implicit QL with shifts (Bowdler, Martin, Reinsch and Wilkinson 1968: `tql2`). It
 * costs about 3m³.
 *
 * @param diagonal m numbers
 * @param beside the m − 1 numbers beside the diagonal; what follows is not looked at
 */
export function tridiagonalEigen(diagonal: ArrayLike<number>, beside: ArrayLike<number>): TridiagonalPair[] {
  const m = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from({ length: m }, (_, i) => (i < m - 1 ? beside[i] : 0));
  const vectors = Array.from({ length: m }, (_, i) => new Float64Array(m).fill(1, i, i + 1));
  for (let l = 0; l < m; l++) {
    for (let turn = 0; turn < PATIENCE; turn++) {
      let end = l;
      while (end < m - 1 && Math.abs(e[end]) > Number.EPSILON * (Math.abs(d[end]) + Math.abs(d[end + 1]))) end++;
      if (end === l) break;
      chase(d, e, vectors, l, end);
    }
  }
  return vectors.map((vector, i) => ({ value: d[i], vector })).sort((a, b) => a.value - b.value);
}

/** One sweep of rotations from `end` up to `l`, with Wilkinson's shift. */
function chase(d: Float64Array, e: Float64Array, vectors: readonly Float64Array[], l: number, end: number): void {
  const half = (d[l + 1] - d[l]) / (2 * e[l]);
  const root = Math.hypot(half, 1);
  let g = d[end] - d[l] + e[l] / (half + (half >= 0 ? root : -root));
  let [s, c, p] = [1, 1, 0];
  for (let i = end - 1; i >= l; i--) {
    const f = s * e[i];
    const b = c * e[i];
    const length = Math.hypot(f, g);
    e[i + 1] = length;
    if (length === 0) {
      d[i + 1] -= p;
      e[end] = 0;
      return;
    }
    s = f / length;
    c = g / length;
    const q = d[i + 1] - p;
    const r = (d[i] - q) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = q + p;
    g = c * r - b;
    const [lower, upper] = [vectors[i], vectors[i + 1]];
    for (let k = 0; k < lower.length; k++) {
      const held = upper[k];
      upper[k] = s * lower[k] + c * held;
      lower[k] = c * lower[k] - s * held;
    }
  }
  d[l] -= p;
  e[l] = g;
  e[end] = 0;
}
