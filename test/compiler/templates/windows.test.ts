import { describe, expect, test } from "vitest";
import { add, index, load, mul } from "../../../src/compiler/loops/expressions.js";
import type { Expr } from "../../../src/compiler/loops/ir.js";
import type { FloatDType } from "../../../src/compiler/templates/template.js";
import {
  type WindowEpilogue,
  type WindowShape,
  windowGather,
  windowMaximum,
  windowScatter,
} from "../../../src/compiler/templates/windows.js";
import { type Buffer, compiledMachine, Machine, noise } from "./machine.js";

interface Case {
  readonly batch?: number;
  readonly size: readonly [number, number];
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly padding?: readonly [number, number];
  readonly dtype?: FloatDType;
  readonly threads?: number;
}

function shapeOf(c: Case): WindowShape {
  const stride = c.stride ?? c.kernel;
  const padding = c.padding ?? [0, 0];
  const out = (axis: 0 | 1): number => Math.floor((c.size[axis] + 2 * padding[axis] - c.kernel[axis]) / stride[axis]) + 1;
  return {
    batch: c.batch ?? 2,
    height: c.size[0],
    width: c.size[1],
    channels: c.channels,
    kernelHeight: c.kernel[0],
    kernelWidth: c.kernel[1],
    outputHeight: out(0),
    outputWidth: out(1),
    stride,
    padding,
  };
}

/** Reads [n, h, w, c] buffers. */
function grid(machine: Machine, buffer: Buffer, [h, w, c]: readonly [number, number, number]) {
  return {
    open: (b: Parameters<WindowEpilogue<Expr>>[0]) => {
      const cursor = machine.bind(b.cursorParameter(buffer.dtype, "grid"), buffer);
      return {
        row: (n: Expr, y: Expr) => {
          const row = b.point(cursor, mul(add(mul(n, index(h)), y), index(w * c)));
          return (x: Expr, channel: Expr, lanes: number) => load(b.point(row, add(mul(x, index(c)), channel)), 0, lanes);
        },
      };
    },
  };
}

function storing(machine: Machine, buffer: Buffer, channels: number): WindowEpilogue<Expr> {
  return (b) => {
    const to = machine.bind(b.cursorParameter(buffer.dtype, "results"), buffer);
    return (i) => {
      const row = b.point(to, mul(i, index(channels)));
      return (c, _lanes, value) => b.store(b.point(row, c), value);
    };
  };
}

function solve(c: Case, fill: (i: number) => number, machine = compiledMachine()) {
  const s = shapeOf(c);
  const { dtype = "f32", threads = 1 } = c;
  const windows = s.batch * s.outputHeight * s.outputWidth * s.channels;
  const pixels = s.batch * s.height * s.width * s.channels;
  const image = machine.buffer(dtype, pixels, fill);
  const seeds = machine.buffer(dtype, windows, (i) => noise(i, 9));
  const place = machine.buffer("i32", windows, () => -1);
  const value = machine.buffer(dtype, windows, () => -7);
  const gathered = machine.buffer(dtype, windows, () => -7);
  const scattered = machine.buffer(dtype, pixels, () => -7);
  const imageOperand = grid(machine, image, [s.height, s.width, s.channels]);
  const windowGrid = (buffer: Buffer) => grid(machine, buffer, [s.outputHeight, s.outputWidth, s.channels]);
  machine.prepare(
    windowMaximum({
      name: "maximum",
      dtype,
      shape: s,
      image: imageOperand,
      epilogue: (b) => {
        const places = storing(machine, place, s.channels)(b);
        const values = storing(machine, value, s.channels)(b);
        return (i) => {
          const [p, v] = [places(i), values(i)];
          return (channel, lanes, best) => {
            p(channel, lanes, best.place);
            v(channel, lanes, best.value);
          };
        };
      },
    }),
    threads,
  )();
  machine.prepare(
    windowGather({
      name: "gather",
      dtype,
      shape: s,
      image: imageOperand,
      places: windowGrid(place),
      epilogue: storing(machine, gathered, s.channels),
    }),
    threads,
  )();
  machine.prepare(
    windowScatter({
      name: "scatter",
      dtype,
      shape: s,
      values: windowGrid(seeds),
      places: windowGrid(place),
      epilogue: storing(machine, scattered, s.channels),
    }),
    threads,
  )();
  return {
    s,
    image: machine.view(image),
    seeds: machine.view(seeds),
    place: machine.view(place),
    value: machine.view(value),
    gathered: machine.view(gathered),
    scattered: machine.view(scattered),
  };
}

/** Everything by its definition, one element at a time. */
function expected(s: WindowShape, image: ArrayLike<number>, seeds: ArrayLike<number>, f32: boolean) {
  const place: number[] = [];
  const value: number[] = [];
  const scattered = new Array<number>(s.batch * s.height * s.width * s.channels).fill(0);
  for (let n = 0; n < s.batch; n++)
    for (let y = 0; y < s.outputHeight; y++)
      for (let x = 0; x < s.outputWidth; x++)
        for (let c = 0; c < s.channels; c++) {
          let [best, at, source] = [Number.NaN, -1, -1];
          for (let k = 0; k < s.kernelHeight * s.kernelWidth; k++) {
            const h = y * s.stride[0] - s.padding[0] + Math.floor(k / s.kernelWidth);
            const w = x * s.stride[1] - s.padding[1] + (k % s.kernelWidth);
            if (h < 0 || w < 0 || h >= s.height || w >= s.width) continue;
            const i = ((n * s.height + h) * s.width + w) * s.channels + c;
            const v = image[i] ?? 0;
            if (at < 0 || (!Number.isNaN(best) && (v > best || Number.isNaN(v)))) [best, at, source] = [v, k, i];
          }
          const sum = (scattered[source] ?? 0) + (seeds[place.length] ?? 0);
          scattered[source] = f32 ? Math.fround(sum) : sum;
          place.push(at);
          value.push(best);
        }
  return { place, value, scattered };
}

const cases: Record<string, Case> = {
  "2 by 2": { size: [6, 8], channels: 16, kernel: [2, 2] },
  "2 by 2, odd sizes, odd channels": { size: [7, 9], channels: 5, kernel: [2, 2] },
  "2 by 3": { size: [6, 9], channels: 3, kernel: [2, 3] },
  "overlapping 3 by 3": { size: [9, 8], channels: 6, kernel: [3, 3], stride: [2, 2] },
  "overlapping, padded": { size: [7, 10], channels: 4, kernel: [3, 3], stride: [2, 1], padding: [1, 1] },
  "gaps between windows": { size: [11, 10], channels: 4, kernel: [2, 2], stride: [3, 4] },
  "large windows": { size: [8, 9], channels: 4, kernel: [4, 5], stride: [4, 2] },
  "one channel": { size: [5, 6], channels: 1, kernel: [2, 2], batch: 5 },
  f64: { size: [6, 7], channels: 6, kernel: [3, 3], stride: [2, 2], padding: [1, 0], dtype: "f64" },
  "f64, tiled": { size: [6, 4], channels: 9, kernel: [2, 2], dtype: "f64" },
};

describe("windows", () => {
  for (const [name, c] of Object.entries(cases))
    test(name, () => {
      const r = solve(c, (i) => noise(i, 2));
      const want = expected(r.s, r.image, r.seeds, c.dtype !== "f64");
      expect([...r.place]).toEqual(want.place);
      expect([...r.value]).toEqual(want.value);
      expect([...r.gathered]).toEqual(want.value);
      expect([...r.scattered].map((v) => v + 0)).toEqual(want.scattered.map((v) => v + 0));
    });

  test("the first of equal maxima wins, and a NaN wins over all", () => {
    const values = [1, 1, 0, -1, Number.NaN, 2, Number.NEGATIVE_INFINITY];
    for (const c of [
      { size: [6, 8], channels: 7, kernel: [2, 2] },
      { size: [6, 8], channels: 4, kernel: [3, 3], stride: [1, 2], padding: [1, 1] },
    ] as const) {
      const r = solve(c, (i) => values[(i * 5 + Math.floor(i / 3)) % values.length] ?? 0);
      const want = expected(r.s, r.image, r.seeds, true);
      expect([...r.place]).toEqual(want.place);
      expect([...r.value]).toEqual(want.value);
    }
  });

  test("the same bits however the blocks are dealt out, and interpreted", () => {
    const c = { size: [9, 8], channels: 5, kernel: [3, 3], stride: [2, 1], padding: [1, 1], batch: 3 } as const;
    const fill = (i: number): number => noise(i, 8);
    const alone = solve(c, fill);
    for (const other of [solve({ ...c, threads: 3 }, fill), solve({ ...c, threads: 7 }, fill), solve(c, fill, new Machine())])
      for (const key of ["place", "value", "gathered", "scattered"] as const) expect(other[key]).toEqual(alone[key]);
  });
});
