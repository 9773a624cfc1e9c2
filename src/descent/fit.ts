/** `fit`: trains a model on a data set, asynchronously. */
import { type Augmentation, augmentationText, checkAugmentations } from "../data/augmentations/index.js";
import { checkBatchSize, checkDataset, type Dataset, type DatasetPart } from "../data/dataset.js";
import { isRestorationPairs, type RestorationPairs, splitPairs } from "../data/restoration/pairs.js";
import { trainingParts } from "../data/split.js";
import { checkedPart, checkStreamed, ReadError, type StreamedDataset, type StreamedPart, splitChunks } from "../data/streamed.js";
import { crossEntropy, halfSquaredSum, type Loss, meanSquared } from "../models/losses.js";
import type { Model } from "../models/model.js";
import type { Regularizer } from "../models/regularizers.js";
import type { StartingWeights } from "../models/weights.js";
import { Training } from "../objectives/training.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import { countOf } from "./batch-source.js";
import { checkOrder, curriculumData, type OrderOptions, orderOf } from "./curriculum.js";
import { decibelsOf } from "./decibels.js";
import type { HistoryRecord } from "./history.js";
import { checkOptimizer, checkOptionNames } from "./option-names.js";
import type { TrainingProgress } from "./progress.js";
import { checkSomeCount } from "./records.js";
import { unusable } from "./settings.js";
import { checkLoss, checkModel, checkScores } from "./trainable.js";
import { type TestEvaluation, TrainedRun } from "./trained-run.js";
import { TrainingLoop } from "./training-loop.js";
import { type RecordPathOptions, recordPathOf } from "./training-path.js";

export interface FitOptions extends OrderOptions {
  /** Default: cross-entropy where the data has classes, mean squared error where it has not. */
  readonly loss?: Loss;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** Added to the loss, `l2(1e-4)` for instance. */
  readonly regularizer?: Regularizer;
  /**
   * Random changes of the records of each training step, in this order: `[flip(), crop({ padding: 4 })]` of `steepest/data`. They are part of the compiled
   * step, and act on `stored · scale + offset`, before the `mean` and `std` of the preprocessing. Validation and test records stay as they are. Default none.
   */
  readonly augment?: readonly Augmentation[];
  /** Passes over the training records. Default 1. */
  readonly epochs?: number;
  /** Records of a step; the last batch of an epoch may be smaller. Default 64, or all records where they are fewer. */
  readonly batchSize?: number;
  /** Names all random numbers: initial weights, order, dropout, augmentations, the validation split. Default 1. */
  readonly seed?: number;
  /**
   * Share of the training records kept apart for validation, 0 ≤ share < 1; of streamed data a share of its chunks. Default 0. The test part is never used
   * for it.
   */
  readonly validation?: number;
  /**
   * What training starts from, by name: the weights of another run (`run.weights`, or `(await loadRun(folder)).weights`), all of them, or with
   * `{ from, only: "conv*" }` a part: the rest starts as its layers say. `freeze` keeps them as they are.
   */
  readonly weights?: StartingWeights;
  /** Stop when the validation loss has not fallen for so many epochs; the best weights are restored. */
  readonly patience?: number;
  /** Stop after about so many seconds. */
  readonly seconds?: number;
  /** Threads. Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /**
   * Multiplies and adds in one instruction where the engine has it (Node 20 and newer, Chromium): up to 1.4 times faster where products dominate. Results then
   * differ in their last bits from machine to machine, though not from run to run; `run.settings.fast` says whether it was in force. Default false.
   */
  readonly fast?: boolean;
  /** Where the worker's source lies, under a content-security policy that forbids inline workers. */
  readonly workerUrl?: string;
  /** What is computed in. Default "f32". */
  readonly dtype?: "f32" | "f64";
  /** Aborting keeps what has been learned: the run has status `aborted`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Told of each line of `run.history` as soon as it stands: what a log that is to survive a crash is written from. */
  readonly onRecord?: (record: HistoryRecord) => void;
  /**
   * Say where the time goes: `run.profile`. The weights have the same bits; clocks are read between loops, which small steps notice, and the
   * machine's limits are measured afterwards, in about half a second. Default false.
   */
  readonly profile?: boolean;
  /**
   * Keep θ at regular steps: `run.path`, for `landscape(run, { plane: "pca" })`. The first and the last one are kept always; when the memory is full, every second
   * one is given up, and half as many are kept from there on. The weights have the same bits. Default false.
   */
  readonly recordPath?: boolean | RecordPathOptions;
}

/**
 * Trains a model.
 *
 * Loss, gradient, schedule and update are one compiled program, in whose memory the data set lies; the caller's thread only
 * waits. The same seed gives the same weights bit for bit, whatever the number of threads. Of a streamed data set (`streamed`, `npyDataset`,
 * `streamedImageFolder`) only a part lies there at a time, and the caller's thread reads the next one while the steps go on. Where records cannot be read any more, what was
 * learned is kept: `run.failure` says what happened.
 *
 * @param model what is trained, `sequential(…)` or a ready model
 * @param data records with their test part, see `arrayDataset`, `digits`, `mnist`, `streamed`; or pairs that are made on the way, see `restorationPairs`
 * @param options see FitOptions; streamed data cannot come by difficulty or with replacement
 * @throws SteepestError for data that cannot be used, a batch larger than the data, layers that do not fit, unusable options
 * @example
 * ```ts
 * import { adam, dense, fit, relu, sequential } from "steepest";
 * import { arrayDataset } from "steepest/data";
 * const data = arrayDataset({ inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0], classes: 2 });
 * const run = await fit(sequential(dense(16), relu(), dense(2)), data, { optimizer: adam({ learningRate: 0.05 }), epochs: 200, batchSize: 4 });
 * run.trainLoss < 0.1; // → true
 * ```
 */
export async function fit<D extends Dataset | RestorationPairs | StreamedDataset>(
  model: Model,
  data: D,
  options: FitOptions = {},
): Promise<TrainedRun<D>> {
  checkModel("fit", model);
  const given: Dataset | RestorationPairs | StreamedDataset = data;
  const isMade = isRestorationPairs(given);
  checkOptionNames("fit", options, names);
  const { epochs = 1, seed = 1, validation = 0, optimizer = adam(), patience, signal, onProgress, onRecord } = options;
  checkOptions(options);
  const recordPath = recordPathOf(options.recordPath);
  checkOptimizer("fit", optimizer);
  const loss = options.loss ?? (isMade ? halfSquaredSum() : given.classes ? crossEntropy() : meanSquared());
  checkLoss(loss);
  if (isMade) checkMade(options);
  const all = countOf(given);
  checkOrder(options, all);
  const training = new Training({
    model: model.build(isMade ? [given.patch, given.patch, given.channels] : given.inputs.shape.slice(1)),
    loss,
    preprocessing: data.preprocessing,
    seed,
    ...(options.augment ? { augment: options.augment } : {}),
    ...(options.regularizer ? { regularizer: options.regularizer } : {}),
    ...(options.weights ? { weights: options.weights } : {}),
    ...(options.dtype ? { dtype: options.dtype } : {}),
  });
  const isStreamed = "read" in given;
  const parts = isMade
    ? madeParts(given, options)
    : isStreamed
      ? streamedParts(given, training, options)
      : residentParts(given, training, options);
  const count = countOf(parts.training);
  const batchSize = options.batchSize ?? Math.min(64, count);
  checkBatchSize(batchSize, count, data.name);
  const loop = await TrainingLoop.open({
    training,
    optimizer,
    records: parts.training,
    held: [parts.validation, parts.seen, parts.test].filter((p) => p !== undefined),
    ...(isStreamed ? { streaming: { memory: given.memory, chunk: given.chunk } } : {}),
    epochs,
    batchSize,
    order: orderOf(options, all, validation, seed),
    seed,
    fast: options.fast ?? false,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.workerUrl === undefined ? {} : { workerUrl: options.workerUrl }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(recordPath ? { recordPath } : {}),
  });
  const inDecibels = decibelsOf(given, loss, options.regularizer);
  try {
    let outcome = await loop.train({
      validation: parts.validation,
      patience: patience ?? Number.POSITIVE_INFINITY,
      seconds: options.seconds ?? Number.POSITIVE_INFINITY,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress: (progress) => onProgress(inDecibels.validation(progress)) } : {}),
      ...(onRecord ? { onRecord: (record) => onRecord(inDecibels.record(record)) } : {}),
    });
    outcome = { ...outcome, history: outcome.history.map(inDecibels.record) };
    const reading = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await read();
      } catch (failure) {
        if (!(failure instanceof ReadError)) throw failure;
        outcome = { ...outcome, failure, diagnosis: `${outcome.diagnosis} After it, records could not be read. ${failure.message}` };
        return undefined;
      }
    };
    const tested = async (): Promise<TestEvaluation | undefined> => {
      const { test } = parts;
      return test && outcome.failure === undefined ? reading(() => loop.evaluate(test)) : undefined;
    };
    const test = await tested();
    const seen = parts.seen && (await loop.evaluate(parts.seen));
    const point = await loop.point();
    const mean = outcome.failure === undefined ? await reading(() => loop.averaged()) : undefined;
    const meanTest = mean && (await tested());
    const averaged = mean && { ...mean, ...(meanTest ? { test: inDecibels.judged(meanTest) } : {}) };
    if (outcome.validation) outcome = { ...outcome, validation: inDecibels.judged(outcome.validation) };
    const { order = "shuffled" } = options;
    const settings = {
      ...{ optimizer: optimizer.name, epochs, batchSize, order, curriculum: curriculumData(options) },
      augment: (isMade ? given.augment : (options.augment ?? [])).map(augmentationText),
      ...(isMade ? { patch: given.patch, sigma: given.sigma } : {}),
      ...{ seed, validation, patience: patience ?? null, fast: loop.fast },
    };
    const profile = options.profile ? await loop.profile(outcome.waitingForData) : undefined;
    return new TrainedRun({
      ...{ outcome, training, data, settings, point, profile, averaged, stableUpTo: optimizer.stableUpTo },
      test: test && inDecibels.judged(test),
      seen: seen && inDecibels.judged({ loss: seen.loss }),
    });
  } finally {
    loop.close();
  }
}

interface Parts<P, T = P> {
  readonly training: T;
  readonly validation: P | undefined;
  /** Of pairs: about as many records of the training pictures as `validation` has. */
  readonly seen?: P;
  readonly test: P | undefined;
}

function madeParts(data: RestorationPairs, { validation = 0, seed = 1 }: FitOptions): Parts<DatasetPart, RestorationPairs> {
  const parts = validation === 0 ? { training: data, validation: undefined } : splitPairs(data, validation, seed);
  if (parts.validation) checkSomeCount(parts.validation, "validation");
  return { ...parts, test: data.test };
}

function residentParts(data: Dataset, { parts: { loss, model } }: Training, { validation = 0, seed = 1 }: FitOptions): Parts<DatasetPart> {
  checkDataset(data);
  if (loss.classification) checkScores(model, loss, data);
  const parts = trainingParts(data, { validation, seed });
  checkSomeCount(parts.training, "training");
  if (parts.validation) checkSomeCount(parts.validation, "validation");
  return { ...parts, test: data.test };
}

function streamedParts(data: StreamedDataset, { parts: { loss, model } }: Training, options: FitOptions): Parts<StreamedPart> {
  checkStreamed(data);
  const { validation = 0, seed = 1, order } = options;
  if (order === "difficulty" || order === "replacement")
    throw new SteepestError({
      problem: `streamed records cannot come in the order "${order}"`,
      expected: '"shuffled", "once" or "sequential", which need no more than the records that are held',
      received: order,
      where: data.name,
    });
  const classes = loss.classification ? checkScores(model, loss, data) : data.classes?.length;
  const checked = checkedPart(data, classes);
  const parts = validation > 0 ? splitChunks(checked, data.chunk, validation, seed) : { training: checked, validation: undefined };
  return { ...parts, test: data.test && checkedPart(data.test, classes) };
}

/** Pairs bring their own augmentations, which act before the noise, and have no difficulty. */
function checkMade({ augment, order }: FitOptions): void {
  if (augment !== undefined)
    throw new SteepestError({
      problem: "augmentations of inputs alone would part them from their targets",
      fix: "hand them to restorationPairs({ augment }), where they act before the noise",
    });
  if (order === "difficulty")
    throw new SteepestError({
      problem: "pairs that are made anew in each step cannot be put in order by difficulty",
      fix: 'order: "shuffled"',
    });
}

const names = [
  ...["loss", "optimizer", "regularizer", "augment", "epochs", "batchSize", "order", "curriculum", "seed", "validation"],
  ...["weights", "patience", "seconds"],
  ...["threads", "fast", "workerUrl", "dtype", "signal", "onProgress", "onRecord", "profile", "recordPath"],
];

function checkOptions(options: FitOptions): void {
  const { epochs, seed, validation, patience, seconds, threads, fast, dtype, regularizer, onProgress, onRecord, profile } = options;
  const isCount = (x: unknown) => Number.isSafeInteger(x) && Number(x) >= 1;
  if (epochs !== undefined && !(Number.isFinite(epochs) && epochs > 0)) throw unusable("epochs", "a number > 0", epochs);
  if (seed !== undefined && !(seed === 0 || isCount(seed))) throw unusable("seed", "a whole number from 0 to 2⁵³ − 1", seed);
  if (validation !== undefined && !(validation >= 0 && validation < 1))
    throw unusable("validation", "a share from 0 to below 1", validation);
  if (seconds !== undefined && !(seconds > 0)) throw unusable("seconds", "a number > 0", seconds);
  if (options.augment !== undefined) checkAugmentations(options.augment);
  if (threads !== undefined && !isCount(threads)) throw unusable("threads", "a whole number ≥ 1", threads);
  if (fast !== undefined && typeof fast !== "boolean") throw unusable("fast", "true or false", fast);
  if (dtype !== undefined && dtype !== "f32" && dtype !== "f64") throw unusable("dtype", '"f32" or "f64"', dtype);
  if (regularizer !== undefined && typeof regularizer?.penalty !== "function")
    throw unusable("regularizer", "what l2(1e-4) returns", regularizer);
  if (onProgress !== undefined && typeof onProgress !== "function") throw unusable("onProgress", "a function", onProgress);
  if (onRecord !== undefined && typeof onRecord !== "function") throw unusable("onRecord", "a function", onRecord);
  if (profile !== undefined && typeof profile !== "boolean") throw unusable("profile", "true or false", profile);
  if (patience === undefined) return;
  if (!isCount(patience)) throw unusable("patience", "a whole number of epochs ≥ 1", patience);
  if (!validation)
    throw new SteepestError({
      problem: "patience watches the validation loss, and there is no validation part",
      fix: "set validation: 0.1",
    });
}
