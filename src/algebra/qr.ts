/** Orthogonal factorisation of small dense matrices in float64. */
import { norm } from "./vectors.js";

/** A matrix row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/**
 * A = Q R Pᵀ by Householder's reflections. With pivoting the largest remaining column comes first, so that the diagonal of R falls in size
 * and shows the rank (Businger and Golub 1965). Least squares by it loses as many digits as A's condition number has; by the normal
 * equations AᵀA it would be twice as many.
 */
export class Qr {
  readonly rows: number;
  readonly columns: number;
  /** Column k of A P is column permutation[k] of A. */
  readonly permutation: Int32Array;
  /** ‖A's columns‖₂, in their own order. */
  readonly columnNorms: Float64Array;
  /** Column by column, in the order of the permutation: R on and above the diagonal, the reflections' vectors below it. */
  readonly #work: Float64Array;
  /** First entries of those vectors, which are scaled to ‖v‖² = 2. */
  readonly #heads: Float64Array;

  constructor({ rows, columns, data }: Matrix, { pivoting = true }: { readonly pivoting?: boolean } = {}) {
    this.rows = rows;
    this.columns = columns;
    this.#work = new Float64Array(rows * columns);
    for (let j = 0; j < columns; j++) for (let i = 0; i < rows; i++) this.#work[j * rows + i] = data[i * columns + j];
    this.#heads = new Float64Array(Math.min(rows, columns));
    this.permutation = Int32Array.from({ length: columns }, (_, j) => j);
    this.columnNorms = Float64Array.from({ length: columns }, (_, j) => norm(this.#work, j * rows, (j + 1) * rows));
    for (let k = 0; k < this.#heads.length; k++) {
      if (pivoting) this.#pivot(k);
      this.#reflect(k);
    }
  }

  /** R[i][j] for i ≤ j, in the order of the permutation. */
  r(i: number, j: number): number {
    return this.#work[j * this.rows + i];
  }

  /** R alone, min(rows, columns) × columns. */
  upper(): Matrix {
    const rows = this.#heads.length;
    const data = new Float64Array(rows * this.columns);
    for (let i = 0; i < rows; i++) for (let j = i; j < this.columns; j++) data[i * this.columns + j] = this.r(i, j);
    return { rows, columns: this.columns, data };
  }

  /** How many diagonal entries of R are larger than `share` times the first. Default share: 8 ε max(rows, columns). */
  rank(share = 8 * Math.max(this.rows, this.columns) * Number.EPSILON): number {
    const first = Math.abs(this.r(0, 0));
    let rank = 0;
    while (rank < this.#heads.length && Math.abs(this.r(rank, rank)) > share * first) rank++;
    return rank;
  }

  /** Qᵀb */
  transposedTimes(b: ArrayLike<number>): Float64Array {
    const out = Float64Array.from(b);
    for (let k = 0; k < this.#heads.length; k++) this.#apply(k, out, 0);
    return out;
  }

  /** x with R₁₁ x₁ = c₁ for the first `rank` columns, the others 0, in A's own order: the basic solution of A x ≈ b for c = Qᵀb. */
  solve(c: ArrayLike<number>, rank = this.rank()): Float64Array {
    const x = new Float64Array(this.columns);
    for (let i = rank - 1; i >= 0; i--) {
      let sum = c[i];
      for (let j = i + 1; j < rank; j++) sum -= this.r(i, j) * x[this.permutation[j]];
      x[this.permutation[i]] = sum / this.r(i, i);
    }
    return x;
  }

  /** z with Rᵀ z = Pᵀv, for R of full rank. */
  solveTransposed(v: ArrayLike<number>): Float64Array {
    const z = new Float64Array(this.columns);
    for (let j = 0; j < this.columns; j++) {
      let sum = v[this.permutation[j]];
      for (let i = 0; i < j; i++) sum -= this.r(i, j) * z[i];
      z[j] = sum / this.r(j, j);
    }
    return z;
  }

  /** (AᵀA)⁻¹ = P R⁻¹R⁻ᵀ Pᵀ, row by row, for R of full rank. */
  inverseGram(): Float64Array {
    const n = this.columns;
    const inverse = new Float64Array(n * n);
    const unit = new Float64Array(n);
    for (let j = 0; j < n; j++) {
      unit.fill(0);
      unit[j] = 1;
      const column = this.solve(this.solveTransposed(unit), n);
      for (let i = 0; i < n; i++) inverse[i * n + j] = column[i];
    }
    return inverse;
  }

  /** Brings the longest of the columns k … to place k. */
  #pivot(k: number): void {
    const { rows, columns } = this;
    let longest = k;
    let length = -1;
    for (let j = k; j < columns; j++) {
      const here = norm(this.#work, j * rows + k, (j + 1) * rows);
      if (here > length) [longest, length] = [j, here];
    }
    if (longest === k) return;
    const held = this.#work.slice(k * rows, (k + 1) * rows);
    this.#work.copyWithin(k * rows, longest * rows, (longest + 1) * rows);
    this.#work.set(held, longest * rows);
    const name = this.permutation[k];
    this.permutation[k] = this.permutation[longest];
    this.permutation[longest] = name;
  }

  /** Makes column k zero below its diagonal. */
  #reflect(k: number): void {
    const { rows, columns } = this;
    const start = k * rows;
    const length = norm(this.#work, start + k, start + rows);
    // v = x ∓ ‖x‖e₁ with the sign that adds; H = I − vvᵀ once ‖v‖² = 2.
    const first = this.#work[start + k];
    const diagonal = first > 0 ? -length : length;
    if (length > 0) {
      const scale = Math.sqrt(1 + Math.abs(first) / length);
      for (let i = k + 1; i < rows; i++) this.#work[start + i] /= length * scale;
      this.#heads[k] = first > 0 ? scale : -scale;
    }
    for (let j = k + 1; j < columns; j++) this.#apply(k, this.#work, j * rows);
    this.#work[start + k] = diagonal;
  }

  /** Reflection k of the vector that begins at `offset`. */
  #apply(k: number, target: Float64Array, offset: number): void {
    const start = k * this.rows;
    let product = this.#heads[k] * target[offset + k];
    for (let i = k + 1; i < this.rows; i++) product += this.#work[start + i] * target[offset + i];
    target[offset + k] -= product * this.#heads[k];
    for (let i = k + 1; i < this.rows; i++) target[offset + i] -= product * this.#work[start + i];
  }
}
