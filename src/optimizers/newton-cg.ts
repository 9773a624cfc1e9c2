/** Newton's method in a trust region, by Hessian-vector products. */

import { whileLoop } from "../tensor/control.js";
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import { curvatureAt } from "./curvature.js";
import { inner, isFinite, noiseOf, number } from "./line-search/problem.js";
import { defineOptimizer, type Optimizer, type Slot, scalar } from "./optimizer.js";
import { checkNames } from "./options.js";

export interface NewtonCgOptions {
  /** Δ₀, the first radius of the trust region. Default 1. */
  readonly radius?: number;
  /** The inner iteration ends at a residual of min(`forcing`, √‖g‖) ‖g‖, 0 ≤ forcing < 1; with 0 the step is Newton's own. Default 0.5. */
  readonly forcing?: number;
  /** Most Hessian-vector products of a step. Default 2d, at most 500. */
  readonly products?: number;
}

/**
 * Newton's method in a trust region, its equations solved by conjugate gradients (Steihaug 1983; Nocedal and Wright 2006, algorithm 7.2):
 *
 *     z ≈ argmin gᵀz + ½ zᵀH z   within  ‖z‖ ≤ Δ
 *     ρ = (f(θ) − f(θ + z)) / (−gᵀz − ½ zᵀH z)
 *     θ ← θ + z  where ρ > 0.15;   Δ ← ¼‖z‖ where ρ < ¼,  2Δ where ρ > ¾ and z met the border
 *
 * Each inner iteration takes one product H v, the forward derivative of the gradient. A direction of negative curvature is followed to the
 * border: saddles hold nobody up unless the gradient there is exactly 0. Near a minimum the steps are Newton's and converge
 * superlinearly. `run.evaluations` counts each product as one evaluation.
 *
 * Where a step is refused θ stays for a step and Δ shrinks; where Δ is lost in the last digits of θ, the descent ends as `stalled`.
 *
 * Elsewhere: this is SciPy's `trust-ncg`, with the same constants and no largest radius.
 *
 * @param options `radius` (default 1), `forcing` (0.5), `products`
 * @throws SteepestError for options out of their range, and unknown options
 * @example
 * ```ts
 * import { minimize, newtonCg } from "steepest";
 * const run = minimize("(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, { optimizer: newtonCg() });
 * run.status; // → "converged"
 * ```
 */
export function newtonCg(options: NewtonCgOptions = {}): Optimizer<{ readonly radius: Slot }> {
  checkNames("newtonCg", options, ["radius", "forcing", "products"]);
  const { radius = 1, forcing = 0.5, products = 0 } = options;
  const expect = (option: string, holds: boolean, expected: string, received: unknown) => {
    if (!holds) throw new SteepestError({ problem: `${option} of newtonCg is not usable`, expected, received: String(received) });
  };
  expect("radius", Number.isFinite(radius) && radius > 0, "a finite number > 0", radius);
  expect("forcing", forcing >= 0 && forcing < 1, "a number with 0 ≤ x < 1", forcing);
  expect("products", options.products === undefined || (Number.isInteger(products) && products >= 1), "a whole number ≥ 1", products);
  return defineOptimizer({
    name: "newtonCg",
    ingredients: ["adaptive"],
    learningRate: 1,
    slots: { radius: scalar(radius) },
    settings: { radius, forcing, products },
    carries: "evaluation",
    update({ theta, loss, gradient, slots, learningRate, evaluate }) {
      const most = products > 0 ? products : Math.min(500, 2 * theta.size);
      const value = loss.cast("f64");
      const inside = withinRegion({ theta, gradient, radius: slots.radius, forcing, most, active: learningRate.gt(0), evaluate });
      const { step, promised, border, count } = inside;
      const moved = theta.add(step);
      const there = evaluate(moved);
      const after = there.loss.cast("f64");
      const finite = isFinite(after).and(isFinite(inner(there.gradient, there.gradient)));
      const noise = noiseOf(value, theta);
      // Where differences of f drown in rounding, a shorter gradient stands for the decrease.
      const drowned = promised.le(noise).and(after.sub(value).abs().le(noise));
      const shorter = inner(there.gradient, there.gradient).lt(inner(gradient, gradient)).select(number(1), number(0));
      const ratio = finite.select(drowned.select(shorter, value.sub(after).div(promised)), number(-1));
      const length = inner(step, step).sqrt();
      const accepted = ratio.gt(number(0.15)).and(learningRate.gt(0));
      const next = ratio
        .ge(number(0.25))
        .select(ratio.gt(number(0.75)).and(border).select(slots.radius.mul(2), slots.radius), length.mul(number(0.25)));
      const size = inner(theta, theta).sqrt();
      const lost = next.le(size.mul(number(theta.dtype === "f32" ? 2 ** -23 : 2 ** -52)));
      const all = accepted.broadcastTo(theta.shape);
      return {
        theta: all.select(moved, theta),
        slots: { radius: learningRate.gt(0).select(next, slots.radius) },
        evaluation: { loss: accepted.select(after, value), gradient: all.select(there.gradient, gradient) },
        evaluations: count.add(number(1)),
        stalled: accepted
          .not()
          .and(lost.or(length.le(number(0))))
          .and(learningRate.gt(0)),
      };
    },
  });
}

interface Region {
  readonly theta: Tensor;
  readonly gradient: Tensor;
  readonly radius: Tensor;
  readonly forcing: number;
  readonly most: number;
  /** Whether anything is to be done at all. */
  readonly active: Tensor;
  evaluate(theta: Tensor): { readonly loss: Tensor; readonly gradient: Tensor };
}

/** Steihaug's conjugate gradients: until the residual is small, the curvature negative, or the border met. */
function withinRegion({ theta, gradient, radius, forcing, most, active, evaluate }: Region) {
  const times = (x: Tensor, factor: Tensor) => x.mul(factor.cast(theta.dtype));
  const squares = inner(gradient, gradient);
  const norm = squares.sqrt();
  const wanted = norm.mul(norm.sqrt().minimum(number(forcing)));
  const zero = number(0);
  const none = theta.fill(0);
  const [, step, , , , image, border, count] = whileLoop(
    ([going]) => going,
    ([, z, rest, direction, square, image, , done]) => {
      const bent = curvatureAt(evaluate, theta)(direction);
      const bend = inner(direction, bent);
      const rate = square.div(bend);
      const beyond = z.add(times(direction, rate));
      const leaves = bend.le(zero).or(inner(beyond, beyond).ge(radius.square())).or(isFinite(rate).not());
      // ‖z + τ d‖ = Δ
      const [a, half, c] = [inner(direction, direction), inner(z, direction), inner(z, z).sub(radius.square())];
      const toBorder = half.square().sub(a.mul(c)).maximum(zero).sqrt().sub(half).div(a);
      const length = leaves.select(toBorder, rate);
      const left = rest.add(times(bent, length));
      const leftSquare = inner(left, left);
      const more = leaves
        .not()
        .and(leftSquare.sqrt().gt(wanted))
        .and(done.lt(number(most - 1)));
      return [
        more,
        z.add(times(direction, length)),
        left,
        times(direction, leftSquare.div(square)).sub(left),
        leftSquare,
        image.add(times(bent, length)),
        leaves,
        done.add(number(1)),
      ];
    },
    [active.and(squares.gt(zero)).and(isFinite(squares)), none, gradient, gradient.neg(), squares, none, number(0).gt(zero), zero],
  );
  return {
    step,
    /** What the quadratic model falls by. */
    promised: inner(gradient, step)
      .add(inner(step, image).mul(number(0.5)))
      .neg(),
    border,
    count,
  };
}
