/** Levenberg's and Marquardt's method in Moré's form. */
import { norm } from "../../algebra/index.js";
import { LinearModel } from "./linear-model.js";
import { EPSILON, LoopRecord, type LoopResult, type LoopSettings, modelAt, polished } from "./loop.js";
import type { ResidualProgram } from "./residual-program.js";
import { dampedStep } from "./trust-region.js";

/**
 * Levenberg (1944), Marquardt (1963), as a trust-region method (Moré 1978, the `lmder` of MINPACK):
 *
 *     p = argmin ‖r + J p‖²  within  ‖D p‖ ≤ Δ,   D = largest lengths of J's columns so far
 *     ρ = (‖r‖² − ‖r(θ + p)‖²) / (‖r‖² − ‖r + J p‖²)
 *     θ ← θ + p  where ρ ≥ 1e-4;   Δ shrinks where ρ ≤ ¼, grows where ρ ≥ ¾
 *
 * What is not finite counts as a step that fails, so that the region shrinks until residuals and derivatives are numbers.
 */
export function levenbergMarquardt(program: ResidualProgram, start: Float64Array, settings: LoopSettings): LoopResult {
  let model = new LinearModel(program.linearize(start));
  const record = new LoopRecord(settings, model);
  let weights = model.scale;
  const weighted = (theta: Float64Array) => norm(theta.map((x, j) => x * weights[j]));
  let radius = settings.radius * (weighted(start) || 1);
  let damping = 0;
  for (;;) {
    const ending = record.endAt(model);
    if (ending !== undefined) return record.result(model, ending);
    weights = weights.map((w, j) => Math.max(w, model.scale[j]));
    const from = model;
    const size = weighted(from.at.theta);
    let arrived: LinearModel | undefined;
    while (arrived === undefined) {
      const { step, damping: lambda, length, change } = dampedStep(from, weights, radius, damping);
      damping = lambda;
      if (record.steps === 0) radius = Math.min(radius, length);
      const next = from.at.theta.map((x, j) => x + step[j]);
      const after = norm(program.residuals(next));
      // All as shares of ‖r‖².
      const actual = 0.1 * after < from.length ? 1 - (after / from.length) * (after / from.length) : -1;
      const [linear, damped] = [change / from.length, (Math.sqrt(lambda) * length) / from.length];
      const promised = linear * linear + 2 * damped * damped;
      const slope = -(linear * linear + damped * damped);
      const ratio = promised === 0 ? 0 : actual / promised;
      const trial = radius;
      if (!(ratio > 0.25)) {
        const parabola = actual >= 0 ? 0.5 : (0.5 * slope) / (slope + 0.5 * actual);
        const shrink = 0.1 * after < from.length && parabola >= 0.1 ? parabola : 0.1;
        radius = shrink * Math.min(radius, length / 0.1);
        damping /= shrink;
      } else if (lambda === 0 || ratio >= 0.75) {
        radius = length / 0.5;
        damping *= 0.5;
      }
      if (ratio >= 1e-4) {
        arrived = modelAt(program, next);
        if (arrived === undefined) {
          radius = 0.1 * Math.min(trial, length);
          damping = lambda * 10;
        } else record.take(from, trial);
      }
      const exhausted =
        (Math.abs(actual) <= EPSILON && promised <= EPSILON && ratio <= 2) ||
        radius <= EPSILON * size ||
        !(radius > 0) ||
        next.every((x, j) => x === from.at.theta[j]);
      if (exhausted) {
        const last = polished(program, arrived ?? from, record);
        return record.result(last, record.endAt(last) ?? record.endOfArithmetic(program, last));
      }
    }
    model = arrived;
  }
}
