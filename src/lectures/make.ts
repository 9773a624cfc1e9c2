/** Makes exhibits, one after the other. */
import { nearest, SteepestError } from "../tensor/error.js";
import type { Exhibit, Numbers, Outcome, Surroundings } from "./exhibit.js";
import { exhibits } from "./index.js";

/** An exhibit with what it computed. */
export interface Made {
  readonly exhibit: Exhibit;
  readonly outcome: Outcome;
  readonly seconds: number;
}

/**
 * The exhibits with these ids, in the order of the catalogue; all where none is named.
 *
 * @throws SteepestError for ids that there are not
 */
export function exhibitsNamed(ids: readonly string[]): readonly Exhibit[] {
  if (ids.length === 0) return exhibits;
  const known = exhibits.map(({ id }) => id);
  const wanted = ids.map((id) => id.trim().toUpperCase());
  const unknown = wanted.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    throw new SteepestError({
      problem: "there is no such exhibit",
      expected: `some of ${known.join(", ")}`,
      received: unknown === "" ? "nothing" : unknown,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
  return exhibits.filter(({ id }) => wanted.includes(id));
}

/** Makes them in their order; `tell` hears of each before it begins and after it is done. */
export async function makeExhibits(
  chosen: readonly Exhibit[],
  surroundings: Surroundings,
  tell: (exhibit: Exhibit, seconds?: number) => void = () => undefined,
): Promise<Made[]> {
  const made: Made[] = [];
  for (const exhibit of chosen) {
    surroundings.signal?.throwIfAborted();
    tell(exhibit);
    const began = performance.now();
    const outcome = await exhibit.make(surroundings);
    const seconds = (performance.now() - began) / 1000;
    made.push({ exhibit, outcome, seconds });
    tell(exhibit, seconds);
  }
  return made;
}

/** What `numbers.json` holds: the numbers of each exhibit under its id. */
export const numbersOf = (made: readonly Made[]): Readonly<Record<string, Numbers>> =>
  Object.fromEntries(made.map(({ exhibit, outcome }) => [exhibit.id, outcome.numbers]));
