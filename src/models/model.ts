/** Models: layers in a row, built for the shape of the data. */
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Shape, sameShape, showShape, sizeOf } from "../tensor/types.js";
import { applyChain, buildChain, type Composition, type ModelPart } from "./chain.js";
import type { AppliedLayer, BuiltLayer, ModelContext } from "./layer.js";
import type { Parameter, StateEntry } from "./parameter.js";
import { summaryOf } from "./summary.js";

/** A model before its data are known. */
export interface Model extends Composition {
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
  /** What layers carry from step to step without learning it. */
  readonly state: readonly StateEntry[];
  /**
   * @param x a batch [records, …inputShape] of floating-point numbers
   * @param parameters tensors by path, as `ParameterLayout.views` gives them
   * @returns the output [records, …outputShape], and the state by path
   */
  apply(x: Tensor, parameters: Readonly<Record<string, Tensor>>, context: ModelContext): AppliedLayer;
  /**
   * The same layers for inputs of another shape.
   *
   * @throws SteepestError where they need other parameters then, as dense layers do
   */
  rebuild(inputShape: Shape): BuiltModel;
  /**
   * A table of the layers, those of blocks below their block: name, output shape, number of parameters, and floating-point operations for one
   * input: two for each multiplication that is added to a sum, in products and convolutions. What is done element by element does not count.
   */
  summary(): string;
}

/**
 * Layers one after the other.
 *
 * Inside the model each layer is called by its kind and its number among those of that kind: `conv1`, `relu1`, `conv2`, … , `dense1`;
 * its parameters by that and their own name: `dense1.weight`. Names do not change when a layer of another kind is put in between.
 * A model among the layers is a block under its own name, and names inside it begin with the block's: `sequential1.dense1.weight`.
 *
 * @example
 * ```ts
 * import { dense, flatten, relu, sequential } from "steepest";
 * const model = sequential(flatten(), dense(128), relu(), dense(10));
 * model.build([28, 28, 1]).parameters.length; // → 4
 * ```
 */
export function sequential(...layers: readonly ModelPart[]): Model {
  return namedModel("sequential", layers);
}

/** `sequential` under a name of its own, as summaries and run folders show it. */
export function namedModel(name: string, layers: readonly ModelPart[]): Model {
  if (layers.length === 0)
    throw new SteepestError({
      problem: "a model without layers computes nothing",
      expected: "at least one layer, such as dense(10)",
      received: "none",
    });
  return { name, layers, build: (inputShape) => build(name, layers, inputShape) };
}

function build(name: string, layers: readonly ModelPart[], inputShape: Shape): BuiltModel {
  if (inputShape.some((extent) => !Number.isInteger(extent) || extent < 1))
    throw new SteepestError({
      problem: `${name} cannot be built for this input`,
      expected: "the shape of one input, such as [28, 28, 1]",
      received: showShape(inputShape),
    });
  const chain = buildChain(layers, inputShape, name, "");
  return {
    name,
    inputShape,
    ...chain,
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
      return applyChain(chain.layers, x, values, context);
    },
    rebuild(other) {
      const rebuilt = build(name, layers, other);
      const odd = rebuilt.parameters.find(
        ({ path, shape }, i) => path !== chain.parameters[i]?.path || !sameShape(shape, chain.parameters[i].shape),
      );
      if (odd === undefined) return rebuilt;
      throw new SteepestError({
        problem: `${name} cannot be applied to inputs of another shape`,
        expected: "parameters that do not depend on the extents of the input",
        received: `${odd.path} of shape ${showShape(odd.shape)} for inputs ${showShape(other)}`,
      });
    },
    summary: () => summaryOf(name, inputShape, chain.layers),
  };
}
