/** The trace of a symmetric operator from products with random vectors. */
import { dot } from "../algebra/index.js";
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import { answered, type Inquiry, randomVector, type SymmetricOperator, type VectorSpace } from "./products.js";

export interface TraceOptions {
  /** Random vectors, at least 2: a product each. Default 32. */
  readonly samples?: number;
  /** Names the vectors. Default 0. */
  readonly seed?: number;
}

export interface TraceEstimate {
  /** The mean of zᵀAz. */
  readonly value: number;
  /** Its standard error, as the samples show it; NaN for a single one. */
  readonly standardError: number;
  readonly samples: number;
}

/**
 * Estimates the trace of a symmetric operator (Hutchinson 1990): with entries of z that are 1 or −1, each with probability ½,
 *
 *     E zᵀAz = tr A      Var zᵀAz = 2 Σᵢ≠ⱼ Aᵢⱼ²
 *
 * so that a diagonal matrix needs but one product.
 *
 * @throws SteepestError for fewer than 2 samples
 * @example
 * ```ts
 * import { estimateTrace } from "steepest";
 * const diagonal = { size: 3, times: (v: Float64Array) => [v[0], 2 * v[1], 4 * v[2]] };
 * estimateTrace(diagonal, { samples: 2 }); // → { value: 7, standardError: 0, samples: 2 }
 * ```
 */
export function estimateTrace(operator: SymmetricOperator, options: TraceOptions = {}): TraceEstimate {
  return answered(traceSamples(operator, options), operator);
}

/** The same as a method that asks for its products. */
export function* traceSamples(space: VectorSpace, { samples = 32, seed = 0 }: TraceOptions = {}): Inquiry<TraceEstimate> {
  if (!Number.isSafeInteger(samples) || samples < 2)
    throw new SteepestError({ problem: "the option samples is not usable", expected: "a whole number ≥ 2", received: String(samples) });
  const values: number[] = [];
  for (let i = 0; i < samples; i++) {
    const z = signs(space, seed, i);
    values.push(dot(z, yield z));
  }
  return traceOf(values);
}

/** Random signs at the places that count. */
export function signs(space: VectorSpace, seed: number, index: number): Float64Array {
  const random = new RandomStream(seed, "signs", index);
  return randomVector(space, () => (random.word() >= 2 ** 31 ? 1 : -1));
}

/** The estimate from samples zᵀAz. */
export function traceOf(values: readonly number[]): TraceEstimate {
  const samples = values.length;
  const value = values.reduce((sum, x) => sum + x / samples, 0);
  const squares = values.reduce((sum, x) => sum + (x - value) * (x - value), 0);
  return { value, standardError: samples < 2 ? Number.NaN : Math.sqrt(squares / (samples - 1) / samples), samples };
}
