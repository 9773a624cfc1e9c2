/** A small run with everything in it, made up but consistent. */
import type { NamedArray } from "../../src/models/weights.js";
import type { RunData, Sample } from "../../src/runs/run-data.js";

export const weights: readonly NamedArray[] = [
  { name: "dense.weights", shape: [4, 3], dtype: "f32", data: Float32Array.from({ length: 12 }, (_, i) => i / 8 - 0.5) },
  { name: "dense.bias", shape: [3], dtype: "f32", data: Float32Array.of(0.25, -0.5, 3) },
];

export const exampleRun: RunData = {
  title: "Linear model on shapes",
  configuration: {
    data: "shapes",
    model: [{ kind: "flatten" }, { kind: "dense", units: 3 }],
    loss: "cross-entropy",
    optimizer: { name: "adam", learningRate: 0.001, beta1: 0.9, schedule: { name: "cosine" } },
    epochs: 2,
    batchSize: 8,
    seed: 7,
    validation: 0.1,
    patience: null,
  },
  preprocessing: { scale: 1 / 255, offset: 0, mean: [0.5], std: [0.25] },
  inputShape: [2, 2, 1],
  classes: ["disc", "square", "<cross>"],
  layers: [
    { layer: "flatten", outputShape: [4], parameters: 0 },
    { layer: "dense 3", outputShape: [3], parameters: 15 },
  ],
  results: {
    status: "step-limit",
    diagnosis: "The loss fell to 0.31 and was still falling.",
    epochs: 2,
    steps: 20,
    seconds: 1.25,
    samplesPerSecond: 12800,
    trainLoss: 0.31,
    validationLoss: 0.4,
    test: {
      loss: 0.42,
      accuracy: 0.8,
      confusion: [
        [3, 1, 0],
        [0, 3, 0],
        [0, 1, 2],
      ],
    },
  },
  history: [
    { step: 5, epoch: 0.5, seconds: 0.3, loss: 1.1, learningRate: 0.001, gradientNorm: 2.5 },
    {
      step: 10,
      epoch: 1,
      seconds: 0.6,
      loss: 0.7,
      learningRate: 0.0005,
      gradientNorm: 1.5,
      trainAccuracy: 0.6,
      validationLoss: 0.8,
      validationAccuracy: 0.5,
    },
    { step: 15, epoch: 1.5, seconds: 0.9, loss: 0.5, learningRate: 0.0002, gradientNorm: 0.75 },
    {
      step: 20,
      epoch: 2,
      seconds: 1.2,
      loss: 0.31,
      learningRate: 0,
      gradientNorm: 0.5,
      trainAccuracy: 0.9,
      validationLoss: 0.4,
      validationAccuracy: 0.8,
    },
  ],
  weights,
  command: "steepest train --data shapes --model linear --seed 7",
};

export const sample = (index: number, label: number, probabilities: readonly number[]): Sample => ({
  index,
  label,
  probabilities,
  image: { width: 2, height: 2, channels: 1, depth: 8, data: Uint8Array.of(0, 64, 128, 255) },
});
