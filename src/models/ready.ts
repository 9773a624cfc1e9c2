/** Models that are used often, by name. */
import { nearest, SteepestError } from "../tensor/error.js";
import { glorot } from "./initializers.js";
import { relu } from "./layers/activations.js";
import { conv2d } from "./layers/convolution.js";
import { dense, flatten } from "./layers/dense.js";
import { maxPool2d } from "./layers/pooling.js";
import { type Model, namedModel } from "./model.js";
import { deepobs2c2d, deepobs3c3d, lenet5 } from "./ready/published.js";
import { resnet20 } from "./ready/resnet.js";

/**
 * A linear classifier: flatten, dense. Softmax regression with `crossEntropy()`, a linear support vector machine with `multiclassHinge()`,
 * perceptrons, one for each class, with `perceptron()`.
 *
 * @param classes number of outputs. Default 10
 */
export function linear(classes = 10): Model {
  return namedModel("linear", [flatten(), dense(classes, { init: glorot() })]);
}

export interface MlpOptions {
  /** Units of the hidden layers. Default [256, 128]. */
  readonly hidden?: readonly number[];
  /** Default 10. */
  readonly classes?: number;
}

/** A multilayer perceptron with ReLU: flatten, (dense, relu) for each hidden layer, dense. On 28×28 images: 784-256-128-10, 235,146 parameters. */
export function mlp(options: MlpOptions = {}): Model {
  const { hidden = [256, 128], classes = 10 } = options;
  return namedModel("mlp", [flatten(), ...hidden.flatMap((units) => [dense(units), relu()]), dense(classes, { init: glorot() })]);
}

export interface CnnOptions {
  /** Filters of the 3×3 convolutions; each is followed by ReLU and 2×2 max pooling. Default [16, 32]. */
  readonly filters?: readonly number[];
  /** Default 10. */
  readonly classes?: number;
}

/** A small convolutional network: (conv 3×3, relu, max pool 2×2) for each entry of `filters`, flatten, dense. On 28×28 grey images: 20,490 parameters. */
export function cnn(options: CnnOptions = {}): Model {
  const { filters = [16, 32], classes = 10 } = options;
  return namedModel("cnn", [
    ...filters.flatMap((count) => [conv2d(count, 3), relu(), maxPool2d(2)]),
    flatten(),
    dense(classes, { init: glorot() }),
  ]);
}

/** The ready models by name, for the command line. */
export const models: ReadonlyMap<string, (classes: number) => Model> = new Map<string, (classes: number) => Model>([
  ["linear", (classes) => linear(classes)],
  ["mlp", (classes) => mlp({ classes })],
  ["cnn", (classes) => cnn({ classes })],
  ["lenet5", (classes) => lenet5(classes)],
  ["2c2d", (classes) => deepobs2c2d(classes)],
  ["3c3d", (classes) => deepobs3c3d(classes)],
  ["resnet20", (classes) => resnet20(classes)],
]);

/**
 * The ready model of a name that a user typed.
 *
 * @throws SteepestError for an unknown name, with the nearest known one
 */
export function modelNamed(name: string, classes = 10): Model {
  const make = models.get(name);
  if (make !== undefined) return make(classes);
  const meant = nearest(name, models.keys());
  throw new SteepestError({
    problem: `there is no model "${name}"`,
    expected: [...models.keys()].join(", "),
    received: name,
    fix: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}
