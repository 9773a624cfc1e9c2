/** Layers as plain data: what a run folder keeps, and what other formats are written from. */
import type { BuiltLayer, Layer } from "./layer.js";
import type { Padding } from "./layers/windows.js";

type Extents = readonly [number, number];

type ConvolutionDescription = {
  readonly kernel: Extents;
  readonly strides: Extents;
  readonly dilation: Extents;
  readonly padding: Padding;
  readonly bias: boolean;
};

type NormDescription = { readonly epsilon: number; readonly affine: boolean };

/**
 * A layer that comes with Steepest, its options with their defaults filled in. What its weights start from is left out: whoever builds a layer from its
 * description has weights for it.
 */
export type LayerDescription =
  | { readonly type: "dense"; readonly units: number; readonly bias: boolean }
  | ({ readonly type: "conv2d"; readonly filters: number; readonly groups: number } & ConvolutionDescription)
  | ({ readonly type: "depthwiseConv2d"; readonly multiplier: number } & ConvolutionDescription)
  | {
      readonly type: "convTranspose2d";
      readonly filters: number;
      readonly kernel: Extents;
      readonly strides: Extents;
      readonly padding: Padding;
      readonly outputPadding: Extents;
      readonly bias: boolean;
    }
  | { readonly type: "maxPool2d"; readonly size: Extents; readonly strides: Extents; readonly padding: Padding }
  | { readonly type: "meanPool2d"; readonly size: Extents; readonly strides: Extents }
  | ({ readonly type: "batchNorm"; readonly momentum: number } & NormDescription)
  | ({ readonly type: "layerNorm"; readonly axes: number } & NormDescription)
  | ({ readonly type: "groupNorm"; readonly groups: number } & NormDescription)
  | { readonly type: "dropout"; readonly rate: number }
  | { readonly type: "embedding"; readonly symbols: number; readonly features: number }
  | { readonly type: "upsample2d"; readonly factor: Extents; readonly mode: "nearest" | "bilinear" }
  | { readonly type: "leakyRelu"; readonly slope: number }
  | { readonly type: "elu"; readonly alpha: number }
  | { readonly type: "gelu"; readonly form: "exact" | "tanh" }
  /** Every second pixel, channels of zeros on both sides: the way around in ResNet-20. */
  | { readonly type: "everySecond"; readonly filters: number }
  | { readonly type: PlainLayerType }
  | { readonly type: "residual"; readonly body: readonly LayerDescription[]; readonly shortcut: readonly LayerDescription[] | null }
  | { readonly type: "block"; readonly name: string; readonly layers: readonly LayerDescription[] };

/** Layers without options. */
export const plainLayerTypes = [
  "flatten",
  "relu",
  "silu",
  "softplus",
  "tanh",
  "sigmoid",
  "softmax",
  "globalMeanPool2d",
  "globalMaxPool2d",
  "negative",
] as const;

export type PlainLayerType = (typeof plainLayerTypes)[number];

/** A layer that knows how it was made. */
export const described = (description: LayerDescription, layer: Layer): Layer => ({
  name: layer.name,
  build: (input, path) => ({ ...layer.build(input, path), description }),
});

/** The descriptions of several layers, or nothing where one of them has none: a layer of somebody's own. */
export function descriptionsOf(layers: readonly BuiltLayer[]): readonly LayerDescription[] | undefined {
  const all: LayerDescription[] = [];
  for (const { description } of layers) {
    if (description === undefined) return undefined;
    all.push(description);
  }
  return all;
}
