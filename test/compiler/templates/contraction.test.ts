import { describe, expect, test } from "vitest";
import { add, constant, convert, index, load, max, mul, splat, vector } from "../../../src/compiler/loops/expressions.js";
import { contraction } from "../../../src/compiler/templates/contraction.js";
import type { Epilogue, FloatDType, MatrixOperand, SideSum } from "../../../src/compiler/templates/template.js";
import { type Buffer, compiledMachine, Machine, noise } from "./machine.js";

/** A plain matrix operand with any strides; `packed` hides that it could be used in place. */
function plain(machine: Machine, buffer: Buffer, strides: { batch: number; outer: number; depth: number }, packed = false): MatrixOperand {
  const unit = strides.depth === 1 ? "depth" : strides.outer === 1 ? "outer" : undefined;
  return {
    ...(unit ? { unit } : {}),
    ...(packed ? {} : { inPlace: strides }),
    open: (b) => {
      const cursor = machine.bind(b.cursorParameter(buffer.dtype, "operand"), buffer);
      return {
        cursor,
        read: (at, along, lanes) => {
          const place = add(
            mul(at.batch, index(strides.batch)),
            add(mul(at.outer, index(strides.outer)), mul(at.depth, index(strides.depth))),
          );
          return load(b.point(cursor, place), 0, lanes, along === "depth" ? strides.depth : strides.outer);
        },
      };
    },
  };
}

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  readonly dtype?: FloatDType;
  /** Layouts: is A stored [k, i] and B stored [j, k]? */
  readonly ta?: boolean;
  readonly tb?: boolean;
  readonly packed?: boolean;
  readonly threads?: number;
  readonly side?: boolean;
}

function solve(
  { m, n, k, batch = 1, dtype = "f32", ta = false, tb = false, packed = false, threads = 1, side = true }: Case,
  machine = compiledMachine(),
) {
  const a = machine.buffer(dtype, batch * m * k, (i) => noise(i, 3));
  const b = machine.buffer(dtype, batch * n * k, (i) => noise(i, 4));
  const bias = machine.buffer(dtype, n, (i) => noise(i, 5));
  const c = machine.buffer(dtype, batch * m * n, () => Number.NaN);
  const positive = machine.buffer(dtype, batch * m * n, () => Number.NaN);
  const sums = machine.buffer(dtype, batch * n, () => Number.NaN);
  const epilogue: Epilogue = (l) => {
    const toC = machine.bind(l.cursorParameter(dtype, "c"), c);
    const toPositive = machine.bind(l.cursorParameter(dtype, "positive"), positive);
    const fromBias = machine.bind(l.cursorParameter(dtype, "bias"), bias);
    return (at, i) => {
      const row = l.let(mul(add(mul(at, index(m)), i), index(n)));
      return (j, lanes, value) => {
        const z = l.let(add(value, load(l.point(fromBias, j), 0, lanes)));
        l.store(l.point(toC, add(row, j)), z);
        l.store(l.point(toPositive, add(row, j)), max(z, splat(constant(vector(dtype), 0), lanes)));
      };
    };
  };
  const sideSum: SideSum = (l) => {
    const to = machine.bind(l.cursorParameter(dtype, "sums"), sums);
    return (at) => (j, _lanes, value) => l.store(l.point(to, add(mul(at, index(n)), j)), value);
  };
  const plan = contraction({
    name: "product",
    dtype,
    batch,
    rows: m,
    columns: n,
    depth: k,
    a: plain(machine, a, ta ? { batch: m * k, outer: 1, depth: m } : { batch: m * k, outer: k, depth: 1 }, packed),
    b: plain(machine, b, tb ? { batch: n * k, outer: k, depth: 1 } : { batch: n * k, outer: 1, depth: n }, packed),
    epilogue,
    ...(side ? { sideSum } : {}),
  });
  machine.prepare(plan, threads)();
  const [av, bv, biasv] = [machine.view(a), machine.view(b), machine.view(bias)];
  const A = (t: number, i: number, l: number) => av[t * m * k + (ta ? l * m + i : i * k + l)] ?? Number.NaN;
  const B = (t: number, l: number, j: number) => bv[t * n * k + (tb ? j * k + l : l * n + j)] ?? Number.NaN;
  // |error| ≤ (k + 2) u Σ|a||b| for any order of summation; u is half a unit in the last place.
  const unit = dtype === "f32" ? 2 ** -24 : 2 ** -53;
  let worst = 0;
  const [cv, pv, sv] = [machine.view(c), machine.view(positive), machine.view(sums)];
  const check = (got: number | undefined, want: number, scale: number) => {
    const error = Math.abs((got ?? Number.NaN) - want) / ((k + 2) * unit * scale + 1e-300);
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  };
  for (let t = 0; t < batch; t++)
    for (let j = 0; j < n; j++) {
      let [column, columnSize] = [0, 0];
      for (let l = 0; l < k; l++) {
        column += B(t, l, j);
        columnSize += Math.abs(B(t, l, j));
      }
      if (side) check(sv[t * n + j], column, columnSize);
      for (let i = 0; i < m; i++) {
        let [sum, size] = [biasv[j] ?? 0, Math.abs(biasv[j] ?? 0)];
        for (let l = 0; l < k; l++) {
          sum += A(t, i, l) * B(t, l, j);
          size += Math.abs(A(t, i, l) * B(t, l, j));
        }
        check(cv[(t * m + i) * n + j], sum, size);
        check(pv[(t * m + i) * n + j], Math.max(sum, 0), size);
      }
    }
  return { worst, bits: [cv.slice(), pv.slice(), sv.slice()], plan };
}

describe("contraction", () => {
  const sizes: [number, number, number][] = [
    [1, 1, 1],
    [1, 16, 40],
    [1, 21, 33],
    [2, 20, 300],
    [3, 10, 17],
    [5, 3, 7],
    [8, 1, 260],
    [9, 33, 20],
    [17, 12, 31],
    [33, 4, 12],
    [29, 37, 41],
    [70, 9, 5],
    [67, 35, 6],
    [30, 280, 4],
    [6, 7, 515],
    [64, 16, 1],
    [40, 1, 37],
    [301, 10, 259],
    [140, 3, 9],
    [5, 300, 20],
    [8, 270, 11],
    [6, 39, 530],
  ];
  for (const [m, n, k] of sizes)
    for (const ta of [false, true])
      for (const tb of [false, true])
        test(`${m}×${k} · ${k}×${n}${ta ? ", A transposed" : ""}${tb ? ", B transposed" : ""}`, () => {
          expect(solve({ m, n, k, ta, tb }).worst).toBeLessThanOrEqual(1);
          expect(solve({ m, n, k, ta, tb, packed: true }).worst).toBeLessThanOrEqual(1);
          expect(solve({ m, n, k, ta, tb, side: false }).worst).toBeLessThanOrEqual(1);
        });

  test.each([
    { m: 13, n: 19, k: 29, batch: 3 },
    { m: 4, n: 8, k: 8, batch: 5, ta: true },
    { m: 7, n: 6, k: 270, batch: 2, tb: true, packed: true },
  ])("a batch of products %o", (c) => expect(solve(c).worst).toBeLessThanOrEqual(1));

  test.each([
    { m: 13, n: 19, k: 29 },
    { m: 5, n: 8, k: 300, ta: true, packed: true },
    { m: 9, n: 11, k: 30, tb: true },
    { m: 3, n: 3, k: 3, batch: 2 },
  ])("in f64 %o", (c) => expect(solve({ ...c, dtype: "f64" }).worst).toBeLessThanOrEqual(1));

  test("long thin products are cut into segments", () => {
    const c = { m: 7, n: 10, k: 2500, ta: true };
    const { worst, plan } = solve({ ...c, side: c.m > 0 && c.n > 0 });
    expect(plan.phases.map((p) => p.function.name)).toContain("product_join");
    expect(worst).toBeLessThanOrEqual(1);
  });

  test.each([
    { m: 150, n: 40, k: 20 },
    { m: 6, n: 9, k: 2300, ta: true },
    { m: 20, n: 24, k: 270, batch: 3, packed: true, tb: true },
  ])("the same bits however the blocks are dealt out %o", (c) => {
    const alone = solve(c).bits;
    for (const threads of [2, 3, 7]) expect(solve({ ...c, threads }).bits).toEqual(alone);
  });

  test("printed and interpreted programs give the same bits", () => {
    for (const c of [
      { m: 5, n: 19, k: 270 },
      { m: 9, n: 6, k: 17, ta: true, tb: true, batch: 2 },
    ])
      expect(solve(c, new Machine()).bits).toEqual(solve(c).bits);
  });

  test("a tall thin result lying on its side has the same bits", () => {
    const c = { m: 90, n: 5, k: 300, ta: true };
    const [lying, standing] = [solve({ ...c, side: false }), solve(c)];
    expect(lying.bits[0]).toEqual(standing.bits[0]);
  });

  test("packing and tiles do not change the bits", () => {
    for (const c of [
      { m: 8, n: 36, k: 300 },
      { m: 7, n: 20, k: 40, ta: true },
      { m: 4, n: 6, k: 2400, tb: true },
    ])
      expect(solve({ ...c, packed: true }).bits).toEqual(solve(c).bits);
  });

  test.each([
    { m: 0, n: 5, k: 3 },
    { m: 4, n: 0, k: 3 },
    { m: 4, n: 21, k: 0 },
    { m: 4, n: 5, k: 3, batch: 0 },
    { m: 70, n: 5, k: 0, ta: true, packed: true },
  ])("without elements %o", (c) => {
    const { worst, plan } = solve({ ...c, side: c.m > 0 && c.n > 0 });
    expect(worst).toBeLessThanOrEqual(1);
    for (const { size } of plan.scratch) expect(size).toBeGreaterThanOrEqual(0);
    for (const { blocks } of plan.phases) expect(blocks).toBeGreaterThanOrEqual(0);
  });

  test.each([
    { m: 5, n: 9, k: 600 },
    { m: 40, n: 2, k: 300, ta: true, side: false },
    { m: 3, n: 4, k: 3000 },
  ])("the order of summation is the documented one, to the last bit %o", (c) => {
    const [cv] = solve(c).bits;
    const f = Math.fround;
    const segments = c.k >= 2048 ? Math.min(8, Math.floor(c.k / 1024)) : 1;
    const segment = Math.ceil(c.k / segments / 256) * 256;
    for (let i = 0; i < c.m; i++)
      for (let j = 0; j < c.n; j++) {
        let total = 0;
        for (let s = 0; s < c.k; s += segment) {
          let sum = 0;
          for (let from = s; from < Math.min(c.k, s + segment); from += 256) {
            let chunk = 0;
            for (let k = from; k < Math.min(c.k, from + 256); k++)
              chunk = f(chunk + f(f(noise(c.ta ? k * c.m + i : i * c.k + k, 3)) * f(noise(k * c.n + j, 4))));
            sum = f(sum + chunk);
          }
          total = f(total + sum);
        }
        expect(cv?.[i * c.n + j]).toBe(f(total + f(noise(j, 5))));
      }
  });

  test("a prologue runs while packing: bytes scaled to floats", () => {
    const [m, n, k] = [11, 18, 37];
    const machine = compiledMachine();
    const bytes = machine.buffer("u8", m * k, (i) => (i * 37) % 256);
    const b = machine.buffer("f32", n * k, (i) => noise(i, 2));
    const c = machine.buffer("f32", m * n);
    const a: MatrixOperand = {
      unit: "depth",
      open: (l) => {
        const cursor = machine.bind(l.cursorParameter("u8", "bytes"), bytes);
        return {
          read: ({ outer, depth }, along, lanes) => {
            const raw = load(l.point(cursor, add(mul(outer, index(k)), depth)), 0, lanes, along === "depth" ? 1 : k);
            return mul(convert("f32", raw), constant(vector("f32", lanes), 1 / 256));
          },
        };
      },
    };
    const epilogue: Epilogue = (l) => {
      const to = machine.bind(l.cursorParameter("f32", "c"), c);
      return (_, i) => (j, _lanes, value) => l.store(l.point(to, add(mul(i, index(n)), j)), value);
    };
    const plan = contraction({
      name: "bytes",
      dtype: "f32",
      rows: m,
      columns: n,
      depth: k,
      a,
      b: plain(machine, b, { batch: 0, outer: 1, depth: n }),
      epilogue,
    });
    machine.prepare(plan, 2)();
    const [av, bv, cv] = [machine.view(bytes), machine.view(b), machine.view(c)];
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += ((av[i * k + l] ?? 0) / 256) * (bv[l * n + j] ?? 0);
        expect(Math.abs((cv[i * n + j] ?? 0) - sum)).toBeLessThanOrEqual((k + 2) * 2 ** -24 * k);
      }
  });
});
