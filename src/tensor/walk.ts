/** Orders the nodes of a graph. */
import type { Node } from "./primitive.js";
import type { Tensor } from "./tensor.js";

/**
 * All nodes that `roots` depend on, each after its inputs. Iterative: graphs may be deep. `stop` cuts the walk at a node, which is left
 * out; at a node for which `isLeaf` holds it is taken, but not what it depends on.
 */
export function topological(
  roots: readonly Tensor[],
  stop: (node: Node) => boolean = () => false,
  isLeaf: (node: Node) => boolean = () => false,
): Node[] {
  const order: Node[] = [];
  const state = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const enter = (node: Node) => {
    if (state.has(node) || stop(node)) return;
    state.add(node);
    stack.push({ node, next: isLeaf(node) ? node.inputs.length : 0 });
  };
  for (const root of roots) {
    enter(root.node);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.node.inputs.length) enter(top.node.inputs[top.next++].node);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}
