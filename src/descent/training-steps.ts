/** The compiled steps of a training: for full batches, and for the smaller last one of an epoch. */
import type { EntryPoint } from "../compiler/program.js";
import { type BatchResult, type Training, tracedOnce } from "../objectives/training.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { RecordFeed } from "./record-feed.js";
import { type DescentVariables, gradientOf, stepEntry } from "./step.js";

/** An entry point for full batches, and one for the smaller last one of an epoch, if there is one. */
export interface BatchEntries {
  readonly full: EntryPoint;
  readonly rest: EntryPoint | undefined;
}

export interface TrainingStepsOptions {
  readonly training: Training;
  readonly optimizer: Optimizer;
  readonly variables: DescentVariables;
  readonly feed: RecordFeed;
  readonly batchSize: number;
}

export class TrainingSteps {
  readonly #options: TrainingStepsOptions;

  constructor(options: TrainingStepsOptions) {
    this.#options = options;
  }

  /** Steps that learn. */
  learning(): BatchEntries {
    return this.#entries((size) => this.#stepEntry(size));
  }

  /** Steps in which only the carried state moves. */
  looking(): BatchEntries {
    return this.#entries((size) => this.#lookingEntry(size));
  }

  #entries(make: (size: number) => EntryPoint): BatchEntries {
    const { feed, batchSize } = this.#options;
    const rest = feed.records % batchSize;
    return { full: make(batchSize), rest: rest === 0 ? undefined : make(rest) };
  }

  /** The batch of the present step, as a function of θ. */
  #batch(size: number): (theta: Tensor) => BatchResult {
    const { training, feed, variables } = this.#options;
    const { step: at, stepsPerEpoch, carried } = variables;
    const step = readVariable(at, true);
    const { inputs, targets, weights } = feed.batch(step, readVariable(stepsPerEpoch, true), size);
    const context = { step, ...(weights ? { weights } : {}), ...(carried ? { state: readVariable(carried) } : {}) };
    return tracedOnce((theta) => training.batch(theta, inputs, targets, true, context));
  }

  #lookingEntry(size: number): EntryPoint {
    const { theta, carried, step } = this.#options.variables;
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
    const { training, optimizer, batchSize, variables } = this.#options;
    const batch = this.#batch(size);
    return stepEntry({
      parameters: training.parameters,
      optimizer,
      variables,
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
}
