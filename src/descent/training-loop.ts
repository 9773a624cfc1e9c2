/** The asynchronous loop of `fit`: slices of compiled steps, validation at the end of each epoch, records on the way. */

import { openProgram, type ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import { epochOrder, isFixedOrder, type RecordOrder, rankedBy } from "../data/batches.js";
import type { DatasetPart } from "../data/dataset.js";
import { recordCount } from "../data/dataset.js";
import { type BatchResult, batchRows, type ModelPoint, orderVariable, type Training } from "../objectives/training.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { plateauWatch } from "../optimizers/schedules/plateau.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import { type BatchSource, countOf, sourceOf, type TrainingRecords } from "./batch-source.js";
import type { ByLoss } from "./curriculum.js";
import type { Evaluation, Status } from "./history.js";
import { HistoryRecorder } from "./history-recorder.js";
import { PartEvaluator } from "./part-evaluator.js";
import { type Profile, profileOf } from "./profile.js";
import type { TrainingProgress } from "./progress.js";
import { type DescentVariables, descentVariables, gradientOf, initialValues, stateList, stepEntry, variableList } from "./step.js";
import type { TestEvaluation, TrainOutcome } from "./trained-run.js";

export interface TrainingLoopOptions {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly records: TrainingRecords;
  /** The parts that will be evaluated. */
  readonly held: readonly DatasetPart[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly order: RecordOrder | ByLoss;
  readonly seed: number;
  readonly fast: boolean;
  readonly threads?: number;
  readonly workerUrl?: string;
  readonly profile?: boolean;
}

export interface TrainOptions {
  readonly validation: DatasetPart | undefined;
  readonly patience: number;
  readonly seconds: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
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

interface TrainingData {
  readonly source: BatchSource;
  /** The records of the present epoch in the order of its batches. */
  readonly order: Variable;
}

export class TrainingLoop {
  readonly #options: TrainingLoopOptions;
  readonly #program: ThreadedProgram;
  readonly #variables: DescentVariables;
  readonly #evaluator: PartEvaluator | undefined;
  readonly #data: TrainingData;
  #order: RecordOrder = "shuffled";
  /** The epoch whose order lies in the program. */
  #laid = -1;
  readonly #steps: { readonly full: EntryPoint; readonly rest: EntryPoint | undefined };
  readonly #perEpoch: number;
  readonly #totalSteps: number;

  private constructor(
    options: TrainingLoopOptions,
    program: ThreadedProgram,
    variables: DescentVariables,
    data: TrainingData,
    evaluator: PartEvaluator | undefined,
  ) {
    const { records, batchSize, epochs } = options;
    const count = countOf(records);
    this.#options = options;
    this.#program = program;
    this.#variables = variables;
    this.#evaluator = evaluator;
    this.#data = data;
    this.#perEpoch = Math.ceil(count / batchSize);
    this.#totalSteps = Math.max(1, Math.round(epochs * this.#perEpoch));
    this.#steps = this.#entries((size) => this.#stepEntry(size));
  }

  static async open(options: TrainingLoopOptions): Promise<TrainingLoop> {
    const { training, optimizer, records, held, fast, threads, workerUrl, profile } = options;
    const variables = descentVariables(training.parameters, optimizer, false, training.stateLayout.size);
    const data = {
      source: sourceOf(records, training.parts.seed),
      order: orderVariable(countOf(records)),
    };
    const [largest] = [...held].sort((a, b) => recordCount(b) - recordCount(a));
    const evaluator = largest && new PartEvaluator(training, variables, largest);
    const { order } = options;
    const byLoss = typeof order === "object" && "byLoss" in order;
    const ranker = byLoss && data.source.place ? new PartEvaluator(training, variables, data.source.place) : undefined;
    const program = await openProgram(
      [...variableList(variables), ...data.source.variables, data.order, ...(evaluator?.variables ?? []), ...(ranker?.variables ?? [])],
      {
        fast,
        ...(threads === undefined ? {} : { threads }),
        ...(workerUrl === undefined ? {} : { workerUrl }),
        ...(profile === undefined ? {} : { profile }),
      },
    );
    try {
      const loop = new TrainingLoop(options, program, variables, data, evaluator);
      data.source.fill(program);
      const { theta: start, state: carried } = training.start();
      const values = { start, carried, totalSteps: loop.#totalSteps, stepsPerEpoch: loop.#perEpoch, tolerance: 0 };
      for (const [variable, value] of initialValues(variables, optimizer, values)) program.write(variable, value);
      if (!byLoss) loop.#order = order;
      else if (ranker) {
        const ranking = rankedBy(await ranker.losses(program, countOf(records)));
        loop.#order = { ranking, ...(order.pace ? { pace: order.pace } : {}) };
      }
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

  #place({ theta, state }: ModelPoint): void {
    const { theta: place, carried } = this.#variables;
    this.#program.write(place, theta);
    if (carried) this.#program.write(carried, state);
  }

  /** Where the time went, of a loop that was opened with `profile`. */
  profile(): Promise<Profile> {
    return profileOf(this.#program);
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
      this.#layOrder(from);
      const { full, rest } = this.#entries((size) => this.#lookingEntry(size));
      const whole = this.#perEpoch - (rest === undefined ? 0 : 1);
      if (whole > 0) await this.#program.run(full, whole);
      if (rest !== undefined) await this.#program.run(rest, 1);
    }
    return this.point();
  }

  close(): void {
    this.#program.close();
  }

  async train(options: TrainOptions): Promise<TrainOutcome> {
    const { validation, patience, seconds, signal, onProgress } = options;
    const { batchSize, epochs, records } = this.#options;
    const count = countOf(records);
    const perEpoch = this.#perEpoch;
    const total = this.#totalSteps;
    const recorder = new HistoryRecorder(Math.max(1, Math.floor(total / RECORDS)), perEpoch);
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    let [done, samples, evaluating] = [0, 0, 0];
    let status: Status = "step-limit";
    let best: { loss: number; point: ModelPoint; epoch: number } | undefined;
    const watch = plateauWatch(this.#options.optimizer);
    let judged: { readonly at: number; readonly result: Evaluation } | undefined;
    const judge = async (part: DatasetPart) => {
      const pause = performance.now();
      judged = { at: done, result: await this.evaluate(part) };
      evaluating += performance.now() - pause;
      return judged.result;
    };
    let slice = 1;
    let isCold = this.#options.profile === true;
    let here: Checkpoint = { done: 0, entry: this.#steps.full, values: new Map() };
    let previous = here;
    while (done < total) {
      if (signal?.aborted) {
        status = "aborted";
        break;
      }
      const { full, rest } = this.#steps;
      const fullLeft = (rest === undefined ? perEpoch : perEpoch - 1) - (done % perEpoch);
      const isRest = rest !== undefined && fullLeft === 0;
      const entry = isRest ? rest : full;
      const wish = isRest ? 1 : Math.min(slice, fullLeft, total - done);
      previous = here;
      here = { done, entry, values: await this.#snapshot() };
      const start = performance.now();
      this.#layOrder(done);
      const { steps, traces } = await this.#program.run(entry, wish, signal ? { signal } : {});
      const took = performance.now() - start;
      // A step whose loss or gradient is not finite has already been taken; it is the last of its slice.
      const isBad = steps > 0 && !(Number.isFinite(traces.loss[steps - 1]) && Number.isFinite(traces.gradientNorm[steps - 1]));
      const good = isBad ? steps - 1 : steps;
      recorder.take(traces, good, done, elapsed(), isRest ? (count % batchSize) / batchSize : 1);
      done += good;
      samples += steps * (isRest ? count % batchSize : batchSize);
      if (isBad) {
        status = "diverged";
        break;
      }
      if (!isRest && steps === wish) slice = Math.max(1, Math.min(4 * slice, Math.round((slice * REPORT) / Math.max(took, 1e-3))));
      if (steps > 0 && (done % perEpoch === 0 || done === total) && validation !== undefined) {
        const result = await judge(validation);
        recorder.validated(result, done, elapsed());
        const epoch = Math.ceil(done / perEpoch);
        if (Number.isFinite(result.loss) && (best === undefined || result.loss < best.loss))
          best = { loss: result.loss, point: await this.point(), epoch };
        else if (epoch - (best?.epoch ?? 0) >= patience && done < total) status = "stopped-early";
      }
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
      this.#layOrder(from.done);
      if (done > from.done) await this.#program.run(from.entry, done - from.done);
    }
    const restored = best !== undefined && Number.isFinite(patience);
    if (best !== undefined && restored) this.#place(best.point);
    if (validation !== undefined && (restored || judged?.at !== done)) await judge(validation);
    const time = elapsed();
    recorder.flush(time);
    return {
      status,
      diagnosis: describeTraining(status, {
        steps: done,
        perEpoch,
        loss: recorder.lastEpochLoss,
        ...(best && restored ? { best: best.epoch } : {}),
      }),
      epochs: done / perEpoch,
      steps: done,
      seconds: time,
      samplesPerSecond: samples / Math.max(1e-9, time - evaluating / 1000),
      trainLoss: recorder.lastEpochLoss,
      ...(judged ? { validation: judged.result } : {}),
      history: recorder.records,
    };
  }

  /** Lays the order of the epoch that step `step` belongs to into the program. A run of steps never crosses the end of an epoch. */
  #layOrder(step: number): void {
    const epoch = isFixedOrder(this.#order) ? 0 : Math.floor(step / this.#perEpoch);
    if (epoch === this.#laid) return;
    this.#program.write(this.#data.order, epochOrder(this.#order, this.#options.seed, epoch, countOf(this.#options.records)));
    this.#laid = epoch;
  }

  /** The model over a part, as it stands. */
  async evaluate(part: DatasetPart): Promise<TestEvaluation> {
    if (this.#evaluator === undefined) throw new Error("internal: no part was announced for evaluation");
    return this.#evaluator.evaluate(this.#program, part);
  }

  /** An entry point for full batches, and one for the smaller last one of an epoch. */
  #entries(make: (size: number) => EntryPoint): { readonly full: EntryPoint; readonly rest: EntryPoint | undefined } {
    const { records, batchSize } = this.#options;
    const rest = countOf(records) % batchSize;
    return { full: make(batchSize), rest: rest === 0 ? undefined : make(rest) };
  }

  /** The batch of the present step, as a function of θ. */
  #batch(size: number): (theta: Tensor) => BatchResult {
    const { training, batchSize } = this.#options;
    const { step: at, stepsPerEpoch, carried } = this.#variables;
    const step = readVariable(at, true);
    const rows = batchRows(readVariable(this.#data.order), step, readVariable(stepsPerEpoch, true), batchSize, size);
    const { inputs, targets, weights } = this.#data.source.pick(rows, step);
    const context = { step, ...(weights ? { weights } : {}), ...(carried ? { state: readVariable(carried) } : {}) };
    return (theta) => training.batch(theta, inputs, targets, true, context);
  }

  /** A step in which only the carried state moves. */
  #lookingEntry(size: number): EntryPoint {
    const { theta, carried, step } = this.#variables;
    const { state } = this.#batch(size)(readVariable(theta));
    if (carried === undefined || state === undefined) throw new Error("internal: nothing is carried");
    return {
      name: "look",
      writes: [
        { variable: carried, value: state },
        { variable: step, value: readVariable(step, true).add(1) },
      ],
      traces: [],
    };
  }

  #stepEntry(size: number): EntryPoint {
    const { training, optimizer, batchSize } = this.#options;
    const batch = this.#batch(size);
    return stepEntry({
      parameters: training.parameters,
      optimizer,
      variables: this.#variables,
      evaluate: (theta) => {
        const { loss } = batch(theta);
        return { loss, gradient: gradientOf(loss, theta) };
      },
      carry: (theta) => batch(theta).state,
      batchShare: size / batchSize,
      path: false,
      convergence: false,
      metrics: (theta): Readonly<Record<string, Tensor>> => {
        const { correct } = batch(theta);
        return correct ? { accuracy: correct.div(size) } : {};
      },
      name: size === batchSize ? "step" : "last step of an epoch",
    });
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

interface Described {
  readonly steps: number;
  readonly perEpoch: number;
  readonly loss: number;
  /** The epoch whose weights were restored. */
  readonly best?: number;
}

function describeTraining(status: Status, { steps, perEpoch, loss, best }: Described): string {
  const epochs = `${Number((steps / perEpoch).toFixed(2))} epoch${steps === perEpoch ? "" : "s"}`;
  const restored = best === undefined ? "" : ` The weights are those of epoch ${best}, with the lowest validation loss.`;
  switch (status) {
    case "diverged":
      return steps === 0
        ? "Loss or gradient is no finite number at the very start, or after one step: try a much smaller learning rate, and look at the scale of the inputs."
        : `Diverged at step ${steps + 1}: loss or gradient was no longer a finite number. ${restored === "" ? "The weights are the last good ones; try" : `Try`} a smaller learning rate.${restored}`;
    case "stopped-early":
      return `Stopped early after ${epochs}.${restored}`;
    case "aborted":
      return `Aborted after ${steps} steps (${epochs}); what was learned is kept.${restored}`;
    default:
      return `${epochs} done, mean training loss ${Number(loss.toPrecision(4))} in the last one.${restored}`;
  }
}
