/** The search for a rate: the same trials for every method. */
import { compareTrials, type Goal, isGood, type Trial } from "./curve.js";
import { decadesBetween, gridPlaces, preferredNumber, type RateRange, refinedPlaces } from "./rates.js";

/** A trial with its place among the preferred numbers. */
export interface PlacedTrial extends Trial {
  readonly place: number;
}

/** Runs descents with these rates, all else equal. */
export type TryRates = (rates: readonly number[]) => Trial[] | Promise<Trial[]>;

/** A search in progress: the rates to try, and what came of those tried before. */
export class RateSearch {
  readonly trials: PlacedTrial[] = [];
  readonly #range: RateRange;
  #round = 0;

  constructor(range: RateRange) {
    this.#range = range;
  }

  /** The places to try next, ascending; empty when the search is over. */
  next(goal: Goal | undefined): number[] {
    const round = this.#round++;
    if (round === 0) return gridPlaces(this.#range.rates);
    if (round > this.#range.refinements || goal === undefined) return [];
    return refinedPlaces(this.best(goal).place, round - 1);
  }

  take(places: readonly number[], trials: readonly Trial[]): void {
    for (const [i, trial] of trials.entries()) this.trials.push({ ...trial, place: places[i] });
    this.trials.sort((a, b) => a.place - b.place);
  }

  /** The best trial so far; of equal ones that with the lowest rate. */
  best(goal: Goal): PlacedTrial {
    return this.trials.reduce((best, trial) => (compareTrials(trial, best, goal) < 0 ? trial : best));
  }

  /** How many decades the good rates around the best one span. */
  goodDecades(goal: Goal): number {
    const best = this.best(goal);
    const at = this.trials.indexOf(best);
    let [low, high] = [at, at];
    while (low > 0 && isGood(this.trials[low - 1], best, goal)) low--;
    while (high + 1 < this.trials.length && isGood(this.trials[high + 1], best, goal)) high++;
    return decadesBetween(this.trials[low].place, this.trials[high].place);
  }
}

export const ratesAt = (places: readonly number[]): number[] => places.map(preferredNumber);
