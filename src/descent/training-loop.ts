/** The asynchronous loop of `fit`: slices of compiled steps, validation at the end of each epoch, records on the way. */
import type { EntryPoint } from "../compiler/program.js";
import { openProgram, type ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { DatasetPart } from "../data/dataset.js";
import { recordCount } from "../data/dataset.js";
import { dataVariable, shuffledBatch, type Training } from "../objectives/training.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import type { Evaluation, HistoryRecord, Status } from "./history.js";
import { HistoryRecorder } from "./history-recorder.js";
import { PartEvaluator } from "./part-evaluator.js";
import type { TrainingProgress } from "./progress.js";
import { type DescentVariables, descentVariables, gradientOf, initialValues, stepEntry, variableList } from "./step.js";

export interface TrainingLoopOptions {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly records: DatasetPart;
  /** The parts that will be evaluated. */
  readonly held: readonly DatasetPart[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly threads?: number;
  readonly workerUrl?: string;
}

export interface TrainOptions {
  readonly validation: DatasetPart | undefined;
  readonly patience: number;
  readonly seconds: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
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
}

/** Milliseconds between two reports. */
const REPORT = 120;
/** Lines of a history. */
const RECORDS = 400;

interface DataVariables {
  readonly inputs: Variable;
  readonly targets: Variable;
}

export class TrainingLoop {
  readonly #options: TrainingLoopOptions;
  readonly #program: ThreadedProgram;
  readonly #variables: DescentVariables;
  readonly #evaluator: PartEvaluator | undefined;
  readonly #steps: { readonly full: EntryPoint; readonly rest: EntryPoint | undefined };
  readonly #perEpoch: number;
  readonly #totalSteps: number;

  private constructor(options: TrainingLoopOptions, program: ThreadedProgram, variables: DescentVariables, data: DataVariables, evaluator: PartEvaluator | undefined) {
    const { records, batchSize, epochs } = options;
    const count = recordCount(records);
    this.#options = options;
    this.#program = program;
    this.#variables = variables;
    this.#evaluator = evaluator;
    this.#perEpoch = Math.ceil(count / batchSize);
    this.#totalSteps = Math.max(1, Math.round(epochs * this.#perEpoch));
    const rest = count % batchSize;
    this.#steps = { full: this.#stepEntry(data, batchSize), rest: rest === 0 ? undefined : this.#stepEntry(data, rest) };
  }

  static async open(options: TrainingLoopOptions): Promise<TrainingLoop> {
    const { training, optimizer, records, held, threads, workerUrl } = options;
    const variables = descentVariables(training.parameters, optimizer);
    const data = {
      inputs: dataVariable("trainingInputs", records.inputs.shape, records.inputs.dtype),
      targets: dataVariable("trainingTargets", records.targets.shape, records.targets.dtype),
    };
    const [largest] = [...held].sort((a, b) => recordCount(b) - recordCount(a));
    const evaluator = largest && new PartEvaluator(training, variables.theta, largest);
    const program = await openProgram([...variableList(variables), data.inputs, data.targets, ...(evaluator?.variables ?? [])], {
      ...(threads === undefined ? {} : { threads }),
      ...(workerUrl === undefined ? {} : { workerUrl }),
    });
    const loop = new TrainingLoop(options, program, variables, data, evaluator);
    program.write(data.inputs, records.inputs.data);
    program.write(data.targets, records.targets.data);
    for (const [variable, values] of initialValues(variables, optimizer, { start: training.initialTheta(), totalSteps: loop.#totalSteps, stepsPerEpoch: loop.#perEpoch, tolerance: 0 })) program.write(variable, values);
    return loop;
  }

  get theta(): Promise<HostData> {
    return this.#program.read(this.#variables.theta);
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
    let judged: Evaluation | undefined;
    let slice = 1;
    while (done < total) {
      if (signal?.aborted) {
        status = "aborted";
        break;
      }
      const inEpoch = done % perEpoch;
      const { full, rest } = this.#steps;
      const fullLeft = (rest === undefined ? perEpoch : perEpoch - 1) - inEpoch;
      const isRest = rest !== undefined && fullLeft === 0;
      const entry = isRest ? rest : full;
      const wish = isRest ? 1 : Math.min(slice, fullLeft, total - done);
      const before = await this.#snapshot();
      const start = performance.now();
      const result = await this.#program.run(entry, wish, signal ? { signal } : {});
      const took = performance.now() - start;
      const aborted = result.steps < wish && signal?.aborted === true;
      if (result.stopped && !aborted) {
        const good = Math.max(0, result.steps - 2);
        await this.#replay(before, entry, good);
        recorder.take(result.traces, good, done, elapsed());
        done += good;
        status = "diverged";
        break;
      }
      recorder.take(result.traces, result.steps, done, elapsed());
      done += result.steps;
      samples += result.steps * (isRest ? count % batchSize : batchSize);
      if (!isRest && result.steps === wish) slice = Math.max(1, Math.min(4 * slice, Math.round((slice * REPORT) / Math.max(took, 1e-3))));
      const epochEnds = done % perEpoch === 0 || done === total;
      if (epochEnds && validation !== undefined) {
        const pause = performance.now();
        judged = await this.evaluate(validation);
        evaluating += performance.now() - pause;
        recorder.validated(judged, done, elapsed());
        if (best === undefined || judged.loss < best.loss) best = { loss: judged.loss, theta: await this.theta, epoch: Math.round(done / perEpoch) };
        else if (Math.round(done / perEpoch) - best.epoch >= patience) status = "stopped-early";
      }
      onProgress?.({
        step: done,
        totalSteps: total,
        epoch: done / perEpoch,
        epochs,
        seconds: elapsed(),
        loss: recorder.recent,
        learningRate: recorder.rate,
        samplesPerSecond: samples / Math.max(1e-9, elapsed() - evaluating / 1000),
        ...(judged ? { validationLoss: judged.loss, ...(judged.accuracy === undefined ? {} : { validationAccuracy: judged.accuracy }) } : {}),
      });
      if (status === "stopped-early") break;
      if (aborted) status = "aborted";
      else if (elapsed() > seconds && done < total) status = "stopped-early";
      if (status !== "step-limit") break;
    }
    if (best !== undefined && Number.isFinite(patience)) {
      this.#program.write(this.#variables.theta, best.theta);
      if (validation !== undefined) judged = await this.evaluate(validation);
    }
    const time = elapsed();
    recorder.flush(time);
    return {
      status,
      diagnosis: describeTraining(status, done, perEpoch, recorder.lastEpochLoss, best?.epoch, patience),
      epochs: done / perEpoch,
      steps: done,
      seconds: time,
      samplesPerSecond: samples / Math.max(1e-9, time - evaluating / 1000),
      trainLoss: recorder.lastEpochLoss,
      ...(judged ? { validation: judged } : {}),
      history: recorder.records,
    };
  }

  /** The model over a part, as it stands. */
  async evaluate(part: DatasetPart): Promise<Evaluation & { readonly outputs: Float32Array }> {
    if (this.#evaluator === undefined) throw new Error("internal: no part was announced for evaluation");
    return this.#evaluator.evaluate(this.#program, part);
  }

  #stepEntry(data: DataVariables, size: number): EntryPoint {
    const { training, optimizer, records, batchSize, seed } = this.#options;
    const v = this.#variables;
    const step = readVariable(v.step, true);
    const rows = shuffledBatch(step, readVariable(v.stepsPerEpoch, true), { records: recordCount(records), batchSize, count: size, seed });
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
    const { theta, slots, step } = this.#variables;
    const values = new Map<Variable, HostData>();
    for (const v of [theta, ...Object.values(slots), step]) values.set(v, await this.#program.read(v));
    return values;
  }

  async #replay(before: ReadonlyMap<Variable, HostData>, entry: EntryPoint, steps: number): Promise<void> {
    for (const [variable, data] of before) this.#program.write(variable, data);
    if (steps > 0) await this.#program.run(entry, steps);
  }
}

function describeTraining(status: Status, steps: number, perEpoch: number, loss: number, best: number | undefined, patience: number): string {
  const epochs = Number((steps / perEpoch).toFixed(2));
  switch (status) {
    case "diverged":
      return `Diverged at step ${steps + 1}: loss or gradient was no longer a finite number. The weights are the last good ones; try a smaller learning rate.`;
    case "stopped-early":
      return best !== undefined && Number.isFinite(patience) ? `Stopped early: the validation loss had not fallen since epoch ${best}; those weights were restored.` : `Stopped early after ${epochs} epochs.`;
    case "aborted":
      return `Aborted after ${steps} steps (${epochs} epochs); what was learned is kept.`;
    default:
      return `${epochs} epochs done, mean training loss ${Number(loss.toPrecision(4))} in the last one.`;
  }
}
