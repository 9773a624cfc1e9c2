/** Where the steps of a training take their records from. */
import type { ThreadedProgram } from "../backends/wasm/threads/index.js";
import { epochOrder, isFixedOrder, type RecordOrder, rankedBy } from "../data/batches.js";
import { batchRows, orderVariable } from "../objectives/training.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import { type BatchSource, countOf, sourceOf, type TrainingRecords } from "./batch-source.js";
import type { ByLoss } from "./curriculum.js";
import type { PickedRecords, RecordPlace } from "./records.js";

export interface RecordFeed {
  /** How many there are in an epoch. */
  readonly records: number;
  readonly variables: readonly Variable[];
  /** Milliseconds that steps have waited for records. */
  readonly waited: number;
  /** Lays in what is there from the beginning. */
  open(program: ThreadedProgram): Promise<void>;
  /**
   * The records of the batch of a traced step, as `batchIndices` of the data room defines them: batch b of an epoch holds positions
   * b·B … of that epoch's order.
   *
   * @param count records of this batch: B, or what is left for the last one of an epoch
   */
  batch(step: Tensor, stepsPerEpoch: Tensor, count: number): PickedRecords;
  /**
   * Sees to it that the records of step `step` are there, and tells for how many steps from it on, within its epoch, they are; at least 1, or 0 where the signal came first.
   *
   * @throws SteepestError where they cannot be read
   */
  ready(program: ThreadedProgram, step: number, signal?: AbortSignal): Promise<number>;
  close(): void;
}

/** All records lie in the program. */
export class ResidentRecords implements RecordFeed {
  readonly records: number;
  readonly variables: readonly Variable[];
  readonly waited = 0;
  readonly #source: BatchSource;
  readonly #batchSize: number;
  readonly #seed: number;
  /** The records of the present epoch in the order of its batches. */
  readonly #order: Variable;
  #recordOrder: RecordOrder;
  readonly #byLoss: ByLoss | undefined;
  /** The epoch whose order lies in the program. */
  #laid = -1;

  constructor(
    records: TrainingRecords,
    options: { readonly batchSize: number; readonly order: RecordOrder | ByLoss; readonly seed: number },
  ) {
    const { batchSize, order, seed } = options;
    this.records = countOf(records);
    this.#source = sourceOf(records, seed);
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#order = orderVariable(this.records);
    this.variables = [...this.#source.variables, this.#order];
    this.#byLoss = typeof order === "object" && "byLoss" in order ? order : undefined;
    this.#recordOrder = typeof order === "object" && "byLoss" in order ? "shuffled" : order;
  }

  async open(program: ThreadedProgram): Promise<void> {
    this.#source.fill(program);
  }

  /** Where the records lie whose losses the order waits for, if it does. */
  get unranked(): RecordPlace | undefined {
    return this.#byLoss && this.#source.place;
  }

  rank(losses: HostData): void {
    this.#recordOrder = { ranking: rankedBy(losses), ...(this.#byLoss?.pace ? { pace: this.#byLoss.pace } : {}) };
  }

  batch(step: Tensor, stepsPerEpoch: Tensor, count: number): PickedRecords {
    return this.#source.pick(batchRows(readVariable(this.#order), step, stepsPerEpoch, this.#batchSize, count), step);
  }

  /** Lays the order of the epoch into the program. */
  async ready(program: ThreadedProgram, step: number): Promise<number> {
    const perEpoch = Math.ceil(this.records / this.#batchSize);
    const order = this.#recordOrder;
    const epoch = isFixedOrder(order) ? 0 : Math.floor(step / perEpoch);
    if (epoch !== this.#laid) {
      program.write(this.#order, epochOrder(order, this.#seed, epoch, this.records));
      this.#laid = epoch;
    }
    return perEpoch - (step % perEpoch);
  }

  close(): void {}
}
