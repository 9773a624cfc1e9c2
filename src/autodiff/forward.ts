/** Forward mode: a graph in, the graph of its tangents out. */
import type { Node } from "../tensor/primitive.js";
import { apply, type Tensor } from "../tensor/tensor.js";
import { isFloat } from "../tensor/types.js";
import { varyingNodes } from "./reverse.js";

/** Tangents of `outputs` for given tangents of `inputs`: Σₓ (∂o/∂x) ẋ. `undefined` stands for zero. */
export function pushForward(outputs: readonly Tensor[], inputs: readonly Tensor[], tangents: readonly (Tensor | undefined)[]): (Tensor | undefined)[] {
  const known = new Map<Node, (Tensor | undefined)[]>();
  inputs.forEach((x, i) => {
    const list = known.get(x.node) ?? x.node.outputs.map(() => undefined);
    list[x.output] = tangents[i];
    known.set(x.node, list);
  });
  const tangentOf = (x: Tensor) => (isFloat(x.dtype) ? known.get(x.node)?.[x.output] : undefined);
  for (const node of varyingNodes(outputs, inputs)) {
    if (!known.has(node)) known.set(node, outputTangents(node, node.inputs.map(tangentOf)));
  }
  return outputs.map(tangentOf);
}

function outputTangents({ primitive, attributes, inputs, outputs }: Node, tangents: readonly (Tensor | undefined)[]): (Tensor | undefined)[] {
  if (primitive.kind === "structural")
    return primitive.derivative === "zero" ? outputs.map(() => undefined) : [...primitive.derivative.jvp(attributes, inputs, outputs, tangents)];
  const terms = tangents.map((tangent, i) => {
    if (tangent === undefined) return undefined;
    if (primitive.kind === "pointwise") {
      const factor = primitive.partials === "none" ? undefined : primitive.partials[i](inputs, outputs[0]);
      return factor && factor.cast(outputs[0].dtype).mul(tangent.cast(outputs[0].dtype));
    }
    if (!primitive.linearIn(i)) return undefined;
    // `concatenate` and `pack` are linear in all operands together: the others contribute zeros.
    const joint = primitive.name === "concatenate" || primitive.name === "pack";
    return apply(primitive, attributes, inputs.map((x, j) => (j === i ? tangent : joint ? x.fill(0) : x)))[0];
  });
  return [terms.reduce((sum, term) => (sum === undefined ? term : term === undefined ? sum : sum.add(term)), undefined)];
}
