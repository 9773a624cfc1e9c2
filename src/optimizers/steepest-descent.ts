/** Gradient descent whose every step is as long as a line search finds. */
import { type SearchOptions, searchNamed } from "./line-search/named.js";
import { defineOptimizer, type Optimizer, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkNames, checkRate } from "./options.js";

export interface SteepestDescentOptions extends SearchOptions {
  /** Scales the first step length that each search tries. Default 1. */
  readonly learningRate?: Rate;
}

/**
 * Steepest descent with a line search (Cauchy 1847; Armijo 1966):
 *
 *     θ ← θ − α g,   α by a line search along −g
 *
 * Each search begins with twice the last α, the first one with min(1, 1/‖g‖₁). With `"exact"` on a quadratic of condition number κ the
 * error falls by at least (κ − 1)/(κ + 1) a step, which the worst starts attain; steps are then perpendicular to one another.
 *
 * @param options `lineSearch` (default "backtracking"), `learningRate` (1), `decrease` (1e-4), `curvature` (0.9), `trials` (40)
 * @throws SteepestError for options out of their range, and unknown options
 * @example
 * ```ts
 * import { minimize, steepestDescent } from "steepest";
 * const run = minimize("x^2 + 10y^2", { x: 10, y: 1 }, { optimizer: steepestDescent({ lineSearch: "exact" }), steps: 1 });
 * run.solution; // → { x: 8.18181818…, y: -0.818181818… }
 * ```
 */
export function steepestDescent(options: SteepestDescentOptions = {}): Optimizer<{ readonly rate: Slot }> {
  checkNames("steepestDescent", options, ["lineSearch", "learningRate", "decrease", "curvature", "trials"]);
  const { lineSearch = "backtracking", learningRate = 1, decrease = 1e-4, curvature = 0.9, trials = 40 } = options;
  const search = searchNamed("steepestDescent", { lineSearch, decrease, curvature, trials });
  return defineOptimizer({
    name: "steepestDescent",
    learningRate: checkRate("steepestDescent", learningRate),
    slots: { rate: scalar(0) },
    settings: { lineSearch, decrease, curvature, trials },
    carries: "evaluation",
    update({ theta, loss, gradient, slots, learningRate: scale, evaluate }) {
      const first = gradient.abs().sum().cast("f64").reciprocal().minimum(1);
      const initial = slots.rate.gt(0).select(slots.rate.mul(2), first).mul(scale);
      const found = search({ theta, loss, gradient, direction: gradient.neg(), initial, evaluate });
      const failed = found.succeeded.not().or(found.theta.sub(theta).abs().sum().le(0));
      return {
        theta: found.theta,
        slots: { rate: found.rate },
        evaluation: { loss: found.loss, gradient: found.gradient },
        evaluations: found.evaluations,
        stalled: failed.and(scale.gt(0)),
      };
    },
  });
}
