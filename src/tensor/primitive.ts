/**
 * What a primitive is. One table entry holds all that the house needs to know of an operation: its type rule, its slow and
 * obvious reference evaluation in float64, its derivative, from which forward and reverse mode both derive, and its batching rule.
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

/** A closed piece of graph: the body of a loop, a branch, a called function. */
export interface Graph {
  /** What the graph is called with. */
  readonly arguments: readonly Tensor[];
  /** Values of the graph around it that it uses; like the arguments, they are inputs of the node that holds the graph. */
  readonly captured: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Reference evaluation of a sub-graph for values of its arguments, then of what it captured. */
export type EvaluateGraph = (graph: Graph, values: readonly ReferenceArray[]) => readonly ReferenceArray[];

/** Forward mode, as handed to primitives that hold sub-graphs: `autodiff/` is a later room. */
export type PushForward = (
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  tangents: readonly (Tensor | undefined)[],
) => readonly (Tensor | undefined)[];

/** Reverse mode, likewise. */
export type PullBack = (
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  inputs: readonly Tensor[],
) => readonly (Tensor | undefined)[];

/** An operand of an application that is carried over to a mapped axis. */
export interface MappedOperand {
  /** The operand as the function sees it, for one element of the axis. */
  readonly original: Tensor;
  /** With the mapped axis first; where it is the same for all elements, the operand itself. */
  readonly value: Tensor;
  readonly isMapped: boolean;
}

/** What a batching rule may use beside its operands. */
export interface Mapping<A extends Attributes = Attributes> {
  /** Elements along the mapped axis. */
  readonly count: number;
  /** All operands with the mapped axis first: what is the same for all is repeated. */
  all(): readonly Tensor[];
  /** Applies the same primitive to other operands. */
  again(attributes: A, inputs: readonly Tensor[]): readonly Tensor[];
  /** The application as it was, once for each element: a loop. */
  each(): readonly Tensor[];
  /** 0, 1, …, count − 1 */
  places(dtype: DType): Tensor;
  /**
   * Values of `outputs` over the mapped axis, which comes first, where `inputs` take the values `over`; `undefined` stands for what is
   * the same for all elements.
   */
  batch(outputs: readonly Tensor[], inputs: readonly Tensor[], over: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[];
}

/** The outputs for all elements of a mapped axis at once, which comes first in each; at least one operand is mapped. */
export type BatchingRule<A extends Attributes> = (
  attributes: A,
  operands: readonly MappedOperand[],
  mapping: Mapping<A>,
) => readonly Tensor[];

/** One output element depends on the input elements at its own place, all of one shape. Over a mapped axis it is the same operation. */
export interface PointwisePrimitive {
  readonly kind: "pointwise";
  readonly name: string;
  readonly arity: number;
  dtype(inputs: readonly DType[], attributes: Attributes): DType;
  evaluate(attributes: Attributes, ...x: number[]): number;
  /** As `evaluate`, for integers of 32 bits, where float64 would not be exact; the caller wraps the result. */
  readonly evaluateInteger?: (...x: number[]) => number;
  /**
   * ∂output/∂inputᵢ at each place, or "none" where the output does not vary smoothly with any input. A factor of dtype bool
   * passes the derivative on where it holds and gives 0 elsewhere (also where the derivative is infinite or not a number).
   */
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
  /** Linear in all operands taken together, as a concatenation, and not in each for fixed others, as a product. */
  readonly joint?: boolean;
  /** The cotangent of operand i, given that of the output. */
  transpose(attributes: A, operand: number, cotangent: Tensor, inputs: readonly Tensor[]): Tensor;
  batch(...rule: Parameters<BatchingRule<A>>): readonly Tensor[];
}

/** All else: leaves, selections by order, control flow, and derivatives that a user wrote. */
export interface StructuralPrimitive<A extends Attributes = Attributes> {
  readonly kind: "structural";
  readonly name: string;
  types(attributes: A, inputs: readonly TensorType[]): readonly TensorType[];
  evaluate(attributes: A, inputs: readonly ReferenceArray[], types: readonly TensorType[], graph: EvaluateGraph): readonly Float64Array[];
  /** "zero": no output varies with any input. */
  readonly derivative: "zero" | StructuralDerivative<A>;
  /** "leaf": it has no operands. */
  readonly batching: "leaf" | StructuralBatching<A>;
}

export interface StructuralBatching<A extends Attributes> {
  batch(...rule: Parameters<BatchingRule<A>>): readonly Tensor[];
}

/** `undefined` stands for a tangent or cotangent of zero. */
export interface StructuralDerivative<A extends Attributes> {
  jvp(
    attributes: A,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    tangents: readonly (Tensor | undefined)[],
    forward: PushForward,
  ): readonly (Tensor | undefined)[];
  /** `wanted` says of each input whether anybody asks for its cotangent. */
  vjp(
    attributes: A,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    cotangents: readonly (Tensor | undefined)[],
    reverse: { readonly pullBack: PullBack; readonly wanted: readonly boolean[] },
  ): readonly (Tensor | undefined)[];
}

export type Primitive = PointwisePrimitive | LinearPrimitive | StructuralPrimitive;

/** One application of a primitive. */
export interface Node {
  readonly primitive: Primitive;
  readonly attributes: Attributes;
  /** Emptied when the value has long been read, so that a loop of one's own does not keep its whole history alive. */
  inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** How many unread nodes lie behind it, at most, in a row; infinite where only a program, a sub-graph or a derivative knows a value. */
  depth: number;
}

/** Types an entry by its own attributes and hands it to the table, where attributes are opaque. */
export function linear<A extends Attributes>(entry: Omit<LinearPrimitive<A>, "kind">): LinearPrimitive<A> {
  return { kind: "linear", ...entry };
}

export function structural<A extends Attributes>(entry: Omit<StructuralPrimitive<A>, "kind">): StructuralPrimitive<A> {
  return { kind: "structural", ...entry };
}

/** The types of what an application of a primitive gives. */
export function typesOf(primitive: Primitive, attributes: Attributes, inputs: readonly TensorType[]): readonly TensorType[] {
  switch (primitive.kind) {
    case "pointwise": {
      const dtypes = inputs.map((x) => x.dtype);
      return [{ shape: inputs[0].shape, dtype: primitive.dtype(dtypes, attributes) }];
    }
    case "linear":
      return [primitive.type(attributes, inputs)];
    case "structural":
      return primitive.types(attributes, inputs);
  }
}
