/** A rule that begins with a velocity of its own. */

import type { MomentumSlots } from "../optimizers/momentum.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { weakNumber } from "../tensor/tensor.js";

/** The rule with a velocity given for its first step; each step begins with it. Meant for one step. */
export function withVelocity(rule: Optimizer<MomentumSlots>, velocity: Readonly<Record<string, number>>): Optimizer<MomentumSlots> {
  return {
    ...rule,
    settings: { ...rule.settings, velocity: JSON.stringify(velocity) },
    update(context) {
      const given = context.parameters.join(({ path }) => context.theta.sum().fill(velocity[path] ?? 0), context.theta);
      return rule.update({ ...context, slots: { velocity: given.add(weakNumber(0)) } });
    },
  };
}
