/** What became of a training, in words. */
import type { Status } from "./history.js";

export interface DescribedTraining {
  readonly steps: number;
  readonly perEpoch: number;
  readonly loss: number;
  /** The epoch whose weights were restored. */
  readonly best?: number;
  /** Why records could not be read, where that ended it. */
  readonly failure?: Error;
}

/** One or two sentences on how a training ended. */
export function describeTraining(status: Status, { steps, perEpoch, loss, best, failure }: DescribedTraining): string {
  const epochs = `${Number((steps / perEpoch).toFixed(2))} epoch${steps === perEpoch ? "" : "s"}`;
  const restored = best === undefined ? "" : ` The weights are those of epoch ${best}, with the lowest validation loss.`;
  if (failure !== undefined)
    return `Ended after ${steps} steps (${epochs}) because records could not be read; what was learned is kept.${restored} ${failure.message}`;
  switch (status) {
    case "diverged":
      return steps === 0
        ? "Loss or gradient is no finite number at the very start, or after one step: try a much smaller learning rate, and look at the scale of the inputs."
        : `Diverged at step ${steps + 1}: loss or gradient was no longer a finite number. ${restored === "" ? "The weights are the last good ones; try" : `Try`} a smaller learning rate.${restored}`;
    case "stopped-early":
      return `Stopped early after ${epochs}.${restored}`;
    case "aborted":
      return `Aborted after ${steps} steps (${epochs}); what was learned is kept.${restored}`;
    default:
      return `${epochs} done, mean training loss ${Number(loss.toPrecision(4))} in the last one.${restored}`;
  }
}
