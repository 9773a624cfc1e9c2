/** Residual networks for small images. */

import { described } from "../description.js";
import type { Layer } from "../layer.js";
import { defineLayer } from "../layer.js";
import { relu } from "../layers/activations.js";
import { conv2d } from "../layers/convolution.js";
import { dense } from "../layers/dense.js";
import { batchNorm } from "../layers/normalization.js";
import { globalMeanPool2d } from "../layers/pooling.js";
import { residual } from "../layers/residual.js";
import { type Model, namedModel, sequential } from "../model.js";

/**
 * ResNet-20 for CIFAR-10 (He et al.: arXiv 1512.03385, section 4.2): a convolution 3×3, then three stages of three blocks with 16, 32 and 64
 * filters, mean of the image, dense. Where a stage begins, the way around takes every second pixel and pads the channels with zeros (their option A), so
 * that all 269,722 parameters (on colour images) are in the layers. Convolutions without biases; batch normalisation after each.
 *
 * Published: 8.75 % error on CIFAR-10 with SGD of momentum 0.9, rate 0.1 divided by 10 after 32,000 and 48,000 of 64,000 steps of 128 records, weight
 * decay 1e-4, and crops and flips of the images.
 *
 * @param classes number of outputs. Default 10
 */
export function resnet20(classes = 10): Model {
  const filter = (filters: number, strides = 1) => conv2d(filters, 3, { strides, padding: 1, bias: false });
  const block = (filters: number, strides: number) => [
    residual(
      sequential(filter(filters, strides), batchNorm(), relu(), filter(filters), batchNorm()),
      strides === 1 ? undefined : everySecond(filters),
    ),
    relu(),
  ];
  return namedModel("resnet20", [
    ...[filter(16), batchNorm(), relu()],
    ...[16, 32, 64].flatMap((filters, stage) => [0, 1, 2].flatMap((i) => block(filters, stage > 0 && i === 0 ? 2 : 1))),
    globalMeanPool2d(),
    dense(classes),
  ]);
}

/** Every second pixel, with channels of zeros on both sides. */
export function everySecond(filters: number): Layer {
  return described(
    { type: "everySecond", filters },
    defineLayer({
      name: "everySecond",
      outputShape: ([height, width]) => [Math.ceil(height / 2), Math.ceil(width / 2), filters],
      apply(x) {
        const [n, height, width, channels] = x.shape;
        const before = Math.floor((filters - channels) / 2);
        return x
          .slice([0, 0, 0, 0], [n, Math.ceil(height / 2), Math.ceil(width / 2), channels], [1, 2, 2, 1])
          .pad([0, 0, 0, before], [0, 0, 0, filters - channels - before]);
      },
    }),
  );
}
