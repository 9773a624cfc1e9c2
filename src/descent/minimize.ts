/** `minimize` and `maximize`: from a formula, a plain function, a function of tensors or one's own JavaScript to a Run. */
import type { AnyFunction, Constants } from "../objectives/formula/function-parser.js";
import type { NumberStart } from "../objectives/functions.js";
import type { HostObjective } from "../objectives/objective.js";
import { type Held, type Numbers, tracedObjective, type Widened } from "../objectives/trace.js";
import { SteepestError } from "../tensor/error.js";
import { Tensor } from "../tensor/tensor.js";
import { descendHost } from "./host-loop.js";
import { descendTraced } from "./loop.js";
import type { Run } from "./run.js";
import { type MinimizeOptions, settingsOf } from "./settings.js";

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
export function minimize(f: HostObjective, start: number, options?: MinimizeOptions): Run<number>;
export function minimize(f: HostObjective, start: readonly number[] | Float64Array, options?: MinimizeOptions): Run<number[]>;
export function minimize(f: (x: Tensor) => Tensor, start: Tensor, options?: MinimizeOptions): Run<Tensor>;
export function minimize<C extends Constants>(
  f: (x: number, constants: Held<C>) => number,
  start: number,
  options: WithConstants<C>,
): Run<number>;
export function minimize(f: (x: number) => number, start: number, options?: MinimizeOptions): Run<number>;
export function minimize<C extends Constants>(
  f: (...x: (Numbers & Held<C>)[]) => number,
  start: readonly number[],
  options: WithConstants<C>,
): Run<number[]>;
export function minimize(f: (...x: Numbers[]) => number, start: readonly number[], options?: MinimizeOptions): Run<number[]>;
export function minimize<S extends NumberRecord, C extends Constants>(
  f: (point: S, constants: Held<C>) => number,
  start: S,
  options: WithConstants<C>,
): Run<Widened<S>>;
export function minimize<S extends NumberRecord>(f: (point: S) => number, start: S, options?: MinimizeOptions): Run<Widened<S>>;
export function minimize(f: Minimizable, start: NumberStart | Tensor | Float64Array, options: MinimizeOptions = {}): Run {
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
export function maximize(f: HostObjective, start: number, options?: MinimizeOptions): Run<number>;
export function maximize(f: HostObjective, start: readonly number[] | Float64Array, options?: MinimizeOptions): Run<number[]>;
export function maximize(f: (x: Tensor) => Tensor, start: Tensor, options?: MinimizeOptions): Run<Tensor>;
export function maximize<C extends Constants>(
  f: (x: number, constants: Held<C>) => number,
  start: number,
  options: WithConstants<C>,
): Run<number>;
export function maximize(f: (x: number) => number, start: number, options?: MinimizeOptions): Run<number>;
export function maximize<C extends Constants>(
  f: (...x: (Numbers & Held<C>)[]) => number,
  start: readonly number[],
  options: WithConstants<C>,
): Run<number[]>;
export function maximize(f: (...x: Numbers[]) => number, start: readonly number[], options?: MinimizeOptions): Run<number[]>;
export function maximize<S extends NumberRecord, C extends Constants>(
  f: (point: S, constants: Held<C>) => number,
  start: S,
  options: WithConstants<C>,
): Run<Widened<S>>;
export function maximize<S extends NumberRecord>(f: (point: S) => number, start: S, options?: MinimizeOptions): Run<Widened<S>>;
export function maximize(f: Minimizable, start: NumberStart | Tensor | Float64Array, options: MinimizeOptions = {}): Run {
  return descent(f, start, options, -1);
}

/** Options in which the constants are given. */
type WithConstants<C extends Constants> = MinimizeOptions<C> & { readonly constants: C };

type NumberRecord = Readonly<Record<string, number>>;

/** What can be minimised. */
export type Minimizable = string | AnyFunction | HostObjective;

/** `minimize` (sign 1) and `maximize` (−1), without the types that tie the start to the function. */
export function descent(f: Minimizable, start: NumberStart | Tensor | Float64Array, options: MinimizeOptions, sign: 1 | -1): Run {
  if (typeof f === "object" && f !== null) {
    if (f.kind !== "host") throw unreadable(f);
    const values = typeof start === "number" ? [start] : start;
    if (!(Array.isArray(values) || values instanceof Float64Array) || !values.every((x) => Number.isFinite(x)))
      throw new SteepestError({
        problem: "an objective in JavaScript starts from numbers",
        expected: "a finite number, or an array of them",
        received: String(start),
        fix: start instanceof Tensor ? "hand over [...start.data()]" : undefined,
      });
    if (options.constants !== undefined)
      throw new SteepestError({ problem: "an objective in JavaScript takes no constants", fix: "let its functions close over them" });
    return descendHost(f, Float64Array.from(values), settingsOf(options, values.length, sign), typeof start === "number");
  }
  if (typeof f !== "string" && typeof f !== "function") throw unreadable(f);
  const objective = tracedObjective(f, start, options.constants);
  return descendTraced(objective, settingsOf(options, objective.parameters.size, sign));
}

const unreadable = (f: unknown): SteepestError =>
  new SteepestError({
    problem: "this cannot be minimised",
    expected: "a formula in quotes, a function of numbers or of a tensor, or objective({ value, gradient })",
    received: typeof f === "object" && f !== null && "kind" in f ? "what trace() returns" : String(f),
    fix:
      typeof f === "object" && f !== null && "kind" in f
        ? "hand the formula or function itself to minimize; descend takes what trace returns"
        : undefined,
  });
