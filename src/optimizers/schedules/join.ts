/** Schedules one after the other. */
import { SteepestError } from "../../tensor/error.js";
import { type Tensor, weakNumber } from "../../tensor/tensor.js";
import { type Rate, rateOf, type Schedule } from "../optimizer.js";
import { checkCount, checkNames, checkRate } from "../options.js";

export interface SchedulePart {
  /** A schedule, or a number for a constant rate. */
  readonly rate: Rate;
  /** How many steps it lasts: a whole number ≥ 1. The last part goes on to the end and has none. */
  readonly steps?: number;
}

/**
 * Schedules one after the other. Each counts its steps from 0, and takes its own length for all the steps there are (the last one: what
 * is left of the run).
 *
 * Elsewhere: PyTorch `SequentialLR`, optax `join_schedules`.
 *
 * @throws SteepestError for no parts, lengths that are no whole numbers ≥ 1, and unusable rates
 * @example
 * ```ts
 * import { cosine, gd, joinSchedules, polynomial } from "steepest";
 * gd({ learningRate: joinSchedules([{ rate: 0.01, steps: 100 }, { rate: cosine(0.1), steps: 400 }, { rate: polynomial(0.01) }]) }).name; // → "gd"
 * ```
 */
export function joinSchedules(parts: readonly SchedulePart[]): Schedule {
  if (!Array.isArray(parts) || parts.length === 0)
    throw new SteepestError({
      problem: "joinSchedules has nothing to join",
      expected: "a list such as [{ rate: 0.01, steps: 100 }, { rate: cosine(0.1) }]",
      received: JSON.stringify(parts),
    });
  const last = parts.length - 1;
  for (const [i, part] of parts.entries()) {
    checkNames("joinSchedules", part, ["rate", "steps"]);
    checkRate("joinSchedules", part.rate, "a rate");
    if (i < last) checkCount("joinSchedules", "steps", part.steps);
    else if (part.steps !== undefined)
      throw new SteepestError({
        problem: "the last part of joinSchedules goes on to the end of the run",
        expected: "no steps",
        received: String(part.steps),
        fix: "leave it out; to let a schedule end earlier, follow it by { rate: 0 }",
      });
  }
  const end = parts[last].rate;
  return {
    name: "joined",
    ...(typeof end !== "number" && end.plateau ? { plateau: end.plateau } : {}),
    rate({ step, totalSteps, stepsPerEpoch }) {
      let start = 0;
      let rate: Tensor | undefined;
      for (const part of parts) {
        const from = weakNumber(start);
        const length = part.steps === undefined ? totalSteps.sub(from).maximum(1) : weakNumber(part.steps);
        const here = rateOf(part.rate, { step: step.sub(from).maximum(0), totalSteps: length, stepsPerEpoch });
        rate = rate === undefined ? here : step.ge(from).select(here, rate);
        start += part.steps ?? 0;
      }
      return rate ?? weakNumber(0);
    },
  };
}
