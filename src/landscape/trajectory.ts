/** Paths seen from a plane: the plane that holds most of one, and where its points lie over a plane. */
import { dot, norm } from "../algebra/index.js";
import { type EigenPair, extremeEigenvalues } from "../curvature/index.js";
import type { Path } from "../descent/run.js";
import { SteepestError } from "../tensor/error.js";
import type { HostData } from "../tensor/types.js";
import type { PlacedPlane } from "./slice.js";

/** Principal directions of a path, and what share of it they hold. */
export interface PrincipalPlane {
  /** Two directions of length 1, at right angles. */
  readonly directions: readonly [Float64Array, Float64Array];
  /** λᵢ / Σ λ: the shares of the squared distances of its points to the last one. */
  readonly explained: readonly [number, number];
}

/** Differences θᵢ − θ_last of all points but the last. */
function differences({ data, stride, length }: Path): Float64Array[] {
  const last = (length - 1) * stride;
  return Array.from({ length: length - 1 }, (_, i) =>
    Float64Array.from({ length: stride }, (_, k) => data[i * stride + k] - data[last + k]),
  );
}

/**
 * The plane through the last point of a path that holds most of it: the two leading eigenvectors of DᵀD, where the rows of D are the differences θᵢ − θ_last. No mean is
 * taken off, since the plane goes through the last point. Where θ is longer than the path, DDᵀ is the smaller matrix; it has the same eigenvalues,
 *
 *     DDᵀ u = λ u   →   d = Dᵀu / √λ
 *
 * Each direction points to the side of the first point.
 *
 * @throws SteepestError for a path that lies on a line
 */
export function principalPlane(path: Path): PrincipalPlane {
  const rows = differences(path);
  // DᵀD and DDᵀ are known by their products: no matrix is as large as the path is long.
  const down = (v: Float64Array) => Float64Array.from(rows, (row) => dot(row, v));
  const up = (u: Float64Array) => {
    const out = new Float64Array(path.stride);
    rows.forEach((row, i) => {
      for (let k = 0; k < out.length; k++) out[k] += u[i] * row[k];
    });
    return out;
  };
  const isNarrow = path.stride < rows.length;
  const operator = isNarrow
    ? { size: path.stride, times: (v: Float64Array) => up(down(v)) }
    : { size: rows.length, times: (u: Float64Array) => down(up(u)) };
  const [first, second] = extremeEigenvalues(operator, { largest: 2, smallest: 0, tolerance: 1e-13 }).largest;
  const total = rows.reduce((sum, row) => sum + dot(row, row), 0);
  if (second === undefined || !(second.value > rows.length * Number.EPSILON * first.value))
    throw new SteepestError({
      problem: "the path lies on a line: it has no plane of its own",
      expected: "at least three points that do not lie on one line",
      received: `${path.length} points`,
      fix: 'record more points of the training (recordPath), or ask for another plane: plane: "random"',
    });
  const direction = ({ vector }: EigenPair): Float64Array => {
    const out = isNarrow ? vector : up(vector);
    const length = norm(out) * (dot(out, rows[0]) < 0 ? -1 : 1);
    return out.map((x) => x / length);
  };
  return { directions: [direction(first), direction(second)], explained: [first.value / total, second.value / total] };
}

/** Where points lie, seen from a plane: the coordinates of the nearest point of the plane, and how far away it is. */
export interface Projection {
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** ‖θ − (θ₀ + a d₁ + b d₂)‖₂ */
  readonly distance: Float64Array;
}

/** Projects the points of a path onto a plane, or a line, whose directions need not be at right angles. */
export function projected({ data, stride, length }: Path, { centre, first, second }: PlacedPlane): Projection {
  const result = { a: new Float64Array(length), b: new Float64Array(length), distance: new Float64Array(length) };
  const [d1, d2] = [Float64Array.from(first), second && Float64Array.from(second)];
  const [g11, g12, g22] = [dot(d1, d1), d2 ? dot(d1, d2) : 0, d2 ? dot(d2, d2) : 1];
  for (let i = 0; i < length; i++) {
    const away = Float64Array.from({ length: stride }, (_, k) => data[i * stride + k] - centre[k]);
    const [r1, r2] = [dot(away, d1), d2 ? dot(away, d2) : 0];
    const determinant = g11 * g22 - g12 * g12;
    const a = (r1 * g22 - r2 * g12) / determinant;
    const b = d2 ? (r2 * g11 - r1 * g12) / determinant : 0;
    for (let k = 0; k < stride; k++) away[k] -= a * d1[k] + (d2 ? b * d2[k] : 0);
    result.a[i] = a;
    result.b[i] = b;
    result.distance[i] = norm(away);
  }
  return result;
}

/** A window that holds all projected points and the origin, a tenth wider on each side. */
export function windowAround(places: Float64Array): readonly [number, number] {
  const [low, high] = [Math.min(0, ...places), Math.max(0, ...places)];
  const margin = (high - low) / 10 || 1;
  return [low - margin, high + margin];
}

/** θ i of a path. */
export const pointOf = ({ data, stride }: Path, i: number): HostData => data.slice(i * stride, (i + 1) * stride);
