/** Lookahead: slow weights that follow a fast rule. */

import { SteepestError } from "../../tensor/error.js";
import { weakNumber } from "../../tensor/tensor.js";
import { likeTheta, type Optimizer } from "../optimizer.js";
import { checkCount, checkNames } from "../options.js";
import { wrap } from "./wrap.js";

export interface LookaheadOptions {
  /** k ≥ 1: fast steps between two slow ones. Default 5. */
  readonly steps?: number;
  /** α between 0 and 1: how far the slow weights go along. Default 0.5. */
  readonly share?: number;
}

/**
 * Lookahead (Zhang, Lucas, Hinton, Ba: arXiv 1907.08610, 2019).
 *
 *     θ moves by the rule; after every k-th step:  φ ← φ + α (θ − φ),  θ ← φ          φ₀ = θ₀
 *
 * The state of the rule stays through the jump. A rule of one pass stays one pass.
 *
 * Elsewhere: optax `lookahead(fast_optimizer, sync_period, slow_step_size)`; none in PyTorch and Keras.
 *
 * @param optimizer the fast rule
 * @param options `steps` = k (default 5), `share` = α (0.5)
 * @throws SteepestError where k is no whole number ≥ 1 or α is outside (0, 1], and for unknown options
 * @example
 * ```ts
 * import { gd, lookahead, replay } from "steepest";
 * const path = replay(lookahead(gd({ learningRate: 1 }), { steps: 2, share: 0.5 }), { start: [0], gradients: [[1], [1], [1]] });
 * path.map((theta) => theta[0]); // → [-1, -1, -2]
 * ```
 */
export function lookahead(optimizer: Optimizer, options: LookaheadOptions = {}): Optimizer {
  checkNames("lookahead", options, ["steps", "share"]);
  const { steps = 5, share = 0.5 } = options;
  checkCount("lookahead", "steps", steps);
  if (!(share > 0 && share <= 1))
    throw new SteepestError({ problem: "share of lookahead is not usable", expected: "a number with 0 < x ≤ 1", received: String(share) });
  return wrap(optimizer, { name: "lookahead", slots: { slow: likeTheta("theta") }, settings: { steps, share } }, (context, run) => {
    const { slots, step } = context;
    const moved = run(context);
    const k = weakNumber(steps);
    const done = step.add(1);
    const isLast = done.sub(done.div(k).floor().mul(k)).le(0).broadcastTo(moved.theta.shape);
    const followed = slots.slow.add(moved.theta.sub(slots.slow).mul(weakNumber(share)));
    return {
      ...moved,
      theta: isLast.select(followed, moved.theta),
      slots: { ...moved.slots, slow: isLast.select(followed, slots.slow) },
    };
  });
}
