/** Uses of every primitive that has a derivative, with inputs at which it is smooth. */
import { customGradient } from "../../src/autodiff/index.js";
import { call, cond, scan, whileLoop } from "../../src/tensor/control.js";
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import { leaves } from "../../src/tensor/primitives/leaves.js";
import type { PrimitiveName } from "../../src/tensor/primitives/table.js";
import { apply, type Tensor } from "../../src/tensor/tensor.js";
import type { Shape } from "../../src/tensor/types.js";
import { numbers } from "./differences.js";

/** One use of a primitive: shapes of its varying inputs, and how it is applied to them. */
export interface Use {
  readonly shapes: readonly Shape[];
  readonly f: (...x: Tensor[]) => Tensor;
  /** Inputs lie between `low` and `high` (default −1.9 and 1.9), none nearer to another than 0.07·(high − low)/3.8 or so. */
  readonly range?: readonly [number, number];
  /** A loop of unknown length has no reverse mode. */
  readonly forwardOnly?: boolean;
}

const odd: Shape = [3, 5];
export const unary = (f: (x: Tensor) => Tensor, range?: readonly [number, number]): Use[] => [
  { shapes: [odd], f, range },
  { shapes: [[]], f, range },
  { shapes: [[7]], f, range },
];
export const binary = (f: (x: Tensor, y: Tensor) => Tensor, range?: readonly [number, number]): Use[] => [
  { shapes: [odd, odd], f, range },
  { shapes: [[5], [3, 1]], f, range },
  { shapes: [[], [7]], f, range },
];

const image: Shape = [2, 5, 4, 3];
const filter: Shape = [3, 2, 3, 2];
const conv = { strides: [2, 1], padding: [1, 0, 2, 1], image, filter } as const;
const convolved: Shape = [2, 2, 6, 2];
export const window = { window: [2, 3], strides: [2, 1], image: [2, 5, 4, 1] } as const;
const rows = tensor([2, 0, 2, 1], { dtype: "i32", shape: [2, 2] });
const w = tensor([0.7, -0.4, 1.1]);

export const uses: Partial<Record<PrimitiveName, readonly Use[]>> = {
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
  erf: unary((x) => x.erf()),
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

/** Distinct values at random places of a grid over the range, so that no two are near a tie and none is near 0. */
export function inputs({ shapes, range = [-1.9, 1.9] }: Use, seed: number): Tensor[] {
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
