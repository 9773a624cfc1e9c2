/**
 * Register tiles: the inner loops of every product.
 *
 * A tile holds `rows` × 4·`vectors` sums in registers and walks over the contracted axis. Each is a function of its own: engines
 * compile the short function well, and swap in its optimized code at the next call.
 */
import { LoopBuilder } from "../loops/builder.js";
import { add, constant, div, horizontal, I32, index, load, mul, multiplyAdd, splat, vector } from "../loops/expressions.js";
import type { Cursor, Expr, LoopFunction, Register } from "../loops/ir.js";
import type { FloatDType } from "./template.js";

/** Lanes of one logical vector of a tile. */
export const LANES = 4;

/** Steps along the contracted axis between two tests of the loop's stack, in the engine's code: more gained nothing. */
const UNROLL = 4;

/** Chunks of the contracted axis: sums run upwards inside one from zero, and chunk sums are added upwards. */
export const CHUNK = 256;

/** The widest tile, in logical vectors: what leaves room for two rows of sums in 15 machine registers. */
export const MAX_VECTORS: Readonly<Record<FloatDType, number>> = { f32: 4, f64: 2 };

/** Rows of the fastest tile that is so many vectors wide. */
export function tileRows(dtype: FloatDType, vectors: number): number {
  return (dtype === "f32" ? [0, 8, 4, 2, 2] : [0, 4, 2])[vectors] ?? 1;
}

/** Where a tile finds its operands: distances in elements. */
export interface TileSteps {
  readonly dtype: FloatDType;
  /** From one row of the tile to the next in A, and from one k to the next. */
  readonly aRow: number;
  readonly aDepth: number;
  /** From one k to the next in B. Columns are contiguous. */
  readonly bDepth: number;
  /** From one row of results to the next. */
  readonly cRow: number;
  /** Set when the contracted axis is several runs in A: from the start of one to that of the next. In B runs follow each other. */
  readonly aRun?: number;
  /** Whether later chunks are added to what an earlier one has stored. */
  readonly accumulate: boolean;
  /**
   * A single column, contiguous along k like A: the lanes hold the sums over k ≡ 0, 1, 2, 3 (mod 4), folded at the end of a chunk.
   * Runs are then a multiple of 4 long.
   */
  readonly dot?: boolean;
}

/** How far along the contracted axis one call goes. `first` says whether this is the first chunk. */
export interface TileExtent {
  readonly runs: Expr;
  readonly length: Expr;
  readonly first: Expr;
}

/** The tile functions of one kernel, each made once. */
export class Tiles {
  readonly steps: TileSteps;
  readonly #made = new Map<string, LoopFunction>();

  constructor(steps: TileSteps) {
    this.steps = steps;
  }

  /**
   * Emits c[0 … rows·count-1][0 … 4·vectors-1] (+)= Σₖ a·b, `count` tiles one below the other; without `a`, one row of Σₖ b.
   */
  emit(
    b: LoopBuilder,
    rows: number,
    vectors: number,
    a: Cursor | undefined,
    panel: Cursor,
    c: Cursor,
    extent: TileExtent,
    bDepth: number,
    count: Expr = index(1),
  ): void {
    const key = `${a ? rows : "sum"}x${vectors * LANES}_${bDepth}`;
    let callee = this.#made.get(key);
    if (!callee) {
      callee = tile(`tile_${key}`, this.steps, a ? rows : 1, vectors, a !== undefined, bDepth);
      this.#made.set(key, callee);
    }
    const args: (Expr | Cursor)[] = a ? [a, panel, c, count] : [panel, c];
    if (this.steps.aRun !== undefined) args.push(extent.runs);
    args.push(extent.length);
    if (this.steps.accumulate) args.push(extent.first);
    b.call(callee, args);
  }
}

function tile(name: string, steps: TileSteps, rows: number, vectors: number, withA: boolean, bDepth: number): LoopFunction {
  const b = new LoopBuilder();
  const type = vector(steps.dtype, LANES);
  const aStart = withA ? b.cursorParameter(steps.dtype, "a") : undefined;
  const bStart = b.cursorParameter(steps.dtype, "b");
  const c = b.cursorParameter(steps.dtype, "c");
  const count = withA ? b.parameter(I32, "count") : undefined;
  const runs = steps.aRun === undefined ? undefined : b.parameter(I32, "runs");
  const length = b.parameter(I32, "length");
  const first = steps.accumulate ? b.parameter(vector("bool"), "first") : undefined;
  const sums: Register[][] = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: vectors }, (_, v) => b.register(type, `sum${i}_${v}_`)),
  );

  // A cursor for each row: places that lie apart by a constant would each take one of the engine's registers at every turn.
  const run = (a: Cursor | undefined, panel: Cursor): void => {
    const lines = a ? sums.map((_, i) => (i === 0 ? a : b.point(a, index(i * steps.aRow)))) : [];
    const moving = [
      { cursor: panel, step: steps.dot ? LANES : bDepth },
      ...lines.map((cursor) => ({ cursor, step: steps.dot ? LANES : steps.aDepth })),
    ];
    b.stream(steps.dot ? div(length, index(LANES)) : length, moving, UNROLL, () => {
      const columns = Array.from({ length: vectors }, (_, v) => b.load(panel, v * LANES, LANES));
      for (const [i, row] of sums.entries()) {
        const line = lines[i];
        const x = line && b.let(load(line, 0, LANES, steps.dot ? 1 : 0));
        for (const [v, sum] of row.entries()) {
          const y = columns[v];
          if (y) b.set(sum, x ? multiplyAdd(x, y, sum) : add(sum, y));
        }
      }
    });
  };
  const store = (previous: boolean): void => {
    for (const [i, row] of sums.entries())
      for (const [v, sum] of row.entries()) {
        const offset = i * steps.cRow + v * LANES;
        const value = steps.dot ? horizontal("add", sum) : sum;
        b.store(c, previous ? add(load(c, offset, value.type.lanes), value) : value, offset);
      }
  };
  const oneTile = (): void => {
    for (const sum of sums.flat()) b.set(sum, zeros(steps.dtype, LANES));
    const panel = b.point(bStart);
    if (runs)
      b.for(0, runs, 1, (r) => {
        run(aStart && b.point(aStart, mul(r, index(steps.aRun ?? 0))), b.point(panel));
        b.advance(panel, mul(length, index(steps.dot ? 1 : bDepth)));
      });
    else run(aStart && b.point(aStart), panel);
    if (first)
      b.if(
        first,
        () => store(false),
        () => store(true),
      );
    else store(false);
  };
  if (count && aStart)
    b.for(0, count, 1, () => {
      oneTile();
      b.advance(aStart, rows * steps.aRow);
      b.advance(c, rows * steps.cRow);
    });
  else oneTile();
  return b.finish(name);
}

/** Zero, splatted. */
export function zeros(dtype: FloatDType, lanes: number): Expr {
  return splat(constant(vector(dtype), 0), lanes);
}
