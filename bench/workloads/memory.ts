/** Passes over memory: Adam on ten million parameters, and the energies of an image. */
import { adam } from "../../src/optimizers/adam.js";
import { gd } from "../../src/optimizers/gradient-descent.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { fromHost, readVariable, type Tensor, weakNumber } from "../../src/tensor/tensor.js";
import { hashUniform } from "./data.js";
import { type Compilable, type Descent, descentJob, descentStep, entryJob } from "./descent.js";
import type { Workload } from "./workload.js";

const PARAMETERS = 10_000_000;

/** The rule alone: the gradient is given. */
export function adamUpdate(): Compilable & { readonly theta: Variable } {
  const vector = (name: string): Variable => ({ name, type: { shape: [PARAMETERS], dtype: "f32" } });
  const [theta, gradient, mean, squares] = ["theta", "gradient", "mean", "squares"].map(vector);
  const [step, power1, power2] = ["step", "power1", "power2"].map((name): Variable => ({ name, type: { shape: [], dtype: "f64" } }));
  const at = readVariable(step, true);
  const updated = adam().update({
    theta: readVariable(theta),
    gradient: readVariable(gradient),
    slots: { mean: readVariable(mean), squares: readVariable(squares), power1: readVariable(power1, true), power2: readVariable(power2, true) },
    parameters: {},
    step: at,
    learningRate: weakNumber(1e-3),
    evaluate: () => {
      throw new Error("Adam asks for no other point");
    },
  });
  return {
    entry: {
      name: "adam",
      writes: [
        { variable: theta, value: updated.theta },
        { variable: mean, value: updated.slots.mean },
        { variable: squares, value: updated.slots.squares },
        { variable: power1, value: updated.slots.power1 },
        { variable: power2, value: updated.slots.power2 },
        { variable: step, value: at.add(1) },
      ],
      traces: [],
    },
    variables: [theta, gradient, mean, squares, step, power1, power2],
    values: new Map<Variable, Float32Array | Float64Array>([
      [theta, hashUniform(PARAMETERS, 40, -1, 1)],
      [gradient, hashUniform(PARAMETERS, 41, -1, 1)],
      [power1, Float64Array.of(1)],
      [power2, Float64Array.of(1)],
    ]),
    theta,
  };
}

const SIDE = 512;
const FIDELITY = 0.1;

/** Squared differences (Tikhonov), or their smoothed root (total variation), and the distance from the given image. */
export function restoration(kind: "tikhonov" | "tv"): Descent {
  const given = hashUniform(SIDE * SIDE, 7);
  const f = fromHost(given, [SIDE, SIDE], "f32");
  const inner = [SIDE - 1, SIDE - 1];
  return {
    parameters: { size: SIDE * SIDE, dtype: "f32", entries: [{ path: "image", shape: [SIDE, SIDE], offset: 0 }] },
    optimizer: gd({ learningRate: kind === "tikhonov" ? 0.2 : 0.02 }),
    start: given.slice(),
    loss(theta: Tensor) {
      const u = theta.unpack({ shape: [SIDE, SIDE], offset: 0 });
      const centre = u.slice([0, 0], inner);
      const squares = u
        .slice([0, 1], inner)
        .sub(centre)
        .square()
        .add(u.slice([1, 0], inner).sub(centre).square());
      const smoothness = kind === "tikhonov" ? squares.sum().mul(0.5) : squares.add(0.01).sqrt().sum();
      return smoothness.add(
        u
          .sub(f)
          .square()
          .sum()
          .mul(FIDELITY / 2),
      );
    },
  };
}

const energy = (kind: "tikhonov" | "tv"): Workload => ({
  name: kind,
  unit: "ms/200it",
  flops: SIDE * SIDE * (kind === "tikhonov" ? 16 : 22),
  // The image and the given image in, the image out.
  bytes: 12 * SIDE * SIDE,
  bound: "memory",
  batch: 200,
  open: (threads) => descentJob(restoration(kind), threads),
  step: () => descentStep(restoration(kind)),
});

export const memoryWorkloads: readonly Workload[] = [
  {
    name: "adam10m",
    unit: "ms/step",
    flops: 12 * PARAMETERS,
    bytes: 28 * PARAMETERS,
    bound: "memory",
    open(threads) {
      const { theta, ...compilable } = adamUpdate();
      return entryJob(compilable, theta, threads);
    },
    step: adamUpdate,
  },
  energy("tikhonov"),
  energy("tv"),
];
