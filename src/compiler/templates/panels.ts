/**
 * Column panels: the right operand of a product, cut into strips as wide as a register tile and laid out k by k, so that a tile
 * reads it in one straight line.
 */
import type { LoopBuilder } from "../loops/builder.js";
import { add, compare, div, index, min, mul, shuffle, sub } from "../loops/expressions.js";
import type { Cursor, Expr, Register } from "../loops/ir.js";
import { rem } from "./arithmetic.js";
import type { FloatDType, MatrixOperand, MatrixReader, Phase, ScratchBuffer } from "./template.js";
import { PhaseBuilder } from "./template.js";
import { CHUNK, LANES, MAX_VECTORS, tileRows, zeros } from "./tile.js";

/** How so many columns are cut: `count` full panels, then one of `tail` columns. Panels are padded to whole vectors. */
export class Panels {
  readonly dtype: FloatDType;
  readonly columns: number;
  readonly vectors: number;
  readonly width: number;
  readonly count: number;
  readonly tail: number;
  readonly tailVectors: number;
  readonly padded: number;
  /** Rows of the tiles on full panels and on the last one; a block's rows are best a multiple of both. */
  readonly rows: number;
  readonly tailRows: number;

  constructor(dtype: FloatDType, columns: number) {
    this.dtype = dtype;
    this.columns = columns;
    this.vectors = MAX_VECTORS[dtype];
    this.width = this.vectors * LANES;
    this.count = Math.floor(columns / this.width);
    this.tail = columns % this.width;
    this.tailVectors = Math.ceil(this.tail / LANES);
    this.padded = this.count * this.width + this.tailVectors * LANES;
    this.rows = this.count > 0 ? tileRows(dtype, this.vectors) : 1;
    this.tailRows = this.tail > 0 ? tileRows(dtype, this.tailVectors) : 1;
  }

  /** A row count that both kinds of tile divide. */
  get rowUnit(): number {
    return leastCommonMultiple(this.rows, this.tailRows);
  }
}

export function leastCommonMultiple(x: number, y: number): number {
  let [a, b] = [x, y];
  while (b > 0) [a, b] = [b, a % b];
  return (x / a) * y;
}

/** Runs `body` over 0 ≤ i < count in steps of 4 lanes, then singly; `multiple` is a number that is known to divide `count`. */
export function forFours(b: LoopBuilder, count: Expr, multiple: number, body: (i: Expr, lanes: number) => void): void {
  if (count.kind === "constant") {
    const n = Number(count.value);
    const whole = n - (n % LANES);
    if (whole === LANES) body(index(0), LANES);
    else if (whole > 0) b.for(0, whole, LANES, (i) => body(i, LANES));
    if (n % LANES === 1) body(index(whole), 1);
    else if (n > whole) b.for(whole, n, 1, (i) => body(i, 1));
    return;
  }
  const whole = multiple % LANES === 0 ? count : b.let(sub(count, rem(count, index(LANES))));
  b.for(0, whole, LANES, (i) => body(i, LANES));
  if (multiple % LANES !== 0) b.for(whole, count, 1, (i) => body(i, 1));
}

/** The part of an operand that goes into one panel. `depthMultiple` is known to divide `length`. */
interface PanelPart {
  readonly batch: Expr;
  readonly outer: Expr;
  readonly columns: number;
  readonly depth: Expr;
  readonly length: Expr;
  readonly depthMultiple: number;
}

/** Emits the packing of one panel to `target`: length × (columns padded to vectors). */
export function packPanel(
  b: LoopBuilder,
  dtype: FloatDType,
  operand: MatrixOperand,
  reader: MatrixReader,
  part: PanelPart,
  target: Cursor,
): void {
  const { batch, columns } = part;
  const width = Math.ceil(columns / LANES) * LANES;
  const at = (k: Expr, j: number) => ({ batch, outer: add(part.outer, index(j)), depth: add(part.depth, k) });
  if (operand.unit === "depth" && dtype === "f32") {
    forFours(b, part.length, part.depthMultiple, (k, lanes) => {
      const row = b.point(target, mul(k, index(width)));
      for (let j = 0; j < width; j += LANES) {
        const reads = Array.from({ length: LANES }, (_, q) =>
          j + q < columns ? b.let(reader.read(at(k, j + q), "depth", lanes)) : zeros(dtype, lanes),
        );
        if (lanes === 1) for (const [q, value] of reads.entries()) b.store(row, value, j + q);
        else for (const [q, value] of transposed(b, reads).entries()) b.store(row, value, q * width + j);
      }
    });
    return;
  }
  b.for(0, part.length, 1, (k) => {
    const row = b.point(target, mul(k, index(width)));
    for (let j = 0; j < width; j += LANES) {
      if (j + LANES <= columns) b.store(row, reader.read(at(k, j), "outer", LANES), j);
      else for (let q = j; q < j + LANES; q++) b.store(row, q < columns ? reader.read(at(k, q), "outer", 1) : zeros(dtype, 1), q);
    }
  });
}

/** The transpose of four vectors of four. */
function transposed(b: LoopBuilder, rows: readonly Expr[]): readonly Expr[] {
  const [x, y, z, w] = rows;
  if (!x || !y || !z || !w) return rows;
  const low = b.let(shuffle(x, y, [0, 4, 1, 5]));
  const high = b.let(shuffle(x, y, [2, 6, 3, 7]));
  const low2 = b.let(shuffle(z, w, [0, 4, 1, 5]));
  const high2 = b.let(shuffle(z, w, [2, 6, 3, 7]));
  return [
    shuffle(low, low2, [0, 1, 4, 5]),
    shuffle(low, low2, [2, 3, 6, 7]),
    shuffle(high, high2, [0, 1, 4, 5]),
    shuffle(high, high2, [2, 3, 6, 7]),
  ];
}

/** min(step, total − from), and a number that divides it. */
export function pieceLength(b: LoopBuilder, from: Expr, total: number, step: number): { length: Expr; multiple: number } {
  if (total <= step) return { length: index(total), multiple: total };
  if (total % step === 0) return { length: index(step), multiple: step };
  return { length: b.let(min(index(step), sub(index(total), from))), multiple: leastCommonFactor(total % step, step) };
}

/** 4 where both numbers are multiples of 4, else 1. */
function leastCommonFactor(x: number, y: number): number {
  return x % LANES === 0 && y % LANES === 0 ? LANES : 1;
}

/** Where full panel p (or the last one) begins in the packed operand of a batch. */
export function packedPanel(
  b: LoopBuilder,
  packed: Cursor,
  panels: Panels,
  depth: number,
  batch: Expr,
  panel: Expr,
  tail: boolean,
  from: Expr,
): Cursor {
  const start = tail ? index(panels.count * panels.width * depth) : mul(panel, index(panels.width * depth));
  const within = mul(from, index(tail ? panels.tailVectors * LANES : panels.width));
  return b.point(packed, add(mul(batch, index(depth * panels.padded)), add(start, within)));
}

/** The phase that packs a whole operand into panels; one block is one chunk of one panel. */
export function packPhase(
  name: string,
  operand: MatrixOperand,
  panels: Panels,
  depth: number,
  batch: number,
  scratch: ScratchBuffer,
): Phase {
  const phase = new PhaseBuilder();
  const { b } = phase;
  const reader = operand.open(b);
  const packed = phase.scratch(scratch);
  const perBatch = panels.count + (panels.tail > 0 ? 1 : 0);
  const chunks = Math.ceil(depth / CHUNK);
  const blocks = batch * perBatch * chunks;
  b.for(phase.begin, phase.end, 1, (block: Register) => {
    const chunk = b.let(rem(block, index(chunks)));
    const panel = b.let(rem(div(block, index(chunks)), index(perBatch)));
    const at = b.let(div(block, index(chunks * perBatch)));
    const from = b.let(mul(chunk, index(CHUNK)));
    const { length, multiple } = pieceLength(b, from, depth, CHUNK);
    const emit = (tail: boolean): void => {
      const target = packedPanel(b, packed, panels, depth, at, panel, tail, from);
      const part = {
        batch: at,
        outer: tail ? index(panels.count * panels.width) : b.let(mul(panel, index(panels.width))),
        columns: tail ? panels.tail : panels.width,
        depth: from,
        length,
        depthMultiple: multiple,
      };
      packPanel(b, panels.dtype, operand, reader, part, target);
    };
    if (panels.tail === 0) emit(false);
    else if (panels.count === 0) emit(true);
    else
      b.if(
        compare("lt", panel, index(panels.count)),
        () => emit(false),
        () => emit(true),
      );
  });
  const elements = batch * depth * panels.columns;
  return phase.finish(name, blocks, 0, 2 * elements * (panels.dtype === "f32" ? 4 : 8));
}

/** Whether `count` lines, `stride` bytes apart, stay together in a first-level cache of 64 sets and 8 ways, with room for others. */
export function spreadsOverCache(stride: number, count: number): boolean {
  const used = new Array<number>(64).fill(0);
  for (let i = 0; i < count; i++) {
    const set = Math.floor((i * stride) / 64) % 64;
    used[set] = (used[set] ?? 0) + 1;
  }
  return Math.max(...used) <= 6;
}
