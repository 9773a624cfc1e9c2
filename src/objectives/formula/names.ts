/** Names: which order variables come in, and what an unknown name may have meant. */
import { nearest } from "../../tensor/error.js";
import { formulaConstants, formulaFunctions } from "./functions.js";

/**
 * The order of variables that were not declared: alphabetical, numbers by value. So `100(y-x^2)^2 + (1-x)^2` has x, y, and x2 comes
 * before x10, whatever the order in the text.
 */
export function naturalOrder(names: Iterable<string>): string[] {
  return [...names].sort(compareNames);
}

function compareNames(a: string, b: string): number {
  const left = parts(a);
  const right = parts(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const byNumber = /^\d/.test(left[i]) && /^\d/.test(right[i]) ? Number(left[i]) - Number(right[i]) : 0;
    if (byNumber !== 0) return byNumber;
    const byLetter = compare(left[i].toLowerCase(), right[i].toLowerCase());
    if (byLetter !== 0) return byLetter;
  }
  return left.length - right.length || compare(a, b);
}

const parts = (name: string): string[] => name.match(/\d+|\D+/g) ?? [];
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Reads a run of letters as a product or call of known names: `xy` → `x*y`, `sinx` → `sin(x)`; undefined when it is none. */
export function splitName(name: string, known: ReadonlySet<string>): string | undefined {
  const call = splitCall(name, known);
  if (call !== undefined) return call;
  const factors = factorize(name, known, new Map());
  return factors !== undefined && factors.length > 1 ? factors.join("*") : undefined;
}

/** `sinx` → `sin(x)` */
export function splitCall(name: string, known: ReadonlySet<string>): string | undefined {
  const word = [...formulaFunctions.keys()].find((candidate) => name.startsWith(candidate) && known.has(name.slice(candidate.length)));
  return word === undefined ? undefined : `${word}(${name.slice(word.length)})`;
}

function factorize(name: string, known: ReadonlySet<string>, seen: Map<string, string[] | undefined>): string[] | undefined {
  if (name === "") return [];
  if (seen.has(name)) return seen.get(name);
  let found: string[] | undefined;
  for (let length = name.length; length > 0 && found === undefined; length--) {
    const head = name.slice(0, length);
    const isNumber = /^\d+$/.test(head);
    if (!known.has(head) || isNumber) continue;
    const rest = factorize(name.slice(length), known, seen);
    if (rest !== undefined) found = [head, ...rest];
  }
  seen.set(name, found);
  return found;
}

/** What to write instead of an unknown name. */
export function adviceForName(name: string, known: ReadonlySet<string>): string {
  const split = splitName(name, new Set([...known, "e", "pi"]));
  if (split !== undefined) return `write ${split}`;
  const near = name.length === 1 ? undefined : nearest(name, [...known, ...formulaFunctions.keys(), ...formulaConstants.keys()]);
  const list = naturalOrder(known);
  const names = list.length === 0 ? "" : `use ${list.length > 12 ? `${list.slice(0, 12).join(", ")}, …` : list.join(", ")}`;
  return near !== undefined ? `did you mean ${near}?` : names === "" ? "declare it as a variable" : names;
}
