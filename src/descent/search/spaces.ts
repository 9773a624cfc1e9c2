/** Spaces that are searched without slopes: how a point is drawn, and what lies beside it. */

import { SteepestError } from "../../tensor/error.js";
import type { RandomStream } from "../../tensor/random.js";
import type { Bound } from "../bounds.js";

export interface SearchSpace {
  readonly name: string;
  /** Numbers of a point. */
  readonly size: number;
  /** A point at random. */
  draw(random: RandomStream): number[];
  /** A point beside x at random. */
  beside(x: readonly number[], random: RandomStream): number[];
  /** All points beside x, in a fixed order; absent where there are too many to list. */
  neighbours?(x: readonly number[]): Iterable<number[]>;
  /** Whether x belongs to it. */
  holds(x: readonly number[]): boolean;
}

const refuse = (problem: string, expected: string, received: unknown): SteepestError =>
  new SteepestError({ problem, expected, received: JSON.stringify(received) });

function checkSize(what: string, size: number): void {
  if (!Number.isInteger(size) || size < 1) throw refuse(`the size of ${what} is not usable`, "a whole number ≥ 1", size);
}

export interface NormalSpaceOptions {
  /** Numbers of a point. */
  readonly size: number;
  /** Standard deviation of a drawn point. Default 1. */
  readonly scale?: number;
  /** Standard deviation of a step. Default a tenth of `scale`. */
  readonly step?: number;
}

/** All of space, points drawn from N(0, scale²) and steps from N(0, step²) in each coordinate. */
export function normalSpace({ size, scale = 1, step = scale / 10 }: NormalSpaceOptions): SearchSpace {
  checkSize("the space", size);
  if (!(Number.isFinite(scale) && scale > 0 && Number.isFinite(step) && step > 0))
    throw refuse("the scales are not usable", "numbers > 0", { scale, step });
  return {
    name: "normal",
    size,
    draw: (random) => Array.from({ length: size }, () => scale * random.normal()),
    beside: (x, random) => x.map((v) => v + step * random.normal()),
    holds: (x) => x.length === size && x.every(Number.isFinite),
  };
}

/**
 * A box, points drawn uniformly, steps normal with a standard deviation of `step` times each side and cut off at the walls.
 *
 * @param bounds one pair [least, most] for each coordinate
 * @param step default 0.1
 */
export function boxSpace(bounds: readonly Bound[], step = 0.1): SearchSpace {
  checkSize("the box", bounds.length);
  if (!bounds.every(([low, high]) => Number.isFinite(low) && Number.isFinite(high) && low <= high))
    throw refuse("the bounds are not usable", "finite pairs [least, most]", bounds);
  if (!(Number.isFinite(step) && step > 0)) throw refuse("the step is not usable", "a number > 0", step);
  return {
    name: "box",
    size: bounds.length,
    draw: (random) => bounds.map(([low, high]) => random.between(low, high)),
    beside: (x, random) =>
      x.map((v, i) => {
        const [low, high] = bounds[i];
        return Math.min(Math.max(v + step * (high - low) * random.normal(), low), high);
      }),
    holds: (x) => x.length === bounds.length && x.every((v, i) => v >= bounds[i][0] && v <= bounds[i][1]),
  };
}

/** Whole numbers within bounds; beside a point lie those that differ by one in one place. */
export function integerSpace(bounds: readonly Bound[]): SearchSpace {
  checkSize("the space", bounds.length);
  if (!bounds.every(([low, high]) => Number.isSafeInteger(low) && Number.isSafeInteger(high) && low <= high && high - low < 2 ** 32))
    throw refuse("the bounds are not usable", "pairs of whole numbers [least, most]", bounds);
  const neighbours = (x: readonly number[]) =>
    x.flatMap((v, i) => [v - 1, v + 1].filter((w) => w >= bounds[i][0] && w <= bounds[i][1]).map((w) => x.with(i, w)));
  return {
    name: "integers",
    size: bounds.length,
    draw: (random) => bounds.map(([low, high]) => low + random.integer(high - low + 1)),
    beside: (x, random) => {
      const list = neighbours(x);
      return list.length === 0 ? [...x] : list[random.integer(list.length)];
    },
    neighbours,
    holds: (x) => x.length === bounds.length && x.every((v, i) => Number.isInteger(v) && v >= bounds[i][0] && v <= bounds[i][1]),
  };
}

/** Strings of 0 and 1; beside a point lie those with one bit flipped. */
export function bitSpace(size: number): SearchSpace {
  checkSize("the space", size);
  const flipped = (x: readonly number[], i: number) => x.with(i, 1 - x[i]);
  return {
    name: "bits",
    size,
    draw: (random) => Array.from({ length: size }, () => random.integer(2)),
    beside: (x, random) => flipped(x, random.integer(size)),
    neighbours: (x) => x.map((_, i) => flipped(x, i)),
    holds: (x) => x.length === size && x.every((v) => v === 0 || v === 1),
  };
}

/** The orders of 0 … size − 1; beside a point lie those in which a part is reversed, which for two neighbours is a swap. */
export function permutationSpace(size: number): SearchSpace {
  checkSize("the space", size);
  const reversed = (x: readonly number[], from: number, to: number) => [
    ...x.slice(0, from),
    ...x.slice(from, to + 1).toReversed(),
    ...x.slice(to + 1),
  ];
  return {
    name: "permutations",
    size,
    draw: (random) => Array.from(random.permutation(size)),
    beside(x, random) {
      if (size === 1) return [...x];
      const from = random.integer(size);
      const other = (from + 1 + random.integer(size - 1)) % size;
      return reversed(x, Math.min(from, other), Math.max(from, other));
    },
    *neighbours(x) {
      for (let from = 0; from < size; from++) for (let to = from + 1; to < size; to++) yield reversed(x, from, to);
    },
    holds: (x) => x.length === size && [...x].sort((a, b) => a - b).every((v, i) => v === i),
  };
}
