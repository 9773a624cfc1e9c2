import { describe, expect, it } from "vitest";
import { pullBack } from "../../src/autodiff/reverse.js";
import { fromHost } from "../../src/tensor/tensor.js";
import type { Shape } from "../../src/tensor/types.js";
import { type Boundary, type GridOptions, graph, grid } from "../../src/vision.js";
import { messageOf } from "../errors.js";
import { innerProduct, scattered } from "./samples.js";

const boundaries: readonly Boundary[] = ["replicate", "periodic", "zero"];
const shapes: readonly (readonly [Shape, GridOptions])[] = [
  [[7], {}],
  [[1], {}],
  [[5, 7], {}],
  [[1, 1], {}],
  [[1, 6], { spacing: 0.25 }],
  [[6, 1], {}],
  [[2, 2], {}],
  [[33, 65], {}],
  [[4, 5, 3], {}],
  [[3, 4, 5], { layout: "planar", spacing: 3 }],
];

describe("gradient and divergence on a grid", () => {
  for (const boundary of boundaries)
    for (const [shape, options] of shapes)
      it(`are adjoint: ${boundary}, ${shape.join(" × ")}, ${JSON.stringify(options)}`, () => {
        const d = grid({ ...options, boundary });
        const u = scattered(shape, 1);
        const v = d.gradient(u);
        const p = v.map((_, i) => scattered(shape, 2 + i));
        const left = v.reduce((sum, x, i) => sum + innerProduct(x, p[i]), 0);
        const right = -innerProduct(u, d.divergence(p));
        // Each side sums at most 2n products of at most 4/h; roundings of n sums of random signs stay far below n units of the last place.
        const size = u.size * (4 / (options.spacing ?? 1));
        expect(Math.abs(left - right)).toBeLessThanOrEqual(size * 2 ** -52);
        // Reverse differentiation of the gradient gives the same map.
        const [back] = pullBack(v, p, [u]);
        const own = d.divergence(p).data();
        (back ?? u.fill(0))
          .data()
          .forEach((x, i) => expect(Math.abs(x + own[i])).toBeLessThanOrEqual((16 / (options.spacing ?? 1)) * 2 ** -52));
      });

  it("takes the differences that its boundary says", () => {
    const u = fromHost(Float64Array.of(1, 4, 9), [3], "f64");
    const of = (boundary: Boundary) => [...grid({ boundary }).gradient(u)[0].data()];
    expect(of("replicate")).toEqual([3, 5, 0]);
    expect(of("periodic")).toEqual([3, 5, -8]);
    expect(of("zero")).toEqual([3, 5, -9]);
  });

  it("bounds its norm, and a chequerboard comes near the bound", () => {
    const u = fromHost(
      Float64Array.from({ length: 400 }, (_, i) => ((i + Math.floor(i / 20)) % 2 === 0 ? 1 : -1)),
      [20, 20],
      "f64",
    );
    for (const boundary of boundaries) {
      const d = grid({ boundary, spacing: 0.5 });
      const quotient = d.gradient(u).reduce((sum, x) => sum + innerProduct(x, x), 0) / innerProduct(u, u);
      expect(quotient).toBeLessThanOrEqual(d.squaredNorm(u));
      // 20 differences of 2/h in each row, 19 where the last one is 0; of 1/h at the edge where zeros lie beyond.
      expect(quotient).toBeGreaterThanOrEqual((19 / 20) * d.squaredNorm(u));
    }
    expect(grid().squaredNorm(scattered([5], 1))).toBe(4);
  });

  it("discretises the integral of ½|∇u|² of cos πx cos πy on the unit square", () => {
    for (const n of [16, 32, 128]) {
      const cosines = Float64Array.from({ length: n }, (_, i) => Math.cos((Math.PI * (i + 0.5)) / n));
      const u = fromHost(
        Float64Array.from({ length: n * n }, (_, i) => cosines[Math.floor(i / n)] * cosines[i % n]),
        [n, n],
        "f64",
      );
      const d = grid({ spacing: 1 / n });
      const energy = d.gradient(u).reduce((sum, x) => sum + innerProduct(x, x), 0) * 0.5 * d.volume(u);
      // The cosines are eigenvectors: n² sin²(π/2n), which tends to π²/4 from below.
      expect(energy).toBeCloseTo((n * Math.sin(Math.PI / (2 * n))) ** 2, 10);
      if (n === 16) expect(energy).toBeCloseTo(2.459484, 6);
      if (n === 32) expect(energy).toBeCloseTo(2.46542, 6);
    }
  });

  it("refuses what is no image", () => {
    expect(messageOf(() => grid().gradient(scattered([], 1)))).toContain("one to three axes");
    expect(messageOf(() => grid().gradient(scattered([2, 2, 2, 2], 1)))).toContain("one to three axes");
    expect(messageOf(() => grid().divergence([]))).toContain("one tensor for each direction");
    expect(messageOf(() => grid().divergence([scattered([2, 3], 1)]))).toContain("one tensor for each direction");
    expect(messageOf(() => grid({ spacing: 0 }))).toContain("spacing");
  });
});

describe("gradient and divergence on a graph", () => {
  const [height, width] = [4, 5];
  const edges: [number, number][] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (y + 1 < height) edges.push([y * width + x, (y + 1) * width + x]);
      if (x + 1 < width) edges.push([y * width + x, y * width + x + 1]);
    }

  it("are adjoint, with weights", () => {
    const weights = scattered([edges.length], 3, 0, 2).data();
    const d = graph({ vertices: height * width, edges, weights });
    const u = scattered([height * width], 1);
    const p = scattered([edges.length], 2);
    const [v] = d.gradient(u);
    expect(Math.abs(innerProduct(v, p) + innerProduct(u, d.divergence([p])))).toBeLessThan(edges.length * 2 ** -50);
  });

  it("give the Laplacian of the grid, where the edges join its neighbours", () => {
    const u = scattered([height, width], 4);
    const onGrid = grid();
    const onGraph = graph({ vertices: u.size, edges });
    const expected = onGrid.divergence(onGrid.gradient(u)).data();
    onGraph
      .divergence(onGraph.gradient(u.reshape([u.size])))
      .data()
      .forEach((x, i) => expect(x).toBeCloseTo(expected[i], 13));
    expect(onGraph.squaredNorm(u)).toBe(8);
  });

  it("refuses edges and weights that do not fit", () => {
    expect(messageOf(() => graph({ vertices: 2, edges: [[0, 2]] }))).toContain("edge 0");
    expect(messageOf(() => graph({ vertices: 2, edges: [[0, 1]], weights: [-1] }))).toContain("-1");
    expect(messageOf(() => graph({ vertices: 2, edges: [[0, 1]], weights: [] }))).toContain("0 numbers");
    expect(messageOf(() => graph({ vertices: 3, edges: [[0, 1]] }).gradient(scattered([2], 1)))).toContain("does not fit");
  });
});
