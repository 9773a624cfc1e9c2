/**
 * Convolutions with 3 × 3 filters in fewer multiplications: for each tile of m × m results, with the (m + 2) × (m + 2) input pixels d below
 * it and the filter g,
 *
 *     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 * with m and the matrices of `winograd-forms.ts`. The products over channels at each of the (m + 2)² places are matrix products (in chunks
 * of 256 channels, upwards). The rounding errors are relative to the largest of neighbouring results.
 */
import { add, compare, div, index, min, mul, sub } from "../loops/expressions.js";
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
import type { WinogradForm } from "./winograd-forms.js";
import { BETWEEN, cornerOf, placeDistance, tileRowsOfBlock, transformTile, transformValues } from "./winograd-tiles.js";

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

const squared = (x: number): number => x * x;

export function winograd(options: WinogradOptions, form: WinogradForm): TemplatePlan {
  const { name, dtype, source, filters } = options;
  const panels = new Panels(dtype, filters);
  const scratch: ScratchBuffer = {
    name: `${name}_filters`,
    dtype,
    size: squared(form.tile) * source.channels * panels.padded,
    perThread: false,
  };
  return planOf(filterPhase(options, form, panels, scratch), tilePhase(options, form, panels, scratch));
}

/** Transforms the filters into panels: [place][panel][channel][column]. One block is a few channels. */
function filterPhase(options: WinogradOptions, form: WinogradForm, panels: Panels, scratch: ScratchBuffer): Phase {
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
    const emit = (target: Cursor, column: Expr, lanes: number): void => {
      const tap = (ky: number, kx: number): Expr =>
        reader.read({ batch, outer: column, depth: b.let(add(c, index((ky * 3 + kx) * channels))) }, "outer", lanes);
      const places = transformValues(b, form.filter, 3, tap).flat();
      for (const [place, value] of places.entries()) b.store(target, value, place * distance);
    };
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
        for (let place = 0; place < squared(form.tile); place++) b.store(line, zeros(dtype, 1), place * distance + q);
    }
  });
  const elements = channels * filters;
  return phase.finish(
    `${name}_filters`,
    Math.ceil(channels / rows),
    2 * squared(form.tile) * elements,
    (9 + squared(form.tile)) * elements * (dtype === "f32" ? 4 : 8),
  );
}

function tilePhase(options: WinogradOptions, form: WinogradForm, panels: Panels, scratch: ScratchBuffer): Phase {
  const { name, dtype, batch, source, filters, output } = options;
  const { channels } = source;
  const [height, width] = output;
  const { tile, results: side } = form;
  const places = squared(tile);
  const [down, across] = [Math.ceil(height / side), Math.ceil(width / side)];
  const lines = tileRowsOfBlock(batch, down, across, Math.max(channels, panels.padded), form);
  const groups = Math.ceil(down / lines);
  // Whole register tiles only: what they compute beyond the last tile of a block is never looked at.
  const unit = panels.rowUnit;
  const most = Math.ceil((lines * across) / unit) * unit;
  const planeWidth = side * across + 2;
  const cRow = panels.padded;

  const phase = new PhaseBuilder();
  const { b } = phase;
  const own = (what: string, size: number): Cursor => phase.scratch({ name: `${name}_${what}`, dtype, size, perThread: true });
  const reader = source.operand.open(b);
  const epilogue = options.epilogue(b);
  const packed = phase.scratch(scratch);
  const plane = own("plane", (side * lines + 2) * planeWidth * channels);
  const [pixelsApart, productsApart] = [placeDistance(most * channels), placeDistance(most * cRow)];
  const pixels = own("pixels", places * pixelsApart);
  const products = own("products", places * productsApart);
  const results = own("results", squared(side) * most * cRow);
  const between = own("between", BETWEEN);
  const chunks = Math.ceil(channels / CHUNK);
  const tiles = new Tiles({ dtype, aRow: channels, aDepth: 1, bDepth: panels.width, cRow, accumulate: chunks > 1 });
  const rowPlan: RowPlan = { kind: "inPlace", batch: 0, row: channels, depth: 1 };

  b.for(phase.begin, phase.end, 1, (block) => {
    const n = b.let(div(block, index(groups)));
    const first = groups === 1 ? index(0) : b.let(mul(rem(block, index(groups)), index(lines)));
    const m = down % lines === 0 ? index(lines) : b.let(min(index(lines), sub(index(down), first)));
    const count =
      m.kind === "constant" ? index(most) : b.let(mul(div(add(mul(m, index(across)), index(unit - 1)), index(unit)), index(unit)));
    const y0 = b.let(mul(first, index(side)));
    fillPlane(b, dtype, source, reader, plane, n, y0, add(mul(m, index(side)), index(2)), planeWidth);

    b.for(0, m, 1, (ty) =>
      b.for(0, across, 1, (tx) => {
        const corner = b.point(plane, cornerOf(ty, tx, side, planeWidth, channels));
        const target = b.point(pixels, mul(add(mul(ty, index(across)), tx), index(channels)));
        forFours(b, index(channels), channels, (c, lanes) => {
          const from = { cursor: b.point(corner, c), row: planeWidth * channels, column: channels };
          const to = { cursor: b.point(target, c), row: tile * pixelsApart, column: pixelsApart };
          transformTile(b, form.pixels, [tile, tile], from, to, between, lanes);
        });
      }),
    );

    b.for(0, places, 1, (place) => {
      const a = b.point(pixels, mul(place, index(pixelsApart)));
      const filtersHere = b.point(packed, mul(place, index(channels * cRow)));
      const c = b.point(products, mul(place, index(productsApart)));
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
        const to = b.point(results, cornerOf(ty, tx, side, side * across, cRow));
        b.for(0, cRow, LANES, (j) => {
          const products = { cursor: b.point(from, j), row: tile * productsApart, column: productsApart };
          const target = { cursor: b.point(to, j), row: side * across * cRow, column: cRow };
          transformTile(b, form.output, [tile, side], products, target, between, LANES);
        });
      }),
    );
    const rows = b.let(min(mul(m, index(side)), sub(index(height), y0)));
    b.for(0, rows, 1, (y) =>
      emitEpilogue(b, epilogue, {
        batch: index(0),
        firstRow: b.let(mul(add(mul(n, index(height)), add(y0, y)), index(width))),
        rows: index(width),
        from: index(0),
        count: index(filters),
        total: filters,
        c: b.point(results, mul(y, index(side * across * cRow))),
        rowStep: cRow,
        columnStep: 1,
      }),
    );
  });
  const positions = batch * height * width;
  const elements = positions * (channels + filters) + places * channels * filters;
  return phase.finish(
    `${name}_tiles`,
    batch * groups,
    2 * places * batch * down * across * channels * filters,
    elements * (dtype === "f32" ? 4 : 8),
  );
}
