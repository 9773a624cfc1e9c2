/**
 * Matrix products: C[b, i, j] = Σₖ A[b, i, k] · B[b, k, j].
 *
 * Order of summation: each result is the sum over k upwards of chunks of 256, each started from zero, the chunk sums added
 * upwards. Long thin products (at most 4096 results, K ≥ 2048) are cut into at most 8 segments of whole chunks whose sums are
 * added upwards at the end. All of this follows from the shape alone.
 */
import { add, compare, div, index, min, mul, sub } from "../loops/expressions.js";
import type { Expr } from "../loops/ir.js";
import { rem, TRUE } from "./arithmetic.js";
import { leastCommonMultiple, Panels, packPhase, pieceLength, spreadsOverCache } from "./panels.js";
import {
  type Chunk,
  cursorOf,
  emitBlockChunk,
  emitEpilogue,
  forColumns,
  matrixRows,
  type PanelPlan,
  packRows,
  panelSource,
  type RowPlan,
  sumPartials,
} from "./product.js";
import {
  type Epilogue,
  type FloatDType,
  type MatrixOperand,
  type Phase,
  PhaseBuilder,
  planOf,
  type ScratchBuffer,
  type SideSum,
  type TemplatePlan,
} from "./template.js";
import { CHUNK, LANES, Tiles } from "./tile.js";

export interface ContractionOptions {
  /** Names the loop functions. */
  readonly name: string;
  readonly dtype: FloatDType;
  /** How many products of the same shape. Default 1. */
  readonly batch?: number;
  /** M: rows of A and C. */
  readonly rows: number;
  /** N: columns of B and C. */
  readonly columns: number;
  /** K: the contracted axis. */
  readonly depth: number;
  /** A over (i, k). */
  readonly a: MatrixOperand;
  /** B over (j, k). */
  readonly b: MatrixOperand;
  readonly epilogue: Epilogue;
  /** Takes Σₖ B[b, k, j] (the bias gradient, where B is the gradient of a layer's output), in the order of the product. */
  readonly sideSum?: SideSum;
}

interface BlockShape {
  readonly rows: number;
  readonly columns: number;
}

/** Plans the product: packing of B where that pays, the product itself, and the joining of segments where there are any. */
export function contraction(options: ContractionOptions): TemplatePlan {
  const { name, dtype, rows, columns, depth, batch = 1 } = options;
  // Tall thin results fill the lanes of a tile better lying on their side: Cᵀ = BᵀAᵀ, with the same products in the same order.
  const onItsSide = columns <= 12 && rows >= 4 * columns && (options.a.unit === "outer" || columns === 1) && !options.sideSum;
  const work: ContractionOptions = onItsSide ? { ...options, rows: columns, columns: rows, a: options.b, b: options.a } : options;
  const panels = new Panels(dtype, work.columns);
  const rowPlan = planRows(work, panels);
  const shape = blockShape(work, panels, rowPlan.kind !== "inPlace");
  const panelPlan = planPanels(work, panels, shape);
  // The shape alone decides, never how blocks are cut: this is part of the order of summation.
  const most = depth >= 2048 && batch * rows * columns <= 4096 ? Math.min(8, Math.floor(depth / 1024)) : 1;
  const segment = most === 1 ? depth : Math.ceil(depth / most / CHUNK) * CHUNK;
  const segments = Math.max(1, Math.ceil(depth / Math.max(1, segment)));

  const phases: Phase[] = [];
  if (panelPlan.kind === "packed") phases.push(packPhase(`${name}_pack`, work.b, panels, depth, batch, panelPlan.scratch));
  const lines = rows + (options.sideSum ? 1 : 0);
  const partial: ScratchBuffer | undefined =
    segments === 1 ? undefined : { name: `${name}_partial`, dtype, size: segments * batch * lines * columns, perThread: false };
  phases.push(
    multiplyPhase({ options, work, onItsSide, panels, panelPlan, rowPlan: sized(rowPlan, shape.rows), shape, segments, segment, partial }),
  );
  if (partial) phases.push(joinPhase(options, partial, segments));
  return planOf(...phases);
}

function planRows(options: ContractionOptions, panels: Panels): RowPlan {
  const { name, dtype, a, depth } = options;
  const place = a.inPlace;
  const bytes = dtype === "f32" ? 4 : 8;
  if (place) {
    // Contiguous along k: each row of a tile is one stream. Along i: a tile touches one cache line per k, which only pays
    // while few panels walk over them and the lines do not all fall into the same cache sets.
    const dense = place.outer === 1 && place.depth * bytes <= 128;
    const thin = place.outer === 1 && panels.padded <= 2 * panels.width && spreadsOverCache(place.depth * bytes, Math.min(depth, CHUNK));
    if (place.depth === 1 || dense || thin) return { kind: "inPlace", batch: place.batch, row: place.outer, depth: place.depth };
  }
  const scratch: ScratchBuffer = { name: `${name}_rows`, dtype, size: 0, perThread: true };
  if (a.unit === "outer") return { kind: "groups", scratch, row: 1, depth: leastCommonMultiple(LANES, panels.rowUnit), operand: a };
  return { kind: "rows", scratch, row: Math.min(depth, CHUNK), depth: 1, operand: a };
}

function sized(plan: RowPlan, rows: number): RowPlan {
  if (plan.kind === "inPlace") return plan;
  const size = plan.kind === "rows" ? rows * plan.row : Math.ceil(rows / plan.depth) * plan.depth * CHUNK;
  return { ...plan, scratch: { ...plan.scratch, size } };
}

function planPanels(options: ContractionOptions, panels: Panels, shape: BlockShape): PanelPlan {
  const { name, dtype, rows, columns, depth, b, batch = 1 } = options;
  const place = b.inPlace;
  // A last panel that is not whole vectors is moved to the left where it is read in place, so there must be room for it, and
  // nothing that has been added to by an earlier chunk.
  if (place && place.outer === 1 && (columns % LANES === 0 || (panels.count > 0 && depth <= CHUNK))) {
    const onePanel = columns <= panels.width;
    if (onePanel || rows <= 8) return { kind: "inPlace", ...place };
  }
  if (shape.rows >= rows)
    return { kind: "perBlock", scratch: { name: `${name}_panel`, dtype, size: CHUNK * panels.width, perThread: true }, operand: b };
  return { kind: "packed", scratch: { name: `${name}_panels`, dtype, size: batch * depth * panels.padded, perThread: false }, depth };
}

/** Blocks small enough to stay in the second-level cache, and enough of them to share among threads. */
function blockShape(options: ContractionOptions, panels: Panels, packsRows: boolean): BlockShape {
  const { rows, columns, depth, batch = 1 } = options;
  const unit = leastCommonMultiple(panels.rowUnit, LANES);
  const even = (count: number, limit: number, step: number): number => {
    const parts = Math.ceil(count / limit);
    return parts <= 1 ? Math.max(1, count) : Math.ceil(count / parts / step) * step;
  };
  let most = { rows: 64, columns: 256 };
  for (;;) {
    const shape = { rows: even(rows, most.rows, unit), columns: even(columns, most.columns, panels.width) };
    const blocks = batch * Math.ceil(rows / shape.rows) * Math.ceil(columns / shape.columns);
    if (blocks >= 16 || shape.rows * shape.columns * depth < 200_000) return shape;
    if (!packsRows && most.columns > 64) most = { ...most, columns: most.columns / 2 };
    else if (most.rows > 24) most = { ...most, rows: most.rows / 2 };
    else if (most.columns > 2 * panels.width) most = { ...most, columns: most.columns / 2 };
    else return shape;
  }
}

interface MultiplyOptions {
  readonly options: ContractionOptions;
  /** The product as the tiles see it: `options`, or its transpose. */
  readonly work: ContractionOptions;
  readonly onItsSide: boolean;
  readonly panels: Panels;
  readonly panelPlan: PanelPlan;
  readonly rowPlan: RowPlan;
  readonly shape: BlockShape;
  readonly segments: number;
  readonly segment: number;
  readonly partial: ScratchBuffer | undefined;
}

function multiplyPhase(plan: MultiplyOptions): Phase {
  const { options, work, onItsSide, panels, panelPlan, rowPlan, shape, segments, segment } = plan;
  const { rows, columns } = work;
  const { name, dtype, depth, batch = 1, sideSum } = options;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const aReader = work.a.open(b);
  const bReader = panelPlan.kind === "packed" ? undefined : work.b.open(b);
  const epilogue = plan.partial ? undefined : options.epilogue(b);
  const emitSums = sideSum && !plan.partial ? sideSum(b) : undefined;
  const aCursor = rowPlan.kind === "inPlace" ? cursorOf(aReader.cursor) : phase.scratch(rowPlan.scratch);
  const bCursor = panelPlan.kind === "inPlace" ? cursorOf(bReader?.cursor) : phase.scratch(panelPlan.scratch);
  const partial = plan.partial && phase.scratch(plan.partial);
  // A last panel moved to the left may begin before the block.
  const margin = panelPlan.kind === "inPlace" && columns % LANES !== 0 ? LANES : 0;
  const cRow = Math.ceil(Math.min(shape.columns, columns) / LANES) * LANES + margin;
  const results = phase.scratch({ name: `${name}_block`, dtype, size: (shape.rows + (sideSum ? 1 : 0)) * cRow + margin, perThread: true });
  const c = margin === 0 ? results : b.point(results, index(margin));
  const chunks = Math.max(1, Math.ceil(segment / CHUNK));
  const tiles = new Tiles({ dtype, aRow: rowPlan.row, aDepth: rowPlan.depth, bDepth: panels.width, cRow, accumulate: chunks > 1 });

  const columnBlocks = Math.ceil(columns / shape.columns);
  const rowBlocks = Math.ceil(rows / shape.rows);
  b.for(phase.begin, phase.end, 1, (block) => {
    let rest: Expr = block;
    const digit = (radix: number): Expr => {
      const value = radix === 1 ? index(0) : b.let(rem(rest, index(radix)));
      rest = b.let(div(rest, index(radix)));
      return value;
    };
    const columnBlock = digit(columnBlocks);
    const rowBlock = digit(rowBlocks);
    const part = digit(segments);
    const at = batch === 1 ? index(0) : rest;
    const i0 = rowBlocks === 1 ? index(0) : b.let(mul(rowBlock, index(shape.rows)));
    const j0 = columnBlocks === 1 ? index(0) : b.let(mul(columnBlock, index(shape.columns)));
    const m =
      rowBlocks === 1 ? index(rows) : rows % shape.rows === 0 ? index(shape.rows) : b.let(min(index(shape.rows), sub(index(rows), i0)));
    const n =
      columnBlocks === 1
        ? index(columns)
        : columns % shape.columns === 0
          ? index(shape.columns)
          : b.let(min(index(shape.columns), sub(index(columns), j0)));
    const perBlock = shape.columns / panels.width;
    const firstPanel = columnBlocks === 1 ? index(0) : b.let(mul(columnBlock, index(perBlock)));
    const panelCount = columnBlocks === 1 ? index(panels.count) : b.let(min(index(perBlock), sub(index(panels.count), firstPanel)));
    const tail = columnBlocks === 1 ? TRUE : compare("eq", columnBlock, index(columnBlocks - 1));
    const sumsHere = rowBlocks === 1 ? TRUE : compare("eq", rowBlock, index(0));
    const kStart = segments === 1 ? index(0) : b.let(mul(part, index(segment)));
    const chunkAt = (from: Expr, piece: { length: Expr; multiple: number }): void => {
      const chunk: Chunk = { batch: at, from, ...piece };
      packRows(b, rowPlan, aReader, aCursor, i0, m, rows, chunk);
      const start =
        rowPlan.kind === "inPlace"
          ? b.let(add(mul(at, index(rowPlan.batch)), add(mul(i0, index(rowPlan.row)), mul(from, index(rowPlan.depth)))))
          : index(0);
      emitBlockChunk(b, {
        tiles,
        panels,
        source: panelSource(b, panels, panelPlan, bCursor, bReader, chunk),
        rows: matrixRows(b, rowPlan, aCursor, start, m, rows, cRow),
        c,
        extent: { runs: index(1), length: piece.length, first: chunks > 1 ? b.let(compare("eq", from, kStart)) : TRUE },
        firstPanel,
        panelCount,
        tail,
        ...(sideSum ? { sums: { at: index(shape.rows * cRow), when: sumsHere } } : {}),
        inPlace: panelPlan.kind === "inPlace",
      });
    };
    if (chunks === 1 && segments === 1) chunkAt(index(0), { length: index(depth), multiple: depth });
    else {
      const kEnd = segments === 1 ? index(depth) : min(index(depth), add(kStart, index(segment)));
      b.for(kStart, kEnd, CHUNK, (from) => chunkAt(from, pieceLength(b, from, depth, CHUNK)));
    }
    // The results of this block: to the epilogue, or to this segment's partial results.
    const lines = options.rows + (sideSum ? 1 : 0);
    const rowOf = partial
      ? (_: Expr, i: Expr) => {
          const line = b.point(partial, mul(add(mul(add(mul(part, index(batch)), at), index(lines)), i), index(options.columns)));
          return (j: Expr, _lanes: number, value: Expr) => b.store(b.point(line, j), value);
        }
      : epilogue;
    const along = { firstRow: i0, rows: m, from: j0, count: n, total: columns, rowStep: cRow, columnStep: 1 };
    const across = { firstRow: j0, rows: n, from: i0, count: m, total: rows, rowStep: 1, columnStep: cRow };
    if (rowOf) emitEpilogue(b, rowOf, { batch: at, c, ...(onItsSide ? across : along) });
    const sumOf = partial && sideSum && rowOf ? rowOf(at, index(rows)) : emitSums?.(at);
    if (sumOf) {
      const emit = (): void =>
        forColumns(b, j0, n, columns, (within, j, lanes) => sumOf(j, lanes, b.load(b.point(c, within), shape.rows * cRow, lanes)));
      if (sumsHere.kind === "constant") emit();
      else b.if(sumsHere, emit);
    }
  });
  const traffic = rows * depth + columns * depth + rows * columns;
  return phase.finish(
    `${name}_multiply`,
    batch * segments * rowBlocks * columnBlocks,
    2 * batch * rows * columns * depth,
    batch * traffic * (dtype === "f32" ? 4 : 8),
  );
}

/** Adds the segments' partial results and hands them on. One block is a few rows; the side sums are a block of their own. */
function joinPhase(options: ContractionOptions, scratch: ScratchBuffer, segments: number): Phase {
  const { name, rows, columns, batch = 1, sideSum } = options;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const epilogue = options.epilogue(b);
  const emitSums = sideSum?.(b);
  const partial = phase.scratch(scratch);
  const lines = rows + (sideSum ? 1 : 0);
  const step = Math.max(1, Math.floor(4096 / columns));
  const perBatch = Math.ceil(rows / step);
  const distance = batch * lines * columns;
  b.for(phase.begin, phase.end, 1, (block) => {
    const at = b.let(div(block, index(perBatch)));
    const i0 = b.let(mul(rem(block, index(perBatch)), index(step)));
    const end = b.let(min(add(i0, index(step)), index(rows)));
    const columnsOf = (line: Expr, emit: (j: Expr, lanes: number, value: Expr) => void): void => {
      const from = b.point(partial, mul(add(mul(at, index(lines)), line), index(columns)));
      forColumns(b, index(0), index(columns), columns, (_, j, lanes) =>
        emit(j, lanes, sumPartials(b, b.point(from, j), segments, distance, lanes)),
      );
    };
    b.for(i0, end, 1, (i) => columnsOf(i, epilogue(at, i)));
    if (emitSums) b.if(compare("eq", i0, index(0)), () => columnsOf(index(rows), emitSums(at)));
  });
  const elements = (segments + 1) * batch * lines * columns;
  return phase.finish(`${name}_join`, batch * perBatch, elements, elements * (scratch.dtype === "f32" ? 4 : 8));
}
