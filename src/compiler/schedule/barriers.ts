/** Decides where a barrier is needed: before a phase that meets memory which another thread may still be using. */
import type { Place } from "../compile.js";

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
    case "variable":
      return { region: `variable ${place.variable}`, from: place.offset };
    default:
      return { region: place.region, from: place.offset };
  }
}
