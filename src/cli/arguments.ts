/** Reads a command line against the options a command knows. */
import { nearest } from "../tensor/error.js";
import type { Option } from "./options.js";
import { UsageError } from "./options.js";

/** What stands on a command line beside the options. */
export interface Positional {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Of the last one: any number may follow. */
  readonly many?: boolean;
}

/** What a command accepts. */
export interface Grammar {
  readonly positionals: readonly Positional[];
  readonly options: readonly Option<unknown>[];
}

/** A command line that was read. */
export interface Arguments {
  /** The value of an option, or its default. */
  get<T>(option: Option<T>): T;
  /** Whether the option was given. */
  has(option: Option<unknown>): boolean;
  /** By place; empty text where an optional one is absent. */
  readonly positionals: readonly string[];
}

/**
 * Reads `--name value`, `--name=value`, `-o value` where an option has that letter as an alias, switches and positionals. By hand, since values and formulas may begin with a dash
 * (`--start -1.2,1`, `"-x^2"`), which the parser that Node brings refuses.
 *
 * @throws UsageError for an unknown option (with the nearest known one), a value that is missing, superfluous or cannot be read, an option given twice,
 *   and too few or too many positionals
 */
export function parseArguments(argv: readonly string[], grammar: Grammar): Arguments {
  const given = new Map<Option<unknown>, string>();
  const positionals: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const token = argv[at];
    if (token === "--") {
      positionals.push(...argv.slice(at + 1));
      break;
    }
    const isLetter = /^-[a-zA-Z]$/.test(token) && grammar.options.some(({ aliases }) => aliases?.includes(token.slice(1)));
    if (!token.startsWith("--") && !isLetter) {
      if (/^-[a-zA-Z]$/.test(token) && grammar.positionals.length === 0) throw unknown(token, grammar);
      positionals.push(token);
      continue;
    }
    const equals = token.indexOf("=");
    const name = token.slice(isLetter ? 1 : 2, equals < 0 ? undefined : equals);
    const option = grammar.options.find((candidate) => candidate.name === name || candidate.aliases?.includes(name));
    if (option === undefined) throw unknown(`--${name}`, grammar);
    if (given.has(option)) throw new UsageError({ problem: `--${option.name} is given twice`, expected: "each option once" });
    if (option.placeholder === undefined) {
      if (equals >= 0) throw new UsageError({ problem: `--${option.name} takes no value`, received: token });
      given.set(option, "");
    } else {
      const value = equals >= 0 ? token.slice(equals + 1) : argv[++at];
      if (value === undefined || (equals < 0 && value.startsWith("--")))
        throw new UsageError({ problem: `--${option.name} needs a value`, expected: `--${option.name} ${option.placeholder}` });
      given.set(option, value);
    }
  }
  checkPositionals(positionals, grammar);
  for (const [option, text] of given) option.read(text);
  return { get: (option) => option.read(given.get(option)), has: (option) => given.has(option), positionals };
}

function checkPositionals(positionals: readonly string[], grammar: Grammar): void {
  const missing = grammar.positionals.slice(positionals.length).find(({ optional }) => !optional);
  if (missing !== undefined) throw new UsageError({ problem: `${missing.name} is missing`, expected: missing.help });
  const superfluous = grammar.positionals.at(-1)?.many ? undefined : positionals[grammar.positionals.length];
  if (superfluous !== undefined)
    throw new UsageError({
      problem: `"${superfluous}" is more than this command takes`,
      expected: grammar.positionals.length === 0 ? "options only" : grammar.positionals.map(({ name }) => name).join(" "),
      fix: grammar.positionals.length > 0 ? "put what contains spaces or * in quotes" : undefined,
    });
}

function unknown(token: string, { options }: Grammar): UsageError {
  const names = options.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const meant = nearest(token.replace(/^-+/, ""), names);
  return new UsageError({
    problem: `there is no option ${token}`,
    expected: meant === undefined ? options.map(({ name }) => `--${name}`).join(" ") : undefined,
    fix: meant === undefined ? undefined : `did you mean --${meant}?`,
  });
}
