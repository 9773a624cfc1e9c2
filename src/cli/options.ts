/** Typed options of the command line: each knows its name, its help and how to read its text. */
import { nearest, SteepestError } from "../tensor/error.js";

/** The command was used wrongly: exit code 2. */
export class UsageError extends SteepestError {}

export interface Option<T> {
  /** Without the dashes. */
  readonly name: string;
  /** Other names that are understood, not shown. */
  readonly aliases?: readonly string[];
  /** What stands for the value in the help; absent for a switch. */
  readonly placeholder?: string;
  readonly help: string;
  /** The default as the help shows it. */
  readonly defaultText?: string;
  /** Reads the text given, or gives the default for undefined. */
  read(text: string | undefined): T;
}

interface Described<D> {
  readonly help: string;
  readonly default: D;
  /** Shown instead of the default itself. */
  readonly defaultText?: string;
  readonly aliases?: readonly string[];
}

interface Bounded<D> extends Described<D> {
  readonly atLeast?: number;
  readonly above?: number;
  readonly below?: number;
  readonly atMost?: number;
}

/** A switch: present or not. */
export const toggle = (name: string, help: string): Option<boolean> => ({ name, help, read: (text) => text !== undefined });

/** A finite number within bounds. */
export function numberOption<D extends number | undefined>(name: string, described: Bounded<D>): Option<number | D> {
  return {
    ...common(name, described, "NUMBER"),
    read(text) {
      if (text === undefined) return described.default;
      const value = finite(text);
      if (value === undefined || !within(value, described)) throw wrong(name, `a number${boundsInWords(described)}`, text);
      return value;
    },
  };
}

/** A whole number within bounds. */
export function wholeOption<D extends number | undefined>(name: string, described: Bounded<D>): Option<number | D> {
  return {
    ...common(name, described, "N"),
    read(text) {
      if (text === undefined) return described.default;
      const value = finite(text);
      if (value === undefined || !Number.isSafeInteger(value) || !within(value, described))
        throw wrong(name, `a whole number${boundsInWords(described)}`, text);
      return value;
    },
  };
}

/** One of a few names. */
export function choiceOption<const T extends string, D extends T | undefined = T>(
  name: string,
  known: readonly T[],
  described: Described<D>,
): Option<T | D> {
  return {
    ...common(name, described, known.join("|")),
    read(text) {
      if (text === undefined) return described.default;
      const found = known.find((candidate) => candidate === text);
      if (found !== undefined) return found;
      const meant = nearest(text, known);
      throw wrong(name, known.join(", "), text, meant === undefined ? undefined : `did you mean ${meant}?`);
    },
  };
}

/** Free text, read by `parse` where that is given. */
export function textOption<D extends string | undefined>(
  name: string,
  placeholder: string,
  described: Described<D> & { readonly check?: (text: string) => void },
): Option<string | D> {
  return {
    ...common(name, described, placeholder),
    read(text) {
      if (text === undefined) return described.default;
      if (text.trim() === "") throw wrong(name, "some text", text);
      asUsage(() => described.check?.(text));
      return text;
    },
  };
}

/** Turns what a check complains about into wrong usage. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SteepestError && !(error instanceof UsageError)) throw new UsageError(error);
    throw error;
  }
}

/** A finite number, written as in JavaScript or with a decimal exponent; undefined for anything else, the empty text included. */
export function finite(text: string): number | undefined {
  const trimmed = text.trim().replace(/^[−–]/, "-");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

function common<D>(name: string, { help, default: value, defaultText, aliases }: Described<D>, placeholder: string) {
  return { name, help, aliases, placeholder, defaultText: defaultText ?? (value === undefined ? undefined : String(value)) };
}

const within = (value: number, { atLeast, above, below, atMost }: Bounded<unknown>): boolean =>
  (atLeast === undefined || value >= atLeast) &&
  (above === undefined || value > above) &&
  (below === undefined || value < below) &&
  (atMost === undefined || value <= atMost);

function boundsInWords({ atLeast, above, below, atMost }: Bounded<unknown>): string {
  const words = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  return words.length === 0 ? "" : `, ${words.join(" and ")}`;
}

const wrong = (name: string, expected: string, received: string, fix?: string): UsageError =>
  new UsageError({ problem: `--${name} cannot be used`, expected, received: received === "" ? "nothing" : received, fix });

/** A value as a shell reads it. */
export const shellQuoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
