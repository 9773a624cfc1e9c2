/**
 * The gradient of a convolution for its filters:
 *
 *     ∂L/∂W[ky, kx, c, o] = Σ X[n, y·strideY + ky·dilationY − top, x·strideX + kx·dilationX − left, c] · ∂L/∂Y[n, y, x, o]
 *
 * Order of summation (without Winograd): upwards over the positions of a few output rows of one image (about 256 positions, a chunk); chunk sums are
 * added upwards within at most 16 segments of chunks; segment sums are added upwards. Only the shape decides what they are.
 */
import type { LoopBuilder } from "../loops/builder.js";
import { add, compare, div, index, min, mul, sub } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { rem, TRUE } from "./arithmetic.js";
import type { ConvolutionShape } from "./convolution.js";
import { Panels } from "./panels.js";
import { fillPlane, isPlain, type PlaneSource } from "./planes.js";
import { cursorOf, emitBlockChunk, forColumns, type RowWalk, sumPartials } from "./product.js";
import {
  type Epilogue,
  type FloatDType,
  type ImageOperand,
  type ImageReader,
  type Phase,
  PhaseBuilder,
  planOf,
  type ScratchBuffer,
  type SideSum,
  type TemplatePlan,
} from "./template.js";
import { LANES, Tiles, zeros } from "./tile.js";
import { winogradFilterGradient } from "./winograd-filter-gradient.js";
import { winogradForm } from "./winograd-tiles.js";

export interface FilterGradientOptions {
  /** Names the loop functions. */
  readonly name: string;
  readonly dtype: FloatDType;
  readonly shape: ConvolutionShape;
  /** X. */
  readonly image: ImageOperand;
  /** ∂L/∂Y. */
  readonly gradient: ImageOperand;
  /** Rows are (ky·kernelWidth + kx)·channels + c, columns output channels. */
  readonly epilogue: Epilogue;
  /** Takes Σ ∂L/∂Y over all positions: the bias gradient. */
  readonly sideSum?: SideSum;
  /** `direct` forbids Winograd's algorithm, which is otherwise used for dense 3 × 3 filters of at least 16 × 16 channels in f32. */
  readonly algorithm?: "direct";
}

/** How the positions are cut: chunks of `rows` output rows; segments of `perSegment` chunks; columns in groups of panels. */
interface Cut {
  readonly rows: number;
  readonly groups: number;
  readonly segments: number;
  readonly perSegment: number;
  readonly panelGroups: number;
  readonly perGroup: number;
}

/** ∂L/∂W: the sums of each segment, then their joining. */
export function convolutionFilterGradient(options: FilterGradientOptions): TemplatePlan {
  const { name, dtype, shape } = options;
  const kernel = [shape.kernelHeight, shape.kernelWidth] as const;
  const size = [shape.outputHeight, shape.outputWidth] as const;
  const form = winogradForm(dtype, kernel, shape.stride, shape.dilation, shape.channels, shape.filters, size);
  if (options.algorithm !== "direct" && form) return winogradFilterGradient(options, form);
  const panels = new Panels(dtype, shape.filters);
  const rows = shape.kernelHeight * shape.kernelWidth * shape.channels;
  const cut = cutOf(shape, panels, rows);
  const partial: ScratchBuffer = { name: `${name}_partial`, dtype, size: cut.segments * (rows + 1) * panels.padded, perThread: false };
  return planOf(segmentPhase(options, panels, rows, cut, partial), joinPhase(options, panels, rows, cut, partial));
}

function cutOf(shape: ConvolutionShape, panels: Panels, lines: number): Cut {
  const { batch, outputHeight, outputWidth } = shape;
  const most = Math.max(1, Math.min(outputHeight, Math.round(256 / outputWidth)));
  const rows = Math.ceil(outputHeight / Math.ceil(outputHeight / most));
  const groups = Math.ceil(outputHeight / rows);
  const chunks = batch * groups;
  // Joining many segments must not cost more than a fraction of the sums themselves.
  const worth = Math.floor((batch * outputHeight * outputWidth) / 40);
  const room = Math.max(1, Math.min(16, worth, Math.floor(2 ** 21 / (lines * shape.filters))));
  const perSegment = Math.ceil(chunks / Math.min(room, chunks));
  const segments = Math.ceil(chunks / perSegment);
  const total = panels.count + (panels.tail > 0 ? 1 : 0);
  const perGroup = segments >= 8 ? total : Math.max(2, Math.ceil(total / Math.ceil(16 / segments)));
  return { rows, groups, segments, perSegment, perGroup, panelGroups: Math.ceil(total / perGroup) };
}

function segmentPhase(options: FilterGradientOptions, panels: Panels, lines: number, cut: Cut, partial: ScratchBuffer): Phase {
  const { name, dtype, shape: s, sideSum } = options;
  const { channels, stride, dilation, outputWidth, outputHeight } = s;
  const source: PlaneSource = {
    operand: options.image,
    height: s.height,
    width: s.width,
    channels,
    top: s.padding[0],
    left: s.padding[1],
    spread: [1, 1],
  };
  const haloRows = (s.kernelHeight - 1) * dilation[0] + 1;
  const planeWidth = (outputWidth - 1) * stride[1] + (s.kernelWidth - 1) * dilation[1] + 1;
  const inPlace = isPlain(source, planeWidth, (outputHeight - 1) * stride[0] + haloRows);
  const pitch = (inPlace ? s.width : planeWidth) * channels;
  const positions = cut.rows * outputWidth;

  const phase = new PhaseBuilder();
  const { b } = phase;
  const reader = options.image.open(b);
  const gradient = options.gradient.open(b);
  const sums = phase.scratch(partial);
  const plane = inPlace
    ? cursorOf(reader.cursor)
    : phase.scratch({ name: `${name}_plane`, dtype, size: ((cut.rows - 1) * stride[0] + haloRows) * pitch, perThread: true });
  const strip = phase.scratch({ name: `${name}_gradient`, dtype, size: positions * cut.perGroup * panels.width, perThread: true });
  const cRow = panels.padded;
  const tiles = new Tiles({
    dtype,
    aRow: 1,
    aDepth: stride[1] * channels,
    bDepth: panels.width,
    cRow,
    aRun: stride[0] * pitch,
    accumulate: true,
  });

  b.for(phase.begin, phase.end, 1, (block) => {
    const group = cut.panelGroups === 1 ? index(0) : b.let(rem(block, index(cut.panelGroups)));
    const segment = b.let(div(block, index(cut.panelGroups)));
    const firstPanel = cut.panelGroups === 1 ? index(0) : b.let(mul(group, index(cut.perGroup)));
    const panelCount = cut.panelGroups === 1 ? index(panels.count) : b.let(min(index(cut.perGroup), sub(index(panels.count), firstPanel)));
    const tail = cut.panelGroups === 1 ? TRUE : compare("eq", group, index(cut.panelGroups - 1));
    const c = b.point(sums, add(mul(segment, index((lines + 1) * cRow)), mul(firstPanel, index(panels.width))));
    const start = b.let(mul(segment, index(cut.perSegment)));
    const end = min(add(start, index(cut.perSegment)), index(s.batch * cut.groups));
    b.for(start, end, 1, (chunk) => {
      const n = b.let(div(chunk, index(cut.groups)));
      const y0 = b.let(mul(rem(chunk, index(cut.groups)), index(cut.rows)));
      const m = outputHeight % cut.rows === 0 ? index(cut.rows) : b.let(min(index(cut.rows), sub(index(outputHeight), y0)));
      const first = mul(y0, index(stride[0]));
      const base = inPlace ? b.point(plane, mul(add(mul(n, index(s.height)), first), index(pitch))) : plane;
      if (!inPlace) {
        const planeRows = add(mul(sub(m, index(1)), index(stride[0])), index(haloRows));
        fillPlane(b, dtype, source, reader, plane, n, b.let(first), planeRows, planeWidth);
      }
      fillStrip(b, panels, gradient, strip, { n, y0, rows: m, width: outputWidth, positions, firstPanel, panelCount, tail });
      emitBlockChunk(b, {
        tiles,
        panels,
        source: (panel, last) => ({
          cursor: b.point(strip, mul(last ? panelCount : sub(panel, firstPanel), index(panels.width * positions))),
          step: (last ? panels.tailVectors : panels.vectors) * LANES,
        }),
        rows: tapRows(b, s, base, pitch, cRow),
        c,
        extent: { runs: m, length: index(outputWidth), first: b.let(compare("eq", chunk, start)) },
        firstPanel,
        panelCount,
        tail,
        ...(sideSum ? { sums: { at: index(lines * cRow), when: TRUE } } : {}),
        inPlace: false,
      });
    });
  });
  const elements = s.batch * (s.height * s.width * channels + outputHeight * outputWidth * s.filters);
  const flops = 2 * s.batch * outputHeight * outputWidth * lines * s.filters;
  return phase.finish(`${name}_segments`, cut.segments * cut.panelGroups, flops, elements * (dtype === "f32" ? 4 : 8));
}

/** Tiles over the rows of the result: input channels of neighbouring taps are contiguous where the filter is not dilated along x. */
function tapRows(b: LoopBuilder, s: ConvolutionShape, plane: Cursor, pitch: number, cRow: number): RowWalk {
  const { kernelHeight, kernelWidth, channels, dilation } = s;
  const perRow = dilation[1] === 1 ? 1 : kernelWidth;
  const run = (kernelWidth / perRow) * channels;
  return (tile, body) =>
    b.for(0, kernelHeight * perRow, 1, (tap) => {
      const [ky, kx] = perRow === 1 ? [tap, index(0)] : [b.let(div(tap, index(perRow))), b.let(rem(tap, index(perRow)))];
      const line = b.point(plane, add(mul(ky, index(dilation[0] * pitch)), mul(kx, index(dilation[1] * channels))));
      const at = b.let(mul(tap, index(run)));
      const some = (size: number, r: number, count: number): void =>
        body(size, b.point(line, index(r)), mul(add(at, index(r)), index(cRow)), index(count));
      const whole = run - (run % tile);
      if (whole > 0) some(tile, 0, whole / tile);
      if (run > whole) some(run - whole, whole, 1);
    });
}

interface StripPart {
  readonly n: Expr;
  readonly y0: Expr;
  readonly rows: Expr;
  readonly width: number;
  readonly positions: number;
  readonly firstPanel: Expr;
  readonly panelCount: Expr;
  readonly tail: Expr;
}

/** Copies rows of the output gradient into panels: [panel][position][column]. */
function fillStrip(b: LoopBuilder, panels: Panels, reader: ImageReader, strip: Cursor, part: StripPart): void {
  const { width, positions, firstPanel, panelCount } = part;
  b.for(0, part.rows, 1, (y) => {
    const row = reader.row(part.n, b.let(add(part.y0, y)));
    const at = b.let(mul(y, index(width)));
    if (panels.count > 0)
      b.for(0, panelCount, 1, (p) => {
        const target = b.point(strip, mul(add(mul(p, index(positions)), at), index(panels.width)));
        const column = b.let(mul(add(firstPanel, p), index(panels.width)));
        b.for(0, width, 1, (x) => {
          const pixel = b.point(target, mul(x, index(panels.width)));
          for (let j = 0; j < panels.width; j += LANES) b.store(pixel, row(x, add(column, index(j)), LANES), j);
        });
      });
    if (panels.tail === 0) return;
    const emitTail = (): void => {
      const tailWidth = panels.tailVectors * LANES;
      const first = panels.count * panels.width;
      const target = b.point(strip, add(mul(panelCount, index(positions * panels.width)), mul(at, index(tailWidth))));
      b.for(0, width, 1, (x) => {
        const pixel = b.point(target, mul(x, index(tailWidth)));
        for (let j = 0; j < tailWidth; j += LANES) {
          if (j + LANES <= panels.tail) b.store(pixel, row(x, index(first + j), LANES), j);
          else
            for (let q = j; q < j + LANES; q++) b.store(pixel, q < panels.tail ? row(x, index(first + q), 1) : zeros(panels.dtype, 1), q);
        }
      });
    };
    if (part.tail === TRUE) emitTail();
    else b.if(part.tail, emitTail);
  });
}

/** Adds the sums of the segments and hands them on; the last block is the side sums. */
function joinPhase(options: FilterGradientOptions, panels: Panels, lines: number, cut: Cut, scratch: ScratchBuffer): Phase {
  const { name, dtype, shape } = options;
  const phase = new PhaseBuilder();
  const { b } = phase;
  const epilogue = options.epilogue(b);
  const emitSums = options.sideSum?.(b);
  const partial = phase.scratch(scratch);
  const step = Math.max(1, Math.floor(4096 / shape.filters));
  const blocks = Math.ceil(lines / step);
  const columnsOf = (line: Expr, emit: (j: Expr, lanes: number, value: Expr) => void): void => {
    const from = b.point(partial, mul(line, index(panels.padded)));
    forColumns(b, index(0), index(shape.filters), shape.filters, (_, j, lanes) =>
      emit(j, lanes, sumPartials(b, b.point(from, j), cut.segments, (lines + 1) * panels.padded, lanes)),
    );
  };
  b.for(phase.begin, phase.end, 1, (block) => {
    const i0 = b.let(mul(block, index(step)));
    b.for(i0, min(add(i0, index(step)), index(lines)), 1, (i) => columnsOf(i, epilogue(index(0), i)));
    if (emitSums) b.if(compare("eq", block, index(0)), () => columnsOf(index(lines), emitSums(index(0))));
  });
  const elements = (cut.segments + 1) * lines * shape.filters;
  return phase.finish(`${name}_join`, blocks, elements, elements * (dtype === "f32" ? 4 : 8));
}
