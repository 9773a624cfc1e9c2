/** From an entry point to a schedule: phases in order, each with its arguments at fixed places in memory. */
import type { Variable } from "../tensor/primitives/leaves.js";
import { bytesPerElement, type DType, type HostData, sizeOf, type TensorType } from "../tensor/types.js";
import { type NormalForm, normalize } from "./graph/normalize.js";
import type { Value } from "./graph/value.js";
import type { Buffer, Kernel, PlannedKernel, Storage } from "./kernels/kernel.js";
import type { LoopFunction } from "./loops/ir.js";
import { type BoundPhase, KernelLowering } from "./lower/kernels.js";
import { isSmall, lowerScalars } from "./lower/scalars.js";
import type { EntryPoint } from "./program.js";
import { barriersOf, type FlatLoop, type ScheduledLoop } from "./schedule/barriers.js";
import { LeafBuffers } from "./schedule/leaves.js";
import { aligned, layOut } from "./schedule/memory.js";
import { type Swap, Swaps } from "./schedule/swaps.js";
import { type PlannedUpdates, planUpdates } from "./schedule/updates.js";
import type { ScratchBuffer } from "./templates/template.js";

/** A byte address, relative to one of the regions that the program's memory is made of. */
export type Place =
  | { readonly region: "variable" /** its number in the program */; readonly variable: number; readonly offset: number }
  /** Host data that the graph reads; laid into memory once. */
  | { readonly region: "input"; readonly position: number; readonly offset: number }
  /** A variable that trades places with a buffer of the entry's own: read from one and `written` to the other, by turns. */
  | { readonly region: "swapped"; readonly variable: number; readonly other: number; readonly written: boolean; readonly offset: number }
  /** Zeroed once, written by no one else. */
  | { readonly region: "zeroed"; readonly offset: number }
  | { readonly region: "arena"; readonly offset: number }
  /** Scratch of which each thread has its own copy. */
  | { readonly region: "thread"; readonly offset: number }
  /** Row `step` of the record that `run` gives. */
  | { readonly region: "trace"; readonly trace: number };

export interface ScheduledPhase {
  readonly name: string;
  readonly function: LoopFunction;
  readonly blocks: number;
  /** Worth the price of sharing it among threads. */
  readonly parallel: boolean;
  /** Whether all that ran before must have finished. */
  readonly barrier: boolean;
  /** For every parameter behind `begin` and `end`. */
  readonly places: readonly Place[];
  readonly flops: number;
  readonly bytes: number;
}

export interface CompiledTrace {
  readonly name: string;
  readonly type: TensorType;
}

export interface CompiledEntry {
  readonly name: string;
  readonly inputs: readonly { readonly data: HostData; readonly type: TensorType }[];
  readonly traces: readonly CompiledTrace[];
  readonly zeroedBytes: number;
  readonly arenaBytes: number;
  readonly threadBytes: number;
  /** Of the buffers that variables trade places with. */
  readonly otherBytes: number;
  /** One function with the loop over steps inside, or phases that are run at every step. */
  readonly body:
    | { readonly kind: "scalar"; readonly function: LoopFunction; readonly places: readonly Place[] }
    | {
        readonly kind: "phases";
        readonly phases: readonly ScheduledPhase[];
        readonly loops: readonly ScheduledLoop[];
        readonly stop: Place | undefined;
        /** Variables that lie elsewhere after an odd number of steps. */
        readonly swaps: readonly Swap[];
      };
  /** Equal for entries that differ only in the data of their inputs. */
  readonly key: string;
}

/** Work below this (nanoseconds, roughly, of one thread) is not worth a barrier more. */
const WORTH_SHARING = 8000;

export function compileEntry(entry: EntryPoint, variables: readonly Variable[]): CompiledEntry {
  const { writes, traces, stop } = entry;
  const { form, values } = normalEntry(entry, variables);
  const common = {
    name: entry.name,
    inputs: form.inputs,
    traces: traces.map((t) => ({ name: t.name, type: { shape: t.value.shape, dtype: t.value.dtype } })),
    key: `${entry.name}\n${writes.map((w) => variables.indexOf(w.variable)).join(" ")}\n${traces.length} ${stop !== undefined}\n${form.key}`,
  };
  return { ...common, ...bodyOf(common.key, values, variables) };
}

function normalEntry(
  { writes, traces, stop }: EntryPoint,
  variables: readonly Variable[],
): { readonly form: NormalForm; readonly values: EntryValues } {
  const form = normalize([...writes.map((w) => w.value), ...traces.map((t) => t.value), ...(stop ? [stop] : [])], variables);
  const values = {
    writes: writes.map(({ variable }, i) => ({ variable, value: form.roots[i] })),
    traces: traces.map((_, i) => form.roots[writes.length + i]),
    stop: stop && form.roots[form.roots.length - 1],
  };
  return { form, values };
}

/** The upper levels alone, for printing: values in normal form, and kernels where the entry is not computed in registers. */
export function planEntry(
  entry: EntryPoint,
  variables: readonly Variable[],
): { readonly roots: readonly Value[]; readonly kernels: readonly Kernel[] | undefined } {
  const { form, values } = normalEntry(entry, variables);
  const leaves = new LeafBuffers(variables);
  return { roots: form.roots, kernels: isSmall(values) ? undefined : updatesOf(values, leaves).kernels.map((k) => k.kernel) };
}

type CompiledBody = Pick<CompiledEntry, "zeroedBytes" | "arenaBytes" | "threadBytes" | "otherBytes" | "body">;

/** Bodies that were compiled before, by their normal form: the same computation on other data is compiled once. */
const compiled = new Map<string, CompiledBody>();
const MOST_COMPILED = 256;

function bodyOf(key: string, values: EntryValues, variables: readonly Variable[]): CompiledBody {
  const types = variables.map((v) => `${v.type.dtype}[${v.type.shape}]`).join(" ");
  const held = compiled.get(`${types}\n${key}`);
  if (held !== undefined) return held;
  const body = compileBody(values, variables);
  const [oldest] = compiled.keys();
  if (compiled.size >= MOST_COMPILED && oldest !== undefined) compiled.delete(oldest);
  compiled.set(`${types}\n${key}`, body);
  return body;
}

function compileBody(values: EntryValues, variables: readonly Variable[]): CompiledBody {
  const buffers = new LeafBuffers(variables);
  if (isSmall(values)) {
    const program = lowerScalars(
      values,
      "steps",
      (v) => buffers.of(v),
      (v) => buffers.ofVariable(v),
    );
    const places = program.function.parameters.flatMap((p): Place[] => {
      if (p.kind !== "cursor") return [];
      const trace = program.traces.indexOf(p);
      return [trace >= 0 ? { region: "trace", trace } : buffers.place(found(program.buffers, p))];
    });
    return { zeroedBytes: 0, arenaBytes: 0, threadBytes: 0, otherBytes: 0, body: { kind: "scalar", function: program.function, places } };
  }
  return schedulePhases(values, buffers);
}

function found<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error("internal: a cursor without a buffer");
  return value;
}

interface EntryValues {
  readonly writes: readonly { readonly variable: Variable; readonly value: Value }[];
  readonly traces: readonly Value[];
  readonly stop: Value | undefined;
}

function updatesOf({ writes, traces, stop }: EntryValues, leaves: LeafBuffers): PlannedUpdates {
  return planUpdates(
    {
      writes: writes.map(({ variable, value }) => ({ buffer: leaves.ofVariable(variable), value })),
      records: traces.map((value, i) => ({ buffer: traceBuffer(value, i), value })),
      results: stop ? [stop] : [],
    },
    (v) => ({ buffer: leaves.of(v), offset: 0 }),
    true,
  );
}

function schedulePhases(values: EntryValues, leaves: LeafBuffers): CompiledBody {
  const { kernels, inPlace, swapped, results } = updatesOf(values, leaves);
  const { phases, loops } = flatten(kernels);
  const resolve = (buffer: Buffer): Buffer => inPlace.get(buffer) ?? buffer;
  const [flag] = results;
  const memory = assignMemory(
    phases.map((p) => p.phase),
    loops,
    resolve,
    flag?.buffer,
    swapped,
  );
  const swaps = new Swaps(swapped, (variable) => leaves.place(variable));
  const placeOf = (buffer: Buffer): Place => {
    const target = resolve(buffer);
    const swap = swaps.placeOf(target);
    if (swap !== undefined) return swap;
    if (target.source.kind === "leaf") return leaves.place(target);
    if (target.source.kind === "trace") return { region: "trace", trace: target.source.trace };
    return memory.place(target);
  };
  const storagePlace = ({ buffer, offset }: Storage) => withOffset(placeOf(buffer), offset * bytesPerElement[buffer.dtype]);
  const touched = phases.map(({ phase, kernel }) => [
    ...[...phase.memory.values()].map(({ buffer }) => ({
      place: placeOf(buffer),
      bytes: buffer.size * bytesPerElement[buffer.dtype],
      written: !kernel.reads.has(buffer) || kernel.writes.has(buffer),
    })),
    ...[...phase.scratch.values()]
      .filter((s) => !s.perThread)
      .map((s) => ({ place: memory.place(s), bytes: s.size * bytesPerElement[s.dtype], written: true })),
  ]);
  const worth = phases.map(({ phase }) => phase.blocks > 1 && Math.max(phase.flops / 30, phase.bytes / 10) > WORTH_SHARING);
  const { parallel, barriers, scheduled } = barriersOf(touched, worth, loops, storagePlace);
  return {
    zeroedBytes: memory.zeroedBytes,
    arenaBytes: memory.arenaBytes,
    threadBytes: memory.threadBytes,
    otherBytes: swaps.bytes,
    body: {
      kind: "phases",
      phases: phases.map(({ phase }, i): ScheduledPhase => {
        const places = phase.function.parameters.flatMap((p): Place[] => {
          if (p.kind !== "cursor") return [];
          const scratch = phase.scratch.get(p);
          return [scratch ? memory.place(scratch) : storagePlace(found(phase.memory, p))];
        });
        return {
          name: phase.name,
          function: phase.function,
          blocks: phase.blocks,
          parallel: parallel[i],
          barrier: barriers[i],
          places,
          flops: phase.flops,
          bytes: phase.bytes,
        };
      }),
      loops: scheduled,
      stop: flag && storagePlace(flag),
      swaps: swaps.list,
    },
  };
}

/** All phases one after the other, and which of them are repeated. */
function flatten(kernels: readonly PlannedKernel[]): {
  readonly phases: { readonly phase: BoundPhase; readonly kernel: PlannedKernel }[];
  readonly loops: readonly FlatLoop[];
} {
  const lowering = new KernelLowering();
  const phases: { readonly phase: BoundPhase; readonly kernel: PlannedKernel }[] = [];
  const enter = (list: readonly PlannedKernel[]): FlatLoop[] =>
    list.flatMap((kernel) => {
      if (kernel.kernel.kind !== "loop") {
        for (const phase of lowering.lower(kernel.kernel, phases.length)) phases.push({ phase, kernel });
        return [];
      }
      const start = phases.length;
      const condition = enter(kernel.kernel.condition);
      const test = phases.length;
      const body = enter(kernel.kernel.body);
      return [{ start, test, end: phases.length, flag: kernel.kernel.flag, condition, body }];
    });
  const loops = enter(kernels);
  return { phases, loops };
}

function withOffset(place: Place, bytes: number): Place {
  return place.region === "trace" ? place : { ...place, offset: place.offset + bytes };
}

const traceBuffer = (value: Value, trace: number): Buffer => ({
  name: `trace${trace}`,
  dtype: value.dtype,
  size: sizeOf(value.shape),
  source: { kind: "trace", trace },
});

type Owner = Buffer | ScratchBuffer;

function assignMemory(
  phases: readonly BoundPhase[],
  loops: readonly FlatLoop[],
  resolve: (buffer: Buffer) => Buffer,
  kept: Buffer | undefined,
  elsewhere: ReadonlyMap<Buffer, Buffer>,
) {
  const lives = new Map<Owner, { first: number; last: number; bytes: number }>();
  const zeroed = new Map<Owner, number>();
  const perThread = new Map<Owner, { first: number; last: number; bytes: number }>();
  let zeroedBytes = 0;
  const live = (map: Map<Owner, { first: number; last: number; bytes: number }>, owner: Owner, dtype: DType, size: number, at: number) => {
    const held = map.get(owner);
    if (held === undefined) map.set(owner, { first: at, last: at, bytes: size * bytesPerElement[dtype] });
    else held.last = at;
  };
  phases.forEach((phase, at) => {
    for (const { buffer } of phase.memory.values()) {
      const target = resolve(buffer);
      if (target.source.kind !== "temporary" || elsewhere.has(target)) continue;
      if (!target.source.zeroed) live(lives, target, target.dtype, target.size, at);
      else if (!zeroed.has(target)) {
        zeroed.set(target, zeroedBytes);
        zeroedBytes += aligned(target.size * bytesPerElement[target.dtype]);
      }
    }
    for (const scratch of phase.scratch.values()) live(scratch.perThread ? perThread : lives, scratch, scratch.dtype, scratch.size, at);
  });
  // What a loop touches lives through all of its iterations.
  const extend = (loop: FlatLoop) => {
    const stay = (map: typeof lives, owner: Owner) => {
      const life = map.get(owner);
      if (life === undefined) return;
      life.first = Math.min(life.first, loop.start);
      life.last = Math.max(life.last, loop.end);
    };
    for (const phase of phases.slice(loop.start, loop.end)) {
      for (const { buffer } of phase.memory.values()) stay(lives, resolve(buffer));
      for (const scratch of phase.scratch.values()) stay(scratch.perThread ? perThread : lives, scratch);
    }
    stay(lives, resolve(loop.flag.buffer));
    for (const inner of [...loop.condition, ...loop.body]) extend(inner);
  };
  loops.forEach(extend);
  const keptLife = kept && lives.get(resolve(kept));
  if (keptLife) keptLife.last = phases.length;
  const list = (map: typeof lives) => [...map].map(([owner, l]) => ({ owner, ...l }));
  const arena = layOut(list(lives));
  const threads = layOut(list(perThread));
  const place = (owner: Owner): Place => {
    const zero = zeroed.get(owner);
    if (zero !== undefined) return { region: "zeroed", offset: zero };
    const thread = threads.offsets.get(owner);
    if (thread !== undefined) return { region: "thread", offset: thread };
    const at = arena.offsets.get(owner);
    if (at === undefined) throw new Error("internal: a buffer without a place");
    return { region: "arena", offset: at };
  };
  return { place, zeroedBytes, arenaBytes: arena.bytes, threadBytes: threads.bytes };
}
