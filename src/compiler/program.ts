/** What the compiler is asked for: variables that live in one memory, and entry points that compute on them. */
import type { Variable } from "../tensor/primitives/leaves.js";
import type { Tensor } from "../tensor/tensor.js";

/**
 * One thing that a program can do. All values are computed from the variables as they were before the step; then all writes
 * take effect together. `run(k)` does k steps in one call.
 */
export interface EntryPoint {
  readonly name: string;
  readonly writes: readonly { readonly variable: Variable; readonly value: Tensor }[];
  /** Values recorded at every step: `run` gives k rows of each. */
  readonly traces: readonly { readonly name: string; readonly value: Tensor }[];
  /** A scalar bool: when it holds after a step, the remaining steps are left out. */
  readonly stop?: Tensor;
}

export interface ProgramSpec {
  readonly name: string;
  readonly variables: readonly Variable[];
}
