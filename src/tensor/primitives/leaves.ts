/** Primitives without inputs, and those that only mark a value. */
import { SteepestError } from "../error.js";
import { type Attributes, structural } from "../primitive.js";
import type { DType, HostData, Shape, TensorType } from "../types.js";
import { sizeOf } from "../types.js";

/** Host data, held by reference. Another value of the same type never recompiles. */
export interface InputAttributes extends Attributes {
  readonly type: TensorType;
  readonly data: HostData;
}

/** A place of a program that outlives a step: parameters, optimizer state, data, controls. Identity is the object. */
export interface Variable {
  readonly name: string;
  readonly type: TensorType;
}

/** The error of whoever asks for the value of an argument that has none yet. */
export const unboundArgument = (): SteepestError =>
  new SteepestError({
    problem: "a value inside a traced function (a loop's body, a branch, a called or mapped function) was read before it exists",
    fix: "compute with tensors there, and read after: x.lt(y) and select instead of comparing x.item()",
  });

export const leaves = {
  /** A scalar that belongs to the formula itself and is compiled into it. */
  literal: structural<{ readonly value: number; readonly dtype: DType }>({
    name: "literal",
    types: ({ dtype }) => [{ shape: [], dtype }],
    evaluate: ({ value }) => [Float64Array.of(value)],
    derivative: "zero",
    batching: "leaf",
  }),
  input: structural<InputAttributes>({
    name: "input",
    types: ({ type }) => [type],
    evaluate: ({ data }) => [Float64Array.from(data)],
    derivative: "zero",
    batching: "leaf",
  }),
  variable: structural<{ readonly variable: Variable }>({
    name: "variable",
    types: ({ variable }) => [variable.type],
    evaluate: ({ variable }) => {
      throw new Error(`internal: variable ${variable.name} was evaluated outside its program`);
    },
    derivative: "zero",
    batching: "leaf",
  }),
  /** A parameter of a sub-graph (the body of a loop, a branch, a called function). */
  argument: structural<{ readonly index: number; readonly type: TensorType }>({
    name: "argument",
    types: ({ type }) => [type],
    evaluate: () => {
      throw unboundArgument();
    },
    derivative: "zero",
    batching: "leaf",
  }),
  /** 0, 1, 2, … along one axis. */
  iota: structural<{ readonly shape: Shape; readonly axis: number; readonly dtype: DType }>({
    name: "iota",
    types: ({ shape, dtype }) => [{ shape, dtype }],
    evaluate: ({ shape, axis }) => {
      const inner = sizeOf(shape.slice(axis + 1));
      return [Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.floor(i / inner) % shape[axis])];
    },
    derivative: "zero",
    batching: "leaf",
  }),
  /** The same value, seen as a constant by derivatives. */
  stopGradient: structural({
    name: "stopGradient",
    types: (_, [x]) => [x],
    evaluate: (_, [x]) => [x.data],
    derivative: "zero",
    batching: { batch: (attributes, [x], { again }) => again(attributes, [x.value]) },
  }),
  /** The same value under an identity of its own: the point at which a derivative is taken. */
  mark: structural<{ readonly identity: symbol }>({
    name: "mark",
    types: (_, [x]) => [x],
    evaluate: (_, [x]) => [x.data],
    derivative: {
      jvp: (_a, _i, _o, [tangent]) => [tangent],
      vjp: (_a, _i, _o, [cotangent]) => [cotangent],
    },
    // The derivative has been taken by now: nobody asks for the identity any more.
    batching: { batch: (_, [x]) => [x.value] },
  }),
};
