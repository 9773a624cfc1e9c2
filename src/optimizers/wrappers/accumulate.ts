/** Gradients of several batches for one step, around any rule. */
import { SteepestError } from "../../tensor/error.js";
import { literal, weakNumber } from "../../tensor/tensor.js";
import { likeTheta, type Optimizer, scalar } from "../optimizer.js";
import { checkCount, checkNames } from "../options.js";
import { wrap } from "./wrap.js";

export interface AccumulateOptions {
  /** n ≥ 1: how many gradients make one step of the rule. */
  readonly steps: number;
}

/**
 * Takes the mean of n gradients before the rule makes a step: a batch n times as large, without its memory.
 *
 *     s ← s + b g,  c ← c + b          b = records of the batch, as a share of a full one
 *     at every n-th step: the rule moves with s/c, and s, c ← 0; else θ and the rule's state stay
 *
 * so that a short last batch counts by its size, and what comes out is the gradient over all records of the n batches.
 * Schedules go on counting all steps. What is left over at the end of a run is not used. The rule sees the number of its own steps. A rule of
 * one pass stays one pass.
 *
 * Elsewhere: optax `MultiSteps(every_k)` (a mean of the gradients, whatever their batches hold); in PyTorch by hand, mostly with the loss divided by n; Keras
 * `gradient_accumulation_steps`.
 *
 * @param optimizer the rule; it may not ask for gradients at other points
 * @param options `steps` = n
 * @throws SteepestError where n is no whole number ≥ 1, and for unknown options
 * @example
 * ```ts
 * import { accumulate, gd, replay } from "steepest";
 * const path = replay(accumulate(gd({ learningRate: 1 }), { steps: 2 }), { start: [0], gradients: [[1], [3], [5], [7]] });
 * path.map((theta) => theta[0]); // → [0, -2, -2, -8]
 * ```
 */
export function accumulate(optimizer: Optimizer, options: AccumulateOptions): Optimizer {
  checkNames("accumulate", options, ["steps"]);
  const { steps } = options;
  checkCount("accumulate", "steps", steps);
  const own = { name: "accumulate", slots: { sum: likeTheta(0), count: scalar(0) }, settings: { steps }, period: steps };
  return wrap(optimizer, own, (context, run) => {
    const { theta, gradient, slots, step, batchShare } = context;
    const n = weakNumber(steps);
    const round = step.div(n).floor();
    const isLast = step.sub(round.mul(n)).ge(n.sub(1));
    const sum = slots.sum.add(gradient.mul(batchShare));
    const count = slots.count.add(batchShare);
    const moved = run({
      ...context,
      gradient: sum.mul(weakNumber(1).div(count)),
      step: round,
      // Of n full batches.
      batchShare: count.div(n),
      evaluate: () => {
        throw new SteepestError({
          problem: `${optimizer.name} asks for the gradient at another point, where accumulate has only that of the last batch`,
          fix: "use a rule that needs only the gradient at θ",
        });
      },
    });
    const then = (now: typeof theta, next: typeof theta) => isLast.broadcastTo(now.shape).select(next, now);
    const kept = Object.entries(moved.slots).map(([name, value]) => [name, then(slots[name], value)]);
    return {
      theta: then(theta, moved.theta),
      slots: { ...Object.fromEntries(kept), sum: then(sum, sum.fill(0)), count: then(count, literal(0)) },
    };
  });
}
