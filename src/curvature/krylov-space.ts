/** One Krylov space of a symmetric matrix: an orthonormal basis, grown by products, and the matrix seen on it. */
import { dot, norm, type TridiagonalPair, tridiagonalEigen } from "../algebra/index.js";
import { symmetricEigen } from "./eigenvalues.js";
import { dimensionOf, type Inquiry, type VectorSpace } from "./products.js";

/**
 * Lanczos' recurrence with full reorthogonalisation, at right angles to given vectors:
 *
 *     A Q = Q T + β q eᵀ,   T = QᵀAQ
 *
 * T is tridiagonal until the space is `reduced` to some of its Ritz vectors (thick restart: Wu and Simon, SIAM J. Matrix Anal. Appl. 22, 2000); from then on
 * its first rows are an arrow.
 */
export class KrylovSpace {
  /** The largest |λ| seen so far. */
  scale: number;
  readonly #beside: readonly Float64Array[];
  readonly #room: number;
  readonly #fresh: (beside: readonly Float64Array[]) => Float64Array | undefined;
  readonly #basis: Float64Array[] = [];
  /** Values of the Ritz vectors that were kept, and their couplings with the vector behind them. */
  #kept: number[] = [];
  #couplings: number[] = [];
  #diagonal: number[] = [];
  #off: number[] = [];
  #next: Float64Array | undefined;

  /**
   * @param beside orthonormal vectors that stay outside
   * @param fresh a unit vector at right angles to some others, to begin with; undefined where there is none
   * @param scale the largest |λ| known
   */
  constructor(
    space: VectorSpace,
    beside: readonly Float64Array[],
    fresh: (beside: readonly Float64Array[]) => Float64Array | undefined,
    scale = 0,
  ) {
    this.#beside = beside;
    this.#room = dimensionOf(space) - beside.length;
    this.#fresh = fresh;
    this.scale = scale;
  }

  get dimension(): number {
    return this.#basis.length;
  }

  /** Whether there is no further direction. */
  get isWhole(): boolean {
    return this.#basis.length >= this.#room;
  }

  /** β: how far A leads out of the space; 0 where the space is closed under A. */
  get rest(): number {
    return this.#off.at(-1) ?? 0;
  }

  /** The next direction: at right angles to all so far. Undefined where there is none. */
  #direction(): Float64Array | undefined {
    return this.#next ?? (this.isWhole ? undefined : this.#fresh([...this.#beside, ...this.#basis]));
  }

  /** Takes one more direction in: "none" where there is none, "not-finite" where its product is not. */
  *grow(): Inquiry<"grown" | "none" | "not-finite"> {
    const basis = this.#basis;
    const q = this.#direction();
    if (q === undefined) return "none";
    const w = Float64Array.from(yield q);
    const along = dot(q, w);
    if (!Number.isFinite(along) || !Number.isFinite(norm(w))) return "not-finite";
    const before = this.rest;
    basis.push(q);
    this.#diagonal.push(along);
    this.scale = Math.max(this.scale, Math.abs(along));
    // Twice is enough (Kahan and Parlett).
    for (let round = 0; round < 2; round++) for (const v of [...this.#beside, ...basis]) subtract(w, v, dot(v, w));
    const rest = norm(w);
    const isClosed = rest <= 8 * Number.EPSILON * Math.max(this.scale, before) * Math.sqrt(this.#room);
    this.#off.push(isClosed ? 0 : rest);
    this.#next = isClosed ? undefined : w.map((x) => x / rest);
    return "grown";
  }

  /** Eigenvalues of T, ascending, with unit vectors in coordinates of the basis. */
  eigen(): TridiagonalPair[] {
    const pairs = this.#kept.length === 0 ? tridiagonalEigen(this.#diagonal, this.#off) : symmetricEigen(this.#arrow());
    for (const { value } of pairs) this.scale = Math.max(this.scale, Math.abs(value));
    return pairs;
  }

  /** ‖Av − λv‖ of a Ritz pair, as far as rounding is left aside. */
  residual({ vector }: TridiagonalPair): number {
    return Math.abs(this.rest * vector[vector.length - 1]);
  }

  /** From coordinates of the basis to those of A, of length 1. */
  lifted({ vector }: TridiagonalPair): Float64Array {
    const out = new Float64Array(this.#basis[0].length);
    this.#basis.forEach((v, k) => {
      subtract(out, v, -vector[k]);
    });
    const length = norm(out);
    return out.map((x) => x / length);
  }

  /** Keeps these Ritz vectors and the direction that would come next, and forgets the rest. */
  reduce(pairs: readonly TridiagonalPair[]): void {
    const basis = this.#basis;
    const [count, size] = [basis.length, basis[0].length];
    // In place, some elements of all vectors at a time.
    const part = 512;
    const sums = new Float64Array(part);
    const held = basis.map(() => new Float64Array(part));
    for (let from = 0; from < size; from += part) {
      const to = Math.min(size, from + part);
      basis.forEach((v, i) => {
        held[i].set(v.subarray(from, to));
      });
      pairs.forEach(({ vector }, k) => {
        sums.fill(0);
        for (let i = 0; i < count; i++) subtract(sums, held[i], -vector[i]);
        basis[k].set(sums.subarray(0, to - from), from);
      });
    }
    basis.length = pairs.length;
    this.#kept = pairs.map(({ value }) => value);
    this.#couplings = pairs.map(({ vector }) => this.rest * vector[count - 1]);
    this.#diagonal = [];
    this.#off = [];
  }

  /** T row by row, where its head is an arrow. */
  #arrow(): Float64Array[] {
    const first = this.#kept.length;
    const rows = Array.from({ length: this.dimension }, () => new Float64Array(this.dimension));
    const join = (i: number, j: number, value: number) => {
      if (i < rows.length && j < rows.length) [rows[i][j], rows[j][i]] = [value, value];
    };
    this.#kept.forEach((value, i) => {
      join(i, i, value);
      join(i, first, this.#couplings[i]);
    });
    this.#diagonal.forEach((value, k) => {
      join(first + k, first + k, value);
      join(first + k, first + k + 1, this.#off[k]);
    });
    return rows;
  }
}

/** w ← w − factor v */
function subtract(w: Float64Array, v: Float64Array, factor: number): void {
  for (let i = 0; i < w.length; i++) w[i] -= factor * v[i];
}
