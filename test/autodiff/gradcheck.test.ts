import { describe, expect, it } from "vitest";
import { customGradient, grad, hvp, jvp, vjp } from "../../src/autodiff/index.js";
import { call, cond, scan, whileLoop } from "../../src/tensor/control.js";
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import { leaves } from "../../src/tensor/primitives/leaves.js";
import { type PrimitiveName, primitives } from "../../src/tensor/primitives/table.js";
import { apply, type Tensor } from "../../src/tensor/tensor.js";
import type { Shape } from "../../src/tensor/types.js";
import { topological } from "../../src/tensor/walk.js";
import { derivative, inner, like, moved, numbers, values } from "./differences.js";

/** One use of a primitive: shapes of its varying inputs, and how it is applied to them. */
interface Use {
  readonly shapes: readonly Shape[];
  readonly f: (...x: Tensor[]) => Tensor;
  /** Inputs lie between `low` and `high` (default −1.9 and 1.9), none nearer to another than 0.07·(high − low)/3.8 or so. */
  readonly range?: readonly [number, number];
  /** A loop of unknown length has no reverse mode. */
  readonly forwardOnly?: boolean;
}

const odd: Shape = [3, 5];
const unary = (f: (x: Tensor) => Tensor, range?: readonly [number, number]): Use[] => [
  { shapes: [odd], f, range },
  { shapes: [[]], f, range },
  { shapes: [[7]], f, range },
];
const binary = (f: (x: Tensor, y: Tensor) => Tensor, range?: readonly [number, number]): Use[] => [
  { shapes: [odd, odd], f, range },
  { shapes: [[5], [3, 1]], f, range },
  { shapes: [[], [7]], f, range },
];

const image: Shape = [2, 5, 4, 3];
const filter: Shape = [3, 2, 3, 2];
const conv = { strides: [2, 1], padding: [1, 0, 2, 1], image, filter } as const;
const convolved: Shape = [2, 2, 6, 2];
const window = { window: [2, 3], strides: [2, 1], image: [2, 5, 4, 1] } as const;
const rows = tensor([2, 0, 2, 1], { dtype: "i32", shape: [2, 2] });
const w = tensor([0.7, -0.4, 1.1]);

const uses: Partial<Record<PrimitiveName, readonly Use[]>> = {
  mark: unary((x) => apply(leaves.mark, { identity: Symbol("test") }, [x])[0].mul(x)),
  add: binary((x, y) => x.add(y)),
  sub: binary((x, y) => x.sub(y)),
  mul: [...binary((x, y) => x.mul(y)), { shapes: [[4]], f: (x) => x.mul(x) }],
  div: binary((x, y) => x.div(y), [0.6, 2.5]),
  pow: binary((x, y) => x.pow(y), [0.6, 2.5]),
  minimum: binary((x, y) => x.minimum(y)),
  maximum: binary((x, y) => x.maximum(y)),
  neg: unary((x) => x.neg()),
  abs: unary((x) => x.abs()),
  sqrt: unary((x) => x.sqrt(), [0.5, 3]),
  exp: unary((x) => x.exp()),
  expm1: unary((x) => x.expm1()),
  log: unary((x) => x.log(), [0.5, 3]),
  log1p: unary((x) => x.log1p(), [-0.6, 2]),
  sin: unary((x) => x.sin()),
  cos: unary((x) => x.cos()),
  tanh: unary((x) => x.tanh()),
  atan: unary((x) => x.atan()),
  select: binary((x, y) => x.gt(0.1).select(x.square(), y.sin())),
  cast: unary((x) => x.cast("f32").square().cast("f64")),
  broadcast: [
    { shapes: [[5]], f: (x) => x.broadcastTo([3, 5]) },
    { shapes: [[3, 1]], f: (x) => x.broadcastTo([2, 3, 5]) },
    { shapes: [[2]], f: (x) => x.broadcastAlong([3, 2, 5], [1]) },
  ],
  reshape: [{ shapes: [[3, 4]], f: (x) => x.reshape([2, -1]) }],
  transpose: [
    { shapes: [[2, 3, 5]], f: (x) => x.transpose([2, 0, 1]) },
    { shapes: [odd], f: (x) => x.transpose() },
  ],
  slice: [
    { shapes: [[7, 3]], f: (x) => x.slice([1, 0], [3, 2], [2, 1]) },
    { shapes: [[5]], f: (x) => x.slice([2], [0]) },
  ],
  pad: [{ shapes: [[3, 2]], f: (x) => x.pad([1, 0], [2, 3], [2, 0]) }],
  reverse: [
    { shapes: [odd], f: (x) => x.reverse(1) },
    { shapes: [odd], f: (x) => x.reverse() },
  ],
  concatenate: [
    {
      shapes: [
        [2, 3],
        [1, 3],
      ],
      f: (x, y) => concatenate([x, y, x], 0),
    },
    {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      f: (x, y) => concatenate([y, x], 1),
    },
  ],
  sum: [
    { shapes: [[2, 3, 5]], f: (x) => x.sum([0, 2]) },
    { shapes: [[7]], f: (x) => x.sum() },
  ],
  matmul: [false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB): Use[] => [
      { shapes: [transposeA ? [5, 3] : [3, 5], transposeB ? [2, 5] : [5, 2]], f: (a, b) => a.product(b, { transposeA, transposeB }) },
      {
        shapes: [transposeA ? [2, 3, 1] : [2, 1, 3], transposeB ? [2, 4, 3] : [2, 3, 4]],
        f: (a, b) => a.product(b, { transposeA, transposeB }),
      },
    ]),
  ),
  conv: [{ shapes: [image, filter], f: (x, k) => x.convolve(k, conv) }],
  convImageGradient: [{ shapes: [convolved, filter], f: (g, k) => g.convImageGradient(k, conv) }],
  convFilterGradient: [{ shapes: [image, convolved], f: (x, g) => x.convFilterGradient(g, conv) }],
  take: [
    { shapes: [[3, 2]], f: (x) => x.take(rows) },
    { shapes: [[3]], f: (x) => x.take(rows) },
  ],
  scatterAdd: [{ shapes: [[2, 2, 3]], f: (x) => x.scatterAdd(rows, 4) }],
  windowTake: [{ shapes: [window.image], f: (x) => x.windowTake(x.windowArgmax(window), window) }],
  windowScatter: [
    { shapes: [[2, 2, 2, 1]], f: (g) => g.windowScatter(tensor([0, 5, 3, 1, 2, 4, 5, 0], { dtype: "i32", shape: [2, 2, 2, 1] }), window) },
  ],
  unpack: [{ shapes: [[11]], f: (theta) => theta.unpack({ shape: [2, 3], offset: 4 }) }],
  pack: [{ shapes: [[2, 3]], f: (x) => x.pack([{ shape: [2, 3], offset: 4 }], 11) }],
  reduceMax: [
    { shapes: [[2, 3, 4]], f: (x) => x.max([0, 2]) },
    { shapes: [[5]], f: (x) => x.max() },
  ],
  reduceMin: [{ shapes: [[2, 3, 4]], f: (x) => x.min(1) }],
  customGradient: binary(
    customGradient(
      (x, y) => x.mul(y.sin()),
      (x, y, u) => [
        x.fill(0).add(u.mul(y.sin())).sum(foldedAxes(u, x)).reshape(x.shape),
        u.mul(x).mul(y.cos()).sum(foldedAxes(u, y)).reshape(y.shape),
      ],
    ),
  ),
  call: [{ shapes: [[3], [3]], f: (x, y) => call((a) => a.square().mul(w).mul(y), [x]) }],
  cond: [
    {
      shapes: [[3], [3]],
      f: (x, y) =>
        cond(
          x.sum().gt(x.sum().sub(1)),
          (a) => a.mul(y).mul(w),
          (a) => a.sin(),
          x,
        ),
    },
    {
      shapes: [[3], [3]],
      f: (x, y) =>
        cond(
          x.sum().lt(x.sum().sub(1)),
          (a) => a.mul(y),
          (a) => a.sin(),
          x,
        ),
    },
    {
      shapes: [[3], [3]],
      f: (x, y) =>
        cond(
          x.sum().lt(x.sum().add(1)),
          () => x.exp(),
          () => y,
        ),
    },
  ],
  while: [
    {
      shapes: [[3], []],
      forwardOnly: true,
      f: (x, rate) =>
        whileLoop(
          ([i]) => i.lt(4),
          ([i, y]) => [i.add(1), y.mul(rate).add(x.mul(w)).sin()] as const,
          [tensor(0, { dtype: "i32" }), x] as const,
        )[1],
    },
  ],
  scan: [
    { shapes: [[3], [4, 3]], f: (x, rows) => scan((c, row) => [c.mul(row).add(x.mul(w)).sin(), c.mul(row)], x, rows)[1] },
    { shapes: [[3], [4]], f: (x, rows) => scan((c, row) => [c.mul(row).add(w), []], x, rows, { reverse: true })[0] },
    {
      shapes: [[2], []],
      f: (x, rate) =>
        scan(
          ([c, n]) =>
            [
              [c.add(c.mul(rate).mul(n.cast("f64")).cos()), n.add(1)],
              [c.square(), c.sin()],
            ] as const,
          [x, tensor(0, { dtype: "i32" })] as const,
          [],
          { length: 3 },
        )[1][0],
    },
    // A loop in a loop, whose inner body uses values of all graphs around it.
    {
      shapes: [[3], [2]],
      f: (x, rows) => scan((c, row) => [scan((d, r) => [d.mul(row).add(c.mul(x)).mul(r).tanh(), []], c, w)[0], c], x, rows)[1],
    },
  ],
};

/** Axes over which a cotangent must be summed to get back to the shape of x. */
function foldedAxes(u: Tensor, x: Tensor): number[] {
  return u.shape.flatMap((extent, axis) => {
    const own = x.shape[axis - (u.rank - x.rank)];
    return own === undefined || (own === 1 && extent !== 1) ? [axis] : [];
  });
}

const differentiable = Object.entries(primitives)
  .filter(([, p]) => (p.kind === "pointwise" ? p.partials !== "none" : p.kind === "linear" || p.derivative !== "zero"))
  .map(([name]) => name);

/** Distinct values at random places of a grid over the range, so that no two are near a tie and none is near 0. */
function inputs({ shapes, range = [-1.9, 1.9] }: Use, seed: number): Tensor[] {
  const random = numbers(seed);
  const count = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const order = Array.from({ length: count }, (_, i) => i).sort(() => random() - 0.5);
  const step = (range[1] - range[0]) / (count + 1);
  let next = 0;
  return shapes.map((shape) =>
    tensor(
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => range[0] + step * (order[next++] + 1 + 0.2 * random())),
      { shape },
    ),
  );
}

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
