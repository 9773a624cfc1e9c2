/** Roots of ∇f that are one point, or points of one valley. */
import type { BatchedDerivatives } from "../batched-derivatives.js";
import { type Cube, findRoots, type Root } from "./roots.js";

export interface RootGroup {
  /** The root whose gradient is the smallest. */
  readonly root: Root;
  /** How many searches ended here. */
  readonly searches: number;
  readonly isSingular: boolean;
  /** Whether it is part of a curve or surface of critical points. */
  readonly isIsolated: boolean;
}

/** All lengths are shares of the window. */
const SAME_POINT = 1e-5;
const SAME_SINGULAR_POINT = 1e-3;
const SAME_VALLEY = 0.1;
/** How far along a flat direction another critical point is looked for. */
const ALONG = 0.01;
/** Eigenvalues count as 0 below this share of the largest, here or in the window. */
const FLAT = 1e-6;

export function grouped(
  derivatives: BatchedDerivatives,
  cube: Cube,
  roots: readonly Root[],
  curvature: number,
  sameValue: number,
): RootGroup[] {
  const sorted = [...roots].sort((a, b) => length(a.gradient) - length(b.gradient));
  const tight: { readonly root: Root; searches: number; readonly isSingular: boolean }[] = [];
  for (const root of sorted) {
    const isSingular = flatDirections(root, curvature).length > 0;
    const near = tight.find((group) => distance(group.root, root) < (isSingular || group.isSingular ? SAME_SINGULAR_POINT : SAME_POINT));
    if (near === undefined) tight.push({ root, searches: 1, isSingular });
    else near.searches++;
  }
  const followed = followedFlats(
    derivatives,
    cube,
    tight.filter(({ isSingular }) => isSingular).map(({ root }) => root),
    curvature,
    sameValue,
  );
  const isolated = tight.filter(({ root }) => !followed.has(root)).map((group) => ({ ...group, isIsolated: true }));
  const valleys = linked(
    tight.filter(({ root }) => followed.has(root)),
    sameValue,
  );
  return [...isolated, ...valleys];
}

/** Eigenvectors along which f does not bend. */
export function flatDirections({ eigen }: Root, curvature: number): Float64Array[] {
  const largest = Math.max(...eigen.map(({ value }) => Math.abs(value)));
  return eigen.filter(({ value }) => Math.abs(value) <= FLAT * Math.max(largest, 1e-3 * curvature)).map(({ vector }) => vector);
}

/** Those singular roots beside which, along a flat direction, lie other roots with the same value. */
function followedFlats(
  derivatives: BatchedDerivatives,
  cube: Cube,
  roots: readonly Root[],
  curvature: number,
  sameValue: number,
): Set<Root> {
  const origins: Root[] = [];
  const starts: number[] = [];
  for (const root of roots)
    for (const direction of flatDirections(root, curvature))
      for (const sign of [1, -1]) {
        origins.push(root);
        starts.push(...root.u.map((x, i) => x + sign * ALONG * direction[i]));
      }
  const others =
    starts.length === 0 ? [] : findRoots(derivatives, cube, Float64Array.from(starts), { rounds: 50, method: "damped", rough: true }).roots;
  const followed = others.map((other, i) => {
    const away = distance(other, origins[i]);
    return other.isRoot && away > ALONG / 2 && away < 2 * ALONG && Math.abs(other.value - origins[i].value) <= sameValue;
  });
  return new Set(origins.filter((_, i) => followed[i]));
}

/** Groups that hang together, each near the next, with the same value: one valley. */
function linked(groups: readonly Omit<RootGroup, "isIsolated">[], sameValue: number): RootGroup[] {
  const rest = new Set(groups);
  const valleys: RootGroup[] = [];
  for (const first of rest) {
    rest.delete(first);
    const valley = [first];
    for (const member of valley)
      for (const other of rest)
        if (distance(member.root, other.root) < SAME_VALLEY && Math.abs(member.root.value - other.root.value) <= sameValue) {
          rest.delete(other);
          valley.push(other);
        }
    // The member nearest the middle of the window stands for all.
    const middle = (u: Float64Array) => u.reduce((sum, x) => sum + (x - 0.5) * (x - 0.5), 0);
    const [best] = [...valley].sort((a, b) => middle(a.root.u) - middle(b.root.u));
    valleys.push({ ...best, searches: valley.reduce((sum, { searches }) => sum + searches, 0), isIsolated: false });
  }
  return valleys;
}

const distance = (a: Root, b: Root): number => a.u.reduce((most, x, i) => Math.max(most, Math.abs(x - b.u[i])), 0);
const length = (v: Float64Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
