/** Convolution of images. */

import { SteepestError } from "../../tensor/error.js";
import { imageGradient } from "../../tensor/strided.js";
import { type Shape, sizeOf } from "../../tensor/types.js";
import { described, type LayerDescription } from "../description.js";
import { he, type Initializer, zeros } from "../initializers.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkCount, checkImage, checkPair, type Pair } from "./checks.js";
import { convolved, outputOf } from "./grouped.js";
import { checkFit, checkPadding, type Margins, marginsOf, type Padding } from "./windows.js";

export interface DepthwiseOptions {
  /** Steps of the window: a number, or [down, across]. Default 1. */
  readonly strides?: Pair;
  /** Steps within the window (dilation): a number, or [down, across]. Default 1. */
  readonly dilation?: Pair;
  /** What lies around the image. Default "same". */
  readonly padding?: Padding;
  /** Start of the filters. Default `he()`. */
  readonly init?: Initializer;
  /** Start of the biases, or false for a layer without. Default `zeros()`. */
  readonly bias?: Initializer | false;
}

export interface Conv2dOptions extends DepthwiseOptions {
  /** Channels and filters fall into so many groups, each filter sees the channels of its group. Default 1. */
  readonly groups?: number;
}

/**
 * A convolution layer (cross-correlation, as everywhere in deep learning) with a bias for each filter.
 *
 *     y[i, j, o] = b[o] + Σ w[u, v, c, o] · x[i·s + u·d − p, j·s + v·d − p, c]
 *
 * Input [height, width, channels], output [height', width', filters]; `weight` [height, width, channels/groups, filters], `bias` [filters].
 * The filters of a group follow one another, as in PyTorch. Keras has "valid" as default and PyTorch p = 0, which is the same.
 *
 * @param filters the number of output channels
 * @param kernel extent of the window: a number, or [height, width]
 * @param options `strides` s (1), `dilation` d (1), `groups` (1), `padding` ("same"), `init` (`he()`), `bias` (`zeros()`; false for none)
 * @throws SteepestError for extents that are not whole and ≥ 1, and, when built, for inputs that are not images, and channels or filters that
 *   do not make up whole groups
 * @example
 * ```ts
 * import { conv2d } from "steepest";
 * conv2d(16, 3).build([28, 28, 1], "conv1").outputShape; // → [28, 28, 16]
 * conv2d(16, 3, { padding: "valid" }).build([28, 28, 1], "conv1").outputShape; // → [26, 26, 16]
 * conv2d(16, 3, { padding: 1, strides: 2 }).build([28, 28, 1], "conv1").outputShape; // → [14, 14, 16]
 * ```
 */
export function conv2d(filters: number, kernel: Pair, options: Conv2dOptions = {}): Layer {
  checkCount("filters of conv2d", filters);
  const { groups = 1 } = options;
  checkCount("groups of conv2d", groups);
  if (filters % groups !== 0) throw unevenGroups("filters", filters, groups);
  const describe = (windows: Described): LayerDescription => ({ type: "conv2d", filters, groups, ...windows });
  return convolution("conv", kernel, options, describe, ([, , channels]) => {
    if (channels % groups !== 0) throw unevenGroups("channels", channels, groups);
    return { groups, filters };
  });
}

/**
 * A depthwise convolution: filters for each channel by itself, nothing goes from one channel to another.
 *
 *     y[i, j, c·m + o] = b[c·m + o] + Σ w[u, v, 0, c·m + o] · x[i·s + u·d − p, j·s + v·d − p, c]
 *
 * `weight` [height, width, 1, channels·m]. Together with `conv2d(filters, 1)` it is a separable convolution. It is
 * `conv2d(channels · m, kernel, { groups: channels })` for whatever channels there are.
 *
 * @param kernel extent of the window: a number, or [height, width]
 * @param options `multiplier` = m (1), and those of `conv2d` but for `groups`
 * @throws SteepestError as `conv2d`
 */
export function depthwiseConv2d(kernel: Pair, options: DepthwiseOptions & { readonly multiplier?: number } = {}): Layer {
  const { multiplier = 1 } = options;
  checkCount("the multiplier of depthwiseConv2d", multiplier);
  const describe = (windows: Described): LayerDescription => ({ type: "depthwiseConv2d", multiplier, ...windows });
  return convolution("depthwiseConv", kernel, options, describe, ([, , channels]) => ({
    groups: channels,
    filters: channels * multiplier,
  }));
}

export interface ConvTranspose2dOptions {
  /** Steps of the window in the output: a number, or [down, across]. Default 1. */
  readonly strides?: Pair;
  /**
   * What is cut off around the output: "same" so much that it has extent·stride pixels, "valid" nothing, a number p or [p, p'] so much on each side.
   * Default "same".
   */
  readonly padding?: Padding;
  /** Rows and columns more below and at the right, less than the stride: what a convolution with these strides would have left out. Default 0. */
  readonly outputPadding?: number | readonly [number, number];
  /** Start of the filters. Default `he()`. */
  readonly init?: Initializer;
  /** Start of the biases, or false for a layer without. Default `zeros()`. */
  readonly bias?: Initializer | false;
}

/**
 * A transposed convolution: the transpose, as a linear map, of the convolution with the same strides and padding, so that it makes images larger.
 *
 *     y[i·s + u − p, j·s + v − p, o] = b[o] + Σ w[u, v, o, c] · x[i, j, c]        summed over all that land on one pixel
 *
 * Input [height, width, channels], output [height', width', filters] with height' = (height − 1)·s − 2p + kernel + outputPadding; `weight`
 * [height, width, filters, channels]. Elsewhere: PyTorch `ConvTranspose2d` (weight [channels, filters, height, width]), Keras `Conv2DTranspose`.
 *
 * @param filters the number of output channels
 * @param kernel extent of the window: a number, or [height, width]
 * @param options `strides` s (1), `padding` p ("same"), `outputPadding` (0), `init` (`he()`), `bias` (`zeros()`; false for none)
 * @throws SteepestError for extents that are not whole, an `outputPadding` that is not below the stride or goes with "same", and, when built,
 *   where nothing would be left
 * @example
 * ```ts
 * import { convTranspose2d } from "steepest";
 * convTranspose2d(8, 4, { strides: 2 }).build([7, 7, 16], "convTranspose1").outputShape; // → [14, 14, 8]
 * ```
 */
export function convTranspose2d(filters: number, kernel: Pair, options: ConvTranspose2dOptions = {}): Layer {
  const name = "convTranspose2d";
  checkCount(`filters of ${name}`, filters);
  const window = checkPair(`the kernel of ${name}`, kernel);
  const strides = checkPair(`strides of ${name}`, options.strides ?? 1);
  const { init = he(), bias = zeros() } = options;
  const padding = checkPadding(name, options.padding ?? "same");
  const extra = checkExtra(options.outputPadding ?? 0, strides, padding);
  const margins = ([height, width]: Shape): Margins => marginsOf(padding, [height * strides[0], width * strides[1]], window, strides);
  const outputShape = (input: Shape): Shape => {
    checkImage(name, input);
    const [top, bottom, left, right] = margins(input);
    const shape =
      padding === "same"
        ? [input[0] * strides[0], input[1] * strides[1], filters]
        : [
            (input[0] - 1) * strides[0] + window[0] - top - bottom + extra[0],
            (input[1] - 1) * strides[1] + window[1] - left - right + extra[1],
            filters,
          ];
    if (shape[0] >= 1 && shape[1] >= 1) return shape;
    throw new SteepestError({
      problem: `the padding of ${name} cuts everything off`,
      expected: "at least one pixel",
      received: `${shape[0]} × ${shape[1]}`,
    });
  };
  return described(
    { type: "convTranspose2d", filters, kernel: window, strides, padding, outputPadding: extra, bias: bias !== false },
    defineLayer<string>({
      name: "convTranspose",
      parameters: ([, , channels]) => ({
        weight: { shape: [...window, filters, channels], init: swapped(init) },
        ...(bias === false ? {} : { bias: { shape: [filters], init: bias } }),
      }),
      outputShape,
      multiplyAdds: (input) => sizeOf(input) * window[0] * window[1] * filters,
      apply(x, parameters) {
        const image = [x.shape[0], ...outputShape(x.shape.slice(1))];
        const attributes = { strides, padding: margins(x.shape.slice(1)), image, filter: [...window, filters, x.shape[3]] };
        const y = imageGradient(x, parameters.weight, attributes);
        return bias === false ? y : y.add(parameters.bias);
      },
    }),
  );
}

/** The initialiser sees what flows in as what flows in. */
const swapped = (init: Initializer): Initializer => ({
  name: init.name,
  fill: (out, [height, width, outputs, inputs], random) => init.fill(out, [height, width, inputs, outputs], random),
});

function checkExtra(
  value: number | readonly [number, number],
  strides: readonly [number, number],
  padding: Padding,
): readonly [number, number] {
  const pair = typeof value === "number" ? ([value, value] as const) : value;
  const fits = pair.length === 2 && pair.every((x, axis) => Number.isInteger(x) && x >= 0 && x < strides[axis]);
  if (fits && (padding !== "same" || pair.every((x) => x === 0))) return pair;
  throw new SteepestError({
    problem: "outputPadding of convTranspose2d is not usable",
    expected:
      padding === "same"
        ? '0, since padding "same" says how large the output is'
        : `whole numbers from 0 to below the stride ${strides.join(", ")}`,
    received: JSON.stringify(value),
  });
}

interface Grouping {
  readonly groups: number;
  readonly filters: number;
}

/** What descriptions of convolutions have in common. */
type Described = Omit<Extract<LayerDescription, { readonly type: "depthwiseConv2d" }>, "type" | "multiplier">;

function convolution(
  name: string,
  kernel: Pair,
  options: DepthwiseOptions,
  describe: (windows: Described) => LayerDescription,
  grouping: (input: Shape) => Grouping,
): Layer {
  const called = `${name}2d`;
  const window = checkPair(`the kernel of ${called}`, kernel);
  const strides = checkPair(`strides of ${called}`, options.strides ?? 1);
  const dilation = checkPair(`dilation of ${called}`, options.dilation ?? 1);
  const { init = he(), bias = zeros() } = options;
  const padding = checkPadding(called, options.padding ?? "same");
  const reach = [(window[0] - 1) * dilation[0] + 1, (window[1] - 1) * dilation[1] + 1] as const;
  const windowsOf = (image: Shape) => ({ strides, dilation, margins: marginsOf(padding, [image[0], image[1]], reach, strides) });
  return described(
    describe({ kernel: window, strides, dilation, padding, bias: bias !== false }),
    defineLayer<string>({
      name,
      parameters(input) {
        const { groups, filters } = grouping(input);
        return {
          weight: { shape: [...window, input[2] / groups, filters], init },
          ...(bias === false ? {} : { bias: { shape: [filters], init: bias } }),
        };
      },
      outputShape(input) {
        checkImage(called, input);
        const windows = windowsOf(input);
        checkFit(called, reach, input, windows.margins);
        return [...outputOf(input, reach, windows), grouping(input).filters];
      },
      reach(input) {
        const windows = windowsOf(input);
        const [height, width] = outputOf(input, reach, windows);
        return height === input[0] && width === input[1] && strides[0] * strides[1] === 1 ? Math.max(...windows.margins) : undefined;
      },
      multiplyAdds(input) {
        const { groups, filters } = grouping(input);
        return sizeOf(outputOf(input, reach, windowsOf(input))) * filters * window[0] * window[1] * (input[2] / groups);
      },
      apply(x, parameters) {
        const image = x.shape.slice(1);
        const y = convolved(x, parameters.weight, { ...windowsOf(image), groups: grouping(image).groups });
        return bias === false ? y : y.add(parameters.bias);
      },
    }),
  );
}

const unevenGroups = (what: string, count: number, groups: number): SteepestError =>
  new SteepestError({
    problem: `the ${what} of conv2d do not make up whole groups`,
    expected: `a divisor of ${count} ${what}`,
    received: `${groups} groups`,
  });
