/** What all wrappers have in common: an optimizer made from another one, whose state lies beside their own. */
import { SteepestError } from "../../tensor/error.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Ingredient, Optimizer, Settings, Slots, UpdateContext, UpdateResult } from "../optimizer.js";

/** What a wrapper adds to the rule that it is given. */
export interface Wrapper extends Partial<Pick<Optimizer, "average" | "period" | "ingredients">> {
  readonly name: string;
  /** Slots of its own. */
  readonly slots?: Slots;
  /** What it is made of; undefined where that cannot be put into plain values. */
  readonly settings: Settings | undefined;
}

/** Runs the inner rule: it finds its own slots in the context, and gives them back under the names that they have outside. */
export type InnerRule = (context: UpdateContext) => UpdateResult;

const order: readonly Ingredient[] = ["stochastic", "momentum", "adaptive"];

/**
 * @param inner the rule that is wrapped
 * @param update one step: `run` is the inner rule, to be called with whatever context it shall see
 */
export function wrap(inner: Optimizer, own: Wrapper, update: (context: UpdateContext, run: InnerRule) => UpdateResult): Optimizer {
  const { name, slots = {}, settings, period = 1, average } = own;
  if (typeof inner !== "object" || inner === null || typeof inner.update !== "function")
    throw new SteepestError({
      problem: `${name} was given something that is no optimizer`,
      expected: `what adam(), gd() or another wrapper returns: ${name}(adam(), …)`,
      received: typeof inner === "function" ? "a function" : JSON.stringify(inner),
    });
  if (inner.carries !== undefined)
    throw new SteepestError({
      problem: `${name} cannot be put around ${inner.name}, which searches along the objective's own gradient`,
      fix: "use a rule without a line search, or put what is meant into the objective",
    });
  const outer = Object.keys(slots).length === 0 ? (slot: string) => slot : (slot: string) => `inner.${slot}`;
  const names = Object.keys(inner.slots);
  const run: InnerRule = (context) => {
    const result = inner.update({ ...context, slots: Object.fromEntries(names.map((slot) => [slot, context.slots[outer(slot)]])) });
    return { ...result, slots: Object.fromEntries(names.map((slot): [string, Tensor] => [outer(slot), result.slots[slot]])) };
  };
  const held = average ?? (inner.average === undefined ? undefined : outer(inner.average));
  const tags = order.filter((tag) => inner.ingredients?.includes(tag) || own.ingredients?.includes(tag));
  return {
    name: `${name}(${inner.name})`,
    ingredients: tags,
    learningRate: inner.learningRate,
    slots: { ...slots, ...Object.fromEntries(names.map((slot) => [outer(slot), inner.slots[slot]])) },
    ...(settings && inner.settings ? { settings: { ...settings, inner: JSON.stringify([inner.name, inner.settings]) } } : {}),
    ...(held === undefined ? {} : { average: held }),
    ...(inner.frozen === undefined ? {} : { frozen: inner.frozen }),
    ...(period * (inner.period ?? 1) === 1 ? {} : { period: period * (inner.period ?? 1) }),
    update: (context) => update(context, run),
  };
}
