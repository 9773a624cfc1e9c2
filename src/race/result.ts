/** What a race gives. */
import type { Status } from "../descent/history.js";
import type { Run } from "../descent/run.js";
import { arrival, compareTrials, type Goal, lowestLoss, meanDecades, type RaceCurve, type Trial } from "./curve.js";
import { type Entrant, type Placed, withRate } from "./entrants.js";

/** One method's part in a race. Equal results share a rank. */
export interface RaceRow<S = unknown> extends Placed {
  /** Evaluations of f and its gradient until the target was reached; absent where it was not. */
  readonly evaluationsToTarget?: number;
  readonly stepsToTarget?: number;
  /** The lowest loss on the way. */
  readonly best: number;
  /** The loss at the end. */
  readonly final: number;
  /** Mean over the budget of log₁₀ of what is left of the way down: 0 for no progress, −16 for all of it at once. */
  readonly meanDecades: number;
  /** Decades of rates around the best one that take at most three times its evaluations, or end at most three times as far from f*. */
  readonly goodDecades?: number;
  readonly status: Status;
  readonly steps: number;
  readonly evaluations: number;
  /** With `timed`. */
  readonly secondsPerStep?: number;
  /** f along the descent, its end included. */
  readonly curve: RaceCurve;
  /** All rates that were tried, ascending. */
  readonly trials: readonly RaceTrial[];
  /** The descent itself; `minimize` with `optimizer`, as many `evaluations` and a tolerance of 0 gives it again. */
  readonly run: Run<S>;
}

/** A rate that was tried. */
export interface RaceTrial {
  /** The rate, or what a schedule was multiplied by. */
  readonly rate: number;
  readonly evaluationsToTarget?: number;
  readonly best: number;
  readonly final: number;
  readonly status: Status;
}

/** One who took part, before the ranking. */
export interface RaceEntry<S> {
  readonly entrant: Entrant;
  readonly run: Run<S>;
  readonly best: Trial;
  readonly trials: readonly Trial[];
  readonly goodDecades?: number;
  readonly secondsPerStep?: number;
}

export interface RaceParts<S> {
  readonly name: string;
  readonly budget: number;
  readonly goal: Goal;
  readonly isKnown: boolean;
  readonly entries: readonly RaceEntry<S>[];
}

/** The result of `race`. */
export class Race<S = unknown> {
  /** The objective. */
  readonly name: string;
  /** The budget of each descent, in evaluations of f and its gradient. */
  readonly evaluations: number;
  /** f at the start. */
  readonly start: number;
  /** f*: the known minimum, or the lowest loss that any descent has seen. */
  readonly minimum: number;
  /** Whether f* was known beforehand. */
  readonly isMinimumKnown: boolean;
  /** The loss that counts as arrived; NaN where no minimum is known and nobody came below the start. */
  readonly target: number;
  /** A row for each method, the best first. */
  readonly table: readonly RaceRow<S>[];

  constructor({ name, budget, goal, isKnown, entries }: RaceParts<S>) {
    this.name = name;
    this.evaluations = budget;
    this.start = entries[0].best.curve.loss[0];
    this.minimum = goal.minimum;
    this.isMinimumKnown = isKnown;
    this.target = goal.target;
    const sorted = [...entries].sort((a, b) => compareTrials(a.best, b.best, goal));
    const ranks: number[] = [];
    sorted.forEach((entry, i) => {
      ranks.push(i > 0 && compareTrials(sorted[i - 1].best, entry.best, goal) === 0 ? ranks[i - 1] : i + 1);
    });
    this.table = sorted.map((entry, i) => rowOf(entry, ranks[i], goal, budget));
  }

  /** How the ranks came about, in a sentence. */
  get ranking(): string {
    return "By evaluations to the target; then by the lowest loss; last those that diverged.";
  }

  /** For JSON: plain numbers, without curves and points. What is not finite becomes null. */
  toJSON(): object {
    const { name, evaluations, start, minimum, isMinimumKnown, target, ranking, table } = this;
    const rows = table.map(({ optimizer: _rule, curve: _curve, run: _run, ...row }) => row);
    return { name, evaluations, start, minimum, isMinimumKnown, target, ranking, table: rows };
  }
}

function rowOf<S>(
  { entrant, run, best, trials, goodDecades, secondsPerStep }: RaceEntry<S>,
  rank: number,
  goal: Goal,
  budget: number,
): RaceRow<S> {
  const { optimizer, name, isTuned } = entrant;
  const { curve, final, status, rate } = best;
  const at = arrival(curve, goal.target);
  const isNumber = typeof optimizer.learningRate === "number";
  const own = isTuned ? rate : optimizer.learningRate;
  return {
    rank,
    name,
    optimizer: isTuned ? withRate(optimizer, rate) : optimizer,
    ...(isNumber && optimizer.carries === undefined && typeof own === "number" ? { learningRate: own } : {}),
    ...(isTuned && !isNumber ? { scheduleScale: rate } : {}),
    isTuned,
    ...(at === undefined ? {} : { evaluationsToTarget: curve.evaluations[at], stepsToTarget: at }),
    best: lowestLoss(curve),
    final,
    meanDecades: meanDecades(curve, goal, budget),
    ...(goodDecades === undefined ? {} : { goodDecades }),
    status,
    steps: run.steps,
    evaluations: run.evaluations.gradient,
    ...(secondsPerStep === undefined ? {} : { secondsPerStep }),
    curve,
    trials: trials.map((trial): RaceTrial => {
      const place = arrival(trial.curve, goal.target);
      return {
        rate: trial.rate,
        ...(place === undefined ? {} : { evaluationsToTarget: trial.curve.evaluations[place] }),
        best: lowestLoss(trial.curve),
        final: trial.final,
        status: trial.status,
      };
    }),
    run,
  };
}
