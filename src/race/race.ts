/** `race`: several optimizers on one objective, from one start, with one budget. */
import type { Minimizable } from "../descent/minimize.js";
import { checkOptionNames } from "../descent/option-names.js";
import type { Run } from "../descent/run.js";
import { type MinimizeOptions, unusable } from "../descent/settings.js";
import type { Constants } from "../objectives/formula/function-parser.js";
import type { NumberStart } from "../objectives/functions.js";
import type { HostObjective } from "../objectives/objective.js";
import type { Problem } from "../objectives/problems/index.js";
import type { Widened } from "../objectives/trace.js";
import { tensor } from "../tensor/create.js";
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Goal, lowestLoss, type RaceCurve } from "./curve.js";
import { type DescentsOf, descentsOf, trialOf } from "./descents.js";
import { type Entrant, type Entrants, entrantsOf } from "./entrants.js";
import { gridPlaces } from "./rates.js";
import { Race, type RaceEntry } from "./result.js";
import { RateSearch, ratesAt } from "./tune.js";

export interface RaceOptions<C extends Constants = Constants> extends Pick<MinimizeOptions<C>, "bounds" | "within" | "constants"> {
  /** The budget of each descent, in evaluations of f and its gradient. Default 2000. */
  readonly evaluations?: number;
  /** f*, where it is known: of a test problem its own minimum. Default: the lowest loss that any descent of the race has seen. */
  readonly minimum?: number;
  /** ε: a descent has arrived at f* + ε (f(start) − f*). Default 1e-6. */
  readonly epsilon?: number;
  /** The loss at which a descent has arrived, in place of what `epsilon` says. */
  readonly target?: number;
  /** Whether rates are looked for: for all, for none, or for those of these names. Default true. */
  readonly tune?: boolean | readonly string[];
  /** The lowest and the highest rate of the first grid, which has two to the decade. Default [1e-6, 1e3]. */
  readonly rates?: readonly [from: number, to: number];
  /** How often the search looks closer around the best rate: 0, 1 (eight rates, 1.25 apart) or 2 times (six more, 1.06 apart). Default 2. */
  readonly refinements?: 0 | 1 | 2;
  /** Keep the points of each method's best descent: `run.path`. Default false. */
  readonly path?: boolean;
  /** Measure the time of a step: `secondsPerStep`. Times differ from run to run; all else does not. Default false. */
  readonly timed?: boolean;
}

const names = [
  ...["evaluations", "minimum", "epsilon", "target", "tune", "rates", "refinements", "path", "timed"],
  ...["bounds", "within", "constants"],
];

/**
 * Lets optimizers descend on one objective: from the same start, with the same budget of gradient evaluations, each at its best rate.
 *
 * Each rate is found by the same search: a grid of two rates to the decade (19 from 1e-6 to 1e3), then eight rates 1.25 apart around the best,
 * then six 1.06 apart, all of them preferred numbers. The best rate is the one that arrives at the target with the fewest evaluations; where none
 * arrives, the one with the lowest loss on its way. The rates of a grid descend in one program where the rule can be mapped over them; rules that search
 * along the objective (`lbfgs`, `conjugateGradient`, `newtonCg`, `steepestDescent`) have none to be found. A schedule is multiplied as a whole.
 *
 * An evaluation is one value together with one gradient. Line searches count each trial, `newtonCg` each product of the Hessian with a vector (which
 * costs about two gradients), rules that look ahead both points. Nobody gets more than the budget: a step that would need more is not taken.
 *
 * `table` is in the order of merit: first those that arrive, by their evaluations; then the others by their lowest loss; last those that diverged.
 *
 * @param f a test problem, a formula, a function of numbers or of a tensor, or one's own JavaScript
 * @param start where all begin; a test problem brings its own
 * @param optimizers a list, or a record with a name for each; rules of one's own take part like all others
 * @param options see RaceOptions
 * @throws SteepestError for an objective that is no number at the start, for options that are not usable, and as `minimize` does
 * @example
 * ```ts
 * import { adam, gd, lbfgs, momentum, nesterov, race } from "steepest";
 * const result = race("(1-x)^2 + 100(y-x^2)^2", [-1.2, 1], [gd(), momentum(), nesterov(), adam(), lbfgs()], { evaluations: 500 });
 * result.table[0].name;                // → "lbfgs"
 * result.table[0].evaluationsToTarget; // → 41
 * ```
 * @example
 * ```ts
 * import { gd, problems, race } from "steepest";
 * // Gradient descent is fastest at 2/(λ₁ + λₙ) = 0.0198.
 * race(problems.quadratic([1, 100]), [gd()]).table[0].learningRate; // → 0.019
 * ```
 */
export function race(problem: Problem, optimizers: Entrants, options?: RaceOptions): Race<number[]>;
export function race<S extends NumberStart>(f: string, start: S, optimizers: Entrants, options?: RaceOptions): Race<Widened<S>>;
export function race(f: HostObjective, start: number, optimizers: Entrants, options?: RaceOptions): Race<number>;
export function race(f: HostObjective, start: readonly number[], optimizers: Entrants, options?: RaceOptions): Race<number[]>;
export function race(f: (x: Tensor) => Tensor, start: Tensor, optimizers: Entrants, options?: RaceOptions): Race<Tensor>;
export function race(f: (x: number) => number, start: number, optimizers: Entrants, options?: RaceOptions): Race<number>;
export function race(
  f: (...x: (number & readonly number[])[]) => number,
  start: readonly number[],
  optimizers: Entrants,
  options?: RaceOptions,
): Race<number[]>;
export function race<S extends Readonly<Record<string, number>>>(
  f: (point: S) => number,
  start: S,
  optimizers: Entrants,
  options?: RaceOptions,
): Race<Widened<S>>;
export function race(f: Minimizable | Problem, second: unknown, third?: unknown, fourth?: unknown): Race {
  if (isProblem(f)) {
    const minimum = f.minima.at(0)?.value;
    return raced(f.name, f.f, tensor([...f.start]), second, { ...(minimum === undefined ? {} : { minimum }), ...optionsOf(third) });
  }
  if (!isStart(second))
    throw new SteepestError({
      problem: "race was given no start",
      expected: "race(f, start, optimizers, options), or race(problem, optimizers, options)",
      received: String(second),
    });
  return raced(typeof f === "string" ? f : f.name || "f", f, second, third, optionsOf(fourth));
}

const isProblem = (f: Minimizable | Problem): f is Problem => typeof f === "object" && f !== null && "minima" in f && "f" in f;

const isStart = (x: unknown): x is NumberStart | Tensor => typeof x === "number" || (typeof x === "object" && x !== null);

function optionsOf(given: unknown): RaceOptions {
  if (given === undefined) return {};
  if (!isOptions(given)) throw new SteepestError({ problem: "the options of race are no record", received: String(given) });
  return given;
}

/** Whether these are options, by their names; their values are looked at one by one. */
function isOptions(given: unknown): given is RaceOptions {
  if (typeof given !== "object" || given === null) return false;
  checkOptionNames("race", given, names);
  return true;
}

function checkOptions({ evaluations, minimum, epsilon, target, tune, refinements }: RaceOptions): void {
  const isNumber = (x: unknown) => typeof x === "number" && Number.isFinite(x);
  if (evaluations !== undefined && !(Number.isInteger(evaluations) && evaluations >= 1 && evaluations < 2 ** 31))
    throw unusable("evaluations", "a whole number from 1 to below 2³¹: the start alone takes one", evaluations);
  if (minimum !== undefined && !isNumber(minimum)) throw unusable("minimum", "a finite number", minimum);
  if (epsilon !== undefined && !(isNumber(epsilon) && epsilon > 0 && epsilon < 1))
    throw unusable("epsilon", "a number between 0 and 1", epsilon);
  if (target !== undefined && !isNumber(target)) throw unusable("target", "a finite number", target);
  if (tune !== undefined && typeof tune !== "boolean" && !Array.isArray(tune))
    throw unusable("tune", "true, false, or a list of names", tune);
  if (refinements !== undefined && ![0, 1, 2].includes(refinements)) throw unusable("refinements", "0, 1 or 2", refinements);
}

/** One who takes part, with all that is known of its descents. */
interface Racer {
  readonly entrant: Entrant;
  readonly descents: DescentsOf;
  /** Absent where the rate stays as it is. */
  readonly search: RateSearch | undefined;
}

function raced(
  name: string,
  f: Minimizable | ((x: Tensor) => Tensor),
  start: NumberStart | Tensor,
  optimizers: unknown,
  options: RaceOptions,
): Race {
  checkOptions(options);
  const { evaluations = 2000, epsilon = 1e-6, tune = true, rates = [1e-6, 1e3], refinements = 2, path = false } = options;
  const { bounds, within, constants } = options;
  const common = {
    evaluations,
    tolerance: 0,
    ...(bounds ? { bounds } : {}),
    ...(within ? { within } : {}),
    ...(constants ? { constants } : {}),
  };
  gridPlaces(rates);

  const racers = entrantsOf("race", optimizers, tune).map((entrant): Racer => {
    const descents = descentsOf(f, start, entrant.optimizer, { ...common, path });
    return { entrant, descents, search: entrant.isTuned ? new RateSearch({ rates, refinements }) : undefined };
  });
  const fixed = new Map(racers.filter(({ search }) => search === undefined).map((racer) => [racer, racer.descents.alone()]));
  const curves: RaceCurve[] = [...fixed.values()].map((run) => trialOf(1, run).curve);
  const goalOf = (): Goal => {
    const minimum = options.minimum ?? Math.min(...curves.map(lowestLoss));
    const first = curves[0].loss[0];
    if (!Number.isFinite(first))
      throw new SteepestError({ problem: `${name} is no finite number at the start`, received: String(first), fix: "begin elsewhere" });
    // Where the best that anyone has seen is the start, there is nothing to arrive at.
    const isNowhere = options.minimum === undefined && minimum >= first;
    return { minimum, target: options.target ?? (isNowhere ? Number.NaN : minimum + Math.max(0, epsilon * (first - minimum))) };
  };
  for (let round = 0; round <= refinements; round++) {
    // All look closer around what was best by one and the same goal.
    const goal = round === 0 ? undefined : goalOf();
    for (const { descents, search } of racers) {
      if (search === undefined) continue;
      const places = search.next(goal);
      const trials = descents.sweep(ratesAt(places));
      search.take(places, trials);
      curves.push(...trials.map(({ curve }) => curve));
    }
  }
  const goal = goalOf();
  const entries = racers.map((racer): RaceEntry<unknown> => {
    const { entrant, descents, search } = racer;
    const rate = search?.best(goal).rate;
    const again = () => descents.alone(rate);
    const run = fixed.get(racer) ?? again();
    return {
      entrant,
      run,
      best: trialOf(rate ?? Number.NaN, run),
      trials: search?.trials ?? [],
      ...(search ? { goodDecades: search.goodDecades(goal) } : {}),
      ...(options.timed ? { secondsPerStep: secondsOf(again) } : {}),
    };
  });
  return new Race({ name, budget: evaluations, goal, isKnown: options.minimum !== undefined, entries });
}

/** The least of three: what a step takes when nothing disturbs it. */
function secondsOf(work: () => Run): number {
  const times = [0, 1, 2].map(() => {
    const began = performance.now();
    const { steps } = work();
    return (performance.now() - began) / 1000 / Math.max(1, steps);
  });
  return Math.min(...times);
}
