import { describe, expect, test } from "vitest";
import { LoopBuilder } from "../../../src/compiler/loops/builder.js";
import * as ir from "../../../src/compiler/loops/expressions.js";
import type { BinaryOp, CompareOp, Expr, MemoryDType, UnaryOp } from "../../../src/compiler/loops/ir.js";
import { call } from "./machine.js";

type Number4 = "f32" | "f64" | "i32" | "u32";
const dtypes: readonly Number4[] = ["f32", "f64", "i32", "u32"];
const widths = [1, 4, 8, 16];

const round: Record<Number4, (x: number) => number> = { f32: Math.fround, f64: (x) => x, i32: (x) => x | 0, u32: (x) => x >>> 0 };
const isFloat = (d: Number4): boolean => d === "f32" || d === "f64";

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  3.25,
  -7.75,
  1e-3,
  1e10,
  -1e10,
  3e38,
  Infinity,
  -Infinity,
  NaN,
  2147483648,
  4294967296,
  1e-40,
  16777217,
  -123.456,
  7,
  0.1,
];
const ints = [0, 1, -1, 2, 3, 5, 7, -7, 100, -100, 31, 32, 65535, 65536, 2147483647, -2147483648, 123456789, -987654321, 255, 256];

/** All pairs of the edge values, padded to a multiple of 16. */
function pairs(dtype: Number4): [number[], number[]] {
  const values = (isFloat(dtype) ? floats : ints).map(round[dtype]);
  const x: number[] = [];
  const y: number[] = [];
  for (const a of values) for (const b of values) [x[x.length], y[y.length]] = [a, b];
  while (x.length % 16 !== 0) [x[x.length], y[y.length]] = [round[dtype](3), round[dtype](2)];
  return [x, y];
}

/** out[i] = f(x[i], y[i]) in steps of `lanes`. */
function map(
  x: { dtype: MemoryDType; data: number[] },
  y: { dtype: MemoryDType; data: number[] },
  out: MemoryDType,
  lanes: number,
  f: (x: Expr, y: Expr) => Expr,
): number[] {
  const b = new LoopBuilder();
  const px = b.cursorParameter(x.dtype, "x");
  const py = b.cursorParameter(y.dtype, "y");
  const po = b.cursorParameter(out, "o");
  b.for(0, x.data.length, lanes, () => {
    b.store(po, f(ir.load(px, 0, lanes), ir.load(py, 0, lanes)));
    for (const p of [px, py, po]) b.advance(p, lanes);
  });
  return call(b.finish("map"), [x.data, y.data, x.data.map(() => 0)]).arrays[2];
}

const unary: Record<UnaryOp, (x: number, d: Number4) => number> = {
  neg: (x) => -x,
  abs: (x, d) => (d === "u32" ? x : Math.abs(x)),
  sqrt: (x) => Math.sqrt(x),
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  trunc: (x) => Math.trunc(x),
  nearest: (x) => {
    const r = Math.round(x);
    return Object.is(x, -0) || (x < 0 && x >= -0.5) ? -0 : r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
  },
  not: (x) => ~x,
};

const binary: Record<BinaryOp, (x: number, y: number, d: Number4) => number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y, d) => (isFloat(d) ? x * y : Math.imul(x, y)),
  div: (x, y, d) => (isFloat(d) ? x / y : y === 0 ? 0 : Math.trunc(x / y)),
  rem: (x, y) => (y === 0 ? 0 : x % y),
  min: (x, y) => Math.min(x, y),
  max: (x, y) => Math.max(x, y),
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  shl: (x, y) => x << y,
  shr: (x, y, d) => (d === "u32" ? x >>> y : x >> y),
};

const comparisons: Record<CompareOp, (x: number, y: number) => boolean> = {
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
  lt: (x, y) => x < y,
  le: (x, y) => x <= y,
  gt: (x, y) => x > y,
  ge: (x, y) => x >= y,
};

const keys = <K extends string>(record: Record<K, unknown>): K[] => {
  const out: K[] = [];
  for (const key in record) out.push(key);
  return out;
};

describe.each(dtypes)("%s", (dtype) => {
  const [x, y] = pairs(dtype);
  const X = { dtype, data: x };
  const Y = { dtype, data: y };

  describe.each(widths)("%i lanes", (lanes) => {
    test.each(keys(unary))("%s", (op) => {
      if (op === "not" ? isFloat(dtype) : op === "sqrt" && !isFloat(dtype))
        return expect(() => map(X, Y, dtype, lanes, (a) => ir.unary(op, a))).toThrow(/internal/);
      expect(map(X, Y, dtype, lanes, (a) => ir.unary(op, a))).toEqual(x.map((a) => round[dtype](unary[op](a, dtype))));
    });

    test.each(keys(binary))("%s", (op) => {
      const f = (): number[] => map(X, Y, dtype, lanes, (a, b) => ir.binary(op, a, b));
      if (isFloat(dtype) && ["rem", "and", "or", "xor", "shl", "shr"].includes(op)) expect(f).toThrow(/internal/);
      else expect(f()).toEqual(x.map((a, i) => round[dtype](binary[op](a, y[i], dtype))));
    });

    test("shifts by a constant and by one count for all lanes", () => {
      if (isFloat(dtype)) return expect(() => map(X, Y, dtype, lanes, (a) => ir.binary("shl", a, a))).toThrow(/internal/);
      const by = ir.constant({ dtype, lanes }, 5);
      expect(map(X, Y, dtype, lanes, (a) => ir.binary("shr", a, by))).toEqual(x.map((a) => round[dtype](binary.shr(a, 5, dtype))));
      const count = ir.splat(ir.binary("add", ir.constant({ dtype, lanes: 1 }, 3), ir.constant({ dtype, lanes: 1 }, 1)), lanes);
      expect(map(X, Y, dtype, lanes, (a) => ir.binary("shl", a, count))).toEqual(x.map((a) => round[dtype](a << 4)));
    });

    test("division by a constant", () => {
      const by = ir.constant({ dtype, lanes }, 7);
      expect(map(X, Y, dtype, lanes, (a) => ir.div(a, by))).toEqual(x.map((a) => round[dtype](binary.div(a, 7, dtype))));
    });

    test.each(keys(comparisons))("%s, stored as bytes", (op) => {
      expect(map(X, Y, "bool", lanes, (a, b) => ir.compare(op, a, b))).toEqual(x.map((a, i) => Number(comparisons[op](a, y[i]))));
    });

    test("select, and logic of truth values", () => {
      const f = (a: Expr, b: Expr): Expr =>
        ir.select(ir.binary("xor", ir.compare("lt", a, b), ir.unary("not", ir.compare("ge", b, a))), a, b);
      expect(map(X, Y, dtype, lanes, f)).toEqual(x.map((a, i) => (a < y[i] !== !(y[i] >= a) ? a : y[i])));
    });

    test.each(["lt", "gt"] as const)("selection of an operand by %s, with zeros and NaN as compared", (op) => {
      const swap = (a: number, b: number, c: boolean): number => (c ? a : b);
      expect(map(X, Y, dtype, lanes, (a, b) => ir.select(ir.compare(op, a, b), a, b))).toEqual(
        x.map((a, i) => swap(a, y[i], comparisons[op](a, y[i]))),
      );
      expect(map(X, Y, dtype, lanes, (a, b) => ir.select(ir.compare(op, a, b), b, a))).toEqual(
        x.map((a, i) => swap(y[i], a, comparisons[op](a, y[i]))),
      );
      const bound = (a: Expr): Expr => ir.constant(a.type, 2);
      expect(map(X, Y, dtype, lanes, (a) => ir.select(ir.compare(op, a, bound(a)), bound(a), a))).toEqual(
        x.map((a) => swap(2, a, comparisons[op](a, 2))),
      );
    });

    test("selection against 0, where −0 is another number", () => {
      for (const zero of isFloat(dtype) ? [0, -0] : [0]) {
        const nothing = (a: Expr): Expr => ir.constant(a.type, zero);
        expect(map(X, Y, dtype, lanes, (a, b) => ir.select(ir.compare("lt", a, b), a, nothing(a)))).toEqual(
          x.map((a, i) => (a < y[i] ? a : zero)),
        );
        expect(map(X, Y, dtype, lanes, (a, b) => ir.select(ir.compare("lt", a, b), nothing(a), a))).toEqual(
          x.map((a, i) => (a < y[i] ? zero : a)),
        );
      }
    });

    test.each(dtypes)("a mask of this type selects values of %s", (other) => {
      const [u] = pairs(other);
      const data = x.map((_, i) => u[i % u.length]);
      // The second operand comes from another type, so masks change their width.
      const got = map(X, { dtype: other, data }, other, lanes, (a, b) =>
        ir.select(ir.compare("gt", a, ir.constant(a.type, 1)), b, ir.constant(b.type, 9)),
      );
      expect(got).toEqual(data.map((v, i) => (x[i] > 1 ? v : 9)));
      const both = map(X, { dtype: other, data }, dtype, lanes, (a, b) =>
        ir.select(
          ir.binary("and", ir.compare("gt", a, ir.constant(a.type, 1)), ir.compare("gt", b, ir.constant(b.type, 1))),
          a,
          ir.constant(a.type, 9),
        ),
      );
      expect(both).toEqual(x.map((v, i) => (v > 1 && data[i] > 1 ? v : 9)));
    });

    test.each(dtypes)("convert to %s", (to) => {
      const limits = { i32: [-2147483648, 2147483647], u32: [0, 4294967295] } as const;
      const expected = x.map((v) => {
        if (isFloat(to) || !isFloat(dtype)) return round[to](v);
        const [low, high] = to === "i32" ? limits.i32 : limits.u32;
        return Number.isNaN(v) ? 0 : round[to](Math.min(high, Math.max(low, Math.trunc(v))));
      });
      expect(map(X, Y, to, lanes, (a) => ir.convert(to, a))).toEqual(expected);
    });

    test("convert to truth values and back", () => {
      expect(map(X, Y, "bool", lanes, (a) => ir.convert("bool", a))).toEqual(x.map((a) => Number(a !== 0)));
      expect(map(X, Y, dtype, lanes, (a) => ir.convert(dtype, ir.convert("bool", a)))).toEqual(x.map((a) => Number(a !== 0)));
      const data = x.map((_, i) => ((i * 7) % 3) & 1);
      expect(map({ dtype: "bool", data }, X, dtype, lanes, (a) => ir.convert(dtype, a))).toEqual(data);
      expect(map({ dtype: "bool", data }, X, dtype, lanes, (a, b) => ir.select(a, b, ir.constant(b.type, 4)))).toEqual(
        x.map((v, i) => (data[i] ? v : 4)),
      );
    });

    test("min and max with constants keep NaN and order zeros", () => {
      for (const bound of isFloat(dtype) ? [0, -0, 1.5, -1.5, NaN, Infinity] : [0, 1, 7]) {
        const c = ir.constant({ dtype, lanes }, bound);
        for (const op of ["min", "max"] as const) {
          const expected = x.map((a) => round[dtype](binary[op](a, bound, dtype)));
          expect(map(X, Y, dtype, lanes, (a) => ir.binary(op, a, c))).toEqual(expected);
          expect(map(X, Y, dtype, lanes, (a) => ir.binary(op, c, a))).toEqual(expected);
        }
      }
    });

    test("multiplyAdd rounds twice", () => {
      const f = (): number[] => map(X, Y, dtype, lanes, (a, b) => ir.multiplyAdd(a, b, a));
      if (isFloat(dtype)) expect(f()).toEqual(x.map((a, i) => round[dtype](round[dtype](a * y[i]) + a)));
      else expect(f).toThrow(/internal/);
    });

    test("lane picks one lane", () => {
      const at = lanes - 1;
      expect(map(X, Y, dtype, lanes, (a) => ir.splat(ir.lane(a, at), lanes))).toEqual(x.map((_, i) => x[i - (i % lanes) + at]));
      expect(map(X, Y, "bool", lanes, (a, b) => ir.splat(ir.lane(ir.compare("lt", a, b), at), lanes))).toEqual(
        x.map((_, i) => Number(x[i - (i % lanes) + at] < y[i - (i % lanes) + at])),
      );
    });

    test("gather makes a vector of single numbers", () => {
      if (lanes === 1) return;
      const reversed = (a: Expr) => ir.gather(Array.from({ length: lanes }, (_, i) => ir.lane(a, lanes - 1 - i)));
      expect(map(X, Y, dtype, lanes, reversed)).toEqual(x.map((_, i) => x[i - (i % lanes) + lanes - 1 - (i % lanes)]));
    });

    test("shuffle picks from both vectors", () => {
      if (lanes === 1) return;
      const pick = Array.from({ length: lanes }, (_, i) => (i * 7 + 3) % (2 * lanes));
      const source = (i: number, p: number): number => (p < lanes ? x[i + p] : y[i + p - lanes]);
      const got = map(X, Y, dtype, lanes, (a, b) => ir.shuffle(a, b, pick));
      expect(got).toEqual(x.map((_, i) => source(i - (i % lanes), pick[i % lanes])));
    });

    test.each(["add", "max", "min"] as const)("horizontal %s by the stated tree", (op) => {
      const tree = (values: number[]): number => {
        if (values.length === 1) return values[0];
        const half = values.length / 2;
        return tree(Array.from({ length: half }, (_, i) => round[dtype](binary[op](values[i], values[i + half], dtype))));
      };
      const finite = x.map((v) => (Number.isFinite(v) ? v : 3));
      for (const data of [x, finite])
        expect(map({ dtype, data }, Y, dtype, lanes, (a) => ir.splat(ir.horizontal(op, a), lanes))).toEqual(
          data.map((_, i) => tree(data.slice(i - (i % lanes), i - (i % lanes) + lanes))),
        );
    });

    test("horizontal max of truth values is any, min is all", () => {
      const slice = (i: number): boolean[] => x.slice(i - (i % lanes), i - (i % lanes) + lanes).map((v, k) => v <= y[i - (i % lanes) + k]);
      expect(map(X, Y, "bool", lanes, (a, b) => ir.splat(ir.horizontal("max", ir.compare("le", a, b)), lanes))).toEqual(
        x.map((_, i) => Number(slice(i).includes(true))),
      );
      expect(map(X, Y, "bool", lanes, (a, b) => ir.splat(ir.horizontal("min", ir.compare("le", a, b)), lanes))).toEqual(
        x.map((_, i) => Number(!slice(i).includes(false))),
      );
    });
  });
});

describe("bit patterns", () => {
  const [x] = pairs("f32");
  test.each(widths)("f32 and i32, %i lanes", (lanes) => {
    const bits = [...new Int32Array(Float32Array.from(x).buffer)];
    expect(map({ dtype: "f32", data: x }, { dtype: "f32", data: x }, "i32", lanes, (a) => ir.bitcast("i32", a))).toEqual(bits);
    const finite = x.map((v) => (Number.isNaN(v) ? 1 : v));
    const f = (a: Expr): Expr => ir.bitcast("f32", ir.add(ir.bitcast("i32", a), ir.constant({ dtype: "i32", lanes }, 0)));
    expect(map({ dtype: "f32", data: finite }, { dtype: "f32", data: x }, "f32", lanes, f)).toEqual(finite);
  });

  const [d] = pairs("f64");
  const view = new DataView(new ArrayBuffer(8));
  const i64 = (v: number, f: (bits: bigint) => bigint): number => {
    view.setFloat64(0, v);
    view.setBigInt64(0, BigInt.asIntN(64, f(view.getBigInt64(0))));
    return view.getFloat64(0);
  };
  const D = { dtype: "f64", data: d } as const;
  const integers: [string, (lanes: number) => (a: Expr) => Expr, (bits: bigint) => bigint][] = [
    ["add", (lanes) => (a) => ir.add(a, ir.constant({ dtype: "i64", lanes }, 0x10000000000001n)), (v) => v + 0x10000000000001n],
    ["sub", (lanes) => (a) => ir.sub(ir.constant({ dtype: "i64", lanes }, 12345678901n), a), (v) => 12345678901n - v],
    ["mul", () => (a) => ir.mul(a, a), (v) => v * v],
    ["shl", (lanes) => (a) => ir.binary("shl", a, ir.constant({ dtype: "i64", lanes }, 3)), (v) => v << 3n],
    ["shr", (lanes) => (a) => ir.binary("shr", a, ir.constant({ dtype: "i64", lanes }, 52)), (v) => v >> 52n],
    ["and", (lanes) => (a) => ir.binary("and", a, ir.constant({ dtype: "i64", lanes }, 0xfffffffffffffn)), (v) => v & 0xfffffffffffffn],
    ["or", (lanes) => (a) => ir.binary("or", a, ir.constant({ dtype: "i64", lanes }, 1n << 62n)), (v) => v | (1n << 62n)],
    ["xor", (lanes) => (a) => ir.binary("xor", a, ir.constant({ dtype: "i64", lanes }, -1)), (v) => v ^ -1n],
    ["neg", () => (a) => ir.unary("neg", a), (v) => -v],
    ["min", (lanes) => (a) => ir.min(a, ir.constant({ dtype: "i64", lanes }, 1n << 60n)), (v) => (v < 1n << 60n ? v : 1n << 60n)],
    [
      "select",
      (lanes) => (a) => ir.select(ir.compare("lt", a, ir.constant({ dtype: "i64", lanes }, 0)), ir.constant({ dtype: "i64", lanes }, 5), a),
      (v) => (v < 0n ? 5n : v),
    ],
  ];
  describe.each(widths)("i64, %i lanes", (lanes) => {
    test.each(integers)("%s", (_, f, expected) => {
      expect(map(D, D, "f64", lanes, (a) => ir.bitcast("f64", f(lanes)(ir.bitcast("i64", a))))).toEqual(d.map((v) => i64(v, expected)));
    });
    test("to and from f64 and i32", () => {
      const whole = d.map((v) => (Number.isFinite(v) && Math.abs(v) < 2 ** 60 ? v : 77));
      expect(map({ dtype: "f64", data: whole }, D, "f64", lanes, (a) => ir.convert("f64", ir.convert("i64", a)))).toEqual(
        whole.map((v) => Math.trunc(v) + 0),
      );
      expect(map({ dtype: "f64", data: whole }, D, "i32", lanes, (a) => ir.convert("i32", ir.convert("i64", a)))).toEqual(
        whole.map((v) => Number(BigInt.asIntN(32, BigInt(Math.trunc(v))))),
      );
      const [i] = pairs("i32");
      const [u] = pairs("u32");
      expect(map({ dtype: "i32", data: i }, D, "f64", lanes, (a) => ir.convert("f64", ir.convert("i64", a)))).toEqual(i);
      expect(map({ dtype: "u32", data: u }, D, "f64", lanes, (a) => ir.convert("f64", ir.convert("i64", a)))).toEqual(u);
    });
  });
});
