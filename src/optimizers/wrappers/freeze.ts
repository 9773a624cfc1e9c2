/** Parameters that stay as they are. */
import type { Optimizer } from "../optimizer.js";
import { checkSelection, chosenFrom, type Selection, settingOf } from "./selection.js";

/**
 * Leaves the named parameters as they are. Their gradient counts as 0, in the rule and in the test of convergence, and is not computed.
 * Any rule can be told so, those with a line search too.
 *
 * Elsewhere: PyTorch `requires_grad_(False)`, Keras `layer.trainable = False`, optax `set_to_zero` in a partition.
 *
 * @param optimizer the rule
 * @param parameters which: see `Selection`
 * @throws SteepestError for what is no selection; as soon as θ is known, for names that it does not have
 * @example
 * ```ts
 * import { freeze, lbfgs, minimize } from "steepest";
 * minimize("(x-y)^2 + (y-3)^2", { x: 1, y: 0 }, { optimizer: freeze(lbfgs(), "x") }).solution; // → { x: 1, y: 2 }
 * ```
 */
export function freeze(optimizer: Optimizer, parameters: Selection): Optimizer {
  checkSelection("freeze", "the list", parameters);
  const { settings, frozen: before, ...rule } = optimizer;
  const text = settingOf(parameters);
  return {
    ...rule,
    name: `freeze(${optimizer.name})`,
    ...(settings && text !== undefined ? { settings: { frozen: text, inner: JSON.stringify([optimizer.name, settings]) } } : {}),
    frozen: (entries) => new Set([...(before?.(entries) ?? []), ...chosenFrom("freeze", entries, parameters)]),
  };
}
