/** Collects what the slices of a descent record. */
import { joined } from "../backends/wasm/program.js";
import type { DType, HostData } from "../tensor/types.js";
import type { DescentHistory } from "./run.js";

type Traces = Readonly<Record<string, HostData>>;

export class DescentRecorder {
  readonly #slices: { readonly traces: Traces; rows: number }[] = [];
  readonly #size: number;
  readonly #dtype: DType;
  readonly #rate: number | undefined;

  /**
   * @param size elements of θ
   * @param rate that of every step; undefined where the traces have it, as those of a schedule
   */
  constructor(size: number, dtype: DType, rate: number | undefined) {
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
   * @param perStep evaluations of a step, but for those that a search counts itself
   */
  history(sign: 1 | -1, perStep: number): DescentHistory {
    const columns = new Map<string, Float64Array>();
    const column = (name: string, factor: 1 | -1): Float64Array => {
      const held = columns.get(name);
      if (held !== undefined) return held;
      const made = name === "evaluations" ? this.#evaluations(perStep) : this.#column(name, factor);
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
      get evaluations() {
        return column("evaluations", 1);
      },
    };
  }

  /** The recorded points and the last one, row after row. */
  path(last: HostData): HostData {
    return joined(this.#dtype, [...this.#parts("path", this.#size), last]);
  }

  /** 1 + Σ (perStep + what the searches took), over the steps before. */
  #evaluations(perStep: number): Float64Array {
    const searched = this.#slices.some(({ traces }) => traces.evaluations !== undefined)
      ? joined("f64", this.#parts("evaluations", 1))
      : undefined;
    const steps = this.#slices.reduce((sum, { rows }) => sum + rows, 0);
    let count = 1;
    return Float64Array.from({ length: steps }, (_, step) => {
      const here = count;
      count += perStep + (searched?.[step] ?? 0);
      return here;
    });
  }

  #column(name: string, factor: 1 | -1): Float64Array {
    if (name === "learningRate" && this.#rate !== undefined) {
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
