/**
 * Which statements a register or cursor lives through. A variable that is written before it is read, in the innermost block
 * that holds all its mentions, needs a local only from its first mention there to its last; any other (one that carries a
 * value around a loop, or is read unset and must be zero) needs one for the whole function.
 */
import type { LoopFunction, Statement } from "../../compiler/loops/ir.js";
import { innerBlocks, mentions, type Variable, visitNodes } from "../../compiler/loops/walk.js";

export interface Lifetimes {
  /** Variables that need a local of their own from entry to return. */
  readonly whole: readonly Variable[];
  readonly begin: ReadonlyMap<Statement, readonly Variable[]>;
  readonly end: ReadonlyMap<Statement, readonly Variable[]>;
}

interface Place {
  readonly block: readonly Statement[];
  readonly at: number;
}

interface Scope {
  /** The places of the first mention, from the outermost block inwards. */
  readonly first: readonly Place[];
  readonly written: boolean;
  /** The depth of the innermost block that holds all mentions so far, and the last of them there. */
  depth: number;
  last: number;
}

export function lifetimesOf(fn: LoopFunction): Lifetimes {
  const scopes = new Map<Variable, Scope>();
  const fixed = new Set<Variable>(fn.parameters);
  const mention = (variable: Variable, path: readonly Place[], written: boolean): void => {
    if (fixed.has(variable)) return;
    const scope = scopes.get(variable);
    if (scope === undefined) {
      scopes.set(variable, { first: path, written, depth: path.length - 1, last: path[path.length - 1].at });
      return;
    }
    let depth = 0;
    while (depth < scope.depth && path[depth + 1]?.block === scope.first[depth + 1].block) depth++;
    scope.depth = depth;
    scope.last = path[depth].at;
  };
  const walk = (block: readonly Statement[], outer: readonly Place[]): void => {
    block.forEach((s, at) => {
      const path = [...outer, { block, at }];
      const { reads, writes } = mentions(s);
      const roots = reads.filter((r) => r.kind !== "cursor");
      for (const r of reads) if (r.kind === "cursor") mention(r, path, false);
      visitNodes(roots, (x) => {
        if (x.kind === "register") mention(x, path, false);
        else if (x.kind === "load") mention(x.cursor, path, false);
      });
      for (const w of writes) mention(w, path, true);
      for (const inner of innerBlocks(s)) walk(inner, path);
    });
  };
  walk(fn.body, []);
  // The results are read at the very end.
  for (const result of fn.results) scopes.set(result, { first: [], written: false, depth: 0, last: 0 });

  const whole: Variable[] = [];
  const begin = new Map<Statement, Variable[]>();
  const end = new Map<Statement, Variable[]>();
  const note = (map: Map<Statement, Variable[]>, s: Statement, variable: Variable): void => {
    const list = map.get(s);
    if (list === undefined) map.set(s, [variable]);
    else list.push(variable);
  };
  for (const [variable, scope] of scopes) {
    if (fixed.has(variable)) continue;
    if (!scope.written || scope.first.length !== scope.depth + 1) whole.push(variable);
    else {
      const { block, at } = scope.first[scope.depth];
      note(begin, block[at], variable);
      note(end, block[scope.last], variable);
    }
  }
  return { whole, begin, end };
}
