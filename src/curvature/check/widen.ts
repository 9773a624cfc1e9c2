/** A graph of float32 again in float64: the same derivative rules, without the rounding that would hide what is wrong in them. */
import { argument } from "../../tensor/graph.js";
import type { Attributes, Graph, Node } from "../../tensor/primitive.js";
import { apply, type Tensor } from "../../tensor/tensor.js";
import type { DType } from "../../tensor/types.js";
import { topological } from "../../tensor/walk.js";

/**
 * The same values computed in float64 throughout: constants are taken as they are, every step after them is done in float64.
 *
 * @param given values to be replaced, with what stands for them: θ in float32, and θ in float64
 */
export function widened(roots: readonly Tensor[], given: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  const made = new Map<Node, (Tensor | undefined)[]>();
  for (const [{ node, output }, to] of given) {
    const list = made.get(node) ?? node.outputs.map(() => undefined);
    list[output] = to;
    made.set(node, list);
  }
  const wide = (x: Tensor): Tensor => {
    const to = made.get(x.node)?.[x.output] ?? x;
    return to.dtype === "f32" ? to.cast("f64") : to;
  };
  for (const node of topological(roots, (n) => made.has(n))) {
    const { primitive, attributes, inputs } = node;
    // Host data stay as they are, and are converted where they are used.
    if (primitive.name === "input" || primitive.name === "variable") continue;
    made.set(node, [...apply(primitive, widenedAttributes(attributes), inputs.map(wide))]);
  }
  return roots.map(wide);
}

/** Whether anything in the graph is computed in float32. */
export const usesSingle = (roots: readonly Tensor[]): boolean =>
  topological(roots).some(({ outputs }) => outputs.some(({ dtype }) => dtype === "f32"));

const widenedAttributes = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, widenedAttribute(value)]));

function widenedAttribute(value: unknown): unknown {
  if (value === "f32") return "f64";
  if (isGraph(value)) return widenedGraph(value);
  return value;
}

const isGraph = (value: unknown): value is Graph =>
  typeof value === "object" && value !== null && "arguments" in value && "captured" in value && "outputs" in value;

const widerDType = (dtype: DType): DType => (dtype === "f32" ? "f64" : dtype);

/** A sub-graph again, with arguments of its own for what it takes and for what it captured. */
function widenedGraph({ arguments: formal, captured, outputs }: Graph): Graph {
  const inner = [...formal, ...captured];
  const wide = inner.map(({ shape, dtype }, i) => argument({ shape, dtype: widerDType(dtype) }, i));
  const results = widened(outputs, new Map(inner.map((x, i) => [x, wide[i]])));
  return { arguments: wide.slice(0, formal.length), captured: wide.slice(formal.length), outputs: results };
}
