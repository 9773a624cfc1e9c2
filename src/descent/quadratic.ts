/** Quadratics are not descended on but solved: ∇f = 0 is a linear system. */
import { dot, norm, Qr } from "../algebra/index.js";
import { Derivatives } from "../curvature/derivatives.js";
import { symmetricEigenvalues } from "../curvature/eigenvalues.js";
import type { Objective } from "../objectives/objective.js";
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import { Landscape } from "./diagnosis/index.js";
import type { Status } from "./history.js";
import { Run } from "./run.js";

/** More variables than that are not solved for. */
const MOST = 400;
/** How far second differences may be from constant, relative to their size. */
const SAME = 1e-9;
/** Eigenvalues below this share of the largest count as 0. */
const FLAT = 1e-12;

/**
 * Solves ∇f = 0 directly where f is a quadratic:
 *
 *     f(θ) = f(θ₀) + gᵀp + ½ pᵀH p,   H p = −g,   θ = θ₀ + p
 *
 * Whether it is one is tested: the Hessian must be the same, and the gradient linear, at points near and far. Of a whole flat of
 * minima the solution is one. The run has
 *
 * - `converged` at a minimum, with the number of steps 1 (0 where the start is one)
 * - `stalled` at a critical point that is no minimum
 * - `diverged` where there is no critical point: f falls without limit along a direction in which it does not bend
 *
 * @param objective what `trace(f, start)` gives
 * @returns undefined where f is no quadratic
 * @throws SteepestError for more than 400 variables
 * @example
 * ```ts
 * import { solveQuadratic, trace } from "steepest";
 * solveQuadratic(trace("½x^2 + 2y^2 + x*y - 3x", { x: 8, y: 7 }))?.solution; // → { x: 4, y: -1 }
 * solveQuadratic(trace("x^4 + y^2", { x: 1, y: 1 }));                        // → undefined
 * ```
 */
export function solveQuadratic<S>(objective: Objective<S>): Run<S> | undefined {
  const { start, parameters } = objective;
  const n = parameters.size;
  if (n > MOST)
    throw new SteepestError({
      problem: "there are too many variables for a direct solution",
      expected: `at most ${MOST}`,
      received: `${n}`,
      fix: 'minimise it: minimize(f, start, { optimizer: conjugateGradient({ lineSearch: "exact" }) })',
    });
  const derivatives = new Derivatives(objective);
  const origin = Float64Array.from(start);
  const { value, gradient } = derivatives.at(origin);
  const rows = derivatives.hessian(origin);
  const size = norm(rows.flat());
  if (![value, ...gradient, size].every(Number.isFinite)) return undefined;
  if (!isQuadratic(derivatives, origin, gradient, rows, size)) return undefined;

  const qr = new Qr({ rows: n, columns: n, data: Float64Array.from(rows.flat()) });
  const rank = size === 0 ? 0 : qr.rank();
  const solve = (g: Float64Array) => qr.solve(qr.transposedTimes(g), rank).map((x) => -x);
  const step = solve(gradient);
  let theta = origin.map((x, i) => x + step[i]);
  // Once more with what rounding has left.
  const correction = solve(derivatives.at(theta).gradient);
  theta = theta.map((x, i) => x + correction[i]);
  const end = derivatives.at(theta);
  const moved = norm(theta.map((x, i) => x - origin[i]));
  const solved = norm(end.gradient) <= 1e-9 * (norm(gradient) + size * moved) || norm(gradient) === 0;
  const eigenvalues = symmetricEigenvalues(rows);
  const [least, most] = [Math.min(...eigenvalues), Math.max(...eigenvalues)];
  const ending = endingOf(solved, least, most);
  const isStart = norm(gradient) === 0;
  const last = solved ? { theta, value: end.value, gradient: end.gradient } : { theta: origin, value, gradient };
  const steps = solved && !isStart ? 1 : 0;
  const outcome = {
    status: ending.status,
    steps,
    loss: last.value,
    gradientNorm: norm(last.gradient),
    history: {
      loss: Float64Array.of(...(steps === 1 ? [value] : [])),
      gradientNorm: Float64Array.of(...(steps === 1 ? [norm(gradient)] : [])),
      learningRate: Float64Array.of(...(steps === 1 ? [1] : [])),
    },
  };
  return new Run<S>({
    ...outcome,
    solution: objective.solution(last.theta),
    theta: last.theta,
    // Start, two tests, solution and its correction; a row of the Hessian costs as much as a gradient.
    evaluations: { value: 5, gradient: 5 + 3 * n },
    facts: () => ({
      ...outcome,
      reason: ending.reason,
      optimizer: { name: "solveQuadratic" },
      tolerance: Number.POSITIVE_INFINITY,
      sign: 1,
      landscape: new Landscape({ objective, sign: 1, start, end: last.theta, next: last.theta, region: undefined, frozen: undefined }),
    }),
  });
}

function isQuadratic(
  derivatives: Derivatives,
  origin: Float64Array,
  gradient: Float64Array,
  rows: readonly (readonly number[])[],
  size: number,
): boolean {
  const random = new RandomStream(0, "quadratic test");
  const flat = rows.flat();
  return [1, 1e3].every((distance) => {
    const step = origin.map((x) => distance * Math.max(1, Math.abs(x)) * random.normal());
    const there = origin.map((x, i) => x + step[i]);
    const other = derivatives.hessian(there);
    if (!(norm(other.flat().map((h, k) => h - flat[k])) <= SAME * size)) return false;
    const expected = rows.map((row, i) => gradient[i] + dot(row, step));
    const found = derivatives.at(there).gradient;
    return norm(expected.map((g, i) => g - found[i])) <= SAME * (norm(gradient) + size * norm(step));
  });
}

function endingOf(solved: boolean, least: number, most: number): { readonly status: Status; readonly reason: string } {
  const zero = FLAT * Math.max(Math.abs(least), Math.abs(most));
  if (least < -zero) return { status: "stalled", reason: "the critical point of this quadratic is no minimum: f is unbounded below" };
  if (!solved) return { status: "diverged", reason: "this quadratic has no critical point: f falls without limit where it does not bend" };
  if (least <= zero) return { status: "converged", reason: "the quadratic was solved; its minima form a whole flat" };
  return { status: "converged", reason: "the quadratic was solved directly" };
}
