/** Roots of ∇f from many starts at once, by Levenberg–Marquardt with the exact Hessian. */
import { symmetricEigen } from "../../curvature/index.js";
import type { BatchedDerivatives } from "../batched-derivatives.js";

type Eigen = ReturnType<typeof symmetricEigen>;

/** A point of a search for roots of ∇f. Coordinates u run from 0 to 1 across the window: x = low + u·width. */
export class Root {
  readonly u: Float64Array;
  /** NaN where anything here is not finite. */
  readonly value: number;
  /** Of f with respect to u. */
  readonly gradient: Float64Array;
  readonly hessian: readonly Float64Array[];
  readonly #cube: Cube;
  #eigen: Eigen | undefined;
  #away: number | undefined;

  constructor(u: Float64Array, value: number, gradient: Float64Array, hessian: readonly Float64Array[], cube: Cube) {
    const isFinite = Number.isFinite(value) && gradient.every(Number.isFinite) && hessian.every((row) => row.every(Number.isFinite));
    this.u = u;
    this.value = isFinite ? value : Number.NaN;
    this.gradient = isFinite ? gradient : gradient.map(() => Number.NaN);
    this.hessian = hessian;
    this.#cube = cube;
  }

  /** In ascending order, with their vectors; none where f is not finite. */
  get eigen(): Eigen {
    this.#eigen ??= Number.isNaN(this.value) ? [] : symmetricEigen(this.hessian);
    return this.#eigen;
  }

  /** The longest part of Newton's step along an eigenvector; where the slope is nothing but rounding there is none to go. */
  get away(): number {
    this.#away ??= Number.isNaN(this.value) ? Number.POSITIVE_INFINITY : Math.max(...this.eigen.map((pair) => this.#step(pair)));
    return this.#away;
  }

  /** Whether it is a root as far as floats can tell. */
  get isRoot(): boolean {
    return this.away <= CLOSE;
  }

  #step({ value, vector }: Eigen[number]): number {
    const slope = Math.abs(this.gradient.reduce((sum, g, i) => sum + g * vector[i], 0));
    if (slope <= CLOSEST * Math.abs(value)) return slope === 0 ? 0 : slope / Math.abs(value);
    const { low, width } = this.#cube;
    let noise = 0;
    for (let i = 0; i < vector.length; i++)
      for (let j = 0; j < vector.length; j++) noise += Math.abs(vector[i] * this.hessian[i][j]) * Math.abs(low[j] / width[j] + this.u[j]);
    return slope <= 64 * Number.EPSILON * noise ? 0 : slope / Math.abs(value);
  }
}

export interface Cube {
  readonly low: Float64Array;
  readonly width: Float64Array;
}

/** The longest step, and how far outside a search may go, as shares of the window. */
const LONGEST = 0.25;
const OUTSIDE = 0.25;
/** How far a root may still be by Newton's step, at the end and for searches that others refine. */
const CLOSE = 1e-6;
const CLOSEST = 1e-9;

interface Search {
  root: Root;
  damping: number;
  done: boolean;
}

export interface SearchOptions {
  readonly rounds: number;
  /** `damped`: only steps along which ‖g‖ falls; `newton`: every step as Newton has it, which crosses bent valleys. */
  readonly method: "damped" | "newton";
  /** Whether to end at the first point that counts as a root, in place of the limit of floats. */
  readonly rough: boolean;
}

/**
 * Each search takes steps p = −(H² + μ)⁻¹ H g, accepted where ‖g‖ falls, so that saddles and maxima draw as minima do. At roots where
 * H is singular the distance halves from step to step; at others the number of right digits doubles.
 */
export function findRoots(
  derivatives: BatchedDerivatives,
  cube: Cube,
  starts: Float64Array,
  { rounds, method, rough }: SearchOptions,
): { readonly roots: Root[]; readonly evaluations: number } {
  const n = derivatives.size;
  const first = rootsAt(derivatives, cube, starts);
  let evaluations = first.length;
  const isNewton = method === "newton";
  const ends = (root: Root) => squared(root.gradient) === 0 || (rough && root.away <= CLOSEST) || !Number.isFinite(root.value);
  const searches = first.map((root): Search => ({ root, damping: isNewton ? 0 : 1e-3, done: ends(root) }));
  for (let round = 0; round < rounds; round++) {
    const active = searches.filter((search) => !search.done);
    if (active.length === 0) break;
    const trials = new Float64Array(active.length * n);
    active.forEach(({ root, damping }, i) => {
      const step = stepFrom(root, damping);
      for (let d = 0; d < n; d++) trials[i * n + d] = root.u[d] + step[d];
    });
    const found = rootsAt(derivatives, cube, trials);
    evaluations += found.length;
    found.forEach((trial, i) => {
      const search = active[i];
      const falls = squared(trial.gradient) < squared(search.root.gradient);
      if (falls || (isNewton && Number.isFinite(trial.value))) {
        search.root = trial;
        search.damping = search.damping < 1e-12 ? 0 : search.damping / 10;
      } else search.damping = search.damping === 0 ? 1e-12 : search.damping * 100;
      const isAway = search.root.u.some((x) => x < -OUTSIDE || x > 1 + OUTSIDE);
      search.done = isAway || ends(search.root) || search.damping > 1e6;
    });
  }
  return { roots: searches.map(({ root }) => root), evaluations };
}

/** All there is to know at points of the cube. */
export function rootsAt(derivatives: BatchedDerivatives, cube: Cube, us: Float64Array): Root[] {
  const { low, width } = cube;
  const n = derivatives.size;
  const count = us.length / n;
  const xs = us.map((u, k) => low[k % n] + u * width[k % n]);
  const { values, gradients, hessians } = derivatives.at(xs);
  return Array.from({ length: count }, (_, i) => {
    const gradient = Float64Array.from({ length: n }, (_, d) => gradients[i * n + d] * width[d]);
    const hessian = Array.from({ length: n }, (_, r) =>
      Float64Array.from({ length: n }, (_, c) => hessians[(i * n + r) * n + c] * width[r] * width[c]),
    );
    return new Root(us.slice(i * n, (i + 1) * n), values[i], gradient, hessian, cube);
  });
}

function stepFrom({ gradient, eigen }: Root, damping: number): Float64Array {
  const step = new Float64Array(gradient.length);
  const largest = Math.max(...eigen.map(({ value }) => Math.abs(value)));
  for (const { value, vector } of eigen) {
    if (value === 0) continue;
    const slope = gradient.reduce((sum, g, i) => sum + g * vector[i], 0);
    const length = -slope / (value + (damping * largest * largest) / value);
    for (let i = 0; i < step.length; i++) step[i] += length * vector[i];
  }
  const most = Math.max(...step.map(Math.abs));
  return most > LONGEST ? step.map((x) => (x * LONGEST) / most) : step;
}

const squared = (v: Float64Array): number => v.reduce((sum, x) => sum + x * x, 0);
