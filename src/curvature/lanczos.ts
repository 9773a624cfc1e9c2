/** Extreme eigenvalues of symmetric operators that are known by their products alone. */
import { dot, norm, tridiagonalEigen } from "../algebra/index.js";
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";

/** A symmetric matrix A that is known by its products. */
export interface SymmetricOperator {
  /** Length of its vectors. */
  readonly size: number;
  /** The places that count, ascending: at all others its vectors are 0. Default: all. */
  readonly support?: ArrayLike<number>;
  /** A v. `v` is not kept. */
  times(v: Float64Array): ArrayLike<number>;
}

export interface ExtremeEigenvalueOptions {
  /** How many of the largest. Default 1. */
  readonly largest?: number;
  /** How many of the smallest. Default 1. */
  readonly smallest?: number;
  /** A pair is good enough where ‖Av − λv‖₂ is at most so large a part of the largest |λ|. Default 1e-10. */
  readonly tolerance?: number;
  /** Most products with A. Default 500. Each keeps a vector: 8 bytes an element. */
  readonly products?: number;
  /** Of the vector that it begins with. Default 0. */
  readonly seed?: number;
}

/** An eigenvalue and its eigenvector. */
export interface EigenPair {
  /** λ = vᵀAv */
  readonly value: number;
  /** v, of length 1. */
  readonly vector: Float64Array;
  /** ‖Av − λv‖₂, measured: an eigenvalue of A lies so near, and λ itself is nearer yet, by its square over the gap to the next one. */
  readonly residual: number;
}

export interface ExtremeEigenvalues {
  /** Descending. */
  readonly largest: readonly EigenPair[];
  /** Ascending. */
  readonly smallest: readonly EigenPair[];
  /** Whether all residuals are within the tolerance. */
  readonly converged: boolean;
  /** Products with A that it took. */
  readonly products: number;
}

/** What one Krylov space has to say. */
interface Found {
  readonly pairs: readonly { readonly value: number; readonly vector: Float64Array }[];
  /** Estimates of the residuals were good enough, or the space was all there is. */
  readonly settled: boolean;
}

/**
 * The largest and smallest eigenvalues of a symmetric operator with their eigenvectors, by Lanczos' method with full reorthogonalisation
 * (Lanczos 1950; Golub and Van Loan, Matrix Computations, 2013, §10.3).
 *
 *     K = span(q, Aq, A²q, …)      T = QᵀAQ, tridiagonal      A ≈ on K: Q T Qᵀ
 *
 * It begins with a seeded vector: equal calls give equal bits. For k products it keeps k vectors. One Krylov space holds each eigenvalue
 * once; where more than one is wanted it is begun again beside what was found, until nothing new turns up, so that
 * multiple eigenvalues come out as often as they are there.
 *
 * @param operator A, by its products: see `hessianOperator`
 * @param options see ExtremeEigenvalueOptions
 * @returns pairs whose values are NaN, and `converged` false, where a product is not finite
 * @throws SteepestError for unusable counts and tolerances
 * @example
 * ```ts
 * import { extremeEigenvalues, hessianOperator, problems, trace, tensor } from "steepest";
 * const bowl = problems.quadratic([1, 2, 5, 100], { rotation: 1 });
 * const { largest, smallest } = extremeEigenvalues(hessianOperator(trace(bowl.f, tensor(bowl.start))), { largest: 2 });
 * largest.map(({ value }) => value); // → [100, 5]
 * smallest[0].value;                 // → 1
 * ```
 */
export function extremeEigenvalues(operator: SymmetricOperator, options: ExtremeEigenvalueOptions = {}): ExtremeEigenvalues {
  const { largest = 1, smallest = 1, tolerance = 1e-10, products = 500, seed = 0 } = options;
  for (const [name, count] of Object.entries({ largest, smallest, products }))
    if (!Number.isInteger(count) || count < 0)
      throw new SteepestError({ problem: `the option ${name} is not usable`, expected: "a whole number ≥ 0", received: String(count) });
  if (!(tolerance > 0))
    throw new SteepestError({ problem: "the tolerance is not usable", expected: "a number > 0", received: `${tolerance}` });
  const dimension = operator.support?.length ?? operator.size;
  const random = new RandomStream(seed, "lanczos");
  const space = new KrylovSpaces(operator, random, tolerance, products);
  const wanted = { largest: Math.min(largest, dimension), smallest: Math.min(smallest, dimension) };
  let { pairs, settled } = space.explore([], wanted);
  // What has more than one eigenvector shows one of them to each space.
  const multiple = wanted.largest > 1 || wanted.smallest > 1;
  while (multiple && settled && pairs.length < dimension) {
    const next = space.explore(
      pairs.map(({ vector }) => vector),
      wanted,
    );
    settled = next.settled;
    const slack = tolerance * space.scale;
    const [top, bottom] = [endsOf(pairs, wanted).largest.at(-1), endsOf(pairs, wanted).smallest.at(-1)];
    const fresh = next.pairs.filter(
      ({ value }) =>
        (wanted.largest > 0 && (pairs.length < wanted.largest || value > (top?.value ?? 0) + slack)) ||
        (wanted.smallest > 0 && (pairs.length < wanted.smallest || value < (bottom?.value ?? 0) - slack)),
    );
    if (fresh.length === 0) break;
    pairs = [...pairs, ...fresh];
  }
  const ends = endsOf(pairs, wanted);
  const measured = new Map([...ends.largest, ...ends.smallest].map((pair) => [pair, space.measured(pair)]));
  const measure = (list: Found["pairs"]) => list.map((pair) => measured.get(pair)).filter((pair) => pair !== undefined);
  const result = { largest: measure(ends.largest), smallest: measure(ends.smallest) };
  const isGood = ({ residual }: EigenPair) => residual <= 2 * tolerance * space.scale;
  return { ...result, converged: settled && [...result.largest, ...result.smallest].every(isGood), products: space.products };
}

function endsOf(pairs: Found["pairs"], { largest, smallest }: { readonly largest: number; readonly smallest: number }) {
  const sorted = pairs.toSorted((a, b) => a.value - b.value);
  return { largest: sorted.toReversed().slice(0, largest), smallest: sorted.slice(0, smallest) };
}

class KrylovSpaces {
  readonly #operator: SymmetricOperator;
  readonly #support: ArrayLike<number>;
  readonly #random: RandomStream;
  readonly #tolerance: number;
  readonly #most: number;
  products = 0;
  /** The largest |λ| seen so far. */
  scale = 0;

  constructor(operator: SymmetricOperator, random: RandomStream, tolerance: number, most: number) {
    this.#operator = operator;
    this.#support = operator.support ?? Uint32Array.from({ length: operator.size }, (_, i) => i);
    this.#random = random;
    this.#tolerance = tolerance;
    this.#most = most;
  }

  /** Builds a Krylov space at right angles to `beside`, and takes its ends. */
  explore(beside: readonly Float64Array[], wanted: { readonly largest: number; readonly smallest: number }): Found {
    const room = this.#support.length - beside.length;
    const basis: Float64Array[] = [];
    const diagonal: number[] = [];
    const off: number[] = [];
    let look = Math.max(4, wanted.largest + wanted.smallest);
    let q = this.#start(beside);
    while (q !== undefined && basis.length < room && this.products < this.#most) {
      basis.push(q);
      const w = Float64Array.from(this.#times(q));
      const along = dot(q, w);
      if (!Number.isFinite(along) || !Number.isFinite(norm(w))) return this.#notFinite(wanted);
      diagonal.push(along);
      this.scale = Math.max(this.scale, Math.abs(along));
      // Twice is enough (Kahan and Parlett).
      for (let round = 0; round < 2; round++) for (const v of [...beside, ...basis]) subtract(w, v, dot(v, w));
      const rest = norm(w);
      const isClosed = rest <= 8 * Number.EPSILON * Math.max(this.scale, ...off.slice(-1)) * Math.sqrt(room);
      off.push(isClosed ? 0 : rest);
      if (isClosed || basis.length >= look || basis.length === room) {
        const ritz = tridiagonalEigen(diagonal, off);
        for (const { value } of ritz) this.scale = Math.max(this.scale, Math.abs(value));
        const ends = endsOf(ritz, wanted);
        const isGood = (pair: { readonly vector: Float64Array }) =>
          Math.abs(off[off.length - 1] * pair.vector[basis.length - 1]) <= this.#tolerance * this.scale;
        const enough = basis.length >= Math.min(room, Math.max(wanted.largest, wanted.smallest));
        if ((enough && [...ends.largest, ...ends.smallest].every(isGood)) || basis.length === room)
          return { pairs: unique([...ends.largest, ...ends.smallest]).map((pair) => lifted(pair, basis)), settled: true };
        look = basis.length + Math.max(4, basis.length >> 2);
      }
      q = isClosed ? this.#start([...beside, ...basis]) : w.map((x) => x / rest);
    }
    const ritz = tridiagonalEigen(diagonal, off);
    const ends = endsOf(ritz, wanted);
    return { pairs: unique([...ends.largest, ...ends.smallest]).map((pair) => lifted(pair, basis)), settled: false };
  }

  /** The pair with what it misses by, at the cost of one product. */
  measured({ value, vector }: { readonly value: number; readonly vector: Float64Array }): EigenPair {
    if (Number.isNaN(value)) return { value, vector, residual: value };
    const image = this.#times(vector);
    return { value, vector, residual: norm(vector.map((x, i) => image[i] - value * x)) };
  }

  #times(v: Float64Array): ArrayLike<number> {
    this.products++;
    return this.#operator.times(v.slice());
  }

  /** A random direction at right angles to all of `beside`; undefined where there is none. */
  #start(beside: readonly Float64Array[]): Float64Array | undefined {
    const v = new Float64Array(this.#operator.size);
    for (let k = 0; k < this.#support.length; k++) v[this.#support[k]] = this.#random.normal();
    const before = norm(v);
    for (let round = 0; round < 2; round++) for (const u of beside) subtract(v, u, dot(u, v));
    const length = norm(v);
    return length > 1e-10 * before ? v.map((x) => x / length) : undefined;
  }

  #notFinite({ largest, smallest }: { readonly largest: number; readonly smallest: number }): Found {
    const pair = { value: Number.NaN, vector: new Float64Array(this.#operator.size).fill(Number.NaN) };
    return { pairs: largest + smallest > 0 ? [pair] : [], settled: false };
  }
}

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];

/** w ← w − factor v */
function subtract(w: Float64Array, v: Float64Array, factor: number): void {
  for (let i = 0; i < w.length; i++) w[i] -= factor * v[i];
}

/** From the coordinates of the Krylov space back to those of A. */
function lifted({ value, vector }: { readonly value: number; readonly vector: Float64Array }, basis: readonly Float64Array[]) {
  const out = new Float64Array(basis[0].length);
  basis.forEach((v, k) => {
    subtract(out, v, -vector[k]);
  });
  const length = norm(out);
  return { value, vector: out.map((x) => x / length) };
}
