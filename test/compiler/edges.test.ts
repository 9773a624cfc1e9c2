import { expect, it } from "vitest";
import { grad } from "../../src/autodiff/index.js";
import { call, cond, scan, whileLoop } from "../../src/tensor/control.js";
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import { literal, type Tensor } from "../../src/tensor/tensor.js";
import { difference, phasesOf } from "./machine.js";

it("tensors without elements", () => {
  const none = tensor(new Float64Array(0), { shape: [0, 3] });
  const x = tensor([[1, 2, 3]]);
  expect(difference([none.sum(0), none.sum(1), none.sum(), none.mul(2), concatenate([none, x, none.exp()], 0)])).toBe(0);
  expect(difference([none.matmul(x.transpose()), none.transpose().matmul(none), x.broadcastTo([40, 3]).slice([3, 0], [0, 3])])).toBe(0);
  expect(difference([none.max(1), tensor(new Float64Array(0)).max(), x.take(tensor(new Int32Array(0)))])).toBe(0);
});

it("long chains of small operations", () => {
  for (const size of [2, 50]) {
    let y = tensor(new Float64Array(size).fill(0.5));
    for (let i = 0; i < 3000; i++) y = i % 3 === 0 ? y.mul(1.0001) : i % 3 === 1 ? y.add(0.001) : y.sub(0.0005);
    expect(difference([y])).toBeLessThan(3000);
  }
});

it("values that are used by many", () => {
  const x = tensor(Float64Array.from({ length: 300 }, (_, i) => i / 300));
  let y = x;
  for (let i = 0; i < 40; i++) y = y.sin().add(y.cos().mul(0.5));
  expect(difference([y])).toBeLessThan(1000);
});

it("scalars that are used by many, in front of a loop over elements", () => {
  let k = tensor(Uint32Array.of(12345), { shape: [] });
  for (let i = 0; i < 60; i++) k = k.mul(2654435761).xor(k.shiftRight(15)).add(k);
  const x = tensor(Float64Array.from({ length: 50 }, (_, i) => i));
  expect(difference([x.mul(k.cast("f64"))])).toBe(0);
});

it("literals that are not finite, and negative zero, keep apart", () => {
  for (const size of [3, 30]) {
    const x = tensor(new Float64Array(size).fill(2));
    const results = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0].map((v) =>
      x.div(literal(v).broadcastTo([size])),
    );
    expect(difference(results)).toBe(0);
  }
});

it("calls, branches and short scans", () => {
  for (const size of [3, 60]) {
    const x = tensor(
      Float64Array.from({ length: 4 * size }, (_, i) => i / 50),
      { shape: [4, size] },
    );
    const energy = call((t) => t.square().sum(1), [x]);
    const branch = cond(
      energy.sum().gt(1),
      (t) => t.mul(2),
      (t) => t.neg(),
      x,
    );
    const [last, sums] = scan((c, row) => [c.mul(0.5).add(row), c.sum()], tensor(new Float64Array(size)), x);
    expect(difference([energy, branch, last, sums])).toBeLessThan(1000);
  }
  expect(phasesOf([call((t) => t.mul(2).add(1), [tensor(new Float64Array(100))])])).toHaveLength(1);
});

it("loops whose length depends on values", () => {
  for (const size of [1, 5, 40, 3000]) {
    const x = tensor(Float64Array.from({ length: size }, (_, i) => 1 + (i % 7)));
    const halved = whileLoop(
      ([v]) => v.max().gt(0.3),
      ([v, n]) => [v.mul(0.5), n.add(1)] as const,
      [x, x.sum().mul(0)] as const,
    );
    expect(difference([...halved, halved[0].add(x)])).toBeLessThan(100);
  }
});

it("loops within loops, with values from around them", () => {
  for (const size of [2, 50]) {
    const x = tensor(Float64Array.from({ length: size }, (_, i) => 0.1 + i / size));
    const w = x.sin().exp();
    const [total] = whileLoop(
      ([, n]) => n.lt(4),
      ([v, n]) => {
        const [inner] = whileLoop(
          ([, k]) => k.lt(n),
          ([u, k]) => [u.mul(0.9).add(w), k.add(1)] as const,
          [v, n.mul(0)] as const,
        );
        return [inner.sub(v.mul(0.1)), n.add(1)] as const;
      },
      [x.mul(2), x.sum().mul(0)] as const,
    );
    expect(difference([total, total.sum()])).toBeLessThan(1000);
  }
});

it("swaps within a loop", () => {
  for (const size of [3, 70]) {
    const [a, b] = [1, 2].map((k) => tensor(Float64Array.from({ length: size }, (_, i) => i * k)));
    const result = whileLoop(
      ([, , n]) => n.lt(5),
      ([x, y, n]) => [y, x.reverse(), n.add(1)] as const,
      [a, b, a.sum().mul(0)] as const,
    );
    expect(difference([...result])).toBe(0);
  }
});

it("long scans, their histories and gradients", () => {
  for (const size of [2, 30])
    for (const reverse of [false, true]) {
      const xs = tensor(
        Float64Array.from({ length: 90 * size }, (_, i) => ((i * 7) % 11) / 11),
        { shape: [90, size] },
      );
      const run = (x: Tensor) =>
        scan((c, row) => [c.mul(0.7).add(row.tanh()), c.sum()], x.slice([0, 0], [1, size]).reshape([size]), x, { reverse });
      const [last, sums] = run(xs);
      expect(difference([last, sums])).toBeLessThan(1000);
      const gradient = grad((x: Tensor) => {
        const [end, rows] = run(x);
        return end.square().sum().add(rows.square().mean());
      })(xs);
      expect(difference([gradient])).toBeLessThan(10000);
    }
});

it("branches that are not taken are not run where they are costly", () => {
  for (const size of [3, 50])
    for (const sign of [-1, 1]) {
      const x = tensor(Float64Array.from({ length: size }, (_, i) => sign * (1 + i / 10)));
      // Doubling negative numbers never ends: the loop must not run for them.
      const grow = (v: Tensor): Tensor =>
        whileLoop(
          ([u]) => u.sum().lt(100),
          ([u]) => [u.mul(2)] as const,
          [v] as const,
        )[0];
      const chosen = cond(
        x.sum().gt(0),
        (v) => v.softmax(0),
        (v) => grow(v.neg()),
        x,
      );
      expect(difference([chosen])).toBeLessThan(100);
      const slope = grad((y: Tensor) =>
        cond(
          y.sum().gt(0),
          (v) =>
            v
              .reshape([1, size])
              .matmul(v.reshape([size, 1]))
              .sum(),
          (v) => v.exp().sum(),
          y,
        ),
      )(x);
      expect(difference([slope])).toBeLessThan(100);
    }
});
