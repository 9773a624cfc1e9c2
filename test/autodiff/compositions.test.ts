import fc from "fast-check";
import { expect, it } from "vitest";
import { grad, hvp, jvp } from "../../src/autodiff/index.js";
import { cond, scan } from "../../src/tensor/control.js";
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { topological } from "../../src/tensor/walk.js";
import { full } from "../full.js";
import { derivative, inner, like, moved, values } from "./differences.js";

const m = tensor([
  [0.6, -0.3],
  [0.2, 0.9],
]);

/** Operations on matrices of shape [3, 2], built so that values stay of order 1. */
const steps: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
  (x, y) => x.add(y).mul(0.6),
  (x, y) => x.sub(y),
  (x, y) => x.mul(y),
  (x, y) => x.div(y.square().add(1)),
  (x, y) => y.square().add(0.5).pow(x.tanh()),
  (x) => x.sin(),
  (x) => x.tanh().exp(),
  (x) => x.square().add(0.3).log(),
  (x) => x.square().add(0.1).sqrt(),
  (x) => x.softplus(),
  (x) => x.sigmoid(),
  (x) => x.matmul(m),
  (x, y) => x.matmul(y.transpose()).matmul(y).atan(),
  (x) => x.sub(x.mean(0)),
  (x) => x.logSoftmax(),
  (x, y) => x.mul(y.sum(1).reshape([3, 1])).tanh(),
  (x, y) => concatenate([x.slice([1, 0], [2, 2]), y.slice([0, 0], [1, 2])]),
  (x) => x.reverse(0).pad([0, 1], [0, 0]).slice([0, 0], [3, 2]).add(x),
  (x) => x.take(tensor([2, 0, 2], { dtype: "i32" })),
  (x, y) => x.maximum(y),
  (x) => x.abs(),
  (x) => x.sub(x.max(1).reshape([3, 1])),
  (x, y) =>
    cond(
      x.sum().gt(y.sum()),
      (a) => a.mul(y),
      (a) => a.add(y),
      x,
    ),
  (x, y) => scan((c, row) => [c.mul(row).add(y.sum(0)).tanh(), c.add(row)], x.mean(0), x)[1],
  (x, y) => x.reshape([2, 3]).matmul(y).reshape([4]).slice([0], [3]).reshape([3, 1]).sub(x),
];

const program = fc.array(fc.record({ step: fc.nat(steps.length - 1), x: fc.nat(), y: fc.nat() }), { minLength: 5, maxLength: 20 });
const matrix = fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 6, maxLength: 6 });

/** Each step takes two of the values made so far, the last ones more often. */
function run(list: readonly { step: number; x: number; y: number }[], x: Tensor, y: Tensor): Tensor {
  const made = [x, y];
  for (const entry of list) {
    const pick = (n: number) => made[made.length - 1 - (n % Math.min(made.length, 4))];
    made.push(steps[entry.step](pick(entry.x), pick(entry.y)));
  }
  return made
    .slice(-3)
    .reduce((sum, z) => sum.add(z))
    .tanh()
    .sum();
}

it("derivatives of random graphs agree with differences, in both modes and in second order", () => {
  let checked = 0;
  let left = 0;
  /** Where the differences themselves find no answer (a kink lies within their reach), they cannot judge. */
  const judge = (exact: number, estimate: { value: number; error: number }, size: number) => {
    const scale = Math.max(1, Math.abs(exact), size);
    if (!(estimate.error < 1e-6 * scale)) {
      left++;
      return;
    }
    checked++;
    expect(Math.abs(exact - estimate.value)).toBeLessThanOrEqual(8 * estimate.error + 4096 * Number.EPSILON * scale);
  };
  fc.assert(
    fc.property(program, matrix, matrix, matrix, (list, a, b, v) => {
      const f = (x: Tensor, y: Tensor) => run(list, x, y);
      // Prime offsets keep the start away from ties.
      const xs = [a, b].map((data, i) =>
        tensor(
          data.map((n, j) => n / 40 + (j + 1) / 97 + i / 53),
          { shape: [3, 2] },
        ),
      );
      const direction = xs.map((x, i) =>
        like(
          x,
          v.map((n, j) => (n + 3 * j + 7 * i) / 100),
        ),
      );
      const gradientAt = ([x, y]: readonly Tensor[]) => values(grad(f)(x, y));
      const valueAt = ([x, y]: readonly Tensor[]) => values([f(x, y)])[0];
      const gradient = gradientAt(xs);
      const slope = inner(gradient, values(direction));
      const size = gradient.reduce((sum, g, i) => sum + Math.abs(g * values(direction)[i]), 0);
      judge(
        slope,
        derivative((t) => valueAt(moved(xs, direction, t)), 512),
        size,
      );
      const tangent = values([jvp((...x: Tensor[]) => run(list, x[0], x[1]))(xs, direction).tangent])[0];
      expect(Math.abs(tangent - slope)).toBeLessThanOrEqual(4096 * Number.EPSILON * Math.max(1, size));
      const product = values(hvp((...x: Tensor[]) => run(list, x[0], x[1]))(xs, direction));
      const steepness = product.reduce((sum, g, i) => sum + Math.abs(g * values(direction)[i]), 0);
      judge(
        inner(product, values(direction)),
        derivative((t) => inner(gradientAt(moved(xs, direction, t)), values(direction)), 4096),
        Math.max(size, steepness),
      );
      expect(topological([f(xs[0], xs[1])]).length).toBeGreaterThan(5);
    }),
    { numRuns: full(40, 12), seed: 7 },
  );
  expect(checked).toBeGreaterThan(4 * left);
}, 120_000);
