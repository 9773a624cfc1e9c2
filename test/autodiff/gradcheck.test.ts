import { describe, expect, it } from "vitest";
import { grad, hvp, jvp, vjp } from "../../src/autodiff/index.js";
import { tensor } from "../../src/tensor/create.js";
import { primitives } from "../../src/tensor/primitives/table.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import type { Shape } from "../../src/tensor/types.js";
import { topological } from "../../src/tensor/walk.js";
import { derivative, inner, like, moved, numbers, values } from "./differences.js";
import { inputs, type Use, uses } from "./uses.js";

const differentiable = Object.entries(primitives)
  .filter(([, p]) => (p.kind === "pointwise" ? p.partials !== "none" : p.kind === "linear" || p.derivative !== "zero"))
  .map(([name]) => name);

const directions = (xs: readonly Tensor[], seed: number): Tensor[] => {
  const random = numbers(seed);
  return xs.map((x) =>
    like(
      x,
      values([x]).map(() => 2 * random() - 1),
    ),
  );
};

/** An exact derivative against an estimate: its error, and 256 roundings of the exact side. */
function expectNear(exact: number, estimate: { value: number; error: number }, what: string, size = 1) {
  const tolerance = 4 * estimate.error + 256 * Number.EPSILON * Math.max(Math.abs(exact), size);
  expect(Number.isFinite(exact), what).toBe(true);
  expect(tolerance, `${what}: the differences say too little`).toBeLessThan(1e-5 * Math.max(1, Math.abs(exact), size));
  expect(Math.abs(exact - estimate.value), what).toBeLessThanOrEqual(tolerance);
}

describe("every primitive with a derivative", () => {
  it("is in the table below", () => {
    expect(Object.keys(uses).sort()).toEqual([...differentiable].sort());
  });

  it("is reached by its own entry", () => {
    for (const [name, list] of Object.entries(uses))
      for (const use of list) {
        const reached = topological([use.f(...inputs(use, 1))]).map((node) => node.primitive.name);
        expect(reached, name).toContain(name);
      }
  });

  for (const [name, list] of Object.entries(uses))
    list.forEach((use, index) => {
      const title = `${name} ${index + 1}, inputs ${use.shapes.map((s) => `[${s}]`).join(" ")}`;
      const xs = inputs(use, 100 + index);
      const v = directions(xs, 200 + index);
      const y = use.f(...xs);
      const u = directions([y], 300 + index)[0];
      const weights = values([u]);
      /** A curved scalar function through the primitive, so that linear ones have second derivatives too. */
      const energy = (...x: Tensor[]) => {
        const z = use.f(...x);
        return z.square().mul(u).sum().add(z.mul(u).sum());
      };

      it(`${title}: forward mode`, () => {
        const tangent = values([jvp(use.f)(xs, v).tangent]);
        const estimate = derivative((t) => inner(values([use.f(...moved(xs, v, t))]), weights));
        expectNear(inner(tangent, weights), estimate, title);
      });

      if (use.forwardOnly) {
        it(`${title}: reverse mode says why not`, () => {
          expect(() => vjp(use.f)(xs).pullback(u)).toThrow(/scan with a fixed length/);
        });
        return;
      }

      it(`${title}: reverse mode, coordinate by coordinate`, () => {
        const cotangents = vjp(use.f)(xs).pullback(u);
        xs.forEach((x, i) => {
          expect(cotangents[i].shape).toEqual(x.shape);
          const exact = values([cotangents[i]]);
          const count = Math.min(exact.length, 12);
          for (let k = 0; k < count; k++) {
            const j = Math.floor((k * exact.length) / count);
            const unit = xs.map((other, o) =>
              like(
                other,
                values([other]).map((_, at) => (o === i && at === j ? 1 : 0)),
              ),
            );
            expectNear(
              exact[j],
              derivative((t) => inner(values([use.f(...moved(xs, unit, t))]), weights)),
              `${title}, ∂/∂x${i}[${j}]`,
            );
          }
        });
      });

      it(`${title}: forward and reverse mode are transposes`, () => {
        const tangent = inner(values([jvp(use.f)(xs, v).tangent]), weights);
        const cotangents = inner(values(vjp(use.f)(xs).pullback(u)), values(v));
        expect(Math.abs(tangent - cotangents)).toBeLessThanOrEqual(256 * Number.EPSILON * Math.max(1, Math.abs(tangent)));
      });

      it(`${title}: second order`, () => {
        const other = directions(xs, 400 + index);
        const product = values(hvp(energy)(xs, v));
        const gradientAt = (point: readonly Tensor[]) => values([grad(energy)(...point)].flat());
        const exact = inner(product, values(other));
        const size = Math.abs(inner(gradientAt(xs), values(other)));
        expectNear(
          exact,
          derivative((t) => inner(gradientAt(moved(xs, v, t)), values(other)), 256),
          title,
          size,
        );
        const slope = (...x: Tensor[]) => [grad(energy)(...x)].flat().reduce((sum, g, i) => sum.add(g.mul(v[i]).sum()), tensor(0));
        const twice = values([grad(slope)(...xs)].flat());
        twice.forEach((entry, i) => {
          expect(Math.abs(entry - product[i]), "reverse over reverse").toBeLessThanOrEqual(
            1024 * Number.EPSILON * Math.max(1, Math.abs(entry), size),
          );
        });
        const mirrored = inner(values(hvp(energy)(xs, other)), values(v));
        expect(Math.abs(exact - mirrored)).toBeLessThanOrEqual(1024 * Number.EPSILON * Math.max(1, Math.abs(exact), size));
      });
    });
});

describe("a small convolutional network", () => {
  const size: Shape = [2, 6, 5, 1];
  const first = { strides: [1, 1], padding: [1, 1, 1, 1], image: size, filter: [3, 3, 1, 2] } as const;
  const pool = { window: [2, 2], strides: [2, 2], image: [2, 6, 5, 2] } as const;
  const loss = (x: Tensor, k: Tensor, dense: Tensor) => {
    const hidden = x.convolve(k, first).relu();
    const pooled = hidden.windowTake(hidden.windowArgmax(pool), pool).reshape([2, -1]);
    return pooled
      .matmul(dense)
      .logSoftmax()
      .mul(
        tensor([
          [1, 0, 0],
          [0, 0, 1],
        ]),
      )
      .sum()
      .neg();
  };
  const use: Use = { shapes: [size, [3, 3, 1, 2], [12, 3]], f: loss };

  it("has Hessian-vector products through convolution, relu, max pooling and softmax", () => {
    const xs = inputs(use, 5);
    const v = directions(xs, 6);
    const other = directions(xs, 7);
    const gradientAt = ([x, k, dense]: readonly Tensor[]) => values(grad(loss)(x, k, dense));
    const exact = inner(values(hvp(loss)(xs, v)), values(other));
    // Relu and max change sides not far from any point: small steps only, along a short direction.
    const scale = 2 ** -9;
    const estimate = derivative((t) => inner(gradientAt(moved(xs, v, t * scale)), values(other)), 256);
    expect(Math.abs(exact)).toBeGreaterThan(1e-3);
    expect(Math.abs(exact - estimate.value / scale)).toBeLessThanOrEqual(4 * (estimate.error / scale) + 1e-12);
    expect(estimate.error / scale).toBeLessThan(1e-5 * Math.abs(exact));
  });
});
