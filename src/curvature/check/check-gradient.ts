/** Is a gradient right? Compared with differences, which are themselves judged. */
import type { HostObjective, Objective } from "../../objectives/objective.js";
import { SteepestError } from "../../tensor/error.js";
import { shuffledIndex, shuffleRounds } from "../../tensor/permutation.js";
import { RandomStream } from "../../tensor/random.js";
import { type CheckedCoordinate, likelyMistake } from "./diagnose.js";
import { type DifferenceMethod, differenceMethods } from "./differences.js";
import { along, type CheckedDirection, crossings, culpritOf, dot, judgeDirection, randomDirection, type Setting } from "./directions.js";
import { type CheckedTensor, findingsIn, inWords } from "./findings.js";
import { type CheckedHessian, checkHessian } from "./hessian.js";
import { type GradientVerdict, judged, worstVerdict } from "./judge.js";
import { coordinateName, type GradientProblem, partsOf, problemOf, type TensorPart } from "./problem.js";
import { steadiness } from "./steadiness.js";
import { type TaylorTest, taylorTest } from "./taylor.js";

export interface GradientCheckOptions {
  /** Largest difference that passes, relative to the size of the derivative (default 1e-6; 1e-5 for forward differences). */
  readonly tolerance?: number;
  /** Which coordinates to check (default: all, or 200 spread over the tensors when there are more; see `mode`). */
  readonly coordinates?: readonly number[];
  /** How many coordinates to list, the worst first (default 5). */
  readonly worst?: number;
  /** How derivatives are found by differences (default "sweep"). */
  readonly method?: DifferenceMethod;
  /**
   * "coordinates": one by one. "directions": two random directions in each tensor, and where one fails, bisection to a coordinate that is
   * wrong. Default: directions from 10,001 coordinates on.
   */
  readonly mode?: "coordinates" | "directions";
  /** Names the random directions, and the coordinates drawn (default 0). */
  readonly seed?: number;
}

export interface GradientCheck {
  readonly verdict: GradientVerdict;
  /** The largest relative error of all checked coordinates and directions. */
  readonly maxRelativeError: number;
  /** Each named tensor by itself. */
  readonly tensors: readonly CheckedTensor[];
  readonly worst: readonly CheckedCoordinate[];
  /** Steps tried at the worst coordinate and the slope that each gave: the plateau is where differences can be trusted. */
  readonly sweep: readonly { readonly step: number; readonly slope: number }[];
  /** Derivatives along random directions: the first moves all of θ. */
  readonly directions: readonly CheckedDirection[];
  /** Remainders along the first direction. */
  readonly taylor?: TaylorTest;
  /** Second derivatives, where the objective has them. */
  readonly hessian?: CheckedHessian;
  /** Largest difference between the gradient in float32, as programs compute it, and in float64, relative to the largest of its tensor. */
  readonly singleError?: number;
  readonly checked: number;
  readonly coordinates: number;
  /** Evaluations of the value. */
  readonly evaluations: number;
  /** What the method takes for the d derivatives checked: `30d + 1`. */
  readonly cost: string;
  readonly seed: number;
  /** The finding in words. */
  readonly diagnosis: string;
}

const MOST_COORDINATES = 10_000;
const SAMPLED = 200;
/** Coordinates looked at in a tensor in which a direction has failed. */
const SUSPECTS = 24;

/**
 * Compares a gradient with differences of the value, coordinate by coordinate or along random directions.
 *
 * The numerical side says how far it can be trusted (see `DifferenceMethod`), so there are three answers:
 *
 * - `"pass"`: |given − numerical| ≤ tolerance · size + 4 · numericalError, and the numerical error is below a thousandth of the size;
 * - `"fail"`: the difference is larger than that; at a kink, the given derivative lies outside the slopes of both sides;
 * - `"cannot-tell"`: a kink at this very point (of which operation is said, where the objective is traced), or a numerical error above a
 *   thousandth of the size: noise, a jump, no finite value.
 *
 * The whole check fails if one tensor fails, and passes if all pass. What is wrong in a pattern is named: a factor, the sign, a transpose, an
 * index off by one, a sum left out, a missing term, something stale. Traced objectives are checked in float64, whatever they are computed in; how far
 * float32 is from that is `singleError`. Their Hessian-vector products are judged too: uᵀHv = vᵀHu, and against differences of the gradient.
 * θ is never changed: each evaluation gets a copy.
 *
 * @param objective value and gradient: one's own, those of an `objective`, or what a formula or function means
 * @param theta the point; a random one finds more than a symmetric one such as 0
 * @throws SteepestError where the gradient has another length than θ
 */
export function checkGradient(
  objective: GradientProblem | HostObjective | Objective,
  theta: ArrayLike<number>,
  options: GradientCheckOptions = {},
): GradientCheck {
  const problem = problemOf(objective);
  const start = Float64Array.from(theta);
  const { method = "sweep", seed = 0 } = options;
  const { each, middle, tolerance: usual } = differenceMethods[method];
  const parts = partsOf(problem, start.length);
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  expectCoordinates(options.coordinates, start.length);
  const steady = steadiness(problem, start);
  const { gradient, value } = steady;
  expectLength(gradient, start.length);
  const count = { evaluations: steady.evaluations.value };
  const cost = each === 1 ? `d + ${middle}` : `${each}d${middle === 0 ? "" : " + 1"}`;
  const nothing = { worst: [], sweep: [], directions: [], tensors: [], checked: 0, coordinates: total, cost, seed };
  if (steady.fault !== undefined) return { ...steady.fault, maxRelativeError: Number.NaN, ...nothing, evaluations: count.evaluations };

  const setting: Setting = { problem, theta: start, value, gradient, method, tolerance: options.tolerance ?? usual, count };
  const random = new RandomStream(seed, "directions of the gradient check");
  const isDirected =
    options.coordinates === undefined && (options.mode ?? (total > MOST_COORDINATES ? "directions" : "coordinates")) === "directions";

  const whole = randomDirection(start, parts, random);
  const directions = [judgeDirection(setting, "all", whole)];
  const suspects = new Map<TensorPart, number>();
  if (isDirected)
    for (const part of parts)
      for (let k = 0; k < 2; k++) {
        const direction = randomDirection(start, [part], random);
        const found = judgeDirection(setting, part.name, direction);
        directions.push(found);
        if (found.verdict === "fail" && !suspects.has(part)) suspects.set(part, culpritOf(setting, part, direction));
      }
  const chosen = isDirected
    ? [...suspects].flatMap(([part, culprit]) => [...new Set([culprit, ...someOf(part, SUSPECTS, seed)])])
    : (options.coordinates ?? spread(parts, total, seed));
  const checked = parts.flatMap((part) => checkCoordinates(setting, part, chosen, problem.names));
  const taylor = taylorTest(along(setting, whole), value, dot(gradient, whole), curvatureAlong(problem, start, whole));
  const hessian = checkHessian(problem, start, gradient, parts, random);
  const tensors = parts.map((part) => findingsIn(part, { checked, gradient, theta: start, constant: steady.constant, part }, directions));
  const single = singleError(problem, start, gradient, parts);
  const verdict = worstVerdict([
    ...tensors.map((t) => t.verdict),
    // A direction through all of θ crosses every kink there is: it can convict, and leaves the doubt to the coordinates.
    ...(directions[0].verdict === "fail" ? ["fail" as const] : []),
    ...(hessian?.verdict === "fail" ? ["fail" as const] : []),
    ...(single !== undefined && !(single < 0.01) ? ["cannot-tell" as const] : []),
  ]);
  const sorted = [...checked].sort(byGravity);
  const errors = [...checked, ...directions].map((c) => c.relativeError);
  const mistake = likelyMistake({
    checked,
    gradient,
    theta: start,
    constant: steady.constant,
    part: parts.length === 1 ? parts[0] : wholeOf(start.length),
  });
  return {
    verdict,
    maxRelativeError: errors.reduce((max, error) => (error > max || Number.isNaN(error) ? error : max), 0),
    tensors,
    worst: sorted.slice(0, options.worst ?? 5),
    sweep: sorted.length === 0 ? [] : sweepAt(setting, sorted[0].index),
    directions,
    taylor,
    ...(hessian && { hessian }),
    ...(single !== undefined && { singleError: single }),
    checked: checked.length,
    coordinates: total,
    evaluations: count.evaluations,
    cost,
    seed,
    diagnosis: inWords(sorted, directions, tensors, mistake, hessian, single),
  };
}

const wholeOf = (size: number): TensorPart => ({ name: "θ", shape: [size], offset: 0, size });

function expectCoordinates(coordinates: readonly number[] | undefined, size: number): void {
  const outside = coordinates?.find((i) => !Number.isInteger(i) || i < 0 || i >= size);
  if (outside !== undefined)
    throw new SteepestError({
      problem: "checkGradient was asked for a coordinate that θ does not have",
      expected: `0 to ${size - 1}`,
      received: `${outside}`,
    });
}

function expectLength(gradient: Float64Array, size: number): void {
  if (gradient.length !== size)
    throw new SteepestError({
      problem: "the gradient has another length than θ",
      expected: `${size} numbers`,
      received: `${gradient.length}`,
    });
}

/** The chosen coordinates of one tensor, each against differences. */
function checkCoordinates(setting: Setting, part: TensorPart, chosen: readonly number[], names?: readonly string[]): CheckedCoordinate[] {
  const { theta, gradient, value, tolerance, problem } = setting;
  const own = chosen.filter((i) => i >= part.offset && i < part.offset + part.size);
  const largest = own.reduce((max, i) => Math.max(max, Math.abs(gradient[i]) || 0), 0);
  return own.map((index) => {
    const estimate = estimateAt(setting, index);
    const visible = (1e-8 * Math.max(1, Math.abs(value))) / Math.max(1, Math.abs(theta[index]));
    const found = Number.isFinite(estimate.value) ? Math.abs(estimate.value) : 0;
    const size = Math.max(Math.abs(gradient[index]), found, Number.isFinite(largest) ? 1e-3 * largest : 0, visible);
    const unit = new Float64Array(theta.length).fill(Math.max(1, Math.abs(theta[index])), index, index + 1);
    const judgement = judged(gradient[index], estimate, size, tolerance, () => crossings(problem, theta, unit));
    return { index, name: names?.[index] ?? coordinateName(part, index), ...judgement };
  });
}

function estimateAt({ problem, theta, value, method, count }: Setting, index: number) {
  const f = (x: number) => {
    count.evaluations++;
    return problem.value(theta.with(index, x));
  };
  return differenceMethods[method].estimate(f, theta[index], value);
}

const sweepAt = (setting: Setting, index: number) => estimateAt(setting, index).sweep;

const rank = { fail: 2, "cannot-tell": 1, pass: 0 } as const;
const gravity = (c: CheckedCoordinate): number => (Number.isNaN(c.relativeError) ? Number.MAX_VALUE : c.relativeError);
const byGravity = (a: CheckedCoordinate, b: CheckedCoordinate): number => rank[b.verdict] - rank[a.verdict] || gravity(b) - gravity(a);

function curvatureAlong(problem: GradientProblem, theta: Float64Array, direction: Float64Array): number | undefined {
  const product = problem.hessianProduct?.(theta.slice(), direction.slice());
  return product && dot(product, direction);
}

/** Of the gradient in float32 against the same in float64. */
function singleError(problem: GradientProblem, theta: Float64Array, gradient: Float64Array, parts: readonly TensorPart[]) {
  const single = problem.singleGradient?.(theta.slice());
  if (single === undefined) return undefined;
  return parts.reduce((most, { offset, size }) => {
    const exact = gradient.subarray(offset, offset + size);
    const largest = exact.reduce((max, g) => Math.max(max, Math.abs(g)), 0);
    const gap = exact.reduce((max, g, i) => Math.max(max, Math.abs(g - single[offset + i])), 0);
    return Math.max(most, gap === 0 ? 0 : gap / Math.max(largest, 1e-30));
  }, 0);
}

/** All coordinates, or about 200 of them, of each tensor its share. */
function spread(parts: readonly TensorPart[], total: number, seed: number): number[] {
  if (total <= SAMPLED) return parts.flatMap((part) => someOf(part, part.size, seed));
  return parts.flatMap((part) => someOf(part, Math.max(2, Math.round((SAMPLED * part.size) / total)), seed));
}

/** All places of a tensor, or `most` of them drawn without repetition, in ascending order. */
function someOf({ offset, size }: TensorPart, most: number, seed: number): number[] {
  if (size <= most) return Array.from({ length: size }, (_, i) => offset + i);
  const rounds = shuffleRounds(seed, 0, size);
  return Array.from({ length: most }, (_, i) => offset + shuffledIndex(rounds, i)).sort((a, b) => a - b);
}
