/** What every command is. */
import type { Arguments, Grammar } from "./arguments.js";
import type { Engine } from "./engine.js";
import { toggle } from "./options.js";
import type { Terminal } from "./terminal.js";

export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command works with. */
export interface Context {
  readonly engine: Engine;
  /** Results, for people or as JSON. */
  readonly out: Terminal;
  /** Progress and errors. */
  readonly err: Terminal;
  /** Calls back once when the user wants to stop; gives a function that ends the listening. */
  onInterrupt(listener: () => void): () => void;
  readonly now: () => Date;
}

export interface Command extends Grammar {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** A few sentences for its own help. */
  readonly about: string;
  readonly examples: readonly string[];
  run(context: Context, args: Arguments): Promise<ExitCode>;
}

/** Options that every command has. */
export const json = toggle("json", "print one JSON object instead");
export const quiet = toggle("quiet", "print the result only");
export const help = toggle("help", "show this help");
export const everywhere = [json, quiet, help] as const;

/** One JSON object on one line. NaN and the infinities, which JSON lacks, become null. */
export const printJson = (out: Terminal, value: object): void => out.line(JSON.stringify(value));
