/**
 * Training as an objective: a model, a loss and records. The data lie in the program's memory as they are; each step picks its
 * records by a shuffle that is computed, brings them to numbers, and only then runs the model.
 */
import type { Preprocessing } from "../data/dataset.js";
import { initialTheta, ParameterLayout } from "../models/layout.js";
import { accuracy, type Loss } from "../models/losses.js";
import type { BuiltModel } from "../models/model.js";
import type { Regularizer } from "../models/regularizers.js";
import type { Parameters } from "../optimizers/parameters.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { recordBits, type TracedSeed, tracedStreamKey } from "../tensor/random-bits.js";
import { fromHost, iota, type Tensor, weakNumber } from "../tensor/tensor.js";
import { type DType, type HostData, isFloat, sameShape, showShape } from "../tensor/types.js";

export interface TrainingParts {
  readonly model: BuiltModel;
  readonly loss: Loss;
  readonly regularizer?: Regularizer;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  /** What parameters and activations are computed in. Default "f32". */
  readonly dtype?: "f32" | "f64";
}

/** What a batch gives: the loss to be minimised, and how many records were classified rightly. */
export interface BatchResult {
  /** Mean loss of the batch plus the regulariser. */
  readonly loss: Tensor;
  /** Loss of each record, without the regulariser. */
  readonly perRecord: Tensor;
  readonly output: Tensor;
  /** Number of records whose largest score is the label; undefined for regression. */
  readonly correct: Tensor | undefined;
}

export class Training {
  readonly parts: TrainingParts;
  readonly layout: ParameterLayout;
  readonly dtype: "f32" | "f64";

  constructor(parts: TrainingParts) {
    this.parts = parts;
    this.dtype = parts.dtype ?? "f32";
    this.layout = new ParameterLayout(parts.model.parameters, this.dtype);
  }

  /** θ as an optimizer sees it. */
  get parameters(): Parameters {
    return this.layout;
  }

  /** θ₀, from the model's initialisers and the seed. */
  initialTheta(): HostData {
    return initialTheta(this.layout, this.parts.model.parameters, this.parts.seed);
  }

  /** The model on a batch. `step` names the random numbers of this step. */
  batch(theta: Tensor, inputs: Tensor, targets: Tensor, training: boolean, step?: Tensor): BatchResult {
    const { loss, regularizer } = this.parts;
    const views = this.layout.views(theta);
    const output = this.#applied(views, inputs, training, step);
    const perRecord = loss.perRecord(output, targets);
    if (!sameShape(perRecord.shape, [inputs.shape[0]]))
      throw new SteepestError({
        problem: `the loss ${loss.name} does not give one number for each record`,
        expected: showShape([inputs.shape[0]]),
        received: showShape(perRecord.shape),
        fix: "leave the mean over the records to the training: reduce only the other axes",
      });
    const penalty = training ? regularizer?.penalty(this.layout, views) : undefined;
    const mean = perRecord.mean();
    return {
      loss: penalty ? mean.add(penalty) : mean,
      perRecord,
      output,
      correct: loss.classification ? accuracy(output, targets).cast("f64").sum() : undefined,
    };
  }

  /** What the model gives outside training. */
  output(theta: Tensor, inputs: Tensor): Tensor {
    return this.#applied(this.layout.views(theta), inputs, false, undefined);
  }

  #applied(views: Readonly<Record<string, Tensor>>, inputs: Tensor, training: boolean, step: Tensor | undefined): Tensor {
    const { model, preprocessing } = this.parts;
    const seed = seedWords(this.parts.seed);
    return model.apply(this.#prepared(inputs, preprocessing), views, {
      training,
      ...(step ? { random: (purpose, shape) => recordBits(tracedStreamKey(seed, purpose, step.cast("u32")), shape) } : {}),
    }).output;
  }

  /** Stored numbers as the model's: ((x·scale + offset) − mean) / std. */
  #prepared(inputs: Tensor, { scale, offset, mean, std }: Preprocessing): Tensor {
    let x = inputs.cast(this.dtype);
    if (scale !== 1) x = x.mul(weakNumber(scale));
    if (offset !== 0) x = x.add(weakNumber(offset));
    if (mean) x = x.sub(channels(mean, this.dtype));
    return std ? x.div(channels(std, this.dtype)) : x;
  }
}

function channels(values: readonly number[], dtype: DType): Tensor {
  const data = dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values);
  return fromHost(data, [values.length], dtype);
}

const seedWords = (seed: number): TracedSeed => [scalarWord(seed), scalarWord(Math.floor(seed / 4294967296))];
/** A u32 input, so that another seed runs the same program. */
const scalarWord = (value: number): Tensor => fromHost(Uint32Array.of(value >>> 0), [], "u32");

/** Memory for the order of an epoch: entry i is the record at position i, as `epochOrder` gives it. */
export const orderVariable = (records: number): Variable => ({ name: "order", type: { shape: [records], dtype: "u32" } });

/**
 * The records of the batch of a traced step, as `batchIndices` of the data room defines them: batch b of an epoch holds positions
 * b·B … of that epoch's order.
 *
 * @param batchSize B, the records of a full batch
 * @param count records of this batch: B, or what is left for the last one of an epoch
 */
export function batchRows(order: Tensor, step: Tensor, stepsPerEpoch: Tensor, batchSize: number, count: number): Tensor {
  const batch = step.sub(step.div(stepsPerEpoch).floor().mul(stepsPerEpoch));
  return order.take(iota([count], 0, "u32").add(batch.mul(batchSize).cast("u32")));
}

/** Memory for records: what `take` reads from. */
export function dataVariable(name: string, shape: readonly number[], dtype: DType): Variable {
  if (!isFloat(dtype) && dtype !== "u8" && dtype !== "i32") throw new Error(`internal: data of ${dtype}`);
  return { name, type: { shape, dtype } };
}
