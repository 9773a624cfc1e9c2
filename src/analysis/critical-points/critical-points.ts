/** `criticalPoints`: where the gradient is 0, and what f does there. */
import { norm } from "../../algebra/index.js";
import { symmetricEigen } from "../../curvature/index.js";
import type { Constants } from "../../objectives/formula/function-parser.js";
import { SteepestError } from "../../tensor/error.js";
import { BatchedDerivatives } from "../batched-derivatives.js";
import type { AnalysisOptions } from "../subject.js";
import { halton, type PointIn, type Searched, type Window, type WindowedObjective, windowed } from "../window.js";
import { flatDirections, grouped, type RootGroup } from "./groups.js";
import { surroundings } from "./neighbours.js";
import { type Cube, findRoots, type Root, rootsAt } from "./roots.js";

export interface CriticalPointsOptions<W extends Window, C extends Constants = Constants> extends AnalysisOptions<C> {
  /** Where to search: `[[-5, 5], [-5, 5]]` in the order of the variables, `{ x: [-5, 5], y: [-5, 5] }`, or `[-5, 5]` for one variable. */
  readonly window: W;
  /**
   * Searches, from points spread evenly over the window. Default: 256 for one variable, 512 for two, twice as many for each further one, at most
   * 4,096; four times as many again where over 2 % of the points were met once only.
   */
  readonly starts?: number;
}

export type CriticalKind = "minimum" | "maximum" | "saddle" | "plateau" | "inconclusive";

export interface CriticalPoint<P> {
  readonly point: P;
  readonly value: number;
  /**
   * What f does there. `plateau`: f is the same all around. `inconclusive`: neither the Hessian nor the neighbours decide, or the point is
   * none of these (x³ at 0).
   */
  readonly kind: CriticalKind;
  /** Whether the Hessian decided, or, where it is singular, small spheres around the point: evidence, not proof. */
  readonly decidedBy: "hessian" | "neighbours";
  /** Eigenvalues of the Hessian in ascending order. */
  readonly eigenvalues: readonly number[];
  /** How many of them are negative: 0 at a minimum, all at a maximum. */
  readonly index: number;
  /** Largest over smallest size of the eigenvalues; Infinity where the Hessian is singular. */
  readonly condition: number;
  readonly gradientNorm: number;
  /** False where the point is one of a whole curve or surface of critical points with the same value; `directions` lead along it. */
  readonly isIsolated: boolean;
  /** Unit vectors along which f does not bend; none where the Hessian is regular. */
  readonly directions: readonly P[];
  /** Unit vectors along which f bends down, the eigenvectors of negative eigenvalues: where a descent leaves a saddle. */
  readonly unstable: readonly P[];
  /** Among minima: no minimum found lies lower, nor any point that the search met. Among maxima: none higher. */
  readonly isGlobal: boolean;
  /** How many searches ended here. */
  readonly searches: number;
  /** What was found, in words. */
  readonly reason: string;
}

export interface CriticalPoints<P> {
  /** Minima first, from low to high; then saddles, maxima, and what is left. */
  readonly points: readonly CriticalPoint<P>[];
  readonly minima: readonly CriticalPoint<P>[];
  readonly maxima: readonly CriticalPoint<P>[];
  readonly saddles: readonly CriticalPoint<P>[];
  /** Searches begun, and those that ended at a critical point inside the window. */
  readonly starts: number;
  readonly converged: number;
  /** Points that only one search met: where there are many, there are probably more that none has met. */
  readonly metOnce: number;
  /** The lowest and highest values that were met inside the window, with their places. */
  readonly lowest: { readonly point: P; readonly value: number };
  readonly highest: { readonly point: P; readonly value: number };
  /** Evaluations of value, gradient and Hessian. */
  readonly evaluations: number;
  /** All of it in a few words. */
  readonly diagnosis: string;
}

/**
 * Finds and classifies the critical points of a function of few variables: ∇f(x) = 0 inside a window.
 *
 * Many searches run at once, from points of Halton's sequence: Levenberg–Marquardt on ∇f = 0 with the exact Hessian, which finds saddles and
 * maxima as well as minima, down to the limit of float64. At each point the eigenvalues λ of the Hessian decide:
 *
 *     all λ > 0: minimum    all λ < 0: maximum    of both signs: saddle
 *
 * Where it is singular, f on small spheres around the point does (`decidedBy: "neighbours"`), else the point is `inconclusive`. Points at which
 * Newton's step is not tiny are none: eˣ has no critical point, however small its gradient is. Minima at kinks (|x| at 0) have no gradient 0
 * and are not found. The search is thorough, not proof that there is nothing else: see `metOnce`.
 *
 * @param f a formula, a plain function of numbers, or what `trace(f, start)` gives; up to 8 variables, best up to 4
 * @throws SteepestError for a window that does not fit
 * @example
 * ```ts
 * import { criticalPoints } from "steepest";
 * const found = criticalPoints("x^3 - 3x + y^2", { window: { x: [-3, 3], y: [-2, 2] } });
 * found.points.length;            // → 2
 * found.minima[0].point;          // → { x: 1, y: 0 }
 * found.saddles[0].eigenvalues;   // → [-6, 2]
 * criticalPoints("exp(x)", { window: [-5, 5] }).points; // → []
 * ```
 */
export function criticalPoints<W extends Window, C extends Constants = Constants>(
  f: Searched,
  { window, constants, starts }: CriticalPointsOptions<W, C>,
): CriticalPoints<PointIn<W>> {
  const space = windowed(f, window, constants);
  const n = space.low.length;
  if (starts !== undefined) {
    if (!Number.isInteger(starts) || starts < 1 || starts > 100_000)
      throw new SteepestError({ problem: "starts cannot be used", expected: "a whole number from 1 to 100,000", received: String(starts) });
    return foundFrom(space, starts);
  }
  for (let count = n === 1 ? 256 : Math.min(4096, 128 * 2 ** n); ; count *= 4) {
    const found = foundFrom(space, count);
    if (found.metOnce <= 0.02 * found.points.length || count >= 4096) return found;
  }
}

function foundFrom<W extends Window>({ objective, low, width, point }: WindowedObjective<W>, count: number): CriticalPoints<PointIn<W>> {
  const cube: Cube = { low, width };
  const n = low.length;
  const derivatives = new BatchedDerivatives(objective, Math.min(count, 1024));
  const us = halton(count, n);
  const seen = rootsAt(derivatives, cube, us).filter(({ value }) => Number.isFinite(value));
  const { roots, evaluations } = searched(derivatives, cube, us);
  const isInside = ({ u }: Root) => u.every((x) => x >= -1e-9 && x <= 1 + 1e-9);
  const found = roots.filter((root) => root.isRoot && isInside(root));
  // Scales of the function over the window: its median curvature, and the spread of its values.
  const curvature = median(seen.map(({ eigen }) => Math.max(...eigen.map(({ value }) => Math.abs(value)))));
  const all = [...seen, ...roots.filter((root) => isInside(root) && Number.isFinite(root.value)), ...corners(derivatives, cube, n)];
  if (all.length === 0)
    throw new SteepestError({
      problem: "the function has no finite value in the window",
      expected: "a window in which it is defined",
      received: Array.from(low, (x, i) => `[${x}, ${x + width[i]}]`).join(", "),
    });
  const [least, most] = [lowestOf(all, 1), lowestOf(all, -1)];
  const sameValue = 1e-9 * (Math.abs(median(seen.map(({ value }) => Math.abs(value)))) + Number.MIN_VALUE);
  const groups = polished(derivatives, cube, grouped(derivatives, cube, found, curvature, sameValue));

  const points = groups.map((group): CriticalPoint<PointIn<W>> => {
    const { root } = group;
    const theta = root.u.map((u, i) => low[i] + u * width[i]);
    const eigen = symmetricEigen(root.hessian.map((row, i) => row.map((h, j) => h / (width[i] * width[j]))));
    const eigenvalues = eigen.map(({ value }) => value);
    const flats = flatDirections(root, curvature);
    const verdict = judged(derivatives, cube, group, curvature);
    const sizes = eigenvalues.map(Math.abs);
    const isGlobal =
      verdict.kind === "minimum"
        ? root.value <= least.value + sameValue
        : verdict.kind === "maximum" && root.value >= most.value - sameValue;
    return {
      point: point(theta),
      value: root.value + 0,
      ...verdict,
      eigenvalues,
      condition: flats.length > 0 ? Number.POSITIVE_INFINITY : Math.max(...sizes) / Math.min(...sizes),
      gradientNorm: norm(root.gradient.map((g, i) => g / width[i])),
      isIsolated: group.isIsolated,
      directions: flats.map((v) => {
        const direction = v.map((x, i) => x * width[i]);
        const size = norm(direction);
        return point(direction.map((x) => x / size));
      }),
      unstable: eigen.slice(0, verdict.index).map(({ vector }) => point(vector)),
      isGlobal,
      searches: group.searches,
    };
  });
  const order: readonly CriticalKind[] = ["minimum", "saddle", "maximum", "plateau", "inconclusive"];
  points.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.value - b.value);
  const ofKind = (kind: CriticalKind) => points.filter((p) => p.kind === kind);
  const place = ({ u, value }: Root) => ({ point: point(u.map((x, i) => low[i] + x * width[i])), value });
  const metOnce = points.filter(({ searches }) => searches === 1).length;
  return {
    points,
    minima: ofKind("minimum"),
    maxima: ofKind("maximum"),
    saddles: ofKind("saddle"),
    starts: count,
    converged: found.length,
    metOnce,
    lowest: place(least),
    highest: place(most),
    evaluations: evaluations + seen.length,
    diagnosis: diagnosisOf(points, metOnce),
  };
}

/** Damped searches first, which end near their starts; what they do not bring to a root is tried by Newton's steps. */
function searched(derivatives: BatchedDerivatives, cube: Cube, us: Float64Array): { readonly roots: Root[]; readonly evaluations: number } {
  const n = cube.low.length;
  const first = findRoots(derivatives, cube, us, { rounds: 50, method: "damped", rough: true });
  const lost = first.roots.flatMap((root, i) => (root.isRoot ? [] : [i]));
  const again = Float64Array.from(lost.flatMap((i) => Array.from(us.subarray(i * n, (i + 1) * n))));
  const second = findRoots(derivatives, cube, again, { rounds: 50, method: "newton", rough: true });
  const places = new Map(lost.map((i, k) => [i, k]));
  return {
    roots: first.roots.map((root, i) => second.roots[places.get(i) ?? -1] ?? root),
    evaluations: first.evaluations + second.evaluations,
  };
}

/** Each group's root to the limit of floats. */
function polished(derivatives: BatchedDerivatives, cube: Cube, groups: readonly RootGroup[]): RootGroup[] {
  const starts = Float64Array.from(groups.flatMap(({ root }) => Array.from(root.u)));
  const { roots } = findRoots(derivatives, cube, starts, { rounds: 200, method: "damped", rough: false });
  return groups.map((group, i) => ({ ...group, root: roots[i].isRoot ? roots[i] : group.root }));
}

function judged(derivatives: BatchedDerivatives, cube: Cube, group: RootGroup, curvature: number) {
  const { root } = group;
  const flat = new Set(flatDirections(root, curvature));
  const bent = root.eigen.filter(({ vector }) => !flat.has(vector));
  const falling = bent.filter(({ value }) => value < 0).length;
  const n = root.u.length;
  const said = (kind: CriticalKind, decidedBy: "hessian" | "neighbours", reason: string) => ({ kind, decidedBy, index: falling, reason });
  if (falling > 0 && falling < bent.length)
    return said("saddle", "hessian", `f bends down along ${falling} of ${n} directions, and up along others`);
  if (flat.size === 0)
    return falling === 0
      ? said("minimum", "hessian", "f bends up along all directions")
      : said("maximum", "hessian", "f bends down along all directions");
  const set = group.isIsolated ? "" : ", along a whole set of such points";
  const around = surroundings(derivatives, cube, root);
  switch (around) {
    case "above":
      return said("minimum", "neighbours", `the Hessian is singular; no neighbour lies lower${set}`);
    case "below":
      return said("maximum", "neighbours", `the Hessian is singular; no neighbour lies higher${set}`);
    case "level":
      return said("plateau", "neighbours", "f is the same all around, as far as floats tell");
    case "both":
      return n === 1
        ? said(
            "inconclusive",
            "neighbours",
            "the Hessian is singular; f rises on one side and falls on the other: an inflection, no minimum or maximum",
          )
        : said("saddle", "neighbours", `the Hessian is singular; some neighbours lie lower, some higher${set}`);
    case "unclear":
      return said("inconclusive", "neighbours", "the Hessian is singular, and neighbours near and far say different things");
  }
}

/** Values at the corners of the window, where functions without a minimum inside are often lowest. */
function corners(derivatives: BatchedDerivatives, cube: Cube, n: number): Root[] {
  const us = Float64Array.from({ length: 2 ** n * n }, (_, k) => (Math.floor(k / n) >> (k % n)) & 1);
  return rootsAt(derivatives, cube, us).filter(({ value }) => Number.isFinite(value));
}

const lowestOf = (roots: readonly Root[], sign: 1 | -1): Root =>
  roots.reduce((best, root) => (sign * root.value < sign * best.value ? root : best));

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1];
}

function diagnosisOf(points: readonly CriticalPoint<unknown>[], metOnce: number): string {
  if (points.length === 0) return "No critical point was found in the window: f has no minimum or maximum at which it is smooth there.";
  const words: Readonly<Record<CriticalKind, readonly [string, string]>> = {
    minimum: ["minimum", "minima"],
    maximum: ["maximum", "maxima"],
    saddle: ["saddle", "saddles"],
    plateau: ["plateau", "plateaus"],
    inconclusive: ["inconclusive point", "inconclusive points"],
  };
  const counts = Object.entries(words).flatMap(([kind, [one, many]]) => {
    const count = points.filter((p) => p.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  const valleys = points.filter((p) => !p.isIsolated).length;
  const minima = points.filter((p) => p.kind === "minimum");
  const lower =
    minima.length > 0 && !minima.some((p) => p.isGlobal) ? " f lies lower at the edge of the window than at any of its minima." : "";
  const more =
    metOnce > 0.1 * points.length ? ` ${metOnce} of them ${metOnce === 1 ? "was" : "were"} met by one search only: there may be more.` : "";
  const sets =
    valleys === 0 ? "" : ` ${valleys === 1 ? "One is" : `${valleys} are`} not isolated, but part of a whole set of critical points.`;
  return `${counts.join(", ")}.${sets}${lower}${more}`;
}
