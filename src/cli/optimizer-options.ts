/** The options by which every command is told how to descend. */
import type { Optimizer } from "../optimizers/optimizer.js";
import type { NamedOptions } from "../optimizers/registry.js";
import { optimizerNamed, optimizers } from "../optimizers/registry.js";
import { parseSchedule, scheduleForms } from "../optimizers/schedules/parse.js";
import type { PlainData } from "../runs/run-data.js";
import type { Arguments } from "./arguments.js";
import type { Option } from "./options.js";
import { asUsage, numberOption, shellQuoted, textOption, toggle, wholeOption } from "./options.js";

const momentum = numberOption("momentum", {
  help: "part of the last step kept, for momentum, nesterov, rmsprop and muon",
  default: undefined,
  atLeast: 0,
  below: 1,
  aliases: ["beta"],
});
const rho = numberOption("rho", { help: "memory of rmsprop and adadelta", default: undefined, atLeast: 0, below: 1 });
const beta1 = numberOption("beta1", { help: "memory of the gradient, for adam and its kin", default: undefined, atLeast: 0, below: 1 });
const beta2 = numberOption("beta2", {
  help: "memory of the squared gradient, for adam and its kin",
  default: undefined,
  atLeast: 0,
  below: 1,
});
const epsilon = numberOption("epsilon", { help: "keeps a division from being by zero", default: undefined, above: 0 });
const epsilonPlace = textOption("epsilon-place", "PLACE", {
  help: "outside or inside the root, or hat (adam), where the method has more than one",
  default: undefined,
});
const form = textOption("form", "FORM", { help: "which way to write the method, where it has more than one", default: undefined });
const centered = toggle("centered", "scale by the variance of the slopes, for rmsprop");
const weightDecay = numberOption("weight-decay", { help: "decoupled decay of θ", default: undefined, atLeast: 0 });
const clipNorm = numberOption("clip-norm", { help: "longest gradient", default: undefined, above: 0 });
const clipValue = numberOption("clip-value", { help: "largest slope in a coordinate", default: undefined, above: 0 });
const noise = numberOption("noise", {
  help: "variance of noise on the gradient at the first step",
  default: undefined,
  atLeast: 0,
  aliases: ["gradient-noise"],
});
const sharpness = numberOption("sam", { help: "radius of sharpness-aware minimisation", default: undefined, above: 0 });
const accumulate = wholeOption("accumulate", { help: "gradients that make one step", default: undefined, atLeast: 1 });
const lookahead = wholeOption("lookahead", { help: "fast steps between two slow ones", default: undefined, atLeast: 1 });
const average = numberOption("average", {
  help: "memory of an average of θ; train keeps and tests that average",
  default: undefined,
  atLeast: 0,
  below: 1,
});
const freeze = textOption("freeze", "NAMES", {
  help: "parameters that stay as they are, by commas; * stands for anything",
  default: undefined,
});

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
    list: [
      ...[name, rate, schedule, momentum, rho, beta1, beta2, epsilon, epsilonPlace, form, centered],
      ...[weightDecay, clipNorm, clipValue, noise, sharpness, accumulate, lookahead, average, freeze],
    ],
    choose(args, defaults = {}) {
      const chosen = args.get(name) ?? defaultName;
      // Defaults of a recipe are made for its own optimizer.
      const recipe = args.has(name) && chosen !== defaultName ? {} : defaults;
      const initial = args.get(rate) ?? recipe.rate ?? optimizers.get(chosen)?.defaultRate ?? 0.01;
      const change = args.get(schedule) ?? recipe.schedule;
      const others: NamedOptions = {
        momentum: args.get(momentum),
        rho: args.get(rho),
        beta1: args.get(beta1),
        beta2: args.get(beta2),
        epsilon: args.get(epsilon),
        epsilonPlace: args.get(epsilonPlace),
        form: args.get(form),
        centered: args.get(centered) ? true : undefined,
        weightDecay: args.get(weightDecay),
        clipNorm: args.get(clipNorm),
        clipValue: args.get(clipValue),
        noise: args.get(noise),
        sam: args.get(sharpness),
        accumulate: args.get(accumulate),
        lookahead: args.get(lookahead),
        average: args.get(average),
        freeze: args
          .get(freeze)
          ?.split(",")
          .map((one) => one.trim()),
      };
      const optimizer = asUsage(() =>
        optimizerNamed(chosen, { ...others, learningRate: change === undefined ? initial : parseSchedule(change, initial) }),
      );
      const given = Object.entries(others).flatMap(([option, value]) => (value === undefined ? [] : [[option, value] as const]));
      return {
        optimizer,
        data: { name: chosen, learningRate: initial, ...Object.fromEntries(given), ...(change === undefined ? {} : { schedule: change }) },
      };
    },
  };
}

/** The flags that ask for the same optimizer again, values as a shell reads them. */
export function optimizerFlags({ name, learningRate, schedule, ...others }: OptimizerData): [string, string | number | true][] {
  const text = (value: PlainData): string => shellQuoted(Array.isArray(value) ? value.join(",") : String(value));
  return [
    ["optimizer", name],
    ["lr", Number(learningRate)],
    ...Object.entries(others).map(([option, value]): [string, string | true] => [
      option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value === true ? true : text(value),
    ]),
    ["schedule", text(schedule ?? "constant")],
  ];
}
