/** Binds template kernels: operands become readers of their buffers, the kernel's stores become the template's epilogue. */
import { type ConvAttributes, convShape, type MatmulAttributes } from "../../tensor/primitives/contraction.js";
import { type WindowAttributes, windowShape } from "../../tensor/primitives/indexing.js";
import { sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import type { Buffer, Store, TemplateKernel, View } from "../kernels/kernel.js";
import { expressionsIn } from "../kernels/walk.js";
import type { LoopBuilder } from "../loops/builder.js";
import { add, index, load, mul } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import { contraction } from "../templates/contraction.js";
import { type ConvolutionShape, convolution, convolutionInputGradient } from "../templates/convolution.js";
import { convolutionFilterGradient } from "../templates/filter-gradient.js";
import type { Epilogue, FloatDType, ImageOperand, MatrixOperand, SideSum, TemplatePlan } from "../templates/template.js";
import {
  type PlaceOperand,
  type WindowEpilogue,
  type WindowShape,
  windowGather,
  windowMaximum,
  windowScatter,
} from "../templates/windows.js";
import { Cursors, direct, ExpressionEmitter, type Point, Scope } from "./emitter.js";
import type { LoweredPhase } from "./phase.js";
import { lowerScatter } from "./scatter.js";

export function lowerTemplate(kernel: TemplateKernel, name: string): LoweredPhase[] {
  if (kernel.value.primitive.name === "scatterAdd") return lowerScatter(kernel, name);
  const binding = new Binding(kernel);
  const plan = binding.plan(name);
  return plan.phases.map((phase) => ({ ...phase, buffers: binding.buffers }));
}

/** Remembers which buffer every cursor of the plan's functions points to. */
class Binding {
  readonly buffers = new Map<Cursor, Buffer>();
  readonly #kernel: TemplateKernel;

  constructor(kernel: TemplateKernel) {
    this.#kernel = kernel;
  }

  plan(name: string): TemplatePlan {
    const { value, operands } = this.#kernel;
    const dtype = floatOf(value.primitive.name === "windowArgmax" ? value.inputs[0] : value);
    const epilogue = this.#epilogue();
    const side = this.#sideSum();
    switch (value.primitive.name) {
      case "matmul": {
        const { transposeA, transposeB } = value.attributes as MatmulAttributes;
        const [a, b] = operands;
        const rank = value.shape.length;
        const shapeA = value.inputs[0].shape;
        const batch = sizeOf(value.shape.slice(0, rank - 2));
        const strideOf = (view: View) => (rank > 2 ? view.strides[rank - 3] : 0);
        const [aRow, aDepth] = transposeA ? [rank - 1, rank - 2] : [rank - 2, rank - 1];
        const [bDepth, bColumn] = transposeB ? [rank - 1, rank - 2] : [rank - 2, rank - 1];
        return contraction({
          name,
          dtype,
          batch,
          rows: value.shape[rank - 2],
          columns: value.shape[rank - 1],
          depth: shapeA[aDepth],
          a: this.#matrix(a, { batch: strideOf(a), outer: a.strides[aRow], depth: a.strides[aDepth] }),
          b: this.#matrix(b, { batch: strideOf(b), outer: b.strides[bColumn], depth: b.strides[bDepth] }),
          epilogue,
          ...side,
        });
      }
      case "conv": {
        const shape = shapeOf(value);
        const [image, filter] = operands;
        return convolution({ name, dtype, shape, image: this.#image(image), filter: this.#filter(filter, shape), epilogue });
      }
      case "convImageGradient": {
        const shape = shapeOf(value);
        const [gradient, filter] = operands;
        return convolutionInputGradient({
          name,
          dtype,
          shape,
          image: this.#image(gradient),
          filter: this.#filter(filter, shape),
          epilogue,
        });
      }
      case "convFilterGradient": {
        const [image, gradient] = operands;
        return convolutionFilterGradient({
          name,
          dtype,
          shape: shapeOf(value),
          image: this.#image(image),
          gradient: this.#image(gradient),
          epilogue,
          ...side,
        });
      }
      case "windowArgmax": {
        const [image] = operands;
        const taken = this.#kernel.results.find((r) => r !== value);
        const results: WindowEpilogue<{ place: Expr; value: Expr }> = (b) => {
          const emit = this.#results(b);
          return (i) => {
            const row = emit(i);
            return (c, lanes, found) => row(c, lanes, new Map([[value, found.place], ...(taken ? [[taken, found.value] as const] : [])]));
          };
        };
        return windowMaximum({ name, dtype, shape: windowShapeOf(value), image: this.#image(image), epilogue: results });
      }
      case "windowTake":
      case "windowScatter": {
        const [read, places] = operands.map((view) => this.#image(view));
        const common = { name, dtype, shape: windowShapeOf(value), places, epilogue: this.#windows() };
        return value.primitive.name === "windowTake"
          ? windowGather({ ...common, image: read })
          : windowScatter({ ...common, values: read });
      }
    }
    throw new Error(`internal: ${value.primitive.name} has no template`);
  }

  #cursor(b: LoopBuilder, view: View): Cursor {
    const { buffer, offset } = view.storage;
    const cursor = b.cursorParameter(buffer.dtype, buffer.name);
    this.buffers.set(cursor, buffer);
    if (offset === 0) return cursor;
    return b.point(cursor, index(offset));
  }

  /** A strided matrix: element = batch·b + outer·o + depth·d. */
  #matrix(view: View, strides: { readonly batch: number; readonly outer: number; readonly depth: number }): MatrixOperand {
    const unit = strides.depth === 1 ? "depth" : strides.outer === 1 ? "outer" : undefined;
    return {
      ...(unit ? { unit } : {}),
      inPlace: strides,
      open: (b) => {
        const cursor = this.#cursor(b, view);
        return {
          cursor,
          read: ({ batch, outer, depth }, along, lanes) => {
            const at = add(add(mul(batch, index(strides.batch)), mul(outer, index(strides.outer))), mul(depth, index(strides.depth)));
            return load(b.point(cursor, at), 0, lanes, lanes === 1 ? 1 : along === "outer" ? strides.outer : strides.depth);
          },
        };
      },
    };
  }

  /** HWIO filters as a matrix of (ky, kx, c) × o. */
  #filter(view: View, shape: ConvolutionShape): MatrixOperand {
    return this.#matrix(view, { batch: 0, outer: 1, depth: shape.filters });
  }

  #image(view: View): ImageOperand & PlaceOperand {
    const [imageStride, rowStride, pixelStride] = view.strides;
    return {
      plain: true,
      open: (b) => {
        const cursor = this.#cursor(b, view);
        return {
          cursor,
          row: (n, y) => {
            const row = b.point(cursor, add(mul(n, index(imageStride)), mul(y, index(rowStride))));
            return (x, c, lanes) => load(b.point(row, add(mul(x, index(pixelStride)), c)), 0, lanes);
          },
        };
      },
    };
  }

  /** Stores the sums of the last operand's rows. */
  #sideSum(): { readonly sideSum?: SideSum } {
    const { sideSum } = this.#kernel;
    if (sideSum === undefined) return {};
    return {
      sideSum: (b) => {
        const cursor = this.#cursor(b, { storage: sideSum, strides: [1] });
        return () => (j, _lanes, sum) => b.store(b.point(cursor, j), sum);
      },
    };
  }

  #epilogue(): Epilogue {
    const { value, rows } = this.#kernel;
    const batches = value.primitive.name === "matmul" ? sizeOf(value.shape.slice(0, -2)) : 1;
    return (b) => {
      const emit = this.#results(b);
      return (batch, i) => {
        const row = emit(batches === 1 ? i : b.let(add(mul(batch, index(rows / batches)), i)));
        return (j, lanes, result) => row(j, lanes, new Map([[value, result]]));
      };
    };
  }

  #windows(): WindowEpilogue<Expr> {
    return (b) => {
      const emit = this.#results(b);
      return (i) => {
        const row = emit(i);
        return (c, lanes, result) => row(c, lanes, new Map([[this.#kernel.value, result]]));
      };
    };
  }

  /** What becomes of `lanes` results from column `j` of a row on, given the template's values there. */
  #results(b: LoopBuilder): (row: Expr) => (j: Expr, lanes: number, results: ReadonlyMap<Value, Expr>) => void {
    const { stores } = this.#kernel;
    const cursors = new Cursors(b);
    const emitter = new ExpressionEmitter(b, { rows: 1, variables: 2, stages: 2 });
    const expressions = stores.map((s) => s.expression);
    cursors.declare(expressions, stores);
    for (const [cursor, buffer] of cursors.buffers) this.buffers.set(cursor, buffer);
    return (row) => (j, lanes, results) => {
      const stages = new Map([...results].map(([value, result]) => [value, result.kind === "register" ? result : b.let(result)]));
      const point: Point = { coordinates: [row, j], lanes, stages };
      const scope = new ResultScope(stores, stages);
      const addressing = direct(b, cursors, point.coordinates);
      const values = expressions.map((e) => emitter.emit(e, scope, point, addressing));
      stores.forEach((s, at) => {
        const { cursor, offset } = addressing(s.storage.buffer, s.offset);
        b.store(cursor, values[at], offset, lanes === 1 ? 1 : emitter.laneStride(s.offset));
      });
    };
  }
}

/** In an epilogue the accumulator changes from column to column, unlike the stages of a row kernel. */
class ResultScope extends Scope {
  constructor(stores: readonly Store[], results: ReadonlyMap<Value, Expr>) {
    super();
    for (const e of expressionsIn(stores.map((s) => s.expression))) {
      const result = e.kind === "stage" ? results.get(e.value) : undefined;
      if (result !== undefined) this.set(e, result);
    }
  }
}

function floatOf(value: Value): FloatDType {
  if (value.dtype === "f32" || value.dtype === "f64") return value.dtype;
  throw new Error(`internal: ${value.primitive.name} of ${value.dtype}`);
}

function shapeOf(value: Value): ConvolutionShape {
  const attributes = value.attributes as ConvAttributes;
  const [batch, height, width, channels] = attributes.image;
  const [kernelHeight, kernelWidth, , filters] = attributes.filter;
  const [, outputHeight, outputWidth] = convShape(attributes);
  const [top, , left] = attributes.padding;
  return {
    batch,
    height,
    width,
    channels,
    kernelHeight,
    kernelWidth,
    filters,
    outputHeight,
    outputWidth,
    stride: attributes.strides,
    padding: [top, left],
    dilation: [1, 1],
  };
}

function windowShapeOf(value: Value): WindowShape {
  const attributes = value.attributes as WindowAttributes;
  const [batch, height, width, channels] = attributes.image;
  const [, outputHeight, outputWidth] = windowShape(attributes);
  const [kernelHeight, kernelWidth] = attributes.window;
  return {
    batch,
    height,
    width,
    channels,
    kernelHeight,
    kernelWidth,
    outputHeight,
    outputWidth,
    stride: attributes.strides,
    padding: [0, 0],
  };
}
