/** The same differences along the edges of a weighted graph. */
import { SteepestError, tracingError } from "../tensor/error.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";
import { showShape } from "../tensor/types.js";
import type { DifferenceOperator } from "./grid.js";

export interface GraphOptions {
  /** How many vertices there are: the length of u along its first axis. */
  readonly vertices: number;
  /** Pairs of vertices, from 0. */
  readonly edges: readonly (readonly [number, number])[];
  /** w ≥ 0 for each edge. Default 1. */
  readonly weights?: ArrayLike<number>;
}

/**
 * Differences along the edges of a weighted graph, and their adjoint with the opposite sign:
 *
 *     (∇u)ₑ = √wₑ (u[j] − u[i])   for e = (i, j)
 *     (div p)[k] = Σ over e = (k, ·) of √wₑ pₑ − Σ over e = (·, k) of √wₑ pₑ
 *
 * so that ½‖∇u‖² = ½ Σ wₑ (u[j] − u[i])², half the quadratic form of the graph's Laplacian. u is a vector of one number for each vertex. There is
 * one difference at each edge, so |∇u| is its absolute value: total variation on a graph is the anisotropic one. ‖∇‖² ≤ twice the largest weighted
 * degree.
 *
 * @throws SteepestError for edges to vertices that there are not, and weights that are negative or too few
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { graph } from "steepest/vision";
 * const triangle = graph({ vertices: 3, edges: [[0, 1], [1, 2], [2, 0]], weights: [1, 4, 1] });
 * triangle.gradient(tensor([0, 1, 3])).map((d) => d.toArray()); // → [[1, 4, -3]]
 * ```
 */
export function graph(options: GraphOptions): DifferenceOperator {
  const { vertices, edges, weights = edges.map(() => 1) } = options;
  if (!Number.isInteger(vertices) || vertices < 1)
    throw new SteepestError({ problem: "a graph needs vertices", expected: "a whole number ≥ 1", received: String(vertices) });
  if (edges.length === 0) throw new SteepestError({ problem: "a graph needs edges", expected: "at least one pair of vertices" });
  const wrong = edges.findIndex((ends) => ends.length !== 2 || ends.some((k) => !Number.isInteger(k) || k < 0 || k >= vertices));
  if (wrong >= 0)
    throw new SteepestError({
      problem: "an edge joins two vertices of the graph",
      expected: `two whole numbers from 0 to ${vertices - 1}`,
      received: JSON.stringify(edges[wrong]),
      where: `edge ${wrong}`,
    });
  const given = Array.from(weights);
  const bad = given.findIndex((w) => !(w >= 0 && Number.isFinite(w)));
  if (given.length !== edges.length || bad >= 0)
    throw new SteepestError({
      problem: "weights of edges cannot be used",
      expected: `${edges.length} numbers ≥ 0`,
      received: bad >= 0 ? `${given[bad]} for edge ${bad}` : `${given.length} numbers`,
    });
  const ends = [0, 1].map((end) =>
    fromHost(
      Int32Array.from(edges, (e) => e[end]),
      [edges.length],
      "i32",
    ),
  );
  const roots = fromHost(
    Float64Array.from(given, (w) => Math.sqrt(w)),
    [edges.length],
    "f64",
  );
  const degrees = new Float64Array(vertices);
  edges.forEach(([i, j], e) => {
    if (i === j) return;
    degrees[i] += given[e];
    degrees[j] += given[e];
  });
  const check = (x: Tensor, length: number, what: string) => {
    if (x.rank !== 1 || x.shape[0] !== length)
      throw tracingError({ problem: `${what} does not fit the graph`, expected: showShape([length]), received: showShape(x.shape) });
    return x;
  };
  return {
    name: "graph",
    gradient: (u) => [check(u, vertices, "u").take(ends[1]).sub(u.take(ends[0])).mul(roots.cast(u.dtype))],
    divergence([p]) {
      const flow = check(p, edges.length, "p").mul(roots.cast(p.dtype));
      return flow.scatterAdd(ends[0], vertices).sub(flow.scatterAdd(ends[1], vertices));
    },
    joined: (x) => x,
    squaredNorm: () => 2 * degrees.reduce((most, d) => Math.max(most, d), 0),
    volume: () => 1,
  };
}
