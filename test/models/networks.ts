/** The networks of `test/fixtures/models`, rebuilt from our layers. */
import { readFileSync } from "node:fs";
import { relu, sigmoid, tanh } from "../../src/models/layers/activations.js";
import { conv2d } from "../../src/models/layers/convolution.js";
import { dense, flatten } from "../../src/models/layers/dense.js";
import { maxPool2d, meanPool2d } from "../../src/models/layers/pooling.js";
import { crossEntropy, type Loss, meanSquared, multiclassHinge } from "../../src/models/losses.js";
import { type Model, sequential } from "../../src/models/model.js";
import { tensor } from "../../src/tensor/create.js";
import type { Tensor } from "../../src/tensor/tensor.js";

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface NetworkCase {
  readonly name: string;
  readonly input: Numbers;
  readonly parameters: Readonly<Record<string, Numbers>>;
  readonly output: readonly number[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  /** The parameters after one step of Adam with rate 0.01. */
  readonly afterAdam: Readonly<Record<string, readonly number[]>>;
  readonly labels?: readonly number[];
  readonly targets?: readonly number[];
}

const fixture: { readonly cases: readonly NetworkCase[] } = JSON.parse(
  readFileSync(new URL("../fixtures/models/networks.json", import.meta.url), "utf8"),
);

export const cases = fixture.cases;

export function modelOf({ name }: NetworkCase): Model {
  switch (name) {
    case "regressor":
      return sequential(
        conv2d(2, 3, { strides: 2 }),
        sigmoid(),
        meanPool2d(2, { strides: 1 }),
        flatten(),
        dense(4, { bias: false }),
        tanh(),
        dense(2),
      );
    case "tiles":
      return sequential(meanPool2d([2, 3]), flatten(), dense(5));
    default:
      return sequential(
        conv2d(4, 3),
        relu(),
        maxPool2d(2),
        conv2d(3, 2, { padding: "valid" }),
        relu(),
        maxPool2d([1, 2]),
        flatten(),
        dense(5),
      );
  }
}

export function lossOf({ name }: NetworkCase): Loss {
  if (name === "regressor") return meanSquared();
  return name === "hinge" ? multiclassHinge({ margin: 0.75 }) : crossEntropy();
}

export function targetsOf({ labels, targets, output, input }: NetworkCase): Tensor {
  if (labels !== undefined) return tensor(Uint8Array.from(labels));
  return tensor(Float64Array.from(targets ?? []), { shape: [input.shape[0], output.length / input.shape[0]] });
}
