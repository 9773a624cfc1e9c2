/** A layer that looks across a batch, and carries state. */
import { defineLayer, type Layer } from "steepest";

/** Takes the batch's mean away while training, and its running mean afterwards. */
export const centre = (): Layer =>
  defineLayer({
    name: "centre",
    state: ([features]) => ({ runningMean: { shape: [features], initial: 0 }, batches: { shape: [], initial: 0 } }),
    apply(x, _, { training, state }) {
      const { runningMean, batches } = state;
      if (!training) return { output: x.sub(runningMean.broadcastAlong(x.shape, [1])), state };
      const mean = x.mean(0);
      return {
        output: x.sub(mean.broadcastAlong(x.shape, [1])),
        state: { runningMean: runningMean.mul(0.75).add(mean.mul(0.25)), batches: batches.add(1) },
      };
    },
  });
