/** Proximal gradients: a smooth objective plus a convex penalty that need not be smooth. */
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import { inner, number } from "./line-search/problem.js";
import { defineOptimizer, likeTheta, type Optimizer, type Penalty, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkNames, checkNonNegative, checkRate } from "./options.js";

/**
 * The penalty λ ‖θ‖₁ (the lasso): its proximal point shrinks every coordinate by αλ, and makes small ones exactly 0.
 *
 *     prox(θ)ᵢ = sign(θᵢ) max(|θᵢ| − αλ, 0)
 *
 * @throws SteepestError for a λ that is no number ≥ 0
 */
export function sparsity(lambda: number): Penalty {
  checkNonNegative("sparsity", "lambda", lambda);
  return {
    name: `${lambda}·‖θ‖₁`,
    value: (theta) => theta.abs().sum().mul(lambda),
    prox(theta, rate) {
      const shrink = rate.mul(lambda).cast(theta.dtype);
      // What is cut off is θ itself where it is small: the difference is +0.
      return theta.sub(theta.maximum(shrink.neg()).minimum(shrink));
    },
  };
}

/**
 * The penalty λ ‖θ‖₂, not squared: all coordinates become 0 together, or none does.
 *
 *     prox(θ) = θ max(1 − αλ/‖θ‖₂, 0)
 *
 * @throws SteepestError for a λ that is no number ≥ 0
 */
export function groupSparsity(lambda: number): Penalty {
  checkNonNegative("groupSparsity", "lambda", lambda);
  return {
    name: `${lambda}·‖θ‖₂`,
    value: (theta) => theta.square().sum().sqrt().mul(lambda),
    prox(theta, rate) {
      const length = inner(theta, theta).sqrt();
      const kept = length.gt(rate.mul(lambda)).select(number(1).sub(rate.mul(lambda).cast("f64").div(length)), number(0));
      return theta.mul(kept.cast(theta.dtype));
    },
  };
}

export interface ProximalOptions {
  /** α, at most 1/L for a gradient with Lipschitz constant L. */
  readonly learningRate?: Rate;
  /** h: `sparsity(λ)`, `groupSparsity(λ)`, or one's own. */
  readonly penalty: Penalty;
}

function checked(owner: string, options: ProximalOptions): { readonly learningRate: Rate; readonly penalty: Penalty } {
  checkNames(owner, options ?? {}, ["learningRate", "penalty"]);
  const { learningRate = 0.01, penalty } = options ?? {};
  if (typeof penalty !== "object" || penalty === null || typeof penalty.prox !== "function" || typeof penalty.value !== "function")
    throw new SteepestError({
      problem: `${owner} needs a penalty`,
      expected: "sparsity(λ), groupSparsity(λ), or { name, value(θ), prox(θ, rate) }",
      received: String(penalty),
    });
  return { learningRate: checkRate(owner, learningRate), penalty };
}

/**
 * The proximal gradient method (ISTA) for F = f + h:
 *
 *     θ ← prox(θ − α ∇f(θ)),   prox(u) = argmin h(v) + ‖v − u‖²/2α
 *
 * f is the objective, h the rule's penalty; `run.loss` is F, and the gradient's norm that of θ − prox(θ − ∇f(θ)), which is 0 at a minimum.
 * For α ≤ 1/L and convex f, F(θₖ) − F* ≤ ‖θ₀ − θ*‖² / 2αk.
 *
 * @param options `penalty`, `learningRate` (default 0.01)
 * @throws SteepestError without a penalty, for a rate that is not usable, and unknown options
 * @example
 * ```ts
 * import { minimize, proximalGradient, sparsity } from "steepest";
 * const optimizer = proximalGradient({ learningRate: 0.5, penalty: sparsity(1) });
 * minimize("½(x-3)^2 + ½(y-0.5)^2", { x: 0, y: 1 }, { optimizer }).solution.y; // → 0
 * ```
 */
export function proximalGradient(options: ProximalOptions): Optimizer<Record<never, Slot>> {
  const { learningRate, penalty } = checked("proximalGradient", options);
  return defineOptimizer({
    name: "proximalGradient",
    learningRate,
    slots: {},
    penalty,
    update: ({ theta, gradient, learningRate: rate }) => ({ theta: penalty.prox(theta.sub(gradient.mul(rate)), rate), slots: {} }),
  });
}

/** Where θ was before, and t of the momentum. */
export type FistaSlots = { readonly before: Slot; readonly t: Slot };

/**
 * FISTA (Beck and Teboulle 2009), the proximal gradient with Nesterov's momentum, restarted where it leads uphill (O'Donoghue and Candès
 * 2015):
 *
 *     t₊ = (1 + √(1 + 4t²)) / 2,   y = θ + (t − 1)/t₊ (θ − θ₋),   θ₊ = prox(y − α ∇f(y))
 *     t₊ ← 1  where (y − θ₊)ᵀ(θ₊ − θ) > 0
 *
 * F(θₖ) − F* ≤ 2‖θ₀ − θ*‖² / α(k + 1)² for α ≤ 1/L. Each step takes the gradient at y, and that at θ for the record.
 *
 * @param options `penalty`, `learningRate` (default 0.01)
 * @throws SteepestError without a penalty, for a rate that is not usable, and unknown options
 */
export function fista(options: ProximalOptions): Optimizer<FistaSlots> {
  const { learningRate, penalty } = checked("fista", options);
  return defineOptimizer({
    name: "fista",
    ingredients: ["momentum"],
    learningRate,
    slots: { before: likeTheta("theta"), t: scalar(1) },
    penalty,
    update({ theta, slots, learningRate: rate, evaluate }) {
      const next = slots.t.square().mul(4).add(1).sqrt().add(1).mul(0.5);
      const share: Tensor = slots.t.sub(1).div(next);
      const ahead = theta.add(theta.sub(slots.before).mul(share.cast(theta.dtype)));
      const arrived = penalty.prox(ahead.sub(evaluate(ahead).gradient.mul(rate)), rate);
      const uphill = inner(ahead.sub(arrived), arrived.sub(theta)).gt(number(0));
      return { theta: arrived, slots: { before: theta, t: uphill.select(1, next) } };
    },
  });
}
