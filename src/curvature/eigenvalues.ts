/** Eigenvalues and eigenvectors of small symmetric matrices. */

/**
 * All eigenvalues of a symmetric matrix by Jacobi's rotations, in no order. Only for few rows: each sweep costs n³.
 *
 * @param matrix row by row; it is left as it is
 * @returns NaN among them where the matrix holds numbers that are not finite
 */
export function symmetricEigenvalues(matrix: readonly ArrayLike<number>[]): number[] {
  const a = matrix.map((row) => Float64Array.from(row));
  diagonalize(a, []);
  return a.map((row, i) => row[i]);
}

/** Eigenvalues in ascending order, with unit eigenvectors. */
export function symmetricEigen(matrix: readonly ArrayLike<number>[]): { readonly value: number; readonly vector: Float64Array }[] {
  const a = matrix.map((row) => Float64Array.from(row));
  // Row i of `vectors` holds coordinate i of all of them.
  const vectors = a.map((_, i) => new Float64Array(a.length).fill(1, i, i + 1));
  diagonalize(a, vectors);
  return a.map((row, i) => ({ value: row[i], vector: Float64Array.from(vectors, (v) => v[i]) })).sort((x, y) => x.value - y.value);
}

function diagonalize(a: readonly Float64Array[], vectors: readonly Float64Array[]): void {
  const n = a.length;
  for (let sweep = 0; sweep < 60; sweep++) {
    let [off, diagonal] = [0, 0];
    for (let p = 0; p < n; p++) {
      diagonal += a[p][p] * a[p][p];
      for (let q = p + 1; q < n; q++) {
        off += a[p][q] * a[p][q];
        if (a[p][q] !== 0 && Number.isFinite(a[p][q])) rotate(a, vectors, p, q);
      }
    }
    if (off <= 1e-36 * diagonal || off === 0) break;
  }
}

/** Makes a[p][q] zero. */
function rotate(a: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  const tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  for (const rows of [a, vectors]) for (const row of rows) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
  for (let k = 0; k < a.length; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
}
