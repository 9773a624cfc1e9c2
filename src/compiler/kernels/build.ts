/** Turns a value at a position into a scalar expression over a kernel's loop variables. */
import type { PadAttributes, SliceAttributes } from "../../tensor/primitives/movement.js";
import { type PointwiseName, pointwise } from "../../tensor/primitives/pointwise.js";
import { sizeOf, stridesOf } from "../../tensor/types.js";
import { literalOf, type Value } from "../graph/value.js";
import { type Affine, constantIndex, linearize, type Position, rangeOf, scaleIndex, separate, shiftIndex, splitAt } from "./affine.js";
import type { Condition, KernelExpr, Storage, View } from "./kernel.js";

/** What the builder asks of the planner. */
export interface Source {
  /** Loop extents of the kernel. */
  readonly loops: readonly number[];
  /** Only whether it can be built matters: what the kernel computes already need not be built again. */
  readonly shallow?: boolean;
  /** Gathered rows must be the same along the innermost loop: a template's epilogue always works on several lanes. */
  readonly uniformRows: boolean;
  /** Where a value lies in memory, for this kernel; undefined when it has to be computed here. */
  storageOf(value: Value): Storage | undefined;
  /** The result of a stage of this kernel: "here" when the value is one and `position` is the row's own; "elsewhere" when it is one at another row. */
  stageOf(value: Value, position: Position): "here" | "elsewhere" | undefined;
  /** True when the value is computed by this kernel and may be read only at the place being computed. */
  isOwn(value: Value, position: Position): "here" | "elsewhere" | undefined;
}

/** Caught by the planner: the value cannot be computed in this kernel, and has to be stored by another. */
export class CannotFuse extends Error {
  readonly value: Value;

  constructor(value: Value) {
    super(`internal: ${value.primitive.name} cannot be fused here`);
    this.value = value;
  }
}

/** How many elements outside its buffer a guarded load may read. */
const FAR = 2048;

export class ExpressionBuilder {
  readonly #source: Source;
  readonly #byObject = new Map<Position, Map<number, KernelExpr>>();
  readonly #byText = new Map<string, Map<number, KernelExpr>>();

  constructor(source: Source) {
    this.#source = source;
  }

  get #variables(): number {
    return this.#source.loops.length;
  }

  /** The value at the position. `inside` skips the question whether it is stored: the value itself is being computed. */
  build(value: Value, position: Position, inside = false): KernelExpr {
    const literal = literalOf(value);
    if (literal !== undefined) return { kind: "literal", dtype: value.dtype, value: literal };
    const memo = this.#memoAt(position);
    const key = 2 * value.id + (inside ? 1 : 0);
    const held = memo.get(key);
    if (held !== undefined) return held;
    const expression = this.#build(value, position, inside);
    memo.set(key, expression);
    return expression;
  }

  /** What has been built at a position. Most values are met at the very same object; equal ones are found by their text. */
  #memoAt(position: Position): Map<number, KernelExpr> {
    const known = this.#byObject.get(position);
    if (known !== undefined) return known;
    const text = position.map((g) => `${g.extents}:${g.linear.constant},${g.linear.coefficients}`).join(";");
    const memo = this.#byText.get(text) ?? new Map<number, KernelExpr>();
    this.#byText.set(text, memo);
    this.#byObject.set(position, memo);
    return memo;
  }

  #build(value: Value, position: Position, inside: boolean): KernelExpr {
    if (!inside) {
      const stage = this.#source.stageOf(value, position);
      if (stage === "elsewhere") throw new CannotFuse(value);
      if (stage === "here") return { kind: "stage", dtype: value.dtype, value };
      const storage = this.#source.storageOf(value);
      if (storage !== undefined) return this.#load(value, storage, linearize(position, this.#variables));
      const own = this.#source.isOwn(value, position);
      if (own === "elsewhere") throw new CannotFuse(value);
      if (own === "here") return this.#source.shallow ? { kind: "stage", dtype: value.dtype, value } : this.build(value, position, true);
    }
    const { primitive, attributes, inputs } = value;
    if (primitive.kind === "pointwise") {
      const name = primitive.name as PointwiseName;
      if (!(name in pointwise)) throw new Error(`internal: ${name} is not in the table`);
      return { kind: "operation", dtype: value.dtype, name, operands: inputs.map((x) => this.build(x, position)) };
    }
    switch (primitive.name) {
      case "copy":
        return this.build(inputs[0], position);
      case "reshape":
        return this.build(inputs[0], [{ extents: inputs[0].shape, linear: linearize(position, this.#variables) }]);
      case "broadcast":
        return this.build(inputs[0], this.#unbroadcast(value, attributes.axes as readonly number[], position));
      case "transpose": {
        const groups = this.#separate(value, position);
        const permutation = attributes.permutation as readonly number[];
        const source = groups.slice();
        permutation.forEach((axis, i) => {
          source[axis] = groups[i];
        });
        return this.build(inputs[0], source);
      }
      case "slice":
        return this.#slice(value, attributes as SliceAttributes, position);
      case "reverse": {
        const axes = attributes.axes as readonly number[];
        const source = this.#separate(value, position).map((g, axis) =>
          axes.includes(axis) ? { extents: g.extents, linear: shiftIndex(scaleIndex(g.linear, -1), value.shape[axis] - 1) } : g,
        );
        return this.build(inputs[0], source);
      }
      case "pad":
        return this.#pad(value, attributes as PadAttributes, position);
      case "iota": {
        const { axis } = attributes as { readonly axis: number };
        return { kind: "index", dtype: value.dtype, index: this.#separate(value, position)[axis].linear };
      }
      case "unpack": {
        const { offset } = attributes as { readonly offset: number };
        const linear = shiftIndex(linearize(position, this.#variables), offset);
        return this.build(inputs[0], [{ extents: inputs[0].shape, linear }]);
      }
      case "take":
        return this.#take(value, position);
    }
    throw new CannotFuse(value);
  }

  #load(value: Value, storage: Storage, offset: Affine): KernelExpr {
    const [least, most] = rangeOf(offset, this.#source.loops);
    const size = sizeOf(value.shape);
    const far = least < -FAR || most >= size + FAR ? { within: [storage.offset, storage.offset + size - 1] as const } : {};
    return { kind: "load", dtype: value.dtype, buffer: storage.buffer, offset: shiftIndex(offset, storage.offset), dynamic: [], ...far };
  }

  #separate(value: Value, position: Position): Position {
    const groups = separate(dropEmpty(position), value.shape.length, this.#source.loops);
    if (groups === undefined) throw new CannotFuse(value);
    return groups;
  }

  #unbroadcast(value: Value, axes: readonly number[], position: Position): Position {
    const [x] = value.inputs;
    const kept = axes.map((axis, i) => (x.shape[i] === 1 && value.shape[axis] !== 1 ? -1 : axis));
    const boundaries = new Set<number>();
    value.shape.forEach((_, axis) => {
      const i = kept.indexOf(axis);
      const before = axis > 0 ? kept.indexOf(axis - 1) : -2;
      // A run of kept axes in their own order needs no split inside; dropped axes need none among themselves.
      const joined = i < 0 ? axis > 0 && before < 0 : before >= 0 && i === before + 1;
      if (!joined) boundaries.add(axis);
    });
    const groups = splitAt(position, [...boundaries], this.#source.loops);
    if (groups === undefined) throw new CannotFuse(value);
    const out: { extents: readonly number[]; linear: Affine; first: number }[] = [];
    let axis = 0;
    for (const group of groups) {
      const end = axis + group.extents.length;
      const first = kept.indexOf(axis);
      if (first >= 0) out.push({ extents: group.extents, linear: group.linear, first });
      axis = end;
    }
    // Axes of x that are repeated (extent 1) sit at index 0.
    kept.forEach((k, i) => {
      if (k < 0) out.push({ extents: [1], linear: constantIndex(0, this.#variables), first: i });
    });
    return out.sort((a, b) => a.first - b.first).map(({ extents, linear }) => ({ extents, linear }));
  }

  /** The position in runs of neighbouring axes: one begins at every axis that `begins` names. */
  #runs(value: Value, position: Position, begins: (axis: number) => boolean) {
    const starts = [...value.shape.keys()].filter((axis) => axis === 0 || begins(axis));
    const groups = splitAt(dropEmpty(position), starts, this.#source.loops);
    if (groups === undefined) throw new CannotFuse(value);
    let axis = 0;
    const placed = groups.map((group) => {
      const at = axis;
      axis += group.extents.length;
      return { at, group };
    });
    return starts.map((first, i) => {
      const end = starts[i + 1] ?? value.shape.length;
      const inside = placed.filter(({ at }) => at >= first && at < end).map(({ group }) => group);
      return { first, rest: value.shape.slice(first + 1, end), linear: linearize(inside, this.#variables) };
    });
  }

  /** Axes that are taken whole stay one with the axis before them: a slice of whole rows is a range of memory. */
  #slice(value: Value, { start, step }: SliceAttributes, position: Position): KernelExpr {
    const [x] = value.inputs;
    const isCut = (axis: number) => x.shape[axis] !== value.shape[axis] || step[axis] !== 1;
    const runs = this.#runs(value, position, (axis) => isCut(axis) || step[axis - 1] !== 1);
    const source = runs.map(({ first, rest, linear }) => ({
      extents: [x.shape[first], ...rest],
      linear: shiftIndex(scaleIndex(linear, step[first]), start[first] * sizeOf(rest)),
    }));
    return this.build(x, source);
  }

  #pad(value: Value, { low, interior }: PadAttributes, position: Position): KernelExpr {
    if (interior.some((i) => i > 0)) throw new CannotFuse(value);
    const [x] = value.inputs;
    const conditions: Condition[] = [];
    const runs = this.#runs(value, position, (axis) => low[axis] !== 0 || x.shape[axis] !== value.shape[axis]);
    const source = runs.map(({ first, rest, linear }) => {
      const index = shiftIndex(linear, -low[first] * sizeOf(rest));
      const high = x.shape[first] * sizeOf(rest);
      const [least, most] = rangeOf(index, this.#source.loops);
      if (least < 0 || most >= high) conditions.push({ index, low: 0, high });
      return { extents: [x.shape[first], ...rest], linear: index };
    });
    const inner = this.build(x, source);
    return conditions.length === 0 ? inner : { kind: "guard", dtype: value.dtype, conditions, value: inner };
  }

  #take(value: Value, position: Position): KernelExpr {
    const [table, indices] = value.inputs;
    const view = viewOf(table, (v) => this.#source.storageOf(v));
    const contiguous = view?.strides.slice(1).every((s, i) => s === stridesOf(table.shape)[i + 1]);
    const rank = indices.shape.length;
    const groups = splitAt(position, [rank], this.#source.loops);
    if (view === undefined || !contiguous) throw new CannotFuse(table);
    if (groups === undefined) throw new CannotFuse(value);
    let axis = 0;
    const at = groups.filter((g) => {
      const isRow = axis < rank;
      axis += g.extents.length;
      return isRow;
    });
    const row = this.build(indices, at);
    const rest = linearize(groups.slice(at.length), this.#variables);
    if (this.#source.uniformRows && at.some((g) => g.linear.coefficients[this.#variables - 1] !== 0)) throw new CannotFuse(value);
    const { buffer, offset } = view.storage;
    const dynamic = [{ row, rows: table.shape[0], stride: view.strides[0] }];
    return { kind: "load", dtype: value.dtype, buffer, offset: shiftIndex(rest, offset), dynamic };
  }
}

const dropEmpty = (position: Position): Position => position.filter((g) => g.extents.length > 0);

/** The strides of a value that is a plain strided view of one buffer (for template operands); undefined when it is not. */
export function viewOf(value: Value, storageOf: (value: Value) => Storage | undefined): View | undefined {
  const storage = storageOf(value);
  if (storage !== undefined) return { storage, strides: stridesOf(value.shape) };
  const { primitive, attributes, inputs } = value;
  if (primitive.name === "unpack") {
    const theta = storageOf(inputs[0]);
    return (
      theta && { storage: { buffer: theta.buffer, offset: theta.offset + (attributes.offset as number) }, strides: stridesOf(value.shape) }
    );
  }
  if (primitive.name === "transpose") {
    const base = viewOf(inputs[0], storageOf);
    return base && { storage: base.storage, strides: (attributes.permutation as readonly number[]).map((axis) => base.strides[axis]) };
  }
  if (primitive.name === "reshape") {
    const base = viewOf(inputs[0], storageOf);
    const contiguous = base?.strides.every((s, axis) => s === stridesOf(inputs[0].shape)[axis] || inputs[0].shape[axis] === 1);
    return base && contiguous ? { storage: base.storage, strides: stridesOf(value.shape) } : undefined;
  }
  return undefined;
}
