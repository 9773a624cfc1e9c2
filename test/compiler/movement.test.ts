import { describe, expect, it } from "vitest";
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import { iota, type Tensor } from "../../src/tensor/tensor.js";
import { allocate, type DType, type Shape, sizeOf } from "../../src/tensor/types.js";
import { difference, phasesOf } from "./machine.js";

const SHAPES: readonly Shape[] = [
  [],
  [1],
  [7],
  [17],
  [33],
  [100],
  [1025],
  [5000],
  [1, 1],
  [3, 7],
  [17, 33],
  [7, 1],
  [1, 100],
  [2, 3, 4],
  [5, 1, 17],
  [3, 33, 7],
  [1, 5000],
  [40, 130],
  [2, 3, 4, 5],
  [2, 1, 17, 3],
];

function sample(shape: Shape, dtype: DType = "f64", seed = 1): Tensor {
  const data = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < data.length; i++)
    data[i] =
      dtype === "bool"
        ? (i * 7 + seed) % 3 === 0
          ? 1
          : 0
        : ((i * 7919 + seed * 104729) % 2003) / (dtype === "f32" || dtype === "f64" ? 64 : 1) - (dtype === "u32" ? 0 : 11);
  return tensor(data, { shape, dtype });
}

const subsets = (rank: number): number[][] =>
  Array.from({ length: 2 ** rank }, (_, bits) => Array.from({ length: rank }, (_unused, a) => a).filter((a) => (bits >> a) & 1));

describe("movement", () => {
  for (const shape of SHAPES)
    it(`of [${shape}]`, () => {
      const x = sample(shape).mul(tensor(2));
      const results = [
        x.reshape([sizeOf(shape)]),
        x.transpose(),
        x.transpose().reshape([-1]),
        x.reverse(),
        x.reverse().transpose(),
        x.pad(
          shape.map((_, a) => a + 1),
          shape.map((_, a) => 2 - (a % 2)),
        ),
        x.pad(
          shape.map(() => 0),
          shape.map(() => 1),
          shape.map((_, a) => 1 + (a % 2)),
        ),
        x.slice(
          shape.map((n) => n >> 2),
          shape.map((n) => Math.max(1, n >> 1)),
        ),
        x.slice(
          shape.map(() => 0),
          shape.map((n) => Math.ceil(n / 3)),
          shape.map(() => 3),
        ),
        x.broadcastAlong(
          [2, ...shape, 3],
          shape.map((_, a) => a + 1),
        ),
        ...(shape.length > 0
          ? [
              concatenate([x, x.mul(tensor(3)), x.reverse(0)], 0),
              concatenate([x, x.neg()], -1),
              x.add(iota(shape, shape.length - 1, "f64")),
            ]
          : []),
      ];
      for (const y of results) expect(difference([y]), `${y.node.primitive.name} ${y}`).toBe(0);
      expect(difference(results), "together").toBe(0);
    });
});

describe("reductions", () => {
  for (const shape of SHAPES)
    it(`of [${shape}]`, () => {
      for (const dtype of ["f64", "f32", "i32", "u32"] as const) {
        const x = sample(shape, dtype);
        for (const axes of subsets(shape.length)) {
          if (axes.length === 0) continue;
          const results = [x.sum(axes), x.max(axes), x.min(axes), ...(axes.length === 1 ? [x.argmax(axes[0])] : [])];
          // Sums of n terms: at most n roundings of partial sums, none larger than Σ|x| ≤ n·scale of the terms.
          for (const y of results)
            expect(difference([y]), `${dtype} ${y.node.primitive.name} ${axes}`).toBeLessThanOrEqual(
              y.node.primitive.name === "sum" ? 4 * sizeOf(shape) : 0,
            );
        }
        if (shape.length > 0) expect(difference([x.sum(), x.max(0), x.argmax(), x.min()])).toBeLessThanOrEqual(4 * sizeOf(shape));
      }
    });

  it("of truth values and bytes", () => {
    for (const shape of [[5], [40, 3], [3, 40], [9000]])
      for (const dtype of ["bool", "u8"] as const)
        expect(difference([sample(shape, dtype).max(), sample(shape, dtype).min(), sample(shape, dtype).max(0)])).toBe(0);
  });

  it("not a number is the largest and the smallest, and never the argmax", () => {
    for (const n of [3, 50, 6000]) {
      const data = Float64Array.from({ length: n }, (_, i) => (i === 2 ? Number.NaN : -i));
      const x = tensor(data);
      expect(difference([x.max(), x.min(), x.argmax(), x.sum()])).toBe(0);
      expect(difference([tensor(data, { shape: [1, n] }).max(0), tensor(data, { shape: [n, 1] }).max(0)])).toBe(0);
    }
    expect(difference([tensor([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]).broadcastTo([20, 2]).argmax(1)])).toBe(0);
  });
});

describe("places", () => {
  it("rows are taken, from tables of any kind", () => {
    for (const [table, count] of [
      [[5], 40],
      [[50, 3], 7],
      [[3, 4, 5], 30],
      [[9, 100], 13],
    ] as const) {
      const x = sample(table, "f32");
      const places = tensor(Int32Array.from({ length: count }, (_, i) => (i * 5 + 3) % table[0]));
      expect(
        difference([
          x.take(places),
          x.mul(x).take(places).sum(0),
          x.take(places).add(x.take(places).exp()),
          x.take(places.reshape([1, count])).transpose(),
        ]),
      ).toBeLessThanOrEqual(200);
      const theta = sample([sizeOf(table) + 32], "f64");
      const view = theta.unpack({ shape: table, offset: 16 });
      expect(difference([view.take(places)])).toBe(0);
      expect(phasesOf([view.take(places)])).toEqual(["map0"]);
    }
  });

  it("rows that do not exist are held at the last ones, and padding may lie far away", () => {
    const x = sample([4, 20]);
    expect(difference([x.pad([100000, 0], [3, 0]).sum(1)])).toBeLessThanOrEqual(100);
    expect(difference([sample([3]).pad([70000], [5]), sample([3]).pad([0], [70000])])).toBe(0);
    const places = tensor(Int32Array.of(0, 3, 1, 2));
    expect(difference([x.take(places).pad([300000, 1], [0, 2]).max(1)])).toBe(0);
  });

  it("rows are added up where they go", () => {
    for (const [rows, shape] of [
      [5, [40]],
      [4, [30, 3]],
      [6, [10, 2, 7]],
      [3, [12, 100]],
      [20, [7, 33]],
    ] as const)
      for (const dtype of ["f64", "f32", "i32"] as const) {
        const places = tensor(Int32Array.from({ length: shape[0] }, (_, i) => (i * i + 1) % rows));
        expect(difference([sample(shape, dtype).scatterAdd(places, rows)])).toBeLessThanOrEqual(100);
      }
  });

  it("windows", () => {
    for (const [image, window, strides] of [
      [
        [2, 6, 8, 3],
        [2, 2],
        [2, 2],
      ],
      [
        [1, 7, 7, 5],
        [3, 3],
        [2, 2],
      ],
      [
        [3, 5, 9, 1],
        [2, 3],
        [1, 2],
      ],
      [
        [1, 9, 6, 17],
        [3, 2],
        [3, 1],
      ],
    ] as const)
      for (const dtype of ["f64", "f32"] as const) {
        const x = sample(image, dtype);
        const attributes = { window, strides, image };
        const places = x.windowArgmax(attributes);
        const value = x.windowTake(places, attributes);
        expect(difference([places, value])).toBe(0);
        expect(phasesOf([places, value]).length).toBe(1);
        expect(phasesOf([value.mul(2)]).length).toBe(1);
        expect(difference([value.mul(3).windowScatter(places, attributes)])).toBeLessThanOrEqual(20);
        expect(difference([x.mul(2).windowTake(places, attributes).exp()])).toBeLessThanOrEqual(20);
      }
  });
});

describe("products", () => {
  it("of matrices, transposed, in batches, of views and of what is computed", () => {
    for (const [m, k, n] of [
      [1, 1, 1],
      [3, 7, 5],
      [17, 33, 9],
      [1, 100, 7],
      [50, 1, 50],
      [33, 300, 17],
    ] as const)
      for (const dtype of ["f64", "f32"] as const) {
        const [a, b] = [sample([m, k], dtype), sample([k, n], dtype, 2)];
        const at = sample([k, m], dtype);
        const results = [
          a.matmul(b),
          at.transpose().matmul(b),
          at.product(b, { transposeA: true, transposeB: false }),
          a.mul(a).matmul(b.transpose().exp().transpose().log()).relu(),
        ];
        for (const y of results.slice(0, 3)) expect(difference([y])).toBeLessThanOrEqual(8 * k);
        expect(
          difference([
            a
              .matmul(b)
              .add(sample([n], dtype))
              .relu(),
            a.matmul(b).sum(0),
          ]),
        ).toBeLessThanOrEqual(16 * k * m);
        const batch = sample([3, m, k], dtype).matmul(sample([3, k, n], dtype, 3));
        expect(difference([batch, batch.mul(batch)])).toBeLessThanOrEqual(16 * k);
      }
  });
});

describe("products in a batch of two axes", () => {
  it.each([
    [0, 1, 2, 3],
    [1, 0, 2, 3],
    [3, 0, 1, 2],
    [2, 3, 0, 1],
  ])("operands whose axes lie in memory in the order %i %i %i %i", (...order) => {
    const shape = [3, 2, 5, 4];
    const inMemory = order.map((axis) => shape[axis]);
    const a = sample(inMemory).transpose(order.map((_, axis) => order.indexOf(axis)));
    const shared = sample([2, 4, 7], "f64", 2).broadcastAlong([3, 2, 4, 7], [1, 2, 3]);
    expect(a.shape).toEqual(shape);
    // Sums of four products below 2¹¹.
    expect(difference([a.matmul(shared), a.sub(1).matmul(sample([3, 2, 4, 7]))])).toBeLessThanOrEqual(8);
  });
});
