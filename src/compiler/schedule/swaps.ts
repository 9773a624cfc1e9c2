/**
 * Variables that trade places with a buffer from step to step: where the new values cannot lie on the old ones, because neighbours still
 * read these, a step reads one of two buffers and writes the other. No copy is made but one after an odd number of steps.
 */
import { bytesPerElement } from "../../tensor/types.js";
import type { Place } from "../compile.js";
import type { Buffer } from "../kernels/kernel.js";
import { aligned } from "./memory.js";

export interface Swap {
  readonly variable: number;
  /** Where the other buffer begins, among those of the entry. */
  readonly other: number;
  readonly bytes: number;
}

export class Swaps {
  readonly list: Swap[] = [];
  readonly bytes: number = 0;
  readonly #places = new Map<Buffer, Place>();

  /** @param swapped by each buffer of new values, the variable that they are for */
  constructor(swapped: ReadonlyMap<Buffer, Buffer>, placeOf: (variable: Buffer) => Place) {
    for (const [result, variable] of swapped) {
      const place = placeOf(variable);
      if (place.region !== "variable") throw new Error("internal: only variables trade places");
      const other = this.bytes;
      const bytes = variable.size * bytesPerElement[variable.dtype];
      this.bytes += aligned(bytes);
      this.list.push({ variable: place.variable, other, bytes });
      const swap = { region: "swapped", variable: place.variable, other, offset: 0 } as const;
      this.#places.set(variable, { ...swap, written: false });
      this.#places.set(result, { ...swap, written: true });
    }
  }

  /** The place of a variable that is swapped, or of its new values. */
  placeOf(buffer: Buffer): Place | undefined {
    return this.#places.get(buffer);
  }
}
