/** What `steepest train` is asked for: its options, and all decisions that follow from them. */
import { join } from "node:path";
import { parseAugmentations } from "../data/augmentations/index.js";
import type { Pace } from "../data/batches.js";
import { orderNames } from "../descent/curriculum.js";
import { formatCount, formatNumber } from "../figures/number-format.js";
import type { Arguments } from "./arguments.js";
import type { Context } from "./command.js";
import { fast, threads } from "./computing.js";
import { channels, dataFlags, dataSettings, imageSize, memory, parseData, standardize, trainingForms } from "./dataset.js";
import { denoisingOptions, denoisingPlan, refuseDenoising } from "./denoising.js";
import { optimizerFlags, optimizerOptions } from "./optimizer-options.js";
import { choiceOption, finite, numberOption, shellQuoted, textOption, toggle, UsageError, wholeOption } from "./options.js";
import { denoiserNames, modelNames, modelTitles, recipes } from "./recipes.js";
import { tableOptions } from "./table.js";
import { tensorboard } from "./tensorboard.js";
import { weightOptions, weightsChoice } from "./weights.js";

const data = textOption("data", trainingForms, { help: "what to learn from", default: "digits", check: parseData });
const model = choiceOption("model", [...modelNames, ...denoiserNames], {
  help: "the network",
  default: undefined,
  defaultText: "cnn, for tables mlp, for pictures:DIR dncnn",
});
const epochs = wholeOption("epochs", {
  help: "passes over the data",
  default: undefined,
  defaultText: "by model",
  atLeast: 1,
  atMost: 1e6,
});
const batchSize = wholeOption("batch-size", {
  help: "records in a step",
  default: undefined,
  defaultText: "by model, mostly 64",
  atLeast: 1,
});
const order = choiceOption("order", orderNames, { help: "how the records of an epoch come into its batches", default: "shuffled" });
const pace = textOption("pace", "FROM:EPOCHS", {
  help: "with --order difficulty: the easiest share at first, all after so many epochs",
  default: undefined,
  check: readPace,
});
const augment = textOption("augment", "LIST", {
  help: "random changes of the pictures in each step, in this order: flip,crop:4,rotate:15,…",
  default: undefined,
  defaultText: "none; of denoisers dihedral, which turns and mirrors",
  check: parseAugmentations,
});
const method = optimizerOptions("adam", {
  rate: "by model for adam, else that of the optimizer",
  schedule: "cosine for adam, else constant",
});
const seed = wholeOption("seed", { help: "of weights, order and everything drawn", default: 1, atLeast: 0, atMost: 2 ** 32 - 1 });
const validation = numberOption("validation", {
  help: "share of the training records, of denoisers of the pictures, kept apart to judge by",
  default: 0.1,
  atLeast: 0,
  below: 1,
});
const patience = wholeOption("patience", {
  help: "stop after so many epochs without a lower validation loss",
  default: undefined,
  defaultText: "never",
  atLeast: 1,
});
export const out = textOption("out", "DIR", { help: "the run folder to write", default: undefined, defaultText: "runs/DATA-MODEL-TIME" });
export const profile = toggle("profile", "print where the time went, loop by loop");
export const recordPath = toggle("record-path", "keep the weights at about 200 steps, for steepest landscape --plane pca");
export const force = toggle("force", "replace the run that the folder holds");

/** In the order in which the help shows them. */
export const trainOptions = [
  data,
  imageSize,
  channels,
  standardize,
  memory,
  ...tableOptions,
  model,
  ...denoisingOptions,
  epochs,
  batchSize,
  order,
  pace,
  augment,
  ...method.list,
  seed,
  validation,
  patience,
  ...weightOptions,
  threads,
  fast,
  profile,
  recordPath,
  out,
  tensorboard,
  force,
] as const;

/** All decisions, taken before any work. */
export function trainPlan({ now }: Context, args: Arguments) {
  const chosenData = parseData(args.get(data));
  const settings = dataSettings(chosenData, args);
  const isOfPictures = chosenData.kind === "pictures";
  const chosenModel = args.get(model) ?? (settings.table ? "mlp" : isOfPictures ? "dncnn" : "cnn");
  const denoiser = denoiserNames.find((candidate) => candidate === chosenModel);
  if (denoiser === undefined) refuseDenoising(args, chosenModel);
  if (isOfPictures && denoiser === undefined)
    throw new UsageError({
      problem: `--model ${chosenModel} tells classes apart, and clean pictures have none`,
      expected: "dncnn or autoencoder; or --data folder:DIR, where DIR has a sub-folder of pictures for each class",
      received: `--data ${chosenData.text} --model ${chosenModel}`,
    });
  if (settings.table && chosenModel !== "mlp" && chosenModel !== "linear")
    throw new UsageError({
      problem: `--model ${chosenModel} looks at pictures`,
      expected: "mlp or linear, for a table",
      received: chosenModel,
    });
  const denoising = denoiser && denoisingPlan(chosenData, denoiser, args);
  const recipe = recipes[chosenModel];
  const { optimizer, data: optimizerData } = method.choose(args, recipe);
  const chosenEpochs = args.get(epochs) ?? recipe.epochs;
  const chosenBatch = args.get(batchSize) ?? recipe.batchSize;
  const chosenPatience = args.get(patience);
  if (chosenPatience !== undefined && args.get(validation) === 0)
    throw new UsageError({ problem: "--patience has nothing to judge by", expected: "--validation above 0", received: "--validation 0" });
  const chosenOrder = args.get(order);
  const chosenMemory = args.get(memory);
  if (chosenMemory !== undefined && (chosenOrder === "difficulty" || chosenOrder === "replacement"))
    throw new UsageError({
      problem: `--memory holds only some of the records at a time, and --order ${chosenOrder} needs all`,
      expected: "--order shuffled, once or sequential",
      received: `--order ${chosenOrder}`,
    });
  if (denoising !== undefined && (chosenMemory !== undefined || args.get(standardize) || chosenOrder === "difficulty"))
    throw new UsageError({
      problem: `${chosenModel} learns from patches that are made anew in each step, with values from 0 to 1`,
      expected: "neither --memory nor --standardize nor --order difficulty",
      received:
        chosenMemory !== undefined ? `--memory ${chosenMemory}` : args.get(standardize) ? "--standardize" : `--order ${chosenOrder}`,
    });
  const paceText = args.get(pace);
  if (paceText !== undefined && chosenOrder !== "difficulty")
    throw new UsageError({ problem: "--pace needs the order by difficulty", fix: "--order difficulty" });
  const augmentText = args.get(augment);
  const chosenWeights = weightsChoice(args);
  const { name, learningRate } = optimizerData;
  // Every setting that decides the weights, defaults included: they may change in a later version.
  const flags: (readonly [string, unknown])[] = [
    ["data", shellQuoted(chosenData.text)],
    ...dataFlags(chosenData, settings),
    ...(chosenMemory === undefined ? [] : [["memory", shellQuoted(chosenMemory)] satisfies [string, unknown]]),
    ["model", chosenModel],
    ...(denoising?.flags ?? []),
    ["epochs", chosenEpochs],
    ["batch-size", chosenBatch],
    ["order", chosenOrder],
    ...(paceText === undefined ? [] : [["pace", paceText] satisfies [string, unknown]]),
    ...(augmentText === undefined ? [] : [["augment", augmentText] satisfies [string, unknown]]),
    ...optimizerFlags(optimizerData),
    ["seed", args.get(seed)],
    ["validation", args.get(validation)],
    ...(chosenPatience === undefined ? [] : [["patience", chosenPatience] satisfies [string, unknown]]),
    ...(chosenWeights?.flags ?? []),
    ...(args.get(fast) ? [["fast", true] satisfies [string, unknown]] : []),
    ...(args.get(recordPath) ? [["record-path", true] satisfies [string, unknown]] : []),
  ];
  return {
    flags,
    data: chosenData,
    settings,
    memory: chosenMemory,
    model: chosenModel,
    denoising,
    optimizer,
    optimizerData,
    epochs: chosenEpochs,
    batchSize: chosenBatch,
    order: chosenOrder,
    pace: paceText === undefined ? undefined : readPace(paceText),
    /** Of denoisers the pairs have them, since they act before the noise. */
    augment: augmentText === undefined || denoising ? undefined : parseAugmentations(augmentText),
    augmentText,
    seed: args.get(seed),
    validation: args.get(validation),
    patience: chosenPatience,
    weights: chosenWeights,
    folder: args.get(out) ?? join("runs", `${chosenData.kind}-${chosenModel}-${stamp(now())}`),
    command: `steepest train ${flags.map(([flag, value]) => (value === true ? `--${flag}` : `--${flag} ${value}`)).join(" ")}`,
    announcement: (records: number) =>
      `${modelTitles[chosenModel]} on ${formatCount(records)} ${denoising ? "patches an epoch" : "records"}, ${chosenEpochs} ${chosenEpochs === 1 ? "epoch" : "epochs"} in batches of ${chosenBatch}, ${name} at ${formatNumber(Number(learningRate))}`,
  };
}

/** `0.25:3` */
function readPace(text: string): Pace {
  const [from, epochs, ...more] = text.split(":").map(finite);
  if (from !== undefined && epochs !== undefined && more.length === 0 && from > 0 && from <= 1 && epochs > 0) return { from, epochs };
  throw new UsageError({
    problem: "--pace cannot be used",
    expected: "a share above 0 and at most 1, and a number of epochs: 0.25:3",
    received: text,
  });
}

/** `20261121-234412`, in UTC: sorts by time. */
const stamp = (time: Date): string => time.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
