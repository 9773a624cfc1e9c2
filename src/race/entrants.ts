/** Who takes part in a race, and under what name. */
import { checkOptimizer } from "../descent/option-names.js";
import type { Optimizer, Schedule, ScheduleContext } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import { weakNumber } from "../tensor/tensor.js";

/** Optimizers in a list, named after themselves, or by names of one's own. */
export type Entrants = readonly Optimizer[] | Readonly<Record<string, Optimizer>>;

/** One who takes part. */
export interface Entrant {
  readonly name: string;
  readonly optimizer: Optimizer;
  /** Whether its rate is looked for. */
  readonly isTuned: boolean;
}

/** What the tables of all races say of one who took part. */
export interface Placed {
  /** 1 for the winner. */
  readonly rank: number;
  readonly name: string;
  /** The rule with the rate that was found. */
  readonly optimizer: Optimizer;
  /** The rate that was found, or the one that was given where none was looked for; absent for rules that search, and for schedules. */
  readonly learningRate?: number;
  /** What the schedule was multiplied by. */
  readonly scheduleScale?: number;
  /** Whether the rate was looked for. */
  readonly isTuned: boolean;
}

/**
 * @param tune whether rates are looked for: for all, for none, or for those of these names
 * @throws SteepestError for what is no optimizer, an empty list, and names that nobody has
 */
export function entrantsOf(owner: string, given: unknown, tune: boolean | readonly string[]): Entrant[] {
  const isList = Array.isArray(given);
  const members: readonly [string | undefined, unknown][] =
    typeof given !== "object" || given === null ? [] : isList ? given.map((one: unknown) => [undefined, one]) : Object.entries(given);
  if (members.length === 0)
    throw new SteepestError({
      problem: `${owner} was given no optimizers`,
      expected: "a list of them, or a record with a name for each: [gd(), momentum(), adam()]",
      received: isList ? "an empty list" : String(given),
    });
  const taken = new Map<string, number>();
  const entrants = members.map(([key, optimizer]): Entrant => {
    checkOptimizer(owner, optimizer);
    const wanted = key ?? optimizer.name;
    const count = (taken.get(wanted) ?? 0) + 1;
    taken.set(wanted, count);
    const name = count === 1 ? wanted : `${wanted} (${count})`;
    // A rule that searches along the objective finds the length of its steps itself.
    const isTuned = optimizer.carries === undefined && (typeof tune === "boolean" ? tune : tune.includes(name));
    return { name, optimizer, isTuned };
  });
  const unknown = typeof tune === "boolean" ? undefined : tune.find((name) => !entrants.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new SteepestError({
      problem: "the option tune names nobody",
      expected: entrants.map(({ name }) => name).join(", "),
      received: unknown,
    });
  return entrants;
}

/** The rule with another rate; a schedule is multiplied. Neither changes what is compiled, but for the schedule. */
export function withRate(optimizer: Optimizer, rate: number): Optimizer {
  const { learningRate } = optimizer;
  return { ...optimizer, learningRate: typeof learningRate === "number" ? rate : scaled(learningRate, rate) };
}

const scaled = (schedule: Schedule, factor: number): Schedule => ({
  name: `${factor} × ${schedule.name}`,
  ...(schedule.plateau ? { plateau: schedule.plateau } : {}),
  rate: (context: ScheduleContext) => schedule.rate(context).mul(weakNumber(factor)),
});
