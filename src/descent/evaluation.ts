/** From a model's outputs to loss, accuracy and confusion. */
import { type DatasetPart, recordCount } from "../data/dataset.js";
import type { HostData } from "../tensor/types.js";
import type { Evaluation } from "./history.js";

/** What a stretch of records gave. */
export interface PartOutputs {
  /** One loss for each record. */
  readonly loss: HostData;
  /** The model's outputs, row by row. */
  readonly outputs: HostData;
}

/** Sums up what a model gives on the records of a part, stretch by stretch. */
export class Judge {
  readonly #classification: boolean;
  readonly #confusion: number[][] = [];
  readonly #outputs: Float32Array;
  #at = 0;
  #loss = 0;
  #correct = 0;
  #weight = 0;

  /** @param kept numbers of all outputs, where they are to be kept */
  constructor(classification: boolean, kept: number) {
    this.#classification = classification;
    this.#outputs = new Float32Array(kept);
  }

  /** The next records, and what the model gave for them. */
  take(results: readonly PartOutputs[], part: DatasetPart): void {
    const width = results.reduce((n, r) => n + r.outputs.length, 0) / recordCount(part);
    const isClassified = this.#classification && part.targets.shape.length === 1;
    if (isClassified && this.#confusion.length === 0)
      for (let i = 0; i < width; i++) this.#confusion.push(new Array<number>(width).fill(0));
    let record = 0;
    for (const { loss, outputs } of results) {
      for (let i = 0; i < loss.length; i++, record++) {
        const counts = part.weights?.data[record] ?? 1;
        this.#loss += counts * loss[i];
        this.#weight += counts;
        if (!isClassified) continue;
        const guess = largest(outputs, i * width, width);
        const label = part.targets.data[record];
        this.#confusion[label][guess]++;
        if (guess === label) this.#correct += counts;
      }
      if (this.#at < this.#outputs.length) this.#outputs.set(outputs, this.#at);
      this.#at += outputs.length;
    }
  }

  get evaluation(): Evaluation & { readonly outputs: Float32Array } {
    const loss = this.#loss / this.#weight;
    const outputs = this.#outputs;
    if (this.#confusion.length === 0) return { loss, outputs };
    return { loss, accuracy: this.#correct / this.#weight, confusion: this.#confusion, outputs };
  }
}

/** Index of the largest of `count` numbers from `from` on; the first wins. */
export function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let j = 1; j < count; j++) if (values[from + j] > values[from + best]) best = j;
  return best;
}
