/** Are the second derivatives right? */
import type { RandomStream } from "../../tensor/random.js";
import { differentiate } from "./differences.js";
import { crossings, dot, randomDirection } from "./directions.js";
import { type GradientVerdict, judged, show } from "./judge.js";
import type { GradientProblem, TensorPart } from "./problem.js";

export interface CheckedHessian {
  readonly verdict: GradientVerdict;
  /** |uᵀHv − vᵀHu| / (‖u‖·‖Hv‖ + ‖v‖·‖Hu‖) for two random directions: 0 but for rounding. */
  readonly asymmetry: number;
  /** uᵀHv, and the same by differences of the gradient along v. */
  readonly given: number;
  readonly numerical: number;
  readonly numericalError: number;
  readonly reason?: string;
}

/** H is symmetric, and the derivative of the gradient: both along two random directions. Undefined where H is not known. */
export function checkHessian(
  problem: GradientProblem,
  theta: Float64Array,
  gradient: Float64Array,
  parts: readonly TensorPart[],
  random: RandomStream,
): CheckedHessian | undefined {
  if (problem.hessianProduct === undefined) return undefined;
  const [u, v] = [randomDirection(theta, parts, random), randomDirection(theta, parts, random)];
  const [hu, hv] = [problem.hessianProduct(theta.slice(), u.slice()), problem.hessianProduct(theta.slice(), v.slice())];
  const [given, mirrored] = [dot(hv, u), dot(hu, v)];
  const scale = norm(u) * norm(hv) + norm(v) * norm(hu);
  const asymmetry = scale === 0 ? 0 : Math.abs(given - mirrored) / scale;
  // Differences of the gradient carry its rounding: that of sums as long as θ's norm allows.
  const slopeAt = (h: number) => dot(problem.gradient(theta.map((x, i) => x + h * v[i])), u);
  const estimate = differentiate(slopeAt, 0);
  const visible = 1e-8 * Math.max(1, norm(gradient) * norm(u));
  const found = Number.isFinite(estimate.value) ? Math.abs(estimate.value) : 0;
  const size = Math.max(Math.abs(given), found, 1e-3 * scale, visible);
  const { verdict, numerical, numericalError, reason } = judged(given, estimate, size, 1e-6, () => crossings(problem, theta, v));
  const isSkew = asymmetry > 1e-6 && Math.abs(given - mirrored) > visible;
  return {
    verdict: isSkew ? "fail" : verdict,
    asymmetry,
    given,
    numerical,
    numericalError,
    ...(isSkew
      ? { reason: `uᵀHv = ${show(given)} and vᵀHu = ${show(mirrored)} should be the same` }
      : reason !== undefined && { reason: `uᵀHv: ${reason}` }),
  };
}

const norm = (x: Float64Array): number => Math.sqrt(x.reduce((sum, y) => sum + y * y, 0));
