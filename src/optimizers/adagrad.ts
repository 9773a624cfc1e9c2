/** Rates from the sum of all squared gradients: one for each coordinate, or one for all. */
import { type EpsilonPlace, epsilonPlaces, rootOf } from "./epsilon.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkForm, checkNames, checkNonNegative, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface AdagradOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** ε > 0. Default 1e-10. */
  readonly epsilon?: number;
  /** `"outside"`: √s + ε; `"inside"`: √(s + ε). Default `"outside"`. */
  readonly epsilonPlace?: EpsilonPlace;
  /** Value of s before the first step, ≥ 0. Default 0. */
  readonly initialAccumulator?: number;
  /** `"coordinate"`: a rate for each coordinate; `"scalar"`: one for all. Default `"coordinate"`. */
  readonly form?: "coordinate" | "scalar";
}

/**
 * Adagrad (Duchi, Hazan, Singer: JMLR 12, 2011).
 *
 *     form "coordinate"     s ← s + g²             θ ← θ − α g / (√s + ε)          s₀ = initialAccumulator
 *     form "scalar"         s ← s + ‖g‖²           θ ← θ − α g / (√s + ε)          s a single number
 *
 * The effective rate only ever shrinks. By coordinates, rarely used ones keep a large rate, which suits sparse data. One pass over θ by
 * coordinates; two for "scalar" (the norm, and the step).
 *
 * Elsewhere: PyTorch `Adagrad` is this one, defaults included (`lr_decay` is the schedule `inverseTime`). Keras and tfjs start s at 0.1 and
 * use √(s + ε) with ε = 1e-7: `{ learningRate: 0.001, initialAccumulator: 0.1, epsilon: 1e-7, epsilonPlace: "inside" }`; optax has 0.1, too.
 * Two lectures write the form "coordinate" and one "scalar", all with ε inside the root.
 *
 * @param options `learningRate` (default 0.01), `epsilon` (1e-10), `epsilonPlace` ("outside"), `initialAccumulator` (0), `form` ("coordinate")
 * @throws SteepestError for a negative or non-finite rate, ε ≤ 0, a negative start value, unknown forms and options
 * @example
 * ```ts
 * import { adagrad, minimize } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: adagrad({ learningRate: 0.5 }), steps: 500 }).solution;
 * ```
 */
export function adagrad(options: AdagradOptions = {}): Optimizer<{ readonly squares: Slot }> {
  checkNames("adagrad", options, ["learningRate", "epsilon", "epsilonPlace", "initialAccumulator", "form"]);
  const { learningRate = 0.01, epsilon = 1e-10, epsilonPlace = "outside", initialAccumulator = 0, form = "coordinate" } = options;
  checkPositive("adagrad", "epsilon", epsilon, whyEpsilon);
  checkForm("adagrad", "epsilonPlace", epsilonPlace, epsilonPlaces);
  checkForm("adagrad", "form", form, ["coordinate", "scalar"]);
  checkNonNegative("adagrad", "initialAccumulator", initialAccumulator);
  return defineOptimizer({
    name: "adagrad",
    ingredients: ["stochastic", "adaptive"],
    learningRate: checkRate("adagrad", learningRate),
    slots: { squares: form === "scalar" ? scalar(initialAccumulator) : likeTheta(initialAccumulator) },
    settings: { epsilon, epsilonPlace, initialAccumulator, form },
    update({ theta, gradient, slots, learningRate: rate }) {
      if (form === "scalar") {
        const squares = slots.squares.add(gradient.square().sum().cast("f64"));
        return { theta: theta.sub(gradient.mul(rate.div(rootOf(squares, epsilon, epsilonPlace)).cast(theta.dtype))), slots: { squares } };
      }
      const squares = slots.squares.add(gradient.square());
      return { theta: theta.sub(gradient.mul(rate).div(rootOf(squares, epsilon, epsilonPlace))), slots: { squares } };
    },
  });
}
