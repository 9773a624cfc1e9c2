/** What descents from many starts give. */
import type { HostData } from "../tensor/types.js";
import type { Status } from "./history.js";

export interface DescentsParts<S> {
  readonly statuses: readonly Status[];
  readonly losses: Float64Array;
  readonly gradientNorms: Float64Array;
  readonly steps: Int32Array;
  readonly evaluations: Int32Array;
  readonly thetas: HostData;
  readonly size: number;
  readonly solution: (row: HostData) => S;
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
  #solutions: readonly S[] | undefined;

  constructor(parts: DescentsParts<S>) {
    this.statuses = parts.statuses;
    this.losses = parts.losses;
    this.gradientNorms = parts.gradientNorms;
    this.steps = parts.steps;
    this.evaluations = parts.evaluations;
    this.thetas = parts.thetas;
    this.#size = parts.size;
    this.#solution = parts.solution;
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
