/** Online learning: a model that learns from a stream of records, and can be used at any time. */
import { noPreprocessing, type Preprocessing } from "../../data/dataset.js";
import {
  type ElementStream,
  type RawRecord,
  RowReader,
  recordsOf,
  type StreamElement,
  type StreamedRow,
  shapeOf,
} from "../../data/stream.js";
import { crossEntropy, type Loss, meanSquared } from "../../models/losses.js";
import type { Model } from "../../models/model.js";
import type { Regularizer } from "../../models/regularizers.js";
import { type ModelPoint, Training } from "../../objectives/training.js";
import { adam } from "../../optimizers/adam.js";
import type { Optimizer } from "../../optimizers/optimizer.js";
import { plateauWatch } from "../../optimizers/schedules/plateau.js";
import { SteepestError } from "../../tensor/error.js";
import type { HostData } from "../../tensor/types.js";
import { checkOptimizer, checkOptionNames } from "../option-names.js";
import { type Predictor, predictorOf } from "../predictor.js";
import type { Profile } from "../profile.js";
import { RateControl, type SetRate } from "../rate-control.js";
import { unusable } from "../settings.js";
import { isFinitePoint, Learner, type SliceTraces } from "./learner.js";
import { MeansOfStream, type StreamMeans } from "./means.js";
import { Pull } from "./pull.js";

export interface StreamOptions {
  /**
   * Where records come from: `{ input, target }` one by one, or `{ inputs, targets }` of several at once, from an async generator, an array,
   * anything that can be iterated. Nothing is taken from it before the state that needs it is asked for.
   */
  readonly stream: ElementStream;
  /** Records of a step, however they come; the last may have fewer. Default: a step for each element of the stream, whatever its size. */
  readonly batchSize?: number;
  /** How many classes there are, or their names: targets are labels then. Default: targets are numbers. */
  readonly classes?: number | readonly string[];
  /** The shape of one input, `[28, 28, 1]`. Default: that of the first. */
  readonly inputShape?: readonly number[];
  /** What is done to inputs before the model sees them. Default: nothing. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** Default: cross-entropy with classes, mean squared error without. */
  readonly loss?: Loss;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** Added to the loss, `l2(1e-4)` for instance. */
  readonly regularizer?: Regularizer;
  /** Steps between two states. Default 1. */
  readonly stepsPerYield?: number;
  /** Most steps; it is also the length that schedules go by. Default: no end. */
  readonly steps?: number;
  /** How many records `recent` remembers. Default 1,000. */
  readonly memory?: number;
  /** Names the initial weights and what dropout leaves out. Default 1. */
  readonly seed?: number;
  /** What is computed in. Default "f32". */
  readonly dtype?: "f32" | "f64";
  /** Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /** As in `fit`. Default false. */
  readonly fast?: boolean;
  /** Ends the descent, also while it waits for the stream. What was taken from the stream by then is learned. */
  readonly signal?: AbortSignal;
  /** Say where the time goes: `state.profile`. Default false. */
  readonly profile?: boolean;
}

/** A model that learns from a stream, between two slices of steps. */
export interface StreamState extends StreamMeans {
  /** Steps done, and records learned. */
  readonly step: number;
  readonly records: number;
  /** Of the last step: the mean loss of its records, before it learned them; gradient norm and rate. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** The loss of each step of the slice. */
  readonly losses: Float64Array;
  /** θ with its gaps. */
  readonly theta: HostData;
  /** Learned parameters, and what layers carry, by path. */
  readonly solution: ReadonlyMap<string, HostData>;
  /** `running` while it goes on; the last state says why it ended. A diverged one has the last good θ. */
  readonly status: "running" | "stream-ended" | "step-limit" | "diverged" | "aborted";
  /** Where the time of all steps so far went, if that was asked for. */
  readonly profile?: Profile;
  /** Whether `fast` is in force. */
  readonly fast: boolean;
  /** Sets the learning rate from here on: the schedule, if any, is scaled so that it goes through it. */
  readonly set: SetRate;
  /** The model as it is now, whatever it learns later. */
  predictor(): Predictor;
}

const names = [
  ...["stream", "batchSize", "classes", "inputShape", "preprocessing", "loss", "optimizer", "regularizer", "stepsPerYield", "steps"],
  ...["memory", "seed", "dtype", "threads", "fast", "signal", "profile"],
];

/** What `descend` does with a model and a stream; its docstring is there. */
export async function* descendStream(model: Model, options: StreamOptions): AsyncGenerator<StreamState, void, void> {
  checkOptions(options);
  const { optimizer = adam(), stepsPerYield = 1, steps = Number.POSITIVE_INFINITY, memory = 1000, profile = false } = options;
  checkOptimizer("descend", optimizer);
  const pull = new Pull<StreamElement>(options.stream, options.signal);
  const source = new BatchSource(pull, model, options);
  const means = new MeansOfStream(memory);
  const rates = new RateControl((scale) => learner?.scaleRate(scale));
  const watch = plateauWatch(optimizer);
  let learner: Learner | undefined;
  let [step, records] = [0, 0];
  let last: { traces: SliceTraces; point: ModelPoint } | undefined;
  try {
    for (;;) {
      const { batches, end } = await source.take(Math.min(stepsPerYield, steps - step));
      const { training, labels, targetShape } = source;
      if (training === undefined) {
        if (end?.failure !== undefined) throw end.failure;
        return;
      }
      learner ??= new Learner({
        ...{ training, optimizer, targetShape, labels, slots: stepsPerYield, batchSize: options.batchSize },
        ...{ totalSteps: steps, fast: options.fast ?? false, threads: options.threads, profile },
      });
      let status: StreamState["status"] = end?.status ?? "running";
      if (batches.length > 0) {
        const traces = await learner.learn(batches);
        let point = await learner.point();
        const isGood = traces.good === batches.length && isFinitePoint(point);
        if (!isGood) {
          status = "diverged";
          if (!isFinitePoint(point)) {
            point = last?.point ?? training.start();
            await learner.restore(point);
          }
        }
        for (let i = 0; i < traces.good; i++) means.take(batches[i].length, traces.loss[i], traces.accuracy?.[i]);
        step += traces.good;
        records += batches.slice(0, traces.good).reduce((sum, batch) => sum + batch.length, 0);
        last = { traces, point };
      }
      if (status === "running" && step >= steps) status = "step-limit";
      // An error of the stream is not the end: it comes after the state of all that came before it.
      if (last !== undefined && (batches.length > 0 || status !== "running")) {
        const { traces, point } = last;
        const at = traces.loss.length - 1;
        const set = rates.from(traces.learningRate[at]);
        if (batches.length > 0 && watch) {
          const before = watch.scale;
          if (watch.look(means.means.recent.loss)) rates.lower(watch.scale / before);
        }
        yield {
          ...{ step, records, loss: traces.loss[at], gradientNorm: traces.gradientNorm[at], learningRate: traces.learningRate[at] },
          losses: batches.length > 0 ? traces.loss : new Float64Array(0),
          ...means.means,
          theta: point.theta,
          solution: training.named(point),
          status,
          ...(profile ? { profile: await learner.profile() } : {}),
          fast: learner.fast,
          set,
          predictor: () => predictorOf(training, point),
        };
      }
      if (end?.failure !== undefined) throw end.failure;
      if (status !== "running") return;
    }
  } finally {
    learner?.close();
    await pull.end();
  }
}

/** Why nothing more comes. */
interface StreamEnd {
  readonly status?: "stream-ended" | "aborted";
  readonly failure?: unknown;
}

/** Makes batches of what the stream holds. The first record says what all are like. */
class BatchSource {
  readonly #pull: Pull<StreamElement>;
  readonly #model: Model;
  readonly #options: StreamOptions;
  #reader: RowReader | undefined;
  /** Records of an element that was taken, those from `#next` on not yet read. */
  #element: readonly RawRecord[] = [];
  #next = 0;
  /** Records read. */
  #read = 0;
  training: Training | undefined;
  labels = false;
  targetShape: readonly number[] = [];

  constructor(pull: Pull<StreamElement>, model: Model, options: StreamOptions) {
    this.#pull = pull;
    this.#model = model;
    this.#options = options;
  }

  /** Up to `count` batches; fewer at the end of the stream, whatever ended it. */
  async take(count: number): Promise<{ readonly batches: readonly (readonly StreamedRow[])[]; readonly end?: StreamEnd }> {
    const { batchSize, signal } = this.#options;
    const batches: StreamedRow[][] = [];
    let batch: StreamedRow[] = [];
    let end: StreamEnd | undefined;
    while (batches.length < count && end === undefined) {
      try {
        if (this.#next === this.#element.length) {
          const element = signal?.aborted ? undefined : await this.#pulled();
          if (element === undefined) {
            end = { status: signal?.aborted ? "aborted" : "stream-ended" };
            break;
          }
          [this.#element, this.#next] = [recordsOf(element, this.#read), 0];
        }
        const raw = this.#element[this.#next++];
        this.#reader ??= this.#readerOf(raw);
        batch.push(this.#reader.read(raw, this.#read++));
      } catch (failure) {
        end = { failure };
        break;
      }
      const isWhole = batchSize === undefined ? this.#next === this.#element.length : batch.length === batchSize;
      if (isWhole) {
        batches.push(batch);
        batch = [];
      }
    }
    if (batch.length > 0) batches.push(batch);
    return { batches, ...(end ? { end } : {}) };
  }

  async #pulled(): Promise<StreamElement | undefined> {
    try {
      return (await this.#pull.next())?.value;
    } catch (cause) {
      const error = new SteepestError({
        problem: "The stream failed",
        expected: "records, or its end",
        received: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
        where: `record ${this.#read} of the stream`,
        fix: "what came before it is learned: the last state has the model",
      });
      error.cause = cause;
      throw error;
    }
  }

  #readerOf(first: RawRecord): RowReader {
    const { classes, loss = classes === undefined ? meanSquared() : crossEntropy(), dtype = "f32", seed = 1 } = this.#options;
    const found = shapeOf(first.input);
    const inputShape = this.#options.inputShape ?? (found.length === 0 ? [1] : found);
    const training = new Training({
      ...{ model: this.#model.build(inputShape), loss, dtype, seed },
      preprocessing: { ...noPreprocessing, ...this.#options.preprocessing },
      ...(this.#options.regularizer ? { regularizer: this.#options.regularizer } : {}),
    });
    const targetShape = shapeOf(first.target);
    const scores = training.parts.model.outputShape.at(-1) ?? 1;
    const isLabel = classes !== undefined || (loss.classification && targetShape.length === 0);
    const labels = isLabel ? (classes ?? scores) : undefined;
    const count = typeof labels === "object" ? labels.length : (labels ?? 0);
    if (loss.classification && count > scores)
      throw new SteepestError({
        problem: `${this.#model.name} has fewer outputs than the stream has classes`,
        expected: `${count} scores, one for each class`,
        received: String(scores),
        fix: `end the model with dense(${count})`,
      });
    this.labels = isLabel;
    this.targetShape = isLabel ? [] : targetShape;
    const reader = new RowReader({ inputShape, targetShape: this.targetShape, labels, dtype });
    this.training = training;
    return reader;
  }
}

function checkOptions(options: StreamOptions): void {
  checkOptionNames("descend", options, names);
  const { stream, batchSize, stepsPerYield, steps, memory, seed, dtype, fast, profile, classes } = options;
  const isCount = (x: unknown) => Number.isSafeInteger(x) && Number(x) >= 1;
  if (typeof stream !== "object" || stream === null || !(Symbol.asyncIterator in stream || Symbol.iterator in stream))
    throw unusable("stream", "something that can be iterated, such as an async generator (called)", stream);
  if (batchSize !== undefined && !isCount(batchSize)) throw unusable("batchSize", "a whole number ≥ 1", batchSize);
  if (stepsPerYield !== undefined && !isCount(stepsPerYield)) throw unusable("stepsPerYield", "a whole number ≥ 1", stepsPerYield);
  if (steps !== undefined && steps !== Number.POSITIVE_INFINITY && !isCount(steps)) throw unusable("steps", "a whole number ≥ 1", steps);
  if (memory !== undefined && !(memory >= 1 && Number.isFinite(memory))) throw unusable("memory", "a number of records ≥ 1", memory);
  if (seed !== undefined && !(seed === 0 || isCount(seed))) throw unusable("seed", "a whole number from 0 to 2⁵³ − 1", seed);
  if (dtype !== undefined && dtype !== "f32" && dtype !== "f64") throw unusable("dtype", '"f32" or "f64"', dtype);
  if (fast !== undefined && typeof fast !== "boolean") throw unusable("fast", "true or false", fast);
  if (profile !== undefined && typeof profile !== "boolean") throw unusable("profile", "true or false", profile);
  if (classes !== undefined && !(Array.isArray(classes) ? classes.length >= 2 : isCount(classes) && Number(classes) >= 2))
    throw unusable("classes", "how many there are, at least 2, or their names", classes);
}
