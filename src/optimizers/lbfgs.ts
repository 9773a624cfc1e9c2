/** L-BFGS: a quasi-Newton direction from the last few steps, and a line search along it. */
import { SteepestError } from "../tensor/error.js";
import { concatenate } from "../tensor/join.js";
import type { Tensor } from "../tensor/tensor.js";
import { backtracking } from "./line-search/backtracking.js";
import { idleAfter, isExhausted } from "./line-search/progress.js";
import { strongWolfe } from "./line-search/strong-wolfe.js";
import { defineOptimizer, history, type Optimizer, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkNames, checkRate } from "./options.js";

export interface LbfgsOptions {
  /** m: how many steps are remembered, 1 to 100. Default 10. */
  readonly memory?: number;
  /** `"wolfe"`: strong Wolfe conditions; `"backtracking"`: sufficient decrease alone. Default `"wolfe"`. */
  readonly lineSearch?: "wolfe" | "backtracking";
  /** The first step length that each line search tries. Default 1. */
  readonly learningRate?: Rate;
  /** c₁: the part of the decrease promised by the slope that a step must bring, 0 < c₁ < ½. Default 1e-4. */
  readonly decrease?: number;
  /** c₂ of `"wolfe"`: the part of the slope that may be left, c₁ < c₂ < 1. Default 0.9; near 0 the search is exact. */
  readonly curvature?: number;
  /** Most evaluations of one line search. Default 25. */
  readonly trials?: number;
}

/** The last m steps and changes of the gradient, newest first, both divided by √(sᵀy); and how many searches in a row have brought nothing. */
export type LbfgsSlots = { readonly steps: Slot; readonly changes: Slot; readonly idle: Slot };

/**
 * L-BFGS (Nocedal 1980; Liu and Nocedal 1989; Nocedal and Wright, Numerical Optimization, 2006, algorithms 7.4 and 7.5).
 *
 *     p = −H g                  H from the last m pairs s = θₖ₊₁ − θₖ, y = gₖ₊₁ − gₖ by two loops over them
 *     H₀ = (sᵀy / yᵀy) I        of the newest pair; min(1, 1/‖g‖₁) I where there is none
 *     θ ← θ + α p               α by a line search that begins at `learningRate`
 *
 * The direction costs 4md multiplications, and 2m vectors are kept. A pair with sᵀy ≤ ε yᵀy (ε the spacing of the dtype at 1) is left
 * out: H stays positive definite. Where the search finds no decrease, the pairs are forgotten; where it finds none along −g either, the
 * descent ends as `stalled`; so it does after ten searches in a row that bring nothing: neither lower f beyond rounding nor shorten the gradient
 * by a tenth, or use up their trials for less than a millionth of f, as at kinks. Loss and gradient at the new θ are those of the search, so that a step costs what its search costs: mostly
 * one evaluation. `run.evaluations` counts them all.
 *
 * It is made for smooth objectives that are the same at every step. In `fit` each search stays on its batch, and the loss and gradient
 * it begins with are those of that batch: use large batches. There is no projection onto bounds.
 *
 * Elsewhere: SciPy's L-BFGS-B (the Fortran code of Zhu, Byrd, Lu and Nocedal) keeps bounds, uses m = 10, begins with 1/‖g‖₂ and the
 * search of Moré and Thuente with c₁ = 1e-3, and also stops when f falls by less than 2.2e-9 of itself. PyTorch's `LBFGS` takes steps of fixed length unless
 * `line_search_fn="strong_wolfe"` is given, m = 100, and does up to 20 iterations in each call of `step`.
 *
 * @param options `memory` (default 10), `lineSearch` ("wolfe"), `learningRate` (1), `decrease` (1e-4), `curvature` (0.9), `trials` (25)
 * @throws SteepestError for options out of their range, and unknown options
 * @example
 * ```ts
 * import { lbfgs, minimize } from "steepest";
 * const run = minimize("(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, { optimizer: lbfgs() });
 * run.status; // → "converged"
 * ```
 */
export function lbfgs(options: LbfgsOptions = {}): Optimizer<LbfgsSlots> {
  checkNames("lbfgs", options, ["memory", "lineSearch", "learningRate", "decrease", "curvature", "trials"]);
  const { memory = 10, lineSearch = "wolfe", learningRate = 1, decrease = 1e-4, curvature = 0.9, trials = 25 } = options;
  const expect = (option: string, holds: boolean, expected: string, received: unknown) => {
    if (!holds) throw new SteepestError({ problem: `${option} of lbfgs is not usable`, expected, received: String(received) });
  };
  expect("memory", Number.isInteger(memory) && memory >= 1 && memory <= 100, "a whole number from 1 to 100", memory);
  expect("lineSearch", lineSearch === "wolfe" || lineSearch === "backtracking", '"wolfe" or "backtracking"', lineSearch);
  expect("decrease", decrease > 0 && decrease < 0.5, "a number between 0 and 0.5", decrease);
  expect("curvature", lineSearch !== "wolfe" || (curvature > decrease && curvature < 1), "a number between decrease and 1", curvature);
  expect("trials", Number.isInteger(trials) && trials >= 1 && trials <= 1000, "a whole number from 1 to 1000", trials);
  const search = lineSearch === "wolfe" ? strongWolfe({ decrease, curvature, trials }) : backtracking({ decrease, trials });
  return defineOptimizer({
    name: "lbfgs",
    ingredients: [],
    learningRate: checkRate("lbfgs", learningRate),
    slots: { steps: history(memory, 0), changes: history(memory, 0), idle: scalar(0) },
    settings: { memory, lineSearch, decrease, curvature, trials },
    carries: "evaluation",
    update({ theta, loss, gradient, slots, learningRate: initial, evaluate }) {
      const { direction, isFirst } = quasiNewton(gradient, rowsOf(slots.steps), rowsOf(slots.changes));
      const found = search({ theta, loss, gradient, direction, initial, evaluate });
      const step = found.theta.sub(theta);
      const change = found.gradient.sub(gradient);
      const product = step.dot(change);
      const bends = product.gt(change.dot(change).mul(product.fill(theta.dtype === "f32" ? 2 ** -23 : 2 ** -52)));
      const scale = product.sqrt().reciprocal();
      // A step that is lost in rounding has found nothing, either. Failure forgets all pairs, so that the next search goes along −g.
      const failed = found.succeeded.not().or(found.theta.ne(theta).cast("f64").sum().eq(0));
      const idle = idleAfter(slots.idle, { theta, loss, gradient }, found, trials);
      const remember = (rows: Tensor, newest: Tensor) => {
        const [count, size] = rows.shape;
        const first = newest.mul(scale).reshape([1, size]);
        const moved = count === 1 ? first : concatenate([first, rows.slice([0, 0], [count - 1, size])], 0);
        const kept = bends.broadcastTo(rows.shape).select(moved, rows);
        return failed.broadcastTo(rows.shape).select(rows.fill(0), kept);
      };
      return {
        theta: found.theta,
        slots: { steps: remember(slots.steps, step), changes: remember(slots.changes, change), idle },
        evaluation: { loss: found.loss, gradient: found.gradient },
        evaluations: found.evaluations,
        stalled: failed.and(isFirst).or(isExhausted(idle)).and(initial.gt(0)),
      };
    },
  });
}

const rowsOf = (matrix: Tensor): Tensor[] => {
  const [count, size] = matrix.shape;
  return Array.from({ length: count }, (_, i) => matrix.slice([i, 0], [1, size]).reshape([size]));
};

/**
 * −H g by the two loops. Since every pair is scaled so that sᵀy = 1, rows of zeros are pairs that are not there yet.
 *
 * @returns `isFirst`: whether no pair is known
 */
function quasiNewton(
  gradient: Tensor,
  steps: readonly Tensor[],
  changes: readonly Tensor[],
): { readonly direction: Tensor; readonly isFirst: Tensor } {
  let left = gradient;
  const weights = steps.map((s, i) => {
    const weight = s.dot(left);
    left = left.sub(changes[i].mul(weight));
    return weight;
  });
  const curvature = changes[0].dot(changes[0]);
  const isFirst = curvature.le(curvature.fill(0));
  const least = gradient.abs().sum().reciprocal().minimum(curvature.fill(1));
  let right = left.mul(isFirst.select(least, curvature.reciprocal()));
  for (let i = steps.length - 1; i >= 0; i--) right = right.add(steps[i].mul(weights[i].sub(changes[i].dot(right))));
  return { direction: right.neg(), isFirst };
}
