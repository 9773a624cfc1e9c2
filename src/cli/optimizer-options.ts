/** The options by which every command is told how to descend. */
import type { Optimizer } from "../optimizers/optimizer.js";
import type { NamedOptions } from "../optimizers/registry.js";
import { optimizerNamed, optimizers } from "../optimizers/registry.js";
import { parseSchedule, scheduleForms } from "../optimizers/schedules/parse.js";
import type { PlainData } from "../runs/run-data.js";
import type { Arguments } from "./arguments.js";
import type { Option } from "./options.js";
import { asUsage, numberOption, textOption } from "./options.js";

const momentum = numberOption("momentum", {
  help: "part of the last step kept, for momentum, nesterov and rmsprop",
  default: undefined,
  atLeast: 0,
  below: 1,
  aliases: ["beta"],
});
const rho = numberOption("rho", { help: "memory of rmsprop and adadelta", default: undefined, atLeast: 0, below: 1 });
const beta1 = numberOption("beta1", { help: "memory of the gradient, for adam", default: undefined, atLeast: 0, below: 1 });
const beta2 = numberOption("beta2", { help: "memory of the squared gradient, for adam", default: undefined, atLeast: 0, below: 1 });
const epsilon = numberOption("epsilon", { help: "keeps a division from being by zero", default: undefined, above: 0 });
/** What stands in a run folder and gives the optimizer again. */
export interface OptimizerData {
  readonly name: string;
  readonly [parameter: string]: PlainData;
}

export interface ChosenOptimizer {
  readonly optimizer: Optimizer;
  readonly data: OptimizerData;
}

/**
 * The options, with the name that is taken where none is given.
 *
 * @param words what the help says of the defaults of rate and schedule
 */
export function optimizerOptions(
  defaultName: string,
  words: { readonly rate: string; readonly schedule: string } = { rate: "that of the optimizer", schedule: "constant" },
): {
  readonly list: readonly Option<unknown>[];
  choose(args: Arguments, defaults?: { readonly rate?: number; readonly schedule?: string }): ChosenOptimizer;
} {
  const name = textOption("optimizer", [...optimizers.keys()].join("|"), {
    help: "how each step follows from the gradient",
    default: defaultName,
    check: (text) => optimizerNamed(text),
  });
  const rate = numberOption("lr", {
    help: "learning rate, the start of a schedule",
    default: undefined,
    defaultText: words.rate,
    atLeast: 0,
    aliases: ["learning-rate"],
  });
  const schedule = textOption("schedule", "FORM", {
    help: `how the rate changes: ${scheduleForms.join(", ")}; :epoch at the end of step, exponential or 1/t counts epochs`,
    default: undefined,
    defaultText: words.schedule,
    check: (text) => parseSchedule(text, 1),
  });
  return {
    list: [name, rate, momentum, rho, beta1, beta2, epsilon, schedule],
    choose(args, defaults = {}) {
      const chosen = args.get(name) ?? defaultName;
      // Defaults of a recipe are made for its own optimizer.
      const recipe = args.has(name) && chosen !== defaultName ? {} : defaults;
      const initial = args.get(rate) ?? recipe.rate ?? optimizers.get(chosen)?.defaultRate ?? 0.01;
      const form = args.get(schedule) ?? recipe.schedule;
      const others: NamedOptions = {
        momentum: args.get(momentum),
        rho: args.get(rho),
        beta1: args.get(beta1),
        beta2: args.get(beta2),
        epsilon: args.get(epsilon),
      };
      const optimizer = asUsage(() =>
        optimizerNamed(chosen, { ...others, learningRate: form === undefined ? initial : parseSchedule(form, initial) }),
      );
      const given = Object.entries(others).filter((entry): entry is [string, number] => entry[1] !== undefined);
      return {
        optimizer,
        data: { name: chosen, learningRate: initial, ...Object.fromEntries(given), ...(form === undefined ? {} : { schedule: form }) },
      };
    },
  };
}
