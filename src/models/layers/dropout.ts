/** Dropout. */
import { SteepestError } from "../../tensor/error.js";
import { chance } from "../../tensor/random-bits.js";
import { described } from "../description.js";
import { defineLayer, type Layer } from "../layer.js";

/**
 * Dropout (Srivastava et al.: JMLR 15, 2014), inverted: while training each element is 0 with probability `rate`, else x/(1 − rate);
 * otherwise nothing happens. The bits come from a stream named by the layer, addressed by seed, step, record and element.
 *
 * @param rate the probability of dropping, 0 ≤ rate < 1
 * @throws SteepestError for another rate
 */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1))
    throw new SteepestError({
      problem: "the rate of dropout is not usable",
      expected: "0 ≤ rate < 1: the part that is dropped",
      received: String(rate),
    });
  return described(
    { type: "dropout", rate },
    defineLayer({
      name: "dropout",
      reach: () => 0,
      apply: (x, _, { training, randomBits }) => {
        if (!training || rate === 0) return x;
        return chance(randomBits(x.shape), 1 - rate).select(x.mul(x.fill(1 / (1 - rate))), x.fill(0));
      },
    }),
  );
}
