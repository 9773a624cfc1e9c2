import { describe, expect, test } from "vitest";
import { add, constant, convert, index, load, max, mul, splat, vector } from "../../../src/compiler/loops/expressions.js";
import type { Expr } from "../../../src/compiler/loops/ir.js";
import { type ConvolutionShape, convolution, convolutionInputGradient } from "../../../src/compiler/templates/convolution.js";
import { convolutionFilterGradient } from "../../../src/compiler/templates/filter-gradient.js";
import type { Epilogue, FloatDType, ImageOperand, MatrixOperand } from "../../../src/compiler/templates/template.js";
import { LARGE, SMALL } from "../../../src/compiler/templates/winograd-forms.js";
import { winogradForm } from "../../../src/compiler/templates/winograd-tiles.js";
import { type Buffer, compiledMachine, Machine, noise } from "./machine.js";

/** An image batch in a buffer; bytes are read as value / 256. */
function image(machine: Machine, buffer: Buffer, [h, w, c]: readonly [number, number, number], plain: boolean): ImageOperand {
  return {
    plain,
    open: (b) => {
      const cursor = machine.bind(b.cursorParameter(buffer.dtype, "image"), buffer);
      return {
        cursor,
        row: (n, y) => {
          const row = b.point(cursor, mul(add(mul(n, index(h)), y), index(w * c)));
          return (x, channel, lanes) => {
            const raw = load(b.point(row, add(mul(x, index(c)), channel)), 0, lanes);
            return buffer.dtype === "u8" ? mul(convert("f32", raw), constant(vector("f32", lanes), 1 / 256)) : raw;
          };
        },
      };
    },
  };
}

function matrix(machine: Machine, buffer: Buffer, columns: number, plain: boolean): MatrixOperand {
  return {
    unit: "outer",
    ...(plain ? { inPlace: { batch: 0, outer: 1, depth: columns } } : {}),
    open: (b) => {
      const cursor = machine.bind(b.cursorParameter(buffer.dtype, "filter"), buffer);
      const at = (outer: Expr, depth: Expr): Expr => add(mul(depth, index(columns)), outer);
      return {
        cursor,
        read: ({ outer, depth }, along, lanes) => load(b.point(cursor, at(outer, depth)), 0, lanes, along === "outer" ? 1 : columns),
      };
    },
  };
}

interface Case {
  readonly batch?: number;
  readonly size: readonly [number, number];
  readonly channels: number;
  readonly filters: number;
  readonly kernel?: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  /** [top, left, bottom, right] */
  readonly padding?: readonly [number, number, number, number];
  readonly dtype?: FloatDType;
  readonly plain?: boolean;
  readonly bytes?: boolean;
  readonly threads?: number;
  readonly direct?: boolean;
}

function shapeOf(c: Case): ConvolutionShape {
  const [height, width] = c.size;
  const [kernelHeight, kernelWidth] = c.kernel ?? [3, 3];
  const stride = c.stride ?? [1, 1];
  const dilation = c.dilation ?? [1, 1];
  const [top, left, bottom, right] = c.padding ?? [1, 1, 1, 1];
  const out = (n: number, k: number, s: number, d: number) => Math.floor((n - (k - 1) * d - 1) / s) + 1;
  return {
    batch: c.batch ?? 2,
    height,
    width,
    channels: c.channels,
    kernelHeight,
    kernelWidth,
    filters: c.filters,
    outputHeight: out(height + top + bottom, kernelHeight, stride[0], dilation[0]),
    outputWidth: out(width + left + right, kernelWidth, stride[1], dilation[1]),
    stride,
    padding: [top, left],
    dilation,
  };
}

/** Calls `body` for every product of the convolution with the flat indices of X, W and Y. */
function everyProduct(s: ConvolutionShape, body: (x: number, w: number, y: number) => void): void {
  for (let n = 0; n < s.batch; n++)
    for (let y = 0; y < s.outputHeight; y++)
      for (let x = 0; x < s.outputWidth; x++)
        for (let ky = 0; ky < s.kernelHeight; ky++)
          for (let kx = 0; kx < s.kernelWidth; kx++) {
            const h = y * s.stride[0] + ky * s.dilation[0] - s.padding[0];
            const w = x * s.stride[1] + kx * s.dilation[1] - s.padding[1];
            if (h < 0 || w < 0 || h >= s.height || w >= s.width) continue;
            for (let c = 0; c < s.channels; c++)
              for (let o = 0; o < s.filters; o++)
                body(
                  ((n * s.height + h) * s.width + w) * s.channels + c,
                  ((ky * s.kernelWidth + kx) * s.channels + c) * s.filters + o,
                  ((n * s.outputHeight + y) * s.outputWidth + x) * s.filters + o,
                );
          }
}

/** Stores rows of `columns` results as they are. */
function storing(machine: Machine, buffer: Buffer, columns: number): Epilogue {
  return (b) => {
    const to = machine.bind(b.cursorParameter(buffer.dtype, "results"), buffer);
    return (_, i) => {
      const row = b.point(to, mul(i, index(columns)));
      return (j, _lanes, value) => b.store(b.point(row, j), value);
    };
  };
}

/** |error| ≤ (terms + 3) u Σ|a||b| for any order of summation, u half a unit in the last place. Gives the worst ratio. */
function worst(got: ArrayLike<number>, want: Float64Array, size: Float64Array, terms: number, dtype: FloatDType): number {
  const unit = dtype === "f32" ? 2 ** -24 : 2 ** -53;
  let ratio = 0;
  for (const [i, w] of want.entries()) {
    const r = Math.abs((got[i] ?? Number.NaN) - w) / ((terms + 3) * unit * (size[i] ?? 0) + 1e-300);
    ratio = Number.isNaN(r) ? Number.POSITIVE_INFINITY : Math.max(ratio, r);
  }
  return ratio;
}

function solve(c: Case, machine = compiledMachine()) {
  const s = shapeOf(c);
  const { dtype = "f32", plain = true, bytes = false, threads = 1, direct = false } = c;
  const algorithm = direct ? { algorithm: "direct" as const } : {};
  const counts = {
    x: s.batch * s.height * s.width * s.channels,
    w: s.kernelHeight * s.kernelWidth * s.channels * s.filters,
    y: s.batch * s.outputHeight * s.outputWidth * s.filters,
  };
  const x = bytes ? machine.buffer("u8", counts.x, (i) => (i * 37) % 256) : machine.buffer(dtype, counts.x, (i) => noise(i, 3));
  const w = machine.buffer(dtype, counts.w, (i) => noise(i, 4));
  const dy = machine.buffer(dtype, counts.y, (i) => noise(i, 5));
  const bias = machine.buffer(dtype, s.filters, (i) => noise(i, 6));
  const [y, dx, dw, db] = [counts.y, counts.x, counts.w, s.filters].map((n) => machine.buffer(dtype, n, () => Number.NaN));
  if (!y || !dx || !dw || !db) throw new Error("no buffers");
  const input = image(machine, x, [s.height, s.width, s.channels], plain && !bytes);
  const gradient = image(machine, dy, [s.outputHeight, s.outputWidth, s.filters], plain);
  const filter = matrix(machine, w, s.filters, plain);
  const withBias: Epilogue = (b) => {
    const to = machine.bind(b.cursorParameter(dtype, "y"), y);
    const from = machine.bind(b.cursorParameter(dtype, "bias"), bias);
    return (_, i) => (j, lanes, value) =>
      b.store(
        b.point(to, add(mul(i, index(s.filters)), j)),
        max(add(value, load(b.point(from, j), 0, lanes)), splat(constant(vector(dtype), 0), lanes)),
      );
  };
  machine.prepare(convolution({ ...algorithm, name: "forward", dtype, shape: s, image: input, filter, epilogue: withBias }), threads)();
  machine.prepare(
    convolutionInputGradient({
      ...algorithm,
      name: "input",
      dtype,
      shape: s,
      image: gradient,
      filter,
      epilogue: storing(machine, dx, s.channels),
    }),
    threads,
  )();
  machine.prepare(
    convolutionFilterGradient({
      ...algorithm,
      name: "filter",
      dtype,
      shape: s,
      image: input,
      gradient,
      epilogue: storing(machine, dw, s.filters),
      sideSum: (b) => {
        const to = machine.bind(b.cursorParameter(dtype, "sums"), db);
        return () => (j, _lanes, value) => b.store(b.point(to, j), value);
      },
    }),
    threads,
  )();

  const [xv, wv, dyv, bv] = [machine.view(x), machine.view(w), machine.view(dy), machine.view(bias)];
  const want = {
    y: new Float64Array(counts.y),
    dx: new Float64Array(counts.x),
    dw: new Float64Array(counts.w),
    db: new Float64Array(s.filters),
  };
  const size = {
    y: new Float64Array(counts.y),
    dx: new Float64Array(counts.x),
    dw: new Float64Array(counts.w),
    db: new Float64Array(s.filters),
  };
  const put = (key: keyof typeof want, i: number, v: number) => {
    want[key][i] = (want[key][i] ?? 0) + v;
    size[key][i] = (size[key][i] ?? 0) + Math.abs(v);
  };
  const scale = bytes ? 1 / 256 : 1;
  everyProduct(s, (i, j, k) => {
    put("y", k, (xv[i] ?? 0) * scale * (wv[j] ?? 0));
    put("dx", i, (dyv[k] ?? 0) * (wv[j] ?? 0));
    put("dw", j, (xv[i] ?? 0) * scale * (dyv[k] ?? 0));
  });
  for (let k = 0; k < counts.y; k++) {
    put("y", k, bv[k % s.filters] ?? 0);
    want.y[k] = Math.max(0, want.y[k] ?? 0);
    put("db", k % s.filters, dyv[k] ?? 0);
  }
  // Winograd's sums mix the products of a whole tile, so that errors are relative to the largest of neighbouring results.
  if (!direct && winogradForm(dtype, c.kernel ?? [3, 3], s.stride, s.dilation, s.channels, s.filters, [1, 1]))
    for (const sizes of [size.y, size.dx, size.dw]) sizes.fill(sizes.reduce((a, b) => Math.max(a, b)));
  const taps = s.kernelHeight * s.kernelWidth;
  const positions = s.batch * s.outputHeight * s.outputWidth;
  return {
    y: worst(machine.view(y), want.y, size.y, taps * s.channels, dtype),
    dx: worst(machine.view(dx), want.dx, size.dx, taps * s.filters, dtype),
    dw: worst(machine.view(dw), want.dw, size.dw, positions, dtype),
    db: worst(machine.view(db), want.db, size.db, positions, dtype),
    bits: [y, dx, dw, db].map((buffer) => machine.view(buffer).slice()),
  };
}

function expectRight(c: Case): void {
  const r = solve(c);
  expect(Math.max(r.y, r.dx, r.dw, r.db), JSON.stringify({ y: r.y, dx: r.dx, dw: r.dw, db: r.db })).toBeLessThanOrEqual(1);
}

const cases: Record<string, Case> = {
  "one channel to 16": { size: [9, 11], channels: 1, filters: 16 },
  "one channel to one": { size: [8, 7], channels: 1, filters: 1 },
  "16 to 32": { size: [7, 6], channels: 16, filters: 32 },
  "3 to 10": { size: [10, 9], channels: 3, filters: 10 },
  "100 to 1": { size: [4, 5], channels: 100, filters: 1, batch: 1 },
  "32 to 1": { size: [6, 9], channels: 32, filters: 1 },
  "5 to 21": { size: [5, 8], channels: 5, filters: 21 },
  "no padding": { size: [9, 10], channels: 4, filters: 8, padding: [0, 0, 0, 0] },
  "uneven padding": { size: [6, 7], channels: 4, filters: 6, kernel: [2, 3], padding: [0, 2, 1, 0] },
  "one by one": { size: [5, 7], channels: 6, filters: 9, kernel: [1, 1], padding: [0, 0, 0, 0] },
  "5 by 5": { size: [9, 8], channels: 2, filters: 4, kernel: [5, 5], padding: [2, 2, 2, 2] },
  "more padding than the filter needs": { size: [4, 5], channels: 3, filters: 4, kernel: [2, 2], padding: [3, 2, 3, 2] },
  "long sums": { size: [4, 5], channels: 70, filters: 18, batch: 1 },
  "very long runs": { size: [3, 4], channels: 130, filters: 4, batch: 1 },
  strides: { size: [11, 10], channels: 4, filters: 12, stride: [2, 2] },
  "strides that leave pixels out": { size: [12, 11], channels: 3, filters: 5, stride: [3, 2], kernel: [2, 2], padding: [0, 0, 0, 0] },
  "strides, one channel": { size: [13, 12], channels: 1, filters: 8, stride: [2, 3] },
  dilation: { size: [10, 11], channels: 4, filters: 8, dilation: [2, 2], padding: [2, 2, 2, 2] },
  "dilation and strides": { size: [11, 12], channels: 3, filters: 4, dilation: [1, 2], stride: [2, 1], padding: [1, 2, 1, 2] },
  "several chunks of rows": { size: [40, 30], channels: 2, filters: 4, batch: 3 },
  "16 to 16, one tile": { size: [2, 2], channels: 16, filters: 16, batch: 1 },
  "18 to 37": { size: [7, 9], channels: 18, filters: 37 },
  "32 to 32, no padding": { size: [8, 7], channels: 32, filters: 32, padding: [0, 0, 0, 0] },
  "290 to 16": { size: [4, 3], channels: 290, filters: 16, batch: 1 },
  "several blocks of tiles": { size: [21, 30], channels: 16, filters: 20, batch: 1 },
  "small tiles": { size: [5, 6], channels: 16, filters: 20, padding: [1, 0, 1, 1], batch: 3 },
  "blocks of an odd number of tiles": { size: [24, 13], channels: 17, filters: 16, batch: 4 },
  "wide filters": { size: [2, 3], channels: 8, filters: 300, batch: 1 },
};

describe("convolution and its gradients", () => {
  for (const [name, c] of Object.entries(cases)) {
    test(name, () => expectRight(c));
    test(`${name}, through prologues`, () => expectRight({ ...c, plain: false }));
  }

  test("tiles are large where that saves multiplications, and filters are transformed where that pays", () => {
    const form = (height: number, width: number, channels = 16, dtype: FloatDType = "f32", stride = 1) =>
      winogradForm(dtype, [3, 3], [stride, stride], [1, 1], channels, 16, [height, width]);
    for (const size of [3, 4, 7, 8, 14, 40]) expect(form(size, size)).toBe(LARGE);
    for (const size of [1, 2, 5]) expect(form(size, size)).toBe(SMALL);
    expect(form(1, 40)).toBe(SMALL);
    expect([form(8, 8, 15), form(8, 8, 16, "f64"), form(8, 8, 16, "f32", 2)]).toEqual([undefined, undefined, undefined]);
  });

  test.each(["16 to 32", "18 to 37", "290 to 16", "several blocks of tiles"])("without Winograd: %s", (name) => {
    const c = cases[name];
    if (c) expectRight({ ...c, direct: true });
  });

  test.each(["3 to 10", "strides", "dilation", "long sums"])("f64: %s", (name) => {
    const c = cases[name];
    if (c) expectRight({ ...c, dtype: "f64" });
  });

  test("images of bytes", () => {
    const r = solve({ size: [9, 8], channels: 1, filters: 16, bytes: true });
    expect(Math.max(r.y, r.dw)).toBeLessThanOrEqual(1);
    const colour = solve({ size: [9, 8], channels: 3, filters: 4, bytes: true });
    expect(Math.max(colour.y, colour.dw)).toBeLessThanOrEqual(1);
  });

  test.each([
    { size: [30, 28], channels: 4, filters: 20, batch: 3 },
    { size: [9, 10], channels: 3, filters: 5, batch: 4, stride: [2, 2] },
    { size: [15, 13], channels: 17, filters: 36, batch: 3 },
  ] as const)("the same bits however the blocks are dealt out %o", (c) => {
    const alone = solve(c).bits;
    for (const threads of [2, 3, 7]) expect(solve({ ...c, threads }).bits).toEqual(alone);
  });

  test("printed and interpreted programs give the same bits", () => {
    const c = { size: [5, 6], channels: 3, filters: 5, batch: 1 } as const;
    expect(solve(c, new Machine()).bits).toEqual(solve(c).bits);
  });
});
