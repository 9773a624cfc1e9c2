/** The models of `test/fixtures/exchange`, as ours, with their known weights and inputs. */
import { readFileSync } from "node:fs";
import {
  autoencoder,
  type BuiltModel,
  batchNorm,
  cnn,
  conv2d,
  convTranspose2d,
  deepobs2c2d,
  deepobs3c3d,
  dense,
  depthwiseConv2d,
  dncnn,
  flatten,
  gelu,
  groupNorm,
  layerNorm,
  lenet5,
  linear,
  type Model,
  mlp,
  resnet20,
  sequential,
} from "steepest";
import type { NamedArray } from "../../src/models/weights.js";
import { sizeOf } from "../../src/tensor/types.js";

export interface PytorchCase {
  readonly name: string;
  /** [height, width, channels] */
  readonly input: readonly number[];
  /** Those of the state_dict. */
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** In float64, [records, …], channels last. */
  readonly output: readonly number[];
}

const fixture: { readonly records: number; readonly cases: readonly PytorchCase[] } = JSON.parse(
  readFileSync(new URL("../fixtures/exchange/pytorch.json", import.meta.url), "utf8"),
);

export const { cases, records } = fixture;

const ours: Readonly<Record<string, () => Model>> = {
  linear: () => linear(4),
  mlp: () => mlp({ hidden: [11, 7], classes: 4 }),
  cnn: () => cnn({ filters: [5, 7], classes: 4 }),
  lenet5: () => lenet5(10),
  "2c2d": () => deepobs2c2d(10),
  "3c3d": () => deepobs3c3d(10),
  resnet20: () => resnet20(10),
  dncnn: () => dncnn({ depth: 4, filters: 6 }),
  autoencoder: () => autoencoder({ filters: [5, 3] }),
  odds: () =>
    sequential(
      conv2d(6, 3, { strides: 2, padding: 1, groups: 2 }),
      depthwiseConv2d(3, { multiplier: 2, padding: 1 }),
      groupNorm(3),
      convTranspose2d(5, 3, { strides: 2, padding: 1, outputPadding: 1 }),
      layerNorm({ axes: 3 }),
      flatten(),
      batchNorm(),
      gelu(),
      dense(3),
    ),
};

export const builtFor = ({ name, input }: PytorchCase): BuiltModel => ours[name]().build(input);

/** `numbers` of `pytorch.py`. */
const numbers = (place: number, count: number, scale: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => scale * ((((i + 31 * place + 1) * 7919) % 2003) / 1001 - 1));

/** `known_weights` of `pytorch.py`. */
export const weightsOf = ({ tensors }: PytorchCase): NamedArray[] =>
  tensors.map(({ name, shape }, place) => {
    const size = sizeOf(shape);
    const data = numbers(place, size, shape.length < 2 ? 0.5 : Math.sqrt(3 / (size / shape[0])));
    const isAround1 = name.endsWith("running_var") || (shape.length === 1 && name.endsWith("weight"));
    return { name, shape, dtype: "f64", data: isAround1 ? data.map((x) => x + 1) : data };
  });

export const inputOf = ({ input }: PytorchCase): Float64Array => numbers(999, records * sizeOf(input), 1);
