/**
 * Reading a lazy tensor needs a backend, which is a later room: it hands its evaluator in here when it is loaded.
 * A read materialises: the result is kept with the node, and graphs built on it start from the kept data.
 */
import type { Node } from "./primitive.js";
import type { Tensor } from "./tensor.js";
import type { HostData } from "./types.js";
import { topological } from "./walk.js";

export type Evaluator = (tensors: readonly Tensor[]) => readonly HostData[];

let evaluator: Evaluator | undefined;
const known = new WeakMap<Node, (HostData | undefined)[]>();

export function setEvaluator(evaluate: Evaluator): void {
  evaluator = evaluate;
}

/** The data of a tensor that has been read before, or that came from the host. */
export function knownData(tensor: Tensor): HostData | undefined {
  return known.get(tensor.node)?.[tensor.output];
}

export function readTensors(tensors: readonly Tensor[]): readonly HostData[] {
  const missing = tensors.filter((t) => knownData(t) === undefined);
  if (missing.length > 0) {
    if (evaluator === undefined) throw new Error("internal: a tensor was read before a backend was loaded");
    const before = missing.flatMap((t) => knownSources(t.node));
    evaluator(missing).forEach((data, i) => {
      const { node, output } = missing[i];
      const kept = known.get(node) ?? node.outputs.map(() => undefined);
      kept[output] = data;
      known.set(node, kept);
    });
    for (const node of before) node.inputs = [];
  }
  return tensors.map((t) => {
    const data = knownData(t);
    if (data === undefined) throw new Error("internal: the evaluator gave no data");
    return data;
  });
}

/** The nodes read earlier from which a node is computed now. Nothing will ask for what these came from: derivatives mark their own arguments. */
function knownSources(node: Node): Node[] {
  const isRead = (n: Node) => n.outputs.every((o) => knownData(o) !== undefined);
  return topological(node.outputs, () => false, isRead).filter(
    (n) => n !== node && n.inputs.length > 0 && isRead(n) && n.depth < Number.POSITIVE_INFINITY,
  );
}

/** A graph that can be computed now is computed when it has grown this deep, so that a loop of one's own never piles it up. */
const DEEPEST = 256;
/** What only a program, a sub-graph or a derivative knows the value of. */
const OPEN = new Set(["variable", "argument", "mark"]);

/** Keeps the depth of what is unread within bounds: called for every new node outside of sub-graphs. */
export function capDepth(node: Node): void {
  let depth = OPEN.has(node.primitive.name) ? Number.POSITIVE_INFINITY : 0;
  for (const x of node.inputs) if (knownData(x) === undefined) depth = Math.max(depth, 1 + x.node.depth);
  node.depth = depth;
  if (depth >= DEEPEST && depth < Number.POSITIVE_INFINITY && evaluator !== undefined) readTensors(node.outputs);
}
