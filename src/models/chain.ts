/** Layers one after the other: what a model is, and a block inside it. */
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Shape } from "../tensor/types.js";
import { descriptionsOf } from "./description.js";
import type { AppliedLayer, BuiltLayer, Layer, ModelContext } from "./layer.js";
import type { Parameter, StateEntry } from "./parameter.js";

/** Layers in a row under one name: a model, or a block of one. */
export interface Composition {
  readonly name: string;
  readonly layers: readonly ModelPart[];
}

/** What models and blocks are made of: layers, and models as blocks. */
export type ModelPart = Layer | Composition;

export const isComposition = (part: ModelPart): part is Composition => "layers" in part;

/** Layers in their places. */
export interface BuiltChain {
  readonly layers: readonly BuiltLayer[];
  readonly outputShape: Shape;
  readonly parameters: readonly Parameter[];
  readonly state: readonly StateEntry[];
}

/**
 * Infers the shapes along a row of layers, and names them by their kind and number.
 *
 * @param owner what they are the layers of, for errors
 * @param prefix the path of the block that they are in, or nothing
 * @throws SteepestError that names the layer which cannot take what it gets
 */
export function buildChain(parts: readonly ModelPart[], inputShape: Shape, owner: string, prefix: string): BuiltChain {
  const numbers = new Map<string, number>();
  const layers: BuiltLayer[] = [];
  let outputShape = inputShape;
  parts.forEach((part, position) => {
    const number = (numbers.get(part.name) ?? 0) + 1;
    numbers.set(part.name, number);
    const path = `${prefix === "" ? "" : `${prefix}.`}${part.name}${number}`;
    const where = `${path}, layer ${position + 1} of ${parts.length} in ${owner}`;
    const built = inLayer(where, () => asLayer(part).build(outputShape, path));
    layers.push(built);
    outputShape = built.outputShape;
  });
  return {
    layers,
    outputShape,
    parameters: layers.flatMap((layer) => layer.parameters),
    state: layers.flatMap((layer) => layer.state),
  };
}

/** What comes out of a row of layers, and what they carry on. */
export function applyChain(
  layers: readonly BuiltLayer[],
  x: Tensor,
  parameters: Readonly<Record<string, Tensor>>,
  context: ModelContext,
): AppliedLayer {
  const { state: carried = {}, tap } = context;
  const state: Record<string, Tensor> = {};
  let output = x;
  for (const layer of layers) {
    const missing = [
      ...layer.parameters.filter((p) => parameters[p.path] === undefined),
      ...layer.state.filter((s) => carried[s.path] === undefined),
    ];
    if (missing.length > 0)
      throw new SteepestError({
        problem: `${missing[0].path} was not given`,
        expected: "a tensor for each parameter and state of the model",
        received: [...Object.keys(parameters), ...Object.keys(carried)].join(", "),
      });
    const result = layer.apply(output, parameters, context);
    output = result.output;
    tap?.(layer.path, output);
    Object.assign(state, result.state);
  }
  return { output, state };
}

/** A model among layers is a block. */
export function asLayer(part: ModelPart): Layer {
  if (!isComposition(part)) return part;
  const { name, layers } = part;
  return {
    name,
    build(inputShape, path) {
      const chain = buildChain(layers, inputShape, path, path);
      const layersInside = descriptionsOf(chain.layers);
      return {
        path,
        inputShape,
        outputShape: chain.outputShape,
        parameters: chain.parameters,
        state: chain.state,
        multiplyAdds: totalOf(chain.layers),
        reach: knownReach(chain.layers),
        inner: chain.layers,
        ...(layersInside === undefined ? {} : { description: { type: "block", name, layers: layersInside } }),
        apply: (x, values, context) => applyChain(chain.layers, x, values, context),
      };
    },
  };
}

/** How far layers in a row look, in pixels, or the first that does not say. */
export function reachAlong(layers: readonly BuiltLayer[]): number | BuiltLayer {
  const silent = layers.find(({ reach }) => reach === undefined);
  if (silent) return silent.inner.find(({ reach }) => reach === undefined) ?? silent;
  return layers.reduce((sum, { reach = 0 }) => sum + reach, 0);
}

/** The same for a block. */
export function knownReach(layers: readonly BuiltLayer[]): number | undefined {
  const reach = reachAlong(layers);
  return typeof reach === "number" ? reach : undefined;
}

/** Multiply-adds of several layers. */
export const totalOf = (layers: readonly BuiltLayer[]): number => layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0);

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
