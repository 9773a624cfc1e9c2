/** What is analysed: a function that a user wrote, at a point. */
import { type GradientProblem, problemOf } from "../curvature/index.js";
import type { AnyFunction, Constants } from "../objectives/formula/function-parser.js";
import type { NumberStart } from "../objectives/functions.js";
import type { HostObjective, Objective } from "../objectives/objective.js";
import { type Held, type Numbers, tracedObjective, type Widened } from "../objectives/trace.js";
import { SteepestError } from "../tensor/error.js";
import { fromHost, Tensor } from "../tensor/tensor.js";
import { showShape } from "../tensor/types.js";

/** A point at which functions are looked at: one number, several in order or by name, or a tensor. */
export type AnalysisPoint = NumberStart | Tensor;

/** Values of the form of a point: gradients, directions, other points. */
export type LikeOf<S> = S extends Tensor ? Tensor : Widened<S>;

/**
 * A function as `minimize` takes it, for points of form S: a formula, a plain function read from its own text, one's own
 * `objective({ value, gradient })`; for a tensor, a function of tensors.
 */
export type FunctionAt<S, C extends Constants = Record<never, never>> = S extends Tensor
  ? (x: Tensor) => Tensor
  :
      | string
      | HostObjective
      | (S extends number
          ? (x: number, constants: Held<C>) => number
          : S extends readonly number[]
            ? (...x: (Numbers & Held<C>)[]) => number
            : (point: Widened<S>, constants: Held<C>) => number);

export interface AnalysisOptions<C extends Constants = Constants> {
  /** What a closure would hold: numbers, or arrays for `sum` and `mean`. */
  readonly constants?: C;
}

export interface Subject<S> {
  readonly problem: GradientProblem;
  /** Undefined for an objective of the user's own. */
  readonly objective?: Objective;
  readonly at: Float64Array;
  /** θ in the form of the point. */
  like(theta: Float64Array): LikeOf<S>;
  /** A direction, or another point, as a vector. */
  vector(what: string, value: LikeOf<S>): Float64Array;
}

export function subjectOf<S extends AnalysisPoint>(f: string | AnyFunction | HostObjective, at: S, constants?: Constants): Subject<S> {
  if (typeof f === "object") return hostSubject(f, at);
  const objective = tracedObjective(f, at, constants);
  const theta = Float64Array.from(objective.start);
  // Where each named number lies in θ: a point that holds its own places.
  const places: unknown = at instanceof Tensor ? undefined : objective.solution(Float64Array.from(theta, (_, i) => i));
  return {
    problem: problemOf(objective),
    objective,
    at: theta,
    // `solution` keeps the form of the point: that is its promise.
    like: (x) => (at instanceof Tensor ? fromHost(x.slice(), at.shape, "f64") : objective.solution(x)) as LikeOf<S>,
    vector: (what, value) => vectorOf(what, value, at, places),
  };
}

function hostSubject<S extends AnalysisPoint>(f: HostObjective, at: S): Subject<S> {
  const isNumber = typeof at === "number";
  if (!isNumber && !Array.isArray(at))
    throw new SteepestError({
      problem: "an objective in JavaScript is looked at where it is given numbers",
      expected: "a number, or an array of them",
      received: at instanceof Tensor ? at.toString() : JSON.stringify(at),
    });
  const theta = Float64Array.from(isNumber ? [at] : at);
  return {
    problem: problemOf(f),
    at: theta,
    like: (x) => (isNumber ? x[0] : Array.from(x)) as LikeOf<S>,
    vector: (what, value) => vectorOf(what, value, at, undefined),
  };
}

function vectorOf(what: string, value: unknown, at: AnalysisPoint, places: unknown): Float64Array {
  const wrong = (expected: string): SteepestError =>
    new SteepestError({
      problem: `${what} does not fit the point`,
      expected,
      received: value instanceof Tensor ? value.toString() : (JSON.stringify(value) ?? String(value)),
      fix: "write it in the form of the point",
    });
  if (at instanceof Tensor) {
    if (!(value instanceof Tensor) || value.shape.join() !== at.shape.join()) throw wrong(`a tensor of shape ${showShape(at.shape)}`);
    return Float64Array.from(value.data());
  }
  const finite = (x: unknown): number => {
    if (typeof x !== "number" || !Number.isFinite(x)) throw wrong("finite numbers");
    return x;
  };
  if (typeof at === "number") return Float64Array.of(finite(value));
  if (Array.isArray(at)) {
    if (!Array.isArray(value) || value.length !== at.length) throw wrong(`${at.length} numbers`);
    return Float64Array.from(value, finite);
  }
  const names = Object.keys(at);
  if (typeof value !== "object" || value === null || Object.keys(value).sort().join() !== [...names].sort().join())
    throw wrong(`numbers by name: ${names.join(", ")}`);
  const vector = new Float64Array(names.length);
  const given = new Map<string, unknown>(Object.entries(value));
  for (const [name, place] of Object.entries(Object(places))) vector[Number(place)] = finite(given.get(name));
  return vector;
}
