/** Takes the elements of a stream one by one, and lets go of it when told to. */

const aborted = Symbol("aborted");

export class Pull<T> {
  readonly #iterator: AsyncIterator<T> | Iterator<T>;
  readonly #abort: Promise<typeof aborted> | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #listening: (() => void) | undefined;
  #state: "open" | "waiting" | "over" = "open";

  constructor(stream: AsyncIterable<T> | Iterable<T>, signal: AbortSignal | undefined) {
    this.#iterator = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
    this.#signal = signal;
    if (signal === undefined) return;
    let tell: () => void = () => undefined;
    this.#abort = new Promise((resolve) => {
      tell = () => resolve(aborted);
    });
    signal.addEventListener("abort", tell);
    this.#listening = () => signal.removeEventListener("abort", tell);
  }

  /** The next element; undefined where there is none, or where the signal came first. Whatever the stream throws comes through. */
  async next(): Promise<{ readonly value: T } | undefined> {
    this.#state = "waiting";
    const next = Promise.resolve(this.#iterator.next());
    // Where nobody waits any more, nobody hears what comes of it.
    next.catch(() => undefined);
    try {
      const result = await (this.#abort ? Promise.race([next, this.#abort]) : next);
      if (result === aborted) return undefined;
      this.#state = result.done ? "over" : "open";
      return result.done ? undefined : { value: result.value };
    } catch (error) {
      this.#state = "over";
      throw error;
    }
  }

  /** Tells the stream that nothing more is wanted. It is not waited for where it is still to answer, or where the signal was given. */
  async end(): Promise<void> {
    this.#listening?.();
    if (this.#state === "over") return;
    const ended = Promise.resolve(this.#iterator.return?.());
    if (this.#state === "open" && !this.#signal?.aborted) await ended;
    else ended.catch(() => undefined);
    this.#state = "over";
  }
}
