/** What all second derivatives say of a point, where the linear model cannot tell. */
import { norm, Qr } from "../../algebra/index.js";
import { symmetricEigenvalues } from "../../curvature/eigenvalues.js";
import type { LinearModel } from "./linear-model.js";
import type { ResidualProgram } from "./residual-program.js";

/** Beyond so many parameters the Hessian is not looked at. */
const MOST = 200;
/** Below this share of the largest eigenvalue, one is rounding. */
const FLAT = 1e-10;

/**
 * Where J lacks rank and the residuals are large, Σ rᵢ ∇²rᵢ decides: the point is a minimum where the whole Hessian is positive definite and
 * Newton's step from it moves θ by at most `tolerance` of itself.
 */
export function isSecondOrderMinimum(program: ResidualProgram, model: LinearModel, tolerance: number): boolean {
  const n = model.scale.length;
  if (n > MOST || !model.isFinite) return false;
  const { scale } = model;
  const data = program.hessian(model.at.theta).data.map((x, k) => x / scale[Math.floor(k / n)] / scale[k % n]);
  if (!data.every(Number.isFinite)) return false;
  const eigenvalues = symmetricEigenvalues(Array.from({ length: n }, (_, i) => data.subarray(i * n, (i + 1) * n)));
  if (!(Math.min(...eigenvalues) > FLAT * Math.max(...eigenvalues))) return false;
  const qr = new Qr({ rows: n, columns: n, data });
  const step = qr.solve(qr.transposedTimes(model.gradient.map((g, j) => g / scale[j])), n);
  return norm(step) <= tolerance * norm(model.at.theta.map((x, j) => x * scale[j]));
}
