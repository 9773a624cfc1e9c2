/** The asynchronous loop of `fit`: slices of compiled steps, validation at the end of each epoch, records on the way. */

import { openProgram, type ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import type { RecordOrder } from "../data/batches.js";
import type { DatasetPart } from "../data/dataset.js";
import { ReadError, type StreamedPart } from "../data/streamed.js";
import type { ModelPoint, Training } from "../objectives/training.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { plateauWatch } from "../optimizers/schedules/plateau.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import type { HostData } from "../tensor/types.js";
import type { TrainingRecords } from "./batch-source.js";
import type { ByLoss } from "./curriculum.js";
import type { Evaluation, HistoryRecord, Status } from "./history.js";
import { HistoryRecorder } from "./history-recorder.js";
import { PartEvaluator, roomFor } from "./part-evaluator.js";
import { type Profile, profileOf } from "./profile.js";
import type { TrainingProgress } from "./progress.js";
import { type RecordFeed, ResidentRecords } from "./record-feed.js";
import { RecordRing } from "./record-ring.js";
import { type DescentVariables, descentVariables, initialValues, stateList, variableList } from "./step.js";
import type { TestEvaluation, TrainOutcome } from "./trained-run.js";
import { PathRecorder, type RecordPathOptions } from "./training-path.js";
import { type BatchEntries, TrainingSteps } from "./training-steps.js";
import { describeTraining } from "./training-words.js";

/** How records that are streamed are held. */
export interface Streaming {
  /** Bytes for all records, those for evaluation included. */
  readonly memory: number;
  /** Records read at once. */
  readonly chunk: number;
}

export interface TrainingLoopOptions {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly records: TrainingRecords | StreamedPart;
  /** The parts that will be evaluated. */
  readonly held: readonly (DatasetPart | StreamedPart)[];
  /** Where the records are streamed. */
  readonly streaming?: Streaming;
  readonly epochs: number;
  readonly batchSize: number;
  readonly order: RecordOrder | ByLoss;
  readonly seed: number;
  readonly fast: boolean;
  readonly threads?: number;
  readonly workerUrl?: string;
  readonly profile?: boolean;
  readonly recordPath?: RecordPathOptions;
}

export interface TrainOptions {
  readonly validation: DatasetPart | StreamedPart | undefined;
  readonly patience: number;
  readonly seconds: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  readonly onRecord?: (record: HistoryRecord) => void;
}

/** Milliseconds between two reports. */
const REPORT = 120;
/** Seconds after which the clocks of a profile start anew, in the first half of a training. */
const COLD = 0.4;
/** Lines of a history. */
const RECORDS = 400;

const noState: HostData = new Float32Array(0);

/** What a slice began with. */
interface Checkpoint {
  readonly done: number;
  readonly entry: EntryPoint;
  readonly values: ReadonlyMap<Variable, HostData>;
}

/** Of the memory for streamed records, the part that evaluation takes. */
const EVALUATION_SHARE = 1 / 8;

const totalStepsOf = (epochs: number, perEpoch: number): number => Math.max(1, Math.round(epochs * perEpoch));

function feedOf({ records, order, batchSize, seed, streaming, held, epochs }: TrainingLoopOptions): RecordFeed {
  if (!("read" in records)) return new ResidentRecords(records, { batchSize, order, seed });
  if (streaming === undefined || (order !== "sequential" && order !== "shuffled" && order !== "once"))
    throw new Error("internal: records cannot be streamed so");
  const memory = streaming.memory * (held.length > 0 ? 1 - EVALUATION_SHARE : 1);
  const totalSteps = (perEpoch: number) => totalStepsOf(epochs, perEpoch);
  return new RecordRing(records, { batchSize, order, seed, chunk: streaming.chunk, memory, totalSteps });
}

export class TrainingLoop {
  readonly #options: TrainingLoopOptions;
  readonly #program: ThreadedProgram;
  readonly #variables: DescentVariables;
  readonly #evaluator: PartEvaluator | undefined;
  readonly #feed: RecordFeed;
  readonly #steps: TrainingSteps;
  readonly #learning: BatchEntries;
  readonly #perEpoch: number;
  readonly #totalSteps: number;
  readonly #path: PathRecorder | undefined;

  private constructor(
    options: TrainingLoopOptions,
    program: ThreadedProgram,
    variables: DescentVariables,
    feed: RecordFeed,
    evaluator: PartEvaluator | undefined,
  ) {
    const { training, optimizer, batchSize, epochs } = options;
    this.#options = options;
    this.#program = program;
    this.#variables = variables;
    this.#evaluator = evaluator;
    this.#feed = feed;
    this.#perEpoch = Math.ceil(feed.records / batchSize);
    this.#totalSteps = totalStepsOf(epochs, this.#perEpoch);
    const { size } = training.parameters;
    this.#path = options.recordPath && new PathRecorder(options.recordPath, size, training.dtype, this.#totalSteps);
    this.#steps = new TrainingSteps({ training, optimizer, variables, feed, batchSize });
    this.#learning = this.#steps.learning();
  }

  static async open(options: TrainingLoopOptions): Promise<TrainingLoop> {
    const { training, optimizer, held, streaming, fast, threads, workerUrl, profile } = options;
    const variables = descentVariables(training.parameters, optimizer, false, training.stateLayout.size);
    const feed = feedOf(options);
    const room = roomFor(held, streaming && streaming.memory * EVALUATION_SHARE);
    const evaluator = room && new PartEvaluator(training, variables, room);
    const unranked = feed instanceof ResidentRecords ? feed.unranked : undefined;
    const ranker = unranked && new PartEvaluator(training, variables, unranked);
    const program = await openProgram(
      [...variableList(variables), ...feed.variables, ...(evaluator?.variables ?? []), ...(ranker?.variables ?? [])],
      {
        fast,
        ...(threads === undefined ? {} : { threads }),
        ...(workerUrl === undefined ? {} : { workerUrl }),
        ...(profile === undefined ? {} : { profile }),
      },
    );
    try {
      const loop = new TrainingLoop(options, program, variables, feed, evaluator);
      await feed.open(program);
      const { theta: start, state: carried } = training.start();
      const values = { start, carried, totalSteps: loop.#totalSteps, stepsPerEpoch: loop.#perEpoch, tolerance: 0 };
      for (const [variable, value] of initialValues(variables, optimizer, values)) program.write(variable, value);
      if (ranker && feed instanceof ResidentRecords) feed.rank(await ranker.losses(program, feed.records));
      return loop;
    } catch (error) {
      // Layers and losses that do not fit are found while tracing.
      program.close();
      throw error;
    }
  }

  /** Whether products and sums are fused. */
  get fast(): boolean {
    return this.#program.fast;
  }

  /** θ and the carried state as they stand. */
  async point(): Promise<ModelPoint> {
    const { theta, carried } = this.#variables;
    return { theta: await this.#program.read(theta), state: carried ? await this.#program.read(carried) : noState };
  }

  #pointOf(values: ReadonlyMap<Variable, HostData>): ModelPoint {
    const { theta, carried } = this.#variables;
    return { theta: values.get(theta) ?? noState, state: (carried && values.get(carried)) ?? noState };
  }

  #place({ theta, state }: ModelPoint): void {
    const { theta: place, carried } = this.#variables;
    this.#program.write(place, theta);
    if (carried) this.#program.write(carried, state);
  }

  /** Where the time went, of a loop that was opened with `profile`. */
  profile(waitingForData?: number): Promise<Profile> {
    return profileOf(this.#program, waitingForData);
  }

  /**
   * The average of θ that the optimizer keeps, which is then in force. Carried state belongs to the weights that it was seen with: it is brought
   * up by one pass over the training records at the average, in which nothing is learned (Izmailov et al.: arXiv 1803.05407, section 3.2).
   */
  async averaged(): Promise<ModelPoint | undefined> {
    const { average } = this.#options.optimizer;
    if (average === undefined) return undefined;
    const { theta, slots, carried, step } = this.#variables;
    const mean = await this.#program.read(slots[average]);
    this.#program.write(theta, mean);
    if (carried) {
      const from = this.#totalSteps - (this.#totalSteps % this.#perEpoch);
      this.#program.write(step, [from]);
      await this.#runAll(this.#steps.looking(), from, this.#perEpoch);
    }
    return this.point();
  }

  /** Steps from `from` on, within one epoch, without looking at what they record. */
  async #runAll({ full, rest }: BatchEntries, from: number, steps: number): Promise<void> {
    const first = from - (from % this.#perEpoch);
    const whole = first + this.#perEpoch - (rest === undefined ? 0 : 1);
    for (let at = from; at < from + steps; ) {
      const wish = Math.min(await this.#feed.ready(this.#program, at), from + steps - at);
      if (at >= whole && rest !== undefined) await this.#program.run(rest, 1);
      else await this.#program.run(full, Math.min(wish, whole - at));
      at += at >= whole ? 1 : Math.min(wish, whole - at);
    }
  }

  close(): void {
    this.#feed.close();
    this.#program.close();
  }

  async train(options: TrainOptions): Promise<TrainOutcome> {
    const { validation, patience, seconds, signal, onProgress, onRecord } = options;
    const { batchSize, epochs } = this.#options;
    const count = this.#feed.records;
    const perEpoch = this.#perEpoch;
    const total = this.#totalSteps;
    const recorder = new HistoryRecorder(Math.max(1, Math.floor(total / RECORDS)), perEpoch, onRecord);
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    let [done, samples, evaluating] = [0, 0, 0];
    let status: Status = "step-limit";
    let best: { loss: number; point: ModelPoint; epoch: number } | undefined;
    const watch = plateauWatch(this.#options.optimizer);
    let judged: { readonly at: number; readonly result: Evaluation } | undefined;
    let failure: ReadError | undefined;
    // What was learned before records could not be read is kept.
    const reading = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof ReadError) || done === 0) throw error;
        failure = error;
        return undefined;
      }
    };
    const judge = async (part: DatasetPart | StreamedPart) => {
      const pause = performance.now();
      const result = await reading(() => this.evaluate(part));
      if (result !== undefined) judged = { at: done, result };
      evaluating += performance.now() - pause;
      return result;
    };
    const waiting = () => this.#feed.waited / Math.max(1e-6, 1000 * elapsed() - evaluating);
    let slice = 1;
    let isCold = this.#options.profile === true;
    let here: Checkpoint = { done: 0, entry: this.#learning.full, values: new Map() };
    let previous = here;
    while (done < total && failure === undefined) {
      if (signal?.aborted) {
        status = "aborted";
        break;
      }
      const { full, rest } = this.#learning;
      const fullLeft = (rest === undefined ? perEpoch : perEpoch - 1) - (done % perEpoch);
      const isRest = rest !== undefined && fullLeft === 0;
      const entry = isRest ? rest : full;
      const ready = await reading(() => this.#feed.ready(this.#program, done, signal));
      if (ready === undefined) status = "aborted";
      if (!ready) continue;
      const wish = isRest ? 1 : Math.min(slice, fullLeft, total - done, ready, this.#path?.until(done) ?? total);
      previous = here;
      here = { done, entry, values: await this.#snapshot() };
      this.#path?.see(done, this.#pointOf(here.values));
      const start = performance.now();
      const { steps, traces } = await this.#program.run(entry, wish, signal ? { signal } : {});
      const took = performance.now() - start;
      // A step whose loss or gradient is not finite has already been taken; it is the last of its slice.
      const isBad = steps > 0 && !(Number.isFinite(traces.loss[steps - 1]) && Number.isFinite(traces.gradientNorm[steps - 1]));
      const good = isBad ? steps - 1 : steps;
      recorder.take(traces, good, done, elapsed(), isRest ? (count % batchSize) / batchSize : 1);
      this.#path?.took(traces.loss, good);
      done += good;
      samples += steps * (isRest ? count % batchSize : batchSize);
      if (isBad) {
        status = "diverged";
        break;
      }
      if (!isRest && steps === wish) slice = Math.max(1, Math.min(4 * slice, Math.round((slice * REPORT) / Math.max(took, 1e-3))));
      if (steps > 0 && (done % perEpoch === 0 || done === total) && validation !== undefined) {
        const result = await judge(validation);
        if (result === undefined) break;
        recorder.validated(result, done, elapsed());
        const epoch = Math.ceil(done / perEpoch);
        if (Number.isFinite(result.loss) && (best === undefined || result.loss < best.loss))
          best = { loss: result.loss, point: await this.point(), epoch };
        else if (epoch - (best?.epoch ?? 0) >= patience && done < total) status = "stopped-early";
      }
      recorder.tell();
      if (watch && steps > 0 && done % perEpoch === 0) {
        const loss = validation === undefined ? recorder.lastEpochLoss : judged?.result.loss;
        if (watch.look(loss ?? Number.NaN)) this.#program.write(this.#variables.rateScale, [watch.scale]);
      }
      if (steps > 0)
        onProgress?.({
          step: done,
          totalSteps: total,
          epoch: done / perEpoch,
          epochs,
          seconds: elapsed(),
          loss: recorder.recent,
          learningRate: recorder.rate,
          samplesPerSecond: samples / Math.max(1e-9, elapsed() - evaluating / 1000),
          ...(this.#options.streaming ? { waitingForData: waiting() } : {}),
          ...(judged
            ? {
                validationLoss: judged.result.loss,
                ...(judged.result.accuracy === undefined ? {} : { validationAccuracy: judged.result.accuracy }),
              }
            : {}),
        });
      if (isCold && elapsed() > COLD && done < total / 2) {
        this.#program.restartClocks();
        isCold = false;
      }
      if (status === "stopped-early") break;
      if (steps < wish && signal?.aborted) status = "aborted";
      else if (elapsed() > seconds && done < total) status = "stopped-early";
      if (status !== "step-limit") break;
    }
    if (status !== "diverged" && done > 0 && !(await this.#isFinite())) status = "diverged";
    if (status === "diverged") {
      // The last good θ is the one before: the step from it led to where nothing is finite.
      done = Math.max(0, done - 1);
      const from = done >= here.done ? here : previous;
      for (const [variable, data] of from.values) this.#program.write(variable, data);
      const { done: first } = from;
      const replayed = await reading(() => this.#runAll(this.#learning, first, done - first).then(() => true));
      if (!replayed) done = first;
    }
    if (failure !== undefined && status !== "diverged") status = "aborted";
    const path = this.#path?.finished(done, await this.point());
    const restored = best !== undefined && Number.isFinite(patience);
    if (best !== undefined && restored) this.#place(best.point);
    if (validation !== undefined && (restored || judged?.at !== done) && failure === undefined) await judge(validation);
    const time = elapsed();
    recorder.flush(time);
    recorder.tell();
    return {
      status,
      diagnosis: describeTraining(status, {
        steps: done,
        perEpoch,
        loss: recorder.lastEpochLoss,
        ...(best && restored ? { best: best.epoch } : {}),
        ...(failure ? { failure } : {}),
      }),
      epochs: done / perEpoch,
      steps: done,
      seconds: time,
      samplesPerSecond: samples / Math.max(1e-9, time - evaluating / 1000),
      trainLoss: recorder.lastEpochLoss,
      ...(judged ? { validation: judged.result } : {}),
      ...(failure ? { failure } : {}),
      ...(this.#options.streaming ? { waitingForData: waiting() } : {}),
      history: recorder.records,
      ...(path ? { path } : {}),
    };
  }

  /** The model over a part, as it stands. */
  async evaluate(part: DatasetPart | StreamedPart): Promise<TestEvaluation> {
    if (this.#evaluator === undefined) throw new Error("internal: no part was announced for evaluation");
    return this.#evaluator.evaluate(this.#program, part);
  }

  async #snapshot(): Promise<ReadonlyMap<Variable, HostData>> {
    const values = new Map<Variable, HostData>();
    for (const v of [...stateList(this.#variables), this.#variables.rateScale]) values.set(v, await this.#program.read(v));
    return values;
  }

  /** Whether θ and the carried state are numbers throughout. */
  async #isFinite(): Promise<boolean> {
    const { theta, state } = await this.point();
    return theta.every(Number.isFinite) && state.every(Number.isFinite);
  }
}
