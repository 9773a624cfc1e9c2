/** Is a gradient right? Compared with differences, which are themselves judged. */
import type { HostObjective, Objective } from "../objectives/objective.js";
import { SteepestError } from "../tensor/error.js";
import { shuffledIndex, shuffleRounds } from "../tensor/permutation.js";
import { problemOf } from "./derivatives.js";
import { type DifferenceEstimate, differentiate } from "./differences.js";

/** A function of a flat vector θ with a gradient of its own. */
export interface GradientProblem {
  value(theta: Float64Array): number;
  gradient(theta: Float64Array): Float64Array;
  /** A name for each coordinate of θ. */
  readonly names?: readonly string[];
}

export interface GradientCheckOptions {
  /** Largest difference that passes, relative to the size of the derivative (default 1e-6). */
  readonly tolerance?: number;
  /** Which coordinates to check (default: all, or 200 drawn with seed 0 when there are more). */
  readonly coordinates?: readonly number[];
  /** How many coordinates to list, the worst first (default 5). */
  readonly worst?: number;
}

/** "cannot-tell": the differences are too coarse to judge, as at a kink. */
export type GradientVerdict = "pass" | "fail" | "cannot-tell";

export interface CheckedCoordinate {
  readonly index: number;
  readonly name: string;
  readonly verdict: GradientVerdict;
  /** The derivative in question. */
  readonly given: number;
  /** The derivative by differences, and how far it can be trusted. */
  readonly numerical: number;
  readonly numericalError: number;
  /** |given − numerical| / size, where size is the larger of both, or a thousandth of the largest derivative, or what rounding leaves visible. */
  readonly relativeError: number;
  /** Why it failed or cannot be judged. */
  readonly reason?: string;
}

export interface GradientCheck {
  readonly verdict: GradientVerdict;
  /** The largest relative error of all checked coordinates. */
  readonly maxRelativeError: number;
  readonly worst: readonly CheckedCoordinate[];
  readonly checked: number;
  readonly coordinates: number;
  readonly evaluations: number;
  /** The finding in words. */
  readonly diagnosis: string;
}

/**
 * Compares a gradient with differences of the value, coordinate by coordinate.
 *
 * The numerical side says how far it can be trusted (see `differentiate`), so there are three answers:
 *
 * - `"pass"`: |given − numerical| ≤ tolerance · size + 4 · numericalError, and the numerical error is below a thousandth of the size;
 * - `"fail"`: the difference is larger than that; at a kink, the given derivative lies outside the slopes of both sides;
 * - `"cannot-tell"`: a kink at this very point, or a numerical error above a thousandth of the size: noise, a jump, no finite value.
 *
 * The whole check fails if one coordinate fails, and passes if all pass. θ is never changed: each evaluation gets a copy.
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
  const problem: GradientProblem = "kind" in objective ? problemOf(objective) : objective;
  const start = Float64Array.from(theta);
  const value = (x: Float64Array) => problem.value(x.slice());
  const gradient = Float64Array.from(problem.gradient(start.slice()));
  if (gradient.length !== start.length)
    throw new SteepestError({
      problem: "the gradient has another length than θ",
      expected: `${start.length} numbers`,
      received: `${gradient.length}`,
    });
  const coordinates = options.coordinates ?? someOf(start.length, 200);
  const outside = coordinates.find((i) => !Number.isInteger(i) || i < 0 || i >= start.length);
  if (outside !== undefined)
    throw new SteepestError({
      problem: "checkGradient was asked for a coordinate that θ does not have",
      expected: `0 to ${start.length - 1}`,
      received: `${outside}`,
    });
  const steady = value(start);
  const again = problem.gradient(start.slice());
  const unsteady = !Object.is(value(start), steady) ? "value" : gradient.some((g, i) => !Object.is(g, again[i])) ? "gradient" : undefined;
  if (unsteady !== undefined || !Number.isFinite(steady)) {
    const diagnosis =
      unsteady === undefined
        ? `The value at this point is ${steady}: there is nothing to compare with.`
        : `The ${unsteady} differs between two evaluations at the same point: fix the seed, and switch dropout off, before checking.`;
    return {
      verdict: "cannot-tell",
      maxRelativeError: Number.NaN,
      worst: [],
      checked: 0,
      coordinates: start.length,
      evaluations: 2,
      diagnosis,
    };
  }
  const largest = coordinates.reduce((max, i) => Math.max(max, Math.abs(gradient[i])), 0);
  let evaluations = 2;
  const checked = coordinates.map((index) => {
    const along = (x: number) => value(start.with(index, x));
    const estimate = differentiate(along, start[index]);
    evaluations += estimate.evaluations;
    const visible = (1e-8 * Math.max(1, Math.abs(steady))) / Math.max(1, Math.abs(start[index]));
    const size = Math.max(
      Math.abs(gradient[index]),
      Number.isFinite(estimate.value) ? Math.abs(estimate.value) : 0,
      1e-3 * largest,
      visible,
    );
    const name = problem.names?.[index] ?? `θ[${index}]`;
    return { index, name, ...judged(gradient[index], estimate, size, options.tolerance ?? 1e-6) };
  });
  const rank = { fail: 2, "cannot-tell": 1, pass: 0 };
  const order = (c: CheckedCoordinate) => (Number.isNaN(c.relativeError) ? Number.MAX_VALUE : c.relativeError);
  const sorted = [...checked].sort((a, b) => rank[b.verdict] - rank[a.verdict] || order(b) - order(a));
  return {
    verdict: sorted[0]?.verdict ?? "pass",
    maxRelativeError: checked.reduce((max, c) => (c.relativeError > max || Number.isNaN(c.relativeError) ? c.relativeError : max), 0),
    worst: sorted.slice(0, options.worst ?? 5),
    checked: checked.length,
    coordinates: start.length,
    evaluations,
    diagnosis: diagnose(sorted),
  };
}

type Judgement = Omit<CheckedCoordinate, "index" | "name">;

function judged(given: number, estimate: DifferenceEstimate, size: number, tolerance: number): Judgement {
  const { value: numerical, error: numericalError, kink } = estimate;
  const difference = Math.abs(given - numerical);
  const result = (verdict: GradientVerdict, reason?: string): Judgement => ({
    verdict,
    given,
    numerical,
    numericalError,
    relativeError: difference / size,
    ...(reason !== undefined && { reason }),
  });
  if (!Number.isFinite(given)) return result("fail", `the derivative given is ${given}, where the value is finite`);
  if (kink !== undefined) {
    const slopes = `a kink: slope ${show(kink.left)} to the left, ${show(kink.right)} to the right`;
    const slack = tolerance * size + 1e-3 * Math.abs(kink.right - kink.left);
    const between = given >= Math.min(kink.left, kink.right) - slack && given <= Math.max(kink.left, kink.right) + slack;
    return between ? result("cannot-tell", slopes) : result("fail", `${slopes}, and the derivative given is not between them`);
  }
  if (difference > tolerance * size + 4 * numericalError)
    return result("fail", `${show(given)} was given, differences find ${show(numerical)} ± ${show(numericalError)}`);
  if (!(numericalError <= 1e-3 * size))
    return result("cannot-tell", `differences find no steady value here (${show(numerical)} ± ${show(numericalError)})`);
  return result("pass");
}

const show = (x: number): string => String(Number(x.toPrecision(6)));

/** Words for what was found; a ratio common to all failing coordinates names the usual mistakes. */
function diagnose(sorted: readonly CheckedCoordinate[]): string {
  const failed = sorted.filter((c) => c.verdict === "fail");
  const unclear = sorted.filter((c) => c.verdict === "cannot-tell");
  if (failed.length > 0) {
    const [first] = failed;
    const where = `${failed.length} of ${sorted.length} derivatives are wrong; the worst is ${first.name}: ${first.reason}.`;
    const ratios = failed.filter((c) => c.numericalError < 1e-3 * Math.abs(c.numerical)).map((c) => c.given / c.numerical);
    const common =
      ratios.length === failed.length && ratios.every((r) => Math.abs(r - ratios[0]) <= 1e-3 * Math.max(Math.abs(ratios[0]), 1e-3))
        ? ratios[0]
        : undefined;
    if (common === undefined) return where;
    if (common === 0)
      return `${where} All of them are 0: the value does not reach the gradient (a value read or a gradient stopped on the way).`;
    const sign = Math.abs(common + 1) < 1e-3 ? " The sign is reversed." : "";
    const factor =
      sign === "" && ratios.length > 1
        ? ` All are ${show(common)} times what they should be: look for a missing or doubled factor, as of a square, or of a mean taken for a sum.`
        : "";
    return `${where}${sign}${factor}`;
  }
  if (unclear.length > 0)
    return `Nothing is wrong, but ${unclear.length} of ${sorted.length} derivatives cannot be judged; the first is ${unclear[0].name}: ${unclear[0].reason}.`;
  return `All ${sorted.length} derivatives agree with differences.`;
}

/** All places, or `most` of them drawn without repetition, in ascending order. */
function someOf(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  const rounds = shuffleRounds(0, 0, count);
  return Array.from({ length: most }, (_, i) => shuffledIndex(rounds, i)).sort((a, b) => a - b);
}
