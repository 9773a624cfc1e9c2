/** Sub-graphs: tracing a function into one, and finding what it captured. */
import { tracingError } from "./error.js";
import type { Graph, Node } from "./primitive.js";
import { leaves } from "./primitives/leaves.js";
import { recordNodes } from "./recording.js";
import { apply, Tensor } from "./tensor.js";
import { showType, type TensorType } from "./types.js";
import { topological } from "./walk.js";

/** A value that stands for an input of a sub-graph. */
export const argument = ({ shape, dtype }: TensorType, index: number): Tensor =>
  apply(leaves.argument, { index, type: { shape, dtype } }, [])[0];

/** All inputs of a sub-graph: its arguments, then what it captured. */
export const formals = (graph: Graph): readonly Tensor[] => [...graph.arguments, ...graph.captured];

/** A sub-graph before it is known what it captures. */
export interface OpenGraph {
  readonly arguments: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** The nodes that are evaluated inside; all others are values of the graph around it. */
  readonly own: (node: Node) => boolean;
}

/**
 * Closes graphs that belong to one node: what they use from around them becomes an input. All get the same `captured`, which
 * begins with the given ones.
 */
export function closeGraphs(open: readonly OpenGraph[], captured: readonly Tensor[] = []): readonly Graph[] {
  const all = new Set(captured);
  for (const graph of open) {
    const formal = new Set([...graph.arguments, ...captured]);
    const formalNodes = new Set([...formal].map((x) => x.node));
    const use = (x: Tensor) => {
      if (!formal.has(x) && (!graph.own(x.node) || formalNodes.has(x.node))) all.add(x);
    };
    graph.outputs.forEach(use);
    for (const node of topological(graph.outputs, (n) => formalNodes.has(n) || !graph.own(n))) node.inputs.forEach(use);
  }
  return open.map((graph) => ({ arguments: graph.arguments, captured: [...all], outputs: graph.outputs }));
}

/** Runs a function on arguments of the given types. `hoist`: what does not vary with them is computed once, outside. */
export function traceGraph(
  what: string,
  types: readonly TensorType[],
  f: (args: readonly Tensor[]) => readonly Tensor[],
  hoist: boolean,
): OpenGraph {
  const args = types.map(argument);
  const { result: outputs, nodes } = recordNodes(() => f(args));
  const bad = outputs.find((x) => !(x instanceof Tensor));
  if (bad !== undefined)
    throw tracingError({ problem: `${what} must return tensors`, received: typeof bad, fix: "return tensors, or lists of tensors" });
  const own = new Set(args.map((x) => x.node));
  for (const node of topological(outputs, (n) => !nodes.has(n) && !own.has(n)))
    if (isConstant(node) || (hoist ? node.inputs.some((x) => own.has(x.node) && !isConstant(x.node)) : !isLeaf(node))) own.add(node);
  return { arguments: args, outputs, own: (node) => own.has(node) };
}

/**
 * Graphs made from other graphs, as their derivatives: `build` uses the nodes of `base` and makes new ones, and all of these are
 * evaluated inside. `captured` begins with what the base graphs captured.
 */
export function deriveGraphs(
  base: readonly Graph[],
  captured: readonly Tensor[],
  build: () => readonly Omit<OpenGraph, "own">[],
): readonly Graph[] {
  const own = new Set<Node>();
  for (const graph of base) {
    const formal = new Set(formals(graph).map((x) => x.node));
    for (const node of topological(graph.outputs, (n) => formal.has(n))) own.add(node);
  }
  const { result, nodes } = recordNodes(build);
  const inside = (node: Node) => (own.has(node) || nodes.has(node)) && !isLeaf(node);
  return closeGraphs(
    result.map((graph) => ({ ...graph, own: inside })),
    captured,
  );
}

/** Brings the results of a traced function to the types that they must have. */
export function conform(what: string, outputs: readonly Tensor[], types: readonly TensorType[]): readonly Tensor[] {
  const cast = outputs.map((x, i) => (x.weak && i < types.length ? x.cast(types[i].dtype) : x));
  if (cast.length !== types.length || cast.some((x, i) => showType(x) !== showType(types[i])))
    throw tracingError({
      problem: `${what} gives results of other types than it must`,
      expected: types.map(showType).join(", ") || "nothing",
      received: outputs.map(showType).join(", ") || "nothing",
      fix: "convert with cast, or bring to shape with reshape and broadcastTo",
    });
  return cast;
}

/** Literals, and literals repeated: they stay inside, where algebra sees them. */
const isConstant = ({ primitive, inputs }: Node): boolean =>
  primitive.name === "literal" || (primitive.name === "broadcast" && inputs[0].node.primitive.name === "literal");

/** Values that come from outside, wherever they are first mentioned. */
const isLeaf = ({ primitive }: Node): boolean =>
  primitive.name === "input" || primitive.name === "variable" || primitive.name === "argument";
