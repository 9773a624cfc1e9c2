/** The layers and losses of `test/fixtures/layers`, built from ours. */
import { readFileSync } from "node:fs";
import type { Layer } from "../../src/models/layer.js";
import { elu, gelu, leakyRelu, silu, softplus } from "../../src/models/layers/activations.js";
import { conv2d, convTranspose2d, depthwiseConv2d } from "../../src/models/layers/convolution.js";
import { embedding } from "../../src/models/layers/embedding.js";
import { batchNorm, groupNorm, layerNorm } from "../../src/models/layers/normalization.js";
import { globalMaxPool2d, globalMeanPool2d, maxPool2d, meanPool2d } from "../../src/models/layers/pooling.js";
import { upsample2d } from "../../src/models/layers/upsampling.js";
import {
  binaryCrossEntropy,
  crossEntropy,
  halfSquaredSum,
  hinge,
  huber,
  kullbackLeibler,
  type Loss,
  meanAbsolute,
  triplet,
} from "../../src/models/losses.js";

export interface LayerCase {
  readonly name: string;
  readonly input: readonly number[];
  readonly integers?: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly outputShape: readonly number[];
  readonly output: readonly number[];
  readonly inputGradient?: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly state?: Readonly<Record<string, readonly number[]>>;
}

export interface LossCase {
  readonly name: string;
  readonly output: readonly number[];
  readonly loss: readonly number[];
  readonly gradient: readonly number[];
  readonly labels?: readonly number[];
  readonly targets?: { readonly shape: readonly number[]; readonly data: readonly number[] };
}

const fixture: { readonly cases: readonly LayerCase[]; readonly losses: readonly LossCase[] } = JSON.parse(
  readFileSync(new URL("../fixtures/layers/layers.json", import.meta.url), "utf8"),
);
export const { cases, losses } = fixture;

/** Array number s of the fixture. */
export function numbers(shape: readonly number[], s: number): Float64Array {
  const size = shape.reduce((a, b) => a * b, 1);
  return Float64Array.from({ length: size }, (_, i) => ((i * (385 + 2 * s) + 17 * s) % 1009) / 504.5 - 1);
}

export const layers: Readonly<Record<string, () => Layer>> = {
  "conv same 5x7": () => conv2d(3, 3),
  "conv stride 2 padding 1": () => conv2d(3, 3, { strides: 2, padding: 1 }),
  "conv kernel 2x3 padding 0,2": () => conv2d(2, [2, 3], { padding: [0, 2] }),
  "conv dilation 2 same": () => conv2d(3, 3, { dilation: 2 }),
  "conv dilation 3,2 valid": () => conv2d(2, [2, 3], { dilation: [3, 2], padding: "valid" }),
  "conv dilation 2 stride 2 padding 2": () => conv2d(2, 3, { dilation: 2, strides: 2, padding: 2 }),
  "conv groups 2": () => conv2d(6, 3, { groups: 2 }),
  "conv groups 3 stride 2 same even": () => conv2d(3, [3, 2], { groups: 3, strides: 2 }),
  "conv groups 2 dilation 2": () => conv2d(4, 3, { groups: 2, dilation: 2 }),
  "depthwise 3": () => depthwiseConv2d(3),
  "depthwise 3 stride 2 same": () => depthwiseConv2d(3, { strides: 2 }),
  "depthwise 5x3 multiplier 2 dilation 1,2": () => depthwiseConv2d([5, 3], { multiplier: 2, dilation: [1, 2] }),
  "transpose 4 stride 2 same": () => convTranspose2d(3, 4, { strides: 2 }),
  "transpose 3 stride 2 padding 1 output 1": () => convTranspose2d(2, 3, { strides: 2, padding: 1, outputPadding: 1 }),
  "transpose 3x2 stride 2,3 valid output 1,2": () =>
    convTranspose2d(3, [3, 2], { strides: [2, 3], padding: "valid", outputPadding: [1, 2] }),
  "transpose 2 stride 3 valid": () => convTranspose2d(2, 2, { strides: 3, padding: "valid" }),
  "transpose 5 stride 1 padding 2": () => convTranspose2d(2, 5, { padding: 2 }),
  "batchNorm vectors": () => batchNorm(),
  "batchNorm images": () => batchNorm(),
  "batchNorm momentum 0.3 epsilon 0.01 plain": () => batchNorm({ momentum: 0.3, epsilon: 0.01, affine: false }),
  "batchNorm running": () => batchNorm(),
  "layerNorm features": () => layerNorm(),
  "layerNorm pixels": () => layerNorm(),
  "layerNorm images": () => layerNorm({ axes: 3 }),
  "groupNorm 2": () => groupNorm(2),
  "groupNorm instance": () => groupNorm(3),
  "maxPool 3 stride 2 same even": () => maxPool2d(3, { strides: 2, padding: "same" }),
  "maxPool 3 stride 2 padding 1": () => maxPool2d(3, { strides: 2, padding: 1 }),
  "maxPool 2 valid odd": () => maxPool2d(2),
  "meanPool 3 stride 2": () => meanPool2d(3, { strides: 2 }),
  globalMeanPool: () => globalMeanPool2d(),
  globalMaxPool: () => globalMaxPool2d(),
  "upsample nearest 2,3": () => upsample2d([2, 3]),
  "upsample bilinear 2": () => upsample2d(2, { mode: "bilinear" }),
  "upsample bilinear 3,4": () => upsample2d([3, 4], { mode: "bilinear" }),
  embedding: () => embedding(7, 3),
  leakyRelu: () => leakyRelu(0.2),
  elu: () => elu(0.7),
  "gelu exact": () => gelu(),
  "gelu tanh": () => gelu("tanh"),
  silu: () => silu(),
  softplus: () => softplus(),
};

export const lossesByName: Readonly<Record<string, () => Loss>> = {
  binaryCrossEntropy,
  hinge,
  "crossEntropy smoothed labels": () => crossEntropy({ smoothing: 0.1 }),
  "crossEntropy smoothed soft": () => crossEntropy({ smoothing: 0.1 }),
  kullbackLeibler,
  "kullbackLeibler of certain targets": kullbackLeibler,
  meanAbsolute,
  huber: () => huber({ delta: 0.7 }),
  halfSquaredSum,
  triplet: () => triplet({ margin: 0.5 }),
};
