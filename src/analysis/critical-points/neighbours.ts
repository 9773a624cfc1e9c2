/** What the neighbours of a point say of it where the Hessian does not. */

import { RandomStream } from "../../tensor/random.js";
import type { BatchedDerivatives } from "../batched-derivatives.js";
import type { Cube, Root } from "./roots.js";

/** How f compares with its value at the point, on small spheres around it. */
export type Surroundings = "above" | "below" | "both" | "level" | "unclear";

/** As shares of the window. */
const RADII = [1e-2, 3e-3, 1e-3, 3e-4] as const;
const DIRECTIONS = 96;

/**
 * Compares f on four spheres of falling radius with f at the point. Differences within rounding (measured by tiny steps) count for nothing.
 * The spheres must agree, two of them clearly.
 */
export function surroundings(derivatives: BatchedDerivatives, { low, width }: Cube, root: Root): Surroundings {
  const n = derivatives.size;
  const directions = unitDirections(n, root);
  const offsets = [...RADII, 1e-12, 3e-13].flatMap((radius) => directions.map((direction) => direction.map((x) => radius * x)));
  const points = new Float64Array(offsets.length * n);
  offsets.forEach((offset, i) => {
    for (let d = 0; d < n; d++) points[i * n + d] = low[d] + (root.u[d] + offset[d]) * width[d];
  });
  const differences = derivatives.at(points).values.map((value) => value - root.value);
  const jitter = differences.subarray(RADII.length * directions.length);
  const noise = 8 * jitter.reduce((most, x) => Math.max(most, Math.abs(x)), Number.EPSILON * Math.abs(root.value));
  const found: Surroundings[] = RADII.map((_, k) => {
    const shell = differences.subarray(k * directions.length, (k + 1) * directions.length);
    if (!shell.every(Number.isFinite)) return "unclear";
    const rises = shell.some((x) => x > noise);
    const falls = shell.some((x) => x < -noise);
    return rises ? (falls ? "both" : "above") : falls ? "below" : "level";
  });
  if (found.every((verdict) => verdict === "level")) return "level";
  const clear = found.filter((verdict) => verdict !== "level");
  const last = clear.at(-1) ?? "unclear";
  return clear.length >= 2 && clear.every((verdict) => verdict === last) ? last : "unclear";
}

function unitDirections(n: number, root: Root): Float64Array[] {
  if (n === 1) return [Float64Array.of(1), Float64Array.of(-1)];
  const random = new RandomStream(0, "the neighbours of a critical point");
  const drawn = Array.from({ length: DIRECTIONS }, () => {
    const v = Float64Array.from({ length: n }, () => random.normal());
    const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    return v.map((x) => x / length);
  });
  const axes = Array.from({ length: n }, (_, i) => new Float64Array(n).fill(1, i, i + 1));
  return [...root.eigen.map(({ vector }) => vector), ...axes, ...drawn].flatMap((v) => [v, v.map((x) => -x)]);
}
