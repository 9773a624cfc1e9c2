/** The loss of a model on one batch, as a function of its weights alone: what derivatives of a network are looked at on. */
import type { DataArray, Dataset } from "../data/dataset.js";
import { checkBatchSize, checkDataset } from "../data/dataset.js";
import { crossEntropy, type Loss, meanSquared } from "../models/losses.js";
import type { Model } from "../models/model.js";
import type { Regularizer } from "../models/regularizers.js";
import { fromHost, type Tensor, weakNumber } from "../tensor/tensor.js";
import { type HostData, sizeOf } from "../tensor/types.js";
import type { Objective } from "./objective.js";
import { Training } from "./training.js";

export interface BatchObjectiveOptions {
  /** Default: cross-entropy where the data has classes, mean squared error where it has not. */
  readonly loss?: Loss;
  /** Added to the loss, `l2(1e-4)` for instance. */
  readonly regularizer?: Regularizer;
  /** The batch: the first records of the data (default 16, or all where they are fewer). */
  readonly records?: number;
  /** Names the initial weights, and what dropout leaves out (default 1). */
  readonly seed?: number;
  /** What the model computes in (default "f32"). */
  readonly dtype?: "f32" | "f64";
}

/**
 * The training loss of a model on the first records of a data set. Its start is the model's initial weights; dropout always leaves out the same.
 *
 * @example
 * ```ts
 * import { batchObjective, checkGradient, dense, flatten, relu, sequential } from "steepest";
 * import { digits } from "steepest/data";
 * const objective = batchObjective(sequential(flatten(), dense(8), relu(), dense(10)), digits({ train: 16, test: 1 }));
 * checkGradient(objective, objective.start, { mode: "directions" }).verdict; // → "pass"
 * ```
 */
export function batchObjective(model: Model, data: Dataset, options: BatchObjectiveOptions = {}): Objective<ReadonlyMap<string, HostData>> {
  checkDataset(data);
  const records = options.records ?? Math.min(16, data.inputs.shape[0]);
  checkBatchSize(records, data, data.name);
  const training = new Training({
    model: model.build(data.inputs.shape.slice(1)),
    loss: options.loss ?? (data.classes ? crossEntropy() : meanSquared()),
    preprocessing: data.preprocessing,
    seed: options.seed ?? 1,
    dtype: options.dtype ?? "f32",
    ...(options.regularizer ? { regularizer: options.regularizer } : {}),
  });
  const [inputs, targets] = [firstOf(data.inputs, records), firstOf(data.targets, records)];
  return {
    kind: "traced",
    name: data.name,
    parameters: training.parameters,
    start: training.start().theta,
    loss: (theta) => training.batch(theta, inputs, targets, true, { step: weakNumber(0) }).loss,
    solution: (theta) => training.layout.split(theta),
  };
}

function firstOf({ data, shape, dtype }: DataArray, records: number): Tensor {
  const first = [records, ...shape.slice(1)];
  return fromHost(data.slice(0, sizeOf(first)), first, dtype);
}
