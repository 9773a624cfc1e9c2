/** `fit`: trains a model on a data set, asynchronously. */
import { checkBatchSize, checkDataset, type Dataset, type DatasetPart, recordCount } from "../data/dataset.js";
import { split } from "../data/split.js";
import type { Loss } from "../models/losses.js";
import { crossEntropy, meanSquared } from "../models/losses.js";
import type { BuiltModel, Model } from "../models/model.js";
import type { Regularizer } from "../models/regularizers.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { Training } from "../objectives/training.js";
import { SteepestError } from "../tensor/error.js";
import type { HostData } from "../tensor/types.js";
import type { Evaluation, HistoryRecord, Status } from "./history.js";
import { Predictor } from "./predictor.js";
import type { TrainingProgress } from "./progress.js";
import { TrainingLoop } from "./training-loop.js";

export interface FitOptions {
  /** Default: cross-entropy where the data has classes, mean squared error where it has not. */
  readonly loss?: Loss;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** Added to the loss, `l2(1e-4)` for instance. */
  readonly regularizer?: Regularizer;
  /** Passes over the training records. Default 1. */
  readonly epochs?: number;
  /** Records of a step. Default 64; the last batch of an epoch may be smaller. */
  readonly batchSize?: number;
  /** Names all random numbers: initial weights, order, dropout, the validation split. Default 1. */
  readonly seed?: number;
  /** Share of the training records kept apart for validation, 0 ≤ share < 1. Default 0. The test part is never used for it. */
  readonly validation?: number;
  /** Stop when the validation loss has not fallen for so many epochs; the best weights are restored. */
  readonly patience?: number;
  /** Stop after so many seconds, at the end of a slice. */
  readonly seconds?: number;
  /** Threads. Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /** Where the worker's source lies, under a content-security policy that forbids inline workers. */
  readonly workerUrl?: string;
  /** What is computed in. Default "f32". */
  readonly dtype?: "f32" | "f64";
  /** Aborting keeps what has been learned: the run has status `aborted`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** What was asked for, with the defaults filled in. */
export interface FitSettings {
  readonly optimizer: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly validation: number;
  readonly patience: number | null;
}

/** A trained model and how it came about. */
export interface TrainedRun {
  readonly status: Status;
  readonly diagnosis: string;
  readonly model: BuiltModel;
  readonly training: Training;
  readonly data: Dataset;
  readonly settings: FitSettings;
  /** θ with its gaps, see ParameterLayout. */
  readonly theta: HostData;
  /** Epochs done, with fraction. */
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Mean training loss of the last epoch. */
  readonly trainLoss: number;
  readonly validation?: Evaluation;
  readonly test?: Evaluation & { readonly outputs: Float32Array };
  readonly history: readonly HistoryRecord[];
  /** Learned parameters by path. */
  readonly weights: ReadonlyMap<string, HostData>;
  /** Inference only. */
  predictor(): Predictor;
}

/**
 * Trains a model.
 *
 * Loss, gradient, schedule and update are one compiled program, in whose memory the data set lies; the caller's thread only
 * waits. The same seed gives the same weights bit for bit, whatever the number of threads.
 *
 * @param model what is trained, `sequential(…)` or a ready model
 * @param data records with their test part, see `arrayDataset`, `digits`, `mnist`
 * @param options see FitOptions
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
export async function fit(model: Model, data: Dataset, options: FitOptions = {}): Promise<TrainedRun> {
  checkDataset(data);
  const { epochs = 1, batchSize = 64, seed = 1, validation = 0, optimizer = adam(), signal, onProgress } = options;
  const loss = options.loss ?? (data.classes ? crossEntropy() : meanSquared());
  checkOptions(options, epochs, validation);
  const parts = validation > 0 ? split(data, validation, seed) : { training: data, validation: undefined };
  checkBatchSize(batchSize, parts.training, data.name);
  const training = new Training({
    model: model.build(data.inputs.shape.slice(1)),
    loss,
    preprocessing: data.preprocessing,
    seed,
    ...(options.regularizer ? { regularizer: options.regularizer } : {}),
    ...(options.dtype ? { dtype: options.dtype } : {}),
  });
  const loop = await TrainingLoop.open({
    training,
    optimizer,
    records: parts.training,
    held: [parts.validation, data.test].filter((p): p is DatasetPart => p !== undefined && recordCount(p) > 0),
    epochs,
    batchSize,
    seed,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.workerUrl === undefined ? {} : { workerUrl: options.workerUrl }),
  });
  try {
    const outcome = await loop.train({
      validation: parts.validation,
      patience: options.patience ?? Number.POSITIVE_INFINITY,
      seconds: options.seconds ?? Number.POSITIVE_INFINITY,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
    const test = data.test && recordCount(data.test) > 0 ? await loop.evaluate(data.test) : undefined;
    const theta = await loop.theta;
    return {
      ...outcome,
      model: training.parts.model,
      training,
      data,
      settings: { optimizer: optimizer.name, epochs, batchSize, seed, validation, patience: options.patience ?? null },
      theta,
      ...(test ? { test } : {}),
      weights: training.layout.split(theta),
      predictor: () => new Predictor(training, theta),
    };
  } finally {
    loop.close();
  }
}

function checkOptions(options: FitOptions, epochs: number, validation: number): void {
  const refuse = (name: string, expected: string, received: unknown) => {
    throw new SteepestError({ problem: `the option ${name} is not usable`, expected, received: String(received) });
  };
  if (!(Number.isFinite(epochs) && epochs > 0)) refuse("epochs", "a number > 0", epochs);
  if (!(validation >= 0 && validation < 1)) refuse("validation", "a share from 0 to below 1", validation);
  if (options.patience !== undefined && !(options.patience >= 1)) refuse("patience", "a whole number ≥ 1", options.patience);
  if (options.patience !== undefined && validation === 0)
    throw new SteepestError({ problem: "patience watches the validation loss, and there is no validation part", fix: "set validation: 0.1" });
  if (options.threads !== undefined && !(Number.isInteger(options.threads) && options.threads >= 1)) refuse("threads", "a whole number ≥ 1", options.threads);
}
