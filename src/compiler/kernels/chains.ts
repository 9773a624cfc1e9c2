/**
 * Chains of row kernels. What one kernel stores and another reads a few rows off (the differences of an image, of which the gradient
 * needs those above and to the left) need not go through memory: both run in turns, some rows at a time. The first one computes the rows
 * around as well, for every turn anew, so that turns do not wait for each other.
 */
import { type Affine, rangeOf } from "./affine.js";
import type { Buffer, ChainKernel, ChainStage, Condition, KernelExpr, LocalRows, PlannedKernel, RowKernel } from "./kernel.js";

/** Rows around a turn, on either side, that may be computed anew. */
const MOST_AROUND = 8;
/** Smaller results stay in the nearest cache anyway. */
const LEAST_ELEMENTS = 16384;
/** Fewer rows do not make turns enough. */
const LEAST_ROWS = 32;

/** The kernels with chains in place of those that can form them. `kept`: buffers that are read after all have run. */
export function chained(kernels: readonly PlannedKernel[], kept: readonly Buffer[]): readonly PlannedKernel[] {
  for (let list = kernels; ; ) {
    const next = joinedOnce(list, kept);
    if (next === undefined) return list;
    list = next;
  }
}

function joinedOnce(list: readonly PlannedKernel[], kept: readonly Buffer[]): readonly PlannedKernel[] | undefined {
  for (const consumer of list)
    for (const producer of consumer.after) {
      // What others read must be in memory; so must what others write parts of, which the consumer would miss in rows of its own.
      const isShared = (buffer: Buffer) =>
        kept.includes(buffer) || list.some((k) => (k !== consumer && k.reads.has(buffer)) || (k !== producer && k.writes.has(buffer)));
      const kernel = isDirect(producer, consumer) ? joined(producer, consumer, isShared) : undefined;
      if (kernel !== undefined) return replaced(list, producer, consumer, kernel);
    }
  return undefined;
}

/** Whether no other kernel has to run between the two. */
function isDirect(producer: PlannedKernel, consumer: PlannedKernel): boolean {
  const seen = new Set([producer]);
  const stack = [...consumer.after].filter((k) => k !== producer);
  for (let k = stack.pop(); k !== undefined; k = stack.pop()) {
    if (k.after.has(producer)) return false;
    if (seen.has(k)) continue;
    seen.add(k);
    stack.push(...k.after);
  }
  return true;
}

/** `isShared`: whether a buffer is wanted, or written, outside of the two. */
function joined(producer: PlannedKernel, consumer: PlannedKernel, isShared: (buffer: Buffer) => boolean): ChainKernel | undefined {
  const { kernel } = producer;
  const chain = consumer.kernel.kind === "rows" ? chainOf(consumer.kernel) : consumer.kernel.kind === "chain" ? consumer.kernel : undefined;
  if (chain === undefined || kernel.kind !== "rows" || kernel.rows.length !== 1 || kernel.rows[0] < LEAST_ROWS) return undefined;
  // A row that is computed twice must not find its own result where it reads.
  if ([...producer.writes].some((b) => producer.reads.has(b) || b.source.kind !== "temporary" || b.source.zeroed)) return undefined;
  let near: Rows = { before: 0, after: 0 };
  let far: Rows = near;
  const own: [Buffer, Pick<LocalRows, "pitch" | "start">][] = [];
  for (const buffer of producer.writes) {
    const loads = chain.stages.flatMap((stage) => loadsOf(stage, buffer));
    if (loads.length === 0) continue;
    const lines = linesOf(kernel, buffer);
    if (lines === undefined || loads.some((l) => l.isDynamic || l.offset.coefficients[0] !== lines.pitch)) return undefined;
    for (const { stage, offset, ranges } of loads) {
      near = wider(near, around(stage, offset, ranges, lines));
      far = wider(far, around(stage, offset, rangesOf(stage.kernel), lines));
    }
    if (!isShared(buffer) && (buffer.dtype === "f32" || buffer.dtype === "f64")) own.push([buffer, lines]);
  }
  const elements = own.reduce((n, [b]) => n + b.size, 0);
  if (near.before + near.after === 0 || far.before > MOST_AROUND || far.after > MOST_AROUND || elements < LEAST_ELEMENTS) return undefined;
  const local = own.map(([buffer, lines]): [Buffer, LocalRows] => [buffer, { ...lines, ...far }]);
  return { kind: "chain", stages: [{ kernel, ...near }, ...chain.stages], local: new Map([...local, ...chain.local]) };
}

function chainOf(kernel: RowKernel): ChainKernel | undefined {
  return kernel.rows.length === 1 ? { kind: "chain", stages: [{ kernel, before: 0, after: 0 }], local: new Map() } : undefined;
}

interface Rows {
  readonly before: number;
  readonly after: number;
}

const wider = (a: Rows, b: Rows): Rows => ({ before: Math.max(a.before, b.before), after: Math.max(a.after, b.after) });

/** How the rows of a kernel lie in a buffer; undefined where they are no ranges one behind the other. */
function linesOf(kernel: RowKernel, buffer: Buffer): Pick<LocalRows, "pitch" | "start"> | undefined {
  const stores = kernel.passes.flatMap((p) => [...p.rowStores, ...p.stores]).filter((s) => s.storage.buffer === buffer);
  if (stores.length !== 1) return undefined;
  const [{ offset }] = stores;
  const pitch = offset.coefficients[0];
  const [least, most] = rangeOf(withoutRow(offset), [...kernel.rows, ...kernel.inner]);
  return pitch > 0 && most - least < pitch ? { pitch, start: least } : undefined;
}

const withoutRow = ({ constant, coefficients }: Affine): Affine => ({ constant, coefficients: [0, ...coefficients.slice(1)] });

/** Smallest and largest value of each variable. */
type Ranges = readonly (readonly [number, number])[];

const rangesOf = ({ rows, inner }: RowKernel): Ranges => [...rows, ...inner].map((extent) => [0, extent - 1]);

/** The rows of the producer that a stage needs for a row of its own, and for those around it. */
function around(
  stage: ChainStage,
  { constant, coefficients }: Affine,
  ranges: Ranges,
  { pitch, start }: Pick<LocalRows, "pitch" | "start">,
): Rows {
  let [least, most] = [constant - start, constant - start];
  coefficients.forEach((c, v) => {
    if (v === 0) return;
    least += Math.min(c * ranges[v][0], c * ranges[v][1]);
    most += Math.max(c * ranges[v][0], c * ranges[v][1]);
  });
  return {
    before: stage.before + Math.max(0, -Math.floor(least / pitch)),
    after: stage.after + Math.max(0, Math.floor(most / pitch)),
  };
}

interface Load {
  readonly stage: ChainStage;
  readonly offset: Affine;
  readonly isDynamic: boolean;
  readonly ranges: Ranges;
}

/** Where a stage reads a buffer, and which values its variables have where the guards around that hold. */
function loadsOf(stage: ChainStage, buffer: Buffer): Load[] {
  const found: Load[] = [];
  const seen = new Map<KernelExpr, Set<string>>();
  const visit = (e: KernelExpr, ranges: Ranges) => {
    const held = seen.get(e) ?? new Set();
    seen.set(e, held);
    const key = String(ranges);
    if (held.has(key)) return;
    held.add(key);
    if (e.kind === "operation") for (const operand of e.operands) visit(operand, ranges);
    else if (e.kind === "guard") visit(e.value, e.conditions.reduce(narrowed, ranges));
    else if (e.kind === "load") {
      if (e.buffer === buffer) found.push({ stage, offset: e.offset, isDynamic: e.dynamic.length > 0, ranges });
      for (const { row } of e.dynamic) visit(row, ranges);
    }
  };
  for (const { rowStores, reductions, stores } of stage.kernel.passes)
    for (const { expression } of [...rowStores, ...reductions, ...stores]) visit(expression, rangesOf(stage.kernel));
  return found;
}

/** What a condition on one variable leaves of its range. */
function narrowed(ranges: Ranges, { index: { constant, coefficients }, low, high }: Condition): Ranges {
  const moving = coefficients.flatMap((c, v) => (c === 0 ? [] : [v]));
  const [v] = moving;
  const step = coefficients[v];
  if (moving.length !== 1 || step < 0) return ranges;
  const [from, to] = ranges[v];
  const least = Math.max(from, Math.ceil((low - constant) / step));
  // Where nothing is left nothing is read: any range will do.
  const most = Math.max(least, Math.min(to, Math.ceil((high - constant) / step) - 1));
  return ranges.with(v, [least, most]);
}

/** The kernels with one in place of two, in an order that respects what each one reads. */
function replaced(
  list: readonly PlannedKernel[],
  producer: PlannedKernel,
  consumer: PlannedKernel,
  kernel: ChainKernel,
): readonly PlannedKernel[] {
  const both = [producer, consumer];
  const outside = (buffers: Iterable<Buffer>) => new Set([...buffers].filter((b) => !kernel.local.has(b)));
  const made = new Map<PlannedKernel, PlannedKernel>();
  const order: PlannedKernel[] = [];
  const visit = (k: PlannedKernel): PlannedKernel => {
    const known = made.get(k);
    if (known !== undefined) return known;
    const isPart = both.includes(k);
    const needs = (isPart ? both : [k]).flatMap((x) => [...x.after]).filter((x) => !isPart || !both.includes(x));
    const after = new Set(needs.map(visit));
    const result = isPart
      ? {
          kernel,
          after,
          reads: outside(both.flatMap((x) => [...x.reads])),
          writes: outside(both.flatMap((x) => [...x.writes])),
        }
      : { ...k, after };
    for (const x of isPart ? both : [k]) made.set(x, result);
    order.push(result);
    return result;
  };
  list.forEach(visit);
  return order;
}
