/**
 * Traced tensors. A Tensor is a symbolic value: it knows its shape, its dtype and how it is computed, and nothing is
 * computed until it is read or until a program that needs it runs. There is nothing to free.
 */

import { integerPower, logSoftmax, logSumExp, softplus } from "./composed.js";
import { tracingError } from "./error.js";
import { ofOneDType, ofOneShape } from "./operands.js";
import { type Attributes, type Node, type Primitive, typesOf } from "./primitive.js";
import { type ConvAttributes, contraction } from "./primitives/contraction.js";
import { indexing, type ParameterSlot, type WindowAttributes } from "./primitives/indexing.js";
import { leaves, type Variable } from "./primitives/leaves.js";
import { movement } from "./primitives/movement.js";
import { order } from "./primitives/order.js";
import { type PointwiseName, pointwise } from "./primitives/pointwise.js";
import { capDepth, readTensors } from "./read.js";
import { recorded } from "./recording.js";
import { checkPad, checkSlice, checkStretch, permutationOf, reshapedTo } from "./shape-rules.js";
import { allocate, type DType, type HostData, normalizeAxes, type Shape, sameShape, showShape, showType, sizeOf } from "./types.js";

/** What an operation takes beside a tensor: a JavaScript number adapts to the tensor's dtype. */
export type TensorLike = Tensor | number;

/** Nested arrays of numbers, as deep as the tensor has axes. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Under this name Node asks an object how it prints. */
const inspection = Symbol.for("nodejs.util.inspect.custom");

export class Tensor {
  readonly node: Node;
  /** Which of the node's results this is. */
  readonly output: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** A float64 scalar that takes on the dtype of whatever it meets: JavaScript numbers and hyperparameters. */
  readonly weak: boolean;

  constructor(node: Node, output: number, shape: Shape, dtype: DType, weak = false) {
    this.node = node;
    this.output = output;
    this.shape = shape;
    this.dtype = dtype;
    this.weak = weak;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  // ── arithmetic ────────────────────────────────────────────────────────────────────────────────────────────────────
  /** x + y, broadcast. */
  add(y: TensorLike): Tensor {
    return elementwise("add", [this, y]);
  }
  /** x − y, broadcast. */
  sub(y: TensorLike): Tensor {
    return elementwise("sub", [this, y]);
  }
  /** x · y element by element, broadcast. */
  mul(y: TensorLike): Tensor {
    return elementwise("mul", [this, y]);
  }
  /** x / y element by element, broadcast. */
  div(y: TensorLike): Tensor {
    return elementwise("div", [this, y]);
  }
  /** xʸ. A whole number as exponent (|y| ≤ 64) becomes a chain of exact products. */
  pow(y: TensorLike): Tensor {
    return typeof y === "number" && Number.isInteger(y) && Math.abs(y) <= 64 ? integerPower(this, y) : elementwise("pow", [this, y]);
  }
  minimum(y: TensorLike): Tensor {
    return elementwise("minimum", [this, y]);
  }
  /** max(x, y); where both are equal the derivative belongs to y. */
  maximum(y: TensorLike): Tensor {
    return elementwise("maximum", [this, y]);
  }
  neg(): Tensor {
    return elementwise("neg", [this]);
  }
  /** |x|, with slope 0 at 0. */
  abs(): Tensor {
    return elementwise("abs", [this]);
  }
  /** −1, 0 or 1; its derivative is 0. */
  sign(): Tensor {
    return elementwise("sign", [this]);
  }
  floor(): Tensor {
    return elementwise("floor", [this]);
  }
  ceil(): Tensor {
    return this.neg().floor().neg();
  }
  square(): Tensor {
    return this.mul(this);
  }
  sqrt(): Tensor {
    return elementwise("sqrt", [this]);
  }
  /** 1/x */
  reciprocal(): Tensor {
    return this.fill(1).div(this);
  }
  exp(): Tensor {
    return elementwise("exp", [this]);
  }
  /** eˣ − 1, exact near 0. */
  expm1(): Tensor {
    return elementwise("expm1", [this]);
  }
  /** Natural logarithm. */
  log(): Tensor {
    return elementwise("log", [this]);
  }
  /** log(1 + x), exact near 0. */
  log1p(): Tensor {
    return elementwise("log1p", [this]);
  }
  sin(): Tensor {
    return elementwise("sin", [this]);
  }
  cos(): Tensor {
    return elementwise("cos", [this]);
  }
  tan(): Tensor {
    return this.sin().div(this.cos());
  }
  /** arcsin x = atan(x / √(1 − x²)) */
  asin(): Tensor {
    return this.div(this.fill(1).sub(this).mul(this.fill(1).add(this)).sqrt()).atan();
  }
  /** arccos x = 2 atan √((1 − x)/(1 + x)), which keeps all digits near 1 */
  acos(): Tensor {
    return this.fill(1).sub(this).div(this.fill(1).add(this)).sqrt().atan().mul(this.fill(2));
  }
  atan(): Tensor {
    return elementwise("atan", [this]);
  }
  /** sinh x = ((eˣ − 1) − (e⁻ˣ − 1))/2, which keeps all digits near 0: the two terms differ in sign. */
  sinh(): Tensor {
    return this.expm1().sub(this.neg().expm1()).mul(this.fill(0.5));
  }
  cosh(): Tensor {
    return this.exp().add(this.neg().exp()).mul(this.fill(0.5));
  }
  tanh(): Tensor {
    return elementwise("tanh", [this]);
  }
  /** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
  erf(): Tensor {
    return elementwise("erf", [this]);
  }
  /** 1/(1 + e⁻ˣ) = ½ + ½ tanh(x/2) */
  sigmoid(): Tensor {
    const half = this.fill(0.5);
    return this.mul(half).tanh().mul(half).add(half);
  }
  /** log(1 + eˣ), without overflow. */
  softplus(): Tensor {
    return softplus(this);
  }
  /** max(x, 0), with slope 0 at 0. */
  relu(): Tensor {
    return this.maximum(this.fill(0));
  }

  // ── comparison ────────────────────────────────────────────────────────────────────────────────────────────────────
  eq(y: TensorLike): Tensor {
    return elementwise("eq", [this, y]);
  }
  ne(y: TensorLike): Tensor {
    return elementwise("ne", [this, y]);
  }
  lt(y: TensorLike): Tensor {
    return elementwise("lt", [this, y]);
  }
  le(y: TensorLike): Tensor {
    return elementwise("le", [this, y]);
  }
  gt(y: TensorLike): Tensor {
    return elementwise("gt", [this, y]);
  }
  ge(y: TensorLike): Tensor {
    return elementwise("ge", [this, y]);
  }
  not(): Tensor {
    return elementwise("not", [this]);
  }
  /** Of integers bit by bit, of truth values: both. */
  and(y: TensorLike): Tensor {
    return elementwise("and", [this, y]);
  }
  or(y: TensorLike): Tensor {
    return elementwise("or", [this, y]);
  }
  xor(y: TensorLike): Tensor {
    return elementwise("xor", [this, y]);
  }
  shiftLeft(y: TensorLike): Tensor {
    return elementwise("shiftLeft", [this, y]);
  }
  shiftRight(y: TensorLike): Tensor {
    return elementwise("shiftRight", [this, y]);
  }
  /** Remainder of integers, with the sign of x. */
  rem(y: TensorLike): Tensor {
    return elementwise("rem", [this, y]);
  }
  /** This tensor is the condition: whenTrue where it holds, whenFalse elsewhere. */
  select(whenTrue: TensorLike, whenFalse: TensorLike): Tensor {
    return elementwise("select", [this, whenTrue, whenFalse]);
  }

  // ── type and shape ────────────────────────────────────────────────────────────────────────────────────────────────
  cast(dtype: DType): Tensor {
    return dtype === this.dtype && !this.weak ? this : one(pointwise.cast, { to: dtype }, [this]);
  }

  /** A literal of this tensor's dtype and shape. */
  fill(value: number): Tensor {
    return literal(value, this.dtype, this.weak).broadcastAlong(this.shape, []);
  }

  /** Same elements in row-major order under another shape; one extent may be −1. */
  reshape(shape: Shape): Tensor {
    const full = reshapedTo(this.shape, shape);
    return sameShape(full, this.shape) ? this : one(movement.reshape, { shape: full }, [this]);
  }

  /** Axis i of the result is axis permutation[i]; without a permutation the axes are reversed. */
  transpose(permutation: readonly number[] = this.shape.map((_, axis) => this.rank - 1 - axis)): Tensor {
    const order = permutationOf(this.rank, permutation);
    return order.every((axis, i) => axis === i) ? this : one(movement.transpose, { permutation: order }, [this]);
  }

  /** Repeats this tensor: its axis i becomes axis axes[i] of `shape`, all other axes of `shape` repeat it. */
  broadcastAlong(shape: Shape, axes: readonly number[]): Tensor {
    return sameShape(shape, this.shape) ? this : one(movement.broadcast, { shape, axes: [...axes] }, [this], this.weak);
  }

  /** Repeats along new leading axes and along axes of extent 1. */
  broadcastTo(shape: Shape): Tensor {
    checkStretch(this.shape, shape);
    return this.broadcastAlong(
      shape,
      this.shape.map((_, axis) => shape.length - this.rank + axis),
    );
  }

  /** `size` elements along each axis from `start`, every `step`-th. */
  slice(start: readonly number[], size: readonly number[], step: readonly number[] = size.map(() => 1)): Tensor {
    checkSlice(this.shape, start, size, step);
    const whole = sameShape(size, this.shape) && step.every((s) => s === 1);
    return whole ? this : one(movement.slice, { start: [...start], size: [...size], step: [...step] }, [this]);
  }

  /** Zeros around the tensor and, with `interior`, between its neighbours. */
  pad(low: readonly number[], high: readonly number[], interior: readonly number[] = low.map(() => 0)): Tensor {
    checkPad(this.shape, low, high, interior);
    const nothing = [...low, ...high, ...interior].every((x) => x === 0);
    return nothing ? this : one(movement.pad, { low: [...low], high: [...high], interior: [...interior] }, [this]);
  }

  reverse(axes?: number | readonly number[]): Tensor {
    return one(movement.reverse, { axes: normalizeAxes(axes, this.rank, "reverse") }, [this]);
  }

  // ── reductions ────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Sum over the named axes (all when none is named), which disappear. */
  sum(axes?: number | readonly number[]): Tensor {
    const list = normalizeAxes(axes, this.rank, "sum");
    return list.length === 0 ? this : one(movement.sum, { axes: list }, [this]);
  }
  /** Mean over the named axes (all when none is named). */
  mean(axes?: number | readonly number[]): Tensor {
    const list = normalizeAxes(axes, this.rank, "mean");
    const total = this.sum(list);
    return total.div(total.fill(sizeOf(list.map((axis) => this.shape[axis]))));
  }
  max(axes?: number | readonly number[]): Tensor {
    const list = normalizeAxes(axes, this.rank, "max");
    return list.length === 0 ? this : one(order.reduceMax, { axes: list }, [this]);
  }
  min(axes?: number | readonly number[]): Tensor {
    const list = normalizeAxes(axes, this.rank, "min");
    return list.length === 0 ? this : one(order.reduceMin, { axes: list }, [this]);
  }
  /** Index of the largest element along one axis; the first wins. */
  argmax(axis = -1): Tensor {
    return one(order.argmax, { axis: normalizeAxes(axis, this.rank, "argmax")[0] }, [this]);
  }
  /** Euclidean norm of all elements. */
  norm(): Tensor {
    return this.square().sum().sqrt();
  }
  /** log Σ exp x along one axis, without overflow. */
  logSumExp(axis = -1): Tensor {
    return logSumExp(this, axis);
  }
  /** exp x / Σ exp x along one axis. */
  softmax(axis = -1): Tensor {
    return this.logSoftmax(axis).exp();
  }
  logSoftmax(axis = -1): Tensor {
    return logSoftmax(this, axis);
  }

  // ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Matrix product; vectors count as a row (left) or a column (right), leading axes as a common batch. */
  matmul(y: Tensor): Tensor {
    if (this.rank === 0 || y.rank === 0)
      throw tracingError({
        problem: "matmul needs vectors or matrices",
        received: `${showShape(this.shape)} and ${showShape(y.shape)}`,
        fix: "use mul for scalars",
      });
    const a = this.rank === 1 ? this.reshape([1, this.size]) : this;
    const b = y.rank === 1 ? y.reshape([y.size, 1]) : y;
    const c = a.product(b, { transposeA: false, transposeB: false });
    const shape = [
      ...c.shape.slice(0, -2),
      ...(this.rank === 1 ? [] : [c.shape[c.rank - 2]]),
      ...(y.rank === 1 ? [] : [c.shape[c.rank - 1]]),
    ];
    return c.reshape(shape);
  }
  /** Inner product of two vectors. */
  dot(y: Tensor): Tensor {
    return this.mul(y).sum();
  }
  /** The matmul primitive itself: either operand may be read transposed. */
  product(y: Tensor, transposed: { readonly transposeA: boolean; readonly transposeB: boolean }): Tensor {
    return one(contraction.matmul, { ...transposed }, [this, y]);
  }
  /** The convolution primitive itself, image (NHWC) ∗ filter (HWIO). */
  convolve(filter: Tensor, attributes: ConvAttributes): Tensor {
    return one(contraction.conv, attributes, [this, filter]);
  }
  convImageGradient(filter: Tensor, attributes: ConvAttributes): Tensor {
    return one(contraction.convImageGradient, attributes, [this, filter]);
  }
  convFilterGradient(cotangent: Tensor, attributes: ConvAttributes): Tensor {
    return one(contraction.convFilterGradient, attributes, [this, cotangent]);
  }

  // ── places ────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Rows (along the first axis) picked by an i32 or u32 tensor. */
  take(indices: Tensor): Tensor {
    return one(indexing.take, {}, [this, indices]);
  }
  /** Adds the rows of this tensor into `rows` rows of zeros at the given places. */
  scatterAdd(indices: Tensor, rows: number): Tensor {
    return one(indexing.scatterAdd, { rows }, [this, indices]);
  }
  windowArgmax(attributes: WindowAttributes): Tensor {
    return one(indexing.windowArgmax, attributes, [this]);
  }
  windowTake(places: Tensor, attributes: WindowAttributes): Tensor {
    return one(indexing.windowTake, attributes, [this, places]);
  }
  windowScatter(places: Tensor, attributes: WindowAttributes): Tensor {
    return one(indexing.windowScatter, attributes, [this, places]);
  }
  /** This tensor is θ: one parameter's view of it. */
  unpack(slot: ParameterSlot): Tensor {
    return one(indexing.unpack, { shape: slot.shape, offset: slot.offset }, [this]);
  }
  /** Lays this tensor into a zero vector of the size of θ. */
  pack(slots: readonly ParameterSlot[], size: number): Tensor {
    return one(indexing.pack, { slots, size }, [this]);
  }

  /** The same value, seen as a constant by derivatives. */
  stopGradient(): Tensor {
    return one(leaves.stopGradient, {}, [this], this.weak);
  }

  // ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Computes the tensor if that has not been done, and gives its elements in row-major order. */
  data(): HostData {
    return readTensors([this])[0];
  }
  /** The one element of a tensor of size 1. */
  item(): number {
    if (this.size !== 1)
      throw tracingError({
        problem: "item() reads a tensor of one element",
        received: showShape(this.shape),
        fix: "use data() or toArray(), or reduce it first, as with .sum()",
      });
    return this.data()[0];
  }
  /** Nested arrays of numbers. */
  toArray(): NestedNumbers {
    const data = this.data();
    const nest = (axis: number, offset: number): NestedNumbers => {
      if (axis === this.rank) return data[offset];
      const inner = sizeOf(this.shape.slice(axis + 1));
      return Array.from({ length: this.shape[axis] }, (_, i) => nest(axis + 1, offset + i * inner));
    };
    return nest(0, 0);
  }
  toString(): string {
    return `Tensor(${showType(this)})`;
  }
  /** Nested arrays, for JSON. */
  toJSON(): NestedNumbers {
    return this.toArray();
  }
  /** What `console.log` shows in Node: a type, and not the graph behind it. */
  [inspection](): string {
    return this.toString();
  }
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw tracingError({
      problem: "a tensor was used as a plain number",
      received: this.toString(),
      fix: "write x.add(y), x.mul(y), x.lt(y)… instead of x + y, x * y, x < y; use x.item() for the number itself; branch with condition.select(a, b)",
    });
  }
}

/** Applies a primitive; types are checked here, while tracing. */
export function apply(primitive: Primitive, attributes: Attributes, inputs: readonly Tensor[], weak = false): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node = { primitive, attributes, inputs, outputs, depth: 0 };
  for (const type of typesOf(primitive, attributes, inputs))
    outputs.push(new Tensor(node, outputs.length, type.shape, type.dtype, weak && type.dtype === "f64"));
  if (!recorded(node)) capDepth(node);
  return outputs;
}

function one(primitive: Primitive, attributes: Attributes, inputs: readonly Tensor[], weak = false): Tensor {
  return apply(primitive, attributes, inputs, weak)[0];
}

/** A number that belongs to the formula: it is compiled in, and algebra may use it. */
export function literal(value: number, dtype: DType = "f64", weak = false): Tensor {
  return one(leaves.literal, { value, dtype }, [], weak);
}

/** Host data as a tensor of the given shape; the array is held, not copied. */
export function fromHost(data: HostData, shape: Shape, dtype: DType): Tensor {
  return one(leaves.input, { type: { shape, dtype }, data }, []);
}

/** A JavaScript number as an operand: an input of float64 that adapts to the dtype it meets. */
export function weakNumber(value: number): Tensor {
  return one(leaves.input, { type: { shape: [], dtype: "f64" }, data: Float64Array.of(value) }, [], true);
}

/** Reads a variable of the program that is being traced. */
export function readVariable(variable: Variable, weak = false): Tensor {
  return one(leaves.variable, { variable }, [], weak);
}

/** 0, 1, 2, … along one axis of the shape. */
export function iota(shape: Shape, axis = 0, dtype: DType = "i32"): Tensor {
  return one(leaves.iota, { shape, axis, dtype }, []);
}

/** Applies a pointwise primitive after bringing its operands to one dtype and one shape. */
export function elementwise(name: PointwiseName, operands: readonly TensorLike[]): Tensor {
  const tensors = operands.map((x) => (typeof x === "number" ? weakNumber(x) : x));
  const numbers = operands.map((x) => (typeof x === "number" ? x : undefined));
  // The condition of select is a truth value, whatever the dtype of what it chooses from.
  const skip = name === "select" ? 1 : 0;
  const typed = ofOneDType(name, tensors.slice(skip), numbers.slice(skip));
  const all = [...tensors.slice(0, skip), ...typed];
  return one(
    pointwise[name],
    {},
    ofOneShape(name, all),
    typed.every((x) => x.weak || x.dtype === "bool"),
  );
}

/** Zeros of the given shape. */
export function zeros(shape: Shape, dtype: DType = "f64"): Tensor {
  return fromHost(allocate(dtype, sizeOf(shape)), shape, dtype);
}

export function ones(shape: Shape, dtype: DType = "f64"): Tensor {
  return fromHost(allocate(dtype, sizeOf(shape)).fill(1), shape, dtype);
}
