/**
 * The gradient of a dense 3 × 3 convolution for its filters in fewer multiplications: for each m × m tile z of the output gradient and
 * the (m + 2) × (m + 2) input pixels d below it,
 *
 *     ∂L/∂W += Aᵀ [ (G z Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 * with m and the matrices of `winograd-forms.ts` (F(3 × 3, m × m)).
 *
 * The sum over tiles is taken before the last transform: upwards over the tiles of a few rows of tiles of one image (a chunk), chunk
 * sums upwards within at most 8 segments, segments upwards. Only the shape decides what they are. Side sums go the same way over
 * the sums of each tile z, which are taken upwards in columns, columns from left to right.
 */
import { add, compare, div, index, min, mul, sub, vector } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { rem, TRUE } from "./arithmetic.js";
import type { FilterGradientOptions } from "./filter-gradient.js";
import { forFours, Panels } from "./panels.js";
import { fillPlane, type PlaneSource } from "./planes.js";
import { emitBlockChunk, forColumns, matrixRows, type PanelSource, type RowPlan, sumPartials, when } from "./product.js";
import { type Phase, PhaseBuilder, planOf, type ScratchBuffer, type TemplatePlan } from "./template.js";
import { LANES, Tiles, zeros } from "./tile.js";
import type { WinogradForm } from "./winograd-forms.js";
import { BETWEEN, cornerOf, placeDistance, tileRowsOfBlock, transformTile, transformValues } from "./winograd-tiles.js";

interface Cut {
  /** Rows of tiles of one chunk, chunks of one image. */
  readonly lines: number;
  readonly groups: number;
  readonly segments: number;
  readonly perSegment: number;
  readonly panelGroups: number;
  readonly perGroup: number;
}

export function winogradFilterGradient(options: FilterGradientOptions, form: WinogradForm): TemplatePlan {
  const { name, dtype, shape: s } = options;
  const panels = new Panels(dtype, s.filters);
  const places = form.tile * form.tile;
  const [down, across] = [Math.ceil(s.outputHeight / form.results), Math.ceil(s.outputWidth / form.results)];
  const lines = tileRowsOfBlock(16, down, across, Math.max(s.channels, s.filters), form);
  const groups = Math.ceil(down / lines);
  const chunks = s.batch * groups;
  // Joining many segments must not cost more than a fraction of the sums themselves.
  const worth = Math.floor((s.batch * s.outputHeight * s.outputWidth) / 160);
  const room = Math.max(1, Math.min(8, worth, Math.floor(2 ** 22 / (places * s.channels * s.filters))));
  const perSegment = Math.ceil(chunks / Math.min(room, chunks));
  const segments = Math.ceil(chunks / perSegment);
  const total = panels.count + (panels.tail > 0 ? 1 : 0);
  const perGroup = segments >= 8 ? total : Math.max(2, Math.ceil(total / Math.ceil(16 / segments)));
  const cut: Cut = { lines, groups, segments, perSegment, perGroup, panelGroups: Math.ceil(total / perGroup) };
  const size = segments * (places * s.channels + 1) * panels.padded;
  const partial: ScratchBuffer = { name: `${name}_partial`, dtype, size, perThread: false };
  return planOf(segmentPhase(options, form, panels, cut, partial), joinPhase(options, form, panels, cut, partial));
}

function segmentPhase(options: FilterGradientOptions, form: WinogradForm, panels: Panels, cut: Cut, partial: ScratchBuffer): Phase {
  const { name, dtype, shape: s, sideSum } = options;
  const { channels, filters } = s;
  const { tile, results: side } = form;
  const places = tile * tile;
  const [down, across] = [Math.ceil(s.outputHeight / side), Math.ceil(s.outputWidth / side)];
  const image: PlaneSource = {
    operand: options.image,
    height: s.height,
    width: s.width,
    channels,
    top: s.padding[0],
    left: s.padding[1],
    spread: [1, 1],
  };
  const gradient: PlaneSource = {
    operand: options.gradient,
    height: s.outputHeight,
    width: s.outputWidth,
    channels: filters,
    top: 0,
    left: 0,
    spread: [1, 1],
  };
  const most = cut.lines * across;
  const planeWidth = side * across + 2;
  const cRow = panels.padded;

  const phase = new PhaseBuilder();
  const { b } = phase;
  const own = (what: string, size: number): Cursor => phase.scratch({ name: `${name}_${what}`, dtype, size, perThread: true });
  const imageReader = options.image.open(b);
  const gradientReader = options.gradient.open(b);
  const sums = phase.scratch(partial);
  const imagePlane = own("plane", (side * cut.lines + 2) * planeWidth * channels);
  const gradientPlane = own("gradient", side * side * most * filters);
  const pixelsApart = placeDistance(most * channels);
  const pixels = own("pixels", places * pixelsApart);
  const stripSize = placeDistance(most * cut.perGroup * panels.width);
  // The sums of the tiles lie behind the places.
  const strips = own("strips", (places + (sideSum ? 1 : 0)) * stripSize);
  const between = own("between", BETWEEN);
  const tiles = new Tiles({ dtype, aRow: 1, aDepth: channels, bDepth: panels.width, cRow, accumulate: true });
  const rowPlan: RowPlan = { kind: "inPlace", batch: 0, row: 1, depth: channels };

  b.for(phase.begin, phase.end, 1, (block) => {
    const one = cut.panelGroups === 1;
    const group = one ? index(0) : b.let(rem(block, index(cut.panelGroups)));
    const segment = b.let(div(block, index(cut.panelGroups)));
    const firstPanel = one ? index(0) : b.let(mul(group, index(cut.perGroup)));
    const panelCount = one ? index(panels.count) : b.let(min(index(cut.perGroup), sub(index(panels.count), firstPanel)));
    const tail = one ? TRUE : compare("eq", group, index(cut.panelGroups - 1));
    const c = b.point(sums, add(mul(segment, index((places * channels + 1) * cRow)), mul(firstPanel, index(panels.width))));
    const start = b.let(mul(segment, index(cut.perSegment)));
    b.for(start, min(add(start, index(cut.perSegment)), index(s.batch * cut.groups)), 1, (chunk) => {
      const n = b.let(div(chunk, index(cut.groups)));
      const first = b.let(mul(rem(chunk, index(cut.groups)), index(cut.lines)));
      const m = down % cut.lines === 0 ? index(cut.lines) : b.let(min(index(cut.lines), sub(index(down), first)));
      const count = m.kind === "constant" ? index(most) : b.let(mul(m, index(across)));
      const y0 = b.let(mul(first, index(side)));
      fillPlane(b, dtype, image, imageReader, imagePlane, n, y0, add(mul(m, index(side)), index(2)), planeWidth);
      fillPlane(b, dtype, gradient, gradientReader, gradientPlane, n, y0, mul(m, index(side)), side * across);

      b.for(0, m, 1, (ty) =>
        b.for(0, across, 1, (tx) => {
          const at = b.let(add(mul(ty, index(across)), tx));
          const corner = b.point(imagePlane, cornerOf(ty, tx, side, planeWidth, channels));
          const target = b.point(pixels, mul(at, index(channels)));
          forFours(b, index(channels), channels, (channel, lanes) => {
            const from = { cursor: b.point(corner, channel), row: planeWidth * channels, column: channels };
            const to = { cursor: b.point(target, channel), row: tile * pixelsApart, column: pixelsApart };
            transformTile(b, form.pixels, [tile, tile], from, to, between, lanes);
          });

          const corner2 = b.point(gradientPlane, cornerOf(ty, tx, side, side * across, filters));
          const emit = (cursor: Cursor, strip: Cursor, lanes: number): void => {
            const sum = b.register(vector(dtype, lanes), "sum");
            if (sideSum) b.set(sum, zeros(dtype, lanes));
            const from = { cursor, row: side * across * filters, column: filters };
            const to = { cursor: strip, row: tile * stripSize, column: stripSize };
            transformTile(b, form.gradient, [side, tile], from, to, between, lanes, (values) => {
              if (sideSum) b.set(sum, add(sum, values.reduce(add)));
            });
            if (sideSum) b.store(strip, sum, places * stripSize);
          };
          if (panels.count > 0)
            b.for(0, panelCount, 1, (p) => {
              const from = b.point(corner2, mul(add(firstPanel, p), index(panels.width)));
              const to = b.point(strips, mul(add(mul(p, index(most)), at), index(panels.width)));
              b.for(0, panels.width, LANES, (j) => emit(b.point(from, j), b.point(to, j), LANES));
            });
          if (panels.tail > 0)
            when(b, tail, () => {
              const from = b.point(corner2, index(panels.count * panels.width));
              const to = b.point(strips, add(mul(panelCount, index(most * panels.width)), mul(at, index(panels.tailVectors * LANES))));
              forFours(b, index(panels.tail), panels.tail, (j, lanes) => emit(b.point(from, j), b.point(to, j), lanes));
            });
        }),
      );

      const isFirst = b.let(compare("eq", chunk, start));
      const stripsOf = (place: Expr): PanelSource => {
        const strip = b.point(strips, mul(place, index(stripSize)));
        return (panel, last) => ({
          cursor: b.point(strip, mul(last ? panelCount : sub(panel, firstPanel), index(panels.width * most))),
          step: (last ? panels.tailVectors : panels.vectors) * LANES,
        });
      };
      const common = {
        tiles,
        panels,
        extent: { runs: index(1), length: count, first: isFirst },
        firstPanel,
        panelCount,
        tail,
        inPlace: false,
      };
      b.for(0, places, 1, (place) => {
        const a = b.point(pixels, mul(place, index(pixelsApart)));
        emitBlockChunk(b, {
          ...common,
          source: stripsOf(place),
          rows: matrixRows(b, rowPlan, a, index(0), index(channels), channels, cRow),
          c: b.point(c, mul(place, index(channels * cRow))),
        });
      });
      if (sideSum)
        emitBlockChunk(b, {
          ...common,
          source: stripsOf(index(places)),
          rows: () => {},
          c: b.point(c, index(places * channels * cRow)),
          sums: { at: index(0), when: TRUE },
        });
    });
  });
  const positions = s.batch * s.outputHeight * s.outputWidth;
  const elements = s.batch * s.height * s.width * channels + positions * filters;
  return phase.finish(
    `${name}_segments`,
    cut.segments * cut.panelGroups,
    2 * places * s.batch * down * across * channels * filters,
    elements * (dtype === "f32" ? 4 : 8),
  );
}

/** Adds the segments' sums and transforms them to the nine taps. One block is a few input channels. */
function joinPhase(options: FilterGradientOptions, form: WinogradForm, panels: Panels, cut: Cut, scratch: ScratchBuffer): Phase {
  const { name, dtype, shape } = options;
  const { channels, filters } = shape;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const epilogue = options.epilogue(b);
  const emitSums = options.sideSum?.(b);
  const partial = phase.scratch(scratch);
  const step = Math.max(1, Math.floor(512 / filters));
  const places = form.tile * form.tile;
  const distance = (places * channels + 1) * panels.padded;
  b.for(phase.begin, phase.end, 1, (block) => {
    const first = b.let(mul(block, index(step)));
    b.for(first, min(add(first, index(step)), index(channels)), 1, (c) => {
      const from = b.point(partial, mul(c, index(panels.padded)));
      const rows = Array.from({ length: 9 }, (_, tap) => epilogue(index(0), b.let(add(c, index(tap * channels)))));
      forFours(b, index(filters), filters, (j, lanes) => {
        const sum = (y: number, x: number): Expr =>
          sumPartials(b, b.point(from, add(j, index((y * form.tile + x) * channels * panels.padded))), cut.segments, distance, lanes);
        const taps = transformValues(b, form.taps, form.tile, sum).flat();
        for (const [tap, value] of taps.entries()) rows[tap]?.(j, lanes, value);
      });
    });
    if (emitSums)
      b.if(compare("eq", block, index(0)), () => {
        const emit = emitSums(index(0));
        const from = b.point(partial, index(places * channels * panels.padded));
        forColumns(b, index(0), index(filters), filters, (_, j, lanes) => {
          emit(j, lanes, sumPartials(b, b.point(from, j), cut.segments, distance, lanes));
        });
      });
  });
  const elements = (cut.segments * places + 9) * channels * filters;
  return phase.finish(`${name}_join`, Math.ceil(channels / step), elements, elements * (dtype === "f32" ? 4 : 8));
}
