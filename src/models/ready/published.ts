/** Networks as they were published, for images of digits, clothes and things. */
import { constant, glorot, truncatedNormal } from "../initializers.js";
import { relu, tanh } from "../layers/activations.js";
import { conv2d } from "../layers/convolution.js";
import { dense, flatten } from "../layers/dense.js";
import { maxPool2d, meanPool2d } from "../layers/pooling.js";
import { type Model, namedModel } from "../model.js";

/**
 * LeNet-5 (LeCun et al.: Proc. IEEE 86, 1998) as it is built today: convolutions 5×5 with 6 and 16 filters, each with tanh and 2×2 means, then 120,
 * 84 and `classes` units. On 28×28 grey images, which the first convolution pads: 61,706 parameters.
 *
 * The paper's own has learned pooling, a sparse table of connections in the second convolution, and radial basis functions at the end.
 *
 * @param classes number of outputs. Default 10
 */
export function lenet5(classes = 10): Model {
  const unit = (units: number) => dense(units, { init: glorot() });
  return namedModel("lenet5", [
    conv2d(6, 5, { init: glorot() }),
    tanh(),
    meanPool2d(2),
    conv2d(16, 5, { padding: "valid", init: glorot() }),
    tanh(),
    meanPool2d(2),
    flatten(),
    ...[unit(120), tanh(), unit(84), tanh(), unit(classes)],
  ]);
}

/**
 * DeepOBS's network of two convolutions and two dense layers (Schneider et al.: arXiv 1903.05499; `_2c2d.py`): 32 and 64 filters 5×5 with ReLU and 2×2 maxima, then
 * 1024 and `classes` units. Weights start normal with deviation 0.05, cut off at twice that, biases at 0.05. On 28×28 grey images 3,274,634 parameters.
 *
 * Its tests train with batches of 128, without the incomplete last one, on pixels from 0 to 1.
 *
 * @param classes number of outputs. Default 10
 */
export function deepobs2c2d(classes = 10): Model {
  const start = { init: truncatedNormal({ std: 0.05 }), bias: constant(0.05) };
  return namedModel("2c2d", [
    ...[32, 64].flatMap((filters) => [conv2d(filters, 5, start), relu(), maxPool2d(2, { padding: "same" })]),
    flatten(),
    dense(1024, start),
    relu(),
    dense(classes, start),
  ]);
}

/**
 * DeepOBS's network of three convolutions and three dense layers (`_3c3d.py`): 64 filters 5×5 and 96 filters 3×3 inside the image, 128 filters 3×3
 * padded, each with ReLU and 3×3 maxima at every second pixel, then 512, 256 and `classes` units. On 32×32 colour images 895,210 parameters.
 *
 * Its tests add half of 0.002 Σ w² to the loss, here `regularizer: l2(1e-3)`, and train with batches of 128.
 *
 * @param classes number of outputs. Default 10
 */
export function deepobs3c3d(classes = 10): Model {
  const init = glorot({ distribution: "truncated" });
  const pool = () => maxPool2d(3, { strides: 2, padding: "same" });
  const unit = (units: number) => dense(units, { init: glorot() });
  return namedModel("3c3d", [
    ...[conv2d(64, 5, { padding: "valid", init }), relu(), pool()],
    ...[conv2d(96, 3, { padding: "valid", init }), relu(), pool()],
    ...[conv2d(128, 3, { init }), relu(), pool()],
    flatten(),
    ...[unit(512), relu(), unit(256), relu(), unit(classes)],
  ]);
}
