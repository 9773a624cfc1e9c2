/** The asynchronous loop of `fit`: slices of compiled steps, validation at the end of each epoch, records on the way. */

import { openProgram, type ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import type { DatasetPart } from "../data/dataset.js";
import { recordCount } from "../data/dataset.js";
import { batchRows, dataVariable, orderVariable, type Training } from "../objectives/training.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { plateauWatch } from "../optimizers/schedules/plateau.js";
import { epochOrder } from "../tensor/permutation.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import type { Evaluation, Status } from "./history.js";
import { HistoryRecorder } from "./history-recorder.js";
import { PartEvaluator } from "./part-evaluator.js";
import { type Profile, profileOf } from "./profile.js";
import type { TrainingProgress } from "./progress.js";
import { type DescentVariables, descentVariables, gradientOf, initialValues, stepEntry, variableList } from "./step.js";
import type { TestEvaluation, TrainOutcome } from "./trained-run.js";

export interface TrainingLoopOptions {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly records: DatasetPart;
  /** The parts that will be evaluated. */
  readonly held: readonly DatasetPart[];
  readonly epochs: number;
  readonly batchSize: number;
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

/** What a slice began with. */
interface Checkpoint {
  readonly done: number;
  readonly entry: EntryPoint;
  readonly values: ReadonlyMap<Variable, HostData>;
}

interface DataVariables {
  readonly inputs: Variable;
  readonly targets: Variable;
  /** The records of the present epoch in the order of its batches. */
  readonly order: Variable;
}

export class TrainingLoop {
  readonly #options: TrainingLoopOptions;
  readonly #program: ThreadedProgram;
  readonly #variables: DescentVariables;
  readonly #evaluator: PartEvaluator | undefined;
  readonly #data: DataVariables;
  /** The epoch whose order lies in the program. */
  #shuffled = -1;
  readonly #steps: { readonly full: EntryPoint; readonly rest: EntryPoint | undefined };
  readonly #perEpoch: number;
  readonly #totalSteps: number;

  private constructor(
    options: TrainingLoopOptions,
    program: ThreadedProgram,
    variables: DescentVariables,
    data: DataVariables,
    evaluator: PartEvaluator | undefined,
  ) {
    const { records, batchSize, epochs } = options;
    const count = recordCount(records);
    this.#options = options;
    this.#program = program;
    this.#variables = variables;
    this.#evaluator = evaluator;
    this.#data = data;
    this.#perEpoch = Math.ceil(count / batchSize);
    this.#totalSteps = Math.max(1, Math.round(epochs * this.#perEpoch));
    const rest = count % batchSize;
    this.#steps = { full: this.#stepEntry(data, batchSize), rest: rest === 0 ? undefined : this.#stepEntry(data, rest) };
  }

  static async open(options: TrainingLoopOptions): Promise<TrainingLoop> {
    const { training, optimizer, records, held, fast, threads, workerUrl, profile } = options;
    const variables = descentVariables(training.parameters, optimizer);
    const data = {
      inputs: dataVariable("trainingInputs", records.inputs.shape, records.inputs.dtype),
      targets: dataVariable("trainingTargets", records.targets.shape, records.targets.dtype),
      order: orderVariable(recordCount(records)),
    };
    const [largest] = [...held].sort((a, b) => recordCount(b) - recordCount(a));
    const evaluator = largest && new PartEvaluator(training, variables.theta, largest);
    const program = await openProgram(
      [...variableList(variables), data.inputs, data.targets, data.order, ...(evaluator?.variables ?? [])],
      {
        fast,
        ...(threads === undefined ? {} : { threads }),
        ...(workerUrl === undefined ? {} : { workerUrl }),
        ...(profile === undefined ? {} : { profile }),
      },
    );
    try {
      const loop = new TrainingLoop(options, program, variables, data, evaluator);
      program.write(data.inputs, records.inputs.data);
      program.write(data.targets, records.targets.data);
      const values = { start: training.initialTheta(), totalSteps: loop.#totalSteps, stepsPerEpoch: loop.#perEpoch, tolerance: 0 };
      for (const [variable, value] of initialValues(variables, optimizer, values)) program.write(variable, value);
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

  theta(): Promise<HostData> {
    return this.#program.read(this.#variables.theta);
  }

  /** Where the time went, of a loop that was opened with `profile`. */
  profile(): Promise<Profile> {
    return profileOf(this.#program);
  }

  /** The average of θ that the optimizer keeps. */
  async averaged(): Promise<HostData | undefined> {
    const { average } = this.#options.optimizer;
    return average === undefined ? undefined : this.#program.read(this.#variables.slots[average]);
  }

  close(): void {
    this.#program.close();
  }

  async train(options: TrainOptions): Promise<TrainOutcome> {
    const { validation, patience, seconds, signal, onProgress } = options;
    const { batchSize, epochs, records } = this.#options;
    const count = recordCount(records);
    const perEpoch = this.#perEpoch;
    const total = this.#totalSteps;
    const recorder = new HistoryRecorder(Math.max(1, Math.floor(total / RECORDS)), perEpoch);
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    let [done, samples, evaluating] = [0, 0, 0];
    let status: Status = "step-limit";
    let best: { loss: number; theta: HostData; epoch: number } | undefined;
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
      this.#shuffle(done);
      const { steps, traces } = await this.#program.run(entry, wish, signal ? { signal } : {});
      const took = performance.now() - start;
      // A step whose loss or gradient is not finite has already been taken; it is the last of its slice.
      const isBad = steps > 0 && !(Number.isFinite(traces.loss[steps - 1]) && Number.isFinite(traces.gradientNorm[steps - 1]));
      const good = isBad ? steps - 1 : steps;
      recorder.take(traces, good, done, elapsed());
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
          best = { loss: result.loss, theta: await this.theta(), epoch };
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
    if (status !== "diverged" && done > 0 && !(await this.theta()).every(Number.isFinite)) status = "diverged";
    if (status === "diverged") {
      // The last good θ is the one before: the step from it led to where nothing is finite.
      done = Math.max(0, done - 1);
      const from = done >= here.done ? here : previous;
      for (const [variable, data] of from.values) this.#program.write(variable, data);
      this.#shuffle(from.done);
      if (done > from.done) await this.#program.run(from.entry, done - from.done);
    }
    const restored = best !== undefined && Number.isFinite(patience);
    if (best !== undefined && restored) this.#program.write(this.#variables.theta, best.theta);
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
  #shuffle(step: number): void {
    const epoch = Math.floor(step / this.#perEpoch);
    if (epoch === this.#shuffled) return;
    this.#program.write(this.#data.order, epochOrder(this.#options.seed, epoch, recordCount(this.#options.records)));
    this.#shuffled = epoch;
  }

  /** The model over a part, as it stands, or with other weights (which are then in force). */
  async evaluate(part: DatasetPart, weights?: HostData): Promise<TestEvaluation> {
    if (this.#evaluator === undefined) throw new Error("internal: no part was announced for evaluation");
    if (weights) this.#program.write(this.#variables.theta, weights);
    return this.#evaluator.evaluate(this.#program, part);
  }

  #stepEntry(data: DataVariables, size: number): EntryPoint {
    const { training, optimizer, batchSize } = this.#options;
    const v = this.#variables;
    const step = readVariable(v.step, true);
    const rows = batchRows(readVariable(data.order), step, readVariable(v.stepsPerEpoch, true), batchSize, size);
    const inputs = readVariable(data.inputs).take(rows);
    const targets = readVariable(data.targets).take(rows);
    const evaluate = (theta: Tensor) => {
      const { loss } = training.batch(theta, inputs, targets, true, step);
      return { loss, gradient: gradientOf(loss, theta) };
    };
    return stepEntry({
      parameters: training.parameters,
      optimizer,
      variables: v,
      evaluate,
      path: false,
      convergence: false,
      metrics: (theta): Readonly<Record<string, Tensor>> => {
        const { correct } = training.batch(theta, inputs, targets, true, step);
        return correct ? { accuracy: correct.div(size) } : {};
      },
      name: size === batchSize ? "step" : "last step of an epoch",
    });
  }

  async #snapshot(): Promise<ReadonlyMap<Variable, HostData>> {
    const { theta, slots, step, rateScale } = this.#variables;
    const values = new Map<Variable, HostData>();
    for (const v of [theta, ...Object.values(slots), step, rateScale]) values.set(v, await this.#program.read(v));
    return values;
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
