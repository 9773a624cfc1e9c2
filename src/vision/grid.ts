/** Discrete gradient and divergence, exact adjoints of each other: on the grid of an image, and on weighted graphs. */
import { tracingError } from "../tensor/error.js";
import { concatenate } from "../tensor/join.js";
import type { Tensor } from "../tensor/tensor.js";
import { sameShape, showShape } from "../tensor/types.js";

/** What lies beyond the last row and column: the edge again (differences 0 there), the first one, or zeros. */
export type Boundary = "replicate" | "periodic" | "zero";

export interface GridOptions {
  /** Default `"replicate"`: no flow through the edges (Neumann). */
  readonly boundary?: Boundary;
  /** h, the distance of neighbours: differences are divided by it, sums are multiplied by hᵈ. 1/n for an image on [0, 1]². Default 1. */
  readonly spacing?: number;
  /** Where the channels of a tensor of three axes lie: `"interleaved"` H × W × C (the default) or `"planar"` C × H × W. */
  readonly layout?: "interleaved" | "planar";
}

/** Where differences are taken: between neighbours on a grid, or along the edges of a graph. */
export interface DifferenceOperator {
  readonly name: string;
  /** ∇u: one tensor for each direction. */
  gradient(u: Tensor): readonly Tensor[];
  /** div p, so that ⟨∇u, p⟩ = −⟨u, div p⟩ for all u and p. */
  divergence(p: readonly Tensor[]): Tensor;
  /** Summed over the channels of each place, to be broadcast against what has them. */
  joined(x: Tensor): Tensor;
  /** An upper bound of ‖∇‖² for arguments such as u. */
  squaredNorm(u: Tensor): number;
  /** What one element of a sum stands for in the integral: hᵈ, or 1 on a graph. */
  volume(u: Tensor): number;
}

/**
 * Forward differences on a grid, over h:
 *
 *     (∇u)₀ = (u[y + 1, x] − u[y, x]) / h,   (∇u)₁ = (u[y, x + 1] − u[y, x]) / h
 *
 * and their adjoint with the opposite sign, backward differences:
 *
 *     div p = (p₀[y, x] − p₀[y − 1, x] + p₁[y, x] − p₁[y, x − 1]) / h
 *
 * A tensor of one axis is a signal, of two a grey image H × W, of three an image in colour (H × W × C, or C × H × W with `layout: "planar"`), whose
 * channels each have differences of their own. A flat vector is seen as an image by `reshape`. With `"zero"` the image is 0 beyond its last row and
 * column. ‖∇‖² ≤ 4/h² for each direction.
 *
 * @throws SteepestError for a spacing that is not positive, an unknown boundary, and, on use, tensors of other than one to three axes
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { grid } from "steepest/vision";
 * const { gradient, divergence } = grid();
 * const u = tensor([[1, 3], [2, 7]]);
 * gradient(u).map((d) => d.toArray()); // → [[[1, 4], [0, 0]], [[2, 0], [5, 0]]]
 * divergence(gradient(u)).toArray(); // → [[3, 2], [4, -9]]
 * ```
 */
export function grid(options: GridOptions = {}): DifferenceOperator {
  const { boundary = "replicate", spacing = 1, layout = "interleaved" } = options;
  if (!(spacing > 0 && Number.isFinite(spacing)))
    throw tracingError({
      problem: "the spacing of a grid is the distance of neighbours",
      expected: "a number > 0",
      received: String(spacing),
    });
  if (!["replicate", "periodic", "zero"].includes(boundary))
    throw tracingError({ problem: "there is no such boundary", expected: "replicate, periodic, zero", received: String(boundary) });
  if (!["interleaved", "planar"].includes(layout))
    throw tracingError({ problem: "there is no such layout", expected: "interleaved, planar", received: String(layout) });
  const axes = (u: Tensor): readonly number[] => {
    if (u.rank < 1 || u.rank > 3)
      throw tracingError({
        problem: "an image has one to three axes",
        expected: `a signal [n], a grey image [height, width], or colours ${layout === "planar" ? "[channels, height, width]" : "[height, width, channels]"}`,
        received: showShape(u.shape),
        fix: u.rank === 0 ? undefined : "take a batch apart, or map over it with vmap",
      });
    return u.rank === 1 ? [0] : u.rank === 3 && layout === "planar" ? [1, 2] : [0, 1];
  };
  const scaled = (x: Tensor) => (spacing === 1 ? x : x.mul(1 / spacing));
  return {
    name: "grid",
    gradient: (u) => axes(u).map((axis) => scaled(forwardDifference(u, axis, boundary))),
    divergence(p) {
      checkComponents(p, p.length === 0 ? 0 : axes(p[0]).length);
      const parts = axes(p[0]).map((axis, i) => backwardDifference(p[i], axis, boundary));
      return scaled(parts.reduce((sum, part) => sum.add(part)));
    },
    joined(x) {
      if (x.rank < 3) return x;
      const axis = layout === "planar" ? 0 : 2;
      const one = x.shape.map((extent, a) => (a === axis ? 1 : extent));
      const channel = (c: number) =>
        x.slice(
          x.shape.map((_, a) => (a === axis ? c : 0)),
          one,
        );
      return Array.from({ length: x.shape[axis] }, (_, c) => channel(c)).reduce((sum, next) => sum.add(next));
    },
    squaredNorm: (u) => (4 * axes(u).length) / (spacing * spacing),
    volume: (u) => (axes(u).length === 1 ? spacing : spacing * spacing),
  };
}

/** |v|² at each place, over directions and channels together. */
export const squaredLength = (v: readonly Tensor[], differences: DifferenceOperator): Tensor =>
  differences.joined(v.map((d) => d.square()).reduce((sum, square) => sum.add(square)));

function checkComponents(p: readonly Tensor[], directions: number): void {
  if (p.length > 0 && p.length === directions && p.every((d) => sameShape(d.shape, p[0].shape))) return;
  throw tracingError({
    problem: "a divergence takes one tensor for each direction, all of one shape",
    expected: p.length === 0 ? "what gradient gives" : `${directions} of shape ${showShape(p[0].shape)}`,
    received: p.map((d) => showShape(d.shape)).join(", ") || "none",
  });
}

/** Elements `from` to the last but `to` along an axis. */
function part(u: Tensor, axis: number, from: number, to: number): Tensor {
  return u.slice(
    u.shape.map((_, a) => (a === axis ? from : 0)),
    u.shape.map((extent, a) => (a === axis ? extent - from - to : extent)),
  );
}

/** With so many zeros before and behind along an axis. */
const padded = (u: Tensor, axis: number, low: number, high: number): Tensor =>
  u.pad(
    u.shape.map((_, a) => (a === axis ? low : 0)),
    u.shape.map((_, a) => (a === axis ? high : 0)),
  );

function forwardDifference(u: Tensor, axis: number, boundary: Boundary): Tensor {
  const extent = u.shape[axis];
  switch (boundary) {
    case "replicate":
      return extent === 1 ? u.fill(0) : padded(part(u, axis, 1, 0).sub(part(u, axis, 0, 1)), axis, 0, 1);
    case "zero":
      return (extent === 1 ? u.fill(0) : padded(part(u, axis, 1, 0), axis, 0, 1)).sub(u);
    case "periodic":
      return extent === 1 ? u.fill(0) : concatenate([part(u, axis, 1, 0), part(u, axis, 0, extent - 1)], axis).sub(u);
  }
}

/** −1 times the adjoint of the forward difference. */
function backwardDifference(p: Tensor, axis: number, boundary: Boundary): Tensor {
  const extent = p.shape[axis];
  switch (boundary) {
    case "replicate": {
      if (extent === 1) return p.fill(0);
      // The last difference is always 0: what p holds there takes no part.
      const inner = part(p, axis, 0, 1);
      return padded(inner, axis, 0, 1).sub(padded(inner, axis, 1, 0));
    }
    case "zero":
      return extent === 1 ? p : p.sub(padded(part(p, axis, 0, 1), axis, 1, 0));
    case "periodic":
      return extent === 1 ? p.fill(0) : p.sub(concatenate([part(p, axis, extent - 1, 0), part(p, axis, 0, 1)], axis));
  }
}
