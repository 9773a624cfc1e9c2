import { describe, expect, it } from "vitest";
import { tensor } from "../../src/tensor/create.js";
import { type PointwiseName, pointwise } from "../../src/tensor/primitives/pointwise.js";
import { apply, type Tensor } from "../../src/tensor/tensor.js";
import { allocate, type DType, isFloat } from "../../src/tensor/types.js";
import { difference, phasesOf } from "./machine.js";

const ELEMENTARY = new Set<string>(["pow", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "atan", "erf"]);
const ON_TRUTH = new Set<string>(["eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor", "not", "select"]);
const DTYPES: readonly DType[] = ["f32", "f64", "i32", "u32", "u8", "bool"];
const MODERATE = [0, -0, 1, -1, 0.5, -2.75, 3.25, 1e-3, 17.5, -10.25, 7, 2, Infinity, -Infinity, NaN];
const FLOATS = [...MODERATE, 1.5e-40, 1e30, -1e30];
const INTEGERS = [0, 1, -1, 2, 5, -7, 31, 33, 2147483647, -2147483648, 65536, 123456789, -987654321, 3];

function sample(dtype: DType, size: number, phase: number, floats: readonly number[]): Tensor {
  const data = allocate(dtype, size);
  const source = isFloat(dtype) ? floats : INTEGERS;
  for (let i = 0; i < size; i++) {
    const value = source[(i * (2 * phase + 1) + Math.floor(i / source.length) * phase) % source.length];
    data[i] = dtype === "bool" ? (i % (phase + 2) === 0 ? 1 : 0) : value;
  }
  return tensor(data, { shape: [size], dtype });
}

function typed(name: PointwiseName, dtype: DType, size: number): Tensor | undefined {
  const { arity } = pointwise[name];
  const inputs = Array.from({ length: arity }, (_, i) =>
    sample(
      name === "select" && i === 0 ? "bool" : dtype,
      size,
      i,
      name === "pow" ? MODERATE.filter(Number.isFinite) : ELEMENTARY.has(name) ? MODERATE : FLOATS,
    ),
  );
  try {
    return apply(pointwise[name], {}, inputs)[0];
  } catch {
    return undefined;
  }
}

const names = Object.keys(pointwise).filter((name): name is PointwiseName => name in pointwise && name !== "cast");

describe("pointwise primitives", () => {
  for (const name of names)
    it(name, () => {
      let taken = 0;
      for (const dtype of DTYPES)
        for (const size of [1, 7, 16, 17, 33, 100, 1025]) {
          const y = typed(name, dtype, size);
          if (y === undefined || (dtype === "bool" && !ON_TRUTH.has(name))) continue;
          taken++;
          expect(phasesOf([y]), `${dtype} ${size}`).toEqual(size <= 16 ? ["scalar"] : ["map0"]);
          // Elementary functions are within 4 units of their last place (their own tests say more), the rest is exact.
          expect(difference([y]), `${dtype} ${size}`).toBeLessThanOrEqual(ELEMENTARY.has(name) ? 8 : 1);
        }
      expect(taken).toBeGreaterThan(0);
    });

  it("cast", () => {
    for (const from of DTYPES)
      for (const to of DTYPES)
        for (const size of [5, 70]) {
          // Whole numbers that every dtype holds, and fractions where only floats are concerned.
          const values = Array.from({ length: size }, (_, i) =>
            from === "bool" ? i % 2 : isFloat(from) && isFloat(to) ? i * 0.25 - 3 : (i * 37) % 251,
          );
          const data = allocate(from, size);
          data.set(values);
          expect(difference([tensor(data, { dtype: from }).cast(to)]), `${from} to ${to}, ${size}`).toBe(0);
        }
  });

  it("bytes wrap between operations", () => {
    const x = tensor(Int32Array.from({ length: 40 }, (_, i) => i * 100 - 2000));
    expect(
      difference([
        x
          .cast("u8")
          .cast("i32")
          .add(tensor(new Int32Array(40).fill(1))),
      ]),
    ).toBe(0);
  });

  it("integers wrap at 32 bits", () => {
    for (const size of [3, 50]) {
      const x = tensor(Int32Array.from({ length: size }, (_, i) => 0x7fff0000 + i * 7919));
      const u = tensor(Uint32Array.from({ length: size }, (_, i) => 0xffff0000 + i * 7919));
      expect(difference([x.add(x), x.mul(x), x.sub(x.mul(x)), x.neg(), u.add(u), u.mul(u), u.neg().sub(u)])).toBe(0);
    }
  });
});
