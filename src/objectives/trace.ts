/** From what a user calls a function, and a point, to an objective. */
import { SteepestError } from "../tensor/error.js";
import { Tensor } from "../tensor/tensor.js";
import type { AnyFunction, Constants } from "./formula/function-parser.js";
import { formulaObjective, functionObjective, type NumberStart, tensorObjective } from "./functions.js";
import type { Objective } from "./objective.js";

/** A start of literal numbers stands for numbers. */
export type Widened<S> = S extends number ? number : S extends readonly number[] ? number[] : { [K in keyof S]: number };

/** An argument of a function that starts from an array: a number in `(x, y) => x * y`, all numbers in `(x) => x[0] * x[1]` and `([x, y]) => x * y`. */
export type Numbers = number & readonly number[];

/** Constants as the function sees them: an array stands for each of its numbers in turn, inside `sum(…)` and `mean(…)`. */
export type Held<C extends Constants> = { readonly [K in keyof C]: C[K] extends number ? number : Numbers };

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

/** The objective behind every traced descent: a formula or plain function for numbers, a function of a tensor for a tensor. */
export function tracedObjective(f: string | AnyFunction, start: NumberStart | Tensor | Float64Array, constants?: Constants): Objective {
  if (start instanceof Tensor) {
    if (typeof f === "string")
      throw new SteepestError({
        problem: "a formula starts from numbers, not from a tensor",
        fix: "write the start as { x: 1, y: 2 } or [1, 2]",
      });
    if (constants !== undefined)
      throw new SteepestError({
        problem: "a function of a tensor takes no constants",
        fix: "let it close over them: numbers and tensors alike",
      });
    // The function's own signature promised a function of one tensor: see the overloads of minimize.
    return tensorObjective(f as unknown as (x: Tensor) => Tensor, start);
  }
  if (start === null || start === undefined || typeof start === "string" || typeof start === "function")
    throw new SteepestError({
      problem: "the start is missing",
      expected: "a number, an array of numbers, a record such as { x: 1, y: 2 }, or a tensor",
      received: String(start),
    });
  const numbers = start instanceof Float64Array ? [...start] : start;
  return typeof f === "string" ? formulaObjective(f, numbers, constants) : functionObjective(f, numbers, constants);
}
