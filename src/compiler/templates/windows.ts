/**
 * Windows over NHWC images: where the maximum of each window lies (max pooling), the value at such a place, and its transpose.
 *
 * A place is an i32 ky·kernelWidth + kx within the window. Padding never holds the maximum: taps outside the image are passed over.
 * The first maximum wins; a NaN counts as a maximum, the first one wins. The transpose adds, for each image element, its windows
 * upwards in (y, x) of the windows.
 */
import type { LoopBuilder } from "../loops/builder.js";
import { add, binary, compare, constant, div, index, max, min, mul, select, sub, vector } from "../loops/expressions.js";
import type { Expr, Register } from "../loops/ir.js";
import { known, rem } from "./arithmetic.js";
import { forFours } from "./panels.js";
import { type FloatDType, type ImageOperand, PhaseBuilder, planOf, type TemplatePlan } from "./template.js";
import { zeros } from "./tile.js";

export interface WindowShape {
  readonly batch: number;
  /** The images: height × width × channels. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** One result per window and channel. */
  readonly outputHeight: number;
  readonly outputWidth: number;
  /** [y, x], in pixels. */
  readonly stride: readonly [number, number];
  /** [top, left]: how far windows reach beyond the image. Each window has at least one pixel of it. */
  readonly padding: readonly [number, number];
}

/** Reads i32 places within windows [n, outputHeight, outputWidth, channels]; like an image reader, but lanes run along channels. */
export interface PlaceOperand {
  open(b: LoopBuilder): { row(n: Expr, y: Expr): (x: Expr, c: Expr, lanes: number) => Expr };
}

/** Takes results: called once per position i = (n·height + y)·width + x, then for `lanes` (4 or 1) channels from c on. */
export type WindowEpilogue<Values> = (b: LoopBuilder) => (i: Expr) => (c: Expr, lanes: number, values: Values) => void;

interface Common {
  /** Names the loop functions. */
  readonly name: string;
  readonly dtype: FloatDType;
  readonly shape: WindowShape;
}

const bytesOf = (dtype: FloatDType): number => (dtype === "f32" ? 4 : 8);

/** Runs `body` for every image row of a [batch, height] grid that a block covers; blocks are groups of rows. */
function forRows(phase: PhaseBuilder, batch: number, height: number, elements: number, body: (n: Expr, y: Expr) => void): number {
  const total = batch * height;
  const rows = Math.max(1, Math.min(total, Math.floor(8192 / elements)));
  const { b } = phase;
  b.for(mul(phase.begin, index(rows)), min(mul(phase.end, index(rows)), index(total)), 1, (row) =>
    body(b.let(div(row, index(height))), b.let(rem(row, index(height)))),
  );
  return Math.ceil(total / rows);
}

/**
 * The part of a window's taps that falls inside an image: 0 ≤ start + k < size. Constant bounds where no window overhangs.
 */
function taps(b: LoopBuilder, start: Expr, kernel: number, size: number, overhang: boolean): { from: Expr; to: Expr } {
  if (!overhang) return { from: index(0), to: index(kernel) };
  return { from: b.let(max(index(0), sub(index(0), start))), to: b.let(min(index(kernel), sub(index(size), start))) };
}

function overhangs(outputs: number, stride: number, padding: number, kernel: number, size: number): boolean {
  return padding > 0 || (outputs - 1) * stride - padding + kernel > size;
}

/** The place of the maximum of each window and the maximum itself. */
export function windowMaximum(
  options: Common & { readonly image: ImageOperand; readonly epilogue: WindowEpilogue<{ place: Expr; value: Expr }> },
): TemplatePlan {
  const { name, dtype, shape: s, image } = options;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const reader = image.open(b);
  const emit = options.epilogue(b);
  const [overY, overX] = overhang(s);
  const work = s.outputWidth * s.channels * s.kernelHeight * s.kernelWidth;
  const blocks = forRows(phase, s.batch, s.outputHeight, work, (n, y) => {
    const top = b.let(sub(mul(y, index(s.stride[0])), index(s.padding[0])));
    const vertical = taps(b, top, s.kernelHeight, s.height, overY);
    const firstRow = b.let(mul(add(mul(n, index(s.outputHeight)), y), index(s.outputWidth)));
    b.for(0, s.outputWidth, 1, (x) => {
      const left = b.let(sub(mul(x, index(s.stride[1])), index(s.padding[1])));
      const horizontal = taps(b, left, s.kernelWidth, s.width, overX);
      const out = emit(b.let(add(firstRow, x)));
      forFours(b, index(s.channels), s.channels, (c, lanes) => {
        const best = b.register(vector(dtype, lanes), "best");
        const place = b.register(vector("i32", lanes), "place");
        const consider = (ky: Expr, kx: Expr, first: boolean): void => {
          const value = b.let(reader.row(n, b.let(add(top, ky)))(b.let(add(left, kx)), c, lanes));
          const at = b.let(add(mul(ky, index(s.kernelWidth)), kx));
          const here: Expr = known(at) === undefined ? spread(at, lanes) : constant(vector("i32", lanes), known(at) ?? 0);
          if (first) {
            b.set(best, value);
            b.set(place, here);
            return;
          }
          // Larger, or the first NaN.
          const better = b.let(
            binary("and", compare("eq", best, best), binary("or", compare("gt", value, best), compare("ne", value, value))),
          );
          b.set(best, select(better, value, best));
          b.set(place, select(better, here, place));
        };
        if (overY || overX || s.kernelHeight * s.kernelWidth > 9) {
          consider(vertical.from, horizontal.from, true);
          b.for(vertical.from, vertical.to, 1, (ky) => b.for(horizontal.from, horizontal.to, 1, (kx) => consider(ky, kx, false)));
        } else
          for (let ky = 0; ky < s.kernelHeight; ky++)
            for (let kx = 0; kx < s.kernelWidth; kx++) consider(index(ky), index(kx), ky === 0 && kx === 0);
        out(c, lanes, { place, value: best });
      });
    });
  });
  const windows = s.batch * s.outputHeight * s.outputWidth * s.channels;
  const elements = s.batch * s.height * s.width * s.channels + 2 * windows;
  return planOf(phase.finish(name, blocks, windows * s.kernelHeight * s.kernelWidth, elements * bytesOf(dtype)));
}

function overhang(s: WindowShape): [boolean, boolean] {
  return [
    overhangs(s.outputHeight, s.stride[0], s.padding[0], s.kernelHeight, s.height),
    overhangs(s.outputWidth, s.stride[1], s.padding[1], s.kernelWidth, s.width),
  ];
}

function spread(x: Expr, lanes: number): Expr {
  return lanes === 1 ? x : { kind: "splat", type: { dtype: x.type.dtype, lanes }, x };
}

/** Whether the windows tile the image: each image element lies in at most one. */
function disjoint(s: WindowShape): boolean {
  return s.stride[0] >= s.kernelHeight && s.stride[1] >= s.kernelWidth;
}

/** Whether small windows cover the image exactly, each element once. */
function tiles(s: WindowShape): boolean {
  const { kernelHeight, kernelWidth, stride, padding } = s;
  const fits = s.height === s.outputHeight * kernelHeight && s.width === s.outputWidth * kernelWidth;
  return (
    fits &&
    stride[0] === kernelHeight &&
    stride[1] === kernelWidth &&
    padding[0] === 0 &&
    padding[1] === 0 &&
    kernelHeight * kernelWidth <= 9
  );
}

/** The image's value at the place stored for each window. */
export function windowGather(
  options: Common & { readonly image: ImageOperand; readonly places: PlaceOperand; readonly epilogue: WindowEpilogue<Expr> },
): TemplatePlan {
  const { name, dtype, shape: s } = options;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const image = options.image.open(b);
  const places = options.places.open(b);
  const emit = options.epilogue(b);
  const [overY, overX] = overhang(s);
  const blocks = forRows(phase, s.batch, s.outputHeight, s.outputWidth * s.channels, (n, y) => {
    const top = b.let(sub(mul(y, index(s.stride[0])), index(s.padding[0])));
    const vertical = taps(b, top, s.kernelHeight, s.height, overY);
    const placeRow = places.row(n, y);
    const firstRow = b.let(mul(add(mul(n, index(s.outputHeight)), y), index(s.outputWidth)));
    b.for(0, s.outputWidth, 1, (x) => {
      const left = b.let(sub(mul(x, index(s.stride[1])), index(s.padding[1])));
      const horizontal = taps(b, left, s.kernelWidth, s.width, overX);
      const out = emit(b.let(add(firstRow, x)));
      forFours(b, index(s.channels), s.channels, (c, lanes) => {
        const place = b.let(placeRow(x, c, lanes));
        const value = b.register(vector(dtype, lanes), "value");
        b.set(value, zeros(dtype, lanes));
        b.for(vertical.from, vertical.to, 1, (ky) => {
          const row = image.row(n, b.let(add(top, ky)));
          b.for(horizontal.from, horizontal.to, 1, (kx) => {
            const here = compare("eq", place, spread(add(mul(ky, index(s.kernelWidth)), kx), lanes));
            b.set(value, select(here, row(b.let(add(left, kx)), c, lanes), value));
          });
        });
        out(c, lanes, value);
      });
    });
  });
  const windows = s.batch * s.outputHeight * s.outputWidth * s.channels;
  return planOf(
    phase.finish(
      name,
      blocks,
      windows * s.kernelHeight * s.kernelWidth,
      (s.batch * s.height * s.width * s.channels + 2 * windows) * bytesOf(dtype),
    ),
  );
}

/** The transpose of `windowGather`: each image element takes the sum of the windows' values whose place it is. `values` is shaped like the windows. */
export function windowScatter(
  options: Common & { readonly values: ImageOperand; readonly places: PlaceOperand; readonly epilogue: WindowEpilogue<Expr> },
): TemplatePlan {
  const { name, dtype, shape: s } = options;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const values = options.values.open(b);
  const places = options.places.open(b);
  const emit = options.epilogue(b);
  const elements = s.batch * s.height * s.width * s.channels;
  const windows = s.batch * s.outputHeight * s.outputWidth * s.channels;
  const finish = (count: number): TemplatePlan => planOf(phase.finish(name, count, elements, (elements + 2 * windows) * bytesOf(dtype)));
  if (tiles(s)) {
    // Window by window: a window's place and value are read once for all its pixels.
    const count = forRows(phase, s.batch, s.outputHeight, s.kernelHeight * s.width * s.channels, (n, y) => {
      const valueRow = values.row(n, y);
      const placeRow = places.row(n, y);
      const firstRow = b.let(mul(add(mul(n, index(s.height)), mul(y, index(s.kernelHeight))), index(s.width)));
      b.for(0, s.outputWidth, 1, (x) => {
        const first = b.let(add(firstRow, mul(x, index(s.kernelWidth))));
        const outs = Array.from({ length: s.kernelHeight * s.kernelWidth }, (_, k) =>
          emit(b.let(add(first, index(Math.floor(k / s.kernelWidth) * s.width + (k % s.kernelWidth))))),
        );
        forFours(b, index(s.channels), s.channels, (c, lanes) => {
          const value = b.let(valueRow(x, c, lanes));
          const place = b.let(placeRow(x, c, lanes));
          for (const [k, out] of outs.entries()) {
            const here = compare("eq", place, constant(vector("i32", lanes), k));
            out(c, lanes, b.let(select(here, value, zeros(dtype, lanes))));
          }
        });
      });
    });
    return finish(count);
  }
  const one = disjoint(s);
  const blocks = forRows(phase, s.batch, s.height, s.width * s.channels, (n, h) => {
    const vertical = covering(b, h, s.stride[0], s.padding[0], s.kernelHeight, s.outputHeight);
    const firstRow = b.let(mul(add(mul(n, index(s.height)), h), index(s.width)));
    b.for(0, s.width, 1, (w) => {
      const horizontal = covering(b, w, s.stride[1], s.padding[1], s.kernelWidth, s.outputWidth);
      const out = emit(b.let(add(firstRow, w)));
      const take = (y: Expr, x: Expr, c: Expr, lanes: number): Expr => {
        const ky = sub(add(h, index(s.padding[0])), mul(y, index(s.stride[0])));
        const kx = sub(add(w, index(s.padding[1])), mul(x, index(s.stride[1])));
        const here = compare("eq", places.row(n, y)(x, c, lanes), spread(b.let(add(mul(ky, index(s.kernelWidth)), kx)), lanes));
        return select(here, values.row(n, y)(x, c, lanes), zeros(dtype, lanes));
      };
      if (one) {
        // At most one window, the last that begins at or before the pixel.
        const [y, x] = [vertical.from, horizontal.from];
        const covered = binary("and", compare("lt", y, vertical.to), compare("lt", x, horizontal.to));
        b.if(
          covered,
          () => forFours(b, index(s.channels), s.channels, (c, lanes) => out(c, lanes, b.let(take(y, x, c, lanes)))),
          () => forFours(b, index(s.channels), s.channels, (c, lanes) => out(c, lanes, zeros(dtype, lanes))),
        );
        return;
      }
      forFours(b, index(s.channels), s.channels, (c, lanes) => {
        const sum = b.register(vector(dtype, lanes), "sum");
        b.set(sum, zeros(dtype, lanes));
        b.for(vertical.from, vertical.to, 1, (y) =>
          b.for(horizontal.from, horizontal.to, 1, (x) => b.set(sum, add(sum, take(y, x, c, lanes)))),
        );
        out(c, lanes, sum);
      });
    });
  });
  return finish(blocks);
}

/** The windows o with o·stride − padding ≤ at < o·stride − padding + kernel, 0 ≤ o < outputs. */
function covering(
  b: LoopBuilder,
  at: Expr,
  stride: number,
  padding: number,
  kernel: number,
  outputs: number,
): { from: Register; to: Register } {
  const shifted = b.let(add(at, index(padding)));
  // ceil((shifted − kernel + 1) / stride), not below zero.
  const from = b.let(div(max(index(0), add(shifted, index(stride - kernel))), index(stride)));
  const to = b.let(min(index(outputs), add(div(shifted, index(stride)), index(1))));
  return { from, to };
}
