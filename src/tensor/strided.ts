/** The image gradient of a convolution with strides, as one without. */
import type { ConvAttributes } from "./primitives/contraction.js";
import type { Tensor } from "./tensor.js";

/**
 * What reaches the image through a convolution.
 *
 * With strides s, blocks of s × s pixels count as channels: the convolution is then one without strides, by windows of ⌈k/s⌉ blocks (with zeros where the
 * window does not fill them), and so is its gradient. Taken as it stands it would run over an image of the cotangents with s² − 1 zeros beside each.
 *
 * @param g the cotangent of the convolution
 */
export function imageGradient(g: Tensor, filter: Tensor, attributes: ConvAttributes): Tensor {
  const [kh, kw, channels, outputs] = filter.shape;
  const [sy, sx] = attributes.strides;
  const [rows, columns] = [Math.ceil(kh / sy), Math.ceil(kw / sx)];
  if (rows * columns >= kh * kw) return g.convImageGradient(filter, attributes);
  const [n, height, width] = attributes.image;
  const [, y, x] = g.shape;
  const depth = sy * sx * channels;
  const blocks = filter
    .pad([0, 0, 0, 0], [rows * sy - kh, columns * sx - kw, 0, 0])
    .reshape([rows, sy, columns, sx, channels, outputs])
    .transpose([0, 2, 1, 3, 4, 5])
    .reshape([rows, columns, depth, outputs]);
  const image = [n, y + rows - 1, x + columns - 1, depth];
  const woven = g
    .convImageGradient(blocks, { strides: [1, 1], padding: [0, 0, 0, 0], image, filter: blocks.shape })
    .reshape([n, image[1], image[2], sy, sx, channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([n, image[1] * sy, image[2] * sx, channels]);
  // The margins go; pixels that no window reaches get nothing.
  const [top, , left] = attributes.padding;
  const [kept, across] = [Math.min(height, image[1] * sy - top), Math.min(width, image[2] * sx - left)];
  return woven.slice([0, top, left, 0], [n, kept, across, channels]).pad([0, 0, 0, 0], [0, height - kept, width - across, 0]);
}
