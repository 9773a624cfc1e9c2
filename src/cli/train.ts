/** `steepest train`: a network from data to a run folder. */
import { join } from "node:path";
import { augmentationText, parseAugmentations } from "../data/augmentations/index.js";
import type { Pace } from "../data/batches.js";
import { checkBatchSize, type Dataset } from "../data/dataset.js";
import { orderNames } from "../descent/curriculum.js";
import { formatCount, formatDuration, formatNumber, formatPercent } from "../figures/number-format.js";
import { modelNamed } from "../models/ready.js";
import { chooseSamples } from "../runs/choose-samples.js";
import { lossFigure } from "../runs/report-figures.js";
import type { RunData } from "../runs/run-data.js";
import { parameterCount } from "../runs/run-data.js";
import type { SavedRun } from "../runs/run-folder.js";
import { checkRunFolder, saveRun } from "../runs/run-folder.js";
import type { Arguments } from "./arguments.js";
import type { Command, Context, ExitCode } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { fast, threads } from "./computing.js";
import {
  channels,
  type DataSettings,
  dataFlags,
  dataForms,
  dataSettings,
  imageSize,
  loadData,
  memory,
  parseData,
  standardize,
  streamData,
} from "./dataset.js";
import type { TrainResult } from "./engine.js";
import { optimizerFlags, optimizerOptions } from "./optimizer-options.js";
import { choiceOption, finite, numberOption, shellQuoted, textOption, toggle, UsageError, wholeOption } from "./options.js";
import { progressView } from "./progress.js";
import { modelNames, modelTitles, recipes } from "./recipes.js";
import { asPlain, errorRows, inUnits, regressionErrors, storedTable, tableOptions } from "./table.js";
import { beginLog, type TrainingLog, tensorboard } from "./tensorboard.js";
import { columnsOf } from "./terminal.js";
import { weightOptions, weightsChoice } from "./weights.js";

const data = textOption("data", dataForms, { help: "what to learn from", default: "digits", check: parseData });
const model = choiceOption("model", modelNames, { help: "the network", default: undefined, defaultText: "cnn, for tables mlp" });
const epochs = wholeOption("epochs", {
  help: "passes over the data",
  default: undefined,
  defaultText: "by model",
  atLeast: 1,
  atMost: 1e6,
});
const batchSize = wholeOption("batch-size", { help: "records in a step", default: undefined, defaultText: "64", atLeast: 1 });
const order = choiceOption("order", orderNames, { help: "how the records of an epoch come into its batches", default: "shuffled" });
const pace = textOption("pace", "FROM:EPOCHS", {
  help: "with --order difficulty: the easiest share at first, all after so many epochs",
  default: undefined,
  check: readPace,
});
const augment = textOption("augment", "LIST", {
  help: "random changes of the pictures in each step, in this order: flip,crop:4,rotate:15,…",
  default: undefined,
  defaultText: "none",
  check: parseAugmentations,
});
const method = optimizerOptions("adam", {
  rate: "by model for adam, else that of the optimizer",
  schedule: "cosine for adam, else constant",
});
const seed = wholeOption("seed", { help: "of weights, order and everything drawn", default: 1, atLeast: 0, atMost: 2 ** 32 - 1 });
const validation = numberOption("validation", {
  help: "share of the training records kept apart to judge by",
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
const out = textOption("out", "DIR", { help: "the run folder to write", default: undefined, defaultText: "runs/DATA-MODEL-TIME" });
const profile = toggle("profile", "print where the time went, loop by loop");
const force = toggle("force", "replace the run that the folder holds");

export const train: Command = {
  name: "train",
  summary: "train a network, and write weights and a report",
  about:
    "Trains a network on images or on a table and writes a run folder: the weights, the history, the settings, and report.html with curves, samples and mistakes. " +
    "Of a table (CSV, names in its first line) a fifth of the records is kept apart to test with; each column has mean 0 and deviation 1 over the others, and so has a target of numbers. " +
    "Ctrl-C once stops and keeps what was learned so far.",
  examples: [
    "steepest train --data digits --model cnn",
    "steepest train --data mnist:data/mnist --model mlp --epochs 10 --out runs/mlp",
    "steepest train --data folder:pictures --image-size 64 --model cnn --out runs/pictures",
    "steepest train --data houses.csv --target price --missing drop --epochs 50 --out runs/houses",
    "steepest train --data folder:pictures --image-size 64 --memory 200MB",
    "steepest train --data digits --model cnn --tensorboard logs",
    "steepest train --data digits --model mlp --order difficulty --pace 0.25:3 --patience 2",
    "steepest train --data cifar10:data/cifar10 --augment flip,crop:4 --epochs 10",
    "steepest train --data fashion:data/fashion --optimizer momentum --lr 0.05 --schedule step:1000:0.5 --json",
  ],
  positionals: [],
  options: [
    data,
    imageSize,
    channels,
    standardize,
    memory,
    ...tableOptions,
    model,
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
    out,
    tensorboard,
    force,
  ],
  async run(context, args) {
    const plan = planOf(context, args);
    // Before any work: whether its result could be kept.
    await checkRunFolder(plan.folder, { force: args.get(force) });
    const { dataset, table } =
      plan.memory === undefined
        ? unitsOf(await loadData(plan.data, plan.settings), plan.settings)
        : { dataset: await streamData(plan.data, plan.settings, plan.memory), table: undefined };
    checkBatchSize(plan.batchSize, dataset, dataset.name);
    const network = modelNamed(plan.model, dataset.classes?.length ?? 1);
    const start = await plan.weights?.read(network.build(dataset.inputs.shape.slice(1)));
    const log = await beginLog(context, args, plan);
    if (!args.get(quiet)) context.err.line(context.err.quiet(plan.announcement(dataset.inputs.shape[0] ?? 0)));

    const abort = new AbortController();
    const endListening = context.onInterrupt(() => {
      context.err.line("\nStopping; what was learned is kept. Ctrl-C again quits at once.");
      abort.abort();
    });
    const view = args.get(quiet) ? undefined : progressView(context.err, plan.epochs);
    let result: TrainResult;
    try {
      result = await context.engine.train({
        dataset,
        model: network,
        weights: start,
        optimizer: plan.optimizer,
        epochs: plan.epochs,
        batchSize: plan.batchSize,
        order: plan.order,
        pace: plan.pace,
        ...(plan.augment ? { augment: plan.augment } : {}),
        seed: plan.seed,
        validation: plan.validation,
        patience: plan.patience,
        threads: args.get(threads),
        fast: args.get(fast),
        profile: args.get(profile),
        signal: abort.signal,
        onProgress: (progress) => view?.update(progress),
        ...(log ? { onRecord: log.record } : {}),
      });
    } finally {
      log?.close();
      view?.end();
      endListening();
    }

    const { status, diagnosis, steps, seconds, samplesPerSecond, trainLoss, validationLoss, validationAccuracy, test } = result;
    const run: RunData = {
      title: `${modelTitles[plan.model]} on ${dataset.name}`,
      configuration: {
        data: plan.data.text,
        ...(table ? { table: asPlain(table) } : {}),
        model: result.modelData,
        loss: result.loss,
        optimizer: plan.optimizerData,
        epochs: plan.epochs,
        batchSize: plan.batchSize,
        order: plan.order,
        ...(plan.pace ? { pace: { ...plan.pace } } : {}),
        ...(plan.augment ? { augment: plan.augment.map(augmentationText) } : {}),
        seed: plan.seed,
        validation: plan.validation,
        patience: plan.patience ?? null,
        ...(plan.weights ? { weights: plan.weights.file } : {}),
        fast: result.fast,
      },
      preprocessing: dataset.preprocessing,
      inputShape: dataset.inputs.shape.slice(1),
      classes: dataset.classes,
      layers: result.layers,
      results: {
        status,
        diagnosis,
        epochs: result.epochs,
        steps,
        seconds,
        samplesPerSecond,
        trainLoss,
        validationLoss,
        validationAccuracy,
        test,
        ...(test && dataset.test && !("read" in dataset.test) && table?.scale
          ? regressionErrors(test.loss, dataset.test, table.scale)
          : {}),
      },
      history: result.history,
      weights: result.weights,
      command: plan.command,
    };
    const chosen =
      dataset.test === undefined || "read" in dataset.test || result.testProbabilities === undefined
        ? {}
        : chooseSamples(dataset.test, result.testProbabilities);
    const saved = await saveRun(run, plan.folder, { ...chosen, force: args.get(force), created: context.now() });
    if (args.get(json))
      printJson(context.out, {
        ...jsonOf(run, saved),
        ...(log ? { tensorboard: log.folder } : {}),
        ...(result.waitingForData === undefined ? {} : { waitingForData: result.waitingForData }),
        ...(result.profile ? { profile: result.profile } : {}),
      });
    else {
      show(context, args, run, saved, log);
      if (result.profile) context.out.line(`\n${result.profile}`);
    }
    return codeOf(result);
  },
};

/** The records in units that suit the loss, and what was done to a table for that. */
function unitsOf(read: Dataset, { table: form }: DataSettings) {
  const table = form && storedTable(read, form);
  return { dataset: inUnits(read, table?.scale), table };
}

const codeOf = ({ status, failure }: TrainResult): ExitCode =>
  failure !== undefined
    ? exitCodes.failed
    : status === "aborted"
      ? exitCodes.interrupted
      : status === "diverged"
        ? exitCodes.failed
        : exitCodes.done;

/** All decisions, taken before any work. */
function planOf({ now }: Context, args: Arguments) {
  const chosenData = parseData(args.get(data));
  const settings = dataSettings(chosenData, args);
  const chosenModel = args.get(model) ?? (settings.table ? "mlp" : "cnn");
  if (settings.table && chosenModel !== "mlp" && chosenModel !== "linear")
    throw new UsageError({
      problem: `--model ${chosenModel} looks at pictures`,
      expected: "mlp or linear, for a table",
      received: chosenModel,
    });
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
  ];
  return {
    flags,
    data: chosenData,
    settings,
    memory: chosenMemory,
    model: chosenModel,
    optimizer,
    optimizerData,
    epochs: chosenEpochs,
    batchSize: chosenBatch,
    order: chosenOrder,
    pace: paceText === undefined ? undefined : readPace(paceText),
    augment: augmentText === undefined ? undefined : parseAugmentations(augmentText),
    seed: args.get(seed),
    validation: args.get(validation),
    patience: chosenPatience,
    weights: chosenWeights,
    folder: args.get(out) ?? join("runs", `${chosenData.kind}-${chosenModel}-${stamp(now())}`),
    command: `steepest train ${flags.map(([flag, value]) => (value === true ? `--${flag}` : `--${flag} ${value}`)).join(" ")}`,
    announcement: (records: number) =>
      `${modelTitles[chosenModel]} on ${formatCount(records)} records, ${chosenEpochs} ${chosenEpochs === 1 ? "epoch" : "epochs"} in batches of ${chosenBatch}, ${name} at ${formatNumber(Number(learningRate))}`,
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

function jsonOf(run: RunData, { folder }: SavedRun): object {
  const { status, epochs: done, trainLoss, validationLoss, test, rmse, rSquared, seconds, samplesPerSecond } = run.results;
  return {
    status,
    epochs: done,
    trainLoss,
    validationLoss: validationLoss ?? null,
    testLoss: test?.loss ?? null,
    testAccuracy: test?.accuracy ?? null,
    ...(rmse === undefined ? {} : { testRmse: rmse, testRSquared: rSquared ?? null }),
    parameters: parameterCount(run),
    seconds,
    samplesPerSecond,
    out: folder,
  };
}

function show({ out: terminal }: Context, args: Arguments, run: RunData, saved: SavedRun, log: TrainingLog | undefined): void {
  if (args.get(quiet)) {
    terminal.line(saved.report);
    return;
  }
  const { results } = run;
  const { test } = results;
  const figure = lossFigure(run);
  if (figure !== undefined && run.history.length > 2) {
    terminal.line();
    terminal.line(figure.toTerminal({ columns: Math.min(terminal.columns, 72), rows: 7, colour: terminal.colour }));
  }
  const rows = [
    ...(test?.accuracy === undefined ? [] : [["  test accuracy", formatPercent(test.accuracy, 2)]]),
    ...errorRows(results),
    ...(test === undefined ? [] : [["  test loss", formatNumber(test.loss)]]),
    ...(results.validationLoss === undefined ? [] : [["  validation loss", formatNumber(results.validationLoss)]]),
    ["  training loss", formatNumber(results.trainLoss)],
    ["  parameters", formatCount(parameterCount(run))],
    ["  time", `${formatDuration(results.seconds)}, ${formatCount(Number(results.samplesPerSecond.toPrecision(3)))} samples/s`],
  ];
  terminal.line();
  for (const line of columnsOf(rows)) terminal.line(line);
  terminal.line();
  if (results.diagnosis !== "") terminal.line(results.status === "diverged" ? terminal.red(results.diagnosis) : results.diagnosis);
  if (log) terminal.line(`Curves: ${log.command}`);
  terminal.line(`Report: ${terminal.bold(saved.report)}`);
}
