/** All records of a part, gone through in a compiled program: a stretch of them in each step. */
import type { ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import { type DatasetPart, recordCount } from "../data/dataset.js";
import type { ModelPoint, Training } from "../objectives/training.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { iota, readVariable, Tensor } from "../tensor/tensor.js";
import { type ModelVariables, modelVariables } from "./part-evaluator.js";
import { type PickedRecords, RecordPlace, type Stretch, stretches } from "./records.js";
import { gradientOf } from "./step.js";

/** The mean loss of a model over some records, and its gradient, where `theta` is. */
export interface TracedGradient {
  readonly theta: Tensor;
  readonly loss: Tensor;
  readonly gradient: Tensor;
}

/** What a step does beside counting. */
export type PassStep = Pick<EntryPoint, "writes" | "traces">;

/** What steps have traced, by name: the numbers of one step behind those of the other. */
export type Traced = Readonly<Record<string, ArrayLike<number> & Iterable<number>>>;

/**
 * The records and the model lie in the program's memory. The loss is that of the model as it is applied, without a regulariser; weights of records count, with mean 1.
 */
export class RecordPasses {
  readonly variables: readonly Variable[];
  readonly records: number;
  readonly #training: Training;
  readonly #model: ModelVariables;
  readonly #place: RecordPlace;
  /** The step that comes next. */
  readonly #at: Variable = { name: "at", type: { shape: [], dtype: "f64" } };
  readonly #entries = new Map<string, EntryPoint>();

  constructor(training: Training, part: DatasetPart) {
    this.#training = training;
    this.records = recordCount(part);
    this.#model = modelVariables(training);
    this.#place = new RecordPlace("all", part, true);
    const { theta, carried } = this.#model;
    this.variables = [theta, ...(carried ? [carried] : []), ...this.#place.variables, this.#at];
  }

  fill(program: ThreadedProgram, part: DatasetPart): void {
    this.#place.fill(program, part);
  }

  /** Where the model stands from now on. */
  moveTo(program: ThreadedProgram, { theta, state }: ModelPoint): void {
    program.write(this.#model.theta, theta);
    if (this.#model.carried) program.write(this.#model.carried, state);
  }

  /** The records of the present step: the next ones of a stretch, or those that rows say. */
  pick(rows: Stretch | Tensor): PickedRecords {
    return this.#place.pick(rows instanceof Tensor ? rows : rowsOf(rows, this.at));
  }

  /** The number of the present step, from 0 on in each run. */
  get at(): Tensor {
    return readVariable(this.#at, true);
  }

  gradient({ inputs, targets, weights }: PickedRecords): TracedGradient {
    const theta = readVariable(this.#model.theta);
    const { carried } = this.#model;
    const context = { ...(weights ? { weights } : {}), ...(carried ? { state: readVariable(carried) } : {}) };
    const { loss } = this.#training.batch(theta, inputs, targets, false, context);
    return { theta, loss, gradient: gradientOf(loss, theta) };
  }

  /** All records, at most `size` in a step, the last step with those that are left over. A name stands for the same step each time. */
  async over(
    program: ThreadedProgram,
    name: string,
    size: number,
    step: (stretch: Stretch) => PassStep,
    signal?: AbortSignal,
  ): Promise<Traced[]> {
    const traced: Traced[] = [];
    for (const stretch of stretches(this.records, size))
      traced.push(await this.run(program, `${name}, ${stretch.size} records`, stretch.count, () => step(stretch), signal));
    return traced;
  }

  /** A step, several times. A name stands for the same step each time. */
  async run(program: ThreadedProgram, name: string, times: number, step: () => PassStep, signal?: AbortSignal): Promise<Traced> {
    const entry = this.#entries.get(name) ?? this.#counting(name, step());
    this.#entries.set(name, entry);
    program.write(this.#at, [0]);
    const { traces } = await program.run(entry, times, signal ? { signal } : {});
    signal?.throwIfAborted();
    return traces;
  }

  /** Mean loss and gradient over all records, the gradient added up in `sum`, which holds as many float64 numbers. */
  async mean(program: ThreadedProgram, size: number, sum: Variable, signal?: AbortSignal): Promise<MeanGradient> {
    const step = (stretch: Stretch): PassStep => {
      const { loss, gradient } = this.gradient(this.pick(stretch));
      return {
        writes: [this.addMean(sum, gradient, stretch)],
        traces: [{ name: "loss", value: loss.cast("f64").mul(stretch.size) }],
      };
    };
    program.write(sum, new Float64Array(this.#training.layout.size));
    let total = 0;
    for (const { loss } of await this.over(program, "gradient", size, step, signal)) for (const part of loss) total += part;
    return { loss: total / this.records, gradient: Float64Array.from(await program.read(sum)) };
  }

  /** Adds what a mean over the records of a stretch contributes to that over all. */
  addMean(sum: Variable, mean: Tensor, { size }: Stretch): EntryPoint["writes"][number] {
    return { variable: sum, value: readVariable(sum).add(mean.cast("f64").mul(size / this.records)) };
  }

  #counting(name: string, { writes, traces }: PassStep): EntryPoint {
    return { name, writes: [...writes, { variable: this.#at, value: this.at.add(1) }], traces };
  }
}

/** Over all records. */
export interface MeanGradient {
  readonly loss: number;
  readonly gradient: Float64Array;
}

const rowsOf = ({ size, first }: Stretch, at: Tensor): Tensor => iota([size], 0, "u32").add(at.mul(size).add(first).cast("u32"));
