/** `minimize` and `maximize`: from a formula, a plain function, a function of tensors or one's own JavaScript to a Run. */
import type { AnyFunction, Constants } from "../objectives/formula/function-parser.js";
import { formulaObjective, functionObjective, type NumberStart, tensorObjective } from "../objectives/functions.js";
import type { HostObjective, Objective } from "../objectives/objective.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import { Tensor } from "../tensor/tensor.js";
import { descendHost } from "./host-loop.js";
import { descendTraced } from "./loop.js";
import type { Run } from "./run.js";

/** The least and the most that a variable may be; ±Infinity for none. */
export type Bound = readonly [number, number];

export interface MinimizeOptions<C extends Constants = Constants> {
  /** Default `adam({ learningRate: 0.05 })`. */
  readonly optimizer?: Optimizer;
  /** Most steps. Default 10,000. */
  readonly steps?: number;
  /** Converged when the 2-norm of the gradient is at most this. Default 1e-6. */
  readonly tolerance?: number;
  /** Stop at a loss at or below this. */
  readonly targetLoss?: number;
  /** Stop after so many seconds, at the end of a slice of steps. */
  readonly seconds?: number;
  /** Keep every point. Default false. */
  readonly path?: boolean;
  /** One pair for all coordinates, or one for each: θ is brought back into them after every step. */
  readonly bounds?: Bound | readonly Bound[];
  /** What a closure would hold: numbers, and arrays for `sum` and `mean`. */
  readonly constants?: C;
}

/** The checked options of a descent. */
export interface DescentSettings {
  readonly optimizer: Optimizer;
  readonly steps: number;
  readonly tolerance: number;
  readonly targetLoss: number;
  readonly seconds: number;
  readonly path: boolean;
  readonly bounds?: { readonly low: Float64Array; readonly high: Float64Array };
  /** −1 for ascent. */
  readonly sign: 1 | -1;
}

/**
 * Minimises an objective of numbers or of a tensor, with its exact gradient.
 *
 *     θₖ₊₁ = rule(θₖ, ∇f(θₖ))   until ‖∇f(θₖ)‖₂ ≤ tolerance or k = steps
 *
 * What the start is decides: numbers mean a formula or a plain function (read from its own text, float64); a tensor means a traced
 * function of that tensor, in the tensor's dtype; an `objective({ value, gradient })` is called from outside.
 *
 * The whole descent runs synchronously in one compiled loop on the caller's thread.
 *
 * @param f what is minimised
 * @param start where it begins; the solution has its form
 * @param options see MinimizeOptions
 * @throws SteepestError for a formula or function that cannot be read, a start or bounds that do not fit, and unusable options
 * @example
 * ```ts
 * import { gd, minimize } from "steepest";
 * const run = minimize((x) => x ** 2, 8.7, { optimizer: gd({ learningRate: 0.2 }), steps: 20, path: true });
 * run.solution;   // → 0.00031808578428547864
 * run.status;     // → "step-limit"
 * run.path.at(1); // → 5.2200000
 * ```
 */
export function minimize<S extends NumberStart>(f: string, start: S, options?: MinimizeOptions): Run<Widened<S>>;
export function minimize<C extends Constants>(f: (x: number, constants: C) => number, start: number, options: MinimizeOptions<C> & { readonly constants: C }): Run<number>;
export function minimize<C extends Constants>(f: (x: readonly number[], constants: C) => number, start: readonly number[], options: MinimizeOptions<C> & { readonly constants: C }): Run<number[]>;
export function minimize(f: (x: number) => number, start: number, options?: MinimizeOptions): Run<number>;
export function minimize(f: (...x: number[]) => number, start: readonly number[], options?: MinimizeOptions): Run<number[]>;
export function minimize(f: (x: readonly number[]) => number, start: readonly number[], options?: MinimizeOptions): Run<number[]>;
export function minimize(f: (x: Tensor) => Tensor, start: Tensor, options?: MinimizeOptions): Run<Tensor>;
export function minimize(f: HostObjective, start: number | readonly number[], options?: MinimizeOptions): Run<number[]>;
export function minimize<S extends Readonly<Record<string, number>>>(f: (point: S) => number, start: S, options?: MinimizeOptions): Run<Widened<S>>;
export function minimize(f: Minimizable, start: NumberStart | Tensor, options: MinimizeOptions = {}): Run {
  return descent(f, start, options, 1);
}

/**
 * Maximises: the same as `minimize` of −f, with losses and values of f itself.
 *
 * @example
 * ```ts
 * import { maximize } from "steepest";
 * Math.abs(maximize((x) => 3 - (x - 2) ** 2, 1).solution - 2) < 1e-6; // → true
 * ```
 */
export function maximize<S extends NumberStart>(f: string, start: S, options?: MinimizeOptions): Run<Widened<S>>;
export function maximize<C extends Constants>(f: (x: number, constants: C) => number, start: number, options: MinimizeOptions<C> & { readonly constants: C }): Run<number>;
export function maximize<C extends Constants>(f: (x: readonly number[], constants: C) => number, start: readonly number[], options: MinimizeOptions<C> & { readonly constants: C }): Run<number[]>;
export function maximize(f: (x: number) => number, start: number, options?: MinimizeOptions): Run<number>;
export function maximize(f: (...x: number[]) => number, start: readonly number[], options?: MinimizeOptions): Run<number[]>;
export function maximize(f: (x: readonly number[]) => number, start: readonly number[], options?: MinimizeOptions): Run<number[]>;
export function maximize(f: (x: Tensor) => Tensor, start: Tensor, options?: MinimizeOptions): Run<Tensor>;
export function maximize(f: HostObjective, start: number | readonly number[], options?: MinimizeOptions): Run<number[]>;
export function maximize<S extends Readonly<Record<string, number>>>(f: (point: S) => number, start: S, options?: MinimizeOptions): Run<Widened<S>>;
export function maximize(f: Minimizable, start: NumberStart | Tensor, options: MinimizeOptions = {}): Run {
  return descent(f, start, options, -1);
}

/** A start of literal numbers stands for numbers. */
export type Widened<S> = S extends number ? number : S extends readonly number[] ? number[] : { [K in keyof S]: number };

type Minimizable = string | AnyFunction | HostObjective;

function descent(f: Minimizable, start: NumberStart | Tensor, options: MinimizeOptions, sign: 1 | -1): Run {
  if (typeof f === "object") {
    if (start instanceof Tensor || !(typeof start === "number" || Array.isArray(start)))
      throw new SteepestError({ problem: "an objective in JavaScript starts from numbers", expected: "a number or an array of numbers", received: String(start) });
    const values = Float64Array.from(typeof start === "number" ? [start] : start);
    return descendHost(f, values, settings(options, values.length, sign));
  }
  const objective = tracedObjective(f, start, options.constants);
  return descendTraced(objective, settings(options, objective.parameters.size, sign));
}

/**
 * The objective that a formula or function means, with its start: what `descend` and `checkGradient` take.
 *
 * @example
 * ```ts
 * import { checkGradient, trace } from "steepest";
 * checkGradient(trace("x^2 * sin(y)", { x: 1, y: 2 }), [1.5, 0.3]).verdict; // → "pass"
 * ```
 */
export function trace<S extends NumberStart>(f: string | AnyFunction, start: S, constants?: Constants): Objective<Widened<S>>;
export function trace(f: (x: Tensor) => Tensor, start: Tensor): Objective<Tensor>;
export function trace(f: string | AnyFunction, start: NumberStart | Tensor, constants?: Constants): Objective {
  return tracedObjective(f, start, constants);
}

function tracedObjective(f: string | AnyFunction, start: NumberStart | Tensor, constants?: Constants): Objective {
  if (start instanceof Tensor) {
    if (typeof f === "string") throw new SteepestError({ problem: "a formula starts from numbers, not from a tensor", fix: "write the start as { x: 1, y: 2 } or [1, 2]" });
    // The function's own signature promised a function of one tensor: see the overloads of minimize.
    return tensorObjective(f as unknown as (x: Tensor) => Tensor, start);
  }
  return typeof f === "string" ? formulaObjective(f, start, constants) : functionObjective(f, start, constants);
}

function settings(options: MinimizeOptions, size: number, sign: 1 | -1): DescentSettings {
  const { optimizer = adam({ learningRate: 0.05 }), steps = 10_000, tolerance = 1e-6, targetLoss = Number.NEGATIVE_INFINITY, seconds = Number.POSITIVE_INFINITY, path = false } = options;
  const refuse = (name: string, expected: string, received: unknown) => {
    throw new SteepestError({ problem: `the option ${name} is not usable`, expected, received: String(received) });
  };
  if (!Number.isInteger(steps) || steps < 0) refuse("steps", "a whole number ≥ 0", steps);
  if (!(tolerance >= 0)) refuse("tolerance", "a number ≥ 0", tolerance);
  if (!(seconds > 0)) refuse("seconds", "a number > 0", seconds);
  if (Number.isNaN(targetLoss)) refuse("targetLoss", "a number", targetLoss);
  const bounds = options.bounds && boundsOf(options.bounds, size);
  return { optimizer, steps, tolerance, targetLoss, seconds, path, sign, ...(bounds ? { bounds } : {}) };
}

function boundsOf(bounds: Bound | readonly Bound[], size: number) {
  const isOne = (b: Bound | readonly Bound[]): b is Bound => typeof b[0] === "number";
  const list = isOne(bounds) ? Array.from({ length: size }, () => bounds) : bounds;
  const bad = list.findIndex(([low, high]) => !(low <= high));
  if (list.length !== size || bad >= 0)
    throw new SteepestError({
      problem: "the bounds are not usable",
      expected: `one pair [least, most] with least ≤ most, or ${size} of them`,
      received: JSON.stringify(bounds),
    });
  return { low: Float64Array.from(list, ([low]) => low), high: Float64Array.from(list, ([, high]) => high) };
}

