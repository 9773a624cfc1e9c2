/**
 * Which numbers of a small step are computed several at a time, in vectors. Lanes never meet, so the bits are those of one number
 * after the other; what is gained are square roots and divisions, which a processor does two at a time for the price of one.
 */
import { sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import type { LoopBuilder } from "../loops/builder.js";
import { constant, gather, lane, splat } from "../loops/expressions.js";
import type { Expr } from "../loops/ir.js";

const LANES = { f32: 4, f64: 2 } as const;

/** What one number of it costs beside an addition. */
const COSTS: ReadonlyMap<string, number> = new Map([
  ...["add", "sub", "mul", "neg", "abs", "minimum", "maximum", "floor"].map((name): [string, number] => [name, 1]),
  ["div", 8],
  ["sqrt", 8],
]);

/** How often the price of moving numbers into vectors and out of them must be saved. */
const WORTH = 2;

/** The lanes of the vectors in which a value's elements may lie, 1 where they may not. */
function lanesOf({ dtype, shape }: Value): number {
  const lanes = dtype === "f32" || dtype === "f64" ? LANES[dtype] : 1;
  return sizeOf(shape) >= lanes ? lanes : 1;
}

/** The lanes of each part: whole vectors, then what is left, one by one. */
export function partsOf(value: Value): number[] {
  const size = sizeOf(value.shape);
  const lanes = lanesOf(value);
  const vectors = Math.floor(size / lanes);
  return [...new Array<number>(vectors).fill(lanes), ...new Array<number>(size - vectors * lanes).fill(1)];
}

const isPackable = (value: Value): boolean =>
  COSTS.has(value.primitive.name) && lanesOf(value) > 1 && value.inputs.every((x) => x.dtype === value.dtype);

const isScalarBroadcast = ({ primitive, inputs }: Value): boolean => primitive.name === "broadcast" && sizeOf(inputs[0].shape) === 1;

export interface Carried {
  /** The leaf of a variable. */
  readonly leaf: Value;
  /** What the variable becomes. */
  readonly next: Value;
}

/**
 * The values that are held in vectors: connected families of pointwise operations in which more is saved than is spent at their borders.
 * Variables that a family reads and writes go from step to step in vectors.
 *
 * @param order what changes from step to step
 * @param carried the variables that are written
 */
export function packedValues(order: readonly Value[], carried: readonly Carried[]): ReadonlySet<Value> {
  const varying = new Set(order);
  const families = new Map<Value, Set<Value>>();
  const join = (a: Value, b: Value) => {
    const [to, from] = [families.get(a) ?? new Set([a]), families.get(b) ?? new Set([b])];
    for (const value of from) to.add(value);
    for (const value of to) families.set(value, to);
  };
  const becomes = new Map(carried.map(({ leaf, next }) => [leaf, next]));
  for (const value of order) {
    if (!isPackable(value)) continue;
    join(value, value);
    for (const x of value.inputs) if (isPackable(x) || (becomes.has(x) && lanesOf(x) > 1)) join(value, x);
  }
  for (const { leaf, next } of carried) if (families.has(leaf) && families.has(next)) join(leaf, next);
  const chosen = new Set<Value>();
  for (const family of new Set(families.values())) {
    let saved = 0;
    const moved = new Map<Value, number>();
    const note = (value: Value, price: number) => moved.set(value, price);
    for (const value of order) {
      const inside = family.has(value);
      if (inside) saved += (COSTS.get(value.primitive.name) ?? 0) * (sizeOf(value.shape) - partsOf(value).length);
      for (const x of value.inputs) {
        if (inside === family.has(x)) continue;
        if (!inside) note(x, sizeOf(x.shape));
        // What no step changes is brought into vectors before the first.
        else if (varying.has(x)) note(x, isScalarBroadcast(x) ? 1 : sizeOf(x.shape));
      }
    }
    for (const { leaf, next } of carried) if (family.has(leaf) !== family.has(next)) note(leaf, sizeOf(leaf.shape));
    const spent = [...moved.values()].reduce((a, b) => a + b, 0);
    if (saved >= WORTH * spent) for (const value of family) chosen.add(value);
  }
  return chosen;
}

/** The numbers of values as they are at hand: one by one, in vectors, or both. */
export class Numbers {
  readonly #b: LoopBuilder;
  readonly #around: Numbers | undefined;
  readonly #single = new Map<Value, readonly Expr[]>();
  readonly #parts = new Map<Value, readonly Expr[]>();

  /** @param around numbers that are at hand, too */
  constructor(b: LoopBuilder, around?: Numbers) {
    this.#b = b;
    this.#around = around;
  }

  has(value: Value): boolean {
    return this.#single.has(value) || this.#parts.has(value) || (this.#around?.has(value) ?? false);
  }

  set(value: Value, elements: readonly Expr[]): void {
    this.#single.set(value, elements);
  }

  setParts(value: Value, parts: readonly Expr[]): void {
    this.#parts.set(value, parts);
  }

  /** The elements in row-major order; none where nothing is known. */
  of(value: Value): readonly Expr[] {
    const held = this.#heldSingle(value);
    if (held !== undefined) return held;
    const single = (this.#heldParts(value) ?? []).flatMap((part) =>
      Array.from({ length: part.type.lanes }, (_, i) => (part.type.lanes === 1 ? part : this.#b.let(lane(part, i)))),
    );
    this.#single.set(value, single);
    return single;
  }

  /** The elements in parts, see `partsOf`. */
  partsOf(value: Value): readonly Expr[] {
    const held = this.#heldParts(value);
    if (held !== undefined) return held;
    const elements = this.of(value);
    let at = 0;
    const parts = partsOf(value).map((lanes) => {
      const some = elements.slice(at, at + lanes);
      at += lanes;
      const [first] = some;
      if (lanes === 1) return first;
      if (first.kind === "constant" && some.every((x) => x.kind === "constant" && Object.is(x.value, first.value)))
        return constant({ dtype: first.type.dtype, lanes }, first.value);
      return this.#b.let(some.every((x) => x === first) ? splat(first, lanes) : gather(some));
    });
    this.#parts.set(value, parts);
    return parts;
  }

  /** As it is at hand already, in vectors where there is a choice. */
  atHand(value: Value): readonly Expr[] {
    return this.#heldParts(value) ?? this.of(value);
  }

  #heldSingle(value: Value): readonly Expr[] | undefined {
    return this.#single.get(value) ?? (this.#around === undefined ? undefined : this.#around.#heldSingle(value));
  }

  #heldParts(value: Value): readonly Expr[] | undefined {
    return this.#parts.get(value) ?? (this.#around === undefined ? undefined : this.#around.#heldParts(value));
  }
}
