/** Where each parameter lies in θ. */
import { SteepestError } from "../tensor/error.js";
import type { ParameterSlot } from "../tensor/primitives/indexing.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  allocate,
  bytesPerElement,
  checkShape,
  type DType,
  type HostData,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../tensor/types.js";
import { initialValues } from "./initializers.js";
import type { Parameter, ParameterKind } from "./parameter.js";

/** Every parameter starts at a multiple of this many bytes: a cache line, and the widest vector. */
const ALIGNMENT = 64;

export interface LayoutEntry extends ParameterSlot {
  readonly path: string;
  readonly shape: Shape;
  readonly kind: ParameterKind;
  readonly group: string;
  /** In elements from the start of θ. */
  readonly offset: number;
  readonly size: number;
}

/** What a layout needs to know of a parameter. */
export type LayoutParameter = Pick<Parameter, "path" | "shape"> & Partial<Pick<Parameter, "kind" | "group">>;

/**
 * The layout of θ: the parameters in the order of the model, each on a 64-byte boundary (16 elements of float32, 8 of float64), the
 * whole a multiple of that. The gaps hold 0, have gradient 0, and do not count: what users and files see is the unpadded θ.
 *
 * @example
 * ```ts
 * import { ParameterLayout } from "steepest";
 * const layout = new ParameterLayout([{ path: "w", shape: [3, 2] }, { path: "b", shape: [2] }], "f32");
 * layout.entry("b").offset; // → 16
 * layout.count;             // → 8
 * layout.size;              // → 32
 * ```
 */
export class ParameterLayout {
  readonly dtype: DType;
  readonly entries: readonly LayoutEntry[];
  /** Elements of θ in memory, gaps included. */
  readonly size: number;
  /** Numbers that are learned. */
  readonly count: number;
  readonly #byPath = new Map<string, LayoutEntry>();

  constructor(parameters: readonly LayoutParameter[], dtype: DType = "f32") {
    const step = ALIGNMENT / bytesPerElement[dtype];
    let offset = 0;
    let count = 0;
    const entries: LayoutEntry[] = [];
    for (const { path, shape, kind = kindOf(shape), group = path.split(".").slice(0, -1).join(".") } of parameters) {
      checkShape(shape, `parameter ${path}`);
      if (this.#byPath.has(path))
        throw new SteepestError({
          problem: `two parameters are called "${path}"`,
          expected: "a name of its own for each parameter",
          received: path,
        });
      const entry: LayoutEntry = { path, shape, kind, group, offset, size: sizeOf(shape) };
      entries.push(entry);
      this.#byPath.set(path, entry);
      count += entry.size;
      offset += Math.ceil(entry.size / step) * step;
    }
    this.dtype = dtype;
    this.entries = entries;
    this.count = count;
    this.size = offset;
  }

  /** @throws SteepestError for a path that is not in the layout */
  entry(path: string): LayoutEntry {
    const found = this.#byPath.get(path);
    if (found === undefined)
      throw new SteepestError({
        problem: `there is no parameter "${path}"`,
        expected: [...this.#byPath.keys()].join(", "),
        received: path,
      });
    return found;
  }

  /** The parameters as traced views of θ, by path. Nothing is copied: the gradient of each is written where θ's part lies. */
  views(theta: Tensor): Record<string, Tensor> {
    if (theta.rank !== 1 || theta.size !== this.size || theta.dtype !== this.dtype)
      throw new SteepestError({
        problem: "this is not the θ of the layout",
        expected: `${this.dtype}[${this.size}], gaps included`,
        received: `${theta.dtype} ${showShape(theta.shape)}`,
        fix: "pad an array without gaps with layout.padded(values)",
      });
    return Object.fromEntries(this.entries.map((entry) => [entry.path, theta.unpack(entry)]));
  }

  /**
   * The inverse of `views`: one vector from a traced tensor for each parameter; the gaps hold 0.
   *
   * @throws SteepestError for a tensor that is missing or has another shape
   */
  packed(parts: Readonly<Record<string, Tensor>>): Tensor {
    const laid = this.entries.map((entry) => {
      const part = parts[entry.path];
      if (part === undefined || !sameShape(part.shape, entry.shape))
        throw new SteepestError({
          problem: `${entry.path} was not given as it was declared`,
          expected: `a tensor ${showShape(entry.shape)}`,
          received: part === undefined ? "nothing" : showShape(part.shape),
        });
      return part.cast(this.dtype).pack([entry], this.size);
    });
    if (laid.length === 0) throw new Error("internal: an empty layout has no vector");
    return laid.reduce((sum, part) => sum.add(part));
  }

  /** θ with gaps, from the numbers laid end to end. */
  padded(values: ArrayLike<number>): HostData {
    this.#expect(values, this.count, "the numbers of θ laid end to end");
    const out = allocate(this.dtype, this.size);
    let from = 0;
    for (const { offset, size } of this.entries) {
      for (let i = 0; i < size; i++) out[offset + i] = values[from + i];
      from += size;
    }
    return out;
  }

  /** The numbers laid end to end, from θ with gaps. */
  unpadded(theta: ArrayLike<number>): HostData {
    this.#expect(theta, this.size, "θ with its gaps");
    const out = allocate(this.dtype, this.count);
    let to = 0;
    for (const { offset, size } of this.entries) {
      for (let i = 0; i < size; i++) out[to + i] = theta[offset + i];
      to += size;
    }
    return out;
  }

  /** A copy of each parameter's part of θ (with gaps), by path. */
  split(theta: HostData): Map<string, HostData> {
    this.#expect(theta, this.size, "θ with its gaps");
    return new Map(this.entries.map(({ path, offset, size }) => [path, theta.slice(offset, offset + size)]));
  }

  /**
   * θ with gaps from one array for each parameter, the inverse of `split`.
   *
   * @throws SteepestError where a parameter is missing, has another size, or is not of this layout
   */
  join(parts: ReadonlyMap<string, ArrayLike<number>>): HostData {
    for (const path of parts.keys()) this.entry(path);
    const out = allocate(this.dtype, this.size);
    for (const { path, shape, offset, size } of this.entries) {
      const part = parts.get(path);
      if (part?.length !== size)
        throw new SteepestError({
          problem: part === undefined ? `the parameter ${path} is missing` : `the parameter ${path} has another size`,
          expected: `${size} numbers for ${showShape(shape)}`,
          received: part === undefined ? [...parts.keys()].join(", ") : `${part.length} numbers`,
        });
      out.set(part, offset);
    }
    return out;
  }

  #expect(values: ArrayLike<number>, length: number, what: string): void {
    if (values.length !== length)
      throw new SteepestError({
        problem: `an array does not fit the ${this.entries.length} parameters`,
        expected: `${length} elements: ${what}`,
        received: `${values.length} elements`,
      });
  }
}

/** The usual kind of a parameter of this shape. */
export const kindOf = (shape: Shape): ParameterKind => (shape.length >= 2 ? "weight" : "bias");

/** θ (with gaps) as the parameters' initialisers give it for a seed; `index` tells several starts of one seed apart. */
export function initialTheta(layout: ParameterLayout, parameters: readonly Parameter[], seed: number, index = 0): HostData {
  return layout.join(
    new Map(parameters.map(({ path, shape, init }) => [path, initialValues(init, seed, path, shape, layout.dtype, index)])),
  );
}
