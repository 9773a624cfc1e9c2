/**
 * Training as an objective: a model, a loss and records. The data lie in the program's memory as they are; each step picks its
 * records by a shuffle that is computed, brings them to numbers, and only then runs the model.
 */
import { type Augmentation, type AugmentedBatch, applyAugmentations } from "../data/augmentations/index.js";
import type { Preprocessing } from "../data/dataset.js";
import { initialTheta, ParameterLayout } from "../models/layout.js";
import { accuracy, type Loss } from "../models/losses.js";
import type { BuiltModel } from "../models/model.js";
import type { Regularizer } from "../models/regularizers.js";
import { matchWeights, type StartingWeights } from "../models/weights.js";
import type { Parameters } from "../optimizers/parameters.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { recordBits, recordWords, type TracedKey, type TracedSeed, tracedStreamKey } from "../tensor/random-bits.js";
import { fromHost, iota, type Tensor, weakNumber } from "../tensor/tensor.js";
import { type DType, type HostData, isFloat, type Shape, sameShape, showShape, sizeOf } from "../tensor/types.js";

export interface TrainingParts {
  readonly model: BuiltModel;
  readonly loss: Loss;
  readonly regularizer?: Regularizer;
  readonly preprocessing: Preprocessing;
  /** What is done to the batches of training steps, and to no others. */
  readonly augment?: readonly Augmentation[];
  readonly seed: number;
  /** What training starts from; whatever is not there starts as its layer says. */
  readonly weights?: StartingWeights;
  /** What parameters and activations are computed in. Default "f32". */
  readonly dtype?: "f32" | "f64";
}

/** A point that a model is looked at: θ and the state that its layers carry, both with their gaps. */
export interface ModelPoint {
  readonly theta: HostData;
  /** What layers carry from step to step and nobody differentiates, see `Training.stateLayout`; empty for models without. */
  readonly state: HostData;
}

/** What a batch may need beside θ and records. */
export interface BatchContext {
  /** Names the random numbers of this step. */
  readonly step?: Tensor;
  /** The carried state, as `stateLayout` lays it out. Default: what it is before the first step. */
  readonly state?: Tensor;
  /** How much each record counts: [records]. Default: all alike. */
  readonly weights?: Tensor;
  /** Is told what each layer gives, by its path. */
  readonly tap?: (path: string, output: Tensor) => void;
}

/** What a batch gives: the loss to be minimised, and how many records were classified rightly. */
export interface BatchResult {
  /** Mean loss of the batch, each record by its weight, plus the regulariser. */
  readonly loss: Tensor;
  /** Loss of each record by itself, without weight and regulariser. */
  readonly perRecord: Tensor;
  readonly output: Tensor;
  /** Number of records whose largest score is the label, or the sum of their weights; undefined for regression. */
  readonly correct: Tensor | undefined;
  /** What the layers carry on to the next step; undefined for models that carry nothing. */
  readonly state: Tensor | undefined;
}

export class Training {
  readonly parts: TrainingParts;
  readonly layout: ParameterLayout;
  /** Where each piece of carried state lies in one vector, as parameters lie in θ. */
  readonly stateLayout: ParameterLayout;
  readonly dtype: "f32" | "f64";

  constructor(parts: TrainingParts) {
    this.parts = parts;
    this.dtype = parts.dtype ?? "f32";
    this.layout = new ParameterLayout(parts.model.parameters, this.dtype);
    this.stateLayout = new ParameterLayout(parts.model.state, this.dtype);
  }

  /** θ as an optimizer sees it. */
  get parameters(): Parameters {
    return this.layout;
  }

  /** θ as the layers' initialisers and the seed say; with an index, other starts of that seed. */
  initialTheta(index = 0): HostData {
    return initialTheta(this.layout, this.parts.model.parameters, this.parts.seed, index);
  }

  /** The carried state of a model that has seen nothing. */
  initialState(): HostData {
    const { state } = this.parts.model;
    return this.stateLayout.join(new Map(state.map(({ path, shape, initial }) => [path, new Float64Array(sizeOf(shape)).fill(initial)])));
  }

  /** The tensors of a point by path: learned parameters, then carried state. */
  named({ theta, state }: ModelPoint): Map<string, HostData> {
    return new Map([...this.layout.split(theta), ...this.stateLayout.split(state)]);
  }

  /**
   * The point of tensors by path, the inverse of `named`.
   *
   * @throws SteepestError where one is missing, has another size, or is not of this model
   */
  point(tensors: ReadonlyMap<string, ArrayLike<number>>): ModelPoint {
    const carried = new Set(this.stateLayout.entries.map(({ path }) => path));
    const part = (isState: boolean) => new Map([...tensors].filter(([path]) => carried.has(path) === isState));
    return { theta: this.layout.join(part(false)), state: this.stateLayout.join(part(true)) };
  }

  /**
   * Where training begins: at the weights that were given, or as the layers' initialisers and the seed say.
   *
   * @throws SteepestError for weights that do not fit
   */
  start(): ModelPoint {
    const { weights } = this.parts;
    const fresh = { theta: this.initialTheta(), state: this.initialState() };
    if (weights === undefined) return fresh;
    const given = matchWeights(weights, [...this.layout.entries, ...this.stateLayout.entries]);
    return this.point(new Map<string, ArrayLike<number>>([...this.named(fresh), ...given]));
  }

  /**
   * The model on a batch of B records: (1/B) Σ wᵢ ℓᵢ. With weights of mean 1 over all the data that is right in the mean over batches, which
   * a division by the weights of the batch itself would not be.
   */
  batch(theta: Tensor, inputs: Tensor, targets: Tensor, training: boolean, context: BatchContext = {}): BatchResult {
    const { loss, regularizer } = this.parts;
    const { weights } = context;
    const views = this.layout.views(theta);
    const seen = this.#seen({ inputs: this.#intensities(inputs), targets }, training, context);
    const { output, state } = this.#applied(views, seen.inputs, training, context);
    const perRecord = loss.perRecord(output, seen.targets);
    if (!sameShape(perRecord.shape, [inputs.shape[0]]))
      throw new SteepestError({
        problem: `the loss ${loss.name} does not give one number for each record`,
        expected: showShape([inputs.shape[0]]),
        received: showShape(perRecord.shape),
        fix: "leave the mean over the records to the training: reduce only the other axes",
      });
    const penalty = training ? regularizer?.penalty(this.layout, views) : undefined;
    const weighed = (each: Tensor) => (weights === undefined ? each : each.mul(weights.cast(each.dtype)));
    const mean = weighed(perRecord).mean();
    return {
      loss: penalty ? mean.add(penalty) : mean,
      perRecord,
      output,
      correct: loss.classification ? weighed(accuracy(output, seen.targets).cast("f64")).sum() : undefined,
      state,
    };
  }

  /** What the regulariser adds to the loss at θ: λ R(θ); 0 without one. */
  penalty(theta: HostData): number {
    const views = this.layout.views(fromHost(theta, [theta.length], this.dtype));
    return this.parts.regularizer?.penalty(this.layout, views)?.item() ?? 0;
  }

  /** What the model gives outside training. */
  output(theta: Tensor, inputs: Tensor, context: Omit<BatchContext, "step"> = {}): Tensor {
    return this.#applied(this.layout.views(theta), this.#intensities(inputs), false, context).output;
  }

  #applied(views: Readonly<Record<string, Tensor>>, inputs: Tensor, training: boolean, { step, state, tap }: BatchContext) {
    const { model } = this.parts;
    const seed = seedWords(this.parts.seed);
    const layout = this.stateLayout;
    const carries = layout.size > 0;
    const carried = carries ? (state ?? fromHost(this.initialState(), [layout.size], this.dtype)) : undefined;
    const result = model.apply(this.#normalized(inputs), views, {
      training,
      ...(carried ? { state: layout.views(carried) } : {}),
      ...(tap ? { tap } : {}),
      ...(step ? { random: (purpose, shape) => recordBits(tracedStreamKey(seed, purpose, step.cast("u32")), shape) } : {}),
    });
    return { output: result.output, state: carries ? layout.packed(result.state) : undefined };
  }

  /** A training batch as its augmentations leave it; any other as it is. */
  #seen(batch: AugmentedBatch, training: boolean, { step }: BatchContext): AugmentedBatch {
    const { augment = [], model, loss } = this.parts;
    if (!training || step === undefined || augment.length === 0) return batch;
    return applyAugmentations(augment, batch, stepWords(this.parts.seed, step), loss.classification ? model.outputShape.at(-1) : undefined);
  }

  /** Stored numbers as intensities: x·scale + offset. */
  #intensities(inputs: Tensor): Tensor {
    const { scale, offset } = this.parts.preprocessing;
    let x = inputs.cast(this.dtype);
    if (scale !== 1) x = x.mul(weakNumber(scale));
    return offset === 0 ? x : x.add(weakNumber(offset));
  }

  /** Intensities as the model's numbers: (x − mean) / std. */
  #normalized(intensities: Tensor): Tensor {
    const { mean, std } = this.parts.preprocessing;
    const x = mean ? intensities.sub(channels(mean, this.dtype)) : intensities;
    return std ? x.div(channels(std, this.dtype)) : x;
  }
}

/**
 * A function of θ that is traced once for each θ. Loss, carried state and metrics of one step then share all that lies behind them; traced anew, numbers that are inputs of
 * the program (a scale, a slope, a seed) would be other inputs, and nothing that depends on them would be found to be the same.
 */
export function tracedOnce<T>(trace: (theta: Tensor) => T): (theta: Tensor) => T {
  const traced = new WeakMap<Tensor, { readonly result: T }>();
  return (theta) => {
    const held = traced.get(theta) ?? { result: trace(theta) };
    traced.set(theta, held);
    return held.result;
  };
}

function channels(values: readonly number[], dtype: DType): Tensor {
  const data = dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values);
  return fromHost(data, [values.length], dtype);
}

/** 64 random bits of a traced step for each element of a batch of some shape, for a purpose. */
export function stepWords(seed: number, step: Tensor): (purpose: string, shape: Shape) => TracedKey {
  return (purpose, shape) => recordWords(tracedStreamKey(seedWords(seed), purpose, step.cast("u32")), shape);
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
 * @param from the position of the epoch that entry 0 of the order stands for. Default: the first
 */
export function batchRows(order: Tensor, step: Tensor, stepsPerEpoch: Tensor, batchSize: number, count: number, from?: Tensor): Tensor {
  const batch = step.sub(step.div(stepsPerEpoch).floor().mul(stepsPerEpoch));
  const first = batch.mul(batchSize);
  return order.take(iota([count], 0, "u32").add((from ? first.sub(from) : first).cast("u32")));
}

/** Memory for records: what `take` reads from. */
export function dataVariable(name: string, shape: readonly number[], dtype: DType): Variable {
  if (!isFloat(dtype) && dtype !== "u8" && dtype !== "i32") throw new Error(`internal: data of ${dtype}`);
  return { name, type: { shape, dtype } };
}
