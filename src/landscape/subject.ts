/** What a landscape is of: the loss of a model on records, or any objective. */
import { type DatasetPart, recordCount } from "../data/dataset.js";
import { RecordPlace, type Stretch, stretches, type Writable } from "../descent/records.js";
import type { BuiltLayer } from "../models/layer.js";
import type { Objective } from "../objectives/objective.js";
import type { ModelPoint, Training } from "../objectives/training.js";
import type { Parameters } from "../optimizers/parameters.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { iota, readVariable, type Tensor } from "../tensor/tensor.js";
import { bytesPerElement, type HostData, sizeOf } from "../tensor/types.js";

/** A loss of θ that is a sum over chunks of records, divided by their weight. */
export interface Subject {
  readonly parameters: Parameters;
  /** What beside θ lies in a program of it. */
  readonly variables: readonly Variable[];
  fill(program: Writable): void;
  /** Says what the layers of a model carry. */
  carry?(program: Writable, state: HostData): void;
  readonly chunks: readonly Stretch[];
  /** The sum over `size` records, from the one that a traced number says. */
  loss(theta: Tensor, first: Tensor, size: number): Tensor;
  /** What the sum over all records is divided by. */
  readonly weight: number;
}

/** The mean loss of a model over records. */
export interface ModelSubject extends Subject {
  readonly training: Training;
  readonly records: number;
  /** What the model gives for `size` records, from the one that a traced number says. */
  output(theta: Tensor, first: Tensor, size: number): Tensor;
  /** The sum of the losses of all records, where the model gives `outputs` for them. */
  sumOf(outputs: Tensor): Tensor;
}

/** Most and fewest records of a step, and bytes that what its widest layer gives may take: it should stay in the caches. */
const [MOST, FEWEST, BYTES] = [256, 32, 1 << 22];

/** The mean loss of a model over records, as it is applied: without dropout, with the statistics that it carries, without what a regulariser adds. */
export function modelSubject(training: Training, { state }: Pick<ModelPoint, "state">, part: DatasetPart): ModelSubject {
  const records = recordCount(part);
  const place = new RecordPlace("slice", part, true);
  const { model, loss } = training.parts;
  const carried: Variable | undefined =
    state.length > 0 ? { name: "state", type: { shape: [state.length], dtype: training.dtype } } : undefined;
  const context = () => (carried ? { state: readVariable(carried) } : {});
  const rows = (first: Tensor, count: number) => place.pick(iota([count], 0, "u32").add(first.cast("u32")));
  const sum = (perRecord: Tensor, weights: Tensor | undefined) => {
    const each = perRecord.cast("f64");
    return (weights ? each.mul(weights.cast("f64")) : each).sum();
  };
  return {
    training,
    parameters: training.parameters,
    variables: [...place.variables, ...(carried ? [carried] : [])],
    fill(program) {
      place.fill(program, part);
      if (carried) program.write(carried, state);
    },
    carry(program, other) {
      if (carried) program.write(carried, other);
    },
    chunks: stretches(records, chunkFor(model.layers, bytesPerElement[training.dtype])),
    loss(theta, first, count) {
      const { inputs, targets, weights } = rows(first, count);
      return sum(training.batch(theta, inputs, targets, false, context()).perRecord, weights);
    },
    output: (theta, first, count) => training.output(theta, rows(first, count).inputs, context()),
    sumOf(outputs) {
      const { targets, weights } = place.all();
      return sum(loss.perRecord(outputs, targets), weights);
    },
    // The weights of records have mean 1.
    weight: records,
    records,
  };
}

function chunkFor(layers: readonly BuiltLayer[], bytes: number): number {
  const widest = Math.max(1, ...layers.map(({ inputShape, outputShape }) => Math.max(sizeOf(inputShape), sizeOf(outputShape))));
  return Math.max(FEWEST, Math.min(MOST, 2 ** Math.floor(Math.log2(BYTES / (bytes * widest)))));
}

export function objectiveSubject(objective: Objective): Subject {
  return {
    parameters: objective.parameters,
    variables: [],
    fill() {},
    chunks: [{ size: 1, first: 0, count: 1 }],
    loss: (theta) => objective.loss(theta).cast("f64"),
    weight: 1,
  };
}
