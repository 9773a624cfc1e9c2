/** RMSprop: rates of their own for each coordinate, from a running mean of squared gradients. */
import { weakNumber } from "../tensor/tensor.js";
import { decayed, decayedPositive } from "./decay.js";
import { type EpsilonPlace, epsilonPlaces, rootOf } from "./epsilon.js";
import { defineOptimizer, likeTheta, type Optimizer, type Rate, type Slots } from "./optimizer.js";
import { checkDecay, checkForm, checkNames, checkPositive, checkRate, whyEpsilon } from "./options.js";

export interface RmspropOptions {
  /** α: a number, or a schedule. Default 0.01. */
  readonly learningRate?: Rate;
  /** ρ: the part of the running means that a step keeps, 0 ≤ ρ < 1. Default 0.99. */
  readonly rho?: number;
  /** ε > 0. Default 1e-8. */
  readonly epsilon?: number;
  /** `"outside"`: √s + ε; `"inside"`: √(s + ε). Default `"outside"`. */
  readonly epsilonPlace?: EpsilonPlace;
  /** Scales by an estimate of the variance, s − m², instead of the mean square s. Default false. */
  readonly centered?: boolean;
  /** β of a velocity over the scaled gradients, 0 ≤ β < 1. Default 0: none. */
  readonly momentum?: number;
  /** What that velocity is: a sum of scaled gradients, or the step itself. Default `"sum"`. */
  readonly form?: "sum" | "step";
}

/**
 * RMSprop (Tieleman and Hinton: Coursera lecture 6.5, 2012; centred form: Graves, arXiv 1308.0850).
 *
 *     s ← ρ s + (1 − ρ) g²          s₀ = 0
 *     d = √s + ε                    with epsilonPlace "inside": √(s + ε)
 *     θ ← θ − α g/d
 *
 * `centered`:                   m ← ρ m + (1 − ρ) g, and s − m² stands in the place of s (a difference that rounds below 0 counts as 0).
 * `momentum`, form "sum":       v ← β v + g/d,    θ ← θ − α v
 * `momentum`, form "step":      v ← β v + α g/d,  θ ← θ − v
 *
 * The two forms of momentum are one path while α is constant. One pass over θ.
 *
 * Elsewhere: PyTorch `RMSprop` is this one, defaults included, with `alpha` for ρ and momentum as "sum". Keras and tfjs have ρ = 0.9,
 * √(s + ε) and momentum as "step": `{ learningRate: 0.001, rho: 0.9, epsilon: 1e-7, epsilonPlace: "inside", form: "step" }`. The lectures
 * write √(s + ε), with β for ρ. optax: `eps_in_sqrt`.
 *
 * @param options `learningRate` (default 0.01), `rho` (0.99), `epsilon` (1e-8), `epsilonPlace` ("outside"), `centered` (false), `momentum` (0), `form` ("sum")
 * @throws SteepestError for a negative or non-finite rate, ρ or β outside [0, 1), ε ≤ 0, unknown forms and options
 * @example
 * ```ts
 * import { minimize, rmsprop } from "steepest";
 * minimize("x^2 + 100y^2", { x: 1, y: 1 }, { optimizer: rmsprop({ learningRate: 0.01 }), steps: 500 }).solution;
 * ```
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  checkNames("rmsprop", options, ["learningRate", "rho", "epsilon", "epsilonPlace", "centered", "momentum", "form"]);
  const {
    learningRate = 0.01,
    rho = 0.99,
    epsilon = 1e-8,
    epsilonPlace = "outside",
    centered = false,
    momentum = 0,
    form = "sum",
  } = options;
  checkDecay("rmsprop", "rho", rho);
  checkPositive("rmsprop", "epsilon", epsilon, whyEpsilon);
  checkForm("rmsprop", "epsilonPlace", epsilonPlace, epsilonPlaces);
  checkDecay("rmsprop", "momentum", momentum);
  checkForm("rmsprop", "form", form, ["sum", "step"]);
  const rule: Optimizer<Slots> = {
    name: "rmsprop",
    ingredients: momentum > 0 ? ["stochastic", "momentum", "adaptive"] : ["stochastic", "adaptive"],
    learningRate: checkRate("rmsprop", learningRate),
    // Only what the chosen form reads is carried.
    slots: { squares: likeTheta(0), ...(centered ? { mean: likeTheta(0) } : {}), ...(momentum > 0 ? { velocity: likeTheta(0) } : {}) },
    settings: { rho, epsilon, epsilonPlace, centered, momentum, form },
    update({ theta, gradient, slots, learningRate: rate }) {
      const [keep, take] = [weakNumber(rho), weakNumber(1 - rho)];
      const squares = decayedPositive(slots.squares, keep).add(gradient.square().mul(take));
      const mean = centered ? decayed(slots.mean, keep).add(gradient.mul(take)) : undefined;
      const spread = mean === undefined ? squares : squares.sub(mean.square()).relu();
      const scaled = gradient.div(rootOf(spread, epsilon, epsilonPlace));
      const moved = { squares, ...(mean === undefined ? {} : { mean }) };
      if (momentum === 0) return { theta: theta.sub(scaled.mul(rate)), slots: moved };
      const kept = decayed(slots.velocity, weakNumber(momentum));
      const velocity = kept.add(form === "sum" ? scaled : scaled.mul(rate));
      return { theta: theta.sub(form === "sum" ? velocity.mul(rate) : velocity), slots: { ...moved, velocity } };
    },
  };
  return defineOptimizer(rule);
}
