/** Plans values that buffers are to take all at once: every value is computed from the buffers as they were. */
import { sizeOf } from "../../tensor/types.js";
import { type Loop, unshaped, type Value } from "../graph/value.js";
import { constantIndex, variableIndex } from "../kernels/affine.js";
import { chained } from "../kernels/chains.js";
import type { Buffer, LoopKernel, PlannedKernel, RowKernel, Storage } from "../kernels/kernel.js";
import { COPY } from "../kernels/places.js";
import { plan } from "../kernels/plan.js";
import { orderKernels } from "./order.js";

export interface Updates {
  readonly writes: readonly { readonly buffer: Buffer; readonly value: Value }[];
  /** Values that are copied to a buffer besides. */
  readonly records: readonly { readonly buffer: Buffer; readonly value: Value }[];
  /** Values that are only to lie somewhere, from before the writes. */
  readonly results: readonly Value[];
}

export interface PlannedUpdates {
  /** In order. */
  readonly kernels: readonly PlannedKernel[];
  /** Temporaries that lie on the buffers they are the new values of. */
  readonly inPlace: ReadonlyMap<Buffer, Buffer>;
  /** New values that trade places with the buffers they are for, from step to step: others still read the old ones meanwhile. */
  readonly swapped: ReadonlyMap<Buffer, Buffer>;
  readonly results: readonly Storage[];
}

/** @param maySwap whether the steps are counted by the driver, so that buffers can trade places */
export function planUpdates({ writes, records, results }: Updates, leaf: (value: Value) => Storage, maySwap = false): PlannedUpdates {
  // What takes the value of a leaf, or of another write, needs a value of its own to be computed before anything is overwritten.
  const seen = new Set<Value>();
  const own = ({ value: shaped }: { readonly value: Value }, i: number) => {
    const value = unshaped(shaped);
    const fresh = value.leaf === undefined && !seen.has(value);
    seen.add(value);
    return fresh ? value : copyOf(value, i);
  };
  const roots = [
    ...writes.map(own),
    ...records.map((r) => unshaped(r.value)),
    ...results.map((r, i) => (r.leaf === undefined ? r : copyOf(r, writes.length + i))),
  ];
  const loops: LoopKernel[] = [];
  const planned = plan(roots, {
    leaf,
    loop: (loop, carries, captured) => {
      const kernel = planLoop(loop, carries, captured, leaf);
      loops.push(kernel);
      return kernel;
    },
  });
  const kernels = chained(
    planned.kernels,
    planned.roots.map((r) => r.buffer),
  );
  const written = writes.map(({ buffer }, i) => ({ variable: buffer, result: planned.roots[i] }));
  const simple = written.filter((w) => w.result.offset === 0 && w.result.buffer.size === w.variable.size);
  const copies = records.map(({ buffer, value }, i) => copyKernel(planned.roots[writes.length + i], buffer, sizeOf(value.shape), kernels));
  const ordered = orderKernels(
    [...kernels, ...copies],
    simple.map((w) => ({ variable: w.variable, result: w.result.buffer })),
  );
  const waiting = written.filter((w) => !simple.includes(w) || ordered.inPlace.get(w.result.buffer) !== w.variable);
  const swapped = new Map(
    waiting
      .filter((w) => maySwap && simple.includes(w) && w.result.buffer.source.kind === "temporary" && !w.result.buffer.source.zeroed)
      .map((w) => [w.result.buffer, w.variable]),
  );
  const moved = waiting.filter((w) => swapped.get(w.result.buffer) !== w.variable);
  return {
    kernels: [...ordered.kernels, ...moved.map((w) => copyKernel(w.result, w.variable, w.variable.size, []))],
    inPlace: new Map([...ordered.inPlace, ...loops.flatMap((l) => [...l.inPlace])]),
    swapped,
    results: planned.roots.slice(writes.length + records.length),
  };
}

function planLoop(loop: Loop, carries: readonly Buffer[], captured: readonly Storage[], around: (value: Value) => Storage): LoopKernel {
  const places = new Map<Value, Storage>();
  loop.carries.forEach((value, i) => places.set(value, { buffer: carries[i], offset: 0 }));
  loop.captured.forEach((value, i) => places.set(value, captured[i]));
  const leaf = (value: Value) => places.get(value) ?? around(value);
  const condition = planUpdates({ writes: [], records: [], results: [loop.condition] }, leaf);
  const body = planUpdates({ writes: loop.body.map((value, i) => ({ buffer: carries[i], value })), records: [], results: [] }, leaf);
  return {
    kind: "loop",
    condition: condition.kernels,
    flag: condition.results[0],
    body: body.kernels,
    carries,
    inPlace: new Map([...condition.inPlace, ...body.inPlace]),
  };
}

function copyOf(value: Value, i: number): Value {
  return { id: -1e6 - i, primitive: COPY, attributes: {}, inputs: [value], output: 0, shape: value.shape, dtype: value.dtype };
}

function copyKernel(from: Storage, to: Buffer, size: number, kernels: readonly PlannedKernel[]): PlannedKernel {
  const BLOCK = 1024;
  const flat = size > BLOCK;
  const index = flat ? { constant: 0, coefficients: [BLOCK, 1] } : size === 1 ? constantIndex(0, 1) : variableIndex(0, 1);
  const expression = {
    kind: "load",
    dtype: to.dtype,
    buffer: from.buffer,
    offset: { ...index, constant: from.offset },
    dynamic: [],
  } as const;
  const value = copyOf({ id: -1, primitive: COPY, attributes: {}, inputs: [], output: 0, shape: [size], dtype: to.dtype }, 0);
  const stores = [{ value, storage: { buffer: to, offset: 0 }, offset: index, expression }];
  const kernel: RowKernel = {
    kind: "rows",
    rows: flat ? [Math.ceil(size / BLOCK)] : [],
    inner: [flat ? BLOCK : size],
    passes: [{ rowStores: [], reductions: [], stores }],
    ...(flat && size % BLOCK !== 0 ? { tail: size % BLOCK } : {}),
  };
  return { kernel, reads: new Set([from.buffer]), writes: new Set([to]), after: new Set(kernels.filter((k) => k.writes.has(from.buffer))) };
}
