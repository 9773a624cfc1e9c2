/** A model as plain data, and back. */
import { type LayerDescription, type PlainLayerType, plainLayerTypes } from "../models/description.js";
import {
  batchNorm,
  conv2d,
  convTranspose2d,
  dense,
  depthwiseConv2d,
  dropout,
  elu,
  embedding,
  flatten,
  gelu,
  globalMaxPool2d,
  globalMeanPool2d,
  groupNorm,
  type Initializer,
  type Layer,
  layerNorm,
  leakyRelu,
  type ModelPart,
  maxPool2d,
  meanPool2d,
  namedModel,
  type Padding,
  relu,
  residual,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
  upsample2d,
  zeros,
} from "../models/index.js";
import type { BuiltModel, Model } from "../models/model.js";
import { negative } from "../models/ready/images.js";
import { everySecond } from "../models/ready/resnet.js";
import { SteepestError } from "../tensor/error.js";
import { PlainReader } from "./plain-reader.js";
import type { PlainData } from "./run-data.js";

/** The model as plain data: its name and its layers with their options, those of one's own by their path alone. */
export const modelDataOf = (model: BuiltModel): PlainData => ({
  name: model.name,
  layers: model.layers.map(({ description, path }) => description ?? { type: own, path }),
});

/** Stands for a layer that only its maker can build. */
const own = "own";

/**
 * The model that plain data describe, the inverse of `modelDataOf`. Its weights start at nothing in particular.
 *
 * @param where what holds the data, for messages
 * @throws SteepestError for layers of one's own, and for data that describe no model
 */
export function modelFromData(data: PlainData, where: string): Model {
  const record = new PlainReader(data, `${where} › model`);
  const mine = record.list("layers", (item, at) => {
    const layer = new PlainReader(item, at);
    return layer.text("type") === own ? layer.text("path") : undefined;
  });
  const paths = mine.filter((path) => path !== undefined);
  if (paths.length > 0)
    throw new SteepestError({
      problem: "the model has layers of somebody's own, which a run folder cannot hold",
      expected: "layers that come with Steepest",
      received: paths.join(", "),
      where,
      fix: "in TypeScript, build the same model and hand it in: loadRun(folder, { model })",
    });
  return namedModel(record.text("name"), record.list("layers", partOf));
}

type LayerType = Exclude<LayerDescription["type"], PlainLayerType>;

const plain: Readonly<Record<PlainLayerType, () => Layer>> = {
  flatten,
  relu,
  silu,
  softplus,
  tanh,
  sigmoid,
  softmax,
  globalMeanPool2d,
  globalMaxPool2d,
  negative,
};

const withOptions: Readonly<Record<LayerType, (data: PlainReader) => ModelPart>> = {
  dense: (data) => dense(data.number("units"), { bias: bias(data) }),
  conv2d: (data) => conv2d(data.number("filters"), pair(data, "kernel"), { ...convolutionOptions(data), groups: data.number("groups") }),
  depthwiseConv2d: (data) => depthwiseConv2d(pair(data, "kernel"), { ...convolutionOptions(data), multiplier: data.number("multiplier") }),
  convTranspose2d: (data) =>
    convTranspose2d(data.number("filters"), pair(data, "kernel"), {
      strides: pair(data, "strides"),
      padding: padding(data),
      outputPadding: pair(data, "outputPadding"),
      bias: bias(data),
    }),
  maxPool2d: (data) => maxPool2d(pair(data, "size"), { strides: pair(data, "strides"), padding: padding(data) }),
  meanPool2d: (data) => meanPool2d(pair(data, "size"), { strides: pair(data, "strides") }),
  batchNorm: (data) => batchNorm({ ...normOptions(data), momentum: data.number("momentum") }),
  layerNorm: (data) => layerNorm({ ...normOptions(data), axes: data.number("axes") }),
  groupNorm: (data) => groupNorm(data.number("groups"), normOptions(data)),
  dropout: (data) => dropout(data.number("rate")),
  embedding: (data) => embedding(data.number("symbols"), data.number("features")),
  upsample2d: (data) => upsample2d(pair(data, "factor"), { mode: data.oneOf("mode", ["nearest", "bilinear"]) }),
  leakyRelu: (data) => leakyRelu(data.number("slope")),
  elu: (data) => elu(data.number("alpha")),
  gelu: (data) => gelu(data.oneOf("form", ["exact", "tanh"])),
  everySecond: (data) => everySecond(data.number("filters")),
  residual: (data) =>
    residual(
      namedModel("body", data.list("body", partOf)),
      data.has("shortcut") ? namedModel("shortcut", data.list("shortcut", partOf)) : undefined,
    ),
  block: (data) => namedModel(data.text("name"), data.list("layers", partOf)),
};

function partOf(item: unknown, where: string): ModelPart {
  const data = new PlainReader(item, where);
  const type = data.text("type");
  const isPlain = plainLayerTypes.find((candidate) => candidate === type);
  if (isPlain !== undefined) return plain[isPlain]();
  for (const [candidate, make] of Object.entries(withOptions)) if (candidate === type) return make(data);
  throw new SteepestError({
    problem: "the run has a layer that this version of Steepest does not know",
    expected: [...Object.keys(plain), ...Object.keys(withOptions)].join(", "),
    received: type,
    where,
    fix: "update Steepest",
  });
}

const convolutionOptions = (data: PlainReader) => ({
  strides: pair(data, "strides"),
  dilation: pair(data, "dilation"),
  padding: padding(data),
  bias: bias(data),
});

const normOptions = (data: PlainReader) => ({ epsilon: data.number("epsilon"), affine: data.flag("affine") });

const bias = (data: PlainReader): Initializer | false => (data.flag("bias") ? zeros() : false);

/** Two numbers; the layers themselves say which ones are of use. */
function pair(data: PlainReader, key: string): readonly [number, number] {
  const [first, second] = data.numbers(key);
  return [first, second];
}

function padding(data: PlainReader): Padding {
  const value = data.plain("padding");
  return typeof value === "number" ? value : typeof value === "string" ? data.oneOf("padding", ["same", "valid"]) : pair(data, "padding");
}
