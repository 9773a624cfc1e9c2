/** The program behind online learning: it holds the batches of one slice at a time, and grows where a batch is larger than all before. */
import { openProgram, type ThreadedProgram } from "../../backends/wasm/threads/index.js";
import type { EntryPoint } from "../../compiler/program.js";
import type { StreamedRow } from "../../data/stream.js";
import { dataVariable, type ModelPoint, type Training, tracedOnce } from "../../objectives/training.js";
import type { Optimizer } from "../../optimizers/optimizer.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { iota, readVariable, type Tensor } from "../../tensor/tensor.js";
import { allocate, type HostData, type Shape, sizeOf } from "../../tensor/types.js";
import { type Profile, profileOf } from "../profile.js";
import { type DescentVariables, descentVariables, gradientOf, initialValues, stateList, stepEntry, variableList } from "../step.js";

export interface LearnerOptions {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly targetShape: Shape;
  /** Whether targets are labels. */
  readonly labels: boolean;
  /** Batches of a slice. */
  readonly slots: number;
  /** Records of a batch, where all but the last have as many. */
  readonly batchSize: number | undefined;
  /** The length that schedules go by. */
  readonly totalSteps: number;
  readonly fast: boolean;
  readonly threads: number | undefined;
  readonly profile: boolean;
}

/** What the steps of a slice recorded, before each moved θ. */
export interface SliceTraces {
  /** Steps whose loss and gradient were finite. The one after them, if any, left θ as it was. */
  readonly good: number;
  readonly loss: Float64Array;
  readonly gradientNorm: Float64Array;
  readonly learningRate: Float64Array;
  /** Absent where nothing is classified. */
  readonly accuracy: Float64Array | undefined;
}

/** One program with room for batches of `capacity` records. */
interface Room {
  readonly capacity: number;
  /** Whether inputs lie there as bytes. */
  readonly isBytes: boolean;
  readonly program: ThreadedProgram;
  readonly inputs: Variable;
  readonly targets: Variable;
  readonly entries: Map<number, EntryPoint>;
}

export class Learner {
  readonly #options: LearnerOptions;
  readonly #variables: DescentVariables;
  /** Records in each batch of the slice, and the batch that comes next. */
  readonly #sizes: Variable;
  readonly #slot: Variable = { name: "slot", type: { shape: [], dtype: "f64" } };
  #room: Room | undefined;

  constructor(options: LearnerOptions) {
    const { training, optimizer, slots } = options;
    this.#options = options;
    this.#variables = descentVariables(training.parameters, optimizer, false, training.stateLayout.size);
    this.#sizes = { name: "sizes", type: { shape: [slots], dtype: "f64" } };
  }

  get fast(): boolean {
    return this.#room?.program.fast ?? false;
  }

  profile(): Promise<Profile> | undefined {
    return this.#room && profileOf(this.#room.program);
  }

  scaleRate(factor: number): void {
    this.#room?.program.write(this.#variables.rateScale, [factor]);
  }

  close(): void {
    this.#room?.program.close();
  }

  /** θ and carried state as they stand. */
  async point(): Promise<ModelPoint> {
    const { theta, carried } = this.#variables;
    const { program } = await this.#roomFor(1);
    const state = carried ? await program.read(carried) : allocate(this.#options.training.dtype, 0);
    return { theta: await program.read(theta), state };
  }

  async restore({ theta, state }: ModelPoint): Promise<void> {
    const { program } = await this.#roomFor(1);
    program.write(this.#variables.theta, theta);
    if (this.#variables.carried) program.write(this.#variables.carried, state);
  }

  /** One step on each batch, in turn. */
  async learn(batches: readonly (readonly StreamedRow[])[]): Promise<SliceTraces> {
    const isBytes = batches.every((batch) => batch.every(({ input }) => input instanceof Uint8Array));
    const room = await this.#roomFor(Math.max(...batches.map((batch) => batch.length)), isBytes);
    const { program, capacity } = room;
    this.#lay(room, batches);
    program.write(
      this.#sizes,
      Float64Array.from(batches, (batch) => batch.length),
    );
    program.write(this.#slot, [0]);
    const found: { loss: number[]; gradientNorm: number[]; learningRate: number[]; accuracy: number[] } = {
      ...{ loss: [], gradientNorm: [], learningRate: [], accuracy: [] },
    };
    let good = 0;
    for (let first = 0; first < batches.length; ) {
      // Layers that look across a batch must not see the copies that fill it up.
      const count = this.#looksAcross ? batches[first].length : capacity;
      let last = first + 1;
      while (last < batches.length && (!this.#looksAcross || batches[last].length === count)) last++;
      const { steps, traces } = await program.run(this.#entry(room, count), last - first);
      for (const name of ["loss", "gradientNorm", "learningRate", "accuracy"] as const)
        for (const value of traces[name] ?? []) found[name].push(value);
      const isBad = !(Number.isFinite(traces.loss[steps - 1]) && Number.isFinite(traces.gradientNorm[steps - 1]));
      good += isBad ? steps - 1 : steps;
      if (isBad) break;
      first = last;
    }
    const { loss, gradientNorm, learningRate, accuracy } = found;
    return {
      good,
      loss: Float64Array.from(loss),
      gradientNorm: Float64Array.from(gradientNorm),
      learningRate: Float64Array.from(learningRate),
      accuracy: accuracy.length > 0 ? Float64Array.from(accuracy) : undefined,
    };
  }

  get #looksAcross(): boolean {
    return this.#options.training.stateLayout.size > 0;
  }

  /** Writes the records; places that a batch leaves empty get copies of its first, so that their numbers are as finite as the others. */
  #lay({ program, capacity, inputs, targets }: Room, batches: readonly (readonly StreamedRow[])[]): void {
    const [inputSize, targetSize] = [inputs, targets].map(({ type }) => sizeOf(type.shape.slice(1)));
    const [x, y] = [allocate(inputs.type.dtype, capacity * inputSize), allocate(targets.type.dtype, capacity * targetSize)];
    for (const [slot, batch] of batches.entries()) {
      for (let i = 0; i < capacity; i++) {
        const { input, target } = batch[i] ?? batch[0];
        x.set(input, i * inputSize);
        y.set(target, i * targetSize);
      }
      program.write(inputs, x, slot * x.length);
      program.write(targets, y, slot * y.length);
    }
  }

  /** The program, with room for batches of so many records; state moves on to a larger one, or to one for other numbers than bytes. */
  async #roomFor(size: number, areBytes = true): Promise<Room> {
    const held = this.#room;
    if (held !== undefined && size <= held.capacity && (areBytes || !held.isBytes)) return held;
    const isBytes = areBytes && held?.isBytes !== false;
    const { training, optimizer, targetShape, labels, slots, batchSize, totalSteps, fast, threads, profile } = this.#options;
    let capacity = held?.capacity ?? batchSize ?? 1;
    while (capacity < size) capacity *= 2;
    const places = slots * capacity;
    const inputs = dataVariable("streamInputs", [places, ...training.parts.model.inputShape], isBytes ? "u8" : training.dtype);
    const targets = dataVariable("streamTargets", [places, ...targetShape], labels ? "i32" : training.dtype);
    const v = this.#variables;
    const program = await openProgram([...variableList(v), inputs, targets, this.#sizes, this.#slot], {
      ...{ fast, profile },
      ...(threads === undefined ? {} : { threads }),
    });
    const { theta: start, state: carried } = training.start();
    const values = { start, carried, totalSteps, stepsPerEpoch: totalSteps, tolerance: 0 };
    for (const [variable, data] of initialValues(v, optimizer, values)) program.write(variable, data);
    if (held !== undefined) {
      for (const variable of [...stateList(v), v.rateScale]) program.write(variable, await held.program.read(variable));
      held.program.close();
    }
    this.#room = { capacity, isBytes, program, inputs, targets, entries: new Map() };
    return this.#room;
  }

  #entry(room: Room, count: number): EntryPoint {
    const made = room.entries.get(count) ?? this.#stepEntry(room, count);
    room.entries.set(count, made);
    return made;
  }

  /** A step on the next batch of the slice: its first `count` places, of which only its own records count. */
  #stepEntry({ capacity, inputs, targets }: Room, count: number): EntryPoint {
    const { training, optimizer, batchSize = 1 } = this.#options;
    const v = this.#variables;
    const slot = readVariable(this.#slot, true);
    const rows = iota([count], 0, "u32").add(slot.mul(capacity).cast("u32"));
    const size = readVariable(this.#sizes)
      .take(slot.cast("u32").reshape([1]))
      .reshape([]);
    const share = size.fill(count).div(size);
    const weights = iota([count], 0, "f64").lt(size).select(share, 0);
    const x = readVariable(inputs).take(rows);
    const y = readVariable(targets).take(rows);
    const step = readVariable(v.step, true);
    const context = { step, weights, ...(v.carried ? { state: readVariable(v.carried) } : {}) };
    const batch = tracedOnce((theta) => training.batch(theta, x, y, true, context));
    const entry = stepEntry({
      ...{ parameters: training.parameters, optimizer, variables: v },
      evaluate: (theta) => {
        const { loss } = batch(theta);
        return { loss, gradient: gradientOf(loss, theta) };
      },
      carry: (theta) => batch(theta).state,
      batchShare: size.div(batchSize),
      ...{ path: false, convergence: false, guard: true },
      metrics: (theta): Readonly<Record<string, Tensor>> => {
        const { correct } = batch(theta);
        return correct ? { accuracy: correct.div(count) } : {};
      },
    });
    return { ...entry, writes: [...entry.writes, { variable: this.#slot, value: slot.add(1) }] };
  }
}

/** Whether all numbers of a point are finite. */
export const isFinitePoint = ({ theta, state }: { readonly theta: HostData; readonly state: HostData }): boolean =>
  theta.every(Number.isFinite) && state.every(Number.isFinite);
