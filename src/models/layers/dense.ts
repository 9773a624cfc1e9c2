/** Layers on vectors. */
import { SteepestError } from "../../tensor/error.js";
import { showShape, sizeOf } from "../../tensor/types.js";
import { described } from "../description.js";
import { he, type Initializer, zeros } from "../initializers.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkCount } from "./checks.js";

export interface DenseOptions {
  /** Start of the weights. Default `he()`. */
  readonly init?: Initializer;
  /** Start of the biases, or false for a layer without. Default `zeros()`. */
  readonly bias?: Initializer | false;
}

/**
 * A dense (fully connected, linear) layer: y = x W + b.
 *
 * Input [features], output [units]; `weight` [features, units], `bias` [units]. The features are those of what comes before.
 *
 * @param units the number of outputs
 * @param options `init` (default `he()`), `bias` (default `zeros()`; false for none)
 * @throws SteepestError for a number of units that is not whole and ≥ 1, and, when built, for inputs that are not vectors
 * @example
 * ```ts
 * import { dense } from "steepest";
 * dense(10).build([784], "dense1").parameters.map((p) => p.shape); // → [[784, 10], [10]]
 * ```
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  checkCount("units of dense", units);
  const { init = he(), bias = zeros() } = options;
  return described(
    { type: "dense", units, bias: bias !== false },
    defineLayer<string>({
      name: "dense",
      parameters: ([features]) => ({
        weight: { shape: [features, units], init },
        ...(bias === false ? {} : { bias: { shape: [units], init: bias } }),
      }),
      outputShape(input) {
        if (input.length !== 1)
          throw new SteepestError({
            problem: "dense takes vectors",
            expected: "one axis beside the batch",
            received: showShape(input),
            fix: "put flatten() before it",
          });
        return [units];
      },
      multiplyAdds: ([features]) => features * units,
      apply: (x, parameters) => (bias === false ? x.matmul(parameters.weight) : x.matmul(parameters.weight).add(parameters.bias)),
    }),
  );
}

/** All axes of an input in one: [height, width, channels] becomes [height · width · channels]. */
export function flatten(): Layer {
  return described(
    { type: "flatten" },
    defineLayer({
      name: "flatten",
      outputShape: (input) => [sizeOf(input)],
      apply: (x) => x.reshape([x.shape[0], sizeOf(x.shape.slice(1))]),
    }),
  );
}
