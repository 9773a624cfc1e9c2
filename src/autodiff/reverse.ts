/** Reverse mode: a graph in, the graph of its cotangents out. Gradients of gradients come free. */
import type { Node } from "../tensor/primitive.js";
import type { Tensor } from "../tensor/tensor.js";
import { isFloat } from "../tensor/types.js";
import { topological } from "../tensor/walk.js";

/** Nodes between `inputs` and `outputs`: those whose value varies with one of the inputs, each after the ones it uses; the inputs' own nodes are left out. */
export function varyingNodes(outputs: readonly Tensor[], inputs: readonly Tensor[]): Node[] {
  const sources = new Set(inputs.map((x) => x.node));
  const varies = new Set(sources);
  return topological(outputs, (node) => sources.has(node)).filter((node) => {
    if (node.inputs.some((x) => varies.has(x.node) && isFloat(x.dtype))) varies.add(node);
    return varies.has(node);
  });
}

/**
 * Cotangents of `inputs` for given cotangents of `outputs`: for each input x, Σₒ (∂o/∂x)ᵀ ō. `undefined` stands for zero.
 * Inputs are values of the graph; what lies behind them is not entered.
 */
export function pullBack(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  inputs: readonly Tensor[],
): (Tensor | undefined)[] {
  const gathered = new Map<Node, (Tensor | undefined)[]>();
  const give = (x: Tensor, cotangent: Tensor | undefined) => {
    if (cotangent === undefined || !isFloat(x.dtype)) return;
    const list = gathered.get(x.node) ?? x.node.outputs.map(() => undefined);
    const held = list[x.output];
    list[x.output] = held === undefined ? cotangent : held.add(cotangent);
    gathered.set(x.node, list);
  };
  outputs.forEach((o, i) => {
    give(o, cotangents[i]);
  });
  const order = varyingNodes(outputs, inputs);
  const varying = new Set([...order, ...inputs.map((x) => x.node)]);
  for (const node of order.reverse()) {
    const received = gathered.get(node);
    if (received === undefined) continue;
    const wanted = node.inputs.map((x) => varying.has(x.node) && isFloat(x.dtype));
    inputCotangents(node, received, wanted).forEach((cotangent, i) => {
      if (wanted[i]) give(node.inputs[i], cotangent);
    });
  }
  return inputs.map((x) => gathered.get(x.node)?.[x.output]);
}

function inputCotangents(
  node: Node,
  received: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
): readonly (Tensor | undefined)[] {
  const { primitive, attributes, inputs, outputs } = node;
  if (primitive.kind === "structural")
    return primitive.derivative === "zero"
      ? inputs.map(() => undefined)
      : primitive.derivative.vjp(attributes, inputs, outputs, received, { pullBack, wanted });
  const [g] = received;
  if (g === undefined) return inputs.map(() => undefined);
  if (primitive.kind === "linear")
    return inputs.map((_, i) => (wanted[i] && primitive.linearIn(i) ? primitive.transpose(attributes, i, g, inputs) : undefined));
  const { partials } = primitive;
  if (partials === "none") return inputs.map(() => undefined);
  return inputs.map((x, i) => {
    const factor = wanted[i] ? partials[i](inputs, outputs[0]) : undefined;
    return factor && scaled(factor, g.cast(x.dtype));
  });
}

/** A derivative times a factor; a factor of truth values keeps the derivative or drops it, and ±1 costs nothing. */
export function scaled(factor: Tensor, derivative: Tensor): Tensor {
  if (factor.dtype === "bool") return factor.select(derivative, derivative.fill(0));
  const value = literalValue(factor);
  if (value === 1) return derivative;
  return value === -1 ? derivative.neg() : derivative.mul(factor.cast(derivative.dtype));
}

/** The number of a literal, alone or repeated. */
function literalValue({ node }: Tensor): unknown {
  const source = node.primitive.name === "broadcast" ? node.inputs[0].node : node;
  return source.primitive.name === "literal" ? source.attributes.value : undefined;
}
