/**
 * Reading a lazy tensor needs a backend, which is a later room: it hands its evaluator in here when it is loaded.
 * A read materialises: the result is kept with the node, and graphs built on it start from the kept data.
 */
import type { Node } from "./primitive.js";
import type { Tensor } from "./tensor.js";
import type { HostData } from "./types.js";

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
    evaluator(missing).forEach((data, i) => {
      const { node, output } = missing[i];
      const kept = known.get(node) ?? node.outputs.map(() => undefined);
      kept[output] = data;
      known.set(node, kept);
    });
  }
  return tensors.map((t) => {
    const data = knownData(t);
    if (data === undefined) throw new Error("internal: the evaluator gave no data");
    return data;
  });
}
