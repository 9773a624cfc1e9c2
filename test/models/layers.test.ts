import "steepest";
import { describe, expect, it } from "vitest";
import { hvp } from "../../src/autodiff/products.js";
import { pullBack } from "../../src/autodiff/reverse.js";
import { interpret } from "../../src/backends/interpreter/index.js";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { sequential } from "../../src/models/model.js";
import { tensor } from "../../src/tensor/create.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { cases, type LayerCase, layers, losses, lossesByName, numbers } from "./layer-cases.js";

type DType = "f32" | "f64";

const held = (values: ArrayLike<number>, shape: readonly number[], dtype: DType): Tensor =>
  tensor(dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values), { shape });

/** Output, gradients and state of a case, by what the fixture calls them. */
function traced(
  one: LayerCase,
  dtype: DType,
): { readonly values: Record<string, Tensor>; readonly expected: Record<string, readonly number[]> } {
  const model = sequential(layers[one.name]()).build(one.input.slice(1));
  expect(Object.fromEntries(model.parameters.map((p) => [p.path.split(".")[1], p.shape]))).toEqual(one.parameters);
  expect([one.input[0], ...model.outputShape]).toEqual(one.outputShape);
  const x = held(one.integers ?? numbers(one.input, 1), one.input, dtype);
  const named = Object.keys(one.parameters);
  const parameters = Object.fromEntries(
    model.parameters.map((p) => [p.path, held(numbers(p.shape, 2 + named.indexOf(p.path.split(".")[1])), p.shape, dtype)]),
  );
  const running = one.name === "batchNorm running";
  const state = Object.fromEntries(
    model.state.map(({ path, shape, initial }, i) => {
      const values = running ? numbers(shape, 6 + i).map((v) => v + 1.5 * i) : numbers(shape, 0).fill(initial);
      return [path, held(values, shape, dtype)];
    }),
  );
  const { output, state: next } = model.apply(x, parameters, { training: !running, state });
  const wanted = [x, ...Object.values(parameters)];
  const gradients = pullBack([output], [held(numbers(one.outputShape, 9), one.outputShape, dtype)], wanted);
  const values: Record<string, Tensor> = { output };
  const expected: Record<string, readonly number[]> = { output: one.output };
  if (one.inputGradient) {
    values["gradient of the input"] = gradients[0] ?? x.fill(Number.NaN);
    expected["gradient of the input"] = one.inputGradient;
  }
  model.parameters.forEach(({ path }, i) => {
    values[path] = gradients[i + 1] ?? parameters[path].fill(Number.NaN);
    expected[path] = one.gradients[path.split(".")[1]];
  });
  for (const [name, data] of Object.entries(one.state ?? {})) {
    const [path] = model.state.filter((s) => s.path.endsWith(name)).map((s) => s.path);
    values[path] = next[path];
    expected[path] = data;
  }
  return { values, expected };
}

/** The largest error, relative to the largest number of the array. */
function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  const size = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
  return expected.reduce((most, x, i) => Math.max(most, Math.abs(actual[i] - x) / size), actual.length === expected.length ? 0 : Infinity);
}

it("the fixture and the layers here are the same list", () => {
  expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(layers).sort());
  expect(losses.map(({ name }) => name).sort()).toEqual(Object.keys(lossesByName).sort());
});

describe("layers agree with PyTorch", () => {
  it.each(cases)("$name in float64, by the interpreter", (one) => {
    const { values, expected } = traced(one, "f64");
    const results = interpret(Object.values(values));
    // Fewer than 300 products of numbers up to 2: 300 · 2⁻⁵³ and the 15 digits of the fixture.
    Object.keys(values).forEach((name, i) => {
      expect(worst(results[i], expected[name]), name).toBeLessThan(1e-12);
    });
  });

  it.each(cases)("$name in float32, compiled", (one) => {
    const { values, expected } = traced(one, "f32");
    const { traces } = new WasmProgram([]).run(
      { name: "all", writes: [], traces: Object.entries(values).map(([name, value]) => ({ name, value })) },
      1,
    );
    for (const name of Object.keys(values)) expect(worst(traces[name], expected[name]), name).toBeLessThan(1e-5);
  });

  // Second derivatives of what has a gradient of its own, or is curved.
  it.each(cases.filter(({ name }) => /Norm (images|features|2)|gelu|elu|silu|softplus/.test(name)))(
    "$name: a Hessian-vector product is the slope of the gradient",
    (one) => {
      const model = sequential(layers[one.name]()).build(one.input.slice(1));
      const parameters = Object.fromEntries(model.parameters.map((p) => [p.path, held(numbers(p.shape, 2), p.shape, "f64")]));
      const state = Object.fromEntries(model.state.map((s) => [s.path, tensor(new Float64Array(s.shape[0]))]));
      const f = (x: Tensor) => {
        const { output } = model.apply(x, parameters, { training: true, state });
        return output
          .mul(output)
          .mul(held(numbers(one.outputShape, 9), one.outputShape, "f64"))
          .sum();
      };
      const at = numbers(one.input, 1);
      const direction = numbers(one.input, 5);
      const gradientAt = (step: number) => {
        const x = held(
          at.map((v, i) => v + step * direction[i]),
          one.input,
          "f64",
        );
        const value = f(x);
        const [gradient] = pullBack([value], [value.fill(1)], [x]);
        return interpret([gradient ?? x])[0];
      };
      const [product] = interpret([hvp(f)(held(at, one.input, "f64"), held(direction, one.input, "f64"))]);
      const [ahead, behind] = [gradientAt(1e-5), gradientAt(-1e-5)];
      // Central differences: error h² and ε/h, both near 1e-10 times derivatives of some hundreds.
      expect(
        worst(
          product,
          Array.from(ahead, (v, i) => (v - behind[i]) / 2e-5),
        ),
      ).toBeLessThan(1e-6);
    },
  );
});

describe("losses agree with PyTorch", () => {
  it.each(losses)("$name", (one) => {
    for (const [dtype, tolerance] of [
      ["f64", 1e-12],
      ["f32", 1e-5],
    ] as const) {
      const output = held(
        numbers(one.output, 3).map((v) => 3 * v),
        one.output,
        dtype,
      );
      const targets = one.labels ? tensor(Uint8Array.from(one.labels)) : held(one.targets?.data ?? [], one.targets?.shape ?? [], dtype);
      const loss = lossesByName[one.name]().perRecord(output, targets);
      expect(loss.shape).toEqual([one.output[0]]);
      const [gradient] = pullBack([loss], [held(numbers(loss.shape, 9), loss.shape, dtype)], [output]);
      const [values, slope] =
        dtype === "f64"
          ? interpret([loss, gradient ?? output.fill(Number.NaN)])
          : [loss.data(), (gradient ?? output.fill(Number.NaN)).data()];
      expect(worst(values, one.loss), dtype).toBeLessThan(tolerance);
      expect(worst(slope, one.gradient), `${dtype} gradient`).toBeLessThan(tolerance);
    }
  });

  it("stay finite for scores far out", () => {
    const far = tensor([[1e4], [-1e4], [700]]);
    const loss = lossesByName.binaryCrossEntropy().perRecord(far, tensor([[1], [0], [0]]));
    expect(interpret([loss])[0]).toEqual(Float64Array.of(0, 0, 700));
  });
});
