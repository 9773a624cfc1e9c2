/** Choosing parameters by name or kind. */
import { nearest, SteepestError } from "../../tensor/error.js";
import type { ParameterEntry } from "../parameters.js";

/**
 * Which parameters are meant: a name (`"dense1.weight"`) in which `*` stands for anything (`"*.bias"`), a kind (`{ kind: "bias" }`, in
 * models), a function, or a list of these.
 */
export type Selection =
  | string
  | { readonly kind: "weight" | "bias" }
  | ((parameter: ParameterEntry) => boolean)
  | readonly (string | { readonly kind: "weight" | "bias" })[];

/** Checks its form, before anything is traced. */
export function checkSelection(owner: string, option: string, selection: Selection): Selection {
  const isOne = (x: unknown) =>
    (typeof x === "string" && x !== "") ||
    (typeof x === "object" && x !== null && "kind" in x && (x.kind === "weight" || x.kind === "bias"));
  const isList = Array.isArray(selection) && selection.length > 0 && selection.every(isOne);
  if (isOne(selection) || isList || typeof selection === "function") return selection;
  throw new SteepestError({
    problem: `${option} of ${owner} names no parameters`,
    expected: 'a name such as "dense1.*", { kind: "bias" }, a list of these, or a function of a parameter',
    received: JSON.stringify(selection),
  });
}

/** Plain text of a selection, where it has one. */
export const settingOf = (selection: Selection): string | undefined =>
  typeof selection === "function" ? undefined : JSON.stringify(selection);

/**
 * The entries that are meant.
 *
 * @throws SteepestError where a part of the selection means none, with the names that there are
 */
export function chosenFrom<E extends ParameterEntry>(owner: string, entries: readonly E[], selection: Selection): ReadonlySet<E> {
  const parts = Array.isArray(selection) ? selection : [selection];
  const chosen = new Set<E>();
  for (const part of parts) {
    const found = entries.filter(testOf(part));
    if (found.length === 0) {
      const meant =
        typeof part === "string"
          ? nearest(
              part,
              entries.map((entry) => entry.path),
            )
          : undefined;
      throw new SteepestError({
        problem: `${owner} names a parameter that does not exist`,
        expected: entries.map((entry) => entry.path).join(", "),
        received: typeof part === "string" ? part : JSON.stringify(part),
        fix: meant && `did you mean ${meant}?`,
      });
    }
    for (const entry of found) chosen.add(entry);
  }
  return chosen;
}

function testOf(part: string | { readonly kind: string } | ((entry: ParameterEntry) => boolean)): (entry: ParameterEntry) => boolean {
  if (typeof part === "function") return part;
  if (typeof part === "object") return ({ kind }) => kind === part.kind;
  const pieces = part.split("*");
  return ({ path }) => fits(path, pieces);
}

/** Whether a path is the pieces in their order, with anything between them. */
function fits(path: string, pieces: readonly string[]): boolean {
  const [first, ...others] = pieces;
  if (others.length === 0) return path === first;
  const last = others[others.length - 1];
  if (!path.startsWith(first) || path.length < first.length + last.length || !path.endsWith(last)) return false;
  let at = first.length;
  for (const piece of others.slice(0, -1)) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= path.length - last.length;
}
