/** Forward mode: a graph in, the graph of its tangents out. */
import type { Node } from "../tensor/primitive.js";
import { apply, type Tensor } from "../tensor/tensor.js";
import { isFloat } from "../tensor/types.js";
import { scaled, varyingNodes } from "./reverse.js";

/** Tangents of `outputs` for given tangents of `inputs`: Σₓ (∂o/∂x) ẋ. `undefined` stands for zero. */
export function pushForward(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  tangents: readonly (Tensor | undefined)[],
): (Tensor | undefined)[] {
  const known = new Map<Node, (Tensor | undefined)[]>();
  inputs.forEach((x, i) => {
    const list = known.get(x.node) ?? x.node.outputs.map(() => undefined);
    list[x.output] = tangents[i];
    known.set(x.node, list);
  });
  const tangentOf = (x: Tensor) => (isFloat(x.dtype) ? known.get(x.node)?.[x.output] : undefined);
  for (const node of varyingNodes(outputs, inputs)) {
    const received = node.inputs.map(tangentOf);
    if (received.some((tangent) => tangent !== undefined)) known.set(node, outputTangents(node, received));
  }
  return outputs.map(tangentOf);
}

function outputTangents(
  { primitive, attributes, inputs, outputs }: Node,
  tangents: readonly (Tensor | undefined)[],
): (Tensor | undefined)[] {
  if (primitive.kind === "structural")
    return primitive.derivative === "zero"
      ? outputs.map(() => undefined)
      : [...primitive.derivative.jvp(attributes, inputs, outputs, tangents, pushForward)];
  if (primitive.kind === "linear" && primitive.joint)
    return [
      ...apply(
        primitive,
        attributes,
        inputs.map((x, i) => tangents[i] ?? x.fill(0)),
      ),
    ];
  const terms = tangents.map((tangent, i) => {
    if (tangent === undefined) return undefined;
    if (primitive.kind === "pointwise") {
      const factor = primitive.partials === "none" ? undefined : primitive.partials[i](inputs, outputs[0]);
      return factor && scaled(factor, tangent.cast(outputs[0].dtype));
    }
    return primitive.linearIn(i)
      ? apply(
          primitive,
          attributes,
          inputs.map((x, j) => (j === i ? tangent : x)),
        )[0]
      : undefined;
  });
  return [terms.reduce((sum, term) => (sum === undefined ? term : term === undefined ? sum : sum.add(term)), undefined)];
}
