/** The list of optimizers of a race: `gd,momentum:momentum=0.95,adam:beta2=0.99:schedule=cosine`. */
import type { Optimizer } from "../optimizers/optimizer.js";
import { parseArguments } from "./arguments.js";
import { optimizerOptions } from "./optimizer-options.js";
import { UsageError } from "./options.js";

export interface ChosenEntrants {
  /** By what was written, without rates: `adam:beta2=0.99`. */
  readonly optimizers: Readonly<Record<string, Optimizer>>;
  /** Those to which no rate was given. */
  readonly tuned: readonly string[];
}

const method = optimizerOptions("gd");

/**
 * Reads the list. Options are those of `--optimizer` on other commands, without their dashes; `lr` fixes a rate, which is then not looked for.
 *
 * @throws UsageError for unknown names, options that a method does not read, and the same method twice
 */
export function readEntrants(text: string): ChosenEntrants {
  const optimizers: Record<string, Optimizer> = {};
  const tuned: string[] = [];
  for (const spec of text.split(",").map((part) => part.trim())) {
    const [name, ...parts] = spec.split(":");
    if (name === "")
      throw new UsageError({
        problem: "--optimizers cannot be used",
        expected: "names with commas between them: gd,momentum,adam",
        received: text,
      });
    const options = joinedValues(parts);
    const { optimizer } = method.choose(
      parseArguments(["--optimizer", name, ...options.map((option) => `--${option}`)], { positionals: [], options: method.list }),
    );
    const isRate = (option: string) => /^(lr|learning-rate)=/.test(option);
    const label = [name, ...options.filter((option) => !isRate(option))].join(":");
    if (Object.hasOwn(optimizers, label)) throw new UsageError({ problem: `${label} is in the race twice`, received: text });
    optimizers[label] = optimizer;
    if (!options.some(isRate)) tuned.push(label);
  }
  return { optimizers, tuned };
}

/** Puts values together that hold colons themselves: `schedule=step:1000:0.5` is one option. */
function joinedValues(parts: readonly string[]): string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const isSwitch = method.list.some((option) => option.placeholder === undefined && option.name === part);
    if (part.includes("=") || isSwitch || joined.length === 0) joined.push(part);
    else joined.push(`${joined.pop()}:${part}`);
  }
  return joined;
}
