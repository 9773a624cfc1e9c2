/** Layers that shrink images window by window. */
import { windowShape } from "../../tensor/primitives/indexing.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Shape } from "../../tensor/types.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkFit, checkImage, checkPair, type Pair } from "./checks.js";

export interface PoolOptions {
  /** Steps of the window: a number, or [down, across]. Default: its size, so that windows tile the image. */
  readonly strides?: Pair;
}

/**
 * The largest value of each window, channel by channel; of equal ones the first. Its gradient goes to that one place.
 *
 * Input [height, width, channels]; only whole windows count: output ⌊(extent − size)/stride⌋ + 1.
 *
 * @param size extent of the window: a number, or [height, width]
 * @param options `strides` (default: the size)
 * @throws SteepestError for extents that are not whole and ≥ 1, and, when built, for inputs that are not images or smaller than the window
 */
export function maxPool2d(size: Pair, options: PoolOptions = {}): Layer {
  return pooling("maxPool", size, options, (x, window, strides) => {
    const attributes = { window, strides, image: x.shape };
    return x.windowTake(x.windowArgmax(attributes), attributes);
  });
}

/**
 * The mean of each window, channel by channel. Shapes, options and errors are those of `maxPool2d`.
 */
export function meanPool2d(size: Pair, options: PoolOptions = {}): Layer {
  return pooling("meanPool", size, options, (x, window, strides) => {
    const total = window[0] === strides[0] && window[1] === strides[1] ? tileSums(x, window) : windowSums(x, window, strides);
    return total.mul(total.fill(1 / (window[0] * window[1])));
  });
}

function pooling(
  name: string,
  size: Pair,
  options: PoolOptions,
  apply: (x: Tensor, window: readonly [number, number], strides: readonly [number, number]) => Tensor,
): Layer {
  const window = checkPair(`the size of ${name}2d`, size);
  const strides = checkPair(`strides of ${name}2d`, options.strides ?? size);
  return defineLayer({
    name,
    outputShape(input: Shape) {
      checkImage(`${name}2d`, input);
      checkFit(`${name}2d`, window, input);
      return windowShape({ window, strides, image: [1, ...input] }).slice(1);
    },
    apply: (x) => apply(x, window, strides),
  });
}

/** Sums over windows that tile the image: a reshape and one reduction. */
function tileSums(x: Tensor, [h, w]: readonly [number, number]): Tensor {
  const [n, , , channels] = x.shape;
  const [rows, columns] = [Math.floor(x.shape[1] / h), Math.floor(x.shape[2] / w)];
  return x
    .slice([0, 0, 0, 0], [n, rows * h, columns * w, channels])
    .reshape([n, rows, h, columns, w, channels])
    .sum([2, 4]);
}

/** Sums over windows that overlap or leave gaps: one strided view for each place in the window. */
function windowSums(x: Tensor, window: readonly [number, number], strides: readonly [number, number]): Tensor {
  const shape = windowShape({ window, strides, image: x.shape });
  let total: Tensor | undefined;
  for (let i = 0; i < window[0]; i++)
    for (let j = 0; j < window[1]; j++) {
      const part = x.slice([0, i, j, 0], shape, [1, strides[0], strides[1], 1]);
      total = total === undefined ? part : total.add(part);
    }
  return total ?? x;
}
