/** One colour for each optimizer, in every figure. */
import { distinctColours } from "./distinct-colours.js";
import type { SeriesColour } from "./marks.js";

/** Those that are drawn most have a colour of their own; kin share it where both are not in one figure. */
const own: Readonly<Record<string, SeriesColour>> = {
  gd: 0,
  steepestDescent: 0,
  signDescent: 0,
  normalizedDescent: 0,
  averagedSgd: 0,
  proximalGradient: 0,
  momentum: 1,
  muon: 1,
  lion: 1,
  nesterov: 2,
  fista: 2,
  adam: 3,
  adamw: 3,
  amsgrad: 3,
  nadam: 3,
  radam: 3,
  adamax: 3,
  lamb: 3,
  rmsprop: 4,
  rprop: 4,
  adafactor: 4,
  lbfgs: 5,
  newtonCg: 6,
  conjugateGradient: 7,
  adagrad: 7,
  adadelta: 6,
};

/**
 * The colours of optimizers that are drawn together: each its own, the same in every figure, where nobody before it has taken that; else the next
 * that is free. With more than eight, colours come again.
 *
 * @param optimizers their names, `momentum` or `clip(momentum)`, in the order in which they choose
 * @example
 * ```ts
 * import { optimizerColours } from "steepest/figures";
 * optimizerColours(["adam", "gd", "adamw"]); // → [3, 0, 1]
 * ```
 */
export const optimizerColours = (optimizers: readonly string[]): SeriesColour[] =>
  distinctColours(optimizers.map((name) => own[/([A-Za-z]+)[^A-Za-z]*$/.exec(name)?.[1] ?? ""]));
