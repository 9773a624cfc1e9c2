import { describe, expect, test } from "vitest";
import { encodeModule, FunctionBody } from "../../../src/backends/wasm/encoder.js";
import { Printer, printModule } from "../../../src/backends/wasm/printer.js";
import { forLanes, LoopBuilder } from "../../../src/compiler/loops/builder.js";
import * as ir from "../../../src/compiler/loops/expressions.js";
import type { Expr, LoopFunction } from "../../../src/compiler/loops/ir.js";
import { call } from "./machine.js";

const memoryLimits = { initial: 1, maximum: 1, shared: false };

function write(body: (b: LoopBuilder) => void, name = "f"): LoopFunction {
  const b = new LoopBuilder();
  body(b);
  return b.finish(name);
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("loops", () => {
  test.each([
    [0, 10, 1],
    [0, 10, 3],
    [5, 5, 1],
    [7, 3, 2],
    [-4, 4, 4],
    [2147483000, 2147483600, 100],
  ])("for from %i to %i by %i, with constant and with computed ends", (from, to, step) => {
    const expected: number[] = [];
    for (let i = from; i < to; i += step) expected.push(i);
    for (const [fromAt, toAt] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      const fn = write((b) => {
        const f = b.parameter(ir.I32, "from");
        const t = b.parameter(ir.I32, "to");
        const out = b.cursorParameter("i32", "out");
        b.for(fromAt ? f : from, toAt ? t : to, step, (i) => {
          b.store(out, i);
          b.advance(out, 1);
          // The end is evaluated once: this must not matter.
          b.set(t, ir.index(0));
        });
      });
      const [out] = call(fn, [from, to, range(12).map(() => 77)]).arrays;
      expect(out).toEqual([...expected, ...range(12).map(() => 77)].slice(0, 12));
    }
  });

  test.each([1, 2, 3, 4])("streams of any length, printed %i times in a row", (unroll) => {
    for (const count of [-1, 0, 1, 2, 3, 4, 5, 8, 11])
      for (const computed of [false, true]) {
        const fn = write((b) => {
          const n = b.parameter(ir.I32, "n");
          const sums = b.cursorParameter("f64", "sums");
          const x = b.point(b.cursorParameter("f64", "x"));
          // One moves in large steps, one stands, one goes backwards.
          const y = b.point(b.cursorParameter("f64", "y"), ir.index(11));
          const still = b.cursorParameter("f64", "still");
          const sum = b.register(ir.vector("f64"));
          const moving = [
            { cursor: still, step: 0 },
            { cursor: x, step: 2 },
            { cursor: y, step: -1 },
          ];
          b.stream(computed ? n : ir.index(count), moving, unroll, () => {
            b.set(sum, ir.add(ir.mul(sum, ir.load(still)), ir.mul(ir.load(x, 1), ir.load(y))));
          });
          b.store(sums, sum);
        });
        let expected = 0;
        for (let i = 0; i < count; i++) expected = 3 * expected + (2 * i + 1) * (11 - i);
        expect(call(fn, [count, [-1], range(24), range(12), [3]]).arrays[0]).toEqual([expected]);
      }
  });

  test("forLanes covers every element once, widest first", () => {
    for (const n of [0, 1, 3, 4, 16, 17, 23, 31, 33, 100]) {
      const fn = write((b) => {
        const x = b.cursorParameter("f32", "x");
        forLanes(b, n, [16, 4, 1], (i, lanes) => {
          const at = b.point(x, i);
          b.store(at, ir.add(ir.load(at, 0, lanes), ir.constant(ir.vector("f32", lanes), lanes)));
        });
      });
      const [x] = call(fn, [range(n)]).arrays;
      expect(x).toEqual(range(n).map((i) => i + (i < n - (n % 16) ? 16 : i < n - (n % 4) ? 4 : 1)));
    }
  });

  test("while, if and registers carried around: the Collatz steps of 27", () => {
    const fn = write((b) => {
      const n = b.parameter(ir.I32, "n");
      const steps = b.result(ir.I32, "steps");
      b.while(ir.compare("gt", n, ir.index(1)), () => {
        b.if(
          ir.compare("eq", ir.rem(n, ir.index(2)), ir.index(0)),
          () => b.set(n, ir.div(n, ir.index(2))),
          () => b.set(n, ir.add(ir.mul(n, ir.index(3)), ir.index(1))),
        );
        b.set(steps, ir.add(steps, ir.index(1)));
      });
    });
    expect(call(fn, [27]).returned).toBe(111);
  });

  test("an unset register is zero, also where locals are used again", () => {
    const fn = write((b) => {
      const out = b.cursorParameter("i32", "out");
      b.for(0, 4, 1, (i) => {
        const used = b.let(ir.add(i, ir.index(100)));
        b.store(out, used, 0);
        const carried = b.register(ir.I32, "carried");
        b.store(out, carried, 1);
        b.set(carried, ir.add(carried, used));
        b.advance(out, 2);
      });
      const late = b.register(ir.I32, "late");
      b.store(out, late);
    });
    expect(call(fn, [range(9).map(() => 5)]).arrays[0]).toEqual([100, 0, 101, 100, 102, 201, 103, 303, 0]);
  });

  test("locals are used again after their variables are done with", () => {
    const fn = write((b) => {
      const x = b.cursorParameter("f32", "x");
      for (let k = 0; k < 50; k++) b.store(x, b.let(ir.mul(b.let(ir.load(x, k)), ir.constant(ir.vector("f32"), 2))), k);
    });
    expect(new Printer().print(fn).locals.length).toBeLessThanOrEqual(3);
    expect(call(fn, [range(50)]).arrays[0]).toEqual(range(50).map((i) => 2 * i));
  });
});

describe("expressions within a statement", () => {
  test("a node used twice is evaluated once", () => {
    const fn = write((b) => {
      const x = b.parameter(ir.vector("f64"), "x");
      const out = b.result(ir.vector("f64"));
      let value: ReturnType<typeof ir.add> = ir.mul(x, x);
      for (let k = 0; k < 40; k++) value = ir.add(value, value);
      b.set(out, value);
    });
    // Without sharing this would be 2⁴⁰ additions.
    expect(call(fn, [3]).returned).toBe(9 * 2 ** 40);
  });

  test("a vector is read whole before it is assigned", () => {
    const fn = write((b) => {
      const x = b.cursorParameter("i32", "x");
      const v = b.load(x, 0, 8);
      b.set(v, ir.shuffle(v, v, [7, 6, 5, 4, 3, 2, 1, 0]));
      b.set(v, ir.add(v, ir.splat(ir.horizontal("add", v), 8)));
      b.store(x, v);
    });
    expect(call(fn, [range(8)]).arrays[0]).toEqual(range(8).map((i) => 7 - i + 28));
  });

  test("a store writes after all of its value is read", () => {
    const fn = write((b) => {
      const x = b.cursorParameter("f32", "x");
      b.store(x, ir.load(x, 0, 16), 1);
    });
    expect(call(fn, [range(17)]).arrays[0]).toEqual([0, ...range(16)]);
  });

  test("the numbers of the lanes, in a loop and outside", () => {
    for (const lanes of [1, 4, 8, 16]) {
      const fn = write((b) => {
        const x = b.cursorParameter("i32", "x");
        const numbers: Expr = { kind: "laneIndex", type: ir.vector("i32", lanes) };
        b.store(x, numbers);
        b.for(1, 4, 1, (i) => b.store(b.point(x, ir.mul(i, ir.index(lanes))), ir.add(numbers, ir.splat(i, lanes))));
      });
      expect(call(fn, [range(4 * lanes)]).arrays[0]).toEqual(range(4 * lanes).map((i) => Math.floor(i / lanes) + (i % lanes)));
    }
  });

  test("a mask kept in a register, assigned from two widths", () => {
    const fn = write((b) => {
      const x = b.cursorParameter("f32", "x");
      const y = b.cursorParameter("f64", "y");
      const m = b.let(ir.compare("gt", ir.load(x, 0, 4), ir.constant(ir.vector("f32", 4), 1)));
      b.set(m, ir.binary("or", m, ir.compare("lt", ir.load(y, 0, 4), ir.constant(ir.vector("f64", 4), 0))));
      b.store(x, ir.convert("f32", m));
      b.store(y, ir.select(m, ir.load(y, 0, 4), ir.constant(ir.vector("f64", 4), 5)));
    });
    expect(
      call(fn, [
        [0, 1, 2, 3],
        [-1, 1, 1, -1],
      ]).arrays,
    ).toEqual([
      [1, 0, 1, 1],
      [-1, 5, 1, -1],
    ]);
  });
});

describe("memory", () => {
  const dtypes = ["f32", "f64", "i32", "u32", "u8", "bool"] as const;
  describe.each(dtypes)("%s", (dtype) => {
    const value = (i: number): number => (dtype === "bool" ? ((i * 5) % 3) & 1 : (i * 37) % 251);
    test.each([1, 4, 8, 16])("%i lanes at every stride, never past the end", (lanes) => {
      // The array ends where the memory ends, so a read past it would trap.
      for (const stride of [0, 1, 2, 3, -1])
        for (const dynamic of [false, true]) {
          const span = stride === 0 ? 1 : (lanes - 1) * Math.abs(stride) + 1;
          const first = stride < 0 ? span - 1 : 0;
          const fn = write((b) => {
            const out = b.cursorParameter("f64", "out");
            const x = b.cursorParameter(dtype, "x");
            const s = b.parameter(ir.I32, "stride");
            const at = b.point(x, ir.index(first));
            const v = b.load(at, 0, lanes, dynamic ? s : stride);
            b.store(out, ir.convert("f64", v));
          });
          const data = range(span).map(value);
          const expected = range(lanes).map((i) => data[first + i * stride]);
          const b = new LoopBuilder();
          b.cursorParameter("f64", "probe");
          expect(call(fn, [expected.map(() => 0), data, stride]).arrays[0]).toEqual(expected);
          if (stride === 0) continue;
          const back = write((c) => {
            const x = c.cursorParameter("f64", "x");
            const out = c.cursorParameter(dtype, "out");
            const s = c.parameter(ir.I32, "stride");
            const at = c.point(out, ir.index(first));
            c.store(at, ir.convert(dtype === "u8" ? "u32" : dtype, ir.load(x, 0, lanes)), 0, dynamic ? s : stride);
          });
          const expectedOut = range(span).map(() => 0);
          for (const i of range(lanes)) expectedOut[first + i * stride] = expected[i];
          expect(call(back, [expected, range(span).map(() => 0), stride]).arrays[1]).toEqual(expectedOut);
        }
    });

    test("offsets before the cursor", () => {
      const fn = write((b) => {
        const x = b.cursorParameter(dtype, "x");
        const at = b.point(x, ir.index(6));
        b.store(at, ir.load(at, -6, 4), -2);
        b.store(at, ir.splat(ir.load(at, -5), 4), 2);
      });
      const data = range(12).map(value);
      const [x] = call(fn, [data]).arrays;
      expect(x).toEqual([...data.slice(0, 4), ...data.slice(0, 4), ...range(4).map(() => data[1])]);
    });
  });

  test("u8 keeps the lowest byte, in one lane as in many", () => {
    for (const lanes of [1, 4, 16]) {
      const fn = write((b) => {
        const x = b.cursorParameter("u32", "x");
        const out = b.cursorParameter("u8", "out");
        forLanes(b, 16, lanes === 1 ? [1] : [lanes, 1], (i, n) => b.store(b.point(out, i), ir.load(b.point(x, i), 0, n)));
      });
      const data = range(16).map((i) => (i * 2654435761) >>> 0);
      expect(call(fn, [data, range(16)]).arrays[1]).toEqual(data.map((v) => v & 255));
    }
  });
});

describe("calls and modules", () => {
  const norm = write((b) => {
    const x = b.parameter(ir.vector("f32", 8), "x");
    const m = b.parameter(ir.vector("bool", 8), "m");
    const squares = b.result(ir.vector("f32", 8));
    const sum = b.result(ir.vector("f32"));
    const kept = b.result(ir.vector("bool", 8));
    b.set(squares, ir.select(m, ir.mul(x, x), ir.constant(x.type, 0)));
    b.set(sum, ir.horizontal("add", squares));
    b.set(kept, m);
  }, "norm");

  test("vectors, masks and several results pass through a call", () => {
    const fn = write((b) => {
      const x = b.cursorParameter("f32", "x");
      const v = b.load(x, 0, 8);
      const [squares, sum, kept] = b.call(norm, [v, ir.compare("gt", ir.convert("f64", v), ir.constant(ir.vector("f64", 8), 2))]);
      b.store(x, ir.select(kept, ir.add(squares, ir.splat(sum, 8)), v));
    });
    const total = 9 + 16 + 25 + 36 + 49;
    expect(call(fn, [range(8)]).arrays[0]).toEqual(range(8).map((i) => (i > 2 ? i * i + total : i)));
  });

  test("equal functions are written once, different ones are not", () => {
    const make = (factor: number): LoopFunction =>
      write((b) => {
        const x = b.parameter(ir.vector("f64"), "x");
        b.set(b.result(ir.vector("f64")), ir.mul(x, ir.constant(x.type, factor)));
      });
    const wrap = (inner: LoopFunction): LoopFunction =>
      write((b) => {
        const x = b.parameter(ir.vector("f64"), "x");
        const [y] = b.call(inner, [x]);
        b.set(b.result(ir.vector("f64")), y);
      });
    const { index, bytes } = printModule([make(2), make(3), make(2), wrap(make(2)), wrap(make(2)), wrap(make(3))], {
      memory: memoryLimits,
    });
    expect(index[2]).toBe(index[0]);
    expect(index[4]).toBe(index[3]);
    expect(new Set(index).size).toBe(4);
    expect(WebAssembly.validate(bytes)).toBe(true);
  });

  test("a hand-written driver calls printed functions and uses atomics on shared memory", () => {
    const add = write((b) => {
      const at = b.cursorParameter("i32", "at");
      b.store(at, ir.add(ir.load(at), ir.index(1)));
    });
    const { bytes } = printModule([add], {
      memory: { initial: 1, maximum: 2, shared: true },
      names: true,
      extra: (handle) => {
        const run = new FunctionBody("run", ["i32"], ["i32"]);
        const i = run.local("i32");
        run.loop().i32Const(64).call(handle(add)).i32Const(0).i32Const(1).memory("i32.atomic.rmw.add", 128).op("drop");
        run.localGet(i).i32Const(1).op("i32.add").localTee(i).localGet(0).op("i32.lt_s").brIf(0).end();
        run.i32Const(0).i32Const(99).i64Const(0n).memory("memory.atomic.wait32", 128).op("drop").atomicFence();
        run.i32Const(0).i32Const(1).memory("memory.atomic.notify", 128).op("drop");
        run.i32Const(128).i32Const(10).i32Const(11).memory("i32.atomic.rmw.cmpxchg");
        return { run };
      },
    });
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    const { run } = exports;
    if (typeof run !== "function") throw new Error("no run");
    expect(run(10)).toBe(10);
    const words = new Int32Array(memory.buffer);
    expect([words[16], words[32]]).toEqual([10, 11]);
  });

  test("fast mode prints fused multiply-add, for vectors only", () => {
    const make = (lanes: number): LoopFunction =>
      write((b) => {
        const x = b.cursorParameter("f32", "x");
        const v = b.load(x, 0, lanes);
        b.store(x, ir.multiplyAdd(v, v, ir.constant(v.type, -1)));
      });
    const fused = (lanes: number, fast: boolean): boolean =>
      Buffer.from(printModule([make(lanes)], { memory: memoryLimits, fast }).bytes).includes(Buffer.from([0xfd, 0x85, 0x02]));
    expect([fused(4, true), fused(4, false), fused(1, true), fused(1, false)]).toEqual([true, false, false, false]);
    const { bytes } = printModule([make(4)], { memory: memoryLimits, fast: true });
    // Node 20 knows the instruction only behind a flag.
    if (!WebAssembly.validate(bytes)) return;
    // (1 + 2⁻²³)² − 1 keeps 2⁻⁴⁶ only when fused; either way it is 2⁻²² to within a rounding.
    const x = 1 + 2 ** -23;
    const [out] = call(make(4), [[x, x, x, x]], { fast: true }).arrays;
    expect([2 ** -22, 2 ** -22 + 2 ** -46]).toContain(out[0]);
  });

  test("numbers survive their encoding", () => {
    const i32 = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 2147483647, -2147483648];
    const i64 = [0n, 63n, 64n, -64n, -65n, 1n << 62n, -(1n << 63n), (1n << 63n) - 1n];
    const exports: Record<string, FunctionBody> = {};
    for (const v of i32) exports[`i${v}`] = new FunctionBody("i", [], ["i32"]).i32Const(v);
    for (const v of i64) exports[`l${v}`] = new FunctionBody("l", [], ["i64"]).i64Const(v);
    const { bytes } = encodeModule({ memory: memoryLimits, exports });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: new WebAssembly.Memory({ initial: 1, maximum: 1 }) },
    });
    for (const v of [...i32.map((v) => [`i${v}`, v] as const), ...i64.map((v) => [`l${v}`, v] as const)]) {
      const f = instance.exports[v[0]];
      expect(typeof f === "function" && f()).toBe(v[1]);
    }
  });
});
