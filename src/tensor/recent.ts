/** A memory for what is costly to make and likely to be wanted again. */

/** Holds the values that were wanted last, by key. */
export class Recent<V> {
  readonly #held = new Map<string, V>();
  readonly #most: number;

  /** @param most values that are held */
  constructor(most: number) {
    this.#most = most;
  }

  /** The value held under this key; where there is none, `make` makes it. */
  get(key: string, make: () => V): V {
    const held = this.#held.get(key);
    const value = held ?? make();
    if (held !== undefined) this.#held.delete(key);
    this.#held.set(key, value);
    const [oldest] = this.#held.keys();
    if (this.#held.size > this.#most && oldest !== undefined) this.#held.delete(oldest);
    return value;
  }
}
