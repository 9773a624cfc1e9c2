/** Collects what the steps of a training record. */
import type { HostData } from "../tensor/types.js";
import type { Evaluation, HistoryRecord } from "./history.js";

/** Means over stretches of steps, a short batch by its size, in as many lines as a curve needs. */
export class HistoryRecorder {
  readonly records: HistoryRecord[] = [];
  readonly #every: number;
  readonly #perEpoch: number;
  readonly #window = { loss: 0, accuracy: 0, count: 0, gradientNorm: 0, rate: 0, step: 0, hasAccuracy: false };
  /** The losses of the last epoch's steps, in turn, and how much each counts. */
  readonly #losses: Float64Array;
  readonly #sizes: Float64Array;
  readonly #onRecord: ((record: HistoryRecord) => void) | undefined;
  #taken = 0;
  #told = 0;
  rate = 0;

  /** @param onRecord is told of each line once it stands */
  constructor(every: number, perEpoch: number, onRecord?: (record: HistoryRecord) => void) {
    this.#onRecord = onRecord;
    this.#every = every;
    this.#perEpoch = perEpoch;
    this.#losses = new Float64Array(perEpoch);
    this.#sizes = new Float64Array(perEpoch);
  }

  /** Mean loss of the last steps. */
  get recent(): number {
    return this.#meanOfLast(50);
  }

  get lastEpochLoss(): number {
    return this.#meanOfLast(this.#perEpoch);
  }

  /** @param size records of each of these steps, as a share of a full batch: what their means count */
  take(traces: Readonly<Record<string, HostData>>, steps: number, before: number, seconds: number, size: number): void {
    const w = this.#window;
    for (let i = 0; i < steps; i++) {
      this.#losses[this.#taken % this.#perEpoch] = traces.loss[i];
      this.#sizes[this.#taken++ % this.#perEpoch] = size;
      w.loss += size * traces.loss[i];
      w.hasAccuracy = traces.accuracy !== undefined;
      if (w.hasAccuracy) w.accuracy += size * traces.accuracy[i];
      w.count += size;
      w.gradientNorm = traces.gradientNorm[i];
      w.rate = traces.learningRate[i];
      w.step = before + i + 1;
      this.rate = w.rate;
      if (w.step % this.#every === 0 || w.step === 1) this.flush(seconds);
    }
  }

  flush(seconds: number): void {
    const w = this.#window;
    if (w.count === 0) return;
    this.records.push({
      step: w.step,
      epoch: w.step / this.#perEpoch,
      seconds,
      loss: w.loss / w.count,
      learningRate: w.rate,
      gradientNorm: w.gradientNorm,
      ...(w.hasAccuracy ? { trainAccuracy: w.accuracy / w.count } : {}),
    });
    Object.assign(w, { loss: 0, accuracy: 0, count: 0 });
  }

  validated(judged: Evaluation, step: number, seconds: number): void {
    this.flush(seconds);
    const last = this.records.pop();
    const accuracy = judged.accuracy === undefined ? {} : { validationAccuracy: judged.accuracy };
    const base = last ?? { step, epoch: step / this.#perEpoch, seconds, loss: this.recent, learningRate: this.rate };
    this.records.push({ ...base, validationLoss: judged.loss, ...accuracy });
  }

  /** Tells of the lines since the last call. Those of a slice stand when its last step has been validated, if it ends an epoch. */
  tell(): void {
    for (; this.#told < this.records.length; this.#told++) this.#onRecord?.(this.records[this.#told]);
  }

  #meanOfLast(steps: number): number {
    const count = Math.min(steps, this.#taken, this.#perEpoch);
    let [sum, weight] = [0, 0];
    for (let step = this.#taken - count; step < this.#taken; step++) {
      const size = this.#sizes[step % this.#perEpoch];
      sum += size * this.#losses[step % this.#perEpoch];
      weight += size;
    }
    return sum / weight;
  }
}
