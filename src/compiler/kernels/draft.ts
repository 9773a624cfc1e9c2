/** A kernel being put together by the planner: its loops, and the values it computes. */
import { type Shape, sameShape, sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import { addIndex, linearize, type Position, scaleIndex, variableIndex } from "./affine.js";
import type { LoopKernel } from "./kernel.js";

/** Rows of a flat range that was cut into pieces, see `Domain`. */
export const BLOCK = 1024;

/**
 * What a kernel loops over.
 * - axes: the axes of `shape`, in the order of loops given by `order`; the first `split` of them are rows (undefined: not decided).
 * - flat: `size` elements in rows of 1,024.
 * - matrix: rows × columns of a template.
 * - loop: other kernels, again and again.
 */
export type Domain =
  | { readonly kind: "axes"; readonly shape: Shape; readonly order: readonly number[]; readonly split: number | undefined }
  | { readonly kind: "flat"; readonly size: number }
  | { readonly kind: "matrix"; readonly rows: number; readonly columns: number }
  | { readonly kind: "loop" };

/** `side`: a side sum of the template. */
export type Role = "map" | "row" | "reduce" | "template" | "side";

export interface Member {
  readonly value: Value;
  readonly role: Role;
}

export class Draft {
  domain: Domain;
  readonly columns: boolean;
  readonly members: Member[] = [];
  /** What a loop repeats. */
  loop?: LoopKernel;
  /** Kernels whose results this one reads. */
  readonly needs = new Set<Draft>();
  /** Number of the draft, in order of creation. */
  index = 0;
  readonly #roles = new Map<Value, Role>();
  #known = 0;
  /** All drafts that must have run before, as bits by their numbers. */
  readonly #behind: number[] = [];

  constructor(domain: Domain, columns = false) {
    this.domain = domain;
    this.columns = columns;
  }

  get loops(): readonly number[] {
    const { domain } = this;
    switch (domain.kind) {
      case "axes":
        return domain.order.map((axis) => domain.shape[axis]);
      case "flat":
        return [Math.ceil(domain.size / BLOCK), BLOCK];
      case "matrix":
        return [domain.rows, domain.columns];
      case "loop":
        return [];
    }
  }

  /**
   * Whether the kernel walks that many elements in flat rows. A kernel of maps over one axis turns into one: each of its members is
   * computed at its own place either way.
   */
  becomesFlat(shape: Shape): boolean {
    const { domain } = this;
    if (domain.kind === "axes" && domain.split === undefined && domain.shape.length === 1 && sameShape(domain.shape, shape))
      this.domain = { kind: "flat", size: sizeOf(shape) };
    return this.domain.kind === "flat" && this.domain.size === sizeOf(shape);
  }

  /** Where a value of this shape is being computed, or undefined when the loops do not run over such a shape. */
  positionOf(shape: Shape): Position | undefined {
    const { domain, loops } = this;
    const variables = loops.length;
    switch (domain.kind) {
      case "axes":
        if (!sameShape(shape, domain.shape)) return undefined;
        return shape.map((extent, axis) => ({ extents: [extent], linear: variableIndex(domain.order.indexOf(axis), variables) }));
      case "flat":
      case "matrix": {
        const [rows, columns] = domain.kind === "flat" ? loops : [domain.rows, domain.columns];
        if (sizeOf(shape) !== (domain.kind === "flat" ? domain.size : rows * columns)) return undefined;
        return [{ extents: shape, linear: addIndex(scaleIndex(variableIndex(0, 2), columns), variableIndex(1, 2)) }];
      }
      case "loop":
        return undefined;
    }
  }

  /** Where a value with one element per row is being computed. */
  rowPositionOf(shape: Shape): Position | undefined {
    const { domain, loops } = this;
    if (domain.kind === "matrix" || domain.kind === "loop") return undefined;
    if (domain.kind === "flat") return sameShape(shape, [loops[0]]) ? [{ extents: shape, linear: variableIndex(0, 2) }] : undefined;
    if (domain.split === undefined) return undefined;
    const rows = domain.order.slice(0, domain.split);
    if (
      !sameShape(
        shape,
        rows.map((axis) => domain.shape[axis]),
      )
    )
      return undefined;
    return shape.map((extent, i) => ({ extents: [extent], linear: variableIndex(i, loops.length) }));
  }

  roleOf(value: Value): Role | undefined {
    for (; this.#known < this.members.length; this.#known++) {
      const { value: member, role } = this.members[this.#known];
      if (!this.#roles.has(member)) this.#roles.set(member, role);
    }
    return this.#roles.get(value);
  }

  /** True when both positions are the same element for every value of the loop variables. */
  samePlace(a: Position, b: Position): boolean {
    const { loops } = this;
    const x = linearize(a, loops.length);
    const y = linearize(b, loops.length);
    return x.constant === y.constant && loops.every((extent, v) => extent <= 1 || x.coefficients[v] === y.coefficients[v]);
  }

  /** Whether this kernel reads, through others or at once, what `other` computes; true of itself. */
  dependsOn(other: Draft): boolean {
    return this === other || ((this.#behind[other.index >> 5] ?? 0) & (1 << (other.index & 31))) !== 0;
  }

  /** From now on this kernel reads what `producers` compute. `all`: the drafts that there are. */
  require(producers: Iterable<Draft>, all: readonly Draft[]): void {
    const behind: number[] = [];
    for (const producer of producers) {
      if (producer === this || this.needs.has(producer)) continue;
      this.needs.add(producer);
      mark(behind, producer.index);
      join(behind, producer.#behind);
    }
    if (behind.length === 0) return;
    for (const draft of all) if (draft.dependsOn(this)) join(draft.#behind, behind);
    join(this.#behind, behind);
  }
}

function mark(set: number[], index: number): void {
  while (set.length <= index >> 5) set.push(0);
  set[index >> 5] |= 1 << (index & 31);
}

function join(set: number[], other: readonly number[]): void {
  while (set.length < other.length) set.push(0);
  for (let i = 0; i < other.length; i++) set[i] |= other[i];
}
