/** Convolutions with groups and dilation, by the plain one and by sums. */
import { concatenate } from "../../tensor/join.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Shape } from "../../tensor/types.js";
import type { Margins } from "./windows.js";

/** How windows slide over an image. */
export interface Windows {
  readonly strides: readonly [number, number];
  /** Steps within a window. */
  readonly dilation: readonly [number, number];
  readonly margins: Margins;
}

/** Height and width of what windows of this reach give. */
export function outputOf(image: Shape, reach: readonly [number, number], { strides, margins }: Windows): readonly [number, number] {
  return [
    Math.floor((image[0] + margins[0] + margins[1] - reach[0]) / strides[0]) + 1,
    Math.floor((image[1] + margins[2] + margins[3] - reach[1]) / strides[1]) + 1,
  ];
}

/**
 * The convolution of images [records, height, width, channels] with filters [height, width, channels/groups, filters].
 *
 * One channel a group is a sum of shifted images, which become one loop; other groups are convolved one by one.
 */
export function convolved(x: Tensor, weight: Tensor, windows: Windows & { readonly groups: number }): Tensor {
  const { groups } = windows;
  const [kh, kw, inputs, filters] = weight.shape;
  if (groups === 1) return dilated(x, weight, windows);
  if (inputs === 1) return shiftedSum(x, weight, windows);
  const [n, height, width] = x.shape;
  const each = filters / groups;
  return concatenate(
    Array.from({ length: groups }, (_, g) =>
      dilated(
        x.slice([0, 0, 0, g * inputs], [n, height, width, inputs]),
        weight.slice([0, 0, 0, g * each], [kh, kw, inputs, each]),
        windows,
      ),
    ),
    3,
  );
}

/** One group. */
function dilated(x: Tensor, weight: Tensor, { strides, dilation, margins }: Windows): Tensor {
  const [dy, dx] = dilation;
  const plain = (image: Tensor, filter: Tensor, around: Margins) =>
    image.convolve(filter, { strides, padding: around, image: image.shape, filter: filter.shape });
  if (dy === 1 && dx === 1) return plain(x, weight, margins);
  if (strides[0] === 1 && strides[1] === 1) return byPhases(x, weight, dilation, margins, plain);
  // Strides and dilation together are rare: filters with zeros in their gaps.
  return plain(x, weight.pad([0, 0, 0, 0], [0, 0, 0, 0], [dy - 1, dx - 1, 0, 0]), margins);
}

/**
 * A dilated convolution without strides is a plain one on each of the dy·dx images that are made of every dy-th row and dx-th column: they
 * become images of one batch, and what comes out is woven together again. No product with zero is done.
 */
function byPhases(
  x: Tensor,
  weight: Tensor,
  [dy, dx]: readonly [number, number],
  [top, bottom, left, right]: Margins,
  plain: (image: Tensor, filter: Tensor, around: Margins) => Tensor,
): Tensor {
  const [n, height, width, channels] = x.shape;
  const rows = Math.ceil((height + top + bottom) / dy);
  const columns = Math.ceil((width + left + right) / dx);
  const phases = x
    .pad([0, top, left, 0], [0, rows * dy - height - top, columns * dx - width - left, 0])
    .reshape([n, rows, dy, columns, dx, channels])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([n * dy * dx, rows, columns, channels]);
  const y = plain(phases, weight, [0, 0, 0, 0]);
  const [, h, w, filters] = y.shape;
  const [outHeight, outWidth] = [height + top + bottom - (weight.shape[0] - 1) * dy, width + left + right - (weight.shape[1] - 1) * dx];
  return y
    .reshape([n, dy, dx, h, w, filters])
    .transpose([0, 3, 1, 4, 2, 5])
    .reshape([n, h * dy, w * dx, filters])
    .slice([0, 0, 0, 0], [n, outHeight, outWidth, filters]);
}

/** Σ over the places of the window of the image, shifted by it, times what the filters have there. */
function shiftedSum(x: Tensor, weight: Tensor, windows: Windows): Tensor {
  const { strides, dilation, margins } = windows;
  const [kh, kw, , filters] = weight.shape;
  const [n, height, width, channels] = x.shape;
  const multiplier = filters / channels;
  const reach = [(kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1] as const;
  const [outHeight, outWidth] = outputOf([height, width], reach, windows);
  const around = x.pad([0, margins[0], margins[2], 0], [0, margins[1], margins[3], 0]);
  const shape = [n, outHeight, outWidth, channels, multiplier];
  let total: Tensor | undefined;
  for (let i = 0; i < kh; i++)
    for (let j = 0; j < kw; j++) {
      const part = around.slice([0, i * dilation[0], j * dilation[1], 0], [n, outHeight, outWidth, channels], [1, ...strides, 1]);
      const factor = weight.slice([i, j, 0, 0], [1, 1, 1, filters]);
      const term =
        multiplier === 1
          ? part.mul(factor.reshape([channels]))
          : part.broadcastAlong(shape, [0, 1, 2, 3]).mul(factor.reshape([channels, multiplier]).broadcastAlong(shape, [3, 4]));
      total = total === undefined ? term : total.add(term);
    }
  return (total ?? x).reshape([n, outHeight, outWidth, filters]);
}
