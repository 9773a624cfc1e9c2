/** Models: layers in a row, built for the shape of the data. */
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Shape, sameShape, showShape, sizeOf } from "../tensor/types.js";
import type { BuiltLayer, Layer } from "./layer.js";
import type { Parameter, StateEntry } from "./parameter.js";

/** What a model needs beside its input, while it is traced. */
export interface ModelContext {
  readonly training: boolean;
  /** 32 random bits (u32) for each element of a batch, for a purpose such as `dropout1`. Needed where a layer draws while training. */
  readonly random?: (purpose: string, shape: Shape) => Tensor;
  /** The carried state, by path. */
  readonly state?: Readonly<Record<string, Tensor>>;
}

/** A model before its data are known. */
export interface Model {
  readonly name: string;
  readonly layers: readonly Layer[];
  /**
   * Infers all shapes.
   *
   * @param inputShape the shape of one input, without the batch axis: `[28, 28, 1]`
   * @throws SteepestError that names the layer which cannot take what it gets
   */
  build(inputShape: Shape): BuiltModel;
}

export interface BuiltModel {
  readonly name: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly layers: readonly BuiltLayer[];
  /** In the order of the layers, which is their order in θ. */
  readonly parameters: readonly Parameter[];
  readonly state: readonly StateEntry[];
  /**
   * @param x a batch [records, …inputShape] of floating-point numbers
   * @param parameters tensors by path, as `ParameterLayout.views` gives them
   * @returns the output [records, …outputShape], and the state by path
   */
  apply(
    x: Tensor,
    parameters: Readonly<Record<string, Tensor>>,
    context: ModelContext,
  ): { readonly output: Tensor; readonly state: Readonly<Record<string, Tensor>> };
  /** A table of the layers: name, output shape, number of parameters. */
  summary(): string;
}

/**
 * Layers one after the other.
 *
 * Inside the model each layer is called by its kind and its number among those of that kind: `conv1`, `relu1`, `conv2`, … , `dense1`;
 * its parameters by that and their own name: `dense1.weight`. Names do not change when a layer of another kind is put in between.
 *
 * @example
 * ```ts
 * import { dense, flatten, relu, sequential } from "steepest";
 * const model = sequential(flatten(), dense(128), relu(), dense(10));
 * model.build([28, 28, 1]).parameters.length; // → 4
 * ```
 */
export function sequential(...layers: readonly Layer[]): Model {
  return namedModel("sequential", layers);
}

/** `sequential` under a name of its own, as summaries and run folders show it. */
export function namedModel(name: string, layers: readonly Layer[]): Model {
  if (layers.length === 0)
    throw new SteepestError({
      problem: "a model without layers computes nothing",
      expected: "at least one layer, such as dense(10)",
      received: "none",
    });
  return { name, layers, build: (inputShape) => build(name, layers, inputShape) };
}

function build(name: string, layers: readonly Layer[], inputShape: Shape): BuiltModel {
  if (inputShape.some((extent) => !Number.isInteger(extent) || extent < 1))
    throw new SteepestError({
      problem: `${name} cannot be built for this input`,
      expected: "the shape of one input, such as [28, 28, 1]",
      received: showShape(inputShape),
    });
  const numbers = new Map<string, number>();
  const built: BuiltLayer[] = [];
  let shape = inputShape;
  layers.forEach((layer, position) => {
    const number = (numbers.get(layer.name) ?? 0) + 1;
    numbers.set(layer.name, number);
    const path = `${layer.name}${number}`;
    const made = inLayer(`${path}, layer ${position + 1} of ${layers.length} in ${name}`, () => layer.build(shape, path));
    built.push(made);
    shape = made.outputShape;
  });
  const parameters = built.flatMap((layer) => layer.parameters);
  return {
    name,
    inputShape,
    outputShape: shape,
    layers: built,
    parameters,
    state: built.flatMap((layer) => layer.state),
    apply(x, values, context) {
      if (!sameShape(x.shape.slice(1), inputShape) || x.rank === 0)
        throw new SteepestError({
          problem: `${name} was built for another input`,
          expected: showShape([x.shape[0] ?? 1, ...inputShape]),
          received: showShape(x.shape),
          fix:
            x.size === sizeOf(inputShape)
              ? `a single input is a batch of one: x.reshape([1, ${inputShape.join(", ")}])`
              : `build the model for the shape of one input: model.build([${x.shape.slice(1).join(", ")}])`,
        });
      return applyAll(built, x, values, context);
    },
    summary: () => summaryOf(name, inputShape, built),
  };
}

function applyAll(
  layers: readonly BuiltLayer[],
  x: Tensor,
  parameters: Readonly<Record<string, Tensor>>,
  { training, random, state = {} }: ModelContext,
) {
  const next: Record<string, Tensor> = {};
  let output = x;
  for (const layer of layers) {
    const { path } = layer;
    const missing = [
      ...layer.parameters.filter((p) => parameters[p.path] === undefined),
      ...layer.state.filter((s) => state[s.path] === undefined),
    ];
    if (missing.length > 0)
      throw new SteepestError({
        problem: `${missing[0].path} was not given`,
        expected: "a tensor for each parameter and state of the model",
        received: Object.keys(parameters).join(", "),
      });
    const result = layer.apply(output, parameters, {
      training,
      path,
      state: Object.fromEntries(layer.state.map((s) => [s.path.slice(path.length + 1), state[s.path]])),
      randomBits(shape, purpose) {
        if (random === undefined)
          throw new SteepestError({
            problem: `${path} draws random numbers, and there is no stream for it`,
            where: `layer ${path}`,
            fix: "hand `random` to apply, or apply the model with training: false",
          });
        return random(purpose === undefined ? path : `${path} ${purpose}`, shape);
      },
    });
    output = result.output;
    Object.assign(next, result.state);
  }
  return { output, state: next };
}

/** Adds to an error in which layer it came up. */
function inLayer<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SteepestError) || error.where !== undefined) throw error;
    throw new SteepestError({
      problem: error.problem,
      where,
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      ...(error.received === undefined ? {} : { received: error.received }),
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    });
  }
}

/** The number of learned numbers. */
export const parameterCount = (parameters: readonly Parameter[]): number => parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

function summaryOf(name: string, inputShape: Shape, layers: readonly BuiltLayer[]): string {
  const rows = [
    ["layer", "output", "parameters"],
    ["input", `[${inputShape.join(", ")}]`, ""],
    ...layers.map(({ path, outputShape, parameters }) => [
      path,
      `[${outputShape.join(", ")}]`,
      parameters.length === 0 ? "" : grouped(parameterCount(parameters)),
    ]),
    [name, "", grouped(parameterCount(layers.flatMap(({ parameters }) => parameters)))],
  ];
  const width = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map(([layer, output, count]) => `${layer.padEnd(width[0])}  ${output.padEnd(width[1])}  ${count.padStart(width[2])}`.trimEnd())
    .join("\n");
}

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
