/** The exact minimiser along a line, for quadratics. */
import { curvatureAt } from "../curvature.js";
import { along, inner, isFinite, type LineSearch, number } from "./problem.js";

/**
 * Exact line search on a quadratic, by one Hessian-vector product:
 *
 *     α = −φ′(0) / φ″(0) = −gᵀp / pᵀH p
 *
 * On anything else it is the step to the minimum of the parabola that touches φ at 0, and may overshoot. Where φ does not bend upwards,
 * nothing is found. The product counts as one evaluation.
 */
export function exactStep(): LineSearch {
  return (problem) => {
    const { theta, loss, gradient, direction, evaluate } = problem;
    const zero = number(0);
    const slope = inner(gradient, direction);
    const bend = inner(direction, curvatureAt(evaluate, theta)(direction));
    const wanted = slope.neg().div(bend);
    const starts = slope.lt(zero).and(bend.gt(zero)).and(isFinite(wanted)).and(problem.initial.cast("f64").gt(zero));
    const tried = starts.select(wanted, zero);
    const there = evaluate(along(problem, tried));
    const found = starts.and(isFinite(there.loss.cast("f64")));
    const rate = found.select(tried, zero);
    return {
      rate,
      theta: along(problem, rate),
      loss: found.select(there.loss.cast("f64"), loss.cast("f64")),
      gradient: found.broadcastTo(theta.shape).select(there.gradient, gradient),
      evaluations: number(2),
      succeeded: found,
    };
  };
}
