/** One value of a small objective: what each of its elements is, as an expression of the elements of its inputs. */
import type { MatmulAttributes } from "../../tensor/primitives/contraction.js";
import type { ParameterSlot, UnpackAttributes } from "../../tensor/primitives/indexing.js";
import type { PadAttributes, SliceAttributes } from "../../tensor/primitives/movement.js";
import { type PointwiseName, pointwise } from "../../tensor/primitives/pointwise.js";
import { sizeOf, stridesOf } from "../../tensor/types.js";
import { literalOf, type Value } from "../graph/value.js";
import type { LoopBuilder } from "../loops/builder.js";
import { add, binary, constant, mul, registerOf } from "../loops/expressions.js";
import type { Expr } from "../loops/ir.js";
import { lowerings } from "./pointwise.js";

/** The value's elements in row-major order. */
export function elementsOf(b: LoopBuilder, value: Value, inputs: readonly (readonly Expr[])[]): readonly Expr[] {
  const { primitive, attributes, shape, dtype } = value;
  const size = sizeOf(shape);
  const type = { dtype: registerOf(dtype), lanes: 1 };
  const literal = literalOf(value);
  if (literal !== undefined) return new Array<Expr>(size).fill(constant(type, literal));
  if (primitive.kind === "pointwise") return pointwiseOf(b, value, inputs);
  const [x] = inputs;
  const from = value.inputs[0]?.shape ?? [];
  const strides = stridesOf(from);
  const gathered = (source: (position: readonly number[]) => readonly number[] | undefined) =>
    positions(shape).map((p) => {
      const at = source(p);
      return at === undefined ? constant(type, 0) : x[at.reduce((sum, a, axis) => sum + a * strides[axis], 0)];
    });
  switch (primitive.name) {
    case "reshape":
      return x;
    case "broadcast": {
      const axes = attributes.axes as readonly number[];
      return gathered((p) => axes.map((axis, i) => (from[i] === 1 ? 0 : p[axis])));
    }
    case "transpose": {
      const permutation = attributes.permutation as readonly number[];
      return gathered((p) => {
        const at = new Array<number>(p.length);
        permutation.forEach((axis, i) => {
          at[axis] = p[i];
        });
        return at;
      });
    }
    case "slice": {
      const { start, step } = attributes as SliceAttributes;
      return gathered((p) => p.map((at, axis) => start[axis] + at * step[axis]));
    }
    case "pad": {
      const { low, interior } = attributes as PadAttributes;
      return gathered((p) => {
        const at = p.map((a, axis) => (a - low[axis]) / (interior[axis] + 1));
        return at.every((a, axis) => Number.isInteger(a) && a >= 0 && a < from[axis]) ? at : undefined;
      });
    }
    case "reverse": {
      const axes = attributes.axes as readonly number[];
      return gathered((p) => p.map((at, axis) => (axes.includes(axis) ? shape[axis] - 1 - at : at)));
    }
    case "concatenate": {
      const axis = attributes.axis as number;
      const outer = sizeOf(shape.slice(0, axis));
      const rows = value.inputs.map((part) => sizeOf(part.shape.slice(axis)));
      return Array.from({ length: outer }, (_, i) => inputs.flatMap((part, j) => part.slice(i * rows[j], (i + 1) * rows[j]))).flat();
    }
    case "iota": {
      const axis = attributes.axis as number;
      return positions(shape).map((p) => constant(type, p[axis]));
    }
    case "unpack": {
      const { offset } = attributes as UnpackAttributes;
      return x.slice(offset, offset + size);
    }
    case "pack": {
      const out = new Array<Expr>(size).fill(constant(type, 0));
      (attributes.slots as readonly ParameterSlot[]).forEach((slot, part) => inputs[part].forEach((e, i) => (out[slot.offset + i] = e)));
      return out;
    }
    case "sum":
    case "reduceMax":
    case "reduceMin": {
      const op = primitive.name === "sum" ? "add" : primitive.name === "reduceMax" ? "max" : "min";
      const axes = attributes.axes as readonly number[];
      const outStrides = stridesOf(shape);
      const out = new Array<Expr | undefined>(size).fill(undefined);
      positions(from).forEach((p, flat) => {
        const at = p.filter((_, axis) => !axes.includes(axis)).reduce((sum, a, i) => sum + a * outStrides[i], 0);
        const held = out[at];
        out[at] = held === undefined ? x[flat] : b.let(binary(op, held, x[flat]));
      });
      return out.map((e) => e ?? constant(type, 0));
    }
    case "matmul":
      return product(b, value, inputs);
  }
  throw new Error(`internal: ${primitive.name} cannot be computed in registers`);
}

/** A pointwise operation on what its inputs are made of: their elements, or parts of several. */
export function pointwiseOf(b: LoopBuilder, { primitive, dtype }: Value, inputs: readonly (readonly Expr[])[]): readonly Expr[] {
  const name = primitive.name as PointwiseName;
  if (!(name in pointwise)) throw new Error(`internal: ${name} is not in the table`);
  return inputs[0].map((x, i) => b.let(lowerings[name](b, x, inputs[1]?.[i], inputs[2]?.[i], dtype)));
}

function product(b: LoopBuilder, value: Value, [x, y]: readonly (readonly Expr[])[]): Expr[] {
  const { transposeA, transposeB } = value.attributes as MatmulAttributes;
  const rank = value.shape.length;
  const [m, n] = value.shape.slice(rank - 2);
  const depth = value.inputs[0].shape[transposeA ? rank - 2 : rank - 1];
  const batch = sizeOf(value.shape.slice(0, rank - 2));
  const out: Expr[] = [];
  for (let s = 0; s < batch; s++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum: Expr | undefined;
        for (let k = 0; k < depth; k++) {
          const term = mul(
            x[s * m * depth + (transposeA ? k * m + i : i * depth + k)],
            y[s * depth * n + (transposeB ? j * depth + k : k * n + j)],
          );
          sum = b.let(sum === undefined ? term : add(sum, term));
        }
        out.push(sum ?? constant({ dtype: registerOf(value.dtype), lanes: 1 }, 0));
      }
  return out;
}

function positions(shape: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const extent of shape) all = all.flatMap((p) => Array.from({ length: extent }, (_, i) => [...p, i]));
  return all;
}
