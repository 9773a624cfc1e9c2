/**
 * The reference backend: slow, obvious, float64. Every other backend is tested against it. Floats are never rounded to f32 on
 * the way; integers wrap at 32 bits as they do everywhere.
 */
import { SteepestError } from "../../tensor/error.js";
import { formals } from "../../tensor/graph.js";
import type { EvaluateGraph, Graph, Node, ReferenceArray } from "../../tensor/primitive.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { type Evaluator, knownData } from "../../tensor/read.js";
import type { Tensor } from "../../tensor/tensor.js";
import { allocate, type HostData, isFloat, showShape, sizeOf, type TensorType, wrapped } from "../../tensor/types.js";

/** Values for variables of a program, or for any tensor: what lies behind a bound tensor is not computed. */
export type Bindings = ReadonlyMap<Variable | Tensor, ArrayLike<number>>;

/**
 * Values of `tensors` in float64, each in row-major order.
 *
 * @param tensors what to compute
 * @param bindings values for variables, arguments, or any other tensor of the graph
 * @throws SteepestError where a bound value does not have the size of what it is bound to
 */
export function interpret(tensors: readonly Tensor[], bindings: Bindings = new Map()): Float64Array[] {
  return evaluateTensors(tensors, (x) => {
    const value = bindings.get(x) ?? (isVariable(x.node) ? bindings.get(x.node.attributes.variable) : undefined);
    return value && bound(x, value);
  }).map(({ data }) => data);
}

/** Values of the outputs of a sub-graph, for values of its arguments followed by values of what it captured. */
export const interpretGraph: EvaluateGraph = (graph: Graph, values: readonly ReferenceArray[]): readonly ReferenceArray[] => {
  const given = new Map<Tensor, ReferenceArray>();
  formals(graph).forEach((x, i) => {
    given.set(x, values[i]);
  });
  return evaluateTensors(graph.outputs, (x) => given.get(x));
};

/** Reads lazy tensors by interpretation: `setEvaluator(interpreterEvaluator)`. Results are rounded to their dtype on reading, not before. */
export const interpreterEvaluator: Evaluator = (tensors) =>
  evaluateTensors(tensors, (x) => {
    const data = knownData(x);
    return data && { shape: x.shape, data: Float64Array.from(data) };
  }).map(({ data }, i) => toHost(tensors[i], data));

function toHost({ dtype, size }: Tensor, values: Float64Array): HostData {
  const data = allocate(dtype, size);
  data.set(values);
  return data;
}

function bound(x: Tensor, value: ArrayLike<number>): ReferenceArray {
  if (value.length !== x.size)
    throw new SteepestError({
      problem: "a value does not fit what it is bound to",
      expected: `${x.size} elements for ${showShape(x.shape)}`,
      received: `${value.length}`,
    });
  return { shape: x.shape, data: Float64Array.from(value) };
}

function isVariable(node: Node): node is Node & { readonly attributes: { readonly variable: Variable } } {
  return node.primitive.name === "variable";
}

/** Computes what `roots` need, inputs first, without recursion: graphs may be deep. */
function evaluateTensors(roots: readonly Tensor[], given: (x: Tensor) => ReferenceArray | undefined): ReferenceArray[] {
  const values = new Map<Tensor, ReferenceArray>();
  const stack = [...roots];
  for (let x = stack.at(-1); x !== undefined; x = stack.at(-1)) {
    const value = values.has(x) ? undefined : given(x);
    if (value !== undefined) values.set(x, value);
    const missing = values.has(x) ? [] : x.node.inputs.filter((input) => !values.has(input));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    stack.pop();
    if (values.has(x)) continue;
    const { node } = x;
    evaluateNode(
      node,
      node.inputs.map((input) => valueOf(values, input)),
    ).forEach((data, i) => {
      if (!values.has(node.outputs[i])) values.set(node.outputs[i], { shape: node.outputs[i].shape, data });
    });
  }
  return roots.map((root) => valueOf(values, root));
}

function valueOf(values: ReadonlyMap<Tensor, ReferenceArray>, x: Tensor): ReferenceArray {
  const value = values.get(x);
  if (value === undefined) throw new Error(`internal: ${x} was not computed`);
  return value;
}

function evaluateNode({ primitive, attributes, inputs, outputs }: Node, values: readonly ReferenceArray[]): readonly Float64Array[] {
  switch (primitive.kind) {
    case "pointwise": {
      const exact = isFloat(inputs[0].dtype) ? undefined : primitive.evaluateInteger;
      const f = exact ?? ((...x: number[]) => primitive.evaluate(attributes, ...x));
      const places = values.map(({ data }) => data);
      const out = Float64Array.from({ length: sizeOf(outputs[0].shape) }, (_, i) => f(...places.map((data) => data[i])));
      return [wrap(outputs[0], out)];
    }
    case "linear":
      return [wrap(outputs[0], primitive.evaluate(attributes, values, outputs[0]))];
    case "structural":
      return primitive.evaluate(attributes, values, outputs, interpretGraph).map((data, i) => wrap(outputs[i], data));
  }
}

function wrap({ dtype }: TensorType, data: Float64Array): Float64Array {
  return isFloat(dtype) ? data : data.map((value) => wrapped(dtype, value));
}
