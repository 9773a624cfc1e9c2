/**
 * What a template is, to its caller.
 *
 * A template owns only its main loop. What is read (prologues), and what becomes of the results (epilogues), are callbacks that
 * emit loop-program statements. A template returns phases: loop functions that run one after the other with a barrier between.
 *
 * One loop function has its own builder, so a callback is an *opener*: the template calls it once with the builder of every
 * function it is used in; there the caller declares the cursor parameters it needs and remembers which buffer each one is. The
 * template declares its scratch cursors itself and reports them in `Phase.scratch`. To call a phase, go through
 * `phase.function.parameters`: the first two are the block range, each other one is either the caller's own or in `scratch`.
 *
 *     const a: MatrixOperand = {
 *       unit: "depth",
 *       inPlace: { batch: 0, outer: K, depth: 1 },
 *       open: (b) => {
 *         const cursor = b.cursorParameter("f32", "a");
 *         buffers.set(cursor, bufferOfA);
 *         return { cursor, read: ({ outer, depth }, along, lanes) => load(b.point(cursor, add(mul(outer, index(K)), depth)), 0, lanes, along === "depth" ? 1 : K) };
 *       },
 *     };
 *
 * Results never depend on how the blocks are spread over threads, or on tile and block shapes: see each template's order.
 */
import { LoopBuilder } from "../loops/builder.js";
import { I32 } from "../loops/expressions.js";
import type { Cursor, Expr, LoopFunction, Register } from "../loops/ir.js";

export type FloatDType = "f32" | "f64";

/** Memory a template needs between or inside its phases. `size` in elements; `perThread`: each thread has its own copy. */
export interface ScratchBuffer {
  readonly name: string;
  readonly dtype: FloatDType;
  readonly size: number;
  readonly perThread: boolean;
}

/** One loop function `f(begin, end, ...)` to be run over blocks 0 … blocks-1 in any distribution, then a barrier. */
export interface Phase {
  readonly function: LoopFunction;
  readonly blocks: number;
  /** Floating-point operations and bytes moved by all blocks together, roughly. */
  readonly flops: number;
  readonly bytes: number;
  /** The scratch buffers among the function's parameters. */
  readonly scratch: ReadonlyMap<Cursor, ScratchBuffer>;
}

export interface TemplatePlan {
  readonly phases: readonly Phase[];
  /** Every scratch buffer of all phases, each once. Alive from the first phase that names it to the last. */
  readonly scratch: readonly ScratchBuffer[];
}

/** A place in a batch of matrices: `outer` is the row i of A or the column j of B, `depth` the contracted index k. */
export interface MatrixPosition {
  readonly batch: Expr;
  readonly outer: Expr;
  readonly depth: Expr;
}

/** Reads an operand inside one loop function. */
export interface MatrixReader {
  /** The operand's buffer (at element (0, 0) of batch 0); required when the operand is `inPlace`. */
  readonly cursor?: Cursor;
  /** Emits a read of `lanes` (1 or 4) elements from `at` on, consecutive along `along`; the value has the template's dtype. */
  read(at: MatrixPosition, along: "outer" | "depth", lanes: number): Expr;
}

/** An operand of a contraction: A over (i, k) or B over (j, k). */
export interface MatrixOperand {
  /** The axis along which reads of several lanes are cheap (unit stride), if any. */
  readonly unit?: "outer" | "depth";
  /** Set for a plain buffer of the template's dtype: element = cursor[batch·b + outer·o + depth·d], strides in elements. */
  readonly inPlace?: { readonly batch: number; readonly outer: number; readonly depth: number };
  open(b: LoopBuilder): MatrixReader;
}

/**
 * Takes finished results: bias, activation, masks, stores. Opened once per function; called once per row where what depends on
 * the row alone may be hoisted; that gives the emitter for `lanes` (a vector of 4 or 8, or a scalar) results of the row from
 * column j on. Convolutions number rows by output position i = (n·height + y)·width + x and columns by channel; batch is 0.
 */
export type Epilogue = (b: LoopBuilder) => (batch: Expr, i: Expr) => (j: Expr, lanes: number, value: Expr) => void;

/** Takes side sums Σₖ B[k, j]: `lanes` values from column j on. Each is given once. */
export type SideSum = (b: LoopBuilder) => (batch: Expr) => (j: Expr, lanes: number, value: Expr) => void;

/** Reads an image batch [n, height, width, channels] inside one loop function. */
export interface ImageReader {
  /** The buffer, required when the operand is `plain`. */
  readonly cursor?: Cursor;
  /**
   * Called once per image row (always inside the image), where what depends on it alone may be hoisted. Gives the reader of
   * `lanes` (1 or 4) elements from pixel x, channel c on, consecutive along channels, or along x where the image has one channel.
   */
  row(n: Expr, y: Expr): (x: Expr, c: Expr, lanes: number) => Expr;
}

/** An image operand of a convolution. */
export interface ImageOperand {
  /** A contiguous NHWC buffer of the template's dtype: rows are then copied (or used in place) without `read`. */
  readonly plain?: boolean;
  open(b: LoopBuilder): ImageReader;
}

/** Starts the loop function of a phase: block range first, then whatever parameters the callbacks and the template declare. */
export class PhaseBuilder {
  readonly b = new LoopBuilder();
  readonly begin: Register;
  readonly end: Register;
  readonly #scratch = new Map<Cursor, ScratchBuffer>();

  constructor() {
    this.begin = this.b.parameter(I32, "begin");
    this.end = this.b.parameter(I32, "end");
  }

  scratch(buffer: ScratchBuffer): Cursor {
    const cursor = this.b.cursorParameter(buffer.dtype, buffer.name);
    this.#scratch.set(cursor, buffer);
    return cursor;
  }

  finish(name: string, blocks: number, flops: number, bytes: number): Phase {
    return { function: this.b.finish(name), blocks, flops, bytes, scratch: this.#scratch };
  }
}

/** The plan of these phases, with every scratch buffer they name. */
export function planOf(...phases: readonly Phase[]): TemplatePlan {
  return { phases, scratch: [...new Set(phases.flatMap((p) => [...p.scratch.values()]))] };
}
