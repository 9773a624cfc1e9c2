/** Passes over memory: Adam on ten million parameters, and the energies of an image. */
import { adam } from "../../src/optimizers/adam.js";
import { gd } from "../../src/optimizers/gradient-descent.js";
import { type Optimizer, slotStart, slotType } from "../../src/optimizers/optimizer.js";
import { ParameterViews } from "../../src/optimizers/parameters.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { fromHost, literal, readVariable, type Tensor, weakNumber } from "../../src/tensor/tensor.js";
import type { HostData } from "../../src/tensor/types.js";
import { primalDual } from "../../src/vision/solvers/primal-dual.js";
import { problemOf } from "../../src/vision/solvers/problem.js";
import { totalVariation } from "../../src/vision.js";
import { hashUniform } from "./data.js";
import { type Compilable, type Descent, descentJob, descentStep, entryJob } from "./descent.js";
import type { Workload } from "./workload.js";

const PARAMETERS = 10_000_000;

/** The rule alone: the gradient is given. */
export function adamUpdate(parameters = PARAMETERS): Compilable & { readonly theta: Variable } {
  const rule: Optimizer = adam();
  const vector = (name: string): Variable => ({ name, type: { shape: [parameters], dtype: "f32" } });
  const number = (name: string): Variable => ({ name, type: { shape: [], dtype: "f64" } });
  const [theta, gradient, step] = [vector("theta"), vector("gradient"), number("step")];
  const layout = { size: parameters, dtype: "f32", entries: [{ path: "theta", shape: [parameters], offset: 0 }] } as const;
  const slots = Object.entries(rule.slots).map(([name, slot]) => ({ name, slot, variable: { name, type: slotType(slot, layout) } }));
  const start = hashUniform(parameters, 40, -1, 1);
  const at = readVariable(step, true);
  const updated = rule.update({
    theta: readVariable(theta),
    loss: literal(0, "f32"),
    gradient: readVariable(gradient),
    slots: Object.fromEntries(slots.map(({ name, variable }) => [name, readVariable(variable, variable.type.shape.length === 0)])),
    parameters: new ParameterViews(layout),
    batchShare: weakNumber(1),
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
        ...slots.map(({ name, variable }) => ({ variable, value: updated.slots[name] })),
        { variable: step, value: at.add(1) },
      ],
      traces: [],
    },
    variables: [theta, gradient, step, ...slots.map((s) => s.variable)],
    values: new Map<Variable, HostData>([
      [theta, start],
      [gradient, hashUniform(parameters, 41, -1, 1)],
      ...slots
        .filter(({ slot }) => slot.initial !== 0)
        .map(({ slot, variable }): [Variable, HostData] => [variable, slotStart(slot, variable.type, start)]),
    ]),
    theta,
  };
}

const SIDE = 512;
const FIDELITY = 0.1;

/** Squared differences (Tikhonov), or their smoothed root (total variation), and the distance from the given image. */
export function restoration(kind: "tikhonov" | "tv", side = SIDE): Descent {
  const given = hashUniform(side * side, 7);
  const f = fromHost(given, [side, side], "f32");
  const inner = [side - 1, side - 1];
  return {
    parameters: { size: side * side, dtype: "f32", entries: [{ path: "image", shape: [side, side], offset: 0 }] },
    optimizer: gd({ learningRate: kind === "tikhonov" ? 0.2 : 0.02 }),
    start: given.slice(),
    loss(theta: Tensor) {
      const u = theta.unpack({ shape: [side, side], offset: 0 });
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

/** Floating-point operations and bytes of a step on a pixel: the image and the given image in, the image out. */
export const pixelCost = { flops: { tikhonov: 16, tv: 22 }, bytes: 12 } as const;
/** Those of Adam's update on a parameter: four arrays in, three out. */
export const adamCost = { flops: 12, bytes: 28 } as const;

const energy = (kind: "tikhonov" | "tv"): Workload => ({
  name: kind,
  unit: "ms/200it",
  flops: pixelCost.flops[kind] * SIDE * SIDE,
  bytes: pixelCost.bytes * SIDE * SIDE,
  bound: "memory",
  batch: 200,
  open: (options) => descentJob(restoration(kind), options),
  step: () => descentStep(restoration(kind)),
});

/** The iteration of `restore` on the exact total variation: Chambolle and Pock's accelerated method with its dual variable of two maps. */
export function primalDualStep(side = SIDE): Compilable & { readonly image: Variable } {
  const given = fromHost(hashUniform(side * side, 7), [side, side], "f32");
  const energy = totalVariation({ lambda: 8 });
  const { dual } = energy.regularizer;
  if (dual === undefined) throw new Error("total variation has a dual");
  const problem = problemOf(energy, given, { range: undefined, start: undefined, reference: undefined });
  const { step, values, image } = primalDual(problem, dual);
  return { entry: step, variables: [...values.keys()], values, image };
}

export const memoryWorkloads: readonly Workload[] = [
  {
    name: "adam10m",
    unit: "ms/step",
    flops: adamCost.flops * PARAMETERS,
    bytes: adamCost.bytes * PARAMETERS,
    bound: "memory",
    open(options) {
      const { theta, ...compilable } = adamUpdate();
      return entryJob(compilable, theta, options);
    },
    step: () => adamUpdate(),
  },
  energy("tikhonov"),
  energy("tv"),
  {
    name: "rof",
    unit: "ms/200it",
    flops: 40 * SIDE * SIDE,
    // u, ū, p₀, p₁ in and out, f in.
    bytes: 36 * SIDE * SIDE,
    bound: "memory",
    batch: 200,
    beside: "tv",
    open(options) {
      const { image, ...compilable } = primalDualStep();
      return entryJob(compilable, image, options);
    },
    step: () => primalDualStep(),
  },
];
