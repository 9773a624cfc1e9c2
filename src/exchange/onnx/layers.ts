/** Each layer as operators of ONNX. Images have their channels first inside the file: whatever has three axes beside the records is one. */
import type { LayerDescription } from "../../models/description.js";
import type { BuiltLayer } from "../../models/layer.js";
import { marginsOf, type Padding } from "../../models/layers/windows.js";
import { SteepestError } from "../../tensor/error.js";
import { type HostData, type Shape, sizeOf } from "../../tensor/types.js";
import { permuted } from "../axes.js";
import type { AttributeValue, OnnxGraph } from "./graph.js";

/** A layer in its place in a graph. */
interface Place {
  readonly graph: OnnxGraph;
  readonly layer: BuiltLayer;
  /** The value that goes in. */
  readonly x: string;
  /** The weights of the layer as they are, by their own names. */
  readonly weights: (name: string) => HostData | undefined;
  /** The weights of the model, by path. */
  readonly all: ReadonlyMap<string, HostData>;
}

/**
 * Adds layers one after the other.
 *
 * @param x the value that goes in
 * @returns the value that comes out
 * @throws SteepestError that names the layers which are somebody's own
 */
export function addLayers(graph: OnnxGraph, layers: readonly BuiltLayer[], x: string, all: ReadonlyMap<string, HostData>): string {
  let value = x;
  for (const layer of layers) {
    const weights = (name: string) => all.get(`${layer.path}.${name}`);
    value = addLayer(layer.description, { graph, layer, x: value, weights, all });
  }
  return value;
}

function addLayer(description: LayerDescription | undefined, place: Place): string {
  const { graph, layer, x, all } = place;
  const { path, inputShape } = layer;
  const isImage = inputShape.length === 3;
  const simple = (operator: string, attributes = {}) => graph.node(operator, path, [x], attributes);
  switch (description?.type) {
    case undefined:
      throw ownLayers(layer);
    case "block":
      return addLayers(graph, layer.inner, x, all);
    case "residual": {
      const { body } = description;
      const through = addLayers(graph, layer.inner.slice(0, body.length), x, all);
      return graph.node("Add", path, [through, addLayers(graph, layer.inner.slice(body.length), x, all)]);
    }
    case "dropout":
      return x;
    case "relu":
      return simple("Relu");
    case "tanh":
      return simple("Tanh");
    case "sigmoid":
      return simple("Sigmoid");
    case "softplus":
      return simple("Softplus");
    case "negative":
      return simple("Neg");
    case "leakyRelu":
      return simple("LeakyRelu", { alpha: { float: description.slope } });
    case "elu":
      return simple("Elu", { alpha: { float: description.alpha } });
    case "softmax":
      return simple("Softmax", { axis: isImage ? 1 : -1 });
    case "silu":
      return graph.node("Mul", path, [x, graph.node("Sigmoid", `${path}/sigmoid`, [x])]);
    case "gelu":
      return gelu(description.form, place);
    case "flatten":
      return flatten(place);
    case "dense":
      return graph.node("Gemm", path, [x, weight(place, "weight"), ...(description.bias ? [weight(place, "bias")] : [])]);
    case "conv2d":
      return convolution(description, description.groups, place);
    case "depthwiseConv2d":
      return convolution(description, inputShape[2], place);
    case "convTranspose2d":
      return transposedConvolution(description, place);
    case "maxPool2d":
      return maxPool(description, place);
    case "meanPool2d":
      return simple("AveragePool", { kernel_shape: description.size, strides: description.strides });
    case "globalMeanPool2d":
    case "globalMaxPool2d": {
      const operator = description.type === "globalMeanPool2d" ? "GlobalAveragePool" : "GlobalMaxPool";
      return graph.node("Flatten", path, [graph.node(operator, `${path}/pool`, [x])]);
    }
    case "upsample2d":
      return upsample(description, place);
    case "batchNorm":
      return batchNorm(description.epsilon, place);
    case "layerNorm":
      return layerNorm(description, place);
    case "groupNorm":
      return groupNorm(description, place);
    case "embedding":
      return embedding(place);
    case "everySecond":
      return everySecond(place);
  }
}

/** Axes of images, with the records in front. */
const [toFirst, toLast] = [
  [0, 3, 1, 2],
  [0, 2, 3, 1],
];

/** @returns the value with its channels first */
export const channelsFirst = (graph: OnnxGraph, name: string, x: string): string => graph.node("Transpose", name, [x], { perm: toFirst });

/** @returns the value with its channels last */
export const channelsLast = (graph: OnnxGraph, name: string, x: string): string => graph.node("Transpose", name, [x], { perm: toLast });

/** What the layer does to a value whose channels come last, as ours do. */
function withChannelsLast(
  { graph, layer: { path, inputShape, outputShape }, x }: Place,
  work: (x: string, name: string) => string,
): string {
  const before = inputShape.length === 3 ? channelsLast(graph, `${path}/channelsLast`, x) : x;
  if (outputShape.length !== 3) return work(before, path);
  return channelsFirst(graph, path, work(before, `${path}/itself`));
}

/** A parameter of the layer as it is. */
function weight({ graph, layer, weights }: Place, name: string): string {
  const shape = [...layer.parameters, ...layer.state].find(({ path }) => path === `${layer.path}.${name}`)?.shape ?? [];
  return graph.weight(`${layer.path}.${name}`, shape, weights(name) ?? []);
}

/** γ and β, or what stands for them where there are none. */
const affine = (place: Place, shape: Shape): string[] =>
  [
    ["scale", 1],
    ["bias", 0],
  ].map(([name, otherwise]) =>
    place.weights(String(name)) !== undefined
      ? weight(place, String(name))
      : place.graph.weight(`${place.layer.path}.${name}`, shape, new Float32Array(sizeOf(shape)).fill(Number(otherwise))),
  );

/** [height, width, in, out] as [out, in, height, width]. */
function filters({ graph, layer, weights }: Place, kernel: readonly [number, number], channels: readonly [number, number]): string {
  const shape = [...kernel, ...channels];
  const order = [3, 2, 0, 1];
  return graph.weight(
    `${layer.path}.weight`,
    order.map((axis) => shape[axis]),
    permuted(weights("weight") ?? new Float32Array(0), shape, order),
  );
}

/** Above, left, below, right: the order of ONNX. */
function pads(padding: Padding, image: Shape, reach: readonly [number, number], strides: readonly [number, number]): number[] {
  const [top, bottom, left, right] = marginsOf(padding, [image[0], image[1]], reach, strides);
  return [top, left, bottom, right];
}

function maxPool(
  { size, strides, padding }: Extract<LayerDescription, { readonly type: "maxPool2d" }>,
  { graph, layer, x }: Place,
): string {
  const around = pads(padding, layer.inputShape, size, strides);
  if (around.some((extent, side) => extent >= size[side % 2]))
    throw new SteepestError({
      problem: "ONNX has no windows that lie outside of the image",
      expected: `padding below the size ${size.join(" × ")} of the window`,
      received: around.join(", "),
      where: layer.path,
    });
  return graph.node("MaxPool", layer.path, [x], { kernel_shape: size, strides, pads: around });
}

function convolution(
  {
    kernel,
    strides,
    dilation,
    padding,
    bias,
  }: Pick<Extract<LayerDescription, { readonly type: "conv2d" }>, "kernel" | "strides" | "dilation" | "padding" | "bias">,
  groups: number,
  place: Place,
): string {
  const { graph, layer, x } = place;
  const [channels, outputs] = [layer.inputShape[2], layer.outputShape[2]];
  const reach = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1] as const;
  const inputs = [x, filters(place, kernel, [channels / groups, outputs]), ...(bias ? [weight(place, "bias")] : [])];
  return graph.node("Conv", layer.path, inputs, {
    kernel_shape: kernel,
    strides,
    dilations: dilation,
    group: groups,
    pads: pads(padding, layer.inputShape, reach, strides),
  });
}

function transposedConvolution(
  { filters: outputs, kernel, strides, padding, bias }: Extract<LayerDescription, { readonly type: "convTranspose2d" }>,
  place: Place,
): string {
  const { graph, layer, x } = place;
  const { inputShape, outputShape } = layer;
  const around = pads(padding, [inputShape[0] * strides[0], inputShape[1] * strides[1]], kernel, strides);
  const inputs = [x, filters(place, kernel, [outputs, inputShape[2]]), ...(bias ? [weight(place, "bias")] : [])];
  // What is there beyond the windows themselves.
  const beyond = [0, 1].map(
    (axis) => outputShape[axis] - ((inputShape[axis] - 1) * strides[axis] + kernel[axis] - around[axis] - around[axis + 2]),
  );
  return graph.node("ConvTranspose", layer.path, inputs, { kernel_shape: kernel, strides, pads: around, output_padding: beyond });
}

/** Height, width and channels in one: our order of the features, whatever the weights behind them. */
const flatten = (place: Place): string => withChannelsLast(place, (x, name) => place.graph.node("Flatten", name, [x]));

function gelu(form: "exact" | "tanh", { graph, layer: { path }, x }: Place): string {
  const number = (value: number) => graph.weight(`constant ${value}`, [], [value]);
  const node = (operator: string, name: string, ...inputs: readonly string[]) => graph.node(operator, `${path}/${name}`, inputs);
  const share =
    form === "exact"
      ? node("Erf", "erf", node("Mul", "scaled", x, number(Math.SQRT1_2)))
      : node(
          "Tanh",
          "tanh",
          node(
            "Mul",
            "scaled",
            node("Add", "inner", x, node("Mul", "cubic", node("Mul", "cube", node("Mul", "square", x, x), x), number(0.044715))),
            number(Math.sqrt(2 / Math.PI)),
          ),
        );
  return graph.node("Mul", path, [node("Mul", "half", x, number(0.5)), node("Add", "share", share, number(1))]);
}

function upsample(
  { factor, mode }: Extract<LayerDescription, { readonly type: "upsample2d" }>,
  { graph, layer: { path }, x }: Place,
): string {
  const scales = graph.weight(`${path}.scales`, [4], [1, 1, ...factor]);
  const how: Readonly<Record<string, AttributeValue>> =
    mode === "nearest"
      ? { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }
      : { mode: "linear", coordinate_transformation_mode: "half_pixel" };
  return graph.node("Resize", path, [x, "", scales], how);
}

function batchNorm(epsilon: number, place: Place): string {
  const { graph, layer, x } = place;
  const channels = layer.inputShape.at(-1) ?? 1;
  const inputs = [...affine(place, [channels]), weight(place, "runningMean"), weight(place, "runningVariance")];
  const normalized = (value: string, name: string) =>
    graph.node("BatchNormalization", name, [value, ...inputs], { epsilon: { float: epsilon } });
  if (layer.inputShape.length === 3 || layer.inputShape.length === 1) return normalized(x, layer.path);
  // ONNX has the channels at the second axis: all that comes before ours is put together.
  const rows = graph.node("Reshape", `${layer.path}/rows`, [x, graph.integers(`${layer.path}/rowsShape`, [-1, channels])]);
  return graph.node("Reshape", layer.path, [
    normalized(rows, `${layer.path}/normalized`),
    graph.integers(`${layer.path}/shape`, [-1, ...layer.inputShape]),
  ]);
}

const layerNorm = ({ axes, epsilon }: Extract<LayerDescription, { readonly type: "layerNorm" }>, place: Place): string =>
  withChannelsLast(place, (x, name) =>
    place.graph.node("LayerNormalization", name, [x, ...affine(place, place.layer.inputShape.slice(-axes))], {
      axis: -axes,
      epsilon: { float: epsilon },
    }),
  );

/** Each group is an instance with one channel: there is no operator for groups before version 18. */
function groupNorm({ groups, epsilon }: Extract<LayerDescription, { readonly type: "groupNorm" }>, place: Place): string {
  const { graph, layer } = place;
  const { path, inputShape } = layer;
  const isImage = inputShape.length === 3;
  if (!isImage && inputShape.length !== 1)
    throw new SteepestError({
      problem: "groupNorm is written to ONNX for vectors and images",
      expected: "[features] or [height, width, channels]",
      received: `[${inputShape.join(", ")}]`,
      where: path,
    });
  const channels = inputShape.at(-1) ?? 1;
  const grouped = graph.node("Reshape", `${path}/groups`, [place.x, graph.integers(`${path}/groupsShape`, [0, groups, -1])]);
  const [one, nothing] = [1, 0].map((value) => graph.weight(`${path}/${value}`, [groups], new Float32Array(groups).fill(value)));
  const normalized = graph.node("InstanceNormalization", `${path}/normalized`, [grouped, one, nothing], { epsilon: { float: epsilon } });
  const shape = isImage ? [channels, inputShape[0], inputShape[1]] : [channels];
  const last = place.weights("scale") === undefined;
  const back = graph.node("Reshape", last ? path : `${path}/ungrouped`, [normalized, graph.integers(`${path}/shape`, [0, ...shape])]);
  if (last) return back;
  const [scale, bias] = ["scale", "bias"].map((name) =>
    graph.weight(`${path}.${name}`, isImage ? [channels, 1, 1] : [channels], place.weights(name) ?? []),
  );
  return graph.node("Add", path, [graph.node("Mul", `${path}/scaled`, [back, scale]), bias]);
}

const embedding = (place: Place): string =>
  withChannelsLast(place, (x, name) => {
    const rows = place.graph.node("Cast", `${place.layer.path}/rows`, [x], { to: 7 });
    return place.graph.node("Gather", name, [weight(place, "weight"), rows], { axis: 0 });
  });

function everySecond({ graph, layer: { path, inputShape, outputShape }, x }: Place): string {
  const list = (name: string, values: readonly number[]) => graph.integers(`${path}/${name}`, values);
  const taken = graph.node("Slice", `${path}/pixels`, [
    x,
    list("starts", [0, 0]),
    list("ends", [inputShape[0], inputShape[1]]),
    list("axes", [2, 3]),
    list("steps", [2, 2]),
  ]);
  const extra = outputShape[2] - inputShape[2];
  const before = Math.floor(extra / 2);
  return graph.node("Pad", path, [taken, list("pads", [0, before, 0, 0, 0, extra - before, 0, 0])]);
}

/** The innermost layers without a description: what stands in the way. */
function ownLayers(layer: BuiltLayer): SteepestError {
  const found = (one: BuiltLayer): string[] =>
    one.description !== undefined ? [] : one.inner.length === 0 ? [one.path] : one.inner.flatMap(found);
  return new SteepestError({
    problem: "the model has layers of one's own, which cannot be written as operators of ONNX",
    expected: "layers that come with Steepest",
    received: found(layer).join(", "),
  });
}
