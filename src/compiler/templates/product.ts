/** What all products share: tiles over the panels of a block, and the results of a block handed to the epilogue row by row. */
import type { LoopBuilder } from "../loops/builder.js";
import { add, compare, div, index, load, mul, sub } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { known, rem } from "./arithmetic.js";
import { forFours, type Panels, packedPanel, packPanel } from "./panels.js";
import type { Epilogue, MatrixOperand, MatrixReader, ScratchBuffer } from "./template.js";
import { CHUNK, LANES, type TileExtent, type Tiles } from "./tile.js";

/** How the right operand comes to the tiles. */
export type PanelPlan =
  /** Read where it lies: rows of contiguous columns. */
  | { readonly kind: "inPlace"; readonly batch: number; readonly depth: number; readonly outer: number }
  /** Packed as a whole by an earlier phase. */
  | { readonly kind: "packed"; readonly scratch: ScratchBuffer; readonly depth: number }
  /** Packed chunk by chunk by the thread that uses it. */
  | { readonly kind: "perBlock"; readonly scratch: ScratchBuffer; readonly operand: MatrixOperand };

/** Gives a panel's chunk, and the distance from one k to the next in it. */
export type PanelSource = (panel: Expr, tail: boolean) => { readonly cursor: Cursor; readonly step: number };

/** The chunk of the contracted axis that a source serves. */
export interface Chunk {
  readonly batch: Expr;
  readonly from: Expr;
  readonly length: Expr;
  readonly multiple: number;
}

/** The first column of the last panel where the operand is read in place: moved left so as not to read beyond the row. */
function tailColumn(panels: Panels, inPlace: boolean): number {
  return inPlace ? panels.columns - panels.tailVectors * LANES : panels.count * panels.width;
}

/** A right operand opened in one function. `cursor` is the operand's own buffer, or the scratch it is packed to. */
export function panelSource(
  b: LoopBuilder,
  panels: Panels,
  plan: PanelPlan,
  cursor: Cursor,
  reader: MatrixReader | undefined,
  chunk: Chunk,
): PanelSource {
  return (panel, tail) => {
    const vectors = tail ? panels.tailVectors : panels.vectors;
    const column = tail ? index(tailColumn(panels, plan.kind === "inPlace")) : mul(panel, index(panels.width));
    if (plan.kind === "inPlace") {
      const at = add(mul(chunk.batch, index(plan.batch)), add(mul(chunk.from, index(plan.depth)), column));
      return { cursor: b.point(cursor, at), step: plan.depth };
    }
    if (plan.kind === "packed")
      return { cursor: packedPanel(b, cursor, panels, plan.depth, chunk.batch, panel, tail, chunk.from), step: vectors * LANES };
    if (reader)
      packPanel(
        b,
        panels.dtype,
        plan.operand,
        reader,
        {
          batch: chunk.batch,
          outer: b.let(column),
          columns: tail ? panels.tail : panels.width,
          depth: chunk.from,
          length: chunk.length,
          depthMultiple: chunk.multiple,
        },
        cursor,
      );
    return { cursor, step: vectors * LANES };
  };
}

/**
 * Walks the rows of a block in tiles of `rows`: gives the size of the tiles, the left operand of the first, its place in the results,
 * and how many follow each other.
 */
export type RowWalk = (rows: number, body: (rows: number, a: Cursor, c: Expr, count: Expr) => void) => void;

/** One chunk of one block: all its panels, all its rows. */
export interface BlockChunk {
  readonly tiles: Tiles;
  readonly panels: Panels;
  readonly source: PanelSource;
  readonly rows: RowWalk;
  /** The block's results, `tiles.steps.cRow` apart. */
  readonly c: Cursor;
  readonly extent: TileExtent;
  /** The block's columns: the first full panel, how many, and whether the last, narrower panel belongs to it too. */
  readonly firstPanel: Expr;
  readonly panelCount: Expr;
  readonly tail: Expr;
  /** Where in the results the side sums go, and for which blocks. */
  readonly sums?: { readonly at: Expr; readonly when: Expr };
  /** Whether the right operand is read in place (the last panel then overlaps the one before). */
  readonly inPlace: boolean;
}

export function emitBlockChunk(b: LoopBuilder, block: BlockChunk): void {
  const { tiles, panels, c, extent, sums } = block;
  const panel = (p: Expr, tail: boolean, column: Expr): void => {
    const { cursor, step } = block.source(p, tail);
    const vectors = tail ? panels.tailVectors : panels.vectors;
    const target = b.point(c, column);
    block.rows(tail ? panels.tailRows : panels.rows, (rows, a, at, count) =>
      tiles.emit(b, rows, vectors, a, cursor, b.point(target, at), extent, step, count),
    );
    if (sums) when(b, sums.when, () => tiles.emit(b, 1, vectors, undefined, cursor, b.point(target, sums.at), extent, step));
  };
  if (panels.count > 0) b.for(0, block.panelCount, 1, (p) => panel(b.let(add(block.firstPanel, p)), false, mul(p, index(panels.width))));
  if (panels.tail > 0) {
    const first = mul(block.firstPanel, index(panels.width));
    when(b, block.tail, () => panel(index(panels.count), true, sub(index(tailColumn(panels, block.inPlace)), first)));
  }
}

/** `if`, without the test where it is known to hold. */
export function when(b: LoopBuilder, condition: Expr, body: () => void): void {
  if (condition.kind === "constant") {
    if (Number(condition.value) !== 0) body();
  } else b.if(condition, body);
}

/**
 * Runs `body` over the columns of a row from `from` on: 8 lanes at a time, then 4, then singly. `count` is what this block has
 * of the `total` columns.
 */
export function forColumns(
  b: LoopBuilder,
  from: Expr,
  count: Expr,
  total: number,
  body: (within: Expr, j: Expr, lanes: number) => void,
): void {
  const step = (start: Expr, end: Expr, lanes: number): void =>
    b.for(start, end, lanes, (within) =>
      body(within, from.kind === "constant" && from.value === 0 ? within : b.let(add(from, within)), lanes),
    );
  if (count.kind === "constant") {
    const n = Number(count.value);
    let done = 0;
    for (const lanes of [8, 4, 1]) {
      const end = n - (n % lanes);
      if (end > done) step(index(done), index(end), lanes);
      done = end;
    }
    return;
  }
  let done: Expr = index(0);
  for (const lanes of [8, 4, 1]) {
    // A block that is not the last has a multiple of 8 columns, so only what the last one lacks needs code.
    if (lanes < 8 && total % (lanes === 4 ? 8 : 4) === 0) continue;
    const end: Expr = total % lanes === 0 ? count : b.let(sub(count, rem(count, index(lanes))));
    step(done, end, lanes);
    done = end;
  }
}

/** A block of finished results: its rows and columns, and the distances between them where they lie. */
export interface FinishedBlock {
  readonly batch: Expr;
  readonly firstRow: Expr;
  readonly rows: Expr;
  readonly from: Expr;
  readonly count: Expr;
  readonly total: number;
  readonly c: Cursor;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Hands the rows of a block to the epilogue. */
export function emitEpilogue(b: LoopBuilder, epilogue: ReturnType<Epilogue>, block: FinishedBlock): void {
  b.for(0, block.rows, 1, (within) => {
    const results = b.point(block.c, mul(within, index(block.rowStep)));
    const row = epilogue(block.batch, b.let(add(block.firstRow, within)));
    forColumns(b, block.from, block.count, block.total, (at, j, lanes) =>
      row(j, lanes, b.load(b.point(results, mul(at, index(block.columnStep))), 0, lanes, block.columnStep)),
    );
  });
}

/** How the left operand comes to the tiles: distances between rows and along k, and what is packed where. */
export type RowPlan =
  | { readonly kind: "inPlace"; readonly batch: number; readonly row: number; readonly depth: number }
  /** [row][k]: for operands that are contiguous along k. */
  | { readonly kind: "rows"; readonly scratch: ScratchBuffer; readonly row: number; readonly depth: 1; readonly operand: MatrixOperand }
  /** Groups of rows, [group][k][row in group]: for operands that are contiguous along the rows. */
  | { readonly kind: "groups"; readonly scratch: ScratchBuffer; readonly row: 1; readonly depth: number; readonly operand: MatrixOperand };

/** Emits the packing of `rows` rows (of which `total` in all) of a chunk of the left operand. */
export function packRows(
  b: LoopBuilder,
  plan: RowPlan,
  reader: MatrixReader,
  target: Cursor,
  row: Expr,
  rows: Expr,
  total: number,
  chunk: Chunk,
): void {
  if (plan.kind === "inPlace") return;
  const { batch } = chunk;
  if (plan.kind === "rows") {
    b.for(0, rows, 1, (i) => {
      const line = b.point(target, mul(i, index(plan.row)));
      const outer = b.let(add(row, i));
      forFours(b, chunk.length, chunk.multiple, (k, lanes) =>
        b.store(b.point(line, k), reader.read({ batch, outer, depth: add(chunk.from, k) }, "depth", lanes)),
      );
    });
    return;
  }
  // k outside, rows inside: memory is read along whole cache lines.
  const multiple = rows.kind === "constant" ? Number(rows.value) : total;
  b.for(0, chunk.length, 1, (k) => {
    const depth = b.let(add(chunk.from, k));
    const line = b.point(target, mul(k, index(plan.depth)));
    forFours(b, rows, multiple, (i, lanes) =>
      b.store(b.point(line, groupOffset(plan, i)), reader.read({ batch, outer: add(row, i), depth }, "outer", lanes)),
    );
  });
}

function groupOffset(plan: RowPlan & { kind: "groups" }, row: Expr): Expr {
  return add(mul(div(row, index(plan.depth)), index(plan.depth * CHUNK)), rem(row, index(plan.depth)));
}

/** The walk over `rows` rows of a block whose left operand is `a`; `total` rows in all, blocks a multiple of every tile. */
export function matrixRows(b: LoopBuilder, plan: RowPlan, a: Cursor, start: Expr, rows: Expr, total: number, cRow: number): RowWalk {
  const from = (i: Expr): Cursor => {
    if (plan.kind === "groups") return b.point(a, groupOffset(plan, i));
    return b.point(a, add(start, mul(i, index(plan.row))));
  };
  return (tile, body) => {
    const some = (size: number, i: Expr, count: Expr): void => body(size, from(i), mul(i, index(cRow)), count);
    const all = (whole: Expr): void => {
      // Rows in groups are not evenly spaced.
      if (plan.kind === "groups") b.for(0, whole, tile, (i) => some(tile, i, index(1)));
      else some(tile, index(0), div(whole, index(tile)));
    };
    const n = known(rows);
    if (n !== undefined) {
      const whole = n - (n % tile);
      if (whole > 0) all(index(whole));
      if (n > whole) some(n - whole, index(whole), index(1));
      return;
    }
    const rest = total % tile;
    const whole = rest === 0 ? rows : b.let(sub(rows, rem(rows, index(tile))));
    all(whole);
    if (rest > 0) b.if(compare("lt", whole, rows), () => some(rest, whole, index(1)));
  };
}

/** Tiles over `rows` lines of `width` positions. */
export function positionRows(
  b: LoopBuilder,
  a: Cursor,
  rows: Expr,
  width: number,
  step: { line: number; pixel: number; cRow: number },
): RowWalk {
  return (tile, body) =>
    b.for(0, rows, 1, (y) => {
      const line = b.point(a, mul(y, index(step.line)));
      const at = b.let(mul(y, index(width)));
      const some = (size: number, x: number, count: number): void =>
        body(size, b.point(line, index(x * step.pixel)), mul(add(at, index(x)), index(step.cRow)), index(count));
      const whole = width - (width % tile);
      if (whole > 0) some(tile, 0, whole / tile);
      if (width > whole) some(width - whole, whole, 1);
    });
}

/** The cursor of an operand that is used in place. */
export function cursorOf(cursor: Cursor | undefined): Cursor {
  if (!cursor) throw new Error("internal: an operand used in place has no cursor");
  return cursor;
}

/** Adds `count` partial results, `distance` elements apart, upwards. */
export function sumPartials(b: LoopBuilder, first: Cursor, count: number, distance: number, lanes: number): Expr {
  const sum = b.load(first, 0, lanes);
  const next = b.point(first);
  b.for(1, count, 1, () => {
    b.advance(next, distance);
    b.set(sum, add(sum, load(next, 0, lanes)));
  });
  return sum;
}
