/** The objective around the end of a descent: what a diagnosis measures when it is read, and not before. */
import { dot, norm } from "../../algebra/index.js";
import { Derivatives, type EigenPair, extremeEigenvalues, placesOf, type SymmetricOperator } from "../../curvature/index.js";
import type { Objective } from "../../objectives/objective.js";
import { type DType, type HostData, sizeOf } from "../../tensor/types.js";
import type { Region } from "../regions.js";
import { type Direction, short } from "./finding.js";

/** All eigenvalues of the Hessian are taken for up to so many variables. */
export const FEW = 12;
/** Products with the Hessian for more of them, and numbers that those may keep. */
const PRODUCTS = 100;
const KEPT = 2 ** 25;

export interface LandscapeParts {
  readonly objective: Objective;
  /** −1 where −f is minimised. */
  readonly sign: 1 | -1;
  readonly start: HostData;
  readonly end: HostData;
  /** Where the next step leads: to the point where nothing was finite, for a descent that diverged. */
  readonly next: HostData;
  readonly region: Region | undefined;
  /** Parameters that the rule leaves alone. */
  readonly frozen: ReadonlySet<unknown> | undefined;
}

/** Eigenvalues of the Hessian at a point, ascending. Of many variables only the two ends, and those only where they are known. */
export interface Spectrum {
  readonly pairs: readonly EigenPair[];
  /** Whether these are all. */
  readonly isComplete: boolean;
  readonly least: EigenPair | undefined;
  readonly most: EigenPair | undefined;
  /** Eigenvalues below this count as 0. */
  readonly zero: number;
}

/** What f does along a ray: t is the distance. */
export interface Ray {
  /** Which way f goes first, beyond rounding. */
  readonly first: "up" | "down" | "flat";
  readonly firstAt: number;
  /** Where it has first risen above its value at the beginning. */
  readonly risesAt: number | undefined;
  readonly lowest: number;
  readonly lowestAt: number;
  /** Whether it never rises as far as numbers reach. */
  readonly isEndless: boolean;
  readonly last: number;
}

/** f where it is minimised, −f where it is maximised. */
export class Landscape {
  readonly objective: Objective;
  readonly sign: 1 | -1;
  readonly start: HostData;
  readonly end: HostData;
  readonly next: HostData;
  readonly value: number;
  /** ∇f at the end, 0 where θ is not free. */
  readonly gradient: Float64Array;
  /** Coordinates that can move, ascending. */
  readonly free: Uint32Array;
  /** Coordinates that a bound holds; for other sets 1 where θ lies on the border. */
  readonly held: number;
  readonly isOnBorder: boolean;
  readonly dtype: DType;
  /** max(1, |θᵢ|) */
  readonly reach: number;
  readonly #derivatives: Derivatives;
  readonly #isPartial: boolean;
  #noise: number | undefined;
  #spectrum: Spectrum | undefined;

  constructor({ objective, sign, start, end, next, region, frozen }: LandscapeParts) {
    this.objective = sign === 1 ? objective : { ...objective, loss: (theta) => objective.loss(theta).neg() };
    this.sign = sign;
    [this.start, this.end, this.next] = [start, end, next];
    this.dtype = objective.parameters.dtype;
    this.#derivatives = new Derivatives(this.objective);
    const { value, gradient } = this.#derivatives.at(end);
    this.value = value;
    const entries = objective.parameters.entries.filter((entry) => frozen?.has(entry) !== true);
    const places = placesOf({ ...objective.parameters, entries });
    const pulled = region?.nearest(end.map((x, i) => x - gradient[i]));
    const isHeld = (i: number) => region?.coordinatewise === true && gradient[i] !== 0 && pulled?.[i] === end[i];
    this.free = places.filter((i) => !isHeld(i));
    // Where a step along −g is shortened by more than rounding, the border is what stops it.
    const wish = norm(gradient);
    const went = pulled === undefined ? wish : norm(pulled.map((x, i) => x - end[i]));
    this.isOnBorder = region !== undefined && region.coordinatewise !== true && went < 0.5 * wish;
    this.held = this.isOnBorder ? 1 : places.length - this.free.length;
    this.gradient = new Float64Array(end.length);
    for (const i of this.free) this.gradient[i] = gradient[i];
    this.#isPartial = frozen !== undefined && frozen.size > 0;
    this.reach = Math.max(1, ...bounds(end));
  }

  /** What claims have to be restricted to. */
  get scope(): string {
    return this.#isPartial ? " in what is not frozen" : "";
  }

  get epsilon(): number {
    return this.dtype === "f32" ? 2 ** -23 : 2 ** -52;
  }

  /** f at `end + distance · direction`. */
  valueAt(direction: ArrayLike<number>, distance: number): number {
    return this.#derivatives.at(Float64Array.from(this.end, (x, i) => x + distance * direction[i])).value;
  }

  gradientAt(step: ArrayLike<number>): Float64Array {
    const { gradient } = this.#derivatives.at(Float64Array.from(this.end, (x, i) => x + step[i]));
    const out = new Float64Array(gradient.length);
    for (const i of this.free) out[i] = gradient[i];
    return out;
  }

  /** Differences of f that may be rounding: measured beside the end, too. */
  get noise(): number {
    if (this.#noise === undefined) {
      let jitter = 8 * this.epsilon * Math.abs(this.value);
      const unit = this.gradient.map((_, i) => (i % 2 === 0 ? 1 : -1));
      for (const ulps of [-2, -1, 1, 2]) {
        const there = this.valueAt(unit, ulps * this.epsilon * this.reach);
        const rise = this.gradient.reduce((sum, g, i) => sum + Math.abs(g * unit[i]), 0) * Math.abs(ulps) * this.epsilon * this.reach;
        if (Number.isFinite(there)) jitter = Math.max(jitter, Math.abs(there - this.value) - rise);
      }
      this.#noise = 2 * jitter;
    }
    return this.#noise;
  }

  /** H at a point by its products, on what is free. */
  operatorAt(theta: ArrayLike<number>): SymmetricOperator {
    const { free } = this;
    return {
      size: this.end.length,
      support: free,
      times: (v) => {
        const image = this.#derivatives.times(theta, v);
        const out = new Float64Array(image.length);
        for (const i of free) out[i] = image[i];
        return out;
      },
    };
  }

  /** The largest eigenvalue of the Hessian at a point; NaN where it cannot be told. */
  largestCurvature(theta: ArrayLike<number>): number {
    const count = this.#products;
    if (count === 0) return Number.NaN;
    const { largest } = extremeEigenvalues(this.operatorAt(theta), { smallest: 0, tolerance: 1e-4, products: count });
    const [first] = largest;
    return first !== undefined && first.residual <= 0.01 * Math.abs(first.value) ? first.value : Number.NaN;
  }

  /** Of the Hessian at the end. */
  get spectrum(): Spectrum {
    this.#spectrum ??= this.#measured();
    return this.#spectrum;
  }

  /** Whether all eigenvalues at the end are known to be well above 0. */
  get isDefinite(): boolean {
    const { least, zero } = this.spectrum;
    return least !== undefined && least.value > zero;
  }

  get #products(): number {
    const { length } = this.free;
    const most = Math.min(PRODUCTS, Math.floor(KEPT / Math.max(1, this.end.length)));
    return length === 0 || most < 8 ? 0 : most;
  }

  #measured(): Spectrum {
    const count = this.#products;
    const none = { pairs: [], isComplete: false, least: undefined, most: undefined, zero: 0 };
    if (count === 0) return none;
    const isComplete = this.free.length <= FEW;
    const operator = this.operatorAt(this.end);
    // Rounding of float32 products, and of those of float64 that cancel.
    const share = this.dtype === "f32" ? 1e-4 : 1e-8;
    if (isComplete) {
      const { largest } = extremeEigenvalues(operator, { largest: this.free.length, smallest: 0 });
      const pairs = largest.toReversed();
      if (!pairs.every(({ value }) => Number.isFinite(value))) return none;
      const zero = share * Math.max(...pairs.map(({ value }) => Math.abs(value)));
      return { pairs, isComplete, least: pairs[0], most: pairs.at(-1), zero };
    }
    const { largest, smallest } = extremeEigenvalues(operator, { tolerance: this.dtype === "f32" ? 1e-5 : 1e-8, products: count });
    const [most, least] = [largest[0], smallest[0]];
    if (!(Number.isFinite(most?.value) && Number.isFinite(least?.value))) return none;
    const scale = Math.max(Math.abs(most.value), Math.abs(least.value));
    const isKnown = ({ value, residual }: EigenPair) => residual <= Math.max(0.05 * Math.abs(value), share * scale);
    return {
      pairs: [least, most],
      isComplete,
      least: isKnown(least) ? least : undefined,
      most: isKnown(most) ? most : undefined,
      zero: share * scale,
    };
  }

  /**
   * Follows f along a ray until it has risen, or to the end of the numbers.
   *
   * @param to how far at most
   */
  ray(direction: ArrayLike<number>, from: number, to = Number.POSITIVE_INFINITY): Ray {
    const { noise } = this;
    let first: Ray["first"] = "flat";
    let [firstAt, lowest, lowestAt, last] = [Number.NaN, this.value, 0, this.value];
    const longest = this.dtype === "f32" ? 1e37 : 1e300;
    for (let t = from; t <= to; t *= t < 1e6 * this.reach ? 2 : 16) {
      const f = t > longest ? Number.NaN : this.valueAt(direction, t);
      const isEnd = Number.isNaN(f) || f === Number.NEGATIVE_INFINITY;
      if (isEnd) {
        const isEndless = t > longest || f === Number.NEGATIVE_INFINITY;
        return { first, firstAt, risesAt: undefined, lowest, lowestAt, isEndless, last };
      }
      if (first === "flat" && Math.abs(f - this.value) > noise) [first, firstAt] = [f > this.value ? "up" : "down", t];
      last = f;
      if (f > this.value + noise) return { first, firstAt, risesAt: t, lowest, lowestAt, isEndless: false, last };
      if (f < lowest) [lowest, lowestAt] = [f, t];
    }
    return { first, firstAt, risesAt: undefined, lowest, lowestAt, isEndless: false, last };
  }

  /** p with H p = −g by conjugate gradients, where H is positive definite; undefined where that is not found. */
  newtonStep(): Float64Array | undefined {
    const { spectrum, gradient } = this;
    if (spectrum.isComplete) {
      const step = new Float64Array(gradient.length);
      for (const { value, vector } of spectrum.pairs) {
        if (Math.abs(value) <= spectrum.zero) continue;
        const along = dot(vector, gradient) / value;
        vector.forEach((x, i) => {
          step[i] -= along * x;
        });
      }
      return step;
    }
    const operator = this.operatorAt(this.end);
    const step = new Float64Array(gradient.length);
    const rest = gradient.map((x) => -x);
    let direction = rest.slice();
    let square = dot(rest, rest);
    const wanted = 1e-4 * square;
    for (let k = 0; k < this.#products && square > wanted; k++) {
      const image = operator.times(direction);
      const bend = dot(direction, image);
      if (!(bend > 0)) return undefined;
      const rate = square / bend;
      for (const i of this.free) {
        step[i] += rate * direction[i];
        rest[i] -= rate * image[i];
      }
      const next = dot(rest, rest);
      direction = rest.map((r, i) => r + (next / square) * direction[i]);
      square = next;
    }
    return square <= wanted ? step : undefined;
  }

  /** gᵀHg / gᵀg: the curvature along the slope at a point. */
  curvatureAlongGradient(theta: ArrayLike<number>): number {
    const { gradient } = this.#derivatives.at(theta);
    const length = norm(gradient);
    if (!(length > 0 && Number.isFinite(length))) return Number.NaN;
    const unit = gradient.map((g) => g / length);
    return dot(unit, this.#derivatives.times(theta, unit));
  }

  /** The larger components of a direction by name; undefined where there are too many. */
  named(direction: ArrayLike<number>): Direction | undefined {
    if (this.free.length > FEW) return undefined;
    const most = Math.abs(largestOf(direction));
    const entries = Array.from(this.free, (i): [string, number] => [this.nameOf(i), direction[i]]);
    return Object.fromEntries(entries.filter(([, x]) => Math.abs(x) > 1e-3 * most));
  }

  /** The same of an axis, which has no sign: the largest component is positive. */
  axis(direction: Float64Array): Direction | undefined {
    return this.named(largestOf(direction) < 0 ? direction.map((x) => -x) : direction);
  }

  /** The name of a coordinate. */
  nameOf(index: number): string {
    const { entries } = this.objective.parameters;
    const entry = entries.find(({ offset, shape }) => index >= offset && index < offset + sizeOf(shape));
    if (entry === undefined) return `θ[${index}]`;
    if (entry.shape.length === 0) return entry.path;
    const place = index - entry.offset;
    const steps = entry.shape.map((_, axis) => sizeOf(entry.shape.slice(axis + 1)));
    return `${entry.path}[${steps.map((step, axis) => Math.floor(place / step) % entry.shape[axis]).join(", ")}]`;
  }
}

/** `y`, or `0.71 x − 0.71 y`. */
export function inWords(direction: Direction | undefined): string {
  if (direction === undefined) return "the direction of least curvature";
  const parts = Object.entries(direction);
  if (parts.length === 1) return parts[0][1] < 0 ? `−${parts[0][0]}` : parts[0][0];
  return parts
    .map(([name, x], i) => `${i === 0 ? (x < 0 ? "−" : "") : x < 0 ? " − " : " + "}${short(Number(Math.abs(x).toPrecision(2)))} ${name}`)
    .join("");
}

/** The first of the components that are largest in size. */
const largestOf = (direction: ArrayLike<number>): number =>
  Array.from(direction).reduce((most, x) => (Math.abs(x) > Math.abs(most) * (1 + 1e-9) ? x : most), 0);

function bounds(theta: HostData): [number, number] {
  let [low, high] = [0, 0];
  for (const x of theta) [low, high] = [Math.min(low, x), Math.max(high, x)];
  return [-low, high];
}
