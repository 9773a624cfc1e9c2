import { describe, expect, it } from "vitest";
import { hvp } from "../../src/autodiff/products.js";
import { pullBack } from "../../src/autodiff/reverse.js";
import { interpret } from "../../src/backends/interpreter/index.js";
import { ParameterLayout } from "../../src/models/layout.js";
import { adam } from "../../src/optimizers/adam.js";
import { tensor } from "../../src/tensor/create.js";
import { type Tensor, weakNumber } from "../../src/tensor/tensor.js";
import { traceStep } from "../optimizers/rule.js";
import { cases, lossOf, modelOf, targetsOf } from "./networks.js";

/** Both sides sum fewer than 200 products of numbers near 1 in float64, in different orders: 200 · 2⁻⁵³ · a few. */
const TOLERANCE = 1e-12;

function expectNear(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const worst = expected.reduce((most, x, i) => Math.max(most, Math.abs(actual[i] - x) / Math.max(1, Math.abs(x))), 0);
  expect(worst, what).toBeLessThan(TOLERANCE);
}

describe("second derivatives pass through networks", () => {
  it.each(cases)("$name: a Hessian-vector product is the slope of the gradient", (one) => {
    const model = modelOf(one).build(one.input.shape.slice(1));
    const layout = new ParameterLayout(model.parameters, "f64");
    const x = tensor(Float64Array.from(one.input.data), { shape: one.input.shape });
    const loss = (theta: Tensor) =>
      lossOf(one)
        .perRecord(model.apply(x, layout.views(theta), { training: true }).output, targetsOf(one))
        .mean();
    const start = layout.join(new Map(Object.entries(one.parameters).map(([path, { data }]) => [path, data])));
    const direction = layout.padded(Float64Array.from({ length: layout.count }, (_, i) => ((i * 7) % 11) / 11 - 0.5));
    const gradientAt = (step: number) => {
      const theta = tensor(Float64Array.from(start, (value, i) => value + step * direction[i]));
      const value = loss(theta);
      const [gradient] = pullBack([value], [value.fill(1)], [theta]);
      if (gradient === undefined) throw new Error("no gradient");
      return interpret([gradient])[0];
    };
    const [product] = interpret([hvp(loss)(tensor(start), tensor(direction))]);
    // Central differences with h = 1e-5: error h²‖f⁗‖ + ε/h, both near 1e-10; no kink lies within h.
    const [ahead, behind] = [gradientAt(1e-5), gradientAt(-1e-5)];
    const worst = product.reduce((most, value, i) => Math.max(most, Math.abs(value - (ahead[i] - behind[i]) / 2e-5)), 0);
    expect(worst).toBeLessThan(1e-8);
    // The hinge loss of a ReLU network is curved only where layers multiply.
    expect(Math.max(...product.map(Math.abs))).toBeGreaterThan(1e-3);
  });
});

describe("networks agree with PyTorch", () => {
  it.each(cases)("$name: output, loss, gradient, one step of Adam", (one) => {
    const model = modelOf(one).build(one.input.shape.slice(1));
    const layout = new ParameterLayout(model.parameters, "f64");
    expect(layout.entries.map(({ path, shape }) => `${path} ${shape}`)).toEqual(
      Object.entries(one.parameters).map(([path, { shape }]) => `${path} ${shape}`),
    );
    const theta = tensor(layout.join(new Map(Object.entries(one.parameters).map(([path, { data }]) => [path, data]))));
    const x = tensor(Float64Array.from(one.input.data), { shape: one.input.shape });
    const { output } = model.apply(x, layout.views(theta), { training: true });
    const loss = lossOf(one).perRecord(output, targetsOf(one)).mean();
    const [gradient] = pullBack([loss], [loss.fill(1)], [theta]);
    if (gradient === undefined) throw new Error("no gradient");
    const zeros = () => tensor(new Float64Array(layout.size));
    const next = traceStep(
      adam({ learningRate: 0.01 }),
      { theta, gradient, slots: { mean: zeros(), squares: zeros(), power1: weakNumber(1), power2: weakNumber(1) }, step: weakNumber(0) },
      1,
    );
    const [gotOutput, gotLoss, gotGradient, gotTheta] = interpret([output, loss, gradient, next.theta]);
    expectNear(gotOutput, one.output, "output");
    expectNear(gotLoss, [one.loss], "loss");
    const gradientParts = layout.split(gotGradient);
    const thetaParts = layout.split(gotTheta);
    for (const { path } of layout.entries) {
      expectNear(gradientParts.get(path) ?? [], one.gradients[path], `gradient of ${path}`);
      expectNear(thetaParts.get(path) ?? [], one.afterAdam[path], `${path} after Adam`);
    }
    // The gaps stay 0.
    const gaps = Float64Array.from(gotTheta);
    for (const { offset, size } of layout.entries) gaps.fill(0, offset, offset + size);
    expect(gaps.every((value) => value === 0)).toBe(true);
  });
});
