/** Nonlinear conjugate gradients. */
import type { Tensor } from "../tensor/tensor.js";
import { type SearchOptions, searchNamed } from "./line-search/named.js";
import { inner, isFinite, number } from "./line-search/problem.js";
import { idleAfter, isExhausted } from "./line-search/progress.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkForm, checkNames, checkRate } from "./options.js";

const forms = ["polak-ribiere", "hager-zhang", "fletcher-reeves"] as const;

export interface ConjugateGradientOptions extends SearchOptions {
  /** How β is chosen. Default `"polak-ribiere"`. */
  readonly form?: (typeof forms)[number];
  /** Scales the first step length that each search tries. Default 1. */
  readonly learningRate?: Rate;
}

/** The direction of the next search, the last α and slope, and how many searches in a row have brought nothing. */
export type ConjugateGradientSlots = { readonly direction: Slot; readonly rate: Slot; readonly slope: Slot; readonly idle: Slot };

/**
 * Nonlinear conjugate gradients:
 *
 *     θ ← θ + α p,   α by a line search,   p ← −g₊ + β p      with y = g₊ − g
 *
 *     polak-ribiere     β = max(0, g₊ᵀy / gᵀg)                                    (Polak and Ribière 1969, Powell's restart)
 *     hager-zhang       β = (y − 2p yᵀy / pᵀy)ᵀ g₊ / pᵀy, at least −1 / (‖p‖ min(0.01, ‖g‖))    (Hager and Zhang 2005)
 *     fletcher-reeves   β = g₊ᵀg₊ / gᵀg                                           (Fletcher and Reeves 1964)
 *
 * Each search begins where the last one would have: α gᵀp stays the same. Where p is no direction of descent, or the search fails, the
 * method begins anew along −g; where that fails too, or ten searches in a row bring
 * nothing, the descent ends as `stalled`. With `"exact"` on a quadratic of d
 * variables it is the linear method, done in d steps.
 *
 * Elsewhere: SciPy's CG is Polak–Ribière with c₂ = 0.4; Optim.jl's is Hager–Zhang's with their own line search.
 *
 * @param options `form` (default "polak-ribiere"), `lineSearch` ("wolfe"), `learningRate` (1), `decrease` (1e-4), `curvature` (0.1), `trials` (25)
 * @throws SteepestError for options out of their range, and unknown options
 * @example
 * ```ts
 * import { conjugateGradient, minimize } from "steepest";
 * const run = minimize("(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, { optimizer: conjugateGradient() });
 * run.status; // → "converged"
 * ```
 */
export function conjugateGradient(options: ConjugateGradientOptions = {}): Optimizer<ConjugateGradientSlots> {
  checkNames("conjugateGradient", options, ["form", "lineSearch", "learningRate", "decrease", "curvature", "trials"]);
  const { form = "polak-ribiere", lineSearch = "wolfe", learningRate = 1, decrease = 1e-4, curvature = 0.1, trials = 25 } = options;
  checkForm("conjugateGradient", "form", form, forms);
  const search = searchNamed("conjugateGradient", { lineSearch, decrease, curvature, trials });
  return defineOptimizer({
    name: "conjugateGradient",
    ingredients: ["momentum"],
    learningRate: checkRate("conjugateGradient", learningRate),
    slots: { direction: likeTheta(0), rate: scalar(0), slope: scalar(0), idle: scalar(0) },
    settings: { form, lineSearch, decrease, curvature, trials },
    carries: "evaluation",
    update({ theta, loss, gradient, slots, learningRate: scale, evaluate }) {
      const zero = number(0);
      const isConjugate = inner(slots.direction, gradient).lt(zero).and(slots.rate.gt(0));
      const direction = isConjugate.broadcastTo(theta.shape).select(slots.direction, gradient.neg());
      const slope = inner(gradient, direction);
      const first = gradient.abs().sum().cast("f64").reciprocal().minimum(1);
      const guess = slots.rate.mul(slots.slope).div(slope);
      const initial = isConjugate.and(isFinite(guess)).select(guess, first).mul(scale);
      const found = search({ theta, loss, gradient, direction, initial, evaluate });
      const failed = found.succeeded.not().or(found.theta.sub(theta).abs().sum().le(0));
      const idle = idleAfter(slots.idle, { theta, loss, gradient }, found, lineSearch === "exact" ? 3 : trials);
      const beta = betaOf(form, gradient, found.gradient, direction);
      const usable = isFinite(beta).select(beta, zero);
      const next = direction.mul(usable.cast(theta.dtype)).sub(found.gradient);
      return {
        theta: found.theta,
        slots: {
          direction: failed.broadcastTo(theta.shape).select(theta.fill(0), next),
          rate: failed.select(zero, found.rate),
          slope,
          idle,
        },
        evaluation: { loss: found.loss, gradient: found.gradient },
        evaluations: found.evaluations,
        stalled: failed.and(isConjugate.not()).or(isExhausted(idle)).and(scale.gt(0)),
      };
    },
  });
}

function betaOf(form: (typeof forms)[number], before: Tensor, after: Tensor, direction: Tensor): Tensor {
  const change = after.sub(before);
  switch (form) {
    case "polak-ribiere":
      return inner(after, change).div(inner(before, before)).maximum(number(0));
    case "fletcher-reeves":
      return inner(after, after).div(inner(before, before));
    case "hager-zhang": {
      const bend = inner(direction, change);
      const whole = inner(change, after)
        .sub(inner(direction, after).mul(inner(change, change)).mul(number(2)).div(bend))
        .div(bend);
      const length = inner(direction, direction)
        .sqrt()
        .mul(inner(before, before).sqrt().minimum(number(0.01)));
      return whole.maximum(length.reciprocal().neg());
    }
  }
}
