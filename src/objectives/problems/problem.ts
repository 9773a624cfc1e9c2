/** What a test problem is: a function with a start that is hard in a known way, and minima that are known beforehand. */
import { SteepestError } from "../../tensor/error.js";
import { iota, type Tensor } from "../../tensor/tensor.js";

/** A known minimum: its value, and the points that have it where they are known. */
export interface Minimum {
  readonly value: number;
  readonly at: readonly (readonly number[])[];
}

/** A test problem: f of one vector of float64. */
export interface Problem {
  /** Its key in `problems`. */
  readonly name: string;
  /** What it is called in the literature, and what is hard about it. */
  readonly about: string;
  readonly dimension: number;
  /** The usual start. */
  readonly start: readonly number[];
  /** The global minimum first, then local ones that descents are known to end in. Empty where none is known. */
  readonly minima: readonly Minimum[];
  /** Points without slope that are no minima. */
  readonly saddles?: readonly (readonly number[])[];
  /** Where the minima are meant, one pair for each coordinate; absent where they are those of the whole space. */
  readonly bounds?: readonly (readonly [number, number])[];
  /** f as one would type it, where it is short: `steepest minimize` takes it. */
  readonly formula?: string;
  /** f at a traced x of `dimension` elements. */
  f(x: Tensor): Tensor;
}

/** f(x) = Σ rᵢ(x)². */
export interface LeastSquaresProblem extends Problem {
  /** r at a traced x. */
  residuals(x: Tensor): Tensor;
}

/** A problem that exists in many dimensions; it is itself the one in the usual dimension. */
export type Family<P extends Problem> = P & {
  /**
   * The problem in another dimension.
   *
   * @throws SteepestError for a dimension that it does not exist in
   */
  of(dimension: number): P;
};

interface Dimensions {
  /** Default 1. */
  readonly atLeast?: number;
  /** Default 1. */
  readonly multipleOf?: number;
}

/** All problems of a kind, by dimension. */
export function family<P extends Problem>(
  usual: number,
  make: (dimension: number) => P,
  { atLeast = 1, multipleOf = 1 }: Dimensions = {},
): Family<P> {
  const first = make(usual);
  return {
    ...first,
    of(dimension) {
      if (Number.isInteger(dimension) && dimension >= atLeast && dimension % multipleOf === 0) return make(dimension);
      throw new SteepestError({
        problem: `${first.name} does not exist in this dimension`,
        expected: `a whole number from ${atLeast}${multipleOf === 1 ? "" : `, a multiple of ${multipleOf}`}`,
        received: String(dimension),
      });
    },
  };
}

/** A problem from its residuals. */
export const sumOfSquares = (problem: Omit<LeastSquaresProblem, "f">): LeastSquaresProblem => ({
  ...problem,
  f: (x) => problem.residuals(x).square().sum(),
});

/** One coordinate. */
export const at = (x: Tensor, i: number): Tensor => x.slice([i], [1]).reshape([]);

/** All coordinates. */
export const coordinates = (x: Tensor): Tensor[] => Array.from({ length: x.size }, (_, i) => at(x, i));

/** first, first + 1, … as float64. */
export const counting = (length: number, first = 1): Tensor => iota([length]).cast("f64").add(first);

/** The product of all elements, in a tree. */
export function product(x: Tensor): Tensor {
  if (x.size === 1) return x.reshape([]);
  const half = Math.floor(x.size / 2);
  const pairs = x.slice([0], [half]).mul(x.slice([half], [half]));
  return x.size % 2 === 0 ? product(pairs) : product(pairs).mul(at(x, x.size - 1));
}

export const repeated = (value: number, length: number): number[] => new Array<number>(length).fill(value);

/** Minima of which the values alone are known, if they are. */
export const known = (...values: readonly (number | undefined)[]): Minimum[] =>
  values.filter((value) => value !== undefined).map((value) => ({ value, at: [] }));
