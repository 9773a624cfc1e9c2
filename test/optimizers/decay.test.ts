import { optimizers } from "steepest";
import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { decayed, decayedPositive } from "../../src/optimizers/decay.js";
import { slotStart, slotType } from "../../src/optimizers/optimizer.js";
import { tensor } from "../../src/tensor/create.js";
import { weakNumber } from "../../src/tensor/tensor.js";
import { traceStep } from "./rule.js";

const smallestNormal = { f32: 2 ** -126, f64: 2 ** -1022 } as const;

describe("what running means keep", () => {
  it("is the product, and no subnormal number", () => {
    const half = (x: Float32Array | Float64Array) => [...decayed(tensor(x), weakNumber(0.5)).data()];
    const squares = (x: Float32Array | Float64Array) => [...decayedPositive(tensor(x), weakNumber(0.5)).data()];
    expect(half(Float32Array.of(1, -2, 3e-20, Number.NaN, Number.POSITIVE_INFINITY))).toEqual([
      0.5,
      -1,
      Math.fround(Math.fround(3e-20) / 2),
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    expect(half(Float32Array.of(2e-37, -2e-37, -1e-40, 0))).toEqual([0, 0, 0, 0]);
    expect(half(Float64Array.of(1e-37, -3e-306, 4e-307, 5e-324))).toEqual([5e-38, -1.5e-306, 0, 0]);
    expect(squares(Float32Array.of(1, 1e-30, Number.NaN))).toEqual([0.5, Math.fround(Math.fround(1e-30) / 2), Number.NaN]);
    expect(squares(Float32Array.of(0, 1e-40))).toEqual([0, 1].map(() => Math.fround(10 * 2 ** -126)));
    expect(squares(Float64Array.of(0, 1e-300))).toEqual([10 * 2 ** -1022, 5e-301]);
  });

  // Rules with line searches keep no running means.
  const rules = [...optimizers.values()].filter((entry) => entry.create({}).carries === undefined);
  it.each(rules.map((entry) => [entry.name, entry] as const))("%s holds no subnormal numbers when gradients stay away", (_, entry) => {
    for (const dtype of ["f32", "f64"] as const) {
      const parameters = { size: 3, dtype, entries: [{ path: "x", shape: [3], offset: 0 }] };
      const optimizer = entry.create({});
      const names = Object.keys(optimizer.slots);
      const vector = (values: readonly number[]) => (dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values));
      const theta = vector([1, 2, 3]);
      const types = names.map((name) => slotType(optimizer.slots[name], parameters));
      // Numbers that a dozen steps would bring into the subnormal range; single numbers start where the rule wants them.
      const small = 3 * smallestNormal[dtype];
      let state = names.map((name, i) => {
        const start = slotStart(optimizer.slots[name], types[i], theta);
        return types[i].shape.length === 0 ? start : start.map((x) => (x === 0 ? small : x));
      });
      for (let k = 0; k < 40; k++) {
        const slots = Object.fromEntries(
          names.map((name, i) => [
            name,
            types[i].shape.length === 0 ? weakNumber(state[i][0]) : tensor(state[i], { shape: types[i].shape }),
          ]),
        );
        const step = { theta: tensor(theta), gradient: tensor(vector([0, 0, 0])), slots, step: weakNumber(k) };
        const next = traceStep(optimizer, step, 40);
        const results = interpret(names.map((name) => next.slots[name]));
        state = results.map((values, i) => (types[i].dtype === "f32" ? Float32Array.from(values) : Float64Array.from(values)));
      }
      for (const [i, values] of state.entries())
        for (const x of values) expect(x === 0 || Math.abs(x) >= smallestNormal[dtype], `${names[i]} holds ${x}`).toBe(true);
    }
  });
});
