import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grad, hvp } from "../../src/autodiff/index.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { difference } from "./machine.js";
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
