/** How schedules count time. */
import { SteepestError } from "../../tensor/error.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { ScheduleContext } from "../optimizer.js";

/** What a schedule counts: steps of the optimizer, or passes over the data (step / stepsPerEpoch, fractions included). */
export type Unit = "step" | "epoch";

export interface UnitOption {
  /** Default "step". */
  readonly per?: Unit;
}

/** t in the chosen unit. */
export function timeIn(unit: Unit, { step, stepsPerEpoch }: ScheduleContext): Tensor {
  return unit === "epoch" ? step.div(stepsPerEpoch) : step;
}

export function checkUnit(owner: string, unit: Unit): Unit {
  if (unit === "step" || unit === "epoch") return unit;
  throw new SteepestError({ problem: `per of ${owner} is not usable`, expected: '"step" or "epoch"', received: String(unit) });
}
