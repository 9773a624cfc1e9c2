/** What the gradient of a batch is worth: its bias, its variance, and the noise scale, measured on data. */
import { openProgram } from "../../backends/wasm/threads/index.js";
import { checkBatchSize, checkDataset, type Dataset, recordCount } from "../../data/dataset.js";
import { crossEntropy, type Loss, meanSquared } from "../../models/losses.js";
import type { Model } from "../../models/model.js";
import { type ModelPoint, Training } from "../../objectives/training.js";
import { RandomStream } from "../../tensor/random.js";
import { recordsLearnedFrom } from "../learned-records.js";
import { checkOptionNames } from "../option-names.js";
import { unusable } from "../settings.js";
import { TrainedRun } from "../trained-run.js";
import { type BatchMoments, GradientMoments } from "./moments.js";

export interface GradientStatisticsOptions {
  /** Sizes of the batches that are drawn, from 1 to the number of records. Default: powers of 4 up to a half of the records, 1,024 at most. */
  readonly batchSizes?: readonly number[];
  /** Batches of each size, drawn with and without replacement, at least 2. Default 64. */
  readonly samples?: number;
  /** Names what is drawn, and the initial weights of a model. Default 1. */
  readonly seed?: number;
  /** Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /** Ends the measurement with an error of the signal's own. */
  readonly signal?: AbortSignal;
}

/** For models: what is measured is the gradient at their initial weights. */
export interface ModelStatisticsOptions extends GradientStatisticsOptions {
  /** Default: cross-entropy where the data has classes, mean squared error where it has not. */
  readonly loss?: Loss;
  /** What the model computes in. Sums over records are float64. Default "f32". */
  readonly dtype?: "f32" | "f64";
}

/** What the batches of one size showed. */
export interface BatchStatistics {
  /** B */
  readonly size: number;
  /** Whether records were drawn with replacement. Without, a batch has B different ones. */
  readonly replacement: boolean;
  readonly samples: number;
  /** The mean of ‖g_B − G‖², with its standard error. */
  readonly variance: number;
  readonly varianceError: number;
  /** What theory says: tr Σ / B, and without replacement (N − B)/(N − 1) of it. */
  readonly predicted: number;
  /** (variance − predicted) / varianceError */
  readonly z: number;
  readonly bias: {
    /** ‖mean of g_B − G‖ */
    readonly distance: number;
    /** Its root mean square where there is no bias: √(predicted / samples). */
    readonly expected: number;
    /** The mean of ⟨g_B, G⟩/‖G‖² − 1, with its standard error. */
    readonly along: number;
    readonly alongError: number;
    /** along / alongError: Student's t with samples − 1 degrees of freedom where there is no bias. */
    readonly t: number;
  };
}

/** A straight line through log variance over log B. */
export interface VarianceLaw {
  /** −1 is due. Without replacement the factor (N − B)/(N − 1) is divided out first. */
  readonly slope: number;
  readonly standardError: number;
}

export interface GradientStatistics {
  /** N */
  readonly records: number;
  /** Elements of θ. */
  readonly parameters: number;
  /** The mean loss over all records. */
  readonly loss: number;
  /** ‖G‖, of the gradient over all records. */
  readonly gradientNorm: number;
  /** tr Σ = (1/N) Σᵢ ‖gᵢ − G‖², from the gradient of each record. */
  readonly trace: number;
  readonly noiseScale: {
    /** tr Σ / ‖G‖², exactly. */
    readonly exact: number;
    /** The same from the norms of batches of two sizes, drawn with replacement; NaN where there is but one size. */
    readonly estimate: number;
    readonly standardError: number;
    readonly sizes: readonly [small: number, large: number];
  };
  /** Size by size, with and without replacement. */
  readonly batches: readonly BatchStatistics[];
  readonly law: { readonly replacement: VarianceLaw; readonly without: VarianceLaw };
}

/**
 * Measures the stochastic gradient. With gᵢ the gradient of record i, G their mean and Σ their covariance (over the N records, divided by N), the mean g_B of
 * B records drawn
 *
 *     has the mean              G
 *     and E‖g_B − G‖² =         tr Σ / B                            with replacement
 *                               tr Σ / B · (N − B)/(N − 1)          without
 *     simple noise scale        tr Σ / ‖G‖²                         (McCandlish et al.: arXiv 1812.06162, 2018, equation 2.9)
 *
 * G and tr Σ are computed from all records; the rest is measured on batches and held against it. The noise scale is the size of batch at which noise
 * and gradient are of one length: far below it a larger batch is nearly as good as more steps, far above it buys little. It is given exactly, and as one
 * estimates it where only norms of batches are known, without bias in numerator and denominator (same, appendix A.1):
 *
 *     ‖G‖² ≈ (B′|g_B′|² − B|g_B|²)/(B′ − B)        tr Σ ≈ (|g_B|² − |g_B′|²)/(1/B − 1/B′)
 *
 * It is the gradient of the loss alone: regularisers are left out, and layers do what they do outside training. Weights of records count.
 *
 * @param run what `fit` returned: the gradient is that at its weights, over the records that it learned from; or a model with its data
 * @throws SteepestError for data and options that cannot be used
 * @example
 * ```ts
 * import { gradientStatistics, linear } from "steepest";
 * import { digits } from "steepest/data";
 * const { noiseScale, law } = await gradientStatistics(linear(), digits({ train: 200 }));
 * noiseScale.exact > 1 && Math.abs(law.replacement.slope + 1) < 0.2; // → true
 * ```
 */
export async function gradientStatistics(run: TrainedRun, options?: GradientStatisticsOptions): Promise<GradientStatistics>;
export async function gradientStatistics(model: Model, data: Dataset, options?: ModelStatisticsOptions): Promise<GradientStatistics>;
export async function gradientStatistics(
  subject: TrainedRun | Model,
  second?: Dataset | GradientStatisticsOptions,
  third?: ModelStatisticsOptions,
): Promise<GradientStatistics> {
  if (subject instanceof TrainedRun) {
    if (second !== undefined && "inputs" in second)
      throw unusable("data", "a run alone, whose records are at hand: gradientStatistics(run, options)", second.name);
    const options: GradientStatisticsOptions = second ?? {};
    checkOptionNames("gradientStatistics", options, names);
    const data = recordsLearnedFrom(subject);
    if (data === undefined)
      throw unusable(
        "run",
        "one that was trained on records in memory: those of streams are read once, those of restorationPairs made anew in each step",
        subject.data.name,
      );
    return measure(subject.training, { theta: subject.theta, state: subject.state }, data, options);
  }
  if (second === undefined || !("inputs" in second)) throw unusable("data", "a data set: gradientStatistics(model, data)", second);
  const options = third ?? {};
  checkOptionNames("gradientStatistics", options, [...names, "loss", "dtype"]);
  checkDataset(second);
  const training = new Training({
    model: subject.build(second.inputs.shape.slice(1)),
    loss: options.loss ?? (second.classes ? crossEntropy() : meanSquared()),
    ...{ preprocessing: second.preprocessing, seed: options.seed ?? 1, dtype: options.dtype ?? "f32" },
  });
  return measure(training, training.start(), second, options);
}

const names = ["batchSizes", "samples", "seed", "threads", "signal"];

async function measure(
  training: Training,
  point: ModelPoint,
  part: Dataset,
  options: GradientStatisticsOptions,
): Promise<GradientStatistics> {
  const records = recordCount(part);
  const { samples = 64, seed = 1, batchSizes = defaultSizes(records), threads, signal } = options;
  if (!Number.isSafeInteger(samples) || samples < 2) throw unusable("samples", "a whole number ≥ 2", samples);
  if (!Number.isSafeInteger(seed) || seed < 0) throw unusable("seed", "a whole number ≥ 0", seed);
  if (batchSizes.length === 0) throw unusable("batchSizes", "at least one size", "none");
  for (const size of batchSizes) checkBatchSize(size, part, part.name);
  const sizes = [...new Set(batchSizes)].sort((a, b) => a - b);
  const moments = new GradientMoments(training, part, samples * Math.max(...sizes));
  const program = await openProgram(moments.variables, threads === undefined ? {} : { threads });
  try {
    moments.begin(program, point, part);
    const whole = await moments.whole(program, signal);
    const batches: BatchStatistics[] = [];
    const norms: { readonly size: number; readonly mean: number; readonly error: number }[] = [];
    for (const size of sizes)
      for (const replacement of [true, false]) {
        const drawn = await moments.drawn(program, size, samples, drawnRows(records, size, samples, seed, replacement), signal);
        const predicted = (whole.trace / size) * (replacement ? 1 : records === 1 ? 0 : (records - size) / (records - 1));
        batches.push(statisticsOf(size, replacement, drawn, predicted, whole.squaredNorm));
        if (replacement) norms.push({ size, ...meanOf(drawn.squaredNorms) });
      }
    const of = (replacement: boolean) => batches.filter((batch) => batch.replacement === replacement);
    return {
      records,
      parameters: training.layout.count,
      loss: whole.loss,
      gradientNorm: Math.sqrt(whole.squaredNorm),
      trace: whole.trace,
      noiseScale: { exact: whole.trace / whole.squaredNorm, ...estimateOf(norms) },
      batches,
      law: {
        replacement: lawOf(of(true), () => 1),
        without: lawOf(of(false), (size) => (records - size) / (records - 1)),
      },
    };
  } finally {
    program.close();
  }
}

function defaultSizes(records: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size <= Math.min(1024, Math.max(1, records / 2)); size *= 4) sizes.push(size);
  return sizes;
}

/** The records of all batches, one batch after the other, each drawn by itself. */
function drawnRows(records: number, size: number, samples: number, seed: number, replacement: boolean): Uint32Array {
  const rows = new Uint32Array(samples * size);
  for (let k = 0; k < samples; k++) {
    const random = new RandomStream(seed, `batches of ${size} ${replacement ? "with" : "without"} replacement`, k);
    if (replacement) for (let i = 0; i < size; i++) rows[k * size + i] = random.integer(records);
    else rows.set(someOf(records, size, random), k * size);
  }
  return rows;
}

/** Different records, every choice of them as likely as any other (Floyd: Bentley, Communications of the ACM 30, 1987, p. 754). */
function someOf(records: number, size: number, random: RandomStream): number[] {
  const chosen = new Set<number>();
  for (let last = records - size; last < records; last++) {
    const record = random.integer(last + 1);
    chosen.add(chosen.has(record) ? last : record);
  }
  return [...chosen];
}

function meanOf(values: ArrayLike<number>): { readonly mean: number; readonly error: number } {
  const { length } = values;
  let mean = 0;
  for (let i = 0; i < length; i++) mean += values[i] / length;
  let squares = 0;
  for (let i = 0; i < length; i++) squares += (values[i] - mean) * (values[i] - mean);
  return { mean, error: Math.sqrt(squares / (length - 1) / length) };
}

function statisticsOf(size: number, replacement: boolean, drawn: BatchMoments, predicted: number, squaredNorm: number): BatchStatistics {
  const samples = drawn.squaredDistances.length;
  const { mean: variance, error: varianceError } = meanOf(drawn.squaredDistances);
  const { mean: along, error: alongError } = meanOf(drawn.along.map((x) => x / squaredNorm));
  return {
    ...{ size, replacement, samples, variance, varianceError, predicted },
    z: (variance - predicted) / varianceError,
    bias: { distance: drawn.bias, expected: Math.sqrt(predicted / samples), along, alongError, t: along / alongError },
  };
}

/** The noise scale from the norms of the smallest and the largest batches, its error by the slopes of the quotient. */
function estimateOf(norms: readonly { readonly size: number; readonly mean: number; readonly error: number }[]): {
  readonly estimate: number;
  readonly standardError: number;
  readonly sizes: readonly [number, number];
} {
  const [small, large] = [norms[0], norms[norms.length - 1]];
  const sizes = [small.size, large.size] as const;
  if (small.size === large.size) return { estimate: Number.NaN, standardError: Number.NaN, sizes };
  const gap = large.size - small.size;
  const inverse = 1 / small.size - 1 / large.size;
  const squared = (large.size * large.mean - small.size * small.mean) / gap;
  const trace = (small.mean - large.mean) / inverse;
  const bySmall = 1 / (inverse * trace) + small.size / (gap * squared);
  const byLarge = 1 / (inverse * trace) + large.size / (gap * squared);
  const estimate = trace / squared;
  return { estimate, standardError: Math.abs(estimate) * Math.hypot(bySmall * small.error, byLarge * large.error), sizes };
}

/** Weighted least squares of log variance over log B. */
function lawOf(batches: readonly BatchStatistics[], correction: (size: number) => number): VarianceLaw {
  const points = batches
    .filter(({ size, variance, varianceError }) => variance > 0 && varianceError > 0 && correction(size) > 0)
    .map(({ size, variance, varianceError }) => {
      const error = varianceError / variance;
      return { x: Math.log(size), y: Math.log(variance / correction(size)), weight: 1 / (error * error) };
    });
  const total = points.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (value: (p: (typeof points)[number]) => number) => points.reduce((sum, p) => sum + p.weight * value(p), 0) / total;
  const [x, y] = [mean((p) => p.x), mean((p) => p.y)];
  const spread = mean((p) => (p.x - x) * (p.x - x));
  const slope = mean((p) => (p.x - x) * (p.y - y)) / spread;
  return points.length < 2 ? { slope: Number.NaN, standardError: Number.NaN } : { slope, standardError: 1 / Math.sqrt(total * spread) };
}
