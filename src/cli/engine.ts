/** What the commands need of the engine. They see this interface alone, so that each can be tested without training anything. */
import type { ConvexityCheck, CriticalPoints, Interval } from "../analysis/index.js";
import type { DifferenceMethod, GradientCheck } from "../curvature/index.js";
import type { Augmentation } from "../data/augmentations/index.js";
import type { Pace } from "../data/batches.js";
import type { Dataset, DatasetPart } from "../data/dataset.js";
import type { DataFolder, GetDataOptions } from "../data/download/get.js";
import type { RemoteSetName } from "../data/download/sources.js";
import type { RestorationPairs } from "../data/restoration/pairs.js";
import type { StreamedDataset } from "../data/streamed.js";
import type { BasinMap } from "../descent/basins/basins.js";
import type { OrderName } from "../descent/curriculum.js";
import type { Finding } from "../descent/diagnosis/index.js";
import type { GradientStatistics } from "../descent/gradient-statistics/gradient-statistics.js";
import type { HessianSpectrum, RunSpectrumOptions } from "../descent/hessian-spectrum/hessian-spectrum.js";
import type { Sharpness, SharpnessOptions } from "../descent/hessian-spectrum/sharpness.js";
import type { Evaluation, HistoryRecord, Status } from "../descent/history.js";
import type { Profile } from "../descent/profile.js";
import type { Figure } from "../figures/figure.js";
import type { Panels } from "../figures/panels.js";
import type { LandscapePlane, LandscapeProgress, LandscapeRay, Normalisation } from "../landscape/index.js";
import type { Model } from "../models/model.js";
import type { NamedArray } from "../models/weights.js";
import type { Problem } from "../objectives/problems/index.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Entrants, Race, RaceOptions, TrainingRace, TrainingRaceOptions } from "../race/index.js";
import type { LayerSummary, PlainData, RunResults } from "../runs/run-data.js";
import type { StoredRun } from "../runs/stored-run.js";
import type { HostData } from "../tensor/types.js";

export interface MinimizeRequest {
  readonly formula: string;
  /** One number for each variable, in the order of `Engine.variables`. */
  readonly start: readonly number[];
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Stop when the 2-norm of the gradient is below. */
  readonly tolerance?: number;
  /** Keep every point. */
  readonly path: boolean;
  /** Keep every value, for a curve. */
  readonly values: boolean;
  /** Draw the descent under this name. */
  readonly figure?: string;
}

export interface MinimizeResult {
  /** The average of the points that the optimizer keeps. */
  readonly averaged?: readonly number[];
  readonly status: Status;
  readonly steps: number;
  readonly x: readonly number[];
  readonly value: number;
  readonly gradientNorm: number;
  readonly evaluations: { readonly value: number; readonly gradient: number };
  readonly diagnosis: string;
  readonly findings: readonly Finding[];
  /** steps + 1 rows, the start first. */
  readonly path?: readonly (readonly number[])[];
  /** Values of f along the way, the start first. */
  readonly values?: ArrayLike<number>;
  /** The descent, drawn. */
  readonly figure?: Figure | Panels;
}

export interface GradientRequest {
  readonly learningRate: number;
  /** A direction to look along; default: steepest descent. */
  readonly direction?: readonly number[];
  /** p, for f(x + p) beside its models. */
  readonly step?: readonly number[];
}

export interface GradientResult {
  readonly value: number;
  readonly gradient: readonly number[];
  readonly hessian: readonly (readonly number[])[];
  /** In ascending order. */
  readonly eigenvalues: readonly number[];
  /** ‖∇f‖₂, and the unit vectors along which f rises and falls fastest: null where it is 0. */
  readonly slope: number;
  readonly ascent: readonly number[] | null;
  readonly descent: readonly number[] | null;
  /** x − α∇f */
  readonly next: readonly number[];
  /** In the order of the variables; undefined where the formula is too large for anyone to read them. */
  readonly formulas?: {
    readonly names: readonly string[];
    readonly printed: readonly string[];
    readonly ascii: readonly string[];
    readonly rules: readonly string[];
  };
  /** f along the direction: φ(t) = f(x + tu). Absent where none was given and the gradient is 0. */
  readonly direction?: {
    readonly given: boolean;
    readonly unit: readonly number[];
    readonly slope: number;
    readonly curvature: number;
    readonly bestStep: number | null;
    readonly descendsBelow: number | null;
    readonly table: readonly { readonly t: number; readonly value: number; readonly first: number; readonly second: number }[];
  };
  readonly step?: { readonly value: number; readonly first: number; readonly second: number };
  /** The exact gradient against differences of f. */
  readonly check: { readonly verdict: "pass" | "fail" | "cannot-tell"; readonly maxRelativeError: number };
}

export interface CriticalRequest {
  readonly formula: string;
  readonly window: readonly Interval[];
  readonly starts: number | undefined;
}

export type CriticalResult = Pick<
  CriticalPoints<number[]>,
  "points" | "starts" | "converged" | "metOnce" | "lowest" | "highest" | "diagnosis"
> & {
  readonly convexity: ConvexityCheck<number[]>;
};

/** The gradient of a formula (at a random point where none is given), or of a model on a batch of digits. */
export type CheckRequest = {
  readonly method: DifferenceMethod;
  readonly seed: number;
  readonly tolerance?: number;
  readonly mode?: "coordinates" | "directions";
} & (
  | { readonly formula: string; readonly at: readonly number[] | undefined }
  | { readonly model: Model; readonly batchSize: number; readonly dtype: "f32" | "f64" }
);

export interface CheckResult {
  readonly check: GradientCheck;
  /** Where a formula was looked at. */
  readonly at?: readonly number[];
}

export interface FitRequest {
  /** `response = model` */
  readonly formula: string;
  /** Columns by name. */
  readonly data: Readonly<Record<string, Float64Array>>;
  readonly start: Readonly<Record<string, number>>;
  readonly method: string;
  readonly confidence: number;
  /** The name of a column. */
  readonly weights: string | undefined;
  readonly steps: number | undefined;
  readonly tolerance: number | undefined;
}

export interface FitResult {
  readonly status: Status;
  readonly parameters: Readonly<Record<string, number>>;
  readonly standardErrors: Readonly<Record<string, number>>;
  readonly confidenceIntervals: Readonly<Record<string, readonly [number, number]>>;
  readonly correlation: readonly (readonly number[])[];
  readonly residualSumOfSquares: number;
  readonly residualStandardDeviation: number;
  readonly degreesOfFreedom: number;
  /** Sets of parameters that the data do not tell apart. */
  readonly undetermined: readonly (readonly string[])[];
  readonly iterations: number;
  readonly evaluations: { readonly value: number; readonly gradient: number };
  readonly diagnosis: string;
  /** The curve over its data. */
  readonly figure: Figure;
}

/** A race on a formula or on a test problem. */
export type RaceRequest = Pick<
  RaceOptions,
  "evaluations" | "epsilon" | "target" | "minimum" | "tune" | "rates" | "refinements" | "timed"
> & {
  readonly optimizers: Entrants;
} & ({ readonly formula: string; readonly start: readonly number[] } | { readonly problem: Problem });

export interface TrainingRaceRequest extends TrainingRaceOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly optimizers: Entrants;
}

export interface TrainProgress {
  /** Steps done, of `totalSteps`. */
  readonly step: number;
  readonly totalSteps: number;
  /** Passes over the data done, with fraction. */
  readonly epoch: number;
  readonly seconds: number;
  /** Mean training loss of late. */
  readonly loss: number;
  readonly samplesPerSecond: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  readonly validationPsnr?: number;
}

export interface TrainRequest {
  readonly dataset: Dataset | StreamedDataset | RestorationPairs;
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly batchSize: number;
  readonly order: OrderName;
  /** How fast the order by difficulty comes to all records. */
  readonly pace?: Pace;
  readonly augment?: readonly Augmentation[];
  readonly seed: number;
  /** Share of the training records kept apart; 0 for none. */
  readonly validation: number;
  /** Stop after so many epochs without a lower validation loss. */
  readonly patience?: number;
  /** What to start from, by name. Default: as the layers say. */
  readonly weights?: ReadonlyMap<string, HostData>;
  /** Default: as many as the machine has. */
  readonly threads?: number;
  /** Products and sums in one instruction where the engine has it. */
  readonly fast?: boolean;
  /** Say where the time goes. */
  readonly profile?: boolean;
  /** Keep the path of the weights. */
  readonly recordPath?: boolean;
  /** Aborted to stop after the present slice; the result is kept then, with status `aborted`. */
  readonly signal: AbortSignal;
  onProgress(progress: TrainProgress): void;
  /** Told of each line of the history as soon as it stands. */
  readonly onRecord?: (record: HistoryRecord) => void;
}

export interface TrainResult {
  readonly results: RunResults;
  /** Whether `fast` was asked for and in force. */
  readonly fast: boolean;
  /** The name of the loss: `cross-entropy`. */
  readonly loss: string;
  readonly history: readonly HistoryRecord[];
  readonly weights: readonly NamedArray[];
  /** The path of the training, where it was recorded. */
  readonly pathArrays?: readonly NamedArray[];
  readonly layers: readonly LayerSummary[];
  /** The model as plain data, from which `evaluate` builds it again. */
  readonly modelData: PlainData;
  /** Probabilities over the test part, [records][classes] row by row, for classification. */
  readonly testProbabilities?: ArrayLike<number>;
  /** Why records could not be read, where that ended it. */
  readonly failure?: Error;
  /** Of streamed data: the share of the time in which steps waited for records. */
  readonly waitingForData?: number;
  readonly profile?: Profile;
}

/** Which plane, or which ray. */
export type LandscapeChoice =
  | { readonly plane: "random" | "pca" | "eigen" | "gradient" }
  | { readonly ray: "random" | "eigen" | "gradient" | { readonly to: StoredRun; readonly folder: string } };

export interface LandscapeRequest {
  readonly run: StoredRun;
  readonly choice: LandscapeChoice;
  readonly data: DatasetPart & { readonly name: string };
  readonly records: number;
  readonly normalise: Normalisation;
  readonly seed: number;
  readonly size: number;
  readonly extent?: number | readonly [number, number];
  /** What is known already, NaN where nothing is. */
  readonly known?: Float64Array;
  readonly threads?: number;
  readonly fast?: boolean;
  readonly signal: AbortSignal;
  /** `fresh` counts the points that were computed by this call. */
  onProgress(progress: LandscapeProgress & { readonly fresh: number }): void;
}

export type LandscapeResult = LandscapePlane | LandscapeRay;

/** The gradient of a model over batches of records, at its initial weights or after some epochs. */
export interface NoiseRequest {
  readonly dataset: Dataset;
  readonly model: Model;
  /** Epochs of adam before, at that rate. */
  readonly epochs: number;
  readonly rate: number;
  readonly batchSizes?: readonly number[];
  readonly samples: number;
  readonly seed: number;
  readonly threads?: number;
  readonly signal: AbortSignal;
}

/** Steps of a formula from ones, or of a model on digits, for about so many seconds. */
export type BenchRequest = {
  readonly optimizer: Optimizer;
  readonly seconds: number;
  readonly threads?: number;
  readonly fast?: boolean;
  readonly signal: AbortSignal;
} & ({ readonly formula: string } | { readonly model: Model; readonly batchSize: number });

export interface EvaluateRequest {
  readonly run: StoredRun;
  readonly part: DatasetPart;
  readonly classes?: readonly string[];
  readonly threads?: number;
  readonly signal: AbortSignal;
}

/** Which minimum is reached from where in a window of two variables. */
export interface BasinsRequest {
  readonly formula: string;
  /** The variables with their intervals. */
  readonly window: Readonly<Record<string, Interval>>;
  readonly optimizer: Optimizer;
  readonly size: number;
  readonly steps: number;
  readonly signal: AbortSignal;
  onProgress(progress: { readonly done: number; readonly starts: number }): void;
}

/** The spectrum of a stored run's Hessian over data. */
export interface SpectrumRequest extends RunSpectrumOptions {
  readonly run: StoredRun;
  readonly dataset: Dataset;
}

/** The sharpness along the path of a stored run over data. */
export interface SharpnessRequest extends SharpnessOptions {
  readonly run: StoredRun;
  readonly dataset: Dataset;
}

export interface PredictRequest {
  readonly run: StoredRun;
  /** One input or several laid end to end, as stored in the data (bytes of pictures). */
  readonly inputs: ArrayLike<number>;
}

export interface PredictResult {
  readonly outputs: ArrayLike<number>;
  /** For a classifier: its class probabilities. */
  readonly probabilities?: ArrayLike<number>;
}

export interface EvaluateResult extends Evaluation {
  readonly seconds: number;
}

/** One level of the compiler, printed. */
export interface ExplainedLevel {
  readonly name: string;
  /** One sentence: what this level is. */
  readonly summary: string;
  readonly text: string;
}

export type ExplainRequest =
  | { readonly formula: string; readonly optimizer: Optimizer }
  | {
      readonly model: Model;
      readonly inputShape: readonly number[];
      readonly classes: number;
      readonly batchSize: number;
      readonly optimizer: Optimizer;
    };

export interface Engine {
  /** The variables of a formula in natural order (`x2` before `x10`). */
  variables(formula: string): readonly string[];
  minimize(request: MinimizeRequest): MinimizeResult;
  gradient(formula: string, at: readonly number[], request: GradientRequest): GradientResult;
  critical(request: CriticalRequest): CriticalResult;
  basins(request: BasinsRequest): Promise<BasinMap<unknown>>;
  spectrum(request: SpectrumRequest): Promise<HessianSpectrum>;
  sharpness(request: SharpnessRequest): Promise<Sharpness>;
  check(request: CheckRequest): CheckResult;
  fitCurve(request: FitRequest): FitResult;
  race(request: RaceRequest): Race;
  raceTraining(request: TrainingRaceRequest): Promise<TrainingRace>;
  train(request: TrainRequest): Promise<TrainResult>;
  evaluate(request: EvaluateRequest): Promise<EvaluateResult>;
  landscape(request: LandscapeRequest): Promise<LandscapeResult>;
  noise(request: NoiseRequest): Promise<GradientStatistics>;
  /** What the model gives for each input, row by row. */
  predict(request: PredictRequest): PredictResult;
  /** Makes a public data set available on disk. */
  getData(name: RemoteSetName, options: GetDataOptions): Promise<DataFolder>;
  bench(request: BenchRequest): Promise<Profile>;
  explain(request: ExplainRequest): readonly ExplainedLevel[];
}
