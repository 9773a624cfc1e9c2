/** Where descents have arrived: at a minimum in the window, at one outside, or nowhere. */
import type { CriticalPoints } from "../../analysis/index.js";
import { Derivatives, symmetricEigen } from "../../curvature/index.js";
import type { Objective } from "../../objectives/objective.js";

/** A minimum that starts are counted for. */
export interface ReachedMinimum<P> {
  readonly point: P;
  readonly value: number;
  /** False for one outside the window, which only the descents have found. */
  readonly isInWindow: boolean;
  /** The share of all starts that arrive here, from 0 to 1. */
  readonly share: number;
}

/** Lengths count as shares of the window, axis by axis. */
export interface Frame {
  readonly low: Float64Array;
  readonly width: Float64Array;
}

interface Place {
  readonly theta: readonly number[];
  readonly value: number;
  readonly isInWindow: boolean;
  /** How near an end has to be. */
  readonly radius: number;
  readonly isIsolated: boolean;
}

/** Of the distance to the next critical point, and of the window at most. */
const [SHARE, MOST] = [0.25, 0.05];
/** Ends outside the window that are so near each other are one. */
const SAME = 1e-3;
/** Places outside the window that are told apart. */
const OUTSIDE = 32;
/** So many windows away, and higher than anything within, a descent is on its way out. */
const FAR = 10;

export class Arrivals<P> {
  readonly #frame: Frame;
  readonly #derivatives: Derivatives;
  readonly #places: Place[];
  readonly #lowest: number;
  readonly #highest: number;
  readonly #point: (theta: Float64Array) => P;

  /** @param thetas of the critical points, in the order of `found.points` */
  constructor(
    objective: Objective,
    frame: Frame,
    found: Pick<CriticalPoints<P>, "points" | "lowest" | "highest">,
    thetas: readonly (readonly number[])[],
    point: (theta: Float64Array) => P,
  ) {
    this.#frame = frame;
    this.#derivatives = new Derivatives(objective);
    this.#point = point;
    [this.#lowest, this.#highest] = [found.lowest.value, found.highest.value];
    this.#places = found.points.flatMap(({ kind, value, isIsolated }, i) => {
      if (kind !== "minimum") return [];
      const apart = thetas.map((other, j) => (j === i ? Number.POSITIVE_INFINITY : this.#distance(thetas[i], other)));
      return [{ theta: thetas[i], value, isInWindow: true, radius: Math.min(MOST, SHARE * Math.min(...apart)), isIsolated }];
    });
  }

  /** The minimum at which a descent has ended, by its number; −1 where it diverged, −2 where it has arrived at none. */
  of(end: { readonly theta: readonly number[]; readonly loss: number; readonly isDiverged: boolean; readonly hasEnded: boolean }): number {
    const { theta, loss, isDiverged, hasEnded } = end;
    if (isDiverged || !theta.every(Number.isFinite)) return -1;
    let [nearest, least] = [-2, Number.POSITIVE_INFINITY];
    for (const [i, place] of this.#places.entries()) {
      const distance = this.#distance(theta, place.theta);
      if (distance <= place.radius && distance < least) [nearest, least] = [i, distance];
    }
    if (nearest >= 0) return nearest;
    if (hasEnded) {
      // All along a valley it is the same minimum.
      const same = 1e-9 * (this.#highest - this.#lowest);
      const valley = this.#places.findIndex(({ isIsolated, value }) => !isIsolated && Math.abs(loss - value) <= same);
      return valley >= 0 ? valley : this.#outside(theta, loss);
    }
    return this.#outsideBy(theta) > FAR && loss > this.#highest ? -1 : -2;
  }

  minima(counts: ReadonlyMap<number, number>, all: number): ReachedMinimum<P>[] {
    return this.#places.map(({ theta, value, isInWindow }, i) => ({
      point: this.#point(Float64Array.from(theta)),
      value,
      isInWindow,
      share: (counts.get(i) ?? 0) / all,
    }));
  }

  /** A minimum that no search in the window could find: the end of a descent at which the Hessian is positive. */
  #outside(theta: readonly number[], loss: number): number {
    if (this.#outsideBy(theta) === 0 || this.#places.length > OUTSIDE) return -2;
    const bends = symmetricEigen(this.#derivatives.hessian(theta));
    if (!bends.every(({ value }) => value > 0)) return -2;
    return this.#places.push({ theta, value: loss, isInWindow: false, radius: SAME, isIsolated: true }) - 1;
  }

  #distance(a: readonly number[], b: readonly number[]): number {
    const { width } = this.#frame;
    return Math.hypot((a[0] - b[0]) / width[0], (a[1] - b[1]) / width[1]);
  }

  /** How many windows outside: 0 inside. */
  #outsideBy(theta: readonly number[]): number {
    const { low, width } = this.#frame;
    return Math.max(...theta.map((x, i) => Math.max(0, (low[i] - x) / width[i], (x - low[i]) / width[i] - 1)));
  }
}
