/** What descents from many starts give. */
import { SteepestError } from "../tensor/error.js";
import type { HostData } from "../tensor/types.js";
import type { Status } from "./history.js";

/** What the lists of `Descents` are made from: rows of `thetas`, of this size each. */
export interface DescentRows<S> {
  readonly size: number;
  /** A row in the form of the starts. */
  readonly solution: (row: HostData) => S;
  readonly history?: (row: number) => ManyHistory;
}

/** The losses of one of many descents, one entry for each of its steps. */
export interface ManyHistory {
  /** f at each step's own point. */
  readonly loss: Float64Array;
  /** Evaluations of f and its gradient until that loss was known, that one included. */
  readonly evaluations: Float64Array;
}

/** Collects what the slices of many descents record. */
export class ManyRecorder {
  readonly #slices: { readonly traces: Readonly<Record<string, HostData>>; readonly steps: number }[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  take(traces: Readonly<Record<string, HostData>>, steps: number): void {
    if (traces.loss !== undefined) this.#slices.push({ traces, steps });
  }

  /** @param perStep evaluations of a step, but for those that a search counts itself */
  history(row: number, steps: number, perStep: number): ManyHistory {
    const [loss, evaluations] = [new Float64Array(steps), new Float64Array(steps)];
    let [step, count] = [0, 1];
    for (const slice of this.#slices)
      for (let i = 0; i < slice.steps && step < steps; i++, step++) {
        loss[step] = slice.traces.loss[i * this.#count + row];
        evaluations[step] = count;
        count += perStep + (slice.traces.evaluations?.[i * this.#count + row] ?? 0);
      }
    return { loss, evaluations };
  }
}

/** The result of `minimizeMany`: entry i of every list belongs to start i. */
export class Descents<S = unknown> {
  /** How each descent ended: see `Run.status`. */
  readonly statuses: readonly Status[];
  /** f at the solutions. */
  readonly losses: Float64Array;
  readonly gradientNorms: Float64Array;
  /** Steps done. */
  readonly steps: Int32Array;
  /** How often f and its gradient were evaluated for this descent, as `minimize` counts it. */
  readonly evaluations: Int32Array;
  /** The last points, one after the other. */
  readonly thetas: HostData;
  readonly #size: number;
  readonly #solution: (row: HostData) => S;
  readonly #history: ((row: number) => ManyHistory) | undefined;
  #solutions: readonly S[] | undefined;

  constructor(
    lists: Pick<Descents, "statuses" | "losses" | "gradientNorms" | "steps" | "evaluations" | "thetas">,
    { size, solution, history }: DescentRows<S>,
  ) {
    this.statuses = lists.statuses;
    this.losses = lists.losses;
    this.gradientNorms = lists.gradientNorms;
    this.steps = lists.steps;
    this.evaluations = lists.evaluations;
    this.thetas = lists.thetas;
    this.#size = size;
    this.#solution = solution;
    this.#history = history;
  }

  /** How many descents. */
  get length(): number {
    return this.statuses.length;
  }

  /** The last points, in the form of the starts. */
  get solutions(): readonly S[] {
    const row = (i: number) => this.#solution(this.thetas.slice(i * this.#size, (i + 1) * this.#size));
    this.#solutions ??= Array.from({ length: this.length }, (_, i) => row(i));
    return this.#solutions;
  }

  /**
   * The losses along one of the descents.
   *
   * @throws SteepestError where `minimizeMany` was not asked to keep them, or has no such descent
   */
  history(i: number): ManyHistory {
    if (this.#history === undefined)
      throw new SteepestError({ problem: "these descents have kept no losses", fix: "minimizeMany(f, starts, { history: true })" });
    if (!Number.isInteger(i) || i < 0 || i >= this.length)
      throw new SteepestError({
        problem: "there is no such descent",
        expected: `a whole number below ${this.length}`,
        received: String(i),
      });
    return this.#history(i);
  }

  /** Which descent came lowest; of equal ones the first. Descents that diverged count only where all did. */
  get best(): number {
    const hasEnd = this.statuses.some((status) => status !== "diverged");
    let best = -1;
    for (let i = 0; i < this.length; i++) {
      if (hasEnd && this.statuses[i] === "diverged") continue;
      if (best < 0 || this.losses[i] < this.losses[best]) best = i;
    }
    return best;
  }
}
