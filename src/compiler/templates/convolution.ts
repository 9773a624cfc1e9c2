/**
 * Convolutions (as in all of deep learning: correlations) of NHWC images with HWIO filters, and their gradient for the images.
 *
 *     Y[n, y, x, o] = Σ X[n, y·strideY + ky·dilationY − top, x·strideX + kx·dilationX − left, c] · W[ky, kx, c, o]
 *
 * The sum runs upwards over (ky, kx, c). Up to 512 terms it is one chunk; else each row of taps (each tap, where dilated along x)
 * is cut into chunks of 256, and chunk sums are added upwards. A single output channel whose rows of taps have a multiple of 4
 * terms takes four sums side by side in each chunk, over every fourth term, and adds them as (0 + 2) + (1 + 3). No matrix of patches is made: tiles walk over zero-bordered
 * copies of a few image rows at a time.
 */
import { add, compare, div, index, min, mul, sub } from "../loops/expressions.js";
import type { Expr } from "../loops/ir.js";
import { rem, TRUE } from "./arithmetic.js";
import { Panels, packPhase } from "./panels.js";
import { fillPlane, isPlain } from "./planes.js";
import { cursorOf, emitBlockChunk, emitEpilogue, type PanelPlan, panelSource, positionRows } from "./product.js";
import {
  type Epilogue,
  type FloatDType,
  type ImageOperand,
  type MatrixOperand,
  type Phase,
  PhaseBuilder,
  planOf,
  type ScratchBuffer,
  type TemplatePlan,
} from "./template.js";
import { CHUNK, LANES, type TileExtent, Tiles } from "./tile.js";
import { type WinogradOptions, winograd } from "./winograd.js";
import { winogradForm } from "./winograd-tiles.js";

/** The shapes of a convolution. Padding below and to the right follows from the size of the output. */
export interface ConvolutionShape {
  readonly batch: number;
  /** The input images: height × width × channels. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** Output channels. */
  readonly filters: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  /** [y, x], in pixels. */
  readonly stride: readonly [number, number];
  /** Zero rows above and columns to the left of the image: [top, left]. */
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

export interface ConvolutionOptions {
  /** Names the loop functions. */
  readonly name: string;
  readonly dtype: FloatDType;
  readonly shape: ConvolutionShape;
  /** X for the forward pass, ∂L/∂Y for the input gradient. */
  readonly image: ImageOperand;
  /** W as a matrix: `depth` is (ky·kernelWidth + kx)·channels + c, `outer` is the output channel. */
  readonly filter: MatrixOperand;
  /** Rows are positions (n·height + y)·width + x of the result, columns its channels. */
  readonly epilogue: Epilogue;
  /** `direct` forbids Winograd's algorithm, which is otherwise used for dense 3 × 3 filters of at least 16 × 16 channels in f32. */
  readonly algorithm?: "direct";
}

/** Y = X ∗ W. */
export function convolution(options: ConvolutionOptions): TemplatePlan {
  const { shape: s, image, ...rest } = options;
  return walk({
    ...rest,
    batch: s.batch,
    source: {
      operand: image,
      height: s.height,
      width: s.width,
      channels: s.channels,
      top: s.padding[0],
      left: s.padding[1],
      spread: [1, 1],
    },
    kernel: [s.kernelHeight, s.kernelWidth],
    stride: s.stride,
    dilation: s.dilation,
    output: [s.outputHeight, s.outputWidth],
    filters: s.filters,
  });
}

/** ∂L/∂X from ∂L/∂Y: the convolution of ∂L/∂Y, its pixels `stride` apart, with the filters turned round and transposed. */
export function convolutionInputGradient(options: ConvolutionOptions): TemplatePlan {
  const { shape: s, image, filter, ...rest } = options;
  const taps = s.kernelHeight * s.kernelWidth;
  const turned: MatrixOperand = {
    ...(s.filters % LANES === 0 ? { unit: "depth" } : {}),
    open: (b) => {
      const reader = filter.open(b);
      return {
        read: ({ batch, outer, depth }, along, lanes) => {
          const tap = sub(index(taps - 1), div(depth, index(s.filters)));
          const at = { batch, outer: b.let(rem(depth, index(s.filters))), depth: b.let(add(mul(tap, index(s.channels)), outer)) };
          return reader.read(at, along === "depth" ? "outer" : "depth", lanes);
        },
      };
    },
  };
  return walk({
    ...rest,
    filter: turned,
    batch: s.batch,
    source: {
      operand: image,
      height: s.outputHeight,
      width: s.outputWidth,
      channels: s.filters,
      top: (s.kernelHeight - 1) * s.dilation[0] - s.padding[0],
      left: (s.kernelWidth - 1) * s.dilation[1] - s.padding[1],
      spread: s.stride,
    },
    kernel: [s.kernelHeight, s.kernelWidth],
    stride: [1, 1],
    dilation: s.dilation,
    output: [s.height, s.width],
    filters: s.channels,
  });
}

interface WalkOptions extends WinogradOptions {
  readonly algorithm?: "direct" | undefined;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** Sums longer than this are cut into chunks. */
const ONE_CHUNK = 512;

function walk(options: WalkOptions): TemplatePlan {
  const { name, dtype, filters, filter, kernel, source, stride, dilation } = options;
  const spread = source.spread[0] * source.spread[1];
  const form = winogradForm(dtype, kernel, stride, dilation, source.channels, filters, options.output);
  if (options.algorithm !== "direct" && spread === 1 && form) return winograd(options, form);
  const panels = new Panels(dtype, filters);
  const depth = kernel[0] * kernel[1] * source.channels;
  const place = filter.inPlace;
  if (filters === 1 && dilation[1] === 1 && (kernel[1] * source.channels) % LANES === 0) {
    if (place?.depth === 1) return planOf(walkPhase(options, panels, { kind: "inPlace", ...place }, depth, true));
    const scratch: ScratchBuffer = { name: `${name}_filter`, dtype, size: depth, perThread: false };
    return planOf(linePhase(name, filter, scratch), walkPhase(options, panels, { kind: "packed", scratch, depth }, depth, true));
  }
  const panelPlan: PanelPlan =
    place && place.outer === 1 && filters <= panels.width && filters % LANES === 0
      ? { kind: "inPlace", ...place }
      : { kind: "packed", scratch: { name: `${name}_filters`, dtype, size: depth * panels.padded, perThread: false }, depth };
  const phases: Phase[] = [];
  if (panelPlan.kind === "packed") phases.push(packPhase(`${name}_pack`, filter, panels, depth, 1, panelPlan.scratch));
  phases.push(walkPhase(options, panels, panelPlan, depth, false));
  return planOf(...phases);
}

/** Copies a single filter into a line. */
function linePhase(name: string, filter: MatrixOperand, scratch: ScratchBuffer): Phase {
  const phase = new PhaseBuilder();
  const { b } = phase;
  const reader = filter.open(b);
  const line = phase.scratch(scratch);
  b.for(phase.begin, phase.end, 1, (block) => {
    const end = min(mul(add(block, index(1)), index(CHUNK)), index(scratch.size));
    b.for(mul(block, index(CHUNK)), end, 1, (depth) =>
      b.store(b.point(line, depth), reader.read({ batch: index(0), outer: index(0), depth }, "depth", 1)),
    );
  });
  return phase.finish(`${name}_pack`, Math.ceil(scratch.size / CHUNK), 0, 2 * scratch.size * (scratch.dtype === "f32" ? 4 : 8));
}

/** Output rows of one block: enough work for a block, and what it touches stays in the second-level cache. */
function blockRows(options: WalkOptions, padded: number, depth: number, planeWidth: number): number {
  const { batch, output, source } = options;
  const [outputHeight, outputWidth] = output;
  const size = Math.max(outputWidth * padded, planeWidth * source.channels * options.stride[0]);
  const most = Math.max(1, Math.min(Math.ceil(320 / outputWidth), Math.floor(32_768 / size)));
  let groups = Math.ceil(outputHeight / most);
  const work = 2 * batch * outputHeight * outputWidth * depth * options.filters;
  while (batch * groups < 16 && groups < outputHeight && work / (batch * groups) > 400_000) groups++;
  return Math.ceil(outputHeight / groups);
}

function walkPhase(options: WalkOptions, panels: Panels, panelPlan: PanelPlan, depth: number, dot: boolean): Phase {
  const { name, dtype, batch, source, kernel, stride, dilation, output, filters } = options;
  const [kernelHeight, kernelWidth] = kernel;
  const [outputHeight, outputWidth] = output;
  const { channels } = source;
  const planeWidth = (outputWidth - 1) * stride[1] + (kernelWidth - 1) * dilation[1] + 1;
  const planeHeight = (outputHeight - 1) * stride[0] + (kernelHeight - 1) * dilation[0] + 1;
  const inPlace = isPlain(source, planeWidth, planeHeight);
  const pitch = (inPlace ? source.width : planeWidth) * channels;
  const rows = blockRows(options, panels.padded, depth, planeWidth);
  const groups = Math.ceil(outputHeight / rows);
  const haloRows = (kernelHeight - 1) * dilation[0] + 1;
  const wholeTaps = dilation[1] === 1;
  const oneChunk = depth <= ONE_CHUNK && wholeTaps;

  const phase = new PhaseBuilder();
  const { b } = phase;
  const reader = source.operand.open(b);
  const filterReader = panelPlan.kind === "inPlace" ? options.filter.open(b) : undefined;
  const epilogue = options.epilogue(b);
  const panelCursor = panelPlan.kind === "inPlace" ? cursorOf(filterReader?.cursor) : phase.scratch(panelPlan.scratch);
  const plane = inPlace
    ? cursorOf(reader.cursor)
    : phase.scratch({ name: `${name}_plane`, dtype, size: ((rows - 1) * stride[0] + haloRows) * pitch, perThread: true });
  const cRow = panels.padded;
  const c = phase.scratch({ name: `${name}_block`, dtype, size: rows * outputWidth * cRow, perThread: true });
  const tiles = new Tiles({
    dtype,
    aRow: stride[1] * channels,
    aDepth: 1,
    bDepth: panels.width,
    cRow,
    ...(oneChunk && kernelHeight > 1 ? { aRun: dilation[0] * pitch } : {}),
    accumulate: !oneChunk,
    dot,
  });

  b.for(phase.begin, phase.end, 1, (block) => {
    const n = b.let(div(block, index(groups)));
    const y0 = groups === 1 ? index(0) : b.let(mul(rem(block, index(groups)), index(rows)));
    const m = outputHeight % rows === 0 ? index(rows) : b.let(min(index(rows), sub(index(outputHeight), y0)));
    const first = mul(y0, index(stride[0]));
    const base = inPlace ? b.point(plane, mul(add(mul(n, index(source.height)), first), index(pitch))) : plane;
    if (!inPlace) {
      const planeRows = add(mul(sub(m, index(1)), index(stride[0])), index(haloRows));
      fillPlane(b, dtype, source, reader, plane, n, b.let(first), planeRows, planeWidth);
    }
    const chunk = (from: Expr, offset: Expr, extent: TileExtent): void =>
      emitBlockChunk(b, {
        tiles,
        panels,
        source: dot
          ? () => ({ cursor: b.point(panelCursor, from), step: 1 })
          : panelSource(b, panels, panelPlan, panelCursor, undefined, { batch: index(0), from, length: extent.length, multiple: 1 }),
        rows: positionRows(b, b.point(base, offset), m, outputWidth, { line: stride[0] * pitch, pixel: stride[1] * channels, cRow }),
        c,
        extent,
        firstPanel: index(0),
        panelCount: index(panels.count),
        tail: TRUE,
        inPlace: panelPlan.kind === "inPlace" && !dot,
      });
    if (oneChunk) chunk(index(0), index(0), { runs: index(kernelHeight), length: index(kernelWidth * channels), first: TRUE });
    else {
      // Chunks lie within one row of taps, or one tap.
      const run = wholeTaps ? kernelWidth * channels : channels;
      const perRow = wholeTaps ? 1 : kernelWidth;
      b.for(0, kernelHeight * perRow, 1, (tap) => {
        const [ky, kx] = wholeTaps ? [tap, index(0)] : [b.let(div(tap, index(perRow))), b.let(rem(tap, index(perRow)))];
        const at = b.let(add(mul(ky, index(dilation[0] * pitch)), mul(kx, index(dilation[1] * channels))));
        b.for(0, run, CHUNK, (within) => {
          const from = b.let(add(mul(tap, index(run)), within));
          const length = run <= CHUNK ? index(run) : b.let(min(index(CHUNK), sub(index(run), within)));
          chunk(from, add(at, within), { runs: index(1), length, first: b.let(compare("eq", from, index(0))) });
        });
      });
    }
    const firstRow = b.let(mul(add(mul(n, index(outputHeight)), y0), index(outputWidth)));
    emitEpilogue(b, epilogue, {
      batch: index(0),
      firstRow,
      rows: mul(m, index(outputWidth)),
      from: index(0),
      count: index(filters),
      total: filters,
      c,
      rowStep: cRow,
      columnStep: 1,
    });
  });
  const positions = batch * outputHeight * outputWidth;
  const elements = batch * source.height * source.width * channels + positions * filters + depth * filters;
  return phase.finish(`${name}_walk`, batch * groups, 2 * positions * depth * filters, elements * (dtype === "f32" ? 4 : 8));
}
