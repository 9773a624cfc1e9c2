/** Decides where a barrier is needed: before a phase that meets memory which another thread may still be using. */
import type { Place } from "../compile.js";
import type { Storage } from "../kernels/kernel.js";

/** Memory that a phase reads or writes. */
export interface Touch {
  readonly place: Place;
  readonly bytes: number;
  readonly written: boolean;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly written: boolean;
  readonly parallel: boolean;
}

/** Phases start … test − 1 are the condition of a loop, test … end − 1 its body. */
export interface FlatLoop {
  readonly start: number;
  readonly test: number;
  readonly end: number;
  readonly flag: Storage;
  /** Loops within. */
  readonly condition: readonly FlatLoop[];
  readonly body: readonly FlatLoop[];
}

export interface ScheduledLoop {
  readonly start: number;
  readonly test: number;
  readonly end: number;
  /** A truth value: the loop goes on while it holds. */
  readonly flag: Place;
  /** Whether threads share work in it; else one thread runs all of it. */
  readonly shared: boolean;
  /** Whether all that ran before a loop of one thread must have finished. */
  readonly barrier: boolean;
  readonly condition: readonly ScheduledLoop[];
  readonly body: readonly ScheduledLoop[];
}

/** Which phases are shared, and where threads have to meet. In a loop that threads share they meet before every phase, and before the flag is read. */
export function barriersOf(
  touched: readonly (readonly Touch[])[],
  worth: readonly boolean[],
  loops: readonly FlatLoop[],
  placeOf: (storage: Storage) => Place,
) {
  const barriers = new Array<boolean>(touched.length).fill(false);
  const hazards = new Hazards();
  const schedule = (loop: FlatLoop, shared: boolean, barrier: boolean): ScheduledLoop => ({
    start: loop.start,
    test: loop.test,
    end: loop.end,
    flag: placeOf(loop.flag),
    shared,
    barrier,
    condition: loop.condition.map((l) => schedule(l, shared, false)),
    body: loop.body.map((l) => schedule(l, shared, false)),
  });
  const scheduled: ScheduledLoop[] = [];
  let next = 0;
  for (const loop of loops) {
    for (; next < loop.start; next++) barriers[next] = hazards.enter(touched[next], worth[next]);
    const shared = worth.slice(loop.start, loop.end).includes(true);
    const flag = { place: placeOf(loop.flag), bytes: 1, written: false };
    const barrier = hazards.enter([...touched.slice(loop.start, loop.end).flat(), flag], shared);
    scheduled.push(schedule(loop, shared, barrier));
    barriers.fill(shared, loop.start, loop.end);
    next = loop.end;
  }
  for (; next < touched.length; next++) barriers[next] = hazards.enter(touched[next], worth[next]);
  return { barriers, parallel: worth, scheduled };
}

export class Hazards {
  /** What has been touched since the last barrier, by region; each place and kind of use once. */
  #open = new Map<string, Map<string, Range>>();

  /** Enters the next phase; true when all that ran before must have finished. */
  enter(touched: readonly Touch[], parallel: boolean): boolean {
    const ranges = touched.map(({ place, bytes, written }) => {
      const { region, from } = locate(place);
      return { region, range: { from, to: from + bytes, written, parallel } };
    });
    const meets = ranges.some(({ region, range }) => {
      for (const open of this.#open.get(region)?.values() ?? []) if (conflict(open, range)) return true;
      return false;
    });
    if (meets) this.#open = new Map();
    for (const { region, range } of ranges) {
      const held = this.#open.get(region) ?? new Map<string, Range>();
      this.#open.set(region, held.set(`${range.from} ${range.to} ${range.written} ${parallel}`, range));
    }
    return meets;
  }
}

/** Phases of one thread alone follow each other anyway. */
function conflict(a: Range, b: Range): boolean {
  return (a.written || b.written) && (a.parallel || b.parallel) && a.from < b.to && b.from < a.to;
}

function locate(place: Place): { readonly region: string; readonly from: number } {
  switch (place.region) {
    case "trace":
      return { region: `trace ${place.trace}`, from: 0 };
    case "input":
      return { region: `input ${place.position}`, from: place.offset };
    case "swapped":
      return { region: `${place.written ? "new" : "old"} ${place.variable}`, from: place.offset };
    case "variable":
      return { region: `variable ${place.variable}`, from: place.offset };
    default:
      return { region: place.region, from: place.offset };
  }
}
