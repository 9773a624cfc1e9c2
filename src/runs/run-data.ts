/** A trained run as plain data: what a run folder keeps and a report shows. */
import type { Preprocessing } from "../data/dataset.js";
import type { Image } from "../data/images/image.js";
import type { Evaluation, HistoryRecord, Status } from "../descent/history.js";
import type { NamedArray } from "../models/weights.js";
import type { Shape } from "../tensor/types.js";

/** Data that JSON can hold, nothing else. */
export type PlainData = string | number | boolean | null | readonly PlainData[] | { readonly [key: string]: PlainData };

/** One layer, for people. */
export interface LayerSummary {
  /** What it is, with its sizes: `conv2d 16 · 3×3`. */
  readonly layer: string;
  /** Without the batch axis. */
  readonly outputShape: Shape;
  readonly parameters: number;
}

/** What training was asked to do. All of it together with the code gives the weights again. */
export interface RunConfiguration {
  /** Which data, as on the command line: `digits`, `mnist:DIR`. */
  readonly data: string;
  /** The layers, as plain data from which the model can be built again. */
  readonly model: PlainData;
  readonly loss: string;
  /** Name and hyperparameters, schedule included. */
  readonly optimizer: { readonly name: string; readonly [parameter: string]: PlainData };
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Share of the training records kept apart for validation. */
  readonly validation: number;
  /** Whatever else was set: patience, L2, threads. */
  readonly [option: string]: PlainData;
}

/** What came of it. */
export interface RunResults {
  readonly status: Status;
  /** Why it ended and how it went, in a sentence or two. */
  readonly diagnosis: string;
  /** Epochs done, rounded up. */
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly trainLoss: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Of pairs for restoration, in dB: over pictures kept apart, and over as many patches of those that were learned from. */
  readonly validationPsnr?: number;
  readonly seenPsnr?: number;
  /** Over records that training never saw. */
  readonly test?: Evaluation;
  /** Of predicted numbers over those records, in the target's unit: √ mean (prediction − target)². */
  readonly rmse?: number;
  /** The share of the targets' variance over those records that the predictions explain. */
  readonly rSquared?: number;
}

/** All that a run folder keeps. */
export interface RunData {
  /** A title for people: `CNN on digits`. */
  readonly title: string;
  readonly configuration: RunConfiguration;
  /** What is done to an input before the model sees it. */
  readonly preprocessing: Preprocessing;
  /** Of one input, without the batch axis. */
  readonly inputShape: Shape;
  /** Names by label; absent for regression. */
  readonly classes?: readonly string[];
  readonly layers: readonly LayerSummary[];
  readonly results: RunResults;
  readonly history: readonly HistoryRecord[];
  readonly weights: readonly NamedArray[];
  /** The path of the training, where it was recorded: see `pathArrays`. */
  readonly pathArrays?: readonly NamedArray[];
  /** Rate times curvature up to which the optimizer's rule is stable, where that is known: 2 for gradient descent. */
  readonly stableUpTo?: number;
  /** The command that makes this run again. */
  readonly command?: string;
}

/** One record of the test set with what the model says of it. */
export interface Sample {
  /** Its place in the test set. */
  readonly index: number;
  readonly image: Image;
  readonly label: number;
  /** Probabilities by class; they add up to 1. */
  readonly probabilities: ArrayLike<number>;
}

/** What a report shows beyond the run itself. */
export interface ReportMaterial {
  /** Records shown as they come: the first ones of the test set, say. */
  readonly samples?: readonly Sample[];
  /** Records whose most probable class is not the label. */
  readonly mistakes?: readonly Sample[];
  /** When it was made. Default: now. */
  readonly created?: Date;
}

/** The number of weights that are learned; running statistics are none. */
export const parameterCount = ({ layers }: Pick<RunData, "layers">): number => layers.reduce((sum, { parameters }) => sum + parameters, 0);
