/**
 * What a primitive is. One table entry holds all that the house needs to know of an operation: its type rule, its slow and
 * obvious reference evaluation in float64, and its derivative. Forward and reverse mode both derive from that one entry.
 */
import type { Tensor } from "./tensor.js";
import type { DType, Shape, TensorType } from "./types.js";

/** A value of the reference evaluation: float64 whatever the dtype, `bool` as 0 and 1. */
export interface ReferenceArray {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Attributes are plain data: they are part of a node's identity. */
export type Attributes = Readonly<Record<string, unknown>>;

/** One output element depends on the input elements at its own place, all of one shape. */
export interface PointwisePrimitive {
  readonly kind: "pointwise";
  readonly name: string;
  readonly arity: number;
  dtype(inputs: readonly DType[], attributes: Attributes): DType;
  evaluate(attributes: Attributes, ...x: number[]): number;
  /** ∂output/∂inputᵢ at each place, or "none" where the output does not vary smoothly with any input. */
  readonly partials: readonly ((inputs: readonly Tensor[], output: Tensor) => Tensor | undefined)[] | "none";
}

/** Linear in each of some operands taken alone (a contraction is linear in both, a gather in the first). */
export interface LinearPrimitive<A extends Attributes = Attributes> {
  readonly kind: "linear";
  readonly name: string;
  type(attributes: A, inputs: readonly TensorType[]): TensorType;
  evaluate(attributes: A, inputs: readonly ReferenceArray[], type: TensorType): Float64Array;
  /** Whether it is linear in operand i; the others are indices, which have no derivative. */
  linearIn(operand: number): boolean;
  /** The cotangent of operand i, given that of the output. */
  transpose(attributes: A, operand: number, cotangent: Tensor, inputs: readonly Tensor[]): Tensor;
}

/** All else: leaves, selections by order, control flow, and derivatives that a user wrote. */
export interface StructuralPrimitive<A extends Attributes = Attributes> {
  readonly kind: "structural";
  readonly name: string;
  types(attributes: A, inputs: readonly TensorType[]): readonly TensorType[];
  evaluate(attributes: A, inputs: readonly ReferenceArray[], types: readonly TensorType[]): readonly Float64Array[];
  /** "zero": no output varies with any input. */
  readonly derivative: "zero" | StructuralDerivative<A>;
}

/** `undefined` stands for a tangent or cotangent of zero. */
export interface StructuralDerivative<A extends Attributes> {
  jvp(attributes: A, inputs: readonly Tensor[], outputs: readonly Tensor[], tangents: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[];
  vjp(attributes: A, inputs: readonly Tensor[], outputs: readonly Tensor[], cotangents: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[];
}

export type Primitive = PointwisePrimitive | LinearPrimitive | StructuralPrimitive;

/** One application of a primitive. */
export interface Node {
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Types an entry by its own attributes and hands it to the table, where attributes are opaque. */
export function linear<A extends Attributes>(entry: Omit<LinearPrimitive<A>, "kind">): LinearPrimitive<A> {
  return { kind: "linear", ...entry };
}

export function structural<A extends Attributes>(entry: Omit<StructuralPrimitive<A>, "kind">): StructuralPrimitive<A> {
  return { kind: "structural", ...entry };
}
