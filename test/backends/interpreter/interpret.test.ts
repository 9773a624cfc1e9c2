import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interpret, interpreterEvaluator } from "../../../src/backends/interpreter/index.js";
import { tensor } from "../../../src/tensor/create.js";
import { fromHost, literal, readVariable, type Tensor, zeros } from "../../../src/tensor/tensor.js";
import type { DType } from "../../../src/tensor/types.js";

const of = (x: Tensor) => [...interpret([x])[0]];

describe("integers of 32 bits", () => {
  const word = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });
  const make = (n: number, dtype: DType) => fromHost(dtype === "i32" ? Int32Array.of(n) : Uint32Array.of(n), [1], dtype);
  // Typed arrays hold them, big integers compute them.
  const big = (dtype: DType, n: number) => BigInt(dtype === "i32" ? n | 0 : n >>> 0);
  const back = (dtype: DType, n: bigint) => Number(dtype === "i32" ? BigInt.asIntN(32, n) : BigInt.asUintN(32, n));
  const operations: readonly [string, (x: Tensor, y: Tensor) => Tensor, (x: bigint, y: bigint) => bigint][] = [
    ["add", (x, y) => x.add(y), (x, y) => x + y],
    ["sub", (x, y) => x.sub(y), (x, y) => x - y],
    ["mul", (x, y) => x.mul(y), (x, y) => x * y],
    ["div", (x, y) => x.div(y), (x, y) => (y === 0n ? 0n : x / y)],
    ["rem", (x, y) => x.rem(y), (x, y) => (y === 0n ? 0n : x % y)],
    ["and", (x, y) => x.and(y), (x, y) => x & y],
    ["or", (x, y) => x.or(y), (x, y) => x | y],
    ["xor", (x, y) => x.xor(y), (x, y) => x ^ y],
    ["shiftLeft", (x, y) => x.shiftLeft(y), (x, y) => x << (y & 31n)],
    ["shiftRight", (x, y) => x.shiftRight(y), (x, y) => x >> (y & 31n)],
    ["neg", (x) => x.neg(), (x) => -x],
  ];
  for (const dtype of ["i32", "u32"] as const)
    it.each(operations)(`${dtype} %s wraps modulo 2³²`, (_, f, reference) => {
      fc.assert(
        fc.property(word, word, (a, b) => {
          const expected = back(dtype, reference(big(dtype, a), big(dtype, b)));
          // −0 of float64 is the integer 0.
          expect(of(f(make(a, dtype), make(b, dtype)))[0] + 0).toBe(expected);
        }),
        {
          examples: [
            [2 ** 32 - 1, 2 ** 32 - 1],
            [-(2 ** 31), -1],
            [0x9e3779b9, 0x85ebca6b],
            [5, 0],
          ],
        },
      );
    });

  it("conversions truncate and wrap", () => {
    const x = tensor([2.9, -2.9, 2 ** 32 + 3, Number.NaN, -1]);
    expect(of(x.cast("i32"))).toEqual([2, -2, 3, 0, -1]);
    expect(of(x.cast("u32"))).toEqual([2, 2 ** 32 - 2, 3, 0, 2 ** 32 - 1]);
    expect(of(tensor([0, 0.5, Number.NaN]).cast("bool"))).toEqual([0, 1, 1]);
    expect(of(tensor([-1], { dtype: "i32" }).cast("u32"))).toEqual([2 ** 32 - 1]);
    expect(of(tensor([300, -1], { dtype: "i32" }).cast("u8"))).toEqual([44, 255]);
  });
});

describe("evaluation", () => {
  it("does not round f32 on the way, but rounds what is read", () => {
    const x = tensor([1 / 3], { dtype: "f32" });
    const y = x.mul(x);
    const third = Math.fround(1 / 3);
    expect(of(y)).toEqual([third * third]);
    expect(interpreterEvaluator([y])[0]).toEqual(Float32Array.of(third * third));
  });

  it("takes values for variables, and for any tensor", () => {
    const variable = { name: "theta", type: { shape: [2], dtype: "f64" } } as const;
    const theta = readVariable(variable);
    const squared = theta.square();
    const sum = squared.sum();
    expect([...interpret([sum], new Map([[variable, [3, 4]]]))[0]]).toEqual([25]);
    expect([...interpret([sum], new Map([[squared, [1, 2]]]))[0]]).toEqual([3]);
    expect(() => interpret([sum], new Map([[variable, [1, 2, 3]]]))).toThrow(/2 elements for \[2\][\s\S]*3/);
  });

  it("is not limited by the depth of a graph", () => {
    let x: Tensor = tensor(0);
    const one = literal(1);
    for (let i = 0; i < 50_000; i++) x = x.add(one);
    expect(of(x)).toEqual([50_000]);
  });

  it("computes a shared value once", () => {
    let x: Tensor = tensor(1);
    for (let i = 0; i < 200; i++) x = x.add(x);
    expect(of(x)).toEqual([2 ** 200]);
  });

  it("refuses rows that do not exist", () => {
    expect(() => of(zeros([3]).take(tensor([3], { dtype: "i32" })))).toThrow(/rows 0 to 2[\s\S]*row 3/);
    expect(() => of(zeros([1]).scatterAdd(tensor([-1], { dtype: "i32" }), 2))).toThrow(/rows 0 to 1[\s\S]*row -1/);
  });

  it("keeps what is not a number in sight", () => {
    const x = tensor([1, Number.NaN, 3]);
    expect(of(x.max())).toEqual([Number.NaN]);
    expect(of(x.min())).toEqual([Number.NaN]);
    expect(of(x.relu())).toEqual([1, Number.NaN, 3]);
  });
});
