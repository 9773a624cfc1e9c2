/** Searches that know no slopes: at random, from place to place, and from neighbour to neighbour. */

import { SteepestError } from "../../tensor/error.js";
import { RandomStream } from "../../tensor/random.js";
import type { Status } from "../history.js";
import { checkOptionNames } from "../option-names.js";
import { Path, Run } from "../run.js";
import { unusable } from "../settings.js";
import type { SearchSpace } from "./spaces.js";

export interface SearchOptions {
  /** Points that are tried at most. Default 1,000. */
  readonly tries?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Default `"minimum"`. */
  readonly goal?: "minimum" | "maximum";
  /** Where it begins. Default: a point at random. */
  readonly start?: readonly number[];
  /** Stop at a value at or below this (for a maximum: at or above). */
  readonly target?: number;
  /** Keep every point that was the best so far. Default false. */
  readonly path?: boolean;
}

/** A function of a point. What is not a number counts as worse than everything. */
export type SearchFunction = (x: readonly number[]) => number;

/** Bookkeeping of a search: the best point, its value after each try, and the end. */
class Search {
  readonly tries: number;
  readonly random: RandomStream;
  readonly #f: SearchFunction;
  readonly #sign: 1 | -1;
  readonly #target: number | undefined;
  readonly #history: number[] = [];
  readonly #path: number[][] | undefined;
  best: readonly number[];
  #value: number;
  #count = 0;

  constructor(owner: string, f: SearchFunction, space: SearchSpace, options: SearchOptions) {
    checkOptionNames(owner, options, ["tries", "seed", "goal", "start", "target", "path"]);
    const { tries = 1000, seed = 0, goal = "minimum", start, target, path = false } = options;
    if (!Number.isInteger(tries) || tries < 1) throw unusable("tries", "a whole number ≥ 1", tries);
    if (goal !== "minimum" && goal !== "maximum") throw unusable("goal", '"minimum" or "maximum"', goal);
    if (target !== undefined && !Number.isFinite(target)) throw unusable("target", "a number", target);
    if (start !== undefined && !space.holds(start))
      throw new SteepestError({
        problem: "the start does not lie in the space",
        expected: `a point of ${space.size} numbers (${space.name})`,
        received: JSON.stringify(start),
      });
    this.tries = tries;
    this.random = new RandomStream(seed, owner);
    this.#f = f;
    this.#sign = goal === "minimum" ? 1 : -1;
    this.#target = target;
    this.best = start === undefined ? space.draw(this.random) : [...start];
    this.#value = this.measure(this.best);
    this.#path = path ? [[...this.best]] : undefined;
  }

  /** The value of a point, as something to be made small. */
  measure(x: readonly number[]): number {
    this.#count++;
    const value = this.#f([...x]);
    if (typeof value !== "number")
      throw new SteepestError({ problem: "the function gives no number", expected: "a number", received: typeof value });
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : this.#sign * value;
  }

  /** Whether another point may be tried. */
  get goesOn(): boolean {
    return this.#count < this.tries && !this.#isReached;
  }

  get #isReached(): boolean {
    return this.#target !== undefined && this.#value <= this.#sign * this.#target;
  }

  /** Takes a point if it is better. */
  offer(x: readonly number[], value: number): boolean {
    const better = value < this.#value;
    if (better) {
      this.best = x;
      this.#value = value;
      this.#path?.push([...x]);
    }
    this.#history.push(this.#sign * this.#value);
    return better;
  }

  isBetter(value: number): boolean {
    return value < this.#value;
  }

  run(owner: string, ended?: { readonly status: Status; readonly reason: string }): Run<number[]> {
    const unknown = () => new Float64Array(this.#history.length).fill(Number.NaN);
    const theta = Float64Array.from(this.best);
    const ending: { readonly status: Status; readonly reason: string } =
      this.#value === Number.POSITIVE_INFINITY
        ? { status: "diverged", reason: "no point had a finite value" }
        : this.#isReached
          ? { status: "stopped-early", reason: "the target is reached" }
          : (ended ?? { status: "step-limit", reason: `all ${this.tries} points were tried` });
    const outcome = {
      status: ending.status,
      steps: this.#history.length,
      loss: this.#sign * this.#value,
      gradientNorm: Number.NaN,
      history: { loss: Float64Array.from(this.#history), gradientNorm: unknown(), learningRate: unknown() },
    };
    const solution = (x: ArrayLike<number>) => Array.from(x);
    return new Run<number[]>({
      ...outcome,
      solution: [...this.best],
      theta,
      evaluations: { value: this.#count, gradient: 0 },
      ...(this.#path ? { path: new Path<number[]>(Float64Array.from(this.#path.flat()), theta.length, solution) } : {}),
      facts: () => ({ ...outcome, reason: ending.reason, optimizer: { name: owner }, tolerance: 0, sign: this.#sign }),
    });
  }
}

/**
 * Random search: points drawn independently, the best one kept. What every other method has to beat.
 *
 * `run.loss` is the best value, `run.history.loss` the best after each try; there are no gradients. It runs on the host.
 *
 * @param f the function
 * @param space where points come from: `boxSpace`, `normalSpace`, `integerSpace`, `bitSpace`, `permutationSpace`
 * @param options see SearchOptions
 * @example
 * ```ts
 * import { boxSpace, randomSearch } from "steepest";
 * const run = randomSearch(([x, y]) => x ** 2 + y ** 2, boxSpace([[-1, 1], [-1, 1]]), { tries: 1000, seed: 1 });
 * run.loss < 0.02; // → true
 * ```
 */
export function randomSearch(f: SearchFunction, space: SearchSpace, options: SearchOptions = {}): Run<number[]> {
  const search = new Search("randomSearch", f, space, options);
  while (search.goesOn) {
    const x = space.draw(search.random);
    search.offer(x, search.measure(x));
  }
  return search.run("randomSearch");
}

/**
 * Random local search: a step at random from the best point, taken if it is better.
 *
 * @param f the function
 * @param space where steps lead
 * @param options see SearchOptions
 */
export function localSearch(f: SearchFunction, space: SearchSpace, options: SearchOptions = {}): Run<number[]> {
  const search = new Search("localSearch", f, space, options);
  while (search.goesOn) {
    const x = space.beside(search.best, search.random);
    search.offer(x, search.measure(x));
  }
  return search.run("localSearch");
}

/**
 * Hill climbing: from neighbour to neighbour, each time to the best one, until none is better. Then the run has `converged`, at a point that
 * is best among its neighbours. A step counts as one, however many neighbours it tried.
 *
 * @param f the function
 * @param space one whose neighbours can be listed: `integerSpace`, `bitSpace`, `permutationSpace`
 * @param options see SearchOptions; it goes to the minimum unless `goal` says otherwise
 * @throws SteepestError for a space without neighbours
 * @example
 * ```ts
 * import { bitSpace, hillClimb } from "steepest";
 * const weights = [4, -2, 7, -1];
 * const run = hillClimb((bits) => bits.reduce((sum, bit, i) => sum + bit * weights[i], 0), bitSpace(4), { goal: "maximum" });
 * run.solution; // → [1, 0, 1, 0]
 * run.status;   // → "converged"
 * ```
 */
export function hillClimb(f: SearchFunction, space: SearchSpace, options: SearchOptions = {}): Run<number[]> {
  if (space.neighbours === undefined)
    throw new SteepestError({
      problem: `the points of ${space.name} have no neighbours to list`,
      expected: "integerSpace, bitSpace or permutationSpace",
      received: space.name,
      fix: "localSearch takes steps at random",
    });
  const search = new Search("hillClimb", f, space, options);
  while (search.goesOn) {
    let chosen: { readonly x: readonly number[]; readonly value: number } | undefined;
    let all = true;
    for (const x of space.neighbours(search.best)) {
      if (!search.goesOn) {
        all = false;
        break;
      }
      const value = search.measure(x);
      if (search.isBetter(value) && (chosen === undefined || value < chosen.value)) chosen = { x, value };
    }
    if (chosen !== undefined) search.offer(chosen.x, chosen.value);
    else if (all) return search.run("hillClimb", { status: "converged", reason: "no neighbour is better" });
  }
  return search.run("hillClimb");
}
