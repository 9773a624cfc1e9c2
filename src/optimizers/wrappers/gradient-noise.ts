/** Noise on gradients, around any rule. */
import { normalFromWords, threefry, tracedStreamKey } from "../../tensor/random-bits.js";
import { fromHost, iota, type Tensor, weakNumber } from "../../tensor/tensor.js";
import type { LossAndGradient, Optimizer, UpdateContext } from "../optimizer.js";
import { checkCount, checkNames, checkNonNegative } from "../options.js";
import { wrap } from "./wrap.js";

export interface GradientNoiseOptions {
  /** η ≥ 0: the variance at the first step. Default 0.01. */
  readonly variance?: number;
  /** γ ≥ 0: how fast it falls. Default 0.55; 0 keeps it. */
  readonly decay?: number;
  /** Names the random numbers. Default 1. */
  readonly seed?: number;
}

/**
 * Adds noise to the gradient (Neelakantan et al.: arXiv 1511.06807, 2015).
 *
 *     g ← g + N(0, σ²)          σ² = η/(1 + t)^γ,   t = 0, 1, … the steps done
 *
 * It carries a descent away from saddles, and over small hills. The numbers are counter-based: a pure function of seed, step and place, the
 * same for any number of threads. A rule of one pass stays one pass.
 *
 * Elsewhere: optax `add_noise(eta, gamma, seed)`.
 *
 * @param optimizer the rule
 * @param options `variance` (default 0.01), `decay` (0.55), `seed` (1)
 * @throws SteepestError for negative numbers, a seed that is no whole number, and unknown options
 * @example
 * ```ts
 * import { gd, gradientNoise, minimize } from "steepest";
 * // Without noise nothing leaves the saddle at y = 0.
 * const run = minimize("x^2 - y^2", { x: 1, y: 0 }, { optimizer: gradientNoise(gd({ learningRate: 0.01 })), steps: 500, tolerance: 0 });
 * Math.abs(run.solution.y) > 1; // → true
 * ```
 */
export function gradientNoise(optimizer: Optimizer, options: GradientNoiseOptions = {}): Optimizer {
  checkNames("gradientNoise", options, ["variance", "decay", "seed"]);
  const { variance = 0.01, decay = 0.55, seed = 1 } = options;
  checkNonNegative("gradientNoise", "variance", variance);
  checkNonNegative("gradientNoise", "decay", decay);
  checkCount("gradientNoise", "seed", seed, 0);
  return wrap(
    optimizer,
    { name: "gradientNoise", settings: { variance, decay, seed }, ingredients: ["stochastic"] },
    (context: UpdateContext, run) => {
      const { theta, step, parameters } = context;
      const inside = parameters.inside();
      const spread = weakNumber(variance)
        .div(step.add(1).pow(weakNumber(decay)))
        .sqrt();
      const drawn = standardNormal(theta, seed, step).mul(spread);
      // The gaps between parameters stay 0.
      const noise = inside ? inside.select(drawn, drawn.fill(0)) : drawn;
      const of = ({ loss, gradient }: LossAndGradient) => ({ loss, gradient: gradient.add(noise) });
      return run({ ...context, ...of(context), evaluate: (x) => of(context.evaluate(x)) });
    },
  );
}

/** A vector like θ from N(0, 1), by Box and Muller: one block of two words for each element. */
function standardNormal(theta: Tensor, seed: number, step: Tensor): Tensor {
  const word = (value: number): Tensor => fromHost(Uint32Array.of(value >>> 0), [], "u32");
  const key = tracedStreamKey([word(seed), word(Math.floor(seed / 4294967296))], "gradient noise", step.cast("u32"));
  return normalFromWords(threefry(key, iota(theta.shape, 0, "u32"), word(0)), theta.dtype);
}
