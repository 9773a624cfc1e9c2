/** Line search that shortens the step until the objective falls enough. */
import { whileLoop } from "../../tensor/control.js";
import { along, inner, isFinite, type LineSearch, type LineSearchOptions, noiseOf, number } from "./problem.js";

/**
 * Backtracking to sufficient decrease (Armijo 1966):
 *
 *     φ(α) ≤ φ(0) + c₁ α φ′(0)
 *
 * Each next α is the minimiser of the parabola through φ(0), φ′(0) and φ(α), at least a tenth and at most half of α; a tenth where φ(α)
 * or its slope is not finite. Steps never grow, and nothing is asked of the slope at α.
 */
export function backtracking({ decrease = 1e-4, trials = 25 }: LineSearchOptions = {}): LineSearch {
  return (problem) => {
    const { theta, direction, evaluate } = problem;
    const value = problem.loss.cast("f64");
    const slope = inner(problem.gradient, direction);
    const noise = noiseOf(value, theta);
    const initial = problem.initial.cast("f64");
    const zero = number(0);
    const start = slope.lt(zero).and(initial.gt(zero)).and(isFinite(slope));
    const [, evaluations, , rate, loss, gradient] = whileLoop(
      ([going]) => going,
      ([, tried, trial, accepted, best, held]) => {
        const there = evaluate(along(problem, trial));
        const [phi, derivative] = [there.loss.cast("f64"), inner(there.gradient, direction)];
        const decreased = phi.le(value.add(trial.mul(slope).mul(number(decrease))));
        const decreasedByRounding = phi
          .sub(value)
          .abs()
          .le(noise)
          .and(derivative.le(slope.mul(number(2 * decrease - 1))));
        const finite = isFinite(phi).and(isFinite(derivative));
        const good = finite.and(decreased.or(decreasedByRounding));
        const parabola = trial
          .square()
          .mul(slope)
          .div(phi.sub(value).sub(trial.mul(slope)).mul(number(-2)));
        const shorter = parabola.maximum(trial.mul(number(0.1))).minimum(trial.mul(number(0.5)));
        const next = isFinite(shorter)
          .and(finite)
          .select(shorter, trial.mul(number(0.1)));
        const more = good
          .not()
          .and(tried.lt(number(trials - 1)))
          .and(next.gt(zero));
        return [
          more,
          tried.add(number(1)),
          next,
          good.select(trial, accepted),
          good.select(phi, best),
          good.broadcastTo(theta.shape).select(there.gradient, held),
        ];
      },
      [start, zero, initial, zero, value, problem.gradient],
    );
    return { rate, theta: along(problem, rate), loss, gradient, evaluations, succeeded: rate.gt(zero) };
  };
}
