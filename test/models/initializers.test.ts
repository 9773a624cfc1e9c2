import { describe, expect, it } from "vitest";
import { constant, fans, glorot, he, type Initializer, initialValues, normal, ones, zeros } from "../../src/models/initializers.js";
import { initialTheta, ParameterLayout } from "../../src/models/layout.js";
import { cnn } from "../../src/models/ready.js";
import { Tensor } from "../../src/tensor/tensor.js";

const shape = [200, 100];
const draw = (init: Initializer, seed = 1) => initialValues(init, seed, "dense1.weight", shape, "f64");
const moments = (values: ArrayLike<number>) => {
  let [sum, squares, largest] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
    largest = Math.max(largest, Math.abs(values[i]));
  }
  return { mean: sum / values.length, variance: squares / values.length, largest };
};

describe("initialisers", () => {
  // 20,000 draws: the mean is within 5 standard errors σ/√n, the mean square within 5 of its own (√2 σ²/√n at most).
  it.each([
    ["he normal", he(), 2 / 200, Number.POSITIVE_INFINITY],
    ["he uniform", he({ distribution: "uniform" }), 2 / 200, Math.sqrt(6 / 200)],
    ["glorot uniform", glorot(), 2 / 300, Math.sqrt(6 / 300)],
    ["glorot normal", glorot({ distribution: "normal" }), 2 / 300, Number.POSITIVE_INFINITY],
    ["normal", normal({ std: 0.5 }), 0.25, Number.POSITIVE_INFINITY],
  ])("%s has the variance and the bound that it names", (_, init, variance, bound) => {
    const found = moments(draw(init));
    expect(Math.abs(found.mean)).toBeLessThan((5 * Math.sqrt(variance)) / Math.sqrt(20000));
    expect(Math.abs(found.variance - variance)).toBeLessThan((5 * Math.SQRT2 * variance) / Math.sqrt(20000));
    expect(found.largest).toBeLessThanOrEqual(bound);
    // A uniform draw reaches beyond 99 % of its bound, a normal one beyond 3 σ.
    expect(found.largest).toBeGreaterThan(bound === Number.POSITIVE_INFINITY ? 3 * Math.sqrt(variance) : 0.99 * bound);
  });

  it("counts what flows through a filter", () => {
    expect(fans([3, 5, 16, 32])).toEqual({ fanIn: 240, fanOut: 480 });
    expect(fans([784, 10])).toEqual({ fanIn: 784, fanOut: 10 });
  });

  it("depends on the seed and the path alone", () => {
    expect(draw(he())).toEqual(draw(he()));
    expect(draw(he())).not.toEqual(draw(he(), 2));
    const other = initialValues(he(), 1, "dense2.weight", shape, "f64");
    expect(draw(he())).not.toEqual(other);
    // Another layer in front changes nothing in the parameters of the same name and shape.
    const model = cnn().build([28, 28, 1]);
    const layout = new ParameterLayout(model.parameters);
    const theta = initialTheta(layout, model.parameters, 7);
    const alone = initialValues(he(), 7, "conv2.weight", [3, 3, 16, 32], "f32");
    expect(layout.split(theta).get("conv2.weight")).toEqual(alone);
  });

  it("fills with one value", () => {
    expect([...initialValues(constant(0.25), 1, "b", [3], "f32")]).toEqual([0.25, 0.25, 0.25]);
    expect([...initialValues(zeros(), 1, "b", [2], "f32")]).toEqual([0, 0]);
    expect([...initialValues(ones(), 1, "b", [2], "f32")]).toEqual([1, 1]);
  });

  it("zeros and ones with a shape are tensors", () => {
    const made = ones([2, 3]);
    expect(made).toBeInstanceOf(Tensor);
    expect(made.shape).toEqual([2, 3]);
    expect(zeros([4], "f32").dtype).toBe("f32");
  });

  it("refuses what cannot be drawn", () => {
    expect(() => normal({ std: -1 })).toThrow(/std ≥ 0/);
    expect(() => constant(Number.NaN)).toThrow(/finite number/);
  });
});
