/**
 * The loop program: the last level of the compiler, and the only thing a backend prints.
 *
 * Structured loops, typed registers and vectors of *logical* lanes; memory is seen through cursors (a typed pointer that
 * moves by elements). There are no byte addresses, no stack machine and no barriers here, so that one printer per backend
 * (Wasm today) is a single small room.
 */

/** What a register holds. `bool` is a truth value (lanes = 1) or a lane mask. `i64` exists for the bit patterns of `f64`. */
export type RegisterDType = "f32" | "f64" | "i32" | "u32" | "i64" | "bool";

/** What memory holds. `u8` loads as `u32`; `bool` is one byte, 0 or 1. */
export type MemoryDType = "f32" | "f64" | "i32" | "u32" | "u8" | "bool";

/** A register type. `lanes` is 1 (scalar), or 2 (of eight bytes), 4, 8, 16 logical lanes, whatever the width of the machine's vectors. */
export interface VectorType {
  readonly dtype: RegisterDType;
  readonly lanes: number;
}

/** A mutable, typed local of a function. Identity is the object. */
export interface Register {
  readonly kind: "register";
  readonly type: VectorType;
  readonly name: string;
}

/** A typed pointer into memory that moves by elements. Identity is the object. */
export interface Cursor {
  readonly kind: "cursor";
  readonly dtype: MemoryDType;
  readonly name: string;
}

/** `signed`-ness follows the dtype: `div`, `shr`, `lt`… of `u32` are unsigned. `shr` of i32 is arithmetic. */
export type UnaryOp = "neg" | "abs" | "sqrt" | "floor" | "ceil" | "trunc" | "nearest" | "not";
/** `min`/`max` propagate NaN. `and`, `or`, `xor` work on integers and on `bool`. */
export type BinaryOp = "add" | "sub" | "mul" | "div" | "rem" | "min" | "max" | "and" | "or" | "xor" | "shl" | "shr";
/** A comparison gives `bool` of the same lanes. */
export type CompareOp = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/**
 * Expressions form a DAG: a node used twice is evaluated once per statement. `let` pins an evaluation to its place, which
 * is needed wherever a store or an assignment could come between.
 */
export type Expr =
  | { readonly kind: "constant"; readonly type: VectorType; readonly value: number | bigint }
  | Register
  /** 0, 1, 2, … in the lanes of an i32 vector. */
  | { readonly kind: "laneIndex"; readonly type: VectorType }
  /** Lane i reads element `offset + i·stride` from the cursor; `stride` 0 reads one element and splats it. */
  | { readonly kind: "load"; readonly type: VectorType; readonly cursor: Cursor; readonly offset: number; readonly stride: number | Expr }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly type: VectorType; readonly x: Expr }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly type: VectorType; readonly x: Expr; readonly y: Expr }
  | { readonly kind: "compare"; readonly op: CompareOp; readonly type: VectorType; readonly x: Expr; readonly y: Expr }
  | { readonly kind: "select"; readonly type: VectorType; readonly condition: Expr; readonly x: Expr; readonly y: Expr }
  /** x·y + z: two roundings, except in `fast` mode, where the machine may fuse them. */
  | { readonly kind: "multiplyAdd"; readonly type: VectorType; readonly x: Expr; readonly y: Expr; readonly z: Expr }
  /** Value conversion; floats to integers truncate and saturate; bool to number gives 0 or 1; number to bool is `≠ 0`. */
  | { readonly kind: "convert"; readonly type: VectorType; readonly x: Expr }
  /** Same bits, other type of the same width. */
  | { readonly kind: "bitcast"; readonly type: VectorType; readonly x: Expr }
  | { readonly kind: "splat"; readonly type: VectorType; readonly x: Expr }
  /** Folds all lanes to one, always by the same tree: lane i with lane i + L/2, then halves of that, … */
  | { readonly kind: "horizontal"; readonly op: "add" | "max" | "min"; readonly type: VectorType; readonly x: Expr }
  | { readonly kind: "lane"; readonly type: VectorType; readonly x: Expr; readonly index: number }
  /** x with y, a scalar, in lane `index`. Not for truth values. */
  | { readonly kind: "insert"; readonly type: VectorType; readonly x: Expr; readonly y: Expr; readonly index: number }
  /** Lanes picked from the concatenation of x and y (as many as the type has). Four-byte dtypes of 4 lanes only. */
  | { readonly kind: "shuffle"; readonly type: VectorType; readonly x: Expr; readonly y: Expr; readonly pick: readonly number[] };

/** A cursor of a stream, and how many elements it goes on from one turn to the next. */
export interface MovingCursor {
  readonly cursor: Cursor;
  readonly step: number;
}

export type Statement =
  | { readonly kind: "set"; readonly register: Register; readonly value: Expr }
  /** Lane i goes to element `offset + i·stride`. Stores convert nothing: the value's dtype is the cursor's (u32 for u8). */
  | { readonly kind: "store"; readonly cursor: Cursor; readonly offset: number; readonly stride: number | Expr; readonly value: Expr }
  /** cursor := base + index elements (both of one dtype). */
  | { readonly kind: "point"; readonly cursor: Cursor; readonly base: Cursor; readonly index: Expr }
  | { readonly kind: "advance"; readonly cursor: Cursor; readonly by: Expr }
  /** for (register = from; register < to; register += step), all i32, `step` > 0. `to` is evaluated once. */
  | {
      readonly kind: "for";
      readonly register: Register;
      readonly from: Expr;
      readonly to: Expr;
      readonly step: number;
      readonly body: readonly Statement[];
    }
  /**
   * Runs the body `count` times; after each, every moving cursor goes its step on. Afterwards the cursors are not defined, and the
   * body itself moves none. The body is printed `unroll` times in a row, with a way out behind each.
   */
  | {
      readonly kind: "stream";
      readonly count: Expr;
      readonly moving: readonly MovingCursor[];
      readonly unroll: number;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "while"; readonly condition: Expr; readonly body: readonly Statement[] }
  /** Leaves the loop where the condition holds. Stands in the body of a `while` itself, in no block within it. */
  | { readonly kind: "leave"; readonly condition: Expr }
  | { readonly kind: "if"; readonly condition: Expr; readonly then: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | {
      readonly kind: "call";
      readonly callee: LoopFunction;
      readonly arguments: readonly (Expr | Cursor)[];
      readonly results: readonly Register[];
    };

/** A function. A kernel's first two parameters are `begin` and `end`, the range of blocks it has to do. */
export interface LoopFunction {
  readonly name: string;
  readonly parameters: readonly (Register | Cursor)[];
  readonly results: readonly Register[];
  readonly body: readonly Statement[];
}
