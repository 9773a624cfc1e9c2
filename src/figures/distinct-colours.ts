/** Colours for what is drawn together. */
import type { SeriesColour } from "./marks.js";

const all: readonly SeriesColour[] = [0, 1, 2, 3, 4, 5, 6, 7];

/**
 * To each the colour it wishes for, where nobody before it has taken that; else the next that is free. With more than eight, colours come again.
 *
 * @param wishes in the order in which they choose
 */
export function distinctColours(wishes: readonly (SeriesColour | undefined)[]): SeriesColour[] {
  const taken = new Set<SeriesColour>();
  const given = wishes.map((wish) => {
    if (wish === undefined || taken.has(wish)) return undefined;
    taken.add(wish);
    return wish;
  });
  let next = 0;
  return given.map((colour) => {
    if (colour !== undefined) return colour;
    const free = all.find((candidate) => !taken.has(candidate)) ?? all[next++ % all.length];
    taken.add(free);
    return free;
  });
}

/** Those that nobody takes for one another. */
const clearest = all.slice(0, 5);

/** Colours by name: each name wishes for one of its own, and gets it in every figure where nobody before it wishes for the same. */
export function coloursOfNames(names: readonly string[]): SeriesColour[] {
  const number = (name: string) => [...name].reduce((sum, letter) => (31 * sum + (letter.codePointAt(0) ?? 0)) >>> 0, 0);
  return distinctColours(names.map((name) => clearest[number(name) % clearest.length]));
}
