/** Layers that shrink images window by window, or to nothing. */
import { windowShape } from "../../tensor/primitives/indexing.js";
import { fromHost, type Tensor } from "../../tensor/tensor.js";
import type { Shape } from "../../tensor/types.js";
import { described, type LayerDescription } from "../description.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkImage, checkPair, type Pair } from "./checks.js";
import { checkFit, checkPadding, type Margins, marginsOf, type Padding } from "./windows.js";

export interface PoolOptions {
  /** Steps of the window: a number, or [down, across]. Default: its size, so that windows tile the image. */
  readonly strides?: Pair;
}

export interface MaxPoolOptions extends PoolOptions {
  /** What lies around the image; there are no values there, so that they are never the largest. Default "valid". */
  readonly padding?: Padding;
}

/**
 * The largest value of each window, channel by channel; of equal ones the first. Its gradient goes to that one place.
 *
 * Input [height, width, channels]; only whole windows count: output ⌊(extent + padding − size)/stride⌋ + 1.
 *
 * @param size extent of the window: a number, or [height, width]
 * @param options `strides` (default: the size), `padding` ("valid")
 * @throws SteepestError for extents that are not whole and ≥ 1, and, when built, for inputs that are not images or smaller than the window
 */
export function maxPool2d(size: Pair, options: MaxPoolOptions = {}): Layer {
  const padding = checkPadding("maxPool2d", options.padding ?? "valid");
  return pooling(
    "maxPool",
    size,
    options,
    padding,
    (extents, strides) => ({ type: "maxPool2d", size: extents, strides, padding }),
    (x, window, strides, margins) => {
      const around = withNothingAround(x, margins);
      const attributes = { window, strides, image: around.shape };
      return around.windowTake(around.windowArgmax(attributes), attributes);
    },
  );
}

/**
 * The mean of each window, channel by channel. Shapes, options and errors are those of `maxPool2d`, without padding.
 */
export function meanPool2d(size: Pair, options: PoolOptions = {}): Layer {
  return pooling(
    "meanPool",
    size,
    options,
    "valid",
    (extents, strides) => ({ type: "meanPool2d", size: extents, strides }),
    (x, window, strides) => {
      const total = window[0] === strides[0] && window[1] === strides[1] ? tileSums(x, window) : windowSums(x, window, strides);
      return total.mul(total.fill(1 / (window[0] * window[1])));
    },
  );
}

/** The mean of each channel over a whole image: [height, width, channels] becomes [channels]. */
export function globalMeanPool2d(): Layer {
  return whole("globalMeanPool", (x) => x.mean([1, 2]));
}

/** The largest value of each channel over a whole image: [height, width, channels] becomes [channels]. Equal ones share its gradient. */
export function globalMaxPool2d(): Layer {
  return whole("globalMaxPool", (x) => x.max([1, 2]));
}

function whole(name: "globalMeanPool" | "globalMaxPool", apply: (x: Tensor) => Tensor): Layer {
  return described(
    { type: `${name}2d` },
    defineLayer({
      name,
      outputShape(input) {
        checkImage(`${name}2d`, input);
        return [input[2]];
      },
      apply,
    }),
  );
}

function pooling(
  name: string,
  size: Pair,
  options: PoolOptions,
  padding: Padding,
  describe: (size: readonly [number, number], strides: readonly [number, number]) => LayerDescription,
  apply: (x: Tensor, window: readonly [number, number], strides: readonly [number, number], margins: Margins) => Tensor,
): Layer {
  const window = checkPair(`the size of ${name}2d`, size);
  const strides = checkPair(`strides of ${name}2d`, options.strides ?? size);
  const margins = (image: Shape) => marginsOf(padding, [image[0], image[1]], window, strides);
  return described(
    describe(window, strides),
    defineLayer({
      name,
      outputShape(input: Shape) {
        checkImage(`${name}2d`, input);
        const [top, bottom, left, right] = margins(input);
        checkFit(`${name}2d`, window, input, [top, bottom, left, right]);
        return windowShape({ window, strides, image: [1, input[0] + top + bottom, input[1] + left + right, input[2]] }).slice(1);
      },
      apply: (x) => apply(x, window, strides, margins(x.shape.slice(1))),
    }),
  );
}

/** The image with −∞ around it. */
function withNothingAround(x: Tensor, [top, bottom, left, right]: Margins): Tensor {
  if (top + bottom + left + right === 0) return x;
  const [, height, width] = x.shape;
  const around = x.pad([0, top, left, 0], [0, bottom, right, 0]);
  const [, rows, columns] = around.shape;
  const inside = new Uint8Array(rows * columns);
  for (let y = top; y < top + height; y++) inside.fill(1, y * columns + left, y * columns + left + width);
  return fromHost(inside, [rows, columns], "bool")
    .broadcastAlong(around.shape, [1, 2])
    .select(around, around.fill(Number.NEGATIVE_INFINITY));
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
