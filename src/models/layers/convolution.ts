/** Convolution of images. */

import { SteepestError } from "../../tensor/error.js";
import { type ConvAttributes, convShape } from "../../tensor/primitives/contraction.js";
import { type Shape, sizeOf } from "../../tensor/types.js";
import { he, type Initializer, zeros } from "../initializers.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkCount, checkFit, checkImage, checkPair, type Pair } from "./checks.js";

export type Padding = "same" | "valid";

export interface Conv2dOptions {
  /** Steps of the window: a number, or [down, across]. Default 1. */
  readonly strides?: Pair;
  /** "same" (the default): zeros around, so that the output has ⌈extent/stride⌉ pixels. "valid": windows inside the image only. */
  readonly padding?: Padding;
  /** Start of the filters. Default `he()`. */
  readonly init?: Initializer;
  /** Start of the biases, or false for a layer without. Default `zeros()`. */
  readonly bias?: Initializer | false;
}

/**
 * A convolution layer (cross-correlation, as everywhere in deep learning) with a bias for each filter.
 *
 *     y[i, j, o] = b[o] + Σ w[u, v, c, o] · x[i·s + u − p, j·s + v − p, c]
 *
 * Input [height, width, channels], output [height', width', filters]; `weight` [height, width, channels, filters], `bias` [filters].
 * With "same", p is half of what is needed, rounded down: where the need is odd the larger part lies below and at the right, as
 * in TensorFlow. Keras has "valid" as default and PyTorch p = 0, which is the same.
 *
 * @param filters the number of output channels
 * @param kernel extent of the window: a number, or [height, width]
 * @param options `strides` (1), `padding` ("same"), `init` (`he()`), `bias` (`zeros()`; false for none)
 * @throws SteepestError for extents that are not whole and ≥ 1, and, when built, for inputs that are not images
 * @example
 * ```ts
 * import { conv2d } from "steepest";
 * conv2d(16, 3).build([28, 28, 1], "conv1").outputShape; // → [28, 28, 16]
 * conv2d(16, 3, { padding: "valid" }).build([28, 28, 1], "conv1").outputShape; // → [26, 26, 16]
 * ```
 */
export function conv2d(filters: number, kernel: Pair, options: Conv2dOptions = {}): Layer {
  checkCount("filters of conv2d", filters);
  const window = checkPair("the kernel of conv2d", kernel);
  const strides = checkPair("strides of conv2d", options.strides ?? 1);
  const { padding = "same", init = he(), bias = zeros() } = options;
  if (padding !== "same" && padding !== "valid")
    throw new SteepestError({ problem: "padding of conv2d is not usable", expected: '"same" or "valid"', received: String(padding) });
  const attributes = (image: Shape): ConvAttributes => {
    const [top, bottom] = zerosAround(padding, image[1], window[0], strides[0]);
    const [left, right] = zerosAround(padding, image[2], window[1], strides[1]);
    return { strides, padding: [top, bottom, left, right], image, filter: [...window, image[3], filters] };
  };
  return defineLayer<string>({
    name: "conv",
    parameters: ([, , channels]) => ({
      weight: { shape: [...window, channels, filters], init },
      ...(bias === false ? {} : { bias: { shape: [filters], init: bias } }),
    }),
    outputShape(input) {
      checkImage("conv2d", input);
      if (padding === "valid") checkFit("conv2d", window, input);
      return convShape(attributes([1, ...input])).slice(1);
    },
    multiplyAdds: (input) => sizeOf(convShape(attributes([1, ...input]))) * window[0] * window[1] * input[2],
    apply(x, parameters) {
      const y = x.convolve(parameters.weight, attributes(x.shape));
      return bias === false ? y : y.add(parameters.bias);
    },
  });
}

/** Zeros before and after along one axis. */
function zerosAround(padding: Padding, extent: number, window: number, stride: number): readonly [number, number] {
  if (padding === "valid") return [0, 0];
  const needed = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + window - extent);
  const before = Math.floor(needed / 2);
  return [before, needed - before];
}
