/** The rates that a race tries: preferred numbers, so that each can be written down and typed again. */
import { SteepestError } from "../tensor/error.js";

/** Renard's series R40: forty steps to the decade, each about 1.06 times the one before (ISO 3). */
const r40: readonly number[] = [
  ...[1, 1.06, 1.12, 1.18, 1.25, 1.32, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.12, 2.24, 2.36, 2.5, 2.65, 2.8, 3],
  ...[3.15, 3.35, 3.55, 3.75, 4, 4.25, 4.5, 4.75, 5, 5.3, 5.6, 6, 6.3, 6.7, 7.1, 7.5, 8, 8.5, 9, 9.5],
];

/** Places of the series in a decade. */
const DECADE = r40.length;
/** A grid has every twentieth of them: 1, 3.15, 10, 31.5, … */
const GRID = DECADE / 2;

/** The number at a place of the series: place 0 is 1, place 40 is 10. */
export function preferredNumber(place: number): number {
  const decade = Math.floor(place / DECADE);
  return Number(`${r40[place - decade * DECADE]}e${decade}`);
}

/** How far two places lie apart, in decades. */
export const decadesBetween = (from: number, to: number): number => (to - from) / DECADE;

/** How finely rates are looked for. */
export interface RateRange {
  /** The lowest and the highest rate of the first grid. */
  readonly rates: readonly [from: number, to: number];
  /** How often the search looks closer around the best rate so far: 0, 1 or 2 times. */
  readonly refinements: number;
}

/**
 * The places of the first grid, two to the decade.
 *
 * @throws SteepestError for a range that holds none
 */
export function gridPlaces([from, to]: readonly [number, number]): number[] {
  const places: number[] = [];
  if (Number.isFinite(from) && Number.isFinite(to) && from >= 1e-12 && to <= 1e12)
    for (let place = -12 * DECADE; place <= 12 * DECADE; place += GRID) {
      const rate = preferredNumber(place);
      if (rate >= from && rate <= to) places.push(place);
    }
  if (places.length === 0)
    throw new SteepestError({
      problem: "the option rates is not usable",
      expected: "the lowest and the highest rate, from 1e-12 to 1e12, with 1 or 3.15 times a power of ten between them: [1e-4, 1]",
      received: JSON.stringify([from, to]),
    });
  return places;
}

/** What a refinement tries around the best place so far: eight rates 1.25 apart, then six 1.06 apart. */
export function refinedPlaces(best: number, refinement: number): number[] {
  const offsets = refinement === 0 ? [-16, -12, -8, -4, 4, 8, 12, 16] : [-3, -2, -1, 1, 2, 3];
  return offsets.map((offset) => best + offset);
}
