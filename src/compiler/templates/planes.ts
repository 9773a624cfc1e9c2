/** Zero-bordered copies of image rows: what convolutions walk over. */
import { forLanes, type LoopBuilder } from "../loops/builder.js";
import { add, binary, compare, div, index, load, mul } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { rem } from "./arithmetic.js";
import { forFours } from "./panels.js";
import type { FloatDType, ImageOperand, ImageReader } from "./template.js";
import { zeros } from "./tile.js";

/** An image seen with a border of zeros, and with zeros between its pixels where `spread` is more than 1. */
export interface PlaneSource {
  readonly operand: ImageOperand;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Zero rows above and columns to the left; negative: rows and columns left out. */
  readonly top: number;
  readonly left: number;
  /** Distance between neighbouring pixels of the image in the plane: [y, x]. */
  readonly spread: readonly [number, number];
}

/** Whether the plane is the image itself. */
export function isPlain(source: PlaneSource, planeWidth: number, planeHeight: number): boolean {
  const { operand, top, left, spread, width, height } = source;
  return (
    operand.plain === true && top === 0 && left === 0 && spread[0] === 1 && spread[1] === 1 && planeWidth <= width && planeHeight <= height
  );
}

/** Emits the copy of `rows` plane rows from row `first` of image n on: target[row][x < planeWidth][channel]. */
export function fillPlane(
  b: LoopBuilder,
  dtype: FloatDType,
  source: PlaneSource,
  reader: ImageReader,
  target: Cursor,
  n: Expr,
  first: Expr,
  rows: Expr,
  planeWidth: number,
): void {
  const { channels, spread, height, width, top, left } = source;
  const [spreadY, spreadX] = spread;
  const pitch = planeWidth * channels;
  // The image columns that fall into the plane, and where the first of them lies.
  const from = left >= 0 ? 0 : Math.ceil(-left / spreadX);
  const start = from * spreadX + left;
  const count = Math.max(0, Math.min(width - from, Math.floor((planeWidth - 1 - start) / spreadX) + 1));
  const clear = (line: Cursor, begin: number, end: number): void => {
    if (end > begin) forLanes(b, end - begin, [16, 4, 1], (i, lanes) => b.store(b.point(line, add(i, index(begin))), zeros(dtype, lanes)));
  };
  b.for(0, rows, 1, (r) => {
    const line = b.point(target, mul(r, index(pitch)));
    const y = b.let(add(first, add(r, index(-top))));
    const inside = (condition: Expr, other: Expr): Expr => binary("and", condition, other);
    let valid = inside(compare("ge", y, index(0)), compare("lt", y, index((height - 1) * spreadY + 1)));
    if (spreadY > 1) valid = inside(valid, compare("eq", rem(y, index(spreadY)), index(0)));
    b.if(
      valid,
      () => {
        const h = b.let(div(y, index(spreadY)));
        if (spreadX > 1) clear(line, 0, pitch);
        else clear(line, 0, start * channels);
        copyRow(b, source, reader, b.point(line, index(start * channels)), n, h, from, count);
        if (spreadX === 1) clear(line, (start + count) * channels, pitch);
      },
      () => clear(line, 0, pitch),
    );
  });
}

function copyRow(
  b: LoopBuilder,
  source: PlaneSource,
  reader: ImageReader,
  line: Cursor,
  n: Expr,
  h: Expr,
  from: number,
  count: number,
): void {
  if (count === 0) return;
  const { operand, channels, height, width, spread } = source;
  const step = spread[1];
  if (operand.plain && reader.cursor && step === 1) {
    const image = b.point(reader.cursor, mul(add(mul(add(mul(n, index(height)), h), index(width)), index(from)), index(channels)));
    forLanes(b, count * channels, [16, 4, 1], (i, lanes) => b.store(b.point(line, i), load(b.point(image, i), 0, lanes)));
    return;
  }
  const row = reader.row(n, h);
  if (channels === 1) {
    forFours(b, index(count), count, (x, lanes) =>
      b.store(b.point(line, mul(x, index(step))), row(add(x, index(from)), index(0), lanes), 0, step),
    );
    return;
  }
  b.for(0, count, 1, (x) => {
    const pixel = b.point(line, mul(x, index(step * channels)));
    const column = b.let(add(x, index(from)));
    forFours(b, index(channels), channels, (c, lanes) => b.store(b.point(pixel, c), row(column, c, lanes)));
  });
}
