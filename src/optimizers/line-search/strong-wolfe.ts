/** Line search for a step that satisfies the strong Wolfe conditions. */
import { whileLoop } from "../../tensor/control.js";
import { literal, type Tensor } from "../../tensor/tensor.js";
import { along, inner, isFinite, type LineSearch, type LineSearchOptions, noiseOf, number } from "./problem.js";

export interface StrongWolfeOptions extends LineSearchOptions {
  /** c₂ of the curvature condition |φ′(α)| ≤ c₂ |φ′(0)|, c₁ < c₂ < 1. Default 0.9; near 0 the search becomes exact. */
  readonly curvature?: number;
}

/**
 * A step with sufficient decrease and a slope that has flattened (the strong Wolfe conditions):
 *
 *     φ(α) ≤ φ(0) + c₁ α φ′(0)   and   |φ′(α)| ≤ c₂ |φ′(0)|
 *
 * Steps grow (by the minimiser of the cubic through the last two points, at most tenfold) until an interval holds such a step; then it
 * is narrowed by the minimiser of the cubic through its ends, and halved where that does not shrink it by a third in two trials
 * (Nocedal and Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6). A trial whose value or slope is not finite ends the
 * interval. Where differences of φ drown in rounding, φ′(α) ≤ (2c₁ − 1) φ′(0) stands for the decrease (Hager and Zhang 2005).
 *
 * After the last trial the best point with sufficient decrease is taken, if there is one.
 */
export function strongWolfe({ decrease = 1e-4, curvature = 0.9, trials = 25 }: StrongWolfeOptions = {}): LineSearch {
  return (problem) => {
    const { theta, direction, evaluate } = problem;
    const value = problem.loss.cast("f64");
    const slope = inner(problem.gradient, direction);
    const noise = noiseOf(value, theta);
    const initial = problem.initial.cast("f64");
    const zero = number(0);
    const never = literal(0, "bool");
    const infinite = number(Number.POSITIVE_INFINITY);
    const start = slope.lt(zero).and(initial.gt(zero)).and(isFinite(slope));
    // low is the best point so far; between it and high (once it is bracketed) lies a step that satisfies both conditions.
    const [, , count, , low, , gradient, lowValue] = whileLoop(
      ([going]) => going,
      ([, bracketed, tried, trial, low, lowSlope, lowGradient, lowValue, high, highValue, highSlope, width, widthBefore]) => {
        const there = evaluate(along(problem, trial));
        const [phi, derivative] = [there.loss.cast("f64"), inner(there.gradient, direction)];
        const decreased = phi.le(value.add(trial.mul(slope).mul(number(decrease))));
        const decreasedByRounding = phi
          .sub(value)
          .abs()
          .le(noise)
          .and(derivative.le(slope.mul(number(2 * decrease - 1))));
        const good = isFinite(phi)
          .and(isFinite(derivative))
          .and(decreased.or(decreasedByRounding))
          .and(phi.le(lowValue.add(noise)));
        const accepted = good.and(derivative.abs().le(slope.abs().mul(number(curvature))));
        const outwards = bracketed.select(high.sub(low), number(1));
        const turned = good.and(derivative.mul(outwards).ge(zero));

        const [newHigh, newHighValue, newHighSlope] = [
          [trial, low, high],
          [phi, lowValue, highValue],
          [derivative, lowSlope, highSlope],
        ].map(([here, back, held]) => good.select(turned.select(back, held), here));
        const [newLow, newLowValue, newLowSlope] = [good.select(trial, low), good.select(phi, lowValue), good.select(derivative, lowSlope)];
        const isBracketed = bracketed.or(good.not()).or(turned);

        const span = newHigh.sub(newLow);
        const newWidth = span.abs();
        const between = cubicMinimum(newLow, newLowValue, newLowSlope, newHigh, newHighValue, newHighSlope);
        const fraction = between.sub(newLow).div(span).maximum(number(0.1)).minimum(number(0.9));
        const unusable = isFinite(fraction)
          .not()
          .or(newWidth.gt(widthBefore.mul(number(2 / 3))));
        const part = unusable.select(isFinite(newHighValue).select(number(0.5), number(0.2)), fraction);
        const inside = newLow.add(span.mul(part));

        const farthest = trial.mul(number(10));
        const beyond = cubicMinimum(low, lowValue, lowSlope, trial, phi, derivative);
        const clipped = beyond.maximum(trial.add(trial.sub(low).mul(number(0.01)))).minimum(farthest);
        const outside = clipped.eq(clipped).select(clipped, farthest);

        const next = isBracketed.select(inside, outside);
        const room = isBracketed.not().or(newWidth.gt(newLow.maximum(newHigh).mul(number(2 ** -52))));
        const more = tried
          .lt(number(trials - 1))
          .and(accepted.not())
          .and(room)
          .and(isFinite(next));
        return [
          more,
          isBracketed,
          tried.add(number(1)),
          next,
          newLow,
          newLowSlope,
          good.broadcastTo(theta.shape).select(there.gradient, lowGradient),
          newLowValue,
          newHigh,
          newHighValue,
          newHighSlope,
          isBracketed.select(newWidth, width),
          width,
        ];
      },
      [start, never, zero, initial, zero, slope, problem.gradient, value, zero, zero, zero, infinite, infinite],
    );
    return { rate: low, theta: along(problem, low), loss: lowValue, gradient, evaluations: count, succeeded: low.gt(zero) };
  };
}

/** Where the cubic through two values with their slopes has its minimum; NaN or infinite where it has none. */
function cubicMinimum(a: Tensor, valueA: Tensor, slopeA: Tensor, b: Tensor, valueB: Tensor, slopeB: Tensor): Tensor {
  const span = b.sub(a);
  const mixed = slopeA.add(slopeB).add(valueA.sub(valueB).div(span).mul(number(3)));
  const root = mixed.square().sub(slopeA.mul(slopeB)).sqrt().mul(span.sign());
  return b.sub(
    span.mul(
      slopeB
        .add(root)
        .sub(mixed)
        .div(slopeB.sub(slopeA).add(root.mul(number(2)))),
    ),
  );
}
