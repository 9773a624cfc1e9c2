/** A small network under gradient descent with momentum, large enough that its loops are shared among threads. */
import { valueAndGrad } from "../../../src/autodiff/index.js";
import type { EntryPoint } from "../../../src/compiler/program.js";
import type { Variable } from "../../../src/tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../../src/tensor/tensor.js";
import { type DType, type HostData, sizeOf } from "../../../src/tensor/types.js";

export interface Network {
  readonly variables: readonly Variable[];
  readonly start: ReadonlyMap<Variable, Float32Array>;
  /** Θ after the step, and records of loss and of the sum of the first layer's weights. */
  readonly step: EntryPoint;
  readonly weights: readonly Variable[];
}

/** Numbers in [−1, 1) from a fixed rule, the same everywhere. */
export function noise(size: number, seed: number): Float32Array {
  let state = seed * 2654435761;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

export function network(samples = 256, inputs = 70, hidden = 131): Network {
  const variable = (name: string, shape: readonly number[], dtype: DType = "f32"): Variable => ({ name, type: { shape, dtype } });
  const x = variable("x", [samples, inputs]);
  const y = variable("y", [samples, 3]);
  const w1 = variable("w1", [inputs, hidden]);
  const b1 = variable("b1", [hidden]);
  const w2 = variable("w2", [hidden, 3]);
  const weights = [w1, b1, w2];
  const velocities = weights.map((w) => variable(`velocity of ${w.name}`, w.type.shape));
  const variables = [x, y, ...weights, ...velocities];
  const start = new Map(
    variables.map((v, i) => [
      v,
      velocities.includes(v)
        ? new Float32Array(sizeOf(v.type.shape))
        : noise(sizeOf(v.type.shape), i + 1).map((u) => (v === w1 || v === w2 ? u / 8 : u)),
    ]),
  );

  const loss = (a: Tensor, b: Tensor, c: Tensor) => readVariable(x).matmul(a).add(b).tanh().matmul(c).sub(readVariable(y)).square().mean();
  const { value, gradient } = valueAndGrad(loss)(readVariable(w1), readVariable(b1), readVariable(w2));
  const next = velocities.map((v, i) => readVariable(v).mul(0.9).sub(gradient[i].mul(0.05)));
  const step: EntryPoint = {
    name: "step",
    writes: [
      ...velocities.map((variable, i) => ({ variable, value: next[i] })),
      ...weights.map((variable, i) => ({ variable, value: readVariable(variable).add(next[i]) })),
    ],
    traces: [
      { name: "loss", value },
      { name: "weights", value: readVariable(w1).sum(0) },
    ],
  };
  return { variables, start, step, weights };
}

/** FNV-1a over the bytes. */
export function hashOf(...arrays: readonly HostData[]): string {
  let hash = 0x811c9dc5;
  for (const array of arrays)
    for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Hash of the weights after 60 steps of `network()`, in every engine and with any number of threads. Renew it only for a change of the arithmetic that is meant. */
export const WEIGHTS_AFTER_60 = "f8837635";
