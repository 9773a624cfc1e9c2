/**
 * From values to kernels. Reductions, products and what several others read are stored; all else is computed where it is used.
 * A stored value joins an existing kernel when that runs over the same loops and nothing in between needs it first; a value
 * that nobody outside its kernel reads is then not stored after all.
 */
import { type Shape, sizeOf, stridesOf } from "../../tensor/types.js";
import { type Loop, orderOf, type Value } from "../graph/value.js";
import type { Position } from "./affine.js";
import { hasGaps, isAssembly, partsOf, slotsOf } from "./assemblies.js";
import { CannotFuse, ExpressionBuilder, type Source, viewOf } from "./build.js";
import { isAlone, newDraft, reduceDomain } from "./domains.js";
import { Draft, type Role } from "./draft.js";
import { DraftIndex } from "./draft-index.js";
import { finishDrafts } from "./finish.js";
import type { Buffer, LoopKernel, PlannedKernel, Storage, View } from "./kernel.js";
import { Places } from "./places.js";
import { sideSums } from "./side-sums.js";
import { chainCuts, isRepeated, REDUCTIONS, storedValues, TEMPLATES } from "./stored.js";

export interface Plan {
  /** Kernels with what each one needs; any order that respects the needs is right. */
  readonly kernels: readonly PlannedKernel[];
  /** Where each root lies when all kernels have run. */
  readonly roots: readonly Storage[];
}

/** Where the leaves lie, and how the inside of a loop is planned, given where its carries and captured values lie. */
export interface Surroundings {
  leaf(value: Value): Storage;
  loop(loop: Loop, carries: readonly Buffer[], captured: readonly Storage[]): LoopKernel;
}

export function plan(roots: readonly Value[], surroundings: Surroundings): Plan {
  return new Planner(surroundings).run(roots);
}

class Planner {
  readonly #surroundings: Surroundings;
  readonly #drafts = new DraftIndex();
  readonly #places: Places;
  readonly #operands = new Map<Draft, readonly View[]>();
  #cuts: ReadonlySet<Value> = new Set();
  #sideSums: ReadonlyMap<Value, Value> = new Map();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#places = new Places((v) => surroundings.leaf(v));
  }

  run(roots: readonly Value[]): Plan {
    const order = orderOf(roots);
    const wanted = storedValues(order, roots);
    this.#cuts = chainCuts(order, wanted);
    this.#reserve(order, wanted);
    this.#sideSums = sideSums(order);
    for (const value of order) if (wanted.has(value)) this.#place(value);
    const rootStorage = roots.map((root) => this.#places.existing(root) ?? this.#place(root));
    const kernels = finishDrafts({
      drafts: this.#drafts.all,
      source: (draft, onLoad) => this.#source(draft, onLoad, true),
      placed: this.#places.placed,
      operands: (draft) => this.#operands.get(draft) ?? [],
      kept: rootStorage.map((s) => s.buffer),
    });
    return { kernels, roots: rootStorage };
  }

  // ── assemblies: several values written into one buffer ────────────────────────────────────────────────────────────
  /** Gives the parts of packs and concatenations their places, so that their kernels write there at once. */
  #reserve(order: readonly Value[], wanted: Set<Value>): void {
    for (const value of order) {
      if (!isAssembly(value) || this.#places.assembled.has(value)) continue;
      const storage = { buffer: this.#places.temporary(value, hasGaps(value)), offset: 0 };
      this.#places.assembled.set(value, storage);
      this.#places.producers.set(value, new Set());
      if (value.primitive.name !== "pack") continue;
      const slots = slotsOf(value);
      value.inputs.forEach((part, i) => {
        const free =
          part.leaf === undefined &&
          !this.#reserved.has(part) &&
          !isAssembly(part) &&
          part.primitive.name !== "unpack" &&
          part.primitive.name !== "literal";
        if (!free) return;
        this.#reserved.set(part, { buffer: storage.buffer, offset: slots[i].offset });
        wanted.add(part);
      });
    }
  }

  readonly #reserved = new Map<Value, Storage>();

  #assemble(value: Value): Storage {
    const storage = this.#places.assembled.get(value);
    if (storage === undefined) throw new Error("internal: an assembly without a buffer");
    const producers = this.#places.producers.get(value) ?? new Set();
    const copy = (part: Value, offset: number, strides: readonly number[]) => {
      const copied = this.#places.copyOf(part);
      const draft = this.#found(copied);
      this.#places.placed.set(copied, { draft, storage, strides, base: offset });
      producers.add(draft);
    };
    for (const { part, offset, strides } of partsOf(value)) {
      const placed = this.#places.placed.get(part);
      const reserved = this.#reserved.get(part);
      if (placed !== undefined && reserved?.buffer === storage.buffer && reserved.offset === offset) producers.add(placed.draft);
      else copy(part, offset, strides);
    }
    return storage;
  }

  // ── placing ───────────────────────────────────────────────────────────────────────────────────────────────────────
  #place(value: Value): Storage {
    const existing = this.#places.existing(value);
    if (existing !== undefined) return existing;
    if (isAssembly(value)) {
      this.#places.done.add(value);
      return this.#assemble(value);
    }
    if (value.loop !== undefined) return this.#loop(value, value.loop);
    const storage = this.#reserved.get(value) ?? { buffer: this.#places.temporary(value, false), offset: 0 };
    const draft = this.#beside(value) ?? this.#join(value) ?? this.#found(value);
    this.#places.placed.set(value, { draft, storage });
    return storage;
  }

  /** The template that gives the value as a side sum. */
  #beside(value: Value): Draft | undefined {
    const giver = this.#sideSums.get(value);
    if (giver === undefined) return undefined;
    this.#place(giver);
    const draft = this.#places.placed.get(giver)?.draft;
    draft?.members.push({ value, role: "side" });
    return draft;
  }

  readonly #loops = new Map<Loop, { readonly draft: Draft; readonly carries: readonly Buffer[] }>();

  /** The place of one carry when the loop has ended. */
  #loop(value: Value, loop: Loop): Storage {
    const held = this.#loops.get(loop) ?? this.#foundLoop(value, loop);
    this.#loops.set(loop, held);
    const storage = { buffer: held.carries[value.output], offset: 0 };
    this.#places.placed.set(value, { draft: held.draft, storage });
    return storage;
  }

  #foundLoop(value: Value, loop: Loop): { readonly draft: Draft; readonly carries: readonly Buffer[] } {
    const needs = new Set<Draft>();
    const carries = loop.carries.map((carry, i) => {
      const buffer = this.#places.temporary(carry, false);
      const copied = this.#places.copyOf(value.inputs[i]);
      const draft = this.#found(copied);
      this.#places.placed.set(copied, { draft, storage: { buffer, offset: 0 } });
      needs.add(draft);
      return buffer;
    });
    const captured = loop.captured.map((_, i) => {
      const input = value.inputs[carries.length + i];
      const storage = this.#place(input);
      for (const writer of this.#places.writersOf(input)) needs.add(writer);
      return storage;
    });
    const draft = new Draft({ kind: "loop" });
    draft.loop = this.#surroundings.loop(loop, carries, captured);
    this.#drafts.add(draft);
    draft.require(needs, this.#drafts.all);
    return { draft, carries };
  }

  /** An existing kernel that can compute the value too. */
  #join(value: Value): Draft | undefined {
    const { name } = value.primitive;
    if (TEMPLATES.has(name)) return undefined;
    const reads = this.#places.readsOf(value);
    for (const draft of this.#drafts.candidates(value)) {
      if (reads.some((read) => this.#places.tooLate(read, draft))) continue;
      const role = this.#roleIn(draft, value);
      if (role !== undefined && this.#tryEnter(draft, value, role)) return draft;
    }
    return undefined;
  }

  #roleIn(draft: Draft, value: Value): Role | undefined {
    const [first] = draft.members;
    if (draft.columns || isAlone(value) || (first !== undefined && isAlone(first.value))) return undefined;
    const { domain } = draft;
    if (REDUCTIONS.has(value.primitive.name)) {
      if (value.primitive.name.startsWith("block")) {
        if (!draft.becomesFlat(value.inputs[0].shape)) return undefined;
        this.#drafts.file(draft);
        return "reduce";
      }
      const own = reduceDomain(value);
      if (
        domain.kind !== "axes" ||
        own === undefined ||
        String(own.order) !== String(domain.order) ||
        String(own.shape) !== String(domain.shape)
      )
        return undefined;
      return domain.split === undefined || domain.split === own.split ? "reduce" : undefined;
    }
    if (draft.positionOf(value.shape) !== undefined) return "map";
    return draft.rowPositionOf(value.shape) !== undefined ? "row" : undefined;
  }

  #tryEnter(draft: Draft, value: Value, role: Role): boolean {
    try {
      const producers = this.#producersOf(draft, value, role);
      for (const producer of producers) if (producer.dependsOn(draft)) return false;
      draft.require(producers, this.#drafts.all);
    } catch (error) {
      if (error instanceof CannotFuse) return false;
      throw error;
    }
    this.#enter(draft, value, role);
    return true;
  }

  /** A kernel of the value's own. What cannot be computed in it is stored first. */
  #found(value: Value): Draft {
    if (TEMPLATES.has(value.primitive.name)) return this.#template(value);
    const draft = newDraft(value);
    const role = REDUCTIONS.has(value.primitive.name) ? "reduce" : "map";
    for (;;) {
      try {
        const producers = this.#producersOf(draft, value, role);
        this.#drafts.add(draft);
        draft.require(producers, this.#drafts.all);
        this.#enter(draft, value, role);
        return draft;
      } catch (error) {
        if (!(error instanceof CannotFuse) || error.value === value || this.#places.existing(error.value) !== undefined) throw error;
        this.#place(error.value);
      }
    }
  }

  #enter(draft: Draft, value: Value, role: Role): void {
    if (role === "reduce" && draft.domain.kind === "axes" && draft.domain.split === undefined) {
      const own = reduceDomain(value);
      if (own !== undefined) {
        draft.domain = own;
        this.#drafts.file(draft);
      }
    }
    draft.members.push({ value, role });
  }

  #template(value: Value): Draft {
    const maximum = this.#windowMaximum(value);
    if (maximum !== undefined) {
      maximum.members.push({ value, role: "template" });
      return maximum;
    }
    const columns = value.shape[value.shape.length - 1] ?? 1;
    const draft = new Draft({ kind: "matrix", rows: sizeOf(value.shape) / columns, columns });
    const read = new Set<Value>();
    const storageOf = (v: Value) => {
      const storage = this.#places.existing(v);
      if (storage !== undefined) read.add(v);
      return storage;
    };
    const views = value.inputs.map((input) => {
      const view = viewOf(input, storageOf);
      if (view !== undefined && isReadable(value, view, input.shape)) return view;
      const storage = this.#place(input);
      read.add(input);
      return { storage, strides: stridesOf(input.shape) };
    });
    this.#drafts.add(draft);
    draft.require(
      [...read].flatMap((v) => [...this.#places.writersOf(v)]),
      this.#drafts.all,
    );
    this.#operands.set(draft, views);
    draft.members.push({ value, role: "template" });
    return draft;
  }

  /** The kernel that finds the places of window maxima finds the maxima too. */
  #windowMaximum(value: Value): Draft | undefined {
    const [image, places] = value.inputs;
    if (value.primitive.name !== "windowTake" || places.primitive.name !== "windowArgmax" || places.inputs[0] !== image) return undefined;
    return JSON.stringify(places.attributes) === JSON.stringify(value.attributes) ? this.#places.placed.get(places)?.draft : undefined;
  }

  // ── expressions ───────────────────────────────────────────────────────────────────────────────────────────────────
  #producersOf(draft: Draft, value: Value, role: Role): Set<Draft> {
    const producers = new Set<Draft>();
    const domain = draft.domain;
    if (role === "reduce" && domain.kind === "axes" && domain.split === undefined) draft.domain = reduceDomain(value) ?? domain;
    try {
      const source = this.#source(draft, (_, writers) => {
        for (const writer of writers) producers.add(writer);
      });
      const builder = new ExpressionBuilder({ ...source, shallow: true });
      const of = role === "reduce" ? value.inputs[0] : value;
      const position = role === "row" ? draft.rowPositionOf(of.shape) : draft.positionOf(of.shape);
      if (position === undefined) throw new CannotFuse(of);
      builder.build(of, position, role !== "reduce");
    } finally {
      draft.domain = domain;
    }
    return producers;
  }

  /** `final`: what was stored only after the kernel had been put together is computed in it nevertheless. */
  #source(draft: Draft, onLoad: (buffer: Buffer, writers: readonly Draft[]) => void, final = false): Source {
    const here = (position: Position, own: Position | undefined) =>
      own !== undefined && draft.samePlace(position, own) ? "here" : "elsewhere";
    return {
      loops: draft.loops,
      uniformRows: draft.domain.kind === "matrix",
      storageOf: (value) => {
        if (this.#places.placed.get(value)?.draft === draft && draft.roleOf(value) !== undefined) return undefined;
        const storage = this.#places.existing(value);
        if (storage === undefined || isRepeated(value)) return undefined;
        const writers = [...this.#places.writersOf(value)];
        if (final && writers.some((writer) => !draft.needs.has(writer))) return undefined;
        onLoad(storage.buffer, writers);
        return storage;
      },
      stageOf: (value, position) => {
        const role = draft.roleOf(value);
        if (role === "reduce")
          return here(position, draft.rowPositionOf(value.shape) ?? (sizeOf(value.shape) === 1 ? position : undefined));
        return role === "template" ? here(position, draft.positionOf(value.shape)) : undefined;
      },
      isOwn: (value, position) => {
        const role = draft.roleOf(value);
        // A member that came later than the one being built is computed there once more.
        if (final || (role !== "map" && role !== "row")) return undefined;
        if (this.#cuts.has(value)) return "elsewhere";
        return here(position, role === "map" ? draft.positionOf(value.shape) : draft.rowPositionOf(value.shape));
      },
    };
  }
}

/** Whether a template can read its operand as it lies: products walk through any strides, but from matrix to matrix by one only. */
function isReadable(value: Value, { strides }: View, shape: Shape): boolean {
  if (value.primitive.name !== "matmul") return String(strides) === String(stridesOf(shape));
  const last = Math.max(0, shape.length - 3);
  return shape
    .slice(0, last)
    .every((extent, axis) => extent === 1 || strides[axis] === strides[last] * sizeOf(shape.slice(axis + 1, last + 1)));
}
