import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grad, hvp } from "../../src/autodiff/index.js";
import { readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { agree, difference, variable } from "./machine.js";
import { randomGraph } from "./random-graph.js";

/** Rounding differs by the order of sums; values stay near 1, so a few thousand units are ample for forty operations on 6,000 elements. */
const FORWARD = 1e6;
/** Second derivatives multiply the factors of several steps. */
const DERIVED = 1e8;

const numbers = (most: number) => fc.array(fc.nat(999), { minLength: 9, maxLength: most });
const settings = { seed: 20_260_101, numRuns: 40 };

describe("random graphs", () => {
  it("give what the reference gives", () => {
    fc.assert(
      fc.property(numbers(110), (list) => {
        expect(difference(randomGraph(list).values.slice(-3))).toBeLessThan(FORWARD);
      }),
      settings,
    );
  }, 60_000);

  it("have gradients and Hessian-vector products that do, too", () => {
    fc.assert(
      fc.property(numbers(45), (list) => {
        const { inputs } = randomGraph(list, true);
        const f = (...given: Tensor[]): Tensor =>
          randomGraph(list, true, given)
            .values.slice(-3)
            .map((v) => v.mul(0.1).square().mean())
            .reduce((a, b) => a.add(b));
        const directions = inputs.map((x) => x.mul(0.5).add(0.1));
        const gradients = grad<(...x: Tensor[]) => Tensor>(f)(...inputs);
        const products = hvp(f)(inputs, directions);
        const all = [gradients, products].flat();
        expect(difference(all)).toBeLessThan(DERIVED);
      }),
      { ...settings, numRuns: 15 },
    );
  }, 60_000);
});

describe("random programs", () => {
  it("overwrite no variable that is still to be read", () => {
    fc.assert(
      fc.property(fc.nat(2), fc.array(fc.nat(999), { minLength: 6, maxLength: 50 }), (shape, list) => {
        const type = { shape: [[40], [6, 7], [3]][shape], dtype: "f64" as const };
        const variables = ["x", "y", "z"].map((name) => variable(name, type));
        const reads = variables.map((v) => readVariable(v));
        const { values } = randomGraph(list, false, reads);
        const writes = variables.map((v, i) => {
          const value = values[values.length - 1 - (i % values.length)];
          const fitted = value.size === reads[0].size ? value.reshape(type.shape) : value.mean().add(reads[(i + 1) % 3]);
          return { variable: v, value: list[i] % 2 === 0 ? fitted.mul(0.5).tanh() : reads[list[i] % 3] };
        });
        agree(variables, [{ name: "step", writes, traces: [{ name: "last", value: values[values.length - 1].mean() }] }], 3, FORWARD);
      }),
      { ...settings, numRuns: 80 },
    );
  }, 60_000);
});
