/** Networks on one fixed batch, with the project's own layers, losses and Adam. */

import { noPreprocessing } from "../../src/data/dataset.js";
import { relu } from "../../src/models/layers/activations.js";
import { conv2d } from "../../src/models/layers/convolution.js";
import { dense, flatten } from "../../src/models/layers/dense.js";
import { maxPool2d } from "../../src/models/layers/pooling.js";
import { ParameterLayout } from "../../src/models/layout.js";
import { crossEntropy, type Loss, meanSquared } from "../../src/models/losses.js";
import { type BuiltModel, type Model, sequential } from "../../src/models/model.js";
import { resnet20 } from "../../src/models/ready/resnet.js";
import { Training } from "../../src/objectives/training.js";
import { adam } from "../../src/optimizers/adam.js";
import { momentum } from "../../src/optimizers/momentum.js";
import { fromHost, type Tensor } from "../../src/tensor/tensor.js";
import { denseAfterImage, filters, hashUniform, labels, weight } from "./data.js";
import { type Descent, descentJob, descentStep } from "./descent.js";
import type { Workload } from "./workload.js";

/** Training on one batch. `weights` in the order of the layers; biases start at 0. */
function training(
  model: Model,
  inputs: Tensor,
  targets: Tensor,
  loss: Loss,
  weights: readonly Float32Array[],
  learningRate = 1e-3,
): Descent {
  const built = model.build(inputs.shape.slice(1));
  const layout = new ParameterLayout(built.parameters, "f32");
  const rest = [...weights];
  const start = layout.join(
    new Map(
      built.parameters.map(({ path, shape }) => [
        path,
        shape.length > 1 ? (rest.shift() ?? new Float32Array(0)) : new Float32Array(shape[0]),
      ]),
    ),
  );
  return {
    parameters: layout,
    optimizer: adam({ learningRate }),
    start,
    loss: (theta) => loss.perRecord(built.apply(inputs, layout.views(theta), { training: true }).output, targets).mean(),
  };
}

const WIDTHS = [784, 256, 128, 10];

export function perceptron(batch: number, learningRate?: number): Descent {
  return training(
    sequential(dense(256), relu(), dense(128), relu(), dense(10)),
    fromHost(hashUniform(batch * 784, 1), [batch, 784], "f32"),
    fromHost(labels(batch, 10), [batch], "i32"),
    crossEntropy(),
    [0, 1, 2].map((l) => weight(WIDTHS[l] * WIDTHS[l + 1], WIDTHS[l], 10 + l)),
    learningRate,
  );
}

/** So many hidden layers of width 64. */
export function deepPerceptron(layers: number): Descent {
  return training(
    sequential(...Array.from({ length: layers }, () => [dense(64), relu()]).flat(), dense(10)),
    fromHost(hashUniform(64 * 64, 1), [64, 64], "f32"),
    fromHost(labels(64, 10), [64], "i32"),
    crossEntropy(),
    [...Array.from({ length: layers }, (_, l) => weight(64 * 64, 64, 10 + l)), weight(640, 64, 9)],
  );
}

/** Two hidden layers of a width, on 64 records of as many inputs. */
export function wide(width: number, learningRate: number): Descent {
  return training(
    sequential(dense(width), relu(), dense(width), relu(), dense(10)),
    fromHost(hashUniform(64 * width, 1), [64, width], "f32"),
    fromHost(labels(64, 10), [64], "i32"),
    crossEntropy(),
    [width, width, 10].map((units, l) => weight(width * units, width, 10 + l)),
    learningRate,
  );
}

export const convolutionalModel = (): Model =>
  sequential(conv2d(16, 3), relu(), maxPool2d(2), conv2d(32, 3), relu(), maxPool2d(2), flatten(), dense(10));

const convolutionalArrays = (): Float32Array[] => [
  filters(weight(16 * 9, 9, 20), 16, 1),
  filters(weight(32 * 16 * 9, 144, 21), 32, 16),
  denseAfterImage(weight(1568 * 10, 1568, 22), 32, 49, 10),
];

/** By path; biases are 0. */
export function convolutionalWeights({ parameters }: BuiltModel): Map<string, Float32Array> {
  const arrays = convolutionalArrays();
  return new Map(
    parameters.map(({ path, shape }) => [path, (shape.length > 1 ? arrays.shift() : undefined) ?? new Float32Array(shape[0])]),
  );
}

export function convolutional(): Descent {
  return training(
    convolutionalModel(),
    fromHost(hashUniform(64 * 784, 2), [64, 28, 28, 1], "f32"),
    fromHost(labels(64, 10), [64], "i32"),
    crossEntropy(),
    convolutionalArrays(),
  );
}

export function denoiser(): Descent {
  const channels = [1, 32, 32, 32, 32, 32, 32, 1];
  const layers = channels.slice(1).flatMap((outputs, l) => [conv2d(outputs, 3), ...(l < 6 ? [relu()] : [])]);
  const shape = [16, 40, 40, 1];
  return training(
    sequential(...layers),
    fromHost(hashUniform(16 * 1600, 3), shape, "f32"),
    fromHost(hashUniform(16 * 1600, 4, -0.1, 0.1), shape, "f32"),
    meanSquared(),
    channels.slice(1).map((outputs, l) => filters(weight(outputs * channels[l] * 9, channels[l] * 9, 30 + l), outputs, channels[l])),
  );
}

const IMAGES = 64;

/** ResNet-20 on 64 colour images, its running statistics carried along. */
export function residualNetwork(): Descent {
  // The peers have [channels, height, width].
  const planes = hashUniform(IMAGES * 3072, 2);
  const pixels = Float32Array.from(planes, (_, i) => planes[Math.floor(i / 3072) * 3072 + (i % 3) * 1024 + (Math.floor(i / 3) % 1024)]);
  const inputs = fromHost(pixels, [IMAGES, 32, 32, 3], "f32");
  const targets = fromHost(labels(IMAGES, 10), [IMAGES], "i32");
  const model = resnet20().build([32, 32, 3]);
  const training = new Training({ model, loss: crossEntropy(), preprocessing: noPreprocessing, seed: 1 });
  let seed = 50;
  const start = new Map(training.named(training.start()));
  for (const { path, shape } of model.parameters) {
    if (shape.length === 4) {
      seed++;
      const [, , channels, outputs] = shape;
      start.set(path, filters(weight(outputs * channels * 9, channels * 9, seed), outputs, channels));
    } else if (path === "dense1.weight") start.set(path, weight(640, 64, 49));
  }
  const { theta, state } = training.point(start);
  const batch = (at: Tensor, carried?: Tensor) => training.batch(at, inputs, targets, true, carried ? { state: carried } : {});
  return {
    parameters: training.layout,
    optimizer: momentum({ learningRate: 0.01 }),
    start: theta,
    loss: (at) => batch(at).loss,
    state: { start: state, next: (at, carried) => batch(at, carried).state ?? carried },
  };
}

/** Forward and weight gradient of each layer, and the data gradient of all but the first; the records in, and Adam's update. */
export const perceptronCost = (batch: number) => ({
  flops: 2 * batch * (2 * 784 * 256 + 3 * 256 * 128 + 3 * 128 * 10),
  bytes: 4 * (batch * 784 + 7 * 235_146),
});

export const wideCost = (width: number) => ({
  flops: 2 * 64 * (2 * width * width + 3 * width * width + 3 * width * 10),
  bytes: 4 * (64 * width + 7 * (2 * width * width + 10 * width)),
});

const mlp = (batch: number): Workload => ({
  name: `mlp${batch}`,
  unit: "ms/step",
  ...perceptronCost(batch),
  bound: "arithmetic",
  open: (options) => descentJob(perceptron(batch), options),
  step: () => descentStep(perceptron(batch)),
});

export const networkWorkloads: readonly Workload[] = [
  mlp(64),
  mlp(512),
  {
    name: "cnn",
    unit: "ms/step",
    flops: 2 * 64 * (2 * 784 * 9 * 16 + 3 * 196 * 9 * 16 * 32 + 3 * 1568 * 10),
    bytes: 4 * (64 * 784 + 7 * 20_490),
    bound: "arithmetic",
    open: (options) => descentJob(convolutional(), options),
    step: () => descentStep(convolutional()),
  },
  {
    name: "dncnn",
    unit: "ms/step",
    flops: 2 * 16 * 1600 * 9 * (2 * 32 + 3 * 5 * 32 * 32 + 3 * 32),
    bytes: 4 * (2 * 16 * 1600 + 7 * 46_977),
    bound: "arithmetic",
    open: (options) => descentJob(denoiser(), options),
    step: () => descentStep(denoiser()),
  },
  {
    name: "resnet20",
    unit: "ms/step",
    // Of an image, forward: 442,368 in the first convolution, 40,109,056 in the others, 640 in the dense layer.
    flops: 2 * IMAGES * (2 * 442_368 + 3 * (40_109_056 + 640)),
    bytes: 4 * (IMAGES * 3072 + 5 * 269_722),
    bound: "arithmetic",
    open: (options) => descentJob(residualNetwork(), options),
    step: () => descentStep(residualNetwork()),
  },
];
