/** Merges loops that run over memory as one: fewer, longer loops with the same work. */
import type { Affine } from "./affine.js";
import { BLOCK } from "./draft.js";
import type { ColumnKernel, Pass, RowKernel } from "./kernel.js";
import { Rewriter } from "./rewrite.js";
import { expressionsIn } from "./walk.js";

/** The same kernel with neighbouring axes joined where every index allows it. A kernel without reductions gets its last axis as inner loop. */
export function collapseRows(kernel: RowKernel): RowKernel {
  if (kernel.tail !== undefined) return kernel;
  const reduces = kernel.passes.some((p) => p.reductions.length + p.rowStores.length > 0);
  const loops = [...kernel.rows, ...kernel.inner];
  const boundary = reduces ? kernel.rows.length : -1;
  const groups = joinAxes(loops, boundary, indicesOf(kernel.passes));
  const extents = groups.map((g) => g.reduce((n, v) => n * loops[v], 1));
  let split = reduces ? groups.filter((g) => g[0] < boundary).length : Math.max(0, groups.length - 1);
  let rewrite = (a: Affine): Affine => ({ constant: a.constant, coefficients: groups.map((g) => a.coefficients[g[g.length - 1]]) });
  let tail: number | undefined;
  // One long range of memory is cut into rows, so that threads can share it.
  if (!reduces && extents.length === 1 && extents[0] > BLOCK) {
    const [size] = extents;
    const whole = rewrite;
    rewrite = (a) => {
      const [c] = whole(a).coefficients;
      return { constant: a.constant, coefficients: [c * BLOCK, c] };
    };
    extents.splice(0, 1, Math.ceil(size / BLOCK), BLOCK);
    split = 1;
    tail = size % BLOCK === 0 ? undefined : size % BLOCK;
  }
  const rewriter = new Rewriter({ index: rewrite });
  const passes = kernel.passes.map((p) => rewriter.pass(p));
  return { kind: "rows", rows: extents.slice(0, split), inner: extents.slice(split), passes, ...(tail === undefined ? {} : { tail }) };
}

/** The same for a kernel that folds columns. */
export function collapseColumns(kernel: ColumnKernel): ColumnKernel {
  const boundary = kernel.reduced.length;
  const loops = [...kernel.reduced, ...kernel.kept];
  const pass: Pass = { rowStores: [], reductions: [kernel.reduction], stores: [] };
  const groups = joinAxes(loops, boundary, indicesOf([pass]));
  const extents = groups.map((g) => g.reduce((n, v) => n * loops[v], 1));
  const split = groups.filter((g) => g[0] < boundary).length;
  const rewriter = new Rewriter({
    index: (a) => ({ constant: a.constant, coefficients: groups.map((g) => a.coefficients[g[g.length - 1]]) }),
  });
  return { ...kernel, reduced: extents.slice(0, split), kept: extents.slice(split), reduction: rewriter.reduction(kernel.reduction) };
}

/** groups[i]: the old variables that form new variable i. Neighbours join when no index tells them apart; axes of extent 1 go. */
function joinAxes(loops: readonly number[], boundary: number, indices: readonly Affine[]): number[][] {
  const groups: number[][] = [];
  loops.forEach((extent, v) => {
    if (extent === 1) return;
    const previous = groups[groups.length - 1];
    const last = previous?.[previous.length - 1];
    const sameSide = last !== undefined && !(last < boundary && v >= boundary);
    if (sameSide && indices.every((a) => a.coefficients[last] === a.coefficients[v] * extent)) previous.push(v);
    else groups.push([v]);
  });
  return groups;
}

function indicesOf(passes: readonly Pass[]): Affine[] {
  const stores = passes.flatMap((pass) => [...pass.rowStores, ...pass.stores]);
  const roots = [...stores, ...passes.flatMap((pass) => pass.reductions)].map(({ expression }) => expression);
  const read = [...expressionsIn(roots)].flatMap((e) => {
    if (e.kind === "load") return [e.offset];
    if (e.kind === "index") return [e.index];
    return e.kind === "guard" ? e.conditions.map((c) => c.index) : [];
  });
  return [...stores.map((s) => s.offset), ...read];
}
