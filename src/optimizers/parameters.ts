/** What θ is made up of, as optimizers see it. */
import { fromHost, type Tensor } from "../tensor/tensor.js";
import { type DType, type Shape, sizeOf } from "../tensor/types.js";

/** One named part of θ. */
export interface ParameterEntry {
  readonly path: string;
  readonly shape: Shape;
  /** In elements from the start of θ. */
  readonly offset: number;
  /** What it is for, where that is known. */
  readonly kind?: "weight" | "bias";
}

/** How θ is made up. */
export interface Parameters {
  /** Elements of θ in memory, gaps included. */
  readonly size: number;
  readonly dtype: DType;
  readonly entries: readonly ParameterEntry[];
}

/** A vector that holds a piece for each parameter. */
export interface Pieces {
  /** The piece of the i-th parameter. */
  of(vector: Tensor, i: number): Tensor;
  /** One vector from a piece for each parameter. */
  join(parts: readonly Tensor[]): Tensor;
}

/** The parameters inside a rule that is being traced. */
export class ParameterViews {
  readonly entries: readonly ParameterEntry[];
  readonly #size: number;

  constructor({ entries, size }: Pick<Parameters, "entries" | "size">) {
    this.entries = entries;
    this.#size = size;
  }

  /** A parameter's part of any vector like θ: of θ itself, of its gradient, of a slot. */
  of(vector: Tensor, { shape, offset }: ParameterEntry): Tensor {
    return vector.unpack({ shape, offset });
  }

  /** A vector like θ with what `part` gives for each parameter, in its shape; 0 where it gives nothing, and in the gaps. */
  join(part: (entry: ParameterEntry, i: number) => Tensor | undefined, like: Tensor): Tensor {
    const packed = this.entries.flatMap((entry, i) => {
      const value = part(entry, i);
      return value === undefined ? [] : [value.cast(like.dtype).pack([{ shape: entry.shape, offset: entry.offset }], this.#size)];
    });
    return packed.length === 0 ? like.fill(0) : packed.reduce((sum, x) => sum.add(x));
  }

  /**
   * A truth value for each element of a vector like θ: whether it belongs to one of the chosen parameters. Undefined where all do.
   * The gaps between parameters count as chosen: what they hold is 0.
   */
  mask(chosen: (entry: ParameterEntry) => boolean): Tensor | undefined {
    const others = this.entries.filter((entry) => !chosen(entry));
    if (others.length === 0) return undefined;
    const held = new Uint8Array(this.#size).fill(1);
    for (const { shape, offset } of others) held.fill(0, offset, offset + sizeOf(shape));
    return fromHost(held, [this.#size], "bool");
  }

  /** A truth value for each element of a vector like θ: whether it is one of a parameter, and no gap. Undefined where there are no gaps. */
  inside(): Tensor | undefined {
    const held = new Uint8Array(this.#size);
    for (const { shape, offset } of this.entries) held.fill(1, offset, offset + sizeOf(shape));
    return held.every((x) => x === 1) ? undefined : fromHost(held, [this.#size], "bool");
  }

  /** The pieces of a slot made by `pieces(of, …)`. */
  pieces(of: (entry: ParameterEntry) => Shape): Pieces {
    let size = 0;
    const slots = this.entries.map((entry) => {
      const slot = { shape: of(entry), offset: size };
      size += sizeOf(slot.shape);
      return slot;
    });
    return {
      of: (vector, i) => vector.unpack(slots[i]),
      join: (parts) => parts.map((part, i) => part.pack([slots[i]], size)).reduce((sum, x) => sum.add(x)),
    };
  }
}
