/**
 * Convolutions with 3 × 3 filters in fewer multiplications (Winograd 1980; Lavin and Gray 2016, F(2×2, 3×3)): for each 2 × 2 tile of
 * the result, with the 4 × 4 input pixels d below it and the filter g,
 *
 *     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 *     Bᵀ = 1  0 −1  0      G = 1   0   0      Aᵀ = 1  1  1  0
 *          0  1  1  0          ½   ½   ½           0  1 −1 −1
 *          0 −1  1  0          ½  −½   ½
 *          0  1  0 −1          0   0   1
 *
 * The products over channels at each of the 16 places are matrix products (in chunks of 256 channels, upwards): 16 multiplications
 * for 4 results instead of 36. The rounding errors are about as large as those of the direct sum, but relative to the largest of
 * neighbouring results.
 */
import type { LoopBuilder } from "../loops/builder.js";
import { add, compare, constant, div, index, load, min, mul, sub } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { rem, TRUE } from "./arithmetic.js";
import { forFours, Panels, packedPanel } from "./panels.js";
import { fillPlane, type PlaneSource } from "./planes.js";
import { emitBlockChunk, emitEpilogue, matrixRows, panelSource, type RowPlan } from "./product.js";
import {
  type Epilogue,
  type FloatDType,
  type MatrixOperand,
  type Phase,
  PhaseBuilder,
  planOf,
  type ScratchBuffer,
  type TemplatePlan,
} from "./template.js";
import { CHUNK, LANES, Tiles, zeros } from "./tile.js";

export interface WinogradOptions {
  readonly name: string;
  readonly dtype: FloatDType;
  readonly batch: number;
  readonly source: PlaneSource;
  readonly output: readonly [number, number];
  readonly filters: number;
  readonly filter: MatrixOperand;
  readonly epilogue: Epilogue;
}

/** Places of the transformed tiles. */
export const PLACES = 16;

/** Bᵀ d B for the 4 × 4 pixels that `pixel` gives; row by row, so that few values are alive at a time. */
export function transformInput(
  pixel: (y: number, x: number) => Expr,
  lastSign: 1 | -1,
  put: (place: number, value: Expr) => void,
  b: LoopBuilder,
): void {
  const last = (x: Expr, y: Expr): Expr => (lastSign === 1 ? sub(x, y) : sub(y, x));
  for (let i = 0; i < 4; i++) {
    const t = [0, 1, 2, 3].map((x) => {
      if (i === 0) return b.let(sub(pixel(0, x), pixel(2, x)));
      if (i === 1) return b.let(add(pixel(1, x), pixel(2, x)));
      if (i === 2) return b.let(sub(pixel(2, x), pixel(1, x)));
      return b.let(last(pixel(1, x), pixel(3, x)));
    });
    const [t0, t1, t2, t3] = t;
    if (!t0 || !t1 || !t2 || !t3) return;
    put(4 * i, sub(t0, t2));
    put(4 * i + 1, add(t1, t2));
    put(4 * i + 2, sub(t2, t1));
    put(4 * i + 3, last(t1, t3));
  }
}

/** G g Gᵀ. */
function transformFilter(
  b: LoopBuilder,
  dtype: FloatDType,
  lanes: number,
  g: (ky: number, kx: number) => Expr,
  put: (place: number, value: Expr) => void,
): void {
  const half = constant({ dtype, lanes }, 0.5);
  const spread = (x: Expr, y: Expr, z: Expr): Expr[] => {
    const outer = b.let(add(x, z));
    return [x, b.let(mul(half, add(outer, y))), b.let(mul(half, sub(outer, y))), z];
  };
  const columns = [0, 1, 2].map((kx) => spread(b.let(g(0, kx)), b.let(g(1, kx)), b.let(g(2, kx))));
  for (let i = 0; i < 4; i++) {
    const [x, y, z] = columns.map((c) => c[i]);
    if (x && y && z) for (const [j, value] of spread(x, y, z).entries()) put(4 * i + j, value);
  }
}

/** Whether the rows and columns are worth transforming: with few channels the transforms cost more than they save. */
export function suitsWinograd(
  dtype: FloatDType,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
  channels: number,
  filters: number,
): boolean {
  const three = kernel[0] === 3 && kernel[1] === 3;
  const dense = stride[0] === 1 && stride[1] === 1 && dilation[0] === 1 && dilation[1] === 1;
  return dtype === "f32" && three && dense && channels >= 16 && filters >= 16;
}

export function winograd(options: WinogradOptions): TemplatePlan {
  const { name, dtype, source, filters } = options;
  const panels = new Panels(dtype, filters);
  const scratch: ScratchBuffer = { name: `${name}_filters`, dtype, size: PLACES * source.channels * panels.padded, perThread: false };
  return planOf(filterPhase(options, panels, scratch), tilePhase(options, panels, scratch));
}

/** Transforms the filters into panels: [place][panel][channel][column]. One block is a few channels. */
function filterPhase(options: WinogradOptions, panels: Panels, scratch: ScratchBuffer): Phase {
  const { name, dtype, source, filters } = options;
  const { channels } = source;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const reader = options.filter.open(b);
  const packed = phase.scratch(scratch);
  const rows = Math.max(1, Math.floor(512 / filters));
  const distance = channels * panels.padded;
  const batch = index(0);
  b.for(mul(phase.begin, index(rows)), min(mul(phase.end, index(rows)), index(channels)), 1, (c) => {
    const emit = (target: Cursor, column: Expr, lanes: number): void =>
      transformFilter(
        b,
        dtype,
        lanes,
        (ky, kx) => reader.read({ batch, outer: column, depth: b.let(add(c, index((ky * 3 + kx) * channels))) }, "outer", lanes),
        (place, value) => b.store(target, value, place * distance),
      );
    if (panels.count > 0)
      b.for(0, panels.count * panels.width, LANES, (j) => {
        const panel = b.let(div(j, index(panels.width)));
        const line = packedPanel(b, packed, panels, channels, batch, panel, false, c);
        emit(b.point(line, rem(j, index(panels.width))), j, LANES);
      });
    if (panels.tail > 0) {
      const line = packedPanel(b, packed, panels, channels, batch, index(0), true, c);
      forFours(b, index(panels.tail), panels.tail, (j, lanes) =>
        emit(b.point(line, j), b.let(add(j, index(panels.count * panels.width))), lanes),
      );
      for (let q = panels.tail; q < panels.tailVectors * LANES; q++)
        for (let place = 0; place < PLACES; place++) b.store(line, zeros(dtype, 1), place * distance + q);
    }
  });
  const elements = channels * filters;
  return phase.finish(`${name}_filters`, Math.ceil(channels / rows), 28 * elements, 25 * elements * (dtype === "f32" ? 4 : 8));
}

/** Rows of tiles of one block: its transformed pixels and products stay in the second-level cache. */
export function tileRowsOfBlock(batch: number, down: number, across: number, widest: number): number {
  const most = Math.max(1, Math.floor(Math.max(24, Math.min(96, 3072 / widest)) / across));
  let groups = Math.ceil(down / most);
  while (batch * groups < 16 && groups < down && (batch * down * across * widest) / (batch * groups) > 2048) groups++;
  return Math.ceil(down / groups);
}

function tilePhase(options: WinogradOptions, panels: Panels, scratch: ScratchBuffer): Phase {
  const { name, dtype, batch, source, filters, output } = options;
  const { channels } = source;
  const [height, width] = output;
  const [down, across] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const lines = tileRowsOfBlock(batch, down, across, Math.max(channels, panels.padded));
  const groups = Math.ceil(down / lines);
  // Whole register tiles only: what they compute beyond the last tile of a block is never looked at.
  const unit = panels.rowUnit;
  const most = Math.ceil((lines * across) / unit) * unit;
  const planeWidth = 2 * across + 2;
  const cRow = panels.padded;

  const phase = new PhaseBuilder();
  const { b } = phase;
  const own = (what: string, size: number): Cursor => phase.scratch({ name: `${name}_${what}`, dtype, size, perThread: true });
  const reader = source.operand.open(b);
  const epilogue = options.epilogue(b);
  const packed = phase.scratch(scratch);
  const plane = own("plane", (2 * lines + 2) * planeWidth * channels);
  const pixels = own("pixels", PLACES * most * channels);
  const products = own("products", PLACES * most * cRow);
  const results = own("results", 4 * most * cRow);
  const chunks = Math.ceil(channels / CHUNK);
  const tiles = new Tiles({ dtype, aRow: channels, aDepth: 1, bDepth: panels.width, cRow, accumulate: chunks > 1 });
  const rowPlan: RowPlan = { kind: "inPlace", batch: 0, row: channels, depth: 1 };

  b.for(phase.begin, phase.end, 1, (block) => {
    const n = b.let(div(block, index(groups)));
    const first = groups === 1 ? index(0) : b.let(mul(rem(block, index(groups)), index(lines)));
    const m = down % lines === 0 ? index(lines) : b.let(min(index(lines), sub(index(down), first)));
    const count =
      m.kind === "constant" ? index(most) : b.let(mul(div(add(mul(m, index(across)), index(unit - 1)), index(unit)), index(unit)));
    const y0 = b.let(mul(first, index(2)));
    fillPlane(b, dtype, source, reader, plane, n, y0, add(mul(m, index(2)), index(2)), planeWidth);

    b.for(0, m, 1, (ty) =>
      b.for(0, across, 1, (tx) => {
        const corner = b.point(plane, mul(add(mul(ty, index(2 * planeWidth)), mul(tx, index(2))), index(channels)));
        const target = b.point(pixels, mul(add(mul(ty, index(across)), tx), index(channels)));
        forFours(b, index(channels), channels, (c, lanes) => {
          const from = b.point(corner, c);
          const to = b.point(target, c);
          const pixel = (y: number, x: number): Expr => load(from, (y * planeWidth + x) * channels, lanes);
          transformInput(pixel, 1, (place, value) => b.store(to, value, place * most * channels), b);
        });
      }),
    );

    b.for(0, PLACES, 1, (place) => {
      const a = b.point(pixels, mul(place, index(most * channels)));
      const filtersHere = b.point(packed, mul(place, index(channels * cRow)));
      const c = b.point(products, mul(place, index(most * cRow)));
      const chunk = (from: Expr, length: Expr): void =>
        emitBlockChunk(b, {
          tiles,
          panels,
          source: panelSource(b, panels, { kind: "packed", scratch, depth: channels }, filtersHere, undefined, {
            batch: index(0),
            from,
            length,
            multiple: 1,
          }),
          rows: matrixRows(b, rowPlan, a, from, count, most, cRow),
          c,
          extent: { runs: index(1), length, first: chunks > 1 ? b.let(compare("eq", from, index(0))) : TRUE },
          firstPanel: index(0),
          panelCount: index(panels.count),
          tail: TRUE,
          inPlace: false,
        });
      if (chunks === 1) chunk(index(0), index(channels));
      else b.for(0, channels, CHUNK, (from) => chunk(from, b.let(min(index(CHUNK), sub(index(channels), from)))));
    });

    b.for(0, m, 1, (ty) =>
      b.for(0, across, 1, (tx) => {
        const from = b.point(products, mul(add(mul(ty, index(across)), tx), index(cRow)));
        const to = b.point(results, mul(add(mul(ty, index(4 * across)), mul(tx, index(2))), index(cRow)));
        b.for(0, cRow, LANES, (j) => transformOutput(b, b.point(from, j), most * cRow, b.point(to, j), 2 * across * cRow, cRow));
      }),
    );
    const rows = b.let(min(mul(m, index(2)), sub(index(height), y0)));
    b.for(0, rows, 1, (y) =>
      emitEpilogue(b, epilogue, {
        batch: index(0),
        firstRow: b.let(mul(add(mul(n, index(height)), add(y0, y)), index(width))),
        rows: index(width),
        from: index(0),
        count: index(filters),
        total: filters,
        c: b.point(results, mul(y, index(2 * across * cRow))),
        rowStep: cRow,
        columnStep: 1,
      }),
    );
  });
  const positions = batch * height * width;
  const elements = positions * (channels + filters) + PLACES * channels * filters;
  return phase.finish(`${name}_tiles`, batch * groups, 8 * positions * channels * filters, elements * (dtype === "f32" ? 4 : 8));
}

/** Aᵀ m A for 4 lanes of the 16 products, `distance` apart: a 2 × 2 tile of results. */
function transformOutput(b: LoopBuilder, from: Cursor, distance: number, to: Cursor, row: number, pixel: number): void {
  const top: Expr[] = [];
  const bottom: Expr[] = [];
  for (let x = 0; x < 4; x++) {
    const [m0, m1, m2, m3] = [0, 1, 2, 3].map((y) => b.load(from, (4 * y + x) * distance, LANES));
    if (!m0 || !m1 || !m2 || !m3) return;
    top.push(b.let(add(add(m0, m1), m2)));
    bottom.push(b.let(sub(sub(m1, m2), m3)));
  }
  for (const [i, [s0, s1, s2, s3]] of [top, bottom].entries()) {
    if (!s0 || !s1 || !s2 || !s3) return;
    b.store(to, add(add(s0, s1), s2), i * row);
    b.store(to, sub(sub(s1, s2), s3), i * row + pixel);
  }
}
