/** How well a stream was predicted, record by record before it was learned. */

export interface StreamMeans {
  /** Over all records so far. */
  readonly all: { readonly loss: number; readonly accuracy?: number };
  /** Over the last ones: a record k records ago weighs (1 − 1/memory)ᵏ. */
  readonly recent: { readonly loss: number; readonly accuracy?: number };
}

export class MeansOfStream {
  readonly #memory: number;
  #records = 0;
  #hasAccuracy = false;
  readonly #sum = { loss: 0, accuracy: 0 };
  readonly #recent = { loss: 0, accuracy: 0, weight: 0 };

  constructor(memory: number) {
    this.#memory = memory;
  }

  /** A batch of `records`, with the means over it. */
  take(records: number, loss: number, accuracy: number | undefined): void {
    const kept = (1 - 1 / this.#memory) ** records;
    const fade = (old: number, value: number) => kept * old + (1 - kept) * value;
    this.#records += records;
    this.#sum.loss += records * loss;
    this.#recent.loss = fade(this.#recent.loss, loss);
    this.#recent.weight = fade(this.#recent.weight, 1);
    if (accuracy === undefined) return;
    this.#hasAccuracy = true;
    this.#sum.accuracy += records * accuracy;
    this.#recent.accuracy = fade(this.#recent.accuracy, accuracy);
  }

  get means(): StreamMeans {
    const of = ({ loss, accuracy }: { readonly loss: number; readonly accuracy: number }, weight: number) => ({
      loss: loss / weight,
      ...(this.#hasAccuracy ? { accuracy: accuracy / weight } : {}),
    });
    return { all: of(this.#sum, this.#records), recent: of(this.#recent, this.#recent.weight) };
  }
}
