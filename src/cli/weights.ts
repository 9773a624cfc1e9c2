/** Weights in files: what they are called, and which to start from. */
import { readFile } from "node:fs/promises";
import { importWeights, readSafetensors } from "../exchange/index.js";
import type { BuiltModel } from "../models/model.js";
import { SteepestError } from "../tensor/error.js";
import type { HostData } from "../tensor/types.js";
import type { Arguments } from "./arguments.js";
import { choiceOption, shellQuoted, textOption, UsageError } from "./options.js";

const weights = textOption("weights", "FILE", {
  help: "a safetensors file to start from, such as another run's weights.safetensors; see --layout",
  default: undefined,
});
export const layout = choiceOption("layout", ["steepest", "pytorch"], {
  help: "whose names and order of axes weights have: pytorch for load_state_dict",
  default: "steepest",
});
export const names = textOption("names", "LAYER=MODULE,…", {
  help: "with --layout pytorch: what modules are called, or sequential for their places",
  default: undefined,
  defaultText: "those of the usual implementation",
  check: readNames,
});

/** What `train` may start from. */
export const weightOptions = [weights, layout, names] as const;

/** Weights to start from. */
export interface WeightsChoice {
  readonly file: string;
  /** The options again, for the command that makes the run anew. */
  readonly flags: readonly (readonly [string, unknown])[];
  /** @throws SteepestError for a file that is not there, is no safetensors file, or does not fit the model */
  read(model: BuiltModel): Promise<ReadonlyMap<string, HostData>>;
}

/** @throws UsageError for a layout of weights that are not given */
export function weightsChoice(args: Arguments): WeightsChoice | undefined {
  const file = args.get(weights);
  const [chosen, given] = [args.get(layout), args.get(names)];
  if (file === undefined) {
    if (chosen === "steepest" && given === undefined) return undefined;
    throw new UsageError({ problem: "--layout and --names say how --weights are laid out", fix: "--weights FILE" });
  }
  const options = layoutOf(chosen, given);
  return {
    file,
    flags: [["weights", shellQuoted(file)], ["layout", chosen], ...(given === undefined ? [] : [["names", shellQuoted(given)] as const])],
    read: async (model) => importWeights(model, readSafetensors(await bytesOf(file), file).arrays, options),
  };
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new SteepestError({
      problem: "The weights cannot be read",
      expected: "a safetensors file",
      received: error instanceof Error ? error.message : String(error),
      where: file,
    });
  }
}

/** The options that the words of a command line stand for. */
export function layoutOf(chosen: "steepest" | "pytorch", given: string | undefined) {
  return { layout: chosen, ...(given === undefined ? {} : { names: readNames(given) }) };
}

/** `conv1=features.0,dense1=fc`, or `sequential` */
function readNames(text: string): "sequential" | Readonly<Record<string, string>> {
  if (text === "sequential") return text;
  const pairs = text.split(",").map((pair) => pair.split("="));
  if (pairs.every((pair) => pair.length === 2 && pair.every((part) => part !== "")))
    return Object.fromEntries(pairs.map(([layer, module]) => [layer, module]));
  throw new UsageError({
    problem: "--names cannot be used",
    expected: "sequential, or layers with their modules: conv1=features.0,dense1=fc",
    received: text,
  });
}
