/** Winograd's transforms of whole tiles, down the columns and then along the rows; how images are cut into tiles. */
import type { LoopBuilder } from "../loops/builder.js";
import { add, index, mul } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import type { FloatDType } from "./template.js";
import { LANES } from "./tile.js";
import { LARGE, type Line, SMALL, type WinogradForm } from "./winograd-forms.js";

/** Where the values of a tile lie: distances in elements. */
export interface TilePlace {
  readonly cursor: Cursor;
  readonly row: number;
  readonly column: number;
}

/** Elements of the memory in which a transform keeps what lies between its two halves. */
export const BETWEEN = LARGE.tile * LARGE.tile * LANES;

/**
 * Emits the transform of `lanes` tiles of `size` × `size` values side by side to `outside` × `outside` ones. `between` is memory for
 * `BETWEEN` elements: a tile has more values than the machine has registers. `column` is shown every column of values.
 */
export function transformTile(
  b: LoopBuilder,
  line: Line,
  [size, outside]: readonly [number, number],
  from: TilePlace,
  to: TilePlace,
  between: Cursor,
  lanes: number,
  column: (values: readonly Expr[]) => void = () => {},
): void {
  const half = (here: TilePlace, there: TilePlace, count: number, see: (values: readonly Expr[]) => void): void =>
    b.for(0, count, 1, (i) => {
      const source = b.point(here.cursor, mul(i, index(here.column)));
      const target = b.point(there.cursor, mul(i, index(there.column)));
      const values = Array.from({ length: size }, (_, k) => b.load(source, k * here.row, lanes));
      see(values);
      for (const [k, value] of line(b, values).entries()) b.store(target, value, k * there.row);
    });
  // The places between are written down the columns and read along the rows.
  half(from, { cursor: between, row: size * LANES, column: LANES }, size, column);
  half({ cursor: between, row: LANES, column: size * LANES }, { cursor: to.cursor, row: to.column, column: to.row }, outside, () => {});
}

/** The transform of a tile whose values are computed rather than read: for the few that filters have. */
export function transformValues(
  b: LoopBuilder,
  line: Line,
  size: number,
  value: (y: number, x: number) => Expr,
): readonly (readonly Expr[])[] {
  const range = Array.from({ length: size }, (_, i) => i);
  const keep = (values: readonly Expr[]): readonly Expr[] => values.map((v) => b.let(v));
  const columns = range.map((x) => keep(line(b, keep(range.map((y) => value(y, x))))));
  return columns[0].map((_, y) =>
    keep(
      line(
        b,
        columns.map((c) => c[y]),
      ),
    ),
  );
}

/**
 * The form for results of this size, if filters of this kind are worth transforming: with few channels the transforms cost more than they
 * save. Large tiles where they save a tenth of the multiplications, counting what they waste at the borders.
 */
export function winogradForm(
  dtype: FloatDType,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
  channels: number,
  filters: number,
  [height, width]: readonly [number, number],
): WinogradForm | undefined {
  const three = kernel[0] === 3 && kernel[1] === 3;
  const dense = stride[0] === 1 && stride[1] === 1 && dilation[0] === 1 && dilation[1] === 1;
  if (dtype !== "f32" || !three || !dense || channels < 16 || filters < 16) return undefined;
  const cost = ({ tile, results }: WinogradForm) => tile * tile * Math.ceil(height / results) * Math.ceil(width / results);
  return cost(LARGE) <= 0.9 * cost(SMALL) ? LARGE : SMALL;
}

/**
 * Elements from one place to the next, where each has so many: an odd number of cache lines, so that the places of a tile, which are
 * written together, fall into different sets of the cache.
 */
export function placeDistance(elements: number): number {
  return (Math.ceil(elements / 16) | 1) * 16;
}

/** Rows of tiles of one block: its transformed pixels and products stay in the second-level cache. */
export function tileRowsOfBlock(batch: number, down: number, across: number, widest: number, form: WinogradForm): number {
  const places = form.tile * form.tile;
  const most = Math.max(1, Math.floor(Math.max(24, Math.min(96, 49_152 / (places * widest))) / across));
  let groups = Math.ceil(down / most);
  while (batch * groups < 16 && groups < down && (places * batch * down * across * widest) / (batch * groups) > 32_768) groups++;
  return Math.ceil(down / groups);
}

/** The position of a tile's first value among lines of tiles. */
export function cornerOf(ty: Expr, tx: Expr, results: number, rowWidth: number, depth: number): Expr {
  return mul(add(mul(ty, index(results * rowWidth)), mul(tx, index(results))), index(depth));
}
