/** How the eigenvalues of a symmetric operator are spread, from products alone. */
import { norm } from "../algebra/index.js";
import { SteepestError } from "../tensor/error.js";
import { KrylovSpace } from "./krylov-space.js";
import { answered, dimensionOf, type Inquiry, type SymmetricOperator, type VectorSpace } from "./products.js";
import { signs, type TraceEstimate, traceOf } from "./trace-estimate.js";

export interface DensityOptions {
  /** Random vectors, each with a Krylov space of its own. Default 4. */
  readonly probes?: number;
  /** Dimension of each space: products for each probe. Default 40. */
  readonly steps?: number;
  /** Names the vectors. Default 0. */
  readonly seed?: number;
}

/**
 * The spectrum of a symmetric matrix of n rows as a distribution: weights ωᵢ at nodes θᵢ, with Σ ωᵢ = 1, each weight the share of eigenvalues near its node.
 */
export class SpectralDensity {
  /** n */
  readonly dimension: number;
  /** θ, ascending. */
  readonly nodes: Float64Array;
  /** ω */
  readonly weights: Float64Array;
  /** tr A, which the same vectors give for nothing (see `estimateTrace`). */
  readonly trace: TraceEstimate;
  /** Products with A that it took. */
  readonly products: number;

  constructor(parts: {
    readonly dimension: number;
    readonly nodes: Float64Array;
    readonly weights: Float64Array;
    readonly trace: TraceEstimate;
    readonly products: number;
  }) {
    this.dimension = parts.dimension;
    this.nodes = parts.nodes;
    this.weights = parts.weights;
    this.trace = parts.trace;
    this.products = parts.products;
  }

  /** From the smallest node to the largest. */
  get range(): readonly [number, number] {
    return [this.nodes[0], this.nodes[this.nodes.length - 1]];
  }

  /** σ for `at`, unless another is given: a hundredth of the range. */
  get bandwidth(): number {
    const [low, high] = this.range;
    return (high > low ? high - low : Math.max(Math.abs(high), 1)) / 100;
  }

  /** (1/n) tr Aᵖ = Σ ωᵢ θᵢᵖ, for p ≥ 0. It is an exact quadrature of its probes up to p = 2 · steps − 1; what is left is their scatter. */
  moment(power: number): number {
    if (!Number.isInteger(power) || power < 0)
      throw new SteepestError({ problem: "there is no such moment", expected: "a whole number ≥ 0", received: String(power) });
    return this.nodes.reduce((sum, node, i) => {
      let term = this.weights[i];
      for (let p = 0; p < power; p++) term *= node;
      return sum + term;
    }, 0);
  }

  /** The share of eigenvalues below t, in [0, 1]. */
  below(t: number): number {
    return this.nodes.reduce((sum, node, i) => (node < t ? sum + this.weights[i] : sum), 0);
  }

  /**
   * The density at t, each node as a Gaussian: Σ ωᵢ exp(−(t − θᵢ)²/2σ²) / (σ√2π). Its integral is 1.
   *
   * @param bandwidth σ
   */
  at(t: number, bandwidth = this.bandwidth): number {
    if (!(bandwidth > 0 && bandwidth < Number.POSITIVE_INFINITY))
      throw new SteepestError({ problem: "the bandwidth is not usable", expected: "a number > 0", received: String(bandwidth) });
    let sum = 0;
    for (let i = 0; i < this.nodes.length; i++) {
      const z = (t - this.nodes[i]) / bandwidth;
      sum += this.weights[i] * Math.exp(-0.5 * z * z);
    }
    return sum / (bandwidth * Math.sqrt(2 * Math.PI));
  }

  toJSON(): object {
    const { dimension, nodes, weights, trace, products } = this;
    return { dimension, nodes: [...nodes], weights: [...weights], trace, products };
  }
}

/**
 * The spectral density of a symmetric operator by stochastic Lanczos quadrature (Golub and Welsch 1969; Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38, 2017; for
 * networks Ghorbani, Krishnan and Xiao, arXiv 1901.10159). From a vector z of random signs Lanczos' method gives T with eigenvalues θᵢ and unit vectors yᵢ; then
 *
 *     zᵀ f(A) z / n ≈ Σᵢ ωᵢ f(θᵢ),   ωᵢ = (first entry of yᵢ)²
 *
 * exactly for polynomials of degree below 2 · steps, and the mean over z is tr f(A)/n. With full reorthogonalisation, so that no node is there twice.
 *
 * @returns nodes NaN where a product is not finite
 * @throws SteepestError for unusable counts
 * @example
 * ```ts
 * import { spectralDensity } from "steepest";
 * const values = Array.from({ length: 1000 }, (_, i) => (i < 990 ? i / 990 : 5));
 * const density = spectralDensity({ size: 1000, times: (v) => v.map((x, i) => x * values[i]) });
 * Math.abs(density.below(2) - 0.99) < 0.01; // → true
 * density.range[1];                         // → 5.0000
 * ```
 */
export function spectralDensity(operator: SymmetricOperator, options: DensityOptions = {}): SpectralDensity {
  return answered(densityNodes(operator, options), operator);
}

/** The same as a method that asks for its products. */
export function* densityNodes(space: VectorSpace, { probes = 4, steps = 40, seed = 0 }: DensityOptions = {}): Inquiry<SpectralDensity> {
  for (const [name, count] of Object.entries({ probes, steps }))
    if (!Number.isSafeInteger(count) || count < 1)
      throw new SteepestError({ problem: `the option ${name} is not usable`, expected: "a whole number ≥ 1", received: String(count) });
  const dimension = dimensionOf(space);
  const all: { readonly value: number; readonly weight: number }[] = [];
  const samples: number[] = [];
  let products = 0;
  for (let probe = 0; probe < probes; probe++) {
    const z = signs(space, seed, probe);
    const length = norm(z);
    const first = z.map((x) => x / length);
    const krylov = new KrylovSpace(space, [], (others) => (others.length === 0 ? first : undefined));
    // Where A does not lead out of the space of z, that space says all that there is to be said of z.
    for (let step = 0; step < steps && (step === 0 || krylov.rest !== 0); step++) {
      products++;
      if ((yield* krylov.grow()) === "not-finite") return unknown(dimension, products);
    }
    const pairs = krylov.eigen().map(({ value, vector }) => ({ value, weight: vector[0] * vector[0] }));
    samples.push(dimension * pairs.reduce((sum, { value, weight }) => sum + weight * value, 0));
    all.push(...pairs);
  }
  all.sort((a, b) => a.value - b.value);
  return new SpectralDensity({
    dimension,
    nodes: Float64Array.from(all, ({ value }) => value),
    weights: Float64Array.from(all, ({ weight }) => weight / probes),
    trace: traceOf(samples),
    products,
  });
}

/** What is known after a product that is not finite. */
function unknown(dimension: number, products: number): SpectralDensity {
  const nothing = Float64Array.of(Number.NaN);
  return new SpectralDensity({
    dimension,
    nodes: nothing,
    weights: nothing,
    trace: { value: Number.NaN, standardError: Number.NaN, samples: 0 },
    products,
  });
}
