/** Rprop: step lengths of their own, from the signs of successive slopes. */
import { SteepestError } from "../tensor/error.js";
import { weakNumber } from "../tensor/tensor.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slot } from "./optimizer.js";
import { checkNames, checkPositive, checkRate } from "./options.js";

export interface RpropOptions {
  /** α: multiplies all step lengths, a number or a schedule. Default 1. */
  readonly learningRate?: Rate;
  /** δ₀ > 0: the first step length of every coordinate. Default 0.01. */
  readonly first?: number;
  /** η⁺ > 1: growth while the sign of the slope stays. Default 1.2. */
  readonly growth?: number;
  /** η⁻ between 0 and 1: what is left after the sign has turned. Default 0.5. */
  readonly shrink?: number;
  /** The shortest step length, > 0. Default 1e-6. */
  readonly shortest?: number;
  /** The longest step length. Default 50. */
  readonly longest?: number;
}

/**
 * Rprop (Riedmiller and Braun 1993), in the form that never goes back: iRprop⁻ (Igel and Hüsken 2000).
 *
 *     s = sign(g g′)               g′ the gradient of the step before, 0 at first
 *     δ ← δ η⁺ where s > 0,  δ η⁻ where s < 0;  kept between shortest and longest
 *     g ← 0 where s < 0
 *     θ ← θ − α δ sign(g)          g′ ← g
 *
 * It looks at signs only, and so wants gradients of all the data. One pass over θ.
 *
 * Elsewhere: PyTorch `Rprop` is this one, defaults included, with `lr` for δ₀ and no α; optax `rprop`. Keras has none.
 *
 * @param options `learningRate` (default 1), `first` (0.01), `growth` (1.2), `shrink` (0.5), `shortest` (1e-6), `longest` (50)
 * @throws SteepestError for a negative or non-finite rate, factors or lengths out of their range, and unknown options
 * @example
 * ```ts
 * import { minimize, rprop } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: rprop(), steps: 200 }).loss < 1e-6; // → true
 * ```
 */
export function rprop(options: RpropOptions = {}): Optimizer<{ readonly before: Slot; readonly lengths: Slot }> {
  checkNames("rprop", options, ["learningRate", "first", "growth", "shrink", "shortest", "longest"]);
  const { learningRate = 1, first = 0.01, growth = 1.2, shrink = 0.5, shortest = 1e-6, longest = 50 } = options;
  const refuse = (option: string, expected: string, received: number): never => {
    throw new SteepestError({ problem: `${option} of rprop is not usable`, expected, received: String(received) });
  };
  checkPositive("rprop", "first", first);
  if (!(growth > 1 && Number.isFinite(growth))) refuse("growth", "a finite number > 1", growth);
  if (!(shrink > 0 && shrink < 1)) refuse("shrink", "a number between 0 and 1", shrink);
  checkPositive("rprop", "shortest", shortest);
  if (!(longest >= shortest)) refuse("longest", `a number ≥ shortest = ${shortest}`, longest);
  return defineOptimizer({
    name: "rprop",
    ingredients: ["adaptive"],
    learningRate: checkRate("rprop", learningRate),
    slots: { before: likeTheta(0), lengths: likeTheta(first) },
    settings: { first, growth, shrink, shortest, longest },
    update({ theta, gradient, slots, learningRate: rate }) {
      const product = gradient.mul(slots.before);
      const turned = product.lt(0);
      const [grown, shrunk] = [slots.lengths.mul(weakNumber(growth)), slots.lengths.mul(weakNumber(shrink))];
      const wished = product.gt(0).select(grown, turned.select(shrunk, slots.lengths));
      const lengths = wished.maximum(weakNumber(shortest)).minimum(weakNumber(longest));
      const before = turned.select(gradient.fill(0), gradient);
      return { theta: theta.sub(before.sign().mul(lengths).mul(rate)), slots: { before, lengths } };
    },
  });
}
