import { test, expect } from "vitest";
import { evaluate } from "/work/main/src/backends/wasm/evaluate.js";
import { setEvaluator } from "/work/main/src/tensor/read.js";
import { tensor } from "/work/main/src/tensor/create.js";
import { ones, zeros } from "/work/main/src/tensor/tensor.js";
setEvaluator(evaluate);
test("scalar", () => {
  expect(tensor([1, 2, 3]).mul(2).add(tensor([1,1,1])).toArray()).toEqual([3, 5, 7]);
  expect(tensor([[1, 2], [3, 4]]).matmul(tensor([[1, 0], [1, 1]])).toArray()).toEqual([[3, 2], [7, 4]]);
  expect(tensor(0.5).exp().item()).toBeCloseTo(Math.exp(0.5), 14);
});
test("kernels", () => {
  const n = 5000;
  const x = tensor(Float64Array.from({ length: n }, (_, i) => i / n));
  expect(x.sum().item()).toBeCloseTo((n - 1) / 2, 8);
  expect(x.mul(x).mean().item()).toBeCloseTo(1 / 3, 3);
  const m = x.reshape([50, 100]);
  const s = m.softmax(1).sum(1).toArray() as number[];
  for (const v of s) expect(v).toBeCloseTo(1, 12);
  const c = m.sum(0).data();
  expect(c[0]).toBeCloseTo(Array.from({ length: 50 }, (_, i) => (i * 100) / n).reduce((a, b) => a + b), 9);
  const t = m.transpose().matmul(m).data();
  expect(t.length).toBe(10000);
  let ref = 0; for (let i = 0; i < 50; i++) ref += ((i * 100 + 3) / n) * ((i * 100 + 7) / n);
  expect(t[307]).toBeCloseTo(ref, 9);
  expect(m.pad([1, 2], [3, 4]).sum().item()).toBeCloseTo((n - 1) / 2, 8);
});
