/** `hessianSpectrum`: eigenvalues, trace and spectral density of the Hessian of a loss, with any number of parameters and records. */
import { norm } from "../../algebra/index.js";
import { openProgram } from "../../backends/wasm/threads/index.js";
import {
  answeredLater,
  Derivatives,
  densityNodes,
  type EigenPair,
  extremes,
  type Inquiry,
  placesOf,
  type SpectralDensity,
  type TraceEstimate,
  traceSamples,
  type VectorSpace,
} from "../../curvature/index.js";
import { type Dataset, type DatasetPart, recordCount } from "../../data/dataset.js";
import type { Objective } from "../../objectives/objective.js";
import type { ModelPoint, Training } from "../../objectives/training.js";
import { isData } from "../learned-records.js";
import { checkOptionNames } from "../option-names.js";
import { unusable } from "../settings.js";
import type { TrainedRun } from "../trained-run.js";
import { HessianProducts } from "./hessian-products.js";
import { type TrainedModel, trainedSubject } from "./subject.js";

export interface HessianSpectrumProgress {
  readonly stage: "eigenvalues" | "trace" | "density";
  /** Products with the Hessian so far, in all stages. */
  readonly products: number;
}

export interface HessianSpectrumOptions {
  /** How many of the largest eigenvalues, with their vectors. Default 10. */
  readonly top?: number;
  /** How many of the smallest. Default 0. */
  readonly bottom?: number;
  /** Estimate the trace, with so many random vectors: a product each. `true` stands for 32. Default false. */
  readonly trace?: boolean | number;
  /** Estimate the spectral density, see `spectralDensity`. `true` stands for 4 probes of 40 steps. Default false. */
  readonly density?: boolean | { readonly probes?: number; readonly steps?: number };
  /** A pair is good enough where ‖Hv − λv‖ is at most so large a part of the largest |λ|. Default 1e-8 for models in float64, 1e-4 in float32. */
  readonly tolerance?: number;
  /** Most products for the eigenvalues. Default 500. */
  readonly products?: number;
  /** Names all random vectors. Default 1. */
  readonly seed?: number;
  /** Told after each product. */
  readonly onProgress?: (progress: HessianSpectrumProgress) => void;
  /** Ends it with an error of the signal's own. */
  readonly signal?: AbortSignal;
}

export interface RunSpectrumOptions extends HessianSpectrumOptions {
  /** How many of the records, evenly spaced among all. Default: all. */
  readonly records?: number;
  /** Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
}

export interface ObjectiveSpectrumOptions extends HessianSpectrumOptions {
  /** θ. Default: the objective's start. */
  readonly at?: ArrayLike<number>;
}

export interface HessianSpectrum {
  /** Rows of the Hessian. */
  readonly parameters: number;
  /** Records that the loss is a mean over; absent for objectives without. */
  readonly records?: number;
  /** At θ. */
  readonly loss: number;
  readonly gradientNorm: number;
  /** Descending, each with the residual that was measured; vectors as θ is laid out, see `training.layout.split`. */
  readonly largest: readonly EigenPair[];
  /** Ascending. */
  readonly smallest: readonly EigenPair[];
  /** Whether all residuals are within the tolerance. */
  readonly converged: boolean;
  readonly trace?: TraceEstimate;
  readonly density?: SpectralDensity;
  /** Products with the Hessian that it took. */
  readonly products: number;
  readonly seconds: number;
}

/**
 * The spectrum of the Hessian H of a loss at a point: the largest eigenvalues with their vectors (Lanczos' method, as `extremeEigenvalues`), and, where asked for, the
 * trace (`estimateTrace`) and the spectral density (`spectralDensity`). H is never formed: all of it comes from products
 *
 *     H v = (1/N) Σᵢ wᵢ ∇²ℓᵢ(θ) v
 *
 * which are computed in passes over the records in a compiled program, exactly but for rounding. It is the Hessian of the loss alone: regularisers are left out (l2(λ) would add 2λ to
 * the diagonal, for each weight), and layers do what they do outside training. Where ReLU and maxima have kinks, H is that of the piece on which θ lies.
 *
 * The same seed gives the same bits with any number of threads.
 *
 * @param run what `fit` returned, at its last weights and on the records that it learned from; or with other data; or what `loadRun` gave, with data; or an objective
 * @throws SteepestError for options and data that cannot be used
 * @example
 * ```ts
 * import { dense, fit, hessianSpectrum, sequential, flatten } from "steepest";
 * import { digits } from "steepest/data";
 * const run = await fit(sequential(flatten(), dense(10)), digits({ train: 200, test: 1 }), { epochs: 1, batchSize: 50 });
 * const { largest, trace, converged } = await hessianSpectrum(run, { top: 3, trace: true });
 * converged;                                   // → true
 * largest[0].value > largest[2].value;         // → true
 * trace !== undefined && trace.value > largest[0].value; // → true
 * ```
 */
export async function hessianSpectrum(run: TrainedRun, options?: RunSpectrumOptions): Promise<HessianSpectrum>;
export async function hessianSpectrum(
  run: TrainedRun | TrainedModel,
  data: Dataset,
  options?: RunSpectrumOptions,
): Promise<HessianSpectrum>;
export async function hessianSpectrum(objective: Objective, options?: ObjectiveSpectrumOptions): Promise<HessianSpectrum>;
export async function hessianSpectrum(
  subject: TrainedRun | TrainedModel | Objective,
  second: Dataset | RunSpectrumOptions | ObjectiveSpectrumOptions = {},
  third: RunSpectrumOptions = {},
): Promise<HessianSpectrum> {
  if ("kind" in subject) return ofObjective(subject, isData(second) ? {} : second);
  const options: RunSpectrumOptions = isData(second) ? third : second;
  checkOptionNames("hessianSpectrum", options, [...names, "records", "threads"]);
  const { training, point, part } = trainedSubject("hessianSpectrum", subject, isData(second) ? second : undefined, options.records);
  return ofRecords(training, point, part, options);
}

const names = ["top", "bottom", "trace", "density", "tolerance", "products", "seed", "onProgress", "signal"];

async function ofRecords(training: Training, point: ModelPoint, part: DatasetPart, options: RunSpectrumOptions): Promise<HessianSpectrum> {
  const { signal, threads } = options;
  const products = new HessianProducts(training, part);
  const program = await openProgram(products.variables, threads === undefined ? {} : { threads });
  try {
    products.fill(program, part);
    products.moveTo(program, point);
    const { layout } = training;
    const found = await explored(
      { size: layout.size, support: placesOf(layout) },
      layout.count,
      {
        first: () => products.first(program, signal),
        times: (v) => products.times(program, v, signal),
        isSingle: training.dtype === "f32",
      },
      options,
    );
    return { ...found, records: recordCount(part) };
  } finally {
    program.close();
  }
}

/** Milliseconds after which other things get their turn. */
const TURN = 30;

async function ofObjective(objective: Objective, options: ObjectiveSpectrumOptions): Promise<HessianSpectrum> {
  checkOptionNames("hessianSpectrum", options, [...names, "at"]);
  const { parameters } = objective;
  const at = Float64Array.from(options.at ?? objective.start);
  if (at.length !== parameters.size) throw unusable("at", `${parameters.size} numbers, as the objective's start`, `${at.length} numbers`);
  const derivatives = new Derivatives(objective);
  const support = placesOf(parameters);
  let last = performance.now();
  return explored(
    { size: parameters.size, support },
    support.length,
    {
      first: async () => {
        const { value: loss, gradient } = derivatives.at(at);
        return { loss, gradient };
      },
      times: async (v) => {
        if (performance.now() - last > TURN) {
          await new Promise((resolve) => setTimeout(resolve));
          last = performance.now();
        }
        options.signal?.throwIfAborted();
        return derivatives.times(at, v);
      },
      isSingle: parameters.dtype === "f32",
    },
    options,
  );
}

interface Hessian {
  first(): Promise<{ readonly loss: number; readonly gradient: Float64Array }>;
  times(v: Float64Array): Promise<ArrayLike<number>>;
  /** Whether its products are float32. */
  readonly isSingle: boolean;
}

async function explored(
  space: VectorSpace,
  parameters: number,
  { first, times, isSingle }: Hessian,
  options: HessianSpectrumOptions,
): Promise<HessianSpectrum> {
  const {
    top = 10,
    bottom = 0,
    trace = false,
    density = false,
    seed = 1,
    tolerance = isSingle ? 1e-4 : 1e-8,
    products,
    onProgress,
  } = options;
  for (const [name, count] of Object.entries({ top, bottom }))
    if (!Number.isSafeInteger(count) || count < 0) throw unusable(name, "a whole number ≥ 0", count);
  const began = performance.now();
  let done = 0;
  const run = <R>(stage: HessianSpectrumProgress["stage"], inquiry: Inquiry<R>): Promise<R> =>
    answeredLater(inquiry, async (v) => {
      const product = await times(v);
      done++;
      onProgress?.({ stage, products: done });
      return product;
    });
  const { loss, gradient } = await first();
  const limits = { largest: top, smallest: bottom, tolerance, seed, ...(products === undefined ? {} : { products }) };
  const { largest, smallest, converged } = await run("eigenvalues", extremes(space, limits));
  const samples = trace === true ? {} : { samples: Number(trace) };
  const estimate = trace === false ? undefined : await run("trace", traceSamples(space, { ...samples, seed }));
  const spread = density === false ? undefined : await run("density", densityNodes(space, { ...(density === true ? {} : density), seed }));
  return {
    ...{ parameters, loss, gradientNorm: norm(gradient), largest, smallest, converged },
    ...(estimate === undefined ? {} : { trace: estimate }),
    ...(spread === undefined ? {} : { density: spread }),
    products: done,
    seconds: (performance.now() - began) / 1000,
  };
}
