/** The order of kernels, and which results may overwrite the variables they are for. */
import type { Affine } from "../kernels/affine.js";
import type { Buffer, KernelExpr, PlannedKernel, RowKernel, Store } from "../kernels/kernel.js";
import { expressionsIn } from "../kernels/walk.js";

/** A variable that gets a new value: the buffer it lies in, and the buffer its new value is computed into. */
export interface Write {
  readonly variable: Buffer;
  readonly result: Buffer;
}

export interface Ordered {
  readonly kernels: readonly PlannedKernel[];
  /** Results that may lie on their variables: whoever else reads the variable runs before. */
  readonly inPlace: ReadonlyMap<Buffer, Buffer>;
  /** Results that have to be copied to their variables at the end. */
  readonly copied: readonly Write[];
}

export function orderKernels(kernels: readonly PlannedKernel[], writes: readonly Write[]): Ordered {
  const results = new Set(writes.map((w) => w.result));
  const order = lateWriters(kernels, results);
  const inPlace = new Map<Buffer, Buffer>();
  const copied: Write[] = [];
  for (const write of writes) {
    if (!inPlace.has(write.result) && mayOverwrite(write, order)) inPlace.set(write.result, write.variable);
    else copied.push(write);
  }
  return { kernels: order, inPlace, copied };
}

/** A stable order in which kernels that give variables their new values run as late as they can. */
function lateWriters(kernels: readonly PlannedKernel[], results: ReadonlySet<Buffer>): PlannedKernel[] {
  const waiting = new Map<PlannedKernel, number>();
  const readers = new Map<PlannedKernel, PlannedKernel[]>();
  const place = new Map(kernels.map((kernel, i) => [kernel, i]));
  for (const kernel of kernels) {
    waiting.set(kernel, kernel.after.size);
    for (const other of kernel.after) readers.set(other, [...(readers.get(other) ?? []), kernel]);
  }
  const rank = (kernel: PlannedKernel) => (place.get(kernel) ?? 0) + ([...kernel.writes].some((b) => results.has(b)) ? kernels.length : 0);
  const open = kernels.filter((k) => k.after.size === 0).map((kernel) => ({ kernel, rank: rank(kernel) }));
  const order: PlannedKernel[] = [];
  while (open.length > 0) {
    const first = open.reduce((best, o, i) => (o.rank < open[best].rank ? i : best), 0);
    const [{ kernel }] = open.splice(first, 1);
    order.push(kernel);
    for (const reader of readers.get(kernel) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) open.push({ kernel: reader, rank: rank(reader) });
    }
  }
  if (order.length < kernels.length) throw new Error("internal: kernels wait for each other");
  return order;
}

function mayOverwrite({ variable, result }: Write, order: readonly PlannedKernel[]): boolean {
  if (result.source.kind !== "temporary" || result.source.zeroed || result.size !== variable.size) return false;
  const writers = order.filter((k) => k.writes.has(result));
  if (writers.length !== 1) return false;
  const [writer] = writers;
  const at = order.indexOf(writer);
  if (order.some((k, i) => k !== writer && i > at && k.reads.has(variable))) return false;
  return !writer.reads.has(variable) || readsOwnPlace(writer, variable, result);
}

/** Whether a kernel reads the variable only where, and no later than, it writes the result. */
function readsOwnPlace({ kernel }: PlannedKernel, variable: Buffer, result: Buffer): boolean {
  if (kernel.kind === "columns" || kernel.kind === "loop") return false;
  if (kernel.kind === "chain") {
    // Rows that are computed anew for the next turn, and all other stages, want to find the variable as it was.
    const { kernel: last } = kernel.stages[kernel.stages.length - 1];
    const isElsewhere = kernel.stages.some((s) => s.kernel !== last && touches(s.kernel, [variable, result]));
    return !isElsewhere && rowsReadOwnPlace(last, variable, result);
  }
  if (kernel.kind === "template") {
    if (kernel.operands.some((o) => o.storage.buffer === variable)) return false;
    return kernel.stores.every((s) =>
      loadsOf(s.expression, variable).every((l) => kernel.stores.some((w) => w.storage.buffer === result && sameIndex(w.offset, l))),
    );
  }
  return rowsReadOwnPlace(kernel, variable, result);
}

function touches(kernel: RowKernel, buffers: readonly Buffer[]): boolean {
  return kernel.passes.some((pass) =>
    [...pass.rowStores, ...pass.stores, ...pass.reductions].some(
      (x) => buffers.some((b) => loadsOf(x.expression, b).length > 0) || ("storage" in x && buffers.includes(x.storage.buffer)),
    ),
  );
}

function rowsReadOwnPlace(kernel: RowKernel, variable: Buffer, result: Buffer): boolean {
  let written: Store | undefined;
  for (const pass of kernel.passes) {
    const loads = [...pass.rowStores, ...pass.stores, ...pass.reductions].flatMap((x) => loadsOf(x.expression, variable));
    if (written !== undefined && loads.length > 0) return false;
    const store = [...pass.rowStores, ...pass.stores].find((s) => s.storage.buffer === result);
    written ??= store;
    if (loads.some((l) => store !== undefined && !sameIndex(store.offset, l))) return false;
    // An earlier pass over other rows may run after this row is written, on another thread.
    if (store === undefined && loads.length > 0 && kernel.rows.length > 0) {
      const last = kernel.passes.flatMap((p) => [...p.rowStores, ...p.stores]).find((s) => s.storage.buffer === result);
      if (last === undefined || loads.some((l) => !sameIndex(last.offset, l))) return false;
    }
  }
  return true;
}

const NOWHERE: Affine = { constant: Number.NaN, coefficients: [] };

function loadsOf(e: KernelExpr, buffer: Buffer): Affine[] {
  return [...expressionsIn([e])].flatMap((x) =>
    x.kind === "load" && x.buffer === buffer ? [x.dynamic.length === 0 ? x.offset : NOWHERE] : [],
  );
}

function sameIndex(a: Affine, b: Affine): boolean {
  return (
    a.constant === b.constant && a.coefficients.length === b.coefficients.length && a.coefficients.every((c, v) => c === b.coefficients[v])
  );
}
