/** Searches that know no slopes, for the weights of a model: the loss over all training records, in one compiled program. */
import { vmap } from "../../autodiff/index.js";
import { openProgram, type ThreadedProgram } from "../../backends/wasm/threads/index.js";
import type { EntryPoint } from "../../compiler/program.js";
import { checkDataset, type Dataset, recordCount } from "../../data/dataset.js";
import { crossEntropy, type Loss, meanSquared } from "../../models/losses.js";
import type { Model } from "../../models/model.js";
import type { Regularizer } from "../../models/regularizers.js";
import { Training } from "../../objectives/training.js";
import { SteepestError } from "../../tensor/error.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { RandomStream } from "../../tensor/random.js";
import { readVariable, type Tensor, weakNumber } from "../../tensor/tensor.js";
import { allocate, type HostData } from "../../tensor/types.js";
import type { HistoryRecord, Status } from "../history.js";
import { checkOptionNames } from "../option-names.js";
import { modelVariables, PartEvaluator } from "../part-evaluator.js";
import { checkSomeCount, RecordPlace } from "../records.js";
import { unusable } from "../settings.js";
import { checkLoss, checkModel, checkScores } from "../trainable.js";
import { TrainedRun } from "../trained-run.js";

export interface WeightSearchOptions {
  /**
   * - `random`: each try draws all weights anew, as the model's layers start
   * - `local`: the first try is such a start; each further one is the best weights so far plus N(0, step²) in every weight, and is kept if its loss is lower
   */
  readonly method: "random" | "local";
  /** Weights that are tried for each seed. Default 1,000. */
  readonly tries?: number;
  /** Standard deviation of a local step, in each weight. */
  readonly step?: number;
  /** One search for each of them, all side by side: one product serves them all. Default [1]. */
  readonly seeds?: readonly number[];
  /** Default: cross-entropy where the data has classes, mean squared error where it has not. */
  readonly loss?: Loss;
  /** Added to the loss. */
  readonly regularizer?: Regularizer;
  /** What is computed in. Default "f32". */
  readonly dtype?: "f32" | "f64";
  /** Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /** Multiplies and adds in one instruction, as in `fit`. Default false. */
  readonly fast?: boolean;
  /** Where the worker's source lies, under a content-security policy that forbids inline workers. */
  readonly workerUrl?: string;
  /** Aborting keeps the best weights so far. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WeightSearchProgress) => void;
}

/** After each try. */
export interface WeightSearchProgress {
  readonly tried: number;
  readonly tries: number;
  readonly seconds: number;
  /** The lowest loss so far, for each seed. */
  readonly losses: readonly number[];
}

/**
 * Searches the weights of a model without gradients: random search, or random local search. What every gradient method has to beat.
 *
 * The loss is that of all training records at once; `run.history` holds, for each try, the lowest so far, and `run.trainLoss` the last of them. A step counts as an epoch: it
 * has seen every record. The same seed gives the same weights, whatever the number of threads and whichever seeds run beside it.
 *
 * @param model its initialisers say where random weights come from
 * @param data records with their test part
 * @param options see WeightSearchOptions
 * @returns one run for each seed
 * @throws SteepestError for data that cannot be used, layers that do not fit or carry state, unusable options
 * @example
 * ```ts
 * import { dense, multiclassHinge, normal, searchWeights, sequential } from "steepest";
 * import { arrayDataset } from "steepest/data";
 * const data = arrayDataset({ inputs: [[0, 1], [1, 0], [1, 1], [2, 1]], targets: [0, 1, 0, 1], classes: 2 });
 * const model = sequential(dense(2, { init: normal({ std: 1 }) }));
 * const [run] = await searchWeights(model, data, { method: "local", step: 0.3, tries: 200, loss: multiclassHinge() });
 * run.trainLoss < 0.5; // → true
 * ```
 */
export async function searchWeights(model: Model, data: Dataset, options: WeightSearchOptions): Promise<readonly TrainedRun[]> {
  checkModel("searchWeights", model);
  checkDataset(data);
  checkOptionNames("searchWeights", options, names);
  checkOptions(options);
  const { seeds = [1], regularizer, dtype } = options;
  const loss = options.loss ?? (data.classes ? crossEntropy() : meanSquared());
  checkLoss(loss);
  checkSomeCount(data, "training");
  const built = model.build(data.inputs.shape.slice(1));
  if (loss.classification) checkScores(built, loss, data);
  if (built.state.length > 0)
    throw new SteepestError({
      problem: "searchWeights takes models whose layers carry nothing from step to step",
      expected: "no running statistics: a try is judged by itself",
      received: built.state.map(({ path }) => path).join(", "),
    });
  const trainings = seeds.map(
    (seed) =>
      new Training({
        model: built,
        loss,
        preprocessing: data.preprocessing,
        seed,
        ...(regularizer ? { regularizer } : {}),
        ...(dtype ? { dtype } : {}),
      }),
  );
  const search = await WeightSearch.open(trainings, data, options);
  try {
    return await search.run();
  } finally {
    search.close();
  }
}

/** One search of several that run side by side. */
interface Single {
  readonly training: Training;
  best: HostData;
  loss: number;
  /** The try that was best. */
  at: number;
  readonly history: HistoryRecord[];
}

class WeightSearch {
  readonly #data: Dataset;
  readonly #options: WeightSearchOptions;
  readonly #program: ThreadedProgram;
  readonly #candidates: Variable;
  readonly #theta: Variable;
  readonly #entry: EntryPoint;
  readonly #evaluator: PartEvaluator | undefined;
  readonly #searches: readonly Single[];

  private constructor(
    trainings: readonly Training[],
    data: Dataset,
    options: WeightSearchOptions,
    variables: { readonly candidates: Variable; readonly theta: Variable; readonly entry: EntryPoint },
    evaluator: PartEvaluator | undefined,
    program: ThreadedProgram,
  ) {
    this.#data = data;
    this.#options = options;
    this.#program = program;
    this.#candidates = variables.candidates;
    this.#theta = variables.theta;
    this.#entry = variables.entry;
    this.#evaluator = evaluator;
    this.#searches = trainings.map((training) => ({
      training,
      best: training.initialTheta(),
      loss: Number.POSITIVE_INFINITY,
      at: 0,
      history: [],
    }));
  }

  static async open(trainings: readonly Training[], data: Dataset, options: WeightSearchOptions): Promise<WeightSearch> {
    const [training] = trainings;
    const { size } = training.layout;
    const { dtype } = training;
    const candidates: Variable = { name: "candidates", type: { shape: [trainings.length, size], dtype } };
    const model = modelVariables(training);
    const { theta } = model;
    const place = new RecordPlace("training", data, true);
    const { inputs, targets, weights } = place.all();
    const evaluator = data.test && new PartEvaluator(training, model, data.test);
    // Dropout, if there is any, leaves out the same in every try.
    const context = { step: weakNumber(0), ...(weights ? { weights } : {}) };
    const lossOf = (at: Tensor) => training.batch(at, inputs, targets, true, context).loss;
    const entry = { name: "losses", writes: [], traces: [{ name: "loss", value: vmap(lossOf)(readVariable(candidates)).cast("f64") }] };
    const { threads, fast, workerUrl } = options;
    const program = await openProgram([candidates, theta, ...place.variables, ...(evaluator?.variables ?? [])], {
      ...(threads === undefined ? {} : { threads }),
      ...(fast === undefined ? {} : { fast }),
      ...(workerUrl === undefined ? {} : { workerUrl }),
    });
    place.fill(program, data);
    return new WeightSearch(trainings, data, options, { candidates, theta, entry }, evaluator, program);
  }

  close(): void {
    this.#program.close();
  }

  async run(): Promise<readonly TrainedRun[]> {
    const { tries = 1000, signal, onProgress } = this.#options;
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    let status: Status = "step-limit";
    let tried = 0;
    let drawn = this.#searches.map(({ training }) => training.initialTheta());
    while (tried < tries) {
      if (signal?.aborted) break;
      this.#program.write(this.#candidates, this.#laid(drawn));
      const running = this.#program.run(this.#entry, 1, signal ? { signal } : {});
      // What is random of the next try is drawn while the threads work on this one.
      const next = tried + 1 < tries ? this.#searches.map(({ training }) => this.#draw(training, tried + 1)) : [];
      const { steps, traces } = await running;
      if (steps === 0) break;
      this.#searches.forEach((search, i) => {
        if (traces.loss[i] < search.loss) Object.assign(search, { loss: traces.loss[i], best: drawn[i], at: tried });
        search.history.push({ step: tried + 1, epoch: tried + 1, seconds: seconds(), loss: search.loss, learningRate: 0 });
      });
      tried++;
      drawn = this.#options.method === "random" ? next : next.map((step, i) => sum(this.#searches[i].best, step));
      onProgress?.({ tried, tries, seconds: seconds(), losses: this.#searches.map(({ loss }) => loss) });
    }
    if (tried < tries) status = "aborted";
    const time = seconds();
    const runs: TrainedRun[] = [];
    for (const search of this.#searches) runs.push(await this.#result(search, status, tried, time));
    return runs;
  }

  /** Weights anew, or a step: what try number `index` owes to chance. */
  #draw(training: Training, index: number): HostData {
    const { method, step = 0 } = this.#options;
    if (method === "random") return training.initialTheta(index);
    const random = new RandomStream(training.parts.seed, "local search", index);
    const out = allocate(training.dtype, training.layout.size);
    for (const { offset, size } of training.layout.entries) random.fillNormal(out.subarray(offset, offset + size), 0, step);
    return out;
  }

  #laid(rows: readonly HostData[]): HostData {
    const { dtype, layout } = this.#searches[0].training;
    const out = allocate(dtype, rows.length * layout.size);
    rows.forEach((row, i) => out.set(row, i * layout.size));
    return out;
  }

  async #result({ training, best, loss, at, history }: Single, status: Status, tried: number, seconds: number): Promise<TrainedRun> {
    const { method } = this.#options;
    this.#program.write(this.#theta, best);
    const test = this.#data.test && (await this.#evaluator?.evaluate(this.#program, this.#data.test));
    const records = recordCount(this.#data);
    const found = Number.isFinite(loss);
    return new TrainedRun({
      outcome: {
        status: found || tried === 0 ? status : "diverged",
        diagnosis: found
          ? `${tried} weights were tried; the lowest loss, ${Number(loss.toPrecision(4))}, is that of number ${at + 1}.`
          : `${tried} weights were tried, and none had a finite loss.`,
        epochs: tried,
        steps: tried,
        seconds,
        samplesPerSecond: (tried * records) / Math.max(1e-9, seconds),
        trainLoss: found ? loss : Number.NaN,
        history,
      },
      seen: undefined,
      training,
      data: this.#data,
      settings: {
        optimizer: method === "random" ? "random search" : "random local search",
        epochs: tried,
        batchSize: records,
        order: "sequential",
        curriculum: null,
        augment: [],
        seed: training.parts.seed,
        validation: 0,
        patience: null,
        fast: this.#program.fast,
      },
      point: { theta: best, state: training.initialState() },
      test,
      profile: undefined,
      averaged: undefined,
    });
  }
}

const sum = (a: HostData, b: HostData): HostData => {
  const out = b.slice();
  for (let i = 0; i < out.length; i++) out[i] += a[i];
  return out;
};

const names = ["method", "tries", "step", "seeds", "loss", "regularizer", "dtype", "threads", "fast", "workerUrl", "signal", "onProgress"];

function checkOptions({ method, tries, step, seeds, dtype, threads, fast, regularizer, onProgress }: WeightSearchOptions): void {
  const isCount = (x: unknown) => Number.isSafeInteger(x) && Number(x) >= 1;
  if (method !== "random" && method !== "local") throw unusable("method", '"random" or "local"', method);
  if (tries !== undefined && !isCount(tries)) throw unusable("tries", "a whole number ≥ 1", tries);
  if (method === "local" && !(Number.isFinite(step) && Number(step) > 0))
    throw new SteepestError({
      problem: "the option step is not usable",
      expected: "the standard deviation of a step in each weight, a number > 0",
      received: String(step),
      fix: "a tenth of the scale of the start is usual",
    });
  if (method === "random" && step !== undefined)
    throw new SteepestError({
      problem: "random search takes no steps",
      expected: 'step only with method: "local"',
      received: String(step),
    });
  if (seeds !== undefined && !(Array.isArray(seeds) && seeds.length > 0 && seeds.every((seed) => seed === 0 || isCount(seed))))
    throw unusable("seeds", "whole numbers, at least one", JSON.stringify(seeds));
  if (dtype !== undefined && dtype !== "f32" && dtype !== "f64") throw unusable("dtype", '"f32" or "f64"', dtype);
  if (threads !== undefined && !isCount(threads)) throw unusable("threads", "a whole number ≥ 1", threads);
  if (fast !== undefined && typeof fast !== "boolean") throw unusable("fast", "true or false", fast);
  if (regularizer !== undefined && typeof regularizer?.penalty !== "function")
    throw unusable("regularizer", "what l2(1e-4) returns", regularizer);
  if (onProgress !== undefined && typeof onProgress !== "function") throw unusable("onProgress", "a function", onProgress);
}
