import { describe, expect, it } from "vitest";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { cond, whileLoop } from "../../src/tensor/control.js";
import { tensor } from "../../src/tensor/create.js";
import { literal, readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { compute, difference, phasesOf, variable } from "./machine.js";

const inRegisters = (tensors: readonly Tensor[]) => {
  expect(phasesOf(tensors)).toEqual(["scalar"]);
  return difference(tensors);
};

describe("loops in registers", () => {
  it("change all carries at once", () => {
    const fibonacci = whileLoop(
      ([a, b]) => a.add(b).lt(1000),
      ([a, b]) => [b, a.add(b)] as const,
      [tensor(0), tensor(1)] as const,
    );
    expect(inRegisters(fibonacci)).toBe(0);
    expect(compute(fibonacci).map(([x]) => x)).toEqual([610, 987]);
  });

  it("stop by a carried truth value, and may give only their last result", () => {
    const [, , last] = whileLoop(
      ([going]) => going,
      ([, , x]) => [x.lt(50), x.gt(3), x.mul(2)] as const,
      [literal(1, "bool"), literal(0, "bool"), tensor(1)] as const,
    );
    expect(inRegisters([last])).toBe(0);
    expect(compute([last])[0][0]).toBe(128);
  });

  it("may not run at all", () => {
    const x = tensor([3, -4]);
    const same = whileLoop(
      (v) => v.sum().gt(100),
      (v) => v.exp(),
      x,
    );
    expect(inRegisters([same, same.mul(2)])).toBe(0);
  });

  it("read what lies around them, also where it is computed after them", () => {
    const x = tensor([0.5, 0.25, 2]);
    const w = x.sin();
    const grown = whileLoop(
      (v) => v.sum().lt(20),
      (v) => v.add(w).add(x.cos()),
      x,
    );
    expect(inRegisters([grown, x.cos(), w, grown.mul(w)])).toBeLessThan(100);
  });

  it("lie in one another and in branches", () => {
    const x = tensor([3, 5]);
    const squareSum = (limit: Tensor) =>
      whileLoop(
        ([n]) => n.lt(limit),
        ([n, total]) =>
          [
            n.add(1),
            whileLoop(
              ([k]) => k.lt(n),
              ([k, sum]) => [k.add(1), sum.add(k)] as const,
              [n.mul(0), total] as const,
            )[1],
          ] as const,
        [limit.mul(0), limit.mul(0)] as const,
      )[1];
    for (const start of [2, -2]) {
      const chosen = cond(
        tensor(start).gt(0),
        () => squareSum(x.max()),
        () => squareSum(x.min()).neg(),
      );
      expect(inRegisters([chosen])).toBe(0);
      // Σ n (n − 1)/2 over n < 5 and n < 3.
      expect(compute([chosen])[0][0]).toBe(start > 0 ? 10 : -1);
    }
  });

  it("start again at every step of a program", () => {
    const total = variable("total", { shape: [], dtype: "f64" });
    const now = readVariable(total);
    const [count] = whileLoop(
      ([n, x]) => n.lt(3).and(x.lt(100)),
      ([n, x]) => [n.add(1), x.mul(2).add(now)] as const,
      [now.mul(0), now.add(1)] as const,
    );
    const program = new WasmProgram([total]);
    const { traces } = program.run(
      { name: "step", writes: [{ variable: total, value: now.add(count) }], traces: [{ name: "total", value: now }] },
      60,
    );
    // Three doublings until x reaches 100 sooner: x, 2x + t, … from x = t + 1.
    const expected: number[] = [];
    let t = 0;
    for (let step = 0; step < 60; step++) {
      expected.push(t);
      let [n, x] = [0, t + 1];
      while (n < 3 && x < 100) [n, x] = [n + 1, 2 * x + t];
      t += n;
    }
    expect([...traces.total]).toEqual(expected);
    expect(program.read(total)[0]).toBe(t);
  });

  it("leave many numbers to kernels", () => {
    const many = tensor(Float64Array.from({ length: 17 }, (_, i) => i));
    const halved = whileLoop(
      (v) => v.max().gt(1),
      (v) => v.mul(0.5),
      many,
    );
    expect(phasesOf([halved])).not.toEqual(["scalar"]);
    expect(difference([halved])).toBe(0);
  });
});
