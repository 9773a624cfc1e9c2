/** The descents of one method: alone, and with a list of rates. */
import { descender } from "../descent/loop.js";
import { descendMany } from "../descent/many.js";
import { descent, type Minimizable } from "../descent/minimize.js";
import type { Run } from "../descent/run.js";
import { type MinimizeOptions, settingsOf } from "../descent/settings.js";
import type { NumberStart } from "../objectives/functions.js";
import { tracedObjective } from "../objectives/trace.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Tensor } from "../tensor/tensor.js";
import type { RaceCurve, Trial } from "./curve.js";
import { withRate } from "./entrants.js";

/** Descents that differ in their rates alone. A rate is the rule's own, or what its schedule is multiplied by. */
export interface DescentsOf {
  /** A descent with this rate, or with what the rule came with. */
  alone(rate?: number): Run;
  sweep(rates: readonly number[]): Trial[];
}

/** Up to so many elements of θ, descents one after the other are faster than all in one step. */
const SMALL = 16;

/** Nothing is compiled anew for another rate: it is a control of the program. */
export function descentsOf(f: Minimizable, start: NumberStart | Tensor, optimizer: Optimizer, options: MinimizeOptions): DescentsOf {
  const inTurn = (alone: DescentsOf["alone"]): DescentsOf => ({ alone, sweep: (rates) => rates.map((rate) => trialOf(rate, alone(rate))) });
  if (typeof f === "object")
    return inTurn((rate) => descent(f, start, { ...options, optimizer: rate === undefined ? optimizer : withRate(optimizer, rate) }, 1));
  const objective = tracedObjective(f, start, options.constants);
  const { learningRate } = optimizer;
  const isNumber = typeof learningRate === "number";
  // A rate of 1 times the wanted one is exactly that.
  const rule = isNumber ? { ...optimizer, learningRate: 1 } : optimizer;
  const settings = settingsOf({ ...options, optimizer: rule }, objective.parameters.size, 1);
  const descend = descender(objective, settings);
  const alone = (rate?: number): Run => descend(rate ?? (isNumber ? learningRate : 1));
  if (!isNumber || objective.parameters.size <= SMALL) return inTurn(alone);
  return {
    alone,
    sweep(rates) {
      const many = descendMany(
        objective,
        rates.map(() => objective.start),
        { ...settings, path: false },
        rates,
        true,
      );
      return rates.map((rate, i) => {
        const { loss, evaluations } = many.history(i);
        const final = many.losses[i];
        return { rate, final, status: many.statuses[i], curve: withEnd(loss, evaluations, final, many.evaluations[i]) };
      });
    },
  };
}

/** The curve of a descent, its end included. */
function withEnd(loss: Float64Array, evaluations: Float64Array, final: number, count: number): RaceCurve {
  const joined = (values: Float64Array, last: number) => {
    const out = new Float64Array(values.length + 1);
    out.set(values);
    out[values.length] = last;
    return out;
  };
  return { loss: joined(loss, final), evaluations: joined(evaluations, count) };
}

/** A descent as a trial of its rate. */
export function trialOf(rate: number, { history, loss, evaluations, status }: Run): Trial {
  if (history.evaluations === undefined) throw new Error("internal: a descent that has counted no evaluations");
  return { rate, final: loss, status, curve: withEnd(history.loss, history.evaluations, loss, evaluations.gradient) };
}
