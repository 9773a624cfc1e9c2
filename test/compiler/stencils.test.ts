import { describe, expect, it } from "vitest";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { compileEntry } from "../../src/compiler/compile.js";
import { descentVariables, gradientOf, initialValues, stepEntry, variableList } from "../../src/descent/step.js";
import { adam } from "../../src/optimizers/adam.js";
import { gd } from "../../src/optimizers/gradient-descent.js";
import { momentum } from "../../src/optimizers/momentum.js";
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import type { Parameters } from "../../src/optimizers/parameters.js";
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { type Shape, sizeOf } from "../../src/tensor/types.js";
import { deviation, difference as differenceFromReference, interpreted, type Values } from "./machine.js";

/** Numbers in [−0.5, 0.5) without a pattern that a wrong neighbour would share. */
const scattered = (size: number, seed: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => ((i * 7919 + seed * 104729) % 10007) / 10007 - 0.5);

/** u[i + d] − u[i] along an axis, one shorter. */
function difference(u: Tensor, axis: number): Tensor {
  const size = u.shape.map((n, a) => (a === axis ? Math.max(0, n - 1) : n));
  const start = (at: number) => u.shape.map((_, a) => (a === axis ? at : 0));
  return u.slice(start(1), size).sub(u.slice(start(0), size));
}

/** u[i + d] along an axis, 0 outside. */
const shifted = (u: Tensor, axis: number, by: number): Tensor => {
  const low = u.shape.map((_, a) => (a === axis ? Math.max(0, -by) : 0));
  const high = u.shape.map((_, a) => (a === axis ? Math.max(0, by) : 0));
  const start = u.shape.map((_, a) => (a === axis ? Math.max(0, by) : 0));
  return u.pad(low, high).slice(start, u.shape);
};

const wrapped = (u: Tensor, axis: number): Tensor => {
  const part = (at: number, length: number) =>
    u.slice(
      u.shape.map((_, a) => (a === axis ? at : 0)),
      u.shape.map((n, a) => (a === axis ? length : n)),
    );
  return concatenate([part(1, u.shape[axis] - 1), part(0, 1)], axis);
};

/** Energies of images: axes 0 and 1 are rows and columns, whatever follows are channels. */
const energies: Readonly<Record<string, (u: Tensor) => Tensor>> = {
  "squared differences": (u) => difference(u, 0).square().sum().add(difference(u, 1).square().sum()).mul(0.5),
  "total variation": (u) => {
    const inner = u.shape.map((n, a) => (a < 2 ? n - 1 : n));
    const from = (row: number, column: number) =>
      u.slice(
        u.shape.map((_, a) => (a === 0 ? row : a === 1 ? column : 0)),
        inner,
      );
    const squares = from(0, 1)
      .sub(from(0, 0))
      .square()
      .add(from(1, 0).sub(from(0, 0)).square());
    return squares.add(0.01).sqrt().sum();
  },
  "a Laplacian by padding": (u) =>
    shifted(u, 0, 1)
      .add(shifted(u, 0, -1))
      .add(shifted(u, 1, 1))
      .add(shifted(u, 1, -1))
      .sub(u.mul(4))
      .square()
      .sum()
      .mul(0.1),
  "third differences": (u) => {
    const third = (axis: number) =>
      difference(difference(difference(u, axis), axis), axis)
        .square()
        .sum();
    return third(0).add(third(1)).mul(0.05);
  },
  "wrapped around": (u) => wrapped(u, 0).sub(u).square().sum().add(wrapped(u, 1).sub(u).tanh().square().sum()),
  "every other pixel": (u) => {
    const half = u.shape.map((n, a) => (a < 2 ? Math.floor(n / 2) : n));
    const step = u.shape.map((_, a) => (a < 2 ? 2 : 1));
    const at = (k: number) =>
      u.slice(
        u.shape.map((_, a) => (a < 2 ? k : 0)),
        half,
        step,
      );
    return at(1).sub(at(0)).square().add(0.1).sqrt().sum();
  },
};

function descent(name: string, shape: Shape, dtype: "f32" | "f64", optimizer: Optimizer) {
  const size = sizeOf(shape);
  const parameters: Parameters = { size, dtype, entries: [{ path: "u", shape, offset: 0 }] };
  const v = descentVariables(parameters, optimizer);
  const given = tensor(scattered(size, 2), { shape, dtype });
  const evaluate = (theta: Tensor) => {
    const u = theta.unpack({ shape, offset: 0 });
    const loss = energies[name](u).add(u.sub(given).square().sum().mul(0.2));
    return { loss, gradient: gradientOf(loss, theta) };
  };
  const entry = stepEntry({ parameters, optimizer, variables: v, evaluate, path: false, convergence: false });
  return { entry, names: v, variables: variableList(v) };
}

function check(name: string, shape: Shape, dtype: "f32" | "f64", optimizer: Optimizer, steps = 3): void {
  // A sum adds at most 4096 / 16 numbers one after the other in a row, and as many of the rows' sums; the elements themselves are
  // rounded some 50 times a step.
  const tolerance = 1000;
  const { entry, names: v, variables } = descent(name, shape, dtype, optimizer);
  const start = scattered(sizeOf(shape), 1).map((x) => (dtype === "f32" ? Math.fround(x) : x));
  const first = initialValues(v, optimizer, { start, totalSteps: 10, stepsPerEpoch: 10, tolerance: 0 });
  const values: Values = new Map([...first].map(([variable, data]) => [variable, Float64Array.from(data)]));
  const program = new WasmProgram(variables);
  for (const [variable, data] of values) program.write(variable, data);
  const expected = interpreted(entry, values, steps);
  const { traces } = program.run(entry, steps);
  for (const variable of [v.theta, ...Object.values(v.slots)])
    expect(deviation(program.read(variable), expected.values.get(variable) ?? [], dtype), variable.name).toBeLessThan(tolerance);
  // The loss and the norm are float64 numbers made of sums in the dtype of θ.
  for (const [i, trace] of entry.traces.slice(0, 2).entries())
    expect(deviation(traces[trace.name], expected.traces[i], dtype), trace.name).toBeLessThan(tolerance);
}

const rate = 0.02;

describe("descent on the energy of an image agrees with the reference", () => {
  for (const name of Object.keys(energies))
    for (const shape of [
      [2, 2],
      [3, 5],
      [17, 33],
      [50, 131],
      [30, 50, 3],
    ])
      it(`${name}, ${shape.join(" × ")}`, () => {
        check(name, shape, "f32", gd({ learningRate: rate }));
        check(name, shape, "f64", momentum({ learningRate: rate, beta: 0.9 }));
      });

  for (const name of ["squared differences", "third differences", "a Laplacian by padding"])
    it(`${name}, one row and one column`, () => {
      for (const shape of [
        [3, 2100],
        [2100, 3],
      ])
        check(name, shape, "f64", gd({ learningRate: rate }));
    });

  for (const name of Object.keys(energies))
    it(`${name}, with Adam and more rows than a thread takes at once`, () =>
      check(name, [97, 130], "f32", adam({ learningRate: rate }), 2));

  it("in turns of rows, of which each thread holds those around", () => {
    for (const [name, shape] of [
      ["total variation", [300, 200]],
      ["a Laplacian by padding", [300, 200]],
    ] as const) {
      const { entry, variables } = descent(name, shape, "f32", gd({ learningRate: rate }));
      const { body } = compileEntry(entry, variables);
      const names = body.kind === "phases" ? body.phases.map((p) => p.function.name) : [];
      expect(
        names.filter((n) => n.startsWith("chain")),
        name,
      ).toHaveLength(1);
      expect(body.kind === "phases" && body.phases.filter((p) => p.parallel), name).toHaveLength(1);
    }
  });

  it("where what is read a few places off was written in parts, each by a loop of its own", () => {
    // Chains begin at 16,384 elements; the parts beside the middle one are written elsewhere.
    for (const axis of [0, 1]) {
      const u = tensor(scattered(130 * 131, 3), { shape: [130, 131], dtype: "f32" });
      const part = (from: number) =>
        u.slice(
          u.shape.map((_, a) => (a === axis ? from : 0)),
          u.shape.map((n, a) => (a === axis ? 2 : n)),
        );
      const mirrored = concatenate([part(0).reverse(axis), u.mul(2), part(u.shape[axis] - 2).reverse(axis)], axis);
      const at = (from: number) =>
        mirrored.slice(
          u.shape.map((_, a) => (a === axis ? from : 0)),
          u.shape,
        );
      expect(differenceFromReference([at(0).add(at(1).mul(2)).add(at(3).mul(3)).add(at(4))])).toBeLessThan(8);
    }
  });

  it("in one call of many steps or in many calls", () => {
    const size = 60 * 140;
    const x: Variable = { name: "x", type: { shape: [60, 140], dtype: "f32" } };
    const mean: Variable = { name: "mean", type: { shape: [60, 140], dtype: "f32" } };
    const u = readVariable(x);
    // Both are read at neighbouring places of the old values, and one again after it is known what it will be.
    const next = u.add(difference(u, 0).pad([0, 0], [1, 0])).mul(0.5);
    const entry = {
      name: "smooth",
      writes: [
        { variable: x, value: next },
        { variable: mean, value: next.add(difference(readVariable(mean), 1).pad([0, 1], [0, 0])) },
      ],
      traces: [{ name: "first", value: u.slice([0, 0], [1, 3]) }],
    };
    const { body } = compileEntry(entry, [x, mean]);
    expect(body.kind === "phases" && body.swaps).toHaveLength(2);
    const run = (calls: readonly number[]) => {
      const program = new WasmProgram([x, mean]);
      program.write(x, scattered(size, 1));
      program.write(mean, scattered(size, 2));
      const first = calls.flatMap((steps) => [...program.run(entry, steps).traces.first]);
      return [...first, ...program.read(x), ...program.read(mean)];
    };
    const expected = run([1, 1, 1, 1, 1, 1, 1]);
    for (const calls of [[7], [3, 4], [2, 2, 3], [1, 5, 1]]) expect(run(calls)).toEqual(expected);
    const start: Values = new Map([
      [x, scattered(size, 1).map(Math.fround)],
      [mean, scattered(size, 2).map(Math.fround)],
    ]);
    const { values } = interpreted(entry, start, 7);
    const actual = expected.slice(-2 * size);
    // A step rounds a pixel three times, and its mean two times more.
    expect(deviation(actual.slice(0, size), values.get(x) ?? [], "f32")).toBeLessThan(40);
    expect(deviation(actual.slice(size), values.get(mean) ?? [], "f32")).toBeLessThan(80);
  });

  it("on 255 × 257 pixels", () => {
    check("total variation", [255, 257], "f32", gd({ learningRate: rate }), 2);
  });
});
