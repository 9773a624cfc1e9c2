/** Losses, and their names. */
import { SteepestError } from "../tensor/error.js";
import { binaryCrossEntropy, crossEntropy, hinge, kullbackLeibler, multiclassHinge, perceptron } from "./losses/classes.js";
import type { Loss } from "./losses/loss.js";
import { halfSquaredSum, huber, meanAbsolute, meanSquared } from "./losses/numbers.js";
import { triplet } from "./losses/triplet.js";

export {
  accuracy,
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  hinge,
  kullbackLeibler,
  multiclassHinge,
  perceptron,
} from "./losses/classes.js";
export type { Loss } from "./losses/loss.js";
export { halfSquaredSum, huber, meanAbsolute, meanSquared } from "./losses/numbers.js";
export { triplet } from "./losses/triplet.js";

const makers: ReadonlyMap<string, (settings: Readonly<Record<string, number>>) => Loss> = new Map<
  string,
  (settings: Readonly<Record<string, number>>) => Loss
>([
  ["crossEntropy", crossEntropy],
  ["binaryCrossEntropy", binaryCrossEntropy],
  ["hinge", hinge],
  ["multiclassHinge", multiclassHinge],
  ["perceptron", perceptron],
  ["kullbackLeibler", kullbackLeibler],
  ["meanSquared", meanSquared],
  ["halfSquaredSum", halfSquaredSum],
  ["meanAbsolute", meanAbsolute],
  ["huber", huber],
  ["triplet", triplet],
]);

/**
 * The loss that a run folder names, made with the settings that it keeps.
 *
 * @throws SteepestError for a name that is not known
 */
export function lossNamed(name: string, settings: Readonly<Record<string, number>> = {}): Loss {
  const make = makers.get(name);
  if (make !== undefined) return make(settings);
  throw new SteepestError({ problem: `there is no loss "${name}"`, expected: [...makers.keys()].join(", "), received: name });
}
