/** `steepest train`: a network from data to a run folder. */
import { augmentationText } from "../data/augmentations/index.js";
import { checkBatchSize, type Dataset } from "../data/dataset.js";
import { isRestorationPairs } from "../data/restoration/pairs.js";
import { noisyPsnr } from "../data/restoration/psnr.js";
import { countOf } from "../descent/batch-source.js";
import { formatCount, formatDuration, formatNumber, formatPercent } from "../figures/number-format.js";
import { modelNamed } from "../models/ready.js";
import { chooseSamples } from "../runs/choose-samples.js";
import { lossFigure } from "../runs/report-figures.js";
import type { RunData } from "../runs/run-data.js";
import { parameterCount } from "../runs/run-data.js";
import type { SavedRun } from "../runs/run-folder.js";
import { checkRunFolder, saveRun } from "../runs/run-folder.js";
import { recordsConfiguration } from "../runs/trained-run.js";
import type { Arguments } from "./arguments.js";
import type { Command, Context, ExitCode } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { fast, threads } from "./computing.js";
import { type DataSettings, loadData, streamData } from "./dataset.js";
import type { TrainResult } from "./engine.js";
import { progressView } from "./progress.js";
import { modelTitles } from "./recipes.js";
import { asPlain, errorRows, inUnits, regressionErrors, storedTable } from "./table.js";
import { beginLog, type TrainingLog } from "./tensorboard.js";
import { columnsOf } from "./terminal.js";
import { force, profile, recordPath, trainOptions, trainPlan } from "./train-plan.js";

export const train: Command = {
  name: "train",
  summary: "train a network, and write weights and a report",
  about:
    "Trains a network on images or on a table, or a denoiser on clean pictures (pictures:DIR), and writes a run folder: the weights, the history, the settings, and report.html with curves, samples and mistakes. " +
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
    "steepest train --data pictures:photos --model dncnn --sigma 25 --out runs/denoiser",
    "steepest train --data fashion:data/fashion --optimizer momentum --lr 0.05 --schedule step:1000:0.5 --json",
  ],
  positionals: [],
  options: trainOptions,
  async run(context, args) {
    const plan = trainPlan(context, args);
    // Before any work: whether its result could be kept.
    await checkRunFolder(plan.folder, { force: args.get(force) });
    const { dataset, table } = await recordsOf(plan);
    const pairs = isRestorationPairs(dataset) ? dataset : undefined;
    const records = countOf(dataset);
    checkBatchSize(plan.batchSize, records, dataset.name);
    const network = plan.denoising?.network ?? modelNamed(plan.model, dataset.classes?.length ?? 1);
    const inputShape = isRestorationPairs(dataset) ? [dataset.patch, dataset.patch, dataset.channels] : dataset.inputs.shape.slice(1);
    const start = await plan.weights?.read(network.build(inputShape));
    const log = await beginLog(context, args, plan);
    if (!args.get(quiet)) context.err.line(context.err.quiet(plan.announcement(records)));

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
        recordPath: args.get(recordPath),
        signal: abort.signal,
        onProgress: (progress) => view?.update(progress),
        ...(log ? { onRecord: log.record } : {}),
      });
    } finally {
      log?.close();
      view?.end();
      endListening();
    }

    const { test } = result.results;
    const run: RunData = {
      title: `${modelTitles[plan.model]} on ${dataset.name}`,
      configuration: {
        data: plan.data.text,
        ...recordsConfiguration(dataset),
        ...(table ? { table: asPlain(table) } : {}),
        model: result.modelData,
        loss: result.loss,
        optimizer: plan.optimizerData,
        epochs: plan.epochs,
        batchSize: plan.batchSize,
        order: plan.order,
        ...(plan.pace ? { pace: { ...plan.pace } } : {}),
        ...(plan.augment ? { augment: plan.augment.map(augmentationText) } : {}),
        ...(pairs ? { sigma: pairs.sigma, patch: pairs.patch, patches: pairs.patches, augment: pairs.augment.map(augmentationText) } : {}),
        seed: plan.seed,
        validation: plan.validation,
        patience: plan.patience ?? null,
        ...(plan.weights ? { weights: plan.weights.file } : {}),
        fast: result.fast,
      },
      preprocessing: dataset.preprocessing,
      inputShape,
      classes: dataset.classes,
      layers: result.layers,
      results: {
        ...result.results,
        ...(test && dataset.test && !("read" in dataset.test) && table?.scale
          ? regressionErrors(test.loss, dataset.test, table.scale)
          : {}),
      },
      history: result.history,
      weights: result.weights,
      ...(result.pathArrays ? { pathArrays: result.pathArrays } : {}),
      ...(plan.optimizer.stableUpTo === undefined ? {} : { stableUpTo: plan.optimizer.stableUpTo }),
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

/** What there is to learn from, and what was done to a table for that. */
async function recordsOf({ data, settings, memory, denoising, augmentText }: ReturnType<typeof trainPlan>) {
  if (denoising !== undefined) return { dataset: await denoising.read(augmentText), table: undefined };
  if (memory !== undefined) return { dataset: await streamData(data, settings, memory), table: undefined };
  return unitsOf(await loadData(data, settings), settings);
}

/** The records in units that suit the loss, and what was done to a table for that. */
function unitsOf(read: Dataset, { table: form }: DataSettings) {
  const table = form && storedTable(read, form);
  return { dataset: inUnits(read, table?.scale), table };
}

const codeOf = ({ results: { status }, failure }: TrainResult): ExitCode =>
  failure !== undefined
    ? exitCodes.failed
    : status === "aborted"
      ? exitCodes.interrupted
      : status === "diverged"
        ? exitCodes.failed
        : exitCodes.done;

function jsonOf(run: RunData, { folder }: SavedRun): object {
  const { status, epochs: done, trainLoss, validationLoss, test, rmse, rSquared, seconds, samplesPerSecond } = run.results;
  const decibels = decibelsOf(run);
  return {
    status,
    epochs: done,
    trainLoss,
    validationLoss: validationLoss ?? null,
    testLoss: test?.loss ?? null,
    testAccuracy: test?.accuracy ?? null,
    ...(rmse === undefined ? {} : { testRmse: rmse, testRSquared: rSquared ?? null }),
    ...(decibels === undefined ? {} : { psnr: decibels }),
    parameters: parameterCount(run),
    seconds,
    samplesPerSecond,
    out: folder,
  };
}

/** How well a denoiser does, in dB: undefined for other networks. */
function decibelsOf({ configuration: { sigma }, results: { seenPsnr, validationPsnr, test } }: RunData) {
  if (!Array.isArray(sigma)) return undefined;
  const [from, to] = sigma.map(Number);
  return {
    noisy: noisyPsnr([from, to]),
    trained: seenPsnr ?? null,
    validation: validationPsnr ?? null,
    gap: seenPsnr === undefined || validationPsnr === undefined ? null : seenPsnr - validationPsnr,
    test: test?.psnr ?? null,
  };
}

/** Noise in, and what is left of it on pictures that were learned from and on others. */
function decibelRows(run: RunData): string[][] {
  const decibels = decibelsOf(run);
  if (decibels === undefined) return [];
  const { noisy, trained, validation, gap, test } = decibels;
  const inWords = (value: number) => `${value.toFixed(2)} dB`;
  return [
    ...(Number.isFinite(noisy) ? [["  noisy", inWords(noisy)]] : []),
    ...(test === null ? [] : [["  test pictures", inWords(test)]]),
    ...(validation === null ? [] : [["  pictures kept apart", inWords(validation)]]),
    ...(trained === null || gap === null
      ? []
      : [["  pictures learned from", `${inWords(trained)}, generalisation gap ${gap < 0 ? "−" : ""}${Math.abs(gap).toFixed(2)} dB`]]),
  ];
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
    ...decibelRows(run),
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
