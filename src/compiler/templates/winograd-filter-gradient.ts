/**
 * The gradient of a dense 3 × 3 convolution for its filters in fewer multiplications (F(3×3, 2×2)): for each 2 × 2 tile z of the
 * output gradient and the 4 × 4 input pixels d below it,
 *
 *     ∂L/∂W += Aᵀ [ (G z Gᵀ) ⊙ (Bᵀ d B) ] A
 *
 *     Bᵀ = 1  0 −1  0      G = 1   0      Aᵀ = 1  1  1  0
 *          0  1  1  0          ½   ½           0  1 −1  0
 *          0 −1  1  0          ½  −½           0  1  1  1
 *          0 −1  0  1          0   1
 *
 * The sum over tiles is taken before the last transform: upwards over the tiles of a few rows of tiles of one image (a chunk), chunk
 * sums upwards within at most 16 segments, segments upwards. Only the shape decides what they are.
 */
import type { LoopBuilder } from "../loops/builder.js";
import { add, compare, constant, div, index, load, min, mul, sub, vector } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { rem, TRUE } from "./arithmetic.js";
import type { FilterGradientOptions } from "./filter-gradient.js";
import { forFours, Panels } from "./panels.js";
import { fillPlane, type PlaneSource } from "./planes.js";
import { emitBlockChunk, forColumns, matrixRows, type RowPlan, sumPartials, when } from "./product.js";
import { type Phase, PhaseBuilder, planOf, type ScratchBuffer, type TemplatePlan } from "./template.js";
import { LANES, Tiles } from "./tile.js";
import { PLACES, tileRowsOfBlock, transformInput } from "./winograd.js";

/** Where G z Gᵀ is a quarter of the sum over the tile. */
const SUM_PLACE = 5;

interface Cut {
  /** Rows of tiles of one chunk, chunks of one image. */
  readonly lines: number;
  readonly groups: number;
  readonly segments: number;
  readonly perSegment: number;
  readonly panelGroups: number;
  readonly perGroup: number;
}

export function winogradFilterGradient(options: FilterGradientOptions): TemplatePlan {
  const { name, dtype, shape: s } = options;
  const panels = new Panels(dtype, s.filters);
  const [down, across] = [Math.ceil(s.outputHeight / 2), Math.ceil(s.outputWidth / 2)];
  const lines = tileRowsOfBlock(16, down, across, Math.max(s.channels, s.filters));
  const groups = Math.ceil(down / lines);
  const chunks = s.batch * groups;
  // Joining many segments must not cost more than a fraction of the sums themselves.
  const worth = Math.floor((s.batch * s.outputHeight * s.outputWidth) / 160);
  const room = Math.max(1, Math.min(16, worth, Math.floor(2 ** 22 / (PLACES * s.channels * s.filters))));
  const perSegment = Math.ceil(chunks / Math.min(room, chunks));
  const segments = Math.ceil(chunks / perSegment);
  const total = panels.count + (panels.tail > 0 ? 1 : 0);
  const perGroup = segments >= 8 ? total : Math.max(2, Math.ceil(total / Math.ceil(16 / segments)));
  const cut: Cut = { lines, groups, segments, perSegment, perGroup, panelGroups: Math.ceil(total / perGroup) };
  const size = segments * (PLACES * s.channels + 1) * panels.padded;
  const partial: ScratchBuffer = { name: `${name}_partial`, dtype, size, perThread: false };
  return planOf(segmentPhase(options, panels, cut, partial), joinPhase(options, panels, cut, partial));
}

function segmentPhase(options: FilterGradientOptions, panels: Panels, cut: Cut, partial: ScratchBuffer): Phase {
  const { name, dtype, shape: s, sideSum } = options;
  const { channels, filters } = s;
  const [down, across] = [Math.ceil(s.outputHeight / 2), Math.ceil(s.outputWidth / 2)];
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
  const planeWidth = 2 * across + 2;
  const cRow = panels.padded;

  const phase = new PhaseBuilder();
  const { b } = phase;
  const own = (what: string, size: number): Cursor => phase.scratch({ name: `${name}_${what}`, dtype, size, perThread: true });
  const imageReader = options.image.open(b);
  const gradientReader = options.gradient.open(b);
  const sums = phase.scratch(partial);
  const imagePlane = own("plane", (2 * cut.lines + 2) * planeWidth * channels);
  const gradientPlane = own("gradient", 4 * most * filters);
  const pixels = own("pixels", PLACES * most * channels);
  const strips = own("strips", PLACES * most * cut.perGroup * panels.width);
  const stripSize = most * cut.perGroup * panels.width;
  const tiles = new Tiles({ dtype, aRow: 1, aDepth: channels, bDepth: panels.width, cRow, accumulate: true });
  const rowPlan: RowPlan = { kind: "inPlace", batch: 0, row: 1, depth: channels };

  b.for(phase.begin, phase.end, 1, (block) => {
    const one = cut.panelGroups === 1;
    const group = one ? index(0) : b.let(rem(block, index(cut.panelGroups)));
    const segment = b.let(div(block, index(cut.panelGroups)));
    const firstPanel = one ? index(0) : b.let(mul(group, index(cut.perGroup)));
    const panelCount = one ? index(panels.count) : b.let(min(index(cut.perGroup), sub(index(panels.count), firstPanel)));
    const tail = one ? TRUE : compare("eq", group, index(cut.panelGroups - 1));
    const c = b.point(sums, add(mul(segment, index((PLACES * channels + 1) * cRow)), mul(firstPanel, index(panels.width))));
    const start = b.let(mul(segment, index(cut.perSegment)));
    b.for(start, min(add(start, index(cut.perSegment)), index(s.batch * cut.groups)), 1, (chunk) => {
      const n = b.let(div(chunk, index(cut.groups)));
      const first = b.let(mul(rem(chunk, index(cut.groups)), index(cut.lines)));
      const m = down % cut.lines === 0 ? index(cut.lines) : b.let(min(index(cut.lines), sub(index(down), first)));
      const count = m.kind === "constant" ? index(most) : b.let(mul(m, index(across)));
      const y0 = b.let(mul(first, index(2)));
      fillPlane(b, dtype, image, imageReader, imagePlane, n, y0, add(mul(m, index(2)), index(2)), planeWidth);
      fillPlane(b, dtype, gradient, gradientReader, gradientPlane, n, y0, mul(m, index(2)), 2 * across);

      b.for(0, m, 1, (ty) =>
        b.for(0, across, 1, (tx) => {
          const at = b.let(add(mul(ty, index(across)), tx));
          const corner = b.point(imagePlane, mul(add(mul(ty, index(2 * planeWidth)), mul(tx, index(2))), index(channels)));
          const target = b.point(pixels, mul(at, index(channels)));
          forFours(b, index(channels), channels, (channel, lanes) => {
            const from = b.point(corner, channel);
            const to = b.point(target, channel);
            const pixel = (y: number, x: number): Expr => load(from, (y * planeWidth + x) * channels, lanes);
            transformInput(pixel, -1, (place, value) => b.store(to, value, place * most * channels), b);
          });

          const tile = b.point(gradientPlane, mul(add(mul(ty, index(4 * across)), mul(tx, index(2))), index(filters)));
          const emit = (from: Cursor, to: Cursor, lanes: number): void =>
            transformGradient(
              b,
              (y, x) => load(from, (y * 2 * across + x) * filters, lanes),
              (place, value) => b.store(to, value, place * stripSize),
            );
          if (panels.count > 0)
            b.for(0, panelCount, 1, (p) => {
              const from = b.point(tile, mul(add(firstPanel, p), index(panels.width)));
              const to = b.point(strips, mul(add(mul(p, index(most)), at), index(panels.width)));
              b.for(0, panels.width, LANES, (j) => emit(b.point(from, j), b.point(to, j), LANES));
            });
          if (panels.tail > 0)
            when(b, tail, () => {
              const from = b.point(tile, index(panels.count * panels.width));
              const to = b.point(strips, add(mul(panelCount, index(most * panels.width)), mul(at, index(panels.tailVectors * LANES))));
              forFours(b, index(panels.tail), panels.tail, (j, lanes) => emit(b.point(from, j), b.point(to, j), lanes));
            });
        }),
      );

      const isFirst = b.let(compare("eq", chunk, start));
      b.for(0, PLACES, 1, (place) => {
        const strip = b.point(strips, mul(place, index(stripSize)));
        const results = b.let(mul(place, index(channels * cRow)));
        emitBlockChunk(b, {
          tiles,
          panels,
          source: (panel, last) => ({
            cursor: b.point(strip, mul(last ? panelCount : sub(panel, firstPanel), index(panels.width * most))),
            step: (last ? panels.tailVectors : panels.vectors) * LANES,
          }),
          rows: matrixRows(b, rowPlan, b.point(pixels, mul(place, index(most * channels))), index(0), index(channels), channels, cRow),
          c: b.point(c, results),
          extent: { runs: index(1), length: count, first: isFirst },
          firstPanel,
          panelCount,
          tail,
          ...(sideSum ? { sums: { at: sub(index(PLACES * channels * cRow), results), when: compare("eq", place, index(SUM_PLACE)) } } : {}),
          inPlace: false,
        });
      });
    });
  });
  const positions = s.batch * s.outputHeight * s.outputWidth;
  const elements = s.batch * s.height * s.width * channels + positions * filters;
  return phase.finish(
    `${name}_segments`,
    cut.segments * cut.panelGroups,
    8 * positions * channels * filters,
    elements * (dtype === "f32" ? 4 : 8),
  );
}

/** G z Gᵀ of a 2 × 2 tile. */
function transformGradient(b: LoopBuilder, z: (y: number, x: number) => Expr, put: (place: number, value: Expr) => void): void {
  const spread = (x: Expr, y: Expr): Expr[] => {
    const half = constant(vector(x.type.dtype, x.type.lanes), 0.5);
    return [x, b.let(mul(half, add(x, y))), b.let(mul(half, sub(x, y))), y];
  };
  const left = spread(b.let(z(0, 0)), b.let(z(1, 0)));
  const right = spread(b.let(z(0, 1)), b.let(z(1, 1)));
  for (const [i, x] of left.entries()) {
    const y = right[i];
    if (y) for (const [j, value] of spread(x, y).entries()) put(4 * i + j, value);
  }
}

/** Adds the segments' sums and transforms them to the nine taps. One block is a few input channels. */
function joinPhase(options: FilterGradientOptions, panels: Panels, cut: Cut, scratch: ScratchBuffer): Phase {
  const { name, dtype, shape } = options;
  const { channels, filters } = shape;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const epilogue = options.epilogue(b);
  const emitSums = options.sideSum?.(b);
  const partial = phase.scratch(scratch);
  const step = Math.max(1, Math.floor(512 / filters));
  const distance = (PLACES * channels + 1) * panels.padded;
  b.for(phase.begin, phase.end, 1, (block) => {
    const first = b.let(mul(block, index(step)));
    b.for(first, min(add(first, index(step)), index(channels)), 1, (c) => {
      const from = b.point(partial, mul(c, index(panels.padded)));
      const rows = Array.from({ length: 9 }, (_, tap) => epilogue(index(0), b.let(add(c, index(tap * channels)))));
      forFours(b, index(filters), filters, (j, lanes) => {
        const places = Array.from({ length: PLACES }, (_, place) =>
          b.let(sumPartials(b, b.point(from, add(j, index(place * channels * panels.padded))), cut.segments, distance, lanes)),
        );
        for (const [tap, value] of transformSums(b, places).entries()) rows[tap]?.(j, lanes, value);
      });
    });
    if (emitSums)
      b.if(compare("eq", block, index(0)), () => {
        const emit = emitSums(index(0));
        const from = b.point(partial, index(PLACES * channels * panels.padded));
        forColumns(b, index(0), index(filters), filters, (_, j, lanes) => {
          const quarter = sumPartials(b, b.point(from, j), cut.segments, distance, lanes);
          emit(j, lanes, b.let(mul(quarter, constant(vector(dtype, lanes), 4))));
        });
      });
  });
  const elements = (cut.segments * PLACES + 9) * channels * filters;
  return phase.finish(`${name}_join`, Math.ceil(channels / step), elements, elements * (dtype === "f32" ? 4 : 8));
}

/** Aᵀ m A of the 16 sums: the nine taps. */
function transformSums(b: LoopBuilder, places: readonly Expr[]): Expr[] {
  const fold = (m: readonly Expr[]): Expr[] => {
    const [m0, m1, m2, m3] = m;
    if (!m0 || !m1 || !m2 || !m3) return [];
    const both = b.let(add(m1, m2));
    return [b.let(add(m0, both)), b.let(sub(m1, m2)), b.let(add(both, m3))];
  };
  const columns = [0, 1, 2, 3].map((x) => fold([0, 1, 2, 3].flatMap((y) => places[4 * y + x] ?? [])));
  return [0, 1, 2].flatMap((y) => fold(columns.flatMap((column) => column[y] ?? [])));
}
