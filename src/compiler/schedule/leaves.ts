/** The buffers that a graph begins with: variables of the program, and data of the host. */
import type { Variable } from "../../tensor/primitives/leaves.js";
import { sizeOf } from "../../tensor/types.js";
import type { Place } from "../compile.js";
import type { Value } from "../graph/value.js";
import type { Buffer } from "../kernels/kernel.js";

/** One buffer for each leaf of the graph. */
export class LeafBuffers {
  readonly #byVariable = new Map<Variable, Buffer>();
  readonly #byInput = new Map<number, Buffer>();
  readonly #variables: readonly Variable[];

  constructor(variables: readonly Variable[]) {
    this.#variables = variables;
  }

  of(value: Value): Buffer {
    const { leaf } = value;
    if (leaf === undefined) throw new Error("internal: not a leaf");
    if (leaf.kind === "argument") throw new Error("internal: a value of a loop outside of it");
    if (leaf.kind === "variable") return this.ofVariable(leaf.variable);
    const held = this.#byInput.get(leaf.position) ?? {
      name: `input${leaf.position}`,
      dtype: value.dtype,
      size: sizeOf(value.shape),
      source: { kind: "leaf", leaf },
    };
    this.#byInput.set(leaf.position, held);
    return held;
  }

  ofVariable(variable: Variable): Buffer {
    const { name, type } = variable;
    const held = this.#byVariable.get(variable) ?? {
      name,
      dtype: type.dtype,
      size: sizeOf(type.shape),
      source: { kind: "leaf", leaf: { kind: "variable", variable } },
    };
    this.#byVariable.set(variable, held);
    return held;
  }

  place({ source }: Buffer): Place {
    if (source.kind !== "leaf" || source.leaf.kind === "argument") throw new Error("internal: not a leaf");
    const { leaf } = source;
    return leaf.kind === "variable"
      ? { region: "variable", variable: this.#variables.indexOf(leaf.variable), offset: 0 }
      : { region: "input", position: leaf.position, offset: 0 };
  }
}
