/** Derivatives along random directions: two evaluations judge any number of coordinates at once. */
import type { RandomStream } from "../../tensor/random.js";
import { changes } from "./branches.js";
import { type DifferenceMethod, differenceMethods } from "./differences.js";
import { type Judgement, judged } from "./judge.js";
import type { GradientProblem, TensorPart } from "./problem.js";

/** A derivative along a direction of one tensor, or of all. */
export interface CheckedDirection extends Judgement {
  /** The tensor it moves, or `all` */
  readonly name: string;
}

/** What a check works with. */
export interface Setting {
  readonly problem: GradientProblem;
  readonly theta: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  readonly method: DifferenceMethod;
  readonly tolerance: number;
  /** Evaluations of the value so far, counted up. */
  readonly count: { evaluations: number };
}

/** Numbers between −1 and 1 on the coordinates of the parts, each scaled by its θ, of length 1 where θ is small; 0 elsewhere. */
export function randomDirection(theta: Float64Array, parts: readonly TensorPart[], random: RandomStream): Float64Array {
  const direction = new Float64Array(theta.length);
  for (const { offset, size } of parts)
    for (let i = offset; i < offset + size; i++) direction[i] = (2 * random.uniform() - 1) * Math.max(1, Math.abs(theta[i]));
  const length = Math.sqrt(parts.reduce((sum, { size }) => sum + size, 0));
  return direction.map((x) => x / length);
}

/** f along a line through θ. */
export const along =
  ({ problem, theta, count }: Setting, direction: Float64Array) =>
  (h: number) => {
    count.evaluations++;
    return problem.value(theta.map((x, i) => x + h * direction[i]));
  };

export const dot = (a: ArrayLike<number>, b: Float64Array): number => b.reduce((sum, x, i) => sum + (x === 0 ? 0 : a[i] * x), 0);

/** ∇f·d against differences along d. */
export function judgeDirection(setting: Setting, name: string, direction: Float64Array): CheckedDirection {
  const { value, gradient, method, tolerance, problem, theta } = setting;
  const estimate = differenceMethods[method].estimate(along(setting, direction), 0, value);
  const given = dot(gradient, direction);
  const terms = Math.sqrt(direction.reduce((sum, x, i) => sum + (x * gradient[i]) ** 2, 0));
  const size = Math.max(
    Math.abs(given),
    Number.isFinite(estimate.value) ? Math.abs(estimate.value) : 0,
    Number.isFinite(terms) ? 1e-3 * terms : 0,
    1e-8 * Math.max(1, Math.abs(value)),
  );
  return { name, ...judged(given, estimate, size, tolerance, () => crossings(problem, theta, direction)) };
}

/** Operations that go another way a little before and a little behind a point. */
export function crossings(problem: GradientProblem, theta: Float64Array, direction: Float64Array): string[] {
  const at = (h: number) => problem.branches?.(theta.map((x, i) => x + h * direction[i])) ?? [];
  return changes(at(-(2 ** -20)), at(2 ** -20));
}

/**
 * The coordinate that a wrong derivative of one tensor comes from: halves of the direction, again and again, always the one that
 * is off by more.
 */
export function culpritOf(setting: Setting, part: TensorPart, direction: Float64Array): number {
  let [from, to] = [part.offset, part.offset + part.size];
  const off = (start: number, end: number) => {
    const { given, numerical } = judgeDirection(
      setting,
      part.name,
      direction.map((x, i) => (i >= start && i < end ? x : 0)),
    );
    const gap = Math.abs(given - numerical);
    return Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
  };
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (off(from, middle) >= off(middle, to)) to = middle;
    else from = middle;
  }
  return from;
}
