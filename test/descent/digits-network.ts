/** A small convolutional network on the built-in digits, trained in Node and in browsers alike. */
import { adam, cnn, cosine, fit, type TrainedRun } from "steepest";
import { digits } from "steepest/data";

/**
 * The hash of θ after one epoch, in every engine and with any number of threads. Renew it only for a change of the arithmetic, the
 * random numbers or the digits that is meant.
 */
export const WEIGHTS_AFTER_ONE_EPOCH = "1107ae38";

/** 600 digits in batches of 64, the last of 24; a tenth apart for validation. */
export function trainOnDigits(threads: number): Promise<TrainedRun> {
  return fit(cnn({ filters: [4, 8] }), digits({ train: 600, test: 100 }), {
    optimizer: adam({ learningRate: cosine(3e-3) }),
    epochs: 1,
    batchSize: 64,
    validation: 0.1,
    seed: 1,
    threads,
  });
}
