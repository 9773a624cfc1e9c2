/** Descent along the gradient itself: plain, normalised, and by its signs. */
import { defineOptimizer, type Optimizer, type Rate } from "./optimizer.js";
import { checkForm, checkNames, checkRate } from "./options.js";

export interface GradientDescentOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
}

/**
 * Gradient descent (Cauchy 1847), with batches of data: stochastic gradient descent (Robbins and Monro 1951).
 *
 *     θ ← θ − α g          g = ∇f(θ)
 *
 * On a quadratic with eigenvalues up to λ it converges for α < 2/λ; the best fixed α is 2/(λmin + λmax). To climb, use `maximize`.
 * One pass over θ.
 *
 * Elsewhere: PyTorch `SGD(lr)`, Keras and tfjs `SGD(learning_rate)` (default 0.01), optax `sgd`, the lectures: the same rule.
 *
 * @param options `learningRate` (default 0.01)
 * @throws SteepestError for a negative or non-finite rate, and for unknown options
 * @example
 * ```ts
 * import { gd, minimize } from "steepest";
 * minimize((x) => x ** 2, 8.7, { optimizer: gd({ learningRate: 0.2 }), steps: 10 }).solution; // → 0.0526…
 * ```
 */
export function gd(options: GradientDescentOptions = {}): Optimizer<Record<never, never>> {
  checkNames("gd", options, ["learningRate"]);
  const { learningRate = 0.01 } = options;
  return defineOptimizer({
    name: "gd",
    ingredients: ["stochastic"],
    learningRate: checkRate("gd", learningRate),
    slots: {},
    settings: {},
    stableUpTo: 2,
    update: ({ theta, gradient, learningRate: rate }) => ({ theta: theta.sub(gradient.mul(rate)), slots: {} }),
  });
}

export interface NormalizedDescentOptions extends GradientDescentOptions {
  /** `"all"`: one norm, of the whole gradient; `"parameter"`: each parameter's gradient by its own norm. Default `"all"`. */
  readonly per?: "all" | "parameter";
}

/**
 * Normalised gradient descent: steps of length α in the direction of the gradient, however long it is.
 *
 *     θ ← θ − α g/‖g‖₂          (θ stays where g = 0)
 *
 * With `per: "parameter"` each named parameter makes a step of length α. A constant α never converges: it ends by jumping about the
 * minimum at a distance of about α/2; let α fall. Two passes over θ: the norm, and the step.
 *
 * Elsewhere: optax `normalize_by_update_norm` before `sgd`. PyTorch and Keras have none.
 *
 * @param options `learningRate` (default 0.01), `per` ("all")
 * @throws SteepestError for unusable rates and forms, and for unknown options
 * @example
 * ```ts
 * import { minimize, normalizedDescent } from "steepest";
 * minimize("x^2 + y^2", { x: 3, y: 4 }, { optimizer: normalizedDescent({ learningRate: 1 }), steps: 2 }).solution; // → { x: 1.8, y: 2.4 }
 * ```
 */
export function normalizedDescent(options: NormalizedDescentOptions = {}): Optimizer<Record<never, never>> {
  checkNames("normalizedDescent", options, ["learningRate", "per"]);
  const { learningRate = 0.01, per = "all" } = options;
  checkForm("normalizedDescent", "per", per, ["all", "parameter"]);
  return defineOptimizer({
    name: "normalizedDescent",
    ingredients: ["stochastic"],
    learningRate: checkRate("normalizedDescent", learningRate),
    slots: {},
    settings: { per },
    update({ theta, gradient, parameters, learningRate: rate }) {
      const unit = (g: typeof gradient) => {
        const norm = g.norm();
        return g.mul(norm.gt(0).select(norm.reciprocal(), norm.fill(0)));
      };
      const direction = per === "all" ? unit(gradient) : parameters.join((entry) => unit(parameters.of(gradient, entry)), theta);
      return { theta: theta.sub(direction.mul(rate)), slots: {} };
    },
  });
}

/**
 * Sign descent: every coordinate moves by α against the sign of its slope (Riedmiller and Braun 1993 name it the Manhattan rule;
 * signSGD: Bernstein et al., arXiv 1802.04434).
 *
 *     θ ← θ − α sign(g)          sign(0) = 0
 *
 * The steepest direction where lengths are measured by the largest coordinate. One pass over θ.
 *
 * Elsewhere: optax `sign_sgd`. PyTorch and Keras have none; Lion with β₁ = β₂ = 0 is this one.
 *
 * @param options `learningRate` (default 0.01)
 * @throws SteepestError for a negative or non-finite rate, and for unknown options
 * @example
 * ```ts
 * import { minimize, signDescent } from "steepest";
 * minimize("x^2 + 100y^2", { x: 3, y: 4 }, { optimizer: signDescent({ learningRate: 0.5 }), steps: 2 }).solution; // → { x: 2, y: 3 }
 * ```
 */
export function signDescent(options: GradientDescentOptions = {}): Optimizer<Record<never, never>> {
  checkNames("signDescent", options, ["learningRate"]);
  const { learningRate = 0.01 } = options;
  return defineOptimizer({
    name: "signDescent",
    ingredients: ["stochastic"],
    learningRate: checkRate("signDescent", learningRate),
    slots: {},
    settings: {},
    update: ({ theta, gradient, learningRate: rate }) => ({ theta: theta.sub(gradient.sign().mul(rate)), slots: {} }),
  });
}
