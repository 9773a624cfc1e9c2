import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { customGradient, grad, hessian, hvp, jacobian, jvp, valueAndGrad, vjp, vmap } from "../../src/autodiff/index.js";
import { interpret } from "../../src/backends/interpreter/index.js";
import { evaluate } from "../../src/backends/wasm/evaluate.js";
import { call, cond, scan, whileLoop } from "../../src/tensor/control.js";
import { tensor } from "../../src/tensor/create.js";
import { stack } from "../../src/tensor/join.js";
import { linear, structural } from "../../src/tensor/primitive.js";
import { leaves } from "../../src/tensor/primitives/leaves.js";
import { type PrimitiveName, primitives } from "../../src/tensor/primitives/table.js";
import { literalSeed, threefry, tracedStreamKey, uniformFromBits } from "../../src/tensor/random-bits.js";
import { setEvaluator } from "../../src/tensor/read.js";
import { apply, iota, type Tensor } from "../../src/tensor/tensor.js";
import type { Shape } from "../../src/tensor/types.js";
import { topological } from "../../src/tensor/walk.js";
import { compute, deviation } from "../compiler/machine.js";
import { numbers } from "./differences.js";
import { binary, inputs, type Use, unary, uses, window } from "./uses.js";

setEvaluator(evaluate);

const whole = (x: Tensor) => x.mul(10).floor().cast("i32");
const whole2 = (f: (x: Tensor, y: Tensor) => Tensor) => binary((x, y) => f(whole(x), whole(y)));

/** Uses of the primitives without a derivative; places are made of inputs, so that they differ along a mapped axis. */
const others: Partial<Record<PrimitiveName, readonly Use[]>> = {
  stopGradient: unary((x) => x.stopGradient().mul(x)),
  sign: unary((x) => x.sign()),
  floor: unary((x) => x.mul(3).floor()),
  eq: whole2((x, y) => x.rem(3).eq(y.rem(3))),
  ne: whole2((x, y) => x.rem(3).ne(y.rem(3))),
  lt: binary((x, y) => x.lt(y)),
  le: binary((x, y) => x.le(y)),
  gt: binary((x, y) => x.gt(y)),
  ge: binary((x, y) => x.ge(y)),
  and: whole2((x, y) => x.and(y)),
  or: whole2((x, y) => x.or(y)),
  xor: whole2((x, y) => x.xor(y)),
  shiftLeft: whole2((x, y) => x.shiftLeft(y.and(7))),
  shiftRight: whole2((x, y) => x.cast("u32").shiftRight(y.and(7).cast("u32"))),
  rem: whole2((x, y) => x.rem(y.mul(y).add(1))),
  not: unary((x) => x.gt(0).not()),
  argmax: [
    { shapes: [[2, 3, 4]], f: (x) => x.argmax(1) },
    { shapes: [[5]], f: (x) => x.argmax() },
  ],
  windowArgmax: [{ shapes: [window.image], f: (x) => x.windowArgmax(window) }],
  // Places that differ from element to element of the axis.
  take: [
    {
      shapes: [
        [5, 2],
        [2, 3],
      ],
      f: (x, at) => x.take(whole(at.abs()).rem(5)),
    },
  ],
  scatterAdd: [
    {
      shapes: [
        [2, 3, 2],
        [2, 3],
      ],
      f: (x, at) => x.scatterAdd(whole(at.abs()).rem(4).cast("u32"), 4),
    },
  ],
  cond: [
    {
      shapes: [[3], []],
      f: (x, y) =>
        cond(
          y.gt(0),
          (a) => a.mul(y).exp(),
          (a) => a.sub(2).add(x.sum()),
          x,
        ),
    },
  ],
  while: [
    {
      shapes: [[3], []],
      forwardOnly: true,
      f: (x, bound) =>
        whileLoop(
          ([i, y]) => y.sum().lt(bound.add(6)).and(i.lt(40)),
          ([i, y]) => [i.add(1), y.mul(1.25).add(0.5)] as const,
          [tensor(0, { dtype: "i32" }), x] as const,
        )[1],
    },
  ],
};

/** Leaves have no operands, and so no rule. */
const mappable = Object.entries(primitives)
  .filter(([, p]) => p.kind !== "structural" || p.batching !== "leaf")
  .map(([name]) => name);

const subsets = (n: number): boolean[][] =>
  Array.from({ length: 2 ** n - 1 }, (_, bits) => Array.from({ length: n }, (_unused, i) => (((bits + 1) >> i) & 1) === 1));

/** Stacks along a new axis at a place of its own. */
const stackAt = (xs: readonly Tensor[], axis: number) => stack(xs, axis);

interface Case {
  readonly mapped: Tensor;
  readonly singles: readonly Tensor[];
}

/** f over an axis, and f of each element by itself. */
function bothWays(use: Use, isMapped: readonly boolean[], count: number, seed: number): Case {
  const random = numbers(seed);
  const samples = Array.from({ length: count }, (_, i) => inputs(use, seed + i));
  const place = (rank: number) => Math.floor(random() * (rank + 1));
  const inAxes = use.shapes.map((shape, i) => (isMapped[i] ? place(shape.length) : null));
  const args = use.shapes.map((_, i) => {
    const axis = inAxes[i];
    return axis === null
      ? samples[0][i]
      : stackAt(
          samples.map((x) => x[i]),
          axis,
        );
  });
  const singles = samples.map((x) => use.f(...x.map((value, i) => (isMapped[i] ? value : samples[0][i]))));
  const outAxis = place(singles[0].rank);
  const result = vmap(use.f, { inAxes, outAxes: outAxis })(...args);
  const order = Array.from({ length: result.rank }, (_, i) => i).filter((i) => i !== outAxis);
  return { mapped: result.transpose([outAxis, ...order]), singles };
}

/** Exactly equal in the interpreter; compiled within `tolerance` roundings of the largest element. */
function expectEqual({ mapped, singles }: Case, what: string, tolerance: number) {
  expect(mapped.shape, what).toEqual([singles.length, ...singles[0].shape]);
  expect(mapped.dtype, what).toBe(singles[0].dtype);
  const expected = interpret(singles).flatMap((data) => [...data]);
  expect(deviation(interpret([mapped])[0], expected, mapped.dtype), `${what}, interpreted`).toBe(0);
  expect(deviation(compute([mapped])[0], expected, mapped.dtype), `${what}, compiled`).toBeLessThanOrEqual(tolerance);
}

describe("every primitive with operands", () => {
  const all = mappable.map((name): [string, readonly Use[]] => {
    const key = Object.keys(primitives).find((p): p is PrimitiveName => p === name);
    return [name, key === undefined ? [] : [...(uses[key] ?? []), ...(others[key] ?? [])]];
  });

  it.each(all)("%s: over an axis is the same as element by element", (name, list) => {
    expect(list.length).toBeGreaterThan(0);
    list.forEach((use, index) => {
      expect(topological([use.f(...inputs(use, 1))]).map((node) => node.primitive.name)).toContain(name);
      for (const isMapped of subsets(use.shapes.length))
        for (const count of [1, 3]) {
          const what = `${name} ${index + 1}, mapped ${isMapped.map(Number).join("")}, ${count} elements`;
          // Sums of at most 60 products; functions within 2 roundings, through loops of a few turns. The program rounds f32, the reference does not.
          expectEqual(bothWays(use, isMapped, count, 17 * index + 3), what, name === "cast" ? 2 ** 31 : 256);
        }
    });
  });

  it.each(all.filter(([name]) => uses[name as PrimitiveName] !== undefined))("%s: derivatives through it", (name, list) => {
    list.forEach((use, index) => {
      const y = use.f(...inputs(use, 5));
      if (y.dtype !== "f64") return;
      for (const isMapped of subsets(use.shapes.length)) {
        const what = `${name} ${index + 1}, mapped ${isMapped.map(Number).join("")}`;
        const count = 3;
        const samples = Array.from({ length: count }, (_, i) => inputs(use, 40 + i + index));
        const energy = (...x: Tensor[]) =>
          use
            .f(...x)
            .square()
            .sum();
        const at = (i: number) => samples[i].map((value, j) => (isMapped[j] ? value : samples[0][j]));
        const args = use.shapes.map((_, j) => (isMapped[j] ? stack(samples.map((x) => x[j])) : samples[0][j]));
        const inAxes = isMapped.map((is) => (is ? 0 : null));
        const near = (actual: readonly Tensor[], expected: readonly Tensor[]) =>
          actual.forEach((x, i) => {
            const [a, e] = interpret([x, expected[i]]);
            expect(x.shape, what).toEqual(expected[i].shape);
            // The same sums in another order.
            expect(deviation(a, e, "f64"), what).toBeLessThanOrEqual(512);
          });
        const tangents = (v: readonly Tensor[]) =>
          jvp(energy)(
            v,
            v.map((x) => x.sin()),
          ).tangent;
        near(
          [vmap((...x: Tensor[]) => tangents(x), { inAxes })(...args)],
          [stack(Array.from({ length: count }, (_, i) => tangents(at(i))))],
        );
        if (use.forwardOnly) continue;
        // Gradients of each element, and the gradient of the sum over elements.
        const each = Array.from({ length: count }, (_, i) => vjp(energy)(at(i)).pullback(tensor(1)));
        const gradients = (...x: Tensor[]) => vjp(energy)(x).pullback(tensor(1));
        near(
          vmap(gradients, { inAxes })(...args),
          use.shapes.map((_, j) => stack(each.map((g) => g[j]))),
        );
        const total = (...x: Tensor[]) => vmap(energy, { inAxes })(...x).sum();
        near(
          vjp(total)(args).pullback(tensor(1)),
          use.shapes.map((_, j) => {
            const stacked = stack(each.map((g) => g[j]));
            return isMapped[j] ? stacked : stacked.sum(0);
          }),
        );
      }
    });
  });
});

describe("the table", () => {
  it("takes no entry without a batching rule", () => {
    const parts = { name: "half", types: () => [], evaluate: () => [], derivative: "zero" } as const;
    // @ts-expect-error: batching is missing
    structural(parts);
    const type = () => ({ shape: [], dtype: "f64" }) as const;
    // @ts-expect-error: batch is missing
    linear({ name: "half", type, evaluate: () => new Float64Array(1), linearIn: () => true, transpose: (_a, _o, g) => g });
  });
});

describe("shapes and axes", () => {
  const extent = fc.integer({ min: 1, max: 4 });
  it("any rank, any place of the axis, any extent", () => {
    fc.assert(
      fc.property(fc.array(extent, { maxLength: 3 }), fc.integer({ min: 0, max: 5 }), fc.nat(), fc.nat(), (shape: Shape, count, p, q) => {
        const axis = p % (shape.length + 1);
        const full = [...shape.slice(0, axis), count, ...shape.slice(axis)];
        const x = iota(full, full.length - 1, "i32")
          .cast("f64")
          .add(iota(full, 0, "i32").cast("f64").mul(10));
        const out = q % (shape.length + 1);
        const y = vmap((e) => e.mul(2).add(1), { inAxes: axis, outAxes: out })(x);
        const order = Array.from({ length: full.length }, (_, i) => i).filter((i) => i !== axis);
        order.splice(out, 0, axis);
        const expected = x.mul(2).add(1).transpose(order);
        expect(y.shape).toEqual(expected.shape);
        expect(compute([y])[0]).toEqual(compute([expected])[0]);
      }),
    );
  });
  it("products of matrices of any extents, whichever factor is mapped, transposed or not", () => {
    fc.assert(
      fc.property(
        extent,
        extent,
        extent,
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        (m, k, n, transposeA, transposeB, which) => {
          const use: Use = {
            shapes: [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]],
            f: (a, b) => a.product(b, { transposeA, transposeB }),
          };
          expectEqual(bothWays(use, [(which & 1) === 1, (which & 2) === 2], 3, 7), "product", 16);
        },
      ),
    );
  });
  it("products of many rows, whose columns are laid side by side", () => {
    for (const transposeA of [false, true])
      for (const [m, k, n] of [
        [16, 3, 5],
        [37, 11, 2],
        [33, 1, 1],
      ])
        for (const mapped of [
          [false, true],
          [true, true],
        ]) {
          const use: Use = {
            shapes: [transposeA ? [k, m] : [m, k], [k, n]],
            f: (a, b) => a.product(b, { transposeA, transposeB: false }),
          };
          expectEqual(bothWays(use, mapped, 4, 7), "product", 16);
        }
  });
  it("no elements at all", () => {
    expect(vmap((x) => x.mul(2).sum())(tensor([], { shape: [0, 3] })).shape).toEqual([0]);
  });
  it("trees of arguments and of results", () => {
    const f = vmap(({ w, b }: { w: Tensor; b: readonly Tensor[] }, factor: number) => ({ y: w.mul(b[0]).mul(factor), list: [w, b[0]] }));
    const { y, list } = f({ w: tensor([1, 2]), b: [tensor([3, 4])] }, 10);
    expect(y.toArray()).toEqual([30, 80]);
    expect(list.map((x) => x.toArray())).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
  it("a result that is the same for all is repeated; outAxes of a list", () => {
    const c = tensor([5, 6]);
    const [a, b] = vmap((x) => [x, c], { outAxes: [0, 1] })(tensor([1, 2, 3]));
    expect(a.toArray()).toEqual([1, 2, 3]);
    expect(b.toArray()).toEqual([
      [5, 5, 5],
      [6, 6, 6],
    ]);
  });
  it("says what does not fit", () => {
    const f = vmap((x: Tensor, y: Tensor) => x.add(y));
    expect(() => f(tensor([1]), tensor(2))).toThrow(/inAxes/);
    expect(() => f(tensor([1]), tensor([2, 3]))).toThrow(/one length[\s\S]*1, 2/);
    expect(() => vmap((x: Tensor) => x, { inAxes: [0, 0] })(tensor([1]))).toThrow(/1 entries/);
    expect(() => vmap((x: Tensor) => x, { inAxes: null })(tensor([1]))).toThrow(/nothing to map over/);
    expect(() => vmap((x: Tensor) => x, { outAxes: 1 })(tensor([1]))).toThrow(/outAxes/);
    expect(() => vmap((x: Tensor) => x, { outAxes: [0] })(tensor([1]))).toThrow(/no list/);
    expect(() => vmap((x: Tensor) => tensor(x.item()))(tensor([1]))).toThrow(/mapped function/);
  });
});

const near = (actual: Tensor, expected: Tensor, roundings = 64) => {
  expect(actual.shape).toEqual(expected.shape);
  expect(deviation(compute([actual])[0], interpret([expected])[0], "f64")).toBeLessThanOrEqual(roundings);
};

describe("compositions", () => {
  const x = tensor([
    [0.3, -1.2],
    [0.8, 0.5],
    [-0.4, 1.1],
  ]);
  const f = (v: Tensor) => v.square().sum().mul(v.sum().sin());
  const rows = [0, 1, 2].map((i) => x.slice([i, 0], [1, 2]).reshape([2]));

  it("values, gradients and Hessians of each element", () => {
    const each = (g: (v: Tensor) => Tensor) => stack(rows.map((v) => g(v)));
    near(vmap(grad(f))(x), each(grad(f)));
    near(vmap(hessian(f))(x), each(hessian(f)));
    near(vmap(jacobian(grad(f)))(x), each(hessian(f)));
    near(
      vmap((v: Tensor) => hvp(f)(v, v))(x),
      each((v) => hvp(f)(v, v)),
    );
    const { value, gradient } = vmap(valueAndGrad(f))(x);
    near(value, each(f));
    near(gradient, each(grad(f)));
  });
  it("twice: all pairs", () => {
    const pairs = vmap((a: Tensor) => vmap((b: Tensor) => a.mul(b).sum().exp())(x))(x);
    near(pairs, stack(rows.map((a) => stack(rows.map((b) => a.mul(b).sum().exp())))));
  });
  it("twice, through products, convolutions, loops and rules of one's own", () => {
    const w = tensor([0.5, -0.3, 0.2, 0.9, -0.7, 0.1], { shape: [2, 3] });
    const own = customGradient(
      (a, b) => a.mul(b),
      (a, b, u) => [u.mul(b).mul(2), u.mul(a)],
    );
    const g = (a: Tensor, b: Tensor) => {
      const h = a.matmul(w).add(own(b, b.sin()).sum());
      const walked = scan((c: Tensor, r: Tensor) => [c.mul(r).add(b.sum()), c] as const, h, a)[1];
      return cond(
        b.sum().gt(0),
        (v) => v.sum(),
        (v) => v.square().sum(),
        walked,
      );
    };
    const twice = (k: (a: Tensor, b: Tensor) => Tensor) => vmap((a: Tensor) => vmap((b: Tensor) => k(a, b))(x))(x);
    const once = (k: (a: Tensor, b: Tensor) => Tensor) => stack(rows.map((a) => stack(rows.map((b) => k(a, b)))));
    near(twice(g), once(g));
    near(
      twice((a, b) => grad((v: Tensor) => g(a, v))(b)),
      once((a, b) => grad((v: Tensor) => g(a, v))(b)),
    );
  });
  it("inside loops, branches and calls", () => {
    const step = (v: Tensor) => vmap((r: Tensor) => r.sub(grad(f)(r).mul(0.01)))(v);
    let expected = x;
    for (let i = 0; i < 3; i++) expected = step(expected);
    const looped = scan((v: Tensor) => [step(v), []] as const, x, [], { length: 3 })[0];
    near(looped, expected);
    near(
      call((v) => cond(v.sum().gt(-100), step, (u) => u, v), [x]),
      step(x),
    );
  });
  it("a rule of one's own that closes over mapped values", () => {
    const g = (v: Tensor, s: Tensor) =>
      customGradient(
        (u: Tensor) => u.square().mul(s).sum(),
        (u, up) => up.mul(s).mul(u).mul(3),
      )(v);
    const s = tensor([2, 3, 4]);
    near(vmap((v: Tensor, t: Tensor) => grad((u: Tensor) => g(u, t))(v))(x, s), x.mul(s.reshape([3, 1])).mul(3));
    // Differentiated after it was mapped: the rule itself is carried over.
    near(grad((u: Tensor) => vmap(g)(u, s).sum())(x), x.mul(s.reshape([3, 1])).mul(3));
    near(
      jvp((u: Tensor) => vmap(g)(u, s))(x, x).tangent,
      x
        .square()
        .mul(s.reshape([3, 1]))
        .mul(3)
        .sum(1),
    );
  });
  it("loops end for each element in its own time", () => {
    const collatz = (n: Tensor) =>
      whileLoop(
        ([v]) => v.gt(1),
        ([v, steps]) => [v.rem(2).eq(0).select(v.div(2), v.mul(3).add(1)), steps.add(1)] as const,
        [n, tensor(0, { dtype: "i32" })] as const,
      )[1];
    const starts = [1, 2, 3, 6, 7, 27, 97];
    const known = [0, 1, 7, 8, 16, 111, 118];
    const y = vmap(collatz)(tensor(starts, { dtype: "i32" }));
    expect([...compute([y])[0]]).toEqual(known);
    expect([...interpret([y])[0]]).toEqual(known);
  });
  it("a loop whose length is the same for all stays one with a plain condition", () => {
    const g = (v: Tensor) =>
      whileLoop(
        ([i]) => i.lt(3),
        ([i, a]) => [i.add(1), a.mul(a).sub(0.5)] as const,
        [tensor(0, { dtype: "i32" }), v] as const,
      )[1];
    const y = vmap(g)(x);
    const loop = topological([y]).find((node) => node.primitive.name === "while");
    expect(loop?.outputs[0].shape).toEqual([]);
    near(y, stack(rows.map(g)));
  });
  it("a branch taken by all stays a branch", () => {
    const p = tensor([1], { dtype: "i32" }).reshape([]).gt(0);
    const y = vmap((v: Tensor) =>
      cond(
        p,
        () => v.exp(),
        () => v,
      ),
    )(x);
    expect(topological([y]).some((node) => node.primitive.name === "cond")).toBe(true);
    near(y, x.exp());
  });
  it("the gradient of what is masked out stays 0", () => {
    const g = (v: Tensor) =>
      cond(
        v.gt(0),
        (u) => u.sqrt(),
        (u) => u.fill(0),
        v,
      );
    expect(grad((v: Tensor) => vmap(g)(v).sum())(tensor([4, 0])).toArray()).toEqual([0.25, 0]);
  });
  it("marks of other derivatives stay in place", () => {
    const w = tensor(2);
    const g = (v: Tensor) => grad((s: Tensor) => vmap((r: Tensor) => r.sum().mul(s).square())(v).sum())(w);
    near(g(x), x.sum(1).square().sum().mul(4));
    expect(
      topological([vmap((v: Tensor) => apply(leaves.mark, { identity: Symbol("test") }, [v])[0])(x)]).map((n) => n.primitive.name),
    ).not.toContain("mark");
  });
  it("the gradient of each sample: a network of dense layers", () => {
    const random = numbers(9);
    const make = (shape: Shape) =>
      tensor(
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() - 0.5),
        { shape },
      );
    const theta = make([131]);
    const slots = [
      { shape: [9, 8], offset: 0 },
      { shape: [8], offset: 80 },
      { shape: [8, 5], offset: 88 },
    ];
    const loss = (t: Tensor, input: Tensor, label: Tensor) => {
      const [w1, b1, w2] = slots.map((slot) => t.unpack(slot));
      const scores = input.reshape([1, 9]).matmul(w1).add(b1).relu().matmul(w2).reshape([5]).logSoftmax();
      return scores
        .take(label.reshape([1]))
        .sum()
        .neg();
    };
    for (const count of [1, 5, 40]) {
      const images = make([count, 9]);
      const labels = tensor(
        Array.from({ length: count }, (_, i) => i % 5),
        { dtype: "i32" },
      );
      const each = vmap(
        grad((t: Tensor, image: Tensor, label: Tensor) => loss(t, image, label.cast("i32"))),
        { inAxes: [null, 0, 0] },
      );
      const perSample = each(theta, images, labels.cast("f64"));
      const expected = Array.from({ length: count }, (_, i) =>
        grad((t: Tensor) => loss(t, images.slice([i, 0], [1, 9]).reshape([9]), labels.slice([i], [1]).reshape([])))(theta),
      );
      const [g] = Array.isArray(perSample) ? perSample : [perSample];
      near(g, stack(expected), 256);
    }
  });
  it("the gradient of each sample: a convolutional network", () => {
    const random = numbers(10);
    const make = (shape: Shape) =>
      tensor(
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() - 0.5),
        { shape },
      );
    const conv = { strides: [1, 1], padding: [1, 1, 1, 1], image: [1, 6, 6, 2], filter: [3, 3, 2, 4] } as const;
    const pool = { window: [2, 2], strides: [2, 2], image: [1, 6, 6, 4] } as const;
    const filter = make([3, 3, 2, 4]);
    const w = make([36, 3]);
    const loss = (f: Tensor, v: Tensor, image: Tensor) => {
      const h = image.reshape([1, 6, 6, 2]).convolve(f, conv).relu();
      return h.windowTake(h.windowArgmax(pool), pool).reshape([1, 36]).matmul(v).reshape([3]).logSoftmax().slice([1], [1]).sum().neg();
    };
    for (const count of [2, 35]) {
      const images = make([count, 6, 6, 2]);
      const each = vmap((image: Tensor) => grad((f: Tensor, v: Tensor) => loss(f, v, image))(filter, w))(images);
      const singles = Array.from({ length: count }, (_, i) =>
        grad((f: Tensor, v: Tensor) => loss(f, v, images.slice([i, 0, 0, 0], [1, 6, 6, 2]).reshape([6, 6, 2])))(filter, w),
      );
      near(each[0], stack(singles.map((g) => g[0])), 256);
      near(each[1], stack(singles.map((g) => g[1])), 256);
      // Their sum is the gradient over the batch.
      const batch = (f: Tensor) => vmap((image: Tensor) => loss(f, w, image))(images).sum();
      near(grad(batch)(filter), each[0].sum(0), 256);
    }
  });
  it("random numbers: the same for all from one key, their own from mapped ones", () => {
    const draw = (v: Tensor, index: Tensor | number) =>
      uniformFromBits(threefry(tracedStreamKey(literalSeed(7), "noise", index), iota([2], 0, "u32"), iota([2], 0, "u32"))[0], "f64").add(
        v.mul(0),
      );
    const one = compute([draw(rows[0], 0)])[0];
    expect([...compute([vmap((v: Tensor) => draw(v, 0))(x)])[0]]).toEqual([...one, ...one, ...one]);
    const own = compute([vmap(draw)(x, tensor([0, 1, 2], { dtype: "u32" }))])[0];
    expect([...own]).toEqual([0, 1, 2].flatMap((i) => [...compute([draw(rows[0], i)])[0]]));
    expect(new Set(own).size).toBe(6);
  });
});
