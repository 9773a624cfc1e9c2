/** Kernels: loops over a grid, in stages, with the scalar expressions they evaluate. */
import type { PointwiseName } from "../../tensor/primitives/pointwise.js";
import type { DType } from "../../tensor/types.js";
import type { Leaf, Value } from "../graph/value.js";
import type { Affine } from "./affine.js";

/** A contiguous place in memory. `offset` in elements, so that a part of a buffer (a slot of θ) is storage too. */
export interface Buffer {
  readonly name: string;
  readonly dtype: DType;
  readonly size: number;
  /** Where it comes from; temporaries are laid out by the planner, and share memory when their lives do not meet. */
  readonly source:
    | { readonly kind: "leaf"; readonly leaf: Leaf }
    | { readonly kind: "temporary"; readonly zeroed: boolean }
    | { readonly kind: "trace"; readonly trace: number };
}

export interface Storage {
  readonly buffer: Buffer;
  readonly offset: number;
}

/** A scalar expression over the loop variables of a kernel. Shared nodes are evaluated once. */
export type KernelExpr =
  | { readonly kind: "literal"; readonly dtype: DType; readonly value: number }
  /**
   * element [offset + Σ row·stride] of a buffer; `dynamic` parts are computed row numbers, held within 0 … rows − 1. `within`:
   * the first and last element that may be meant, for a load whose offset runs far outside where a guard hides it.
   */
  | {
      readonly kind: "load";
      readonly dtype: DType;
      readonly buffer: Buffer;
      readonly offset: Affine;
      readonly dynamic: readonly DynamicRow[];
      readonly within?: readonly [number, number];
    }
  /** a loop index as a number */
  | { readonly kind: "index"; readonly dtype: DType; readonly index: Affine }
  | { readonly kind: "operation"; readonly dtype: DType; readonly name: PointwiseName; readonly operands: readonly KernelExpr[] }
  /** the value where all conditions low ≤ index < high hold, 0 elsewhere */
  | { readonly kind: "guard"; readonly dtype: DType; readonly conditions: readonly Condition[]; readonly value: KernelExpr }
  /** the result of an earlier stage of the same row, or the accumulator of a template */
  | { readonly kind: "stage"; readonly dtype: DType; readonly value: Value };

export interface DynamicRow {
  readonly row: KernelExpr;
  readonly rows: number;
  readonly stride: number;
}

export interface Condition {
  readonly index: Affine;
  readonly low: number;
  readonly high: number;
}

export interface Store {
  readonly value: Value;
  readonly storage: Storage;
  readonly offset: Affine;
  readonly expression: KernelExpr;
}

export type ReduceOp = "sum" | "max" | "min" | "argmax";

export interface Reduction {
  readonly op: ReduceOp;
  readonly value: Value;
  /** dtype of what is folded; the result of `argmax` is i32. */
  readonly dtype: DType;
  readonly expression: KernelExpr;
}

/** One walk over the inner index of a row: `rowStores` first, then the loop that folds and stores. */
export interface Pass {
  readonly rowStores: readonly Store[];
  readonly reductions: readonly Reduction[];
  readonly stores: readonly Store[];
}

/**
 * Loops over rows (in parallel), and within each row, pass by pass, over an inner index. The variables of the kernel's affine
 * indices are the row axes followed by the inner axes. Later passes may use the results of earlier reductions.
 */
export interface RowKernel {
  readonly kind: "rows";
  readonly rows: readonly number[];
  readonly inner: readonly number[];
  /** How long the last row is, where a flat range was cut into rows. */
  readonly tail?: number;
  readonly passes: readonly Pass[];
}

/**
 * Folds leading axes while trailing ones stay: variables are the reduced axes followed by the kept ones. Rows are folded in
 * blocks, whose partial results are joined in the order of the blocks.
 */
export interface ColumnKernel {
  readonly kind: "columns";
  readonly reduced: readonly number[];
  readonly kept: readonly number[];
  readonly reduction: Reduction;
  readonly storage: Storage;
}

/** A strided view of memory, as templates read their operands. */
export interface View {
  readonly storage: Storage;
  readonly strides: readonly number[];
}

/** A template's main loop. Results go through `stores` over the variables (row, column); the accumulator is the stage `value`. */
export interface TemplateKernel {
  readonly kind: "template";
  readonly value: Value;
  /** All that the main loop gives: `value`, and for windows the maximum beside its place. */
  readonly results: readonly Value[];
  readonly operands: readonly View[];
  readonly rows: number;
  readonly columns: number;
  readonly stores: readonly Store[];
  /** Where the sums of the rows of the last operand go, one for each column. */
  readonly sideSum?: Storage;
}

/** Kernels that are repeated while a condition holds: `condition`, then, if `flag` is set, `body`, and again. Both are in order. */
export interface LoopKernel {
  readonly kind: "loop";
  readonly condition: readonly PlannedKernel[];
  readonly flag: Storage;
  readonly body: readonly PlannedKernel[];
  /** The carries; each iteration leaves its values where it found them. */
  readonly carries: readonly Buffer[];
  /** Temporaries of the body that lie on the carries they are the new values of. */
  readonly inPlace: ReadonlyMap<Buffer, Buffer>;
}

/**
 * Row kernels over the same rows that run in turns, some rows of each at a time: later ones read what earlier ones stored just before,
 * from rows around as well.
 */
export interface ChainKernel {
  readonly kind: "chain";
  readonly stages: readonly ChainStage[];
  /** Buffers that only the stages read: each thread has a few of their rows. */
  readonly local: ReadonlyMap<Buffer, LocalRows>;
}

export interface ChainStage {
  readonly kernel: RowKernel;
  /** Rows that a turn computes before its first and after its last one. */
  readonly before: number;
  readonly after: number;
}

/** Rows `pitch` elements apart, the first one at element `start`; those `before` and `after` a turn are at hand. */
export interface LocalRows {
  readonly pitch: number;
  readonly start: number;
  readonly before: number;
  readonly after: number;
}

export type Kernel = RowKernel | ColumnKernel | TemplateKernel | LoopKernel | ChainKernel;

export interface PlannedKernel {
  readonly kernel: Kernel;
  readonly reads: ReadonlySet<Buffer>;
  readonly writes: ReadonlySet<Buffer>;
  /** Kernels whose results it reads. */
  readonly after: ReadonlySet<PlannedKernel>;
}
