/** From drafts to kernels: final expressions, only the stores that someone reads, passes in order, loops merged where that is possible. */
import type { Value } from "../graph/value.js";
import { type Affine, addIndex, constantIndex, linearize, scaleIndex, shiftIndex } from "./affine.js";
import { ExpressionBuilder, type Source } from "./build.js";
import { collapseColumns, collapseRows } from "./collapse.js";
import { BLOCK, type Draft, type Member } from "./draft.js";
import type { Buffer, Kernel, KernelExpr, Pass, PlannedKernel, ReduceOp, Reduction, Storage, Store, View } from "./kernel.js";
import { expressionsIn } from "./walk.js";

/** Where a stored value goes; `strides` where its elements do not lie next to each other. */
export interface Placement {
  readonly draft: Draft;
  readonly storage: Storage;
  readonly strides?: readonly number[];
  readonly base?: number;
}

export interface Drafted {
  readonly drafts: readonly Draft[];
  source(draft: Draft, onLoad: (buffer: Buffer, writers: readonly Draft[]) => void): Source;
  readonly placed: ReadonlyMap<Value, Placement>;
  operands(draft: Draft): readonly View[];
  /** Buffers that are read after the program has run. */
  readonly kept: readonly Buffer[];
}

/** Kernels in an order that respects what each one reads. */
export function finishDrafts(drafted: Drafted): PlannedKernel[] {
  const used = new Set(drafted.kept);
  const finished: { readonly draft: Draft; readonly kernel: Kernel; readonly reads: Set<Buffer>; readonly needs: Set<Draft> }[] = [];
  for (const draft of ordered(drafted.drafts).reverse()) {
    const reads = new Set<Buffer>();
    const needs = new Set<Draft>();
    const kernel = finish(draft, drafted, used, reads, needs);
    if (kernel === undefined) continue;
    for (const buffer of reads) used.add(buffer);
    finished.push({ draft, kernel, reads, needs });
  }
  const kernels = new Map<Draft, PlannedKernel>();
  for (const { draft, kernel, reads, needs } of finished.reverse()) {
    const after = new Set<PlannedKernel>();
    for (const need of needs) {
      const other = kernels.get(need);
      if (other !== undefined) after.add(other);
    }
    kernels.set(draft, { kernel, reads, writes: writesOf(kernel), after });
  }
  return [...kernels.values()];
}

function ordered(drafts: readonly Draft[]): Draft[] {
  const done = new Set<Draft>();
  const order: Draft[] = [];
  const visit = (draft: Draft) => {
    if (done.has(draft)) return;
    done.add(draft);
    for (const need of draft.needs) visit(need);
    order.push(draft);
  };
  for (const draft of drafts) visit(draft);
  return order;
}

function finish(draft: Draft, drafted: Drafted, used: ReadonlySet<Buffer>, reads: Set<Buffer>, needs: Set<Draft>): Kernel | undefined {
  if (draft.loop !== undefined) {
    const { loop } = draft;
    if (!loop.carries.some((carry) => used.has(carry))) return undefined;
    for (const carry of loop.carries) reads.add(carry);
    for (const inner of [...loop.condition, ...loop.body]) for (const buffer of inner.reads) reads.add(buffer);
    for (const need of draft.needs) needs.add(need);
    return loop;
  }
  const loops = draft.loops;
  const placementOf = (value: Value): Placement => {
    const placement = drafted.placed.get(value);
    if (placement === undefined) throw new Error(`internal: ${value.primitive.name} was never placed`);
    return placement;
  };
  const builder = new ExpressionBuilder(
    drafted.source(draft, (buffer, writers) => {
      reads.add(buffer);
      for (const writer of writers) needs.add(writer);
    }),
  );
  const build = (value: Value, role: Member["role"]): KernelExpr => {
    const of = role === "reduce" ? value.inputs[0] : value;
    const position = role === "row" ? draft.rowPositionOf(of.shape) : draft.positionOf(of.shape);
    if (position === undefined) throw new Error("internal: a member without a position");
    return builder.build(of, position, role !== "reduce");
  };
  const store = (value: Value, role: Member["role"], expression: KernelExpr): Store => {
    const { storage, strides, base } = placementOf(value);
    const position = role === "map" || role === "template" ? draft.positionOf(value.shape) : (draft.rowPositionOf(value.shape) ?? []);
    if (position === undefined) throw new Error("internal: a member without a position");
    const offset =
      strides === undefined
        ? linearize(position, loops.length)
        : position.reduce<Affine>(
            (sum, group, axis) => addIndex(sum, scaleIndex(group.linear, strides[axis])),
            constantIndex(0, loops.length),
          );
    return { value, storage, offset: shiftIndex(offset, storage.offset + (base ?? 0)), expression };
  };
  const isUsed = (value: Value) => used.has(placementOf(value).storage.buffer);

  // Walk backwards: a member is needed when its buffer is used, or when a needed one refers to its result.
  const referred = new Set<Value>();
  const needed: { member: Member; expression: KernelExpr; stored: boolean }[] = [];
  for (const member of [...draft.members].reverse()) {
    const stored = isUsed(member.value);
    if (!stored && !referred.has(member.value) && member.role !== "template") continue;
    const expression: KernelExpr =
      member.role === "template" || member.role === "side"
        ? { kind: "stage", dtype: member.value.dtype, value: member.value }
        : build(member.value, member.role);
    if (member.role !== "side") for (const value of stagesIn(expression)) referred.add(value);
    needed.unshift({ member, expression, stored });
  }
  if (needed.every((n) => n.member.role === "template" && !n.stored) && referred.size === 0) return undefined;

  if (draft.domain.kind === "matrix") {
    const template = needed[0].member.value;
    const operands = drafted.operands(draft);
    for (const view of operands) reads.add(view.storage.buffer);
    for (const need of draft.needs) needs.add(need);
    const side = needed.find((n) => n.member.role === "side");
    const stores = needed
      .filter((n) => n.stored && n !== side)
      .map((n) => store(n.member.value, n.member.role === "template" ? "template" : "map", n.expression));
    const results = needed.filter((n) => n.member.role === "template").map((n) => n.member.value);
    return {
      kind: "template",
      value: template,
      results,
      operands,
      rows: draft.domain.rows,
      columns: draft.domain.columns,
      stores,
      ...(side ? { sideSum: placementOf(side.member.value).storage } : {}),
    };
  }
  if (draft.columns) {
    const [{ member, expression }] = needed;
    const split = draft.domain.kind === "axes" ? (draft.domain.split ?? 0) : 0;
    return collapseColumns({
      kind: "columns",
      reduced: loops.slice(0, split),
      kept: loops.slice(split),
      reduction: reduction(member.value, expression),
      storage: placementOf(member.value).storage,
    });
  }
  const split = draft.domain.kind === "axes" ? (draft.domain.split ?? loops.length) : 1;
  const passes = passesOf(needed, store);
  const flat = draft.domain.kind === "flat" ? draft.domain : undefined;
  const hasReduction = passes.some((p) => p.reductions.length > 0);
  return collapseRows({
    kind: "rows",
    rows: loops.slice(0, split),
    inner: loops.slice(split),
    passes:
      hasReduction || split < loops.length
        ? passes
        : passes.map((p) => ({ rowStores: [], reductions: [], stores: [...p.rowStores, ...p.stores] })),
    ...(flat && flat.size % BLOCK !== 0 ? { tail: flat.size % BLOCK } : {}),
  });
}

function passesOf(
  needed: readonly { readonly member: Member; readonly expression: KernelExpr; readonly stored: boolean }[],
  store: (value: Value, role: Member["role"], expression: KernelExpr) => Store,
): Pass[] {
  const levels = new Map<Value, number>();
  const passes: { rowStores: Store[]; reductions: Reduction[]; stores: Store[] }[] = [];
  const pass = (level: number) => {
    while (passes.length <= level) passes.push({ rowStores: [], reductions: [], stores: [] });
    return passes[level];
  };
  for (const { member, expression, stored } of needed) {
    const level = [...stagesIn(expression)].reduce((top, value) => Math.max(top, 1 + (levels.get(value) ?? 0)), 0);
    const { value, role } = member;
    if (role === "reduce") {
      levels.set(value, level);
      pass(level).reductions.push(reduction(value, expression));
      if (stored) pass(level + 1).rowStores.push(store(value, "row", { kind: "stage", dtype: value.dtype, value }));
    } else if (role === "row") pass(level).rowStores.push(store(value, role, expression));
    else pass(level).stores.push(store(value, role, expression));
  }
  return passes;
}

const OPERATIONS: Readonly<Record<string, ReduceOp>> = {
  sum: "sum",
  blockSum: "sum",
  reduceMax: "max",
  blockMax: "max",
  reduceMin: "min",
  blockMin: "min",
  argmax: "argmax",
};

function reduction(value: Value, expression: KernelExpr): Reduction {
  return { op: OPERATIONS[value.primitive.name], value, dtype: expression.dtype, expression };
}

function stagesIn(expression: KernelExpr): Set<Value> {
  return new Set([...expressionsIn([expression])].flatMap((e) => (e.kind === "stage" ? [e.value] : [])));
}

function writesOf(kernel: Kernel): Set<Buffer> {
  switch (kernel.kind) {
    case "columns":
      return new Set([kernel.storage.buffer]);
    case "loop":
      return new Set(kernel.carries);
    case "chain":
      return new Set(kernel.stages.flatMap((stage) => [...writesOf(stage.kernel)]));
    case "template":
      return new Set([...kernel.stores.map((s) => s.storage.buffer), ...(kernel.sideSum ? [kernel.sideSum.buffer] : [])]);
    case "rows":
      return new Set(kernel.passes.flatMap((p) => [...p.rowStores, ...p.stores]).map((s) => s.storage.buffer));
  }
}
