/** What a descent was worth at each number of evaluations, and how it is judged by that. */
import type { Status } from "../descent/history.js";
import { exactOrderLog } from "../tensor/random.js";

/** f along a descent. */
export interface RaceCurve {
  /** Evaluations of f and its gradient until the loss was known, ascending, the first 1. */
  readonly evaluations: Float64Array;
  readonly loss: Float64Array;
}

/** A place on a curve. */
export type Point = readonly [x: number, y: number];

/** A descent with one rate. */
export interface Trial {
  /** The rate, or what the rates of a schedule were multiplied by. */
  readonly rate: number;
  /** f where it ended. */
  readonly final: number;
  readonly status: Status;
  readonly curve: RaceCurve;
}

/** What all are measured by. */
export interface Goal {
  /** f*: the known minimum, or the lowest loss that any descent of the race has seen. */
  readonly minimum: number;
  /** The loss that counts as arrived. */
  readonly target: number;
}

/** The lowest loss along a curve; losses that are no numbers count for nothing. */
export function lowestLoss({ loss }: RaceCurve): number {
  let best = Number.POSITIVE_INFINITY;
  for (const value of loss) if (value < best) best = value;
  return best;
}

/** The first place of a curve that is at the target or below; undefined where none is. */
export function arrival({ loss }: RaceCurve, target: number): number | undefined {
  const place = loss.findIndex((value) => value <= target);
  return place < 0 ? undefined : place;
}

const LN10 = 2.302585092994046;
/** What a loss at the minimum counts as, in decades: the digits of float64. */
const DIGITS = -16;

/**
 * The mean over the budget of log₁₀ of what is left of the way down, (lowest f so far − f*) / (f(start) − f*): 0 for a descent that goes nowhere,
 * −16 for one that is there at once.
 */
export function meanDecades({ evaluations, loss }: RaceCurve, { minimum }: Goal, budget: number): number {
  const whole = loss[0] - minimum;
  if (!(whole > 0 && Number.isFinite(whole))) return 0;
  let [sum, lowest] = [0, loss[0]];
  for (let i = 0; i < loss.length; i++) {
    if (loss[i] < lowest) lowest = loss[i];
    const until = i + 1 < loss.length ? evaluations[i + 1] : budget + 1;
    const share = (lowest - minimum) / whole;
    sum += (until - evaluations[i]) * Math.max(DIGITS, share > 1e-300 ? exactOrderLog(share) / LN10 : DIGITS);
  }
  return sum / budget;
}

/**
 * Which of two trials is better, as a number below, at or above 0. First come those that arrive, by their evaluations; then those that end as
 * numbers, by their lowest loss; last those that diverge. Equal ones by their final loss.
 */
export function compareTrials(a: Trial, b: Trial, { target }: Goal): number {
  const [first, second] = [arrival(a.curve, target), arrival(b.curve, target)];
  if (first !== undefined && second !== undefined)
    return a.curve.evaluations[first] - b.curve.evaluations[second] || byLoss(a.final, b.final);
  if (first !== undefined || second !== undefined) return first !== undefined ? -1 : 1;
  const diverged = Number(a.status === "diverged") - Number(b.status === "diverged");
  return diverged || byLoss(lowestLoss(a.curve), lowestLoss(b.curve)) || byLoss(a.final, b.final);
}

const byLoss = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** How many times as many evaluations a good rate may take; where the target is missed, how many times as far from the minimum it may end. */
export const GOOD = 3;

/** Whether a trial is nearly as good as the best one. */
export function isGood(trial: Trial, best: Trial, { target, minimum }: Goal): boolean {
  const [first, reference] = [arrival(trial.curve, target), arrival(best.curve, target)];
  if (reference !== undefined) return first !== undefined && trial.curve.evaluations[first] <= GOOD * best.curve.evaluations[reference];
  return trial.status !== "diverged" && lowestLoss(trial.curve) - minimum <= GOOD * (lowestLoss(best.curve) - minimum);
}
