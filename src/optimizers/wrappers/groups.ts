/** Groups of parameters with rates and decays of their own, under one rule. */
import { SteepestError } from "../../tensor/error.js";
import { type Tensor, weakNumber } from "../../tensor/tensor.js";
import type { Optimizer } from "../optimizer.js";
import { checkNames, checkNonNegative } from "../options.js";
import { checkSelection, chosenFrom, type Selection, settingOf } from "./selection.js";
import { weightDecay } from "./weight-decay.js";
import { wrap } from "./wrap.js";

export interface ParameterGroup {
  /** Which parameters: see `Selection`. */
  readonly parameters: Selection;
  /** What the rate in force is multiplied by, ≥ 0. Default 1. */
  readonly rateScale?: number;
  /** λ ≥ 0 of a decoupled weight decay, see `weightDecay`. Default 0. */
  readonly weightDecay?: number;
}

/**
 * One rule with other rates and decays for some parameters. What no group names goes on as before; where two name the same parameter, the
 * later one sets its rate, and decays add up.
 *
 * Each group moves as it would alone with its rate. A rule that takes a norm of everything takes it of everything here, too. A rule of one
 * pass stays one pass.
 *
 * Elsewhere: PyTorch's parameter groups (with a rate, where here is a factor, so that one schedule drives all), optax `multi_transform`.
 *
 * @param optimizer the rule
 * @param list the groups
 * @throws SteepestError for an empty list, negative numbers, unknown options; as soon as θ is known, for names that it does not have
 * @example
 * ```ts
 * import { gd, groups, minimize } from "steepest";
 * const optimizer = groups(gd({ learningRate: 0.1 }), [{ parameters: "y", rateScale: 0.1 }]);
 * minimize("x^2 + 10y^2", { x: 1, y: 1 }, { optimizer, steps: 1 }).solution; // → { x: 0.8, y: 0.8 }
 * ```
 */
export function groups(optimizer: Optimizer, list: readonly ParameterGroup[]): Optimizer {
  if (!Array.isArray(list) || list.length === 0)
    throw new SteepestError({
      problem: "groups has no group",
      expected: 'a list such as [{ parameters: "head.*", rateScale: 10 }]',
      received: JSON.stringify(list),
    });
  for (const group of list) {
    checkNames("groups", group, ["parameters", "rateScale", "weightDecay"]);
    checkSelection("groups", "parameters", group.parameters);
    checkNonNegative("groups", "rateScale", group.rateScale ?? 1);
    checkNonNegative("groups", "weightDecay", group.weightDecay ?? 0);
  }
  const decaying = list.reduce(
    (rule, { parameters, weightDecay: rate = 0 }) => (rate === 0 ? rule : weightDecay(rule, { rate, parameters })),
    optimizer,
  );
  const scaled = list.filter(({ rateScale = 1 }) => rateScale !== 1);
  const texts = scaled.map(({ parameters, rateScale }) => [settingOf(parameters), rateScale]);
  const settings = texts.every(([text]) => text !== undefined) ? { rates: JSON.stringify(texts) } : undefined;
  return wrap(decaying, { name: "groups", settings }, (context, run) => {
    const { parameters, learningRate, theta } = context;
    let moved = run(context);
    for (const { parameters: selection, rateScale = 1 } of scaled) {
      const chosen = chosenFrom("groups", parameters.entries, selection);
      const own = run({ ...context, learningRate: learningRate.mul(weakNumber(rateScale)) });
      const mask = parameters.mask((entry) => chosen.has(entry));
      const pick = (mine: Tensor, theirs: Tensor) => (mask ? mask.select(mine, theirs) : mine);
      // Only what lies element by element beside θ can be told apart by group.
      const isBeside = (value: Tensor) => value.rank === 1 && value.size === theta.size;
      const slots = Object.entries<Tensor>(moved.slots).map(([name, value]) => [
        name,
        isBeside(value) ? pick(own.slots[name], value) : value,
      ]);
      moved = { ...moved, theta: pick(own.theta, moved.theta), slots: Object.fromEntries(slots) };
    }
    return moved;
  });
}
