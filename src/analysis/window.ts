/** The part of space that is searched: an interval for each variable. */
import type { AnyFunction, Constants } from "../objectives/formula/function-parser.js";
import type { Objective } from "../objectives/objective.js";
import { tracedObjective } from "../objectives/trace.js";
import { SteepestError } from "../tensor/error.js";

export type Interval = readonly [number, number];

/** From lo to hi for each variable: in order, by name, or alone for a single variable. */
export type Window = Interval | readonly Interval[] | Readonly<Record<string, Interval>>;

/** A point in the form of a window: a number for one interval, else numbers in order or by name. */
export type PointIn<W> = W extends Interval ? number : W extends readonly Interval[] ? number[] : { [K in keyof W]: number };

/** What is searched: a formula, a plain function of numbers, or what `trace(f, start)` gives. */
export type Searched = string | AnyFunction | Objective;

export interface WindowedObjective<W> {
  readonly objective: Objective;
  readonly low: Float64Array;
  readonly width: Float64Array;
  point(theta: Float64Array): PointIn<W>;
}

/** More variables than that fill no window. */
const MOST = 8;

const isInterval = (window: Window): window is Interval => Array.isArray(window) && typeof window[0] === "number";
const isList = (window: Window): window is readonly Interval[] => Array.isArray(window);

export function windowed<W extends Window>(f: Searched, window: W, constants?: Constants): WindowedObjective<W> {
  if (typeof window !== "object" || window === null) throw wrong(window);
  const list: readonly Interval[] = isInterval(window) ? [window] : isList(window) ? window : Object.values(window);
  for (const interval of list)
    if (!Array.isArray(interval) || interval.length !== 2 || !interval.every(Number.isFinite) || !(interval[0] < interval[1]))
      throw wrong(interval);
  const middle = list.map(([low, high]) => 0.5 * low + 0.5 * high);
  const start = isInterval(window)
    ? middle[0]
    : isList(window)
      ? middle
      : Object.fromEntries(Object.keys(window).map((name, i) => [name, middle[i]]));
  const objective = typeof f === "object" ? f : tracedObjective(f, start, constants);
  const n = objective.parameters.size;
  if (n !== list.length)
    throw new SteepestError({
      problem: "the window does not fit the function",
      expected: `${n} intervals, one for each number of the point`,
      received: `${list.length}`,
    });
  if (n > MOST)
    throw new SteepestError({
      problem: "a window of so many variables cannot be searched",
      expected: `at most ${MOST} variables`,
      received: `${n}`,
      fix: "minimise from many starts: minimizeMany(f, starts)",
    });
  // In the order of θ, which is that of the window: by position, or by the order of its names.
  const form = typeof f === "object" ? undefined : objective;
  return {
    objective,
    low: Float64Array.from(list, ([low]) => low),
    width: Float64Array.from(list, ([low, high]) => high - low),
    // `solution` keeps the form of the start, which is the window's.
    point: (theta) => (form ? form.solution(theta) : isInterval(window) ? theta[0] : Array.from(theta)) as PointIn<W>,
  };
}

const wrong = (received: unknown): SteepestError =>
  new SteepestError({
    problem: "this window cannot be searched",
    expected: "[low, high] with low < high for each variable: [[-5, 5], [-5, 5]] or { x: [-5, 5], y: [-5, 5] }",
    received: JSON.stringify(received) ?? String(received),
  });

/** Points that fill the unit cube evenly: Halton's sequence, one after the other. */
export function halton(count: number, dimensions: number): Float64Array {
  const bases = [2, 3, 5, 7, 11, 13, 17, 19];
  const points = new Float64Array(count * dimensions);
  for (let i = 0; i < count; i++)
    for (let d = 0; d < dimensions; d++) {
      let [rest, share, sum] = [i + 1, 1, 0];
      while (rest > 0) {
        share /= bases[d];
        sum += share * (rest % bases[d]);
        rest = Math.floor(rest / bases[d]);
      }
      points[i * dimensions + d] = sum;
    }
  return points;
}
