/** Where everything lies in a program's memory. */

import type { CompiledEntry, Place } from "../../compiler/compile.js";
import { aligned } from "../../compiler/schedule/memory.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { bytesPerElement, sizeOf } from "../../tensor/types.js";
import { clockBytes } from "./clock.js";

export const PAGE = 65536;
/** Masked lanes may read a little outside their buffer: nothing lies in the first and the last page. */
const FIRST = PAGE;
const LINE = 64;

/** Words that host and threads share, each on a cache line of its own. */
export const CONTROL = {
  arrived: FIRST,
  epoch: FIRST + LINE,
  /** Set when the step was the last one; two words in turn, so that a slow reader never meets the next step's writer. */
  halt: [FIRST + 2 * LINE, FIRST + 3 * LINE],
  abort: FIRST + 4 * LINE,
} as const;

const CONTROL_BYTES = 8 * LINE;

export interface EntryPlaces {
  readonly inputs: readonly number[];
  readonly zeroed: number;
  readonly arena: number;
  readonly thread: number;
  /** Buffers that variables trade places with. */
  readonly others: number;
  readonly traces: readonly number[];
  /** Steps that one call of `run` may record. */
  readonly capacity: number;
  /** Where a profiled entry counts its time. */
  readonly clock?: number;
}

/** Bytes of records that one call may leave behind. */
const TRACE_BYTES = 1 << 20;

/** Hands out addresses; nothing is ever moved. */
export class MemoryMap {
  readonly variables: readonly number[];
  #top = FIRST + CONTROL_BYTES;

  constructor(variables: readonly Variable[]) {
    this.variables = variables.map((v) => this.#take(sizeOf(v.type.shape) * bytesPerElement[v.type.dtype]));
  }

  /** Bytes that the memory must have. */
  get bytes(): number {
    return this.#top + PAGE;
  }

  placeEntry(entry: CompiledEntry, threads: number, profile = false): EntryPlaces {
    const rowBytes = entry.traces.map((t) => sizeOf(t.type.shape) * bytesPerElement[t.type.dtype]);
    const total = rowBytes.reduce((a, b) => a + b, 0);
    const capacity = total === 0 ? 1 << 20 : Math.max(1, Math.min(1 << 16, Math.floor(TRACE_BYTES / total)));
    return {
      inputs: entry.inputs.map((i) => this.#take(i.data.byteLength)),
      zeroed: this.#take(entry.zeroedBytes),
      arena: this.#take(entry.arenaBytes),
      thread: this.#take(entry.threadBytes * threads),
      others: this.#take(entry.otherBytes),
      traces: rowBytes.map((bytes) => this.#take(bytes * capacity)),
      capacity,
      ...(profile ? { clock: this.#take(clockBytes(entry)) } : {}),
    };
  }

  #take(bytes: number): number {
    const at = this.#top;
    this.#top += aligned(bytes) + LINE;
    return at;
  }
}

/** The fixed byte address of a place, in the first step; what moves from step to step or thread to thread is the driver's business. */
export function addressOf(place: Place, map: MemoryMap, places: EntryPlaces): number {
  switch (place.region) {
    case "variable":
      return map.variables[place.variable] + place.offset;
    case "swapped":
      return (place.written ? places.others + place.other : map.variables[place.variable]) + place.offset;
    case "input":
      return places.inputs[place.position] + place.offset;
    case "zeroed":
      return places.zeroed + place.offset;
    case "arena":
      return places.arena + place.offset;
    case "thread":
      return places.thread + place.offset;
    case "trace":
      return places.traces[place.trace];
  }
}
