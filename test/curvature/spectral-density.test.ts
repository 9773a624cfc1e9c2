/** Traces and densities from random vectors, against matrices whose spectrum is known. */
import { estimateTrace, type SymmetricOperator, spectralDensity } from "steepest";
import { describe, expect, it } from "vitest";
import { symmetricEigenvalues } from "../../src/curvature/eigenvalues.js";
import { RandomStream } from "../../src/tensor/random.js";
import { dense, diagonal } from "./operators.js";

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

function randomMatrix(n: number, seed: number): number[][] {
  const random = new RandomStream(seed, "matrix");
  const half = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
  return half.map((row, i) => row.map((a, j) => a + half[j][i]));
}

describe("estimateTrace", () => {
  it("of a diagonal matrix is exact", () => {
    const { value, standardError } = estimateTrace(diagonal([1, -4, 2.5, 8]), { samples: 3 });
    expect([value, standardError]).toEqual([7.5, 0]);
  });

  it("errs as 2 Σ Aᵢⱼ² over i ≠ j says, and knows it", () => {
    const n = 30;
    const matrix = randomMatrix(n, 5);
    const samples = 2000;
    const { value, standardError } = estimateTrace(dense(matrix), { samples, seed: 3 });
    const off = sum(matrix.flatMap((row, i) => row.map((a, j) => (i === j ? 0 : a * a))));
    const due = Math.sqrt((2 * off) / samples);
    // The variance of a sample variance is about 2/samples of its square: four of its deviations.
    expect(Math.abs(standardError / due - 1)).toBeLessThan(4 * Math.sqrt(0.5 / samples) * 1.5);
    expect(Math.abs(value - sum(matrix.map((row, i) => row[i])))).toBeLessThan(4 * due);
  });

  it("takes nothing from places that do not count", () => {
    const all = diagonal([1, 2, 4, 100]);
    expect(estimateTrace({ ...all, support: [0, 2] }, { samples: 2 }).value).toBe(5);
  });

  it("needs two samples to know its error", () => {
    expect(() => estimateTrace(diagonal([1]), { samples: 1 })).toThrow(/samples/);
  });
});

describe("spectralDensity", () => {
  it("has the weights of the vector's own parts once a space is whole: each eigenvalue is a node", () => {
    const matrix = randomMatrix(12, 9);
    const values = symmetricEigenvalues(matrix).sort((a, b) => a - b);
    const { nodes, weights, products } = spectralDensity(dense(matrix), { probes: 1, steps: 12 });
    expect(products).toBe(12);
    nodes.forEach((node, i) => {
      expect(node).toBeCloseTo(values[i], 10);
    });
    expect(sum(weights)).toBeCloseTo(1, 13);
  });

  it("has moments zᵀAᵖz/n of its probe, exactly up to p = 2 steps − 1, and no further", () => {
    const matrix = randomMatrix(20, 2);
    const seen: Float64Array[] = [];
    const operator: SymmetricOperator = {
      size: 20,
      times: (v) => {
        seen.push(v);
        return dense(matrix).times(v);
      },
    };
    const density = spectralDensity(operator, { probes: 1, steps: 3, seed: 4 });
    // The first vector asked for is z/√n.
    let [power, scale] = [Float64Array.from(seen[0]), 1];
    for (let p = 0; p <= 6; p++) {
      const exact = sum(seen[0].map((x, i) => x * power[i]));
      scale = Math.max(scale, sum(seen[0].map((x, i) => Math.abs(x * power[i]))));
      if (p <= 5) expect(Math.abs(density.moment(p) - exact)).toBeLessThan(1e-12 * scale);
      else expect(Math.abs(density.moment(p) - exact)).toBeGreaterThan(1e-3 * scale);
      power = Float64Array.from(dense(matrix).times(power));
    }
  });

  it("is the semicircle of a large random matrix, and gives its trace", () => {
    const n = 300;
    const matrix = randomMatrix(n, 1).map((row) => row.map((a) => a / Math.sqrt(8 * n)));
    // Entries have variance 2/(8n): the semicircle has the radius 1, and its second moment is 1/4.
    const density = spectralDensity(dense(matrix), { probes: 6, steps: 30, seed: 1 });
    expect(density.moment(2)).toBeCloseTo(0.25, 1);
    const semicircle = (t: number) => 0.5 + (t * Math.sqrt(1 - t * t) + Math.asin(t)) / Math.PI;
    // A probe's share below t scatters as √(2/n)/√6 = 0.033, and a node weighs up to about 1/30.
    for (const t of [-0.8, -0.4, 0, 0.4, 0.8]) expect(Math.abs(density.below(t) - semicircle(t))).toBeLessThan(0.07);
    const { value, standardError } = density.trace;
    expect(Math.abs(value - sum(matrix.map((row, i) => row[i])))).toBeLessThan(4 * standardError);
  });

  it("integrates to 1, whatever its bandwidth", () => {
    const density = spectralDensity(diagonal([0, 0, 0, 1, 1, 5]), { probes: 2, steps: 6 });
    expect(density.range[0]).toBeCloseTo(0, 12);
    expect(density.range[1]).toBeCloseTo(5, 12);
    for (const bandwidth of [density.bandwidth, 0.3]) {
      let integral = 0;
      for (let t = -3; t < 8; t += 0.01) integral += 0.01 * density.at(t, bandwidth);
      expect(integral).toBeCloseTo(1, 9);
    }
    expect(density.below(0.5)).toBeCloseTo(0.5, 12);
    expect(density.below(100)).toBeCloseTo(1, 12);
    expect(() => density.at(0, 0)).toThrow(/bandwidth/);
    expect(() => density.moment(0.5)).toThrow(/moment/);
  });

  it("of multiples of the identity has one node, and ends there", () => {
    const { nodes, weights, products } = spectralDensity(diagonal(new Array(50).fill(3)), { probes: 2, steps: 10 });
    expect([[...nodes], [...weights], products]).toEqual(
      [[3, 3], [0.5, 0.5], 2].map((x) => (Array.isArray(x) ? x.map((y) => expect.closeTo(y, 12)) : x)),
    );
  });

  it("says that it knows nothing where a product is not finite", () => {
    const { nodes, trace } = spectralDensity({ size: 4, times: () => [1, Number.NaN, 0, 0] });
    expect([nodes[0], trace.value]).toEqual([Number.NaN, Number.NaN]);
    expect(() => spectralDensity(diagonal([1]), { probes: 0 })).toThrow(/probes/);
    expect(() => spectralDensity(diagonal([1]), { steps: 1.5 })).toThrow(/steps/);
  });
});
