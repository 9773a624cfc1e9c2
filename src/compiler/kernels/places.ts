/** Where values lie in memory, and which kernels put them there. */
import type { Primitive } from "../../tensor/primitive.js";
import { sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import type { Draft } from "./draft.js";
import type { Placement } from "./finish.js";
import type { Buffer, Storage } from "./kernel.js";

/** Stores a value once more, at another place. */
export const COPY: Primitive = {
  kind: "structural",
  name: "copy",
  types: () => [],
  evaluate: () => [],
  derivative: "zero",
  batching: "leaf",
};

export class Places {
  readonly placed = new Map<Value, Placement>();
  /** The buffers of assemblies, and the kernels that write their parts; `done` when all of these are known. */
  readonly assembled = new Map<Value, Storage>();
  readonly producers = new Map<Value, Set<Draft>>();
  readonly done = new Set<Value>();
  readonly #leaf: (value: Value) => Storage;
  #names = 0;

  constructor(leaf: (value: Value) => Storage) {
    this.#leaf = leaf;
  }

  existing(value: Value): Storage | undefined {
    if (value.leaf !== undefined) return this.#leaf(value);
    return this.placed.get(value)?.storage ?? (this.done.has(value) ? this.assembled.get(value) : undefined);
  }

  temporary(value: Value, zeroed: boolean): Buffer {
    return {
      name: `${value.primitive.name}${this.#names++}`,
      dtype: value.dtype,
      size: sizeOf(value.shape),
      source: { kind: "temporary", zeroed },
    };
  }

  /** A copy is a value of its own, since what it copies may be stored elsewhere too. */
  copyOf(part: Value): Value {
    return { id: -1 - this.#names++, primitive: COPY, attributes: {}, inputs: [part], output: 0, shape: part.shape, dtype: part.dtype };
  }

  /** The kernels that must have run before the value can be read. */
  writersOf(value: Value): Iterable<Draft> {
    const placed = this.placed.get(value);
    return placed === undefined ? (this.producers.get(value) ?? []) : [placed.draft];
  }

  /** Whether `draft` must run before `read` is complete. */
  tooLate(read: Value, draft: Draft): boolean {
    const placed = this.placed.get(read);
    if (placed !== undefined) return placed.draft !== draft && placed.draft.dependsOn(draft);
    for (const writer of this.writersOf(read)) if (writer.dependsOn(draft)) return true;
    return false;
  }

  /** The stored values that computing `value` reads. */
  readsOf(value: Value): Value[] {
    const reads = new Set<Value>();
    const seen = new Set<Value>();
    const stack = [...value.inputs];
    for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
      if (seen.has(x) || x.leaf !== undefined) continue;
      seen.add(x);
      if (this.existing(x) !== undefined) reads.add(x);
      else stack.push(...x.inputs);
    }
    return [...reads];
  }
}
