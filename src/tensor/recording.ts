/** Which nodes are made while a sub-graph is traced: they belong to it. */
import type { Node } from "./primitive.js";

/** One set for each sub-graph under trace, the innermost last. */
const recordings: Set<Node>[] = [];

/** Notes a new node in all sub-graphs under trace; says whether there are any. */
export function recorded(node: Node): boolean {
  for (const made of recordings) made.add(node);
  return recordings.length > 0;
}

/** Runs `body`, and says which nodes were made meanwhile. */
export function recordNodes<T>(body: () => T): { readonly result: T; readonly nodes: ReadonlySet<Node> } {
  const nodes = new Set<Node>();
  recordings.push(nodes);
  try {
    return { result: body(), nodes };
  } finally {
    recordings.splice(recordings.indexOf(nodes), 1);
  }
}
