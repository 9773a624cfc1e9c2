/** Collects what the slices of a descent record. */
import { joined } from "../backends/wasm/program.js";
import type { Rate } from "../optimizers/optimizer.js";
import type { DType, HostData } from "../tensor/types.js";
import type { DescentHistory } from "./run.js";

type Traces = Readonly<Record<string, HostData>>;

export class DescentRecorder {
  readonly #slices: { readonly traces: Traces; rows: number }[] = [];
  readonly #size: number;
  readonly #dtype: DType;
  readonly #rate: Rate;

  /**
   * @param size elements of θ
   * @param rate a number is the rate of every step; the rates of a schedule are in the traces
   */
  constructor(size: number, dtype: DType, rate: Rate) {
    this.#size = size;
    this.#dtype = dtype;
    this.#rate = rate;
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

  /**
   * The history, whose columns are put together when they are first read.
   *
   * @param sign −1 where the traces hold −f
   */
  history(sign: 1 | -1): DescentHistory {
    const columns = new Map<string, Float64Array>();
    const column = (name: string, factor: 1 | -1): Float64Array => {
      const held = columns.get(name);
      if (held !== undefined) return held;
      const made = this.#column(name, factor);
      columns.set(name, made);
      return made;
    };
    return {
      get loss() {
        return column("loss", sign);
      },
      get gradientNorm() {
        return column("gradientNorm", 1);
      },
      get learningRate() {
        return column("learningRate", 1);
      },
    };
  }

  /** The recorded points and the last one, row after row. */
  path(last: HostData): HostData {
    return joined(this.#dtype, [...this.#parts("path", this.#size), last]);
  }

  #column(name: string, factor: 1 | -1): Float64Array {
    if (name === "learningRate" && typeof this.#rate === "number") {
      const steps = this.#slices.reduce((sum, { rows }) => sum + rows, 0);
      return new Float64Array(steps).fill(this.#rate);
    }
    const rows = joined("f64", this.#parts(name, 1));
    return rows instanceof Float64Array && factor === 1 ? rows : Float64Array.from(rows, (x) => factor * x);
  }

  #parts(name: string, width: number): HostData[] {
    return this.#slices.map(({ traces, rows }) => {
      const all = traces[name];
      return all.length === rows * width ? all : all.slice(0, rows * width);
    });
  }
}
