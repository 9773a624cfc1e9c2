/** The normal form: a hash-consed graph in which equal computations are one value. */
import type { Attributes, Primitive } from "../../tensor/primitive.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import type { DType, HostData, Shape } from "../../tensor/types.js";

/** One result of one application of a primitive. */
export interface Value {
  readonly id: number;
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  readonly inputs: readonly Value[];
  readonly output: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Set for results of a loop; `output` says which carry. */
  readonly loop?: Loop;
  /** Set for leaves that lie in memory. */
  readonly leaf?: Leaf;
}

/** A place in memory that the graph reads: a variable of the program, or host data. */
export type Leaf =
  | { readonly kind: "variable"; readonly variable: Variable }
  | { readonly kind: "input"; readonly data: HostData; readonly position: number }
  /** A value that changes from iteration to iteration of a loop, or comes from around it. */
  | { readonly kind: "argument"; readonly index: number };

/** A loop: while `condition` holds, the carries become `body`. The inputs of its values are the first carries, then what it captures. */
export interface Loop {
  /** Leaves that stand for the carries, and for what is captured. */
  readonly carries: readonly Value[];
  readonly captured: readonly Value[];
  readonly condition: Value;
  readonly body: readonly Value[];
}

/** The number that a value is known to be, everywhere. */
export function literalOf(value: Value): number | undefined {
  if (value.primitive.name === "literal") return typeof value.attributes.value === "number" ? value.attributes.value : undefined;
  return value.primitive.name === "broadcast" ? literalOf(value.inputs[0]) : undefined;
}

/** The value under all reshapes: it lies in memory the same way. */
export function unshaped(value: Value): Value {
  return value.primitive.name === "reshape" ? unshaped(value.inputs[0]) : value;
}

/** All values that `roots` depend on, each after its inputs. */
export function orderOf(roots: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const order: Value[] = [];
  const stack: { value: Value; next: number }[] = [];
  const enter = (value: Value) => {
    if (seen.has(value)) return;
    seen.add(value);
    stack.push({ value, next: 0 });
  };
  for (const root of roots) {
    enter(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.value.inputs.length) enter(top.value.inputs[top.next++]);
      else {
        order.push(top.value);
        stack.pop();
      }
    }
  }
  return order;
}
