/** Gauss and Newton's method with a line search. */

import { norm } from "../../algebra/index.js";
import { LinearModel } from "./linear-model.js";
import { EPSILON, LoopRecord, type LoopResult, type LoopSettings, modelAt, polished } from "./loop.js";
import type { ResidualProgram } from "./residual-program.js";

/**
 * Gauss (1809):
 *
 *     p = −J⁺r,   θ ← θ + α p
 *
 * with α = 1, halved until Σr² falls by at least 1e-4 of what its slope along p promises. Fast where the residuals at the minimum are small
 * and J has full rank; Levenberg–Marquardt is the method for everything else.
 */
export function gaussNewton(program: ResidualProgram, start: Float64Array, settings: LoopSettings): LoopResult {
  let model = new LinearModel(program.linearize(start));
  const record = new LoopRecord(settings, model);
  for (;;) {
    const ending = record.endAt(model);
    if (ending !== undefined) return record.result(model, ending);
    const { at, step, length, offset } = model;
    let arrived: LinearModel | undefined;
    let rate = 1;
    for (; arrived === undefined && rate > EPSILON; rate /= 2) {
      const next = at.theta.map((x, j) => x + rate * step[j]);
      if (next.every((x, j) => x === at.theta[j])) break;
      const after = norm(program.residuals(next)) / length;
      // d/dα ‖r + αJp‖² = −2‖Q₁ᵀr‖² at α = 0.
      if (after * after <= 1 - 2e-4 * rate * offset * offset && after < 1) arrived = modelAt(program, next);
      if (arrived !== undefined) record.take(model, rate);
    }
    if (arrived === undefined) {
      const last = polished(program, model, record);
      return record.result(last, record.endAt(last) ?? record.endOfArithmetic(program, last));
    }
    model = arrived;
  }
}
