/** Where PyTorch keeps the numbers of a layer, and in which order of the axes. */
import type { BuiltLayer } from "../models/layer.js";
import type { BuiltModel } from "../models/model.js";
import { SteepestError } from "../tensor/error.js";
import { type Shape, showShape, sizeOf } from "../tensor/types.js";
import type { ModuleNames } from "./pytorch-names.js";

/** One tensor of a model, as we and as PyTorch keep it. */
export interface TensorForm {
  /** In our model: `conv1.weight`. */
  readonly path: string;
  readonly shape: Shape;
  /** In the `state_dict`. */
  readonly name: string;
  readonly theirs: Shape;
  /** Our axes, those of features that were an image taken apart, and the order in which PyTorch has them. */
  readonly split: Shape;
  readonly order: readonly number[];
}

/** The parameters of our layers that are called otherwise there. */
const parameterNames: ReadonlyMap<string, string> = new Map([
  ["scale", "weight"],
  ["runningMean", "running_mean"],
  ["runningVariance", "running_var"],
]);

/**
 * All tensors of a model, in its order.
 *
 *     filters          [height, width, in, out]  →  [out, in, height, width]
 *     dense weights    [in, out]                 →  [out, in]
 *
 * PyTorch's images have their channels first. What follows flatten() therefore sees the features of an image in another order (c, h, w for h, w, c): the rows of the
 * next dense layer, and the vectors of normalisations before it, are brought into that order.
 *
 * @throws SteepestError where layers after flatten() cannot be taken over number by number
 */
export function tensorForms(model: BuiltModel, names: ModuleNames): TensorForm[] {
  const forms: TensorForm[] = [];
  visit(model.layers, undefined, names, forms);
  return forms;
}

/** @param image the shape of the image whose pixels, in a row, are the features at this place. Gives the one behind the layers. */
function visit(layers: readonly BuiltLayer[], image: Shape | undefined, names: ModuleNames, forms: TensorForm[]): Shape | undefined {
  let features = image;
  for (const layer of layers) {
    const type = layer.description?.type;
    if (layer.inner.length > 0) {
      if (features !== undefined && type !== "block") throw unknownOrder(layer, features);
      const behind = visit(layer.inner, features, names, forms);
      features = type === "block" ? behind : undefined;
      continue;
    }
    for (const { path, shape } of [...layer.parameters, ...layer.state]) forms.push(formOf(layer, path, shape, features, names));
    if (type === "flatten") features = layer.inputShape.length === 3 ? layer.inputShape : features;
    else if (type === "dense") features = undefined;
    else if (features !== undefined && layer.outputShape.length !== 1) throw unknownOrder(layer, features);
  }
  return features;
}

function formOf(layer: BuiltLayer, path: string, shape: Shape, image: Shape | undefined, names: ModuleNames): TensorForm {
  const parameter = path.slice(layer.path.length + 1);
  const name = `${names(layer.path)}.${parameterNames.get(parameter) ?? parameter}`;
  const form = (split: Shape, order: readonly number[], theirs: Shape = order.map((axis) => split[axis])): TensorForm => ({
    path,
    shape,
    name,
    theirs,
    split,
    order,
  });
  const type = layer.description?.type;
  if (type === "conv2d" || type === "depthwiseConv2d" || type === "convTranspose2d")
    return shape.length === 4 ? form(shape, [3, 2, 0, 1]) : form(shape, [0]);
  if (type === "dense" && shape.length === 2)
    return image === undefined ? form(shape, [1, 0]) : form([...image, shape[1]], [3, 2, 0, 1], [shape[1], shape[0]]);
  if (type === "layerNorm" && shape.length === 3) return form(shape, [2, 0, 1]);
  if (type === "layerNorm" && shape.length === 2 && layer.inputShape.length === 3)
    throw new SteepestError({
      problem: "PyTorch has no such layer: its images have their channels first",
      expected: "a layerNorm of 1 or 3 axes",
      received: "2 axes",
      where: layer.path,
    });
  if (image !== undefined && type !== "dense") {
    if (shape.length === 1 && shape[0] === sizeOf(image)) return form(image, [2, 0, 1], shape);
    if (type === undefined) throw unknownOrder(layer, image);
  }
  return form(
    shape,
    shape.map((_, axis) => axis),
  );
}

const unknownOrder = ({ path }: BuiltLayer, image: Shape): SteepestError =>
  new SteepestError({
    problem: "the features of an image come in another order in PyTorch, and this layer cannot be brought to it",
    expected: "dense, or layers that treat features one by one, after flatten()",
    received: `${path} on the pixels of ${showShape(image)}`,
    fix: "put a dense layer between flatten() and it",
  });
