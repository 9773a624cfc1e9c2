/** Collects what the slices of a descent record. */
import { allocate, type DType, type HostData } from "../tensor/types.js";
import type { DescentHistory } from "./run.js";

type Traces = Readonly<Record<string, HostData>>;

export class DescentRecorder {
  readonly #slices: { readonly traces: Traces; rows: number }[] = [];
  readonly #size: number;
  readonly #dtype: DType;

  /** @param size elements of θ */
  constructor(size: number, dtype: DType) {
    this.#size = size;
    this.#dtype = dtype;
  }

  /** Keeps the first rows of what a slice recorded. */
  take(traces: Traces, rows: number): void {
    this.#slices.push({ traces, rows });
  }

  /** Forgets all after the first `rows` rows. */
  truncate(rows: number): void {
    let left = rows;
    for (const slice of this.#slices) {
      slice.rows = Math.min(slice.rows, left);
      left -= slice.rows;
    }
  }

  /** @param sign −1 where the traces hold −f */
  history(sign: 1 | -1): DescentHistory {
    const loss = this.#column("loss");
    return {
      loss: sign === 1 ? loss : loss.map((x) => -x),
      gradientNorm: this.#column("gradientNorm"),
      learningRate: this.#column("learningRate"),
    };
  }

  /** The recorded points and the last one, row after row. */
  path(last: HostData): HostData {
    const rows = this.#slices.reduce((sum, slice) => sum + slice.rows, 0);
    const out = allocate(this.#dtype, (rows + 1) * this.#size);
    let at = 0;
    for (const { traces, rows: kept } of this.#slices) {
      out.set(traces.path.subarray(0, kept * this.#size), at);
      at += kept * this.#size;
    }
    out.set(last, at);
    return out;
  }

  #column(name: string): Float64Array {
    const out = new Float64Array(this.#slices.reduce((sum, slice) => sum + slice.rows, 0));
    let at = 0;
    for (const { traces, rows } of this.#slices) {
      out.set(traces[name].subarray(0, rows), at);
      at += rows;
    }
    return out;
  }
}
