/** What `fit` returns. */
import type { Dataset } from "../data/dataset.js";
import type { RestorationPairs } from "../data/restoration/pairs.js";
import type { StreamedDataset } from "../data/streamed.js";
import type { BuiltModel } from "../models/model.js";
import type { ModelPoint, Training } from "../objectives/training.js";
import type { HostData } from "../tensor/types.js";
import { type Finding, findTraining } from "./diagnosis/index.js";
import type { Evaluation, HistoryRecord, Status } from "./history.js";
import { type Predictor, predictorOf } from "./predictor.js";
import type { Profile } from "./profile.js";
import type { TrainingPath } from "./training-path.js";

/** What was asked for, with the defaults filled in. */
export interface FitSettings {
  readonly optimizer: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly order: string;
  /** What was difficult, and how fast it came, where the order was by difficulty. */
  readonly curriculum: {
    readonly scores: "given" | "loss";
    readonly pace: { readonly from: number; readonly epochs: number } | null;
  } | null;
  /** The augmentations in their order, each as `crop padding=4 outside=zero`. */
  readonly augment: readonly string[];
  /** Of pairs for restoration: extent of a patch, and the range of σ in levels of 0 … 255. */
  readonly patch?: number;
  readonly sigma?: readonly [number, number];
  readonly seed: number;
  readonly validation: number;
  readonly patience: number | null;
  /** Whether products and sums were fused: asked for, and known to the engine. */
  readonly fast: boolean;
}

export interface TrainOutcome {
  readonly status: Status;
  readonly diagnosis: string;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly trainLoss: number;
  readonly validation?: Evaluation;
  readonly history: readonly HistoryRecord[];
  readonly failure?: Error;
  readonly waitingForData?: number;
  readonly path?: TrainingPath;
}

export interface TestEvaluation extends Evaluation {
  /** The model's outputs over the test part, row by row. Empty where that is streamed. */
  readonly outputs: Float32Array;
}

/** The average of the weights that an optimizer keeps, and how it does on the test part. */
export interface AveragedModel extends ModelPoint {
  readonly test?: TestEvaluation;
}

export interface TrainedParts<D extends Dataset | RestorationPairs | StreamedDataset = Dataset | RestorationPairs> {
  readonly outcome: TrainOutcome;
  readonly training: Training;
  readonly data: D;
  readonly settings: FitSettings;
  readonly point: ModelPoint;
  readonly test: TestEvaluation | undefined;
  readonly seen: Evaluation | undefined;
  readonly profile: Profile | undefined;
  readonly averaged: AveragedModel | undefined;
  readonly stableUpTo?: number | undefined;
}

/** Under this name Node asks an object how it prints. */
const inspection = Symbol.for("nodejs.util.inspect.custom");

/** A trained model and how it came about. */
export class TrainedRun<D extends Dataset | RestorationPairs | StreamedDataset = Dataset | RestorationPairs> {
  /** `step-limit` where all epochs were done; `diverged` runs keep the last good weights. */
  readonly status: Status;
  /** What happened, in plain words. */
  readonly diagnosis: string;
  /** What the history says, as data: `noise-floor`, `still-falling`, `overfitting`. For the Hessian see `hessianOperator` of a `batchObjective`. */
  readonly findings: readonly Finding[];
  readonly model: BuiltModel;
  readonly training: Training;
  readonly data: D;
  readonly settings: FitSettings;
  /** θ with its gaps, see ParameterLayout. */
  readonly theta: HostData;
  /** What layers carry and nobody trains, running statistics for instance, with its gaps: see `training.stateLayout`. Empty where they carry nothing. */
  readonly state: HostData;
  /** Learned parameters and carried state by path. */
  readonly weights: ReadonlyMap<string, HostData>;
  /** Epochs done, with fraction. */
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Mean training loss of the last epoch, measured while it went on. */
  readonly trainLoss: number;
  /** The final weights over the validation part, where there is one. */
  readonly validation?: Evaluation;
  /**
   * Of pairs for restoration with a validation part: the final weights over as many patches of the pictures that were learned from, judged in the same way. How much
   * better they do there than on `validation` is the generalisation gap.
   */
  readonly seen?: Evaluation;
  /** The final weights over the test part of the data, where it has one. */
  readonly test?: TestEvaluation;
  /** About 400 lines however many steps there were, and one for each epoch where there is a validation part. */
  readonly history: readonly HistoryRecord[];
  /** θ at regular steps, where `recordPath` asked for it. It ends with the last step, also where the weights of an earlier epoch were restored. */
  readonly path?: TrainingPath;
  /** Why records of a streamed data set could not be read, where that ended the training; its status is `aborted` then, and what was learned is kept. */
  readonly failure?: Error;
  /** Of streamed data: the share of the time of training, from 0 to 1, in which steps waited for records; the first ones, before the first step, included. */
  readonly waitingForData?: number;
  /** Where the time went, if that was asked for: `console.log(String(run.profile))` prints a table. */
  readonly profile?: Profile;

  /**
   * The average of the weights that the optimizer keeps, see `averaged(…)`, and how it does on the test part. `theta` is the last point itself.
   * Carried state is not averaged: it is brought up anew by one pass over the training records at the averaged weights, from where it was.
   */
  readonly averaged?: AveragedModel;
  /** The edge of stability of the rule, if it has one: on a quadratic it diverges where rate times eigenvalue is above. */
  readonly stableUpTo?: number;

  constructor({ outcome, training, data, settings, point, test, seen, profile, averaged, stableUpTo }: TrainedParts<D>) {
    this.status = outcome.status;
    this.findings = outcome.status === "diverged" ? [] : findTraining(outcome.history);
    this.diagnosis = [outcome.diagnosis, ...this.findings.map(({ text }) => text)].join(" ");
    this.model = training.parts.model;
    this.training = training;
    this.data = data;
    this.settings = settings;
    this.theta = point.theta;
    this.state = point.state;
    this.weights = training.named(point);
    this.epochs = outcome.epochs;
    this.steps = outcome.steps;
    this.seconds = outcome.seconds;
    this.samplesPerSecond = outcome.samplesPerSecond;
    this.trainLoss = outcome.trainLoss;
    if (outcome.validation) this.validation = outcome.validation;
    if (seen) this.seen = seen;
    if (test) this.test = test;
    if (profile) this.profile = profile;
    this.history = outcome.history;
    if (outcome.path) this.path = outcome.path;
    if (outcome.failure) this.failure = outcome.failure;
    if (outcome.waitingForData !== undefined) this.waitingForData = outcome.waitingForData;
    if (averaged) this.averaged = averaged;
    if (stableUpTo !== undefined) this.stableUpTo = stableUpTo;
  }

  /**
   * The trained model as a function from stored inputs to predictions: inference only. `run.predictor()(image).classes` is `[7]` for
   * a picture of a seven.
   *
   * @param point the weights, and the state beside them: `run.averaged`, for instance. Default: those of the run
   */
  predictor(point: ModelPoint = this): Predictor {
    return predictorOf(this.training, point);
  }

  /**
   * What the regulariser adds to the loss at the final weights, λ R(W); 0 without one. `trainLoss` and the losses of `history` include it as it was on the way; those of
   * `validation` and `test` are of the data alone.
   */
  get penalty(): number {
    return this.training.penalty(this.theta);
  }

  /** For JSON: results, settings and history, without data and weights. */
  toJSON(): object {
    const { settings, history, profile } = this;
    return { ...this.#summary(), settings, history, ...(profile ? { profile } : {}) };
  }

  /** What `console.log` shows in Node. */
  [inspection](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    return `TrainedRun ${inspect(this.#summary(), options)}`;
  }

  #summary(): object {
    const { status, diagnosis, findings, model, data, epochs, steps, seconds, samplesPerSecond, trainLoss, validation, test, training } =
      this;
    const short = ({ loss, accuracy, psnr }: Evaluation) => ({
      loss,
      ...(accuracy === undefined ? {} : { accuracy }),
      ...(psnr === undefined ? {} : { psnr }),
    });
    return {
      status,
      model: model.name,
      data: data.name,
      epochs,
      steps,
      seconds,
      samplesPerSecond,
      trainLoss,
      ...(training.parts.regularizer ? { penalty: this.penalty } : {}),
      ...(validation ? { validation: short(validation) } : {}),
      ...(this.seen ? { seen: short(this.seen) } : {}),
      ...(test ? { test: short(test) } : {}),
      ...(this.waitingForData === undefined ? {} : { waitingForData: this.waitingForData }),
      diagnosis,
      findings,
    };
  }
}
