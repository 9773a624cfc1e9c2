/** Extreme eigenvalues of symmetric operators that are known by their products alone. */
import { dot, norm, type TridiagonalPair } from "../algebra/index.js";
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import { KrylovSpace } from "./krylov-space.js";
import { answered, dimensionOf, type Inquiry, randomVector, type SymmetricOperator, type VectorSpace } from "./products.js";

export interface ExtremeEigenvalueOptions {
  /** How many of the largest. Default 1. */
  readonly largest?: number;
  /** How many of the smallest. Default 1. */
  readonly smallest?: number;
  /** A pair is good enough where ‖Av − λv‖₂ is at most so large a part of the largest |λ|. Default 1e-10. */
  readonly tolerance?: number;
  /** Most products with A. Default 500. */
  readonly products?: number;
  /**
   * Most vectors that are kept at once, 8 bytes an element each. When there are as many, the search goes on from the best of what they hold (thick restart).
   * Default: as many as there are products, where that is below 256 MB; else what fits there, but not more than 160, and not fewer than can be of use.
   */
  readonly vectors?: number;
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

interface RitzPair {
  readonly value: number;
  readonly vector: Float64Array;
}

/** What one Krylov space has to say. */
interface Found {
  readonly pairs: readonly RitzPair[];
  /** Estimates of the residuals were good enough, or the space was all there is. */
  readonly settled: boolean;
}

/** How many pairs are wanted at each end. */
interface Wanted {
  readonly largest: number;
  readonly smallest: number;
}

/** What has been found so far: only values beyond these are news. */
interface Bar {
  readonly top: number;
  readonly bottom: number;
}

/** Bytes that vectors may take unless their number is given. */
const ROOM = 256_000_000;

/**
 * The largest and smallest eigenvalues of a symmetric operator with their eigenvectors, by Lanczos' method with full reorthogonalisation
 * (Lanczos 1950; Golub and Van Loan, Matrix Computations, 2013, §10.3).
 *
 *     K = span(q, Aq, A²q, …)      T = QᵀAQ, tridiagonal      A ≈ on K: Q T Qᵀ
 *
 * It begins with a seeded vector: equal calls give equal bits. For k products it keeps k vectors, or fewer and
 * starts again from the best of them. One Krylov space holds each eigenvalue once; where more than one is wanted another is begun beside what was found, until it is
 * clear that nothing new turns up, so that multiple eigenvalues come out as often as they are there.
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
  return answered(extremes(operator, options), operator);
}

/** The same as a method that asks for its products: for operators whose products are made elsewhere. */
export function* extremes(space: VectorSpace, options: ExtremeEigenvalueOptions = {}): Inquiry<ExtremeEigenvalues> {
  const { largest = 1, smallest = 1, tolerance = 1e-10, products = 500, seed = 0 } = options;
  for (const [name, count] of Object.entries({ largest, smallest, products, vectors: options.vectors ?? 0 }))
    if (!Number.isInteger(count) || count < 0)
      throw new SteepestError({ problem: `the option ${name} is not usable`, expected: "a whole number ≥ 0", received: String(count) });
  if (!(tolerance > 0))
    throw new SteepestError({ problem: "the tolerance is not usable", expected: "a number > 0", received: `${tolerance}` });
  const dimension = dimensionOf(space);
  const wanted = { largest: Math.min(largest, dimension), smallest: Math.min(smallest, dimension) };
  if (wanted.largest + wanted.smallest === 0) return { largest: [], smallest: [], converged: true, products: 0 };
  const least = wanted.largest + wanted.smallest + 8;
  if (options.vectors !== undefined && options.vectors < Math.min(least, dimension))
    throw new SteepestError({
      problem: "the option vectors is not usable",
      expected: `at least ${Math.min(least, dimension)}, for ${wanted.largest + wanted.smallest} pairs`,
      received: String(options.vectors),
    });
  const fitting = Math.floor(ROOM / 8 / Math.max(1, space.size));
  const vectors = options.vectors ?? (products <= fitting ? products : Math.max(least, Math.min(160, fitting)));
  const search = new Search(space, { random: new RandomStream(seed, "lanczos"), tolerance, products, vectors, wanted });
  let { pairs, settled } = yield* search.explore([], undefined);
  // What has more than one eigenvector shows one of them to each space.
  const multiple = wanted.largest > 1 || wanted.smallest > 1;
  while (multiple && settled && pairs.length < dimension) {
    const known = endsOf(pairs, wanted);
    const slack = tolerance * search.scale;
    const bar = {
      top: wanted.largest === 0 ? Number.POSITIVE_INFINITY : (known.largest.at(-1)?.value ?? 0) + slack,
      bottom: wanted.smallest === 0 ? Number.NEGATIVE_INFINITY : (known.smallest.at(-1)?.value ?? 0) - slack,
    };
    const next = yield* search.explore(
      pairs.map(({ vector }) => vector),
      bar,
    );
    settled = next.settled;
    const fresh = next.pairs.filter(({ value }) => value > bar.top || value < bar.bottom);
    if (fresh.length === 0) break;
    pairs = [...pairs, ...fresh];
  }
  const ends = endsOf(pairs, wanted);
  const measured = new Map<RitzPair, EigenPair>();
  for (const pair of unique([...ends.largest, ...ends.smallest])) measured.set(pair, yield* search.measured(pair));
  const measure = (list: readonly RitzPair[]) => list.map((pair) => measured.get(pair)).filter((pair) => pair !== undefined);
  const result = { largest: measure(ends.largest), smallest: measure(ends.smallest) };
  const isGood = ({ residual }: EigenPair) => residual <= 2 * tolerance * search.scale;
  return { ...result, converged: settled && [...result.largest, ...result.smallest].every(isGood), products: search.products };
}

function endsOf<P extends { readonly value: number }>(pairs: readonly P[], { largest, smallest }: Wanted) {
  const sorted = pairs.toSorted((a, b) => a.value - b.value);
  return { largest: sorted.toReversed().slice(0, largest), smallest: sorted.slice(0, smallest) };
}

interface SearchSettings {
  readonly random: RandomStream;
  readonly tolerance: number;
  /** Most products. */
  readonly products: number;
  /** Most vectors of one space. */
  readonly vectors: number;
  readonly wanted: Wanted;
}

class Search {
  readonly #space: VectorSpace;
  readonly #settings: SearchSettings;
  products = 0;
  /** The largest |λ| seen so far. */
  scale = 0;

  constructor(space: VectorSpace, settings: SearchSettings) {
    this.#space = space;
    this.#settings = settings;
  }

  /**
   * Builds a Krylov space at right angles to `beside`, and takes its ends.
   *
   * @param bar beyond what values only pairs are of interest; without, all that are wanted
   */
  *explore(beside: readonly Float64Array[], bar: Bar | undefined): Inquiry<Found> {
    const { wanted, products, vectors } = this.#settings;
    const room = dimensionOf(this.#space) - beside.length;
    const space = new KrylovSpace(this.#space, beside, (others) => this.#start(others), this.scale);
    let look = Math.max(4, wanted.largest + wanted.smallest);
    while (this.products < products) {
      const outcome = yield* space.grow();
      if (outcome === "none") break;
      this.products++;
      if (outcome === "not-finite") return this.#notFinite();
      this.scale = Math.max(this.scale, space.scale);
      const isFull = space.dimension >= vectors;
      if (space.rest !== 0 && space.dimension < look && !space.isWhole && !isFull) continue;
      const pairs = space.eigen();
      this.scale = Math.max(this.scale, space.scale);
      const ends = endsOf(pairs, wanted);
      const isSettled =
        space.isWhole || (bar === undefined ? this.#isGood(space, ends, room) : this.#hasNoMore(space, pairs, bar, space.dimension));
      if (isSettled) return { pairs: this.#lifted(space, ends), settled: true };
      if (isFull) space.reduce(this.#worthKeeping(pairs));
      look = space.dimension + Math.max(4, space.dimension >> 2);
    }
    return { pairs: space.dimension === 0 ? [] : this.#lifted(space, endsOf(space.eigen(), wanted)), settled: false };
  }

  /** The pair with what it misses by, at the cost of one product. */
  *measured({ value, vector }: RitzPair): Inquiry<EigenPair> {
    if (Number.isNaN(value)) return { value, vector, residual: value };
    this.products++;
    const image = yield vector;
    return { value, vector, residual: norm(vector.map((x, i) => image[i] - value * x)) };
  }

  /** Whether all that are wanted are there and good. */
  #isGood(space: KrylovSpace, { largest, smallest }: ReturnType<typeof endsOf<TridiagonalPair>>, room: number): boolean {
    const { wanted, tolerance } = this.#settings;
    const enough = space.dimension >= Math.min(room, Math.max(wanted.largest, wanted.smallest));
    return enough && [...largest, ...smallest].every((pair) => space.residual(pair) <= tolerance * this.scale);
  }

  /** Whether each end is good down to the first value that is no news: from a random start, what stood beyond would have shown. */
  #hasNoMore(space: KrylovSpace, pairs: readonly TridiagonalPair[], { top, bottom }: Bar, dimension: number): boolean {
    const { wanted, tolerance } = this.#settings;
    const isGood = (pair: TridiagonalPair) => space.residual(pair) <= tolerance * this.scale;
    const isOver = (ordered: readonly TridiagonalPair[], count: number, isNews: (value: number, error: number) => boolean) => {
      const first = ordered.findIndex((pair) => !isNews(pair.value, isGood(pair) ? 0 : space.residual(pair)));
      const news = first < 0 ? ordered : ordered.slice(0, first);
      return news.every(isGood) && (first >= 0 || news.length >= Math.min(count, dimension));
    };
    return (
      isOver(pairs.toReversed(), wanted.largest, (value, error) => value + error > top) &&
      isOver(pairs, wanted.smallest, (value, error) => value - error < bottom)
    );
  }

  /** At a restart: what is wanted, and half of the rest on the same sides. */
  #worthKeeping(pairs: readonly TridiagonalPair[]): TridiagonalPair[] {
    const { largest, smallest } = this.#settings.wanted;
    const all = largest + smallest;
    const spare = Math.floor((pairs.length - all) / 2);
    const top = largest + Math.round((spare * largest) / Math.max(1, all));
    const bottom = smallest + Math.round((spare * smallest) / Math.max(1, all));
    return unique([...pairs.slice(0, bottom), ...pairs.slice(pairs.length - top)]);
  }

  #lifted(space: KrylovSpace, { largest, smallest }: ReturnType<typeof endsOf<TridiagonalPair>>): RitzPair[] {
    return unique([...largest, ...smallest]).map((pair) => ({ value: pair.value, vector: space.lifted(pair) }));
  }

  /** A random direction at right angles to all of `beside`; undefined where there is none. */
  #start(beside: readonly Float64Array[]): Float64Array | undefined {
    const { random } = this.#settings;
    const v = randomVector(this.#space, () => random.normal());
    const before = norm(v);
    for (let round = 0; round < 2; round++)
      for (const u of beside) {
        const along = dot(u, v);
        for (let i = 0; i < v.length; i++) v[i] -= along * u[i];
      }
    const length = norm(v);
    return length > 1e-10 * before ? v.map((x) => x / length) : undefined;
  }

  #notFinite(): Found {
    const { largest, smallest } = this.#settings.wanted;
    const pair = { value: Number.NaN, vector: new Float64Array(this.#space.size).fill(Number.NaN) };
    return { pairs: largest + smallest > 0 ? [pair] : [], settled: false };
  }
}

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];
