/** Records of a streamed data set: two groups of them lie in the program, of which one is read while steps learn from the other. */
import type { ThreadedProgram } from "../backends/wasm/threads/index.js";
import { type RecordGroup, RingPlan, type StreamOrder } from "../data/ring-plan.js";
import { recordBytes, type StreamedPart } from "../data/streamed.js";
import { batchRows, orderVariable } from "../objectives/training.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { RecordFeed } from "./record-feed.js";
import { type PickedRecords, RecordPlace } from "./records.js";

export interface RecordRingOptions {
  readonly batchSize: number;
  readonly order: StreamOrder;
  readonly seed: number;
  /** Records read at once. */
  readonly chunk: number;
  /** Bytes for these records. */
  readonly memory: number;
  /** Steps of the whole training: nothing is read for later ones. */
  readonly totalSteps: (perEpoch: number) => number;
}

/** A group on its way into its half. */
interface Filling {
  readonly group: RecordGroup;
  readonly abort: AbortController;
  /** It never rejects. */
  done: Promise<true>;
  /** Why it failed, if it did. */
  failure: { readonly cause: unknown } | undefined;
}

export class RecordRing implements RecordFeed {
  readonly records: number;
  readonly variables: readonly Variable[];
  readonly #part: StreamedPart;
  readonly #plan: RingPlan;
  readonly #batchSize: number;
  readonly #perEpoch: number;
  /** One beyond the last group of the training. */
  readonly #end: number;
  readonly #place: RecordPlace;
  readonly #order: Variable;
  /** The position of its epoch that entry 0 of the order stands for. */
  readonly #from: Variable = { name: "orderFrom", type: { shape: [], dtype: "f64" } };
  readonly #held: (RecordGroup | undefined)[] = [undefined, undefined];
  #filling: Filling | undefined;
  /** The groups whose order lies in the program. */
  #laid = "";
  #waited = 0;

  constructor(part: StreamedPart, { batchSize, order, seed, chunk, memory, totalSteps }: RecordRingOptions) {
    const { inputs, targets, name } = part;
    this.#part = part;
    this.records = inputs.shape[0];
    this.#batchSize = batchSize;
    this.#perEpoch = Math.ceil(this.records / batchSize);
    this.#plan = new RingPlan({ records: this.records, recordBytes: recordBytes(part), chunk, memory, batchSize, order, seed, name });
    const last = totalSteps(this.#perEpoch) - 1;
    this.#end = this.#groupsOf(last).at(-1)?.number ?? 0;
    const { places } = this.#plan;
    const form = {
      inputs: { ...inputs, shape: [places, ...inputs.shape.slice(1)] },
      targets: { ...targets, shape: [places, ...targets.shape.slice(1)] },
    };
    this.#place = new RecordPlace("training", form, false);
    this.#order = orderVariable(places);
    this.variables = [...this.#place.variables, this.#order, this.#from];
  }

  get waited(): number {
    return this.#waited;
  }

  async open(): Promise<void> {}

  batch(step: Tensor, stepsPerEpoch: Tensor, count: number): PickedRecords {
    const from = readVariable(this.#from, true);
    return this.#place.pick(batchRows(readVariable(this.#order), step, stepsPerEpoch, this.#batchSize, count, from));
  }

  /** The groups that the batch of a step takes records from: one, or two that follow each other. */
  #groupsOf(step: number): readonly RecordGroup[] {
    const epoch = Math.floor(step / this.#perEpoch);
    const first = (step - epoch * this.#perEpoch) * this.#batchSize;
    const end = Math.min(first + this.#batchSize, this.records);
    const group = this.#plan.groupAt(epoch, first);
    return end <= group.end ? [group] : [group, this.#plan.group(group.number + 1)];
  }

  async ready(program: ThreadedProgram, step: number, signal?: AbortSignal): Promise<number> {
    const groups = this.#groupsOf(step);
    for (const group of groups) {
      const began = performance.now();
      const isThere = await this.#hold(program, group, signal);
      this.#waited += performance.now() - began;
      if (!isThere) return 0;
    }
    const [current] = groups;
    const position = (step % this.#perEpoch) * this.#batchSize;
    // What the steps of this call do not need is overwritten meanwhile; a batch across two groups needs both.
    if (groups.length === 1) this.#fetch(program, current.number + 1);
    const next = this.#plan.isWhole ? undefined : this.#held.find((group) => group?.number === current.number + 1);
    const follows = next !== undefined && current.end < this.records;
    this.#lay(program, follows ? [current, next] : [current]);
    if (current.end === this.records) return this.#perEpoch - (step % this.#perEpoch);
    const left = (current.end - position) / this.#batchSize;
    // Up to the batch that uses up the current group: then its half is free for another.
    return follows ? Math.ceil(left) : Math.floor(left);
  }

  /** Waits until a group lies in the ring; false where the signal came first. */
  async #hold(program: ThreadedProgram, group: RecordGroup, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#isHeld(group)) return true;
    if (this.#filling?.group.number !== group.number) {
      await this.#stopFilling();
      this.#fill(program, group);
    }
    const filling = this.#filling;
    if (filling !== undefined && (await untilAborted(filling.done, signal)) === undefined) return false;
    if (filling?.failure === undefined) return true;
    this.#filling = undefined;
    throw filling.failure.cause;
  }

  /** Of a whole that is held once, only the order is another in each epoch. */
  #isHeld({ number, half }: RecordGroup): boolean {
    return this.#held[half]?.number === number || (this.#plan.isWhole && this.#held[half] !== undefined);
  }

  /** Begins to read a group, unless that is done, or the training ends before it. */
  #fetch(program: ThreadedProgram, number: number): void {
    if (this.#plan.isWhole || number > this.#end || this.#filling !== undefined) return;
    const group = this.#plan.group(number);
    if (!this.#isHeld(group)) this.#fill(program, group);
  }

  #fill(program: ThreadedProgram, group: RecordGroup): void {
    const abort = new AbortController();
    this.#held[group.half] = undefined;
    const filling: Filling = { group, abort, done: Promise.resolve(true), failure: undefined };
    const read = async () => {
      let at = group.half * this.#plan.half;
      for (const { first, count } of group.chunks) {
        const chunk = await this.#part.read(first, count);
        if (abort.signal.aborted) return;
        this.#place.feed(program, chunk, at);
        at += count;
      }
      this.#held[group.half] = group;
      this.#filling = undefined;
    };
    const ended = read().catch((cause: unknown) => {
      filling.failure = { cause };
    });
    filling.done = ended.then(() => true as const);
    this.#filling = filling;
  }

  async #stopFilling(): Promise<void> {
    this.#filling?.abort.abort();
    await this.#filling?.done;
    this.#filling = undefined;
  }

  /** Lays the order of groups that follow each other into the program. */
  #lay(program: ThreadedProgram, groups: readonly RecordGroup[]): void {
    const laid = groups.map(({ number }) => number).join();
    if (laid === this.#laid) return;
    let at = 0;
    for (const { order, half } of groups) {
      const from = half * this.#plan.half;
      program.write(this.#order, from === 0 ? order : order.map((place) => place + from), at);
      at += order.length;
    }
    program.write(this.#from, [groups[0].first]);
    this.#laid = laid;
  }

  close(): void {
    this.#filling?.abort.abort();
  }
}

/** What a promise gives; undefined where the signal comes first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return promise;
  if (signal.aborted) return undefined;
  let tell: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    tell = () => resolve(undefined);
  });
  signal.addEventListener("abort", tell);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", tell);
  }
}
