import {
  batchObjective,
  dense as denseLayer,
  extremeEigenvalues,
  flatten,
  hessianOperator,
  problems,
  sequential,
  tanh,
  tensor,
  trace,
} from "steepest";
import { digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { tridiagonalEigen } from "../../src/algebra/index.js";
import { symmetricEigenvalues } from "../../src/curvature/eigenvalues.js";
import { Derivatives } from "../../src/curvature/index.js";
import { RandomStream } from "../../src/tensor/random.js";
import { dense, diagonal } from "./operators.js";

describe("tridiagonalEigen", () => {
  it("of the second difference: 2 − 2 cos(kπ/(n + 1)), with sines for vectors", () => {
    const n = 30;
    const pairs = tridiagonalEigen(new Array(n).fill(2), new Array(n - 1).fill(-1));
    pairs.forEach(({ value, vector }, k) => {
      const angle = ((k + 1) * Math.PI) / (n + 1);
      expect(value).toBeCloseTo(2 - 2 * Math.cos(angle), 13);
      const sign = Math.sign(vector[0]);
      vector.forEach((x, i) => {
        expect(sign * x).toBeCloseTo(Math.sqrt(2 / (n + 1)) * Math.sin((i + 1) * angle), 12);
      });
    });
  });

  it("of matrices that fall apart, and of none", () => {
    expect(tridiagonalEigen([], [])).toEqual([]);
    expect(tridiagonalEigen([3], []).map(({ value }) => value)).toEqual([3]);
    expect(tridiagonalEigen([2, 1, 2], [0, 0]).map(({ value }) => value)).toEqual([1, 2, 2]);
    const [low, high] = tridiagonalEigen([0, 0], [1]).map(({ value }) => value);
    expect(low).toBeCloseTo(-1, 14);
    expect(high).toBeCloseTo(1, 14);
  });
});

describe("extremeEigenvalues", () => {
  it.each([1, 2, 3, 7, 40, 121])("equal those of the dense matrix, n = %d", (n) => {
    const random = new RandomStream(n, "matrix");
    const half = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
    const matrix = half.map((row, i) => row.map((a, j) => a + half[j][i]));
    const all = symmetricEigenvalues(matrix).sort((a, b) => a - b);
    const k = Math.min(n, 4);
    const { largest, smallest, converged } = extremeEigenvalues(dense(matrix), { largest: k, smallest: k });
    expect(converged).toBe(true);
    const scale = Math.max(...all.map(Math.abs));
    largest.forEach(({ value, vector, residual }, i) => {
      expect(Math.abs(value - all[n - 1 - i])).toBeLessThan(1e-10 * scale);
      expect(residual).toBeLessThan(1e-9 * scale);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 12);
    });
    smallest.forEach(({ value }, i) => {
      expect(Math.abs(value - all[i])).toBeLessThan(1e-10 * scale);
    });
  });

  it("come out as often as they are there", () => {
    const { largest, smallest, converged } = extremeEigenvalues(diagonal([7, 7, 7, 1, 2, 3, 4, 5, -2, -2, 0.5]), {
      largest: 4,
      smallest: 3,
    });
    expect(converged).toBe(true);
    for (const [found, expected] of [
      [largest, [7, 7, 7, 5]],
      [smallest, [-2, -2, 0.5]],
    ] as const)
      found.forEach(({ value }, i) => {
        expect(value).toBeCloseTo(expected[i], 10);
      });
    // Vectors of one eigenvalue stand at right angles.
    const [a, b] = largest;
    expect(Math.abs(a.vector.reduce((sum, x, i) => sum + x * b.vector[i], 0))).toBeLessThan(1e-9);
    const same = extremeEigenvalues(diagonal(new Array(20).fill(3)), { largest: 5 }).largest;
    expect(same.length).toBe(5);
    for (const { value } of same) expect(value).toBeCloseTo(3, 13);
    expect(extremeEigenvalues(diagonal(new Array(20).fill(0))).largest[0].value).toBe(0);
  });

  it("of a Hessian by products equal those of the dense one to 1e-8, on every small test problem", () => {
    for (const { f, start, name } of problems.all) {
      if (start.length > 12) continue;
      const objective = trace(f, tensor(start));
      const all = symmetricEigenvalues(new Derivatives(objective).hessian(start)).sort((a, b) => a - b);
      const scale = Math.max(...all.map(Math.abs));
      const { largest, smallest } = extremeEigenvalues(hessianOperator(objective));
      expect(Math.abs(largest[0].value - all[all.length - 1]) / scale, name).toBeLessThan(1e-8);
      expect(Math.abs(smallest[0].value - all[0]) / scale, name).toBeLessThan(1e-8);
    }
  });

  it("of many variables take few products", () => {
    // Two eigenvalues that stand apart from 10,000 others.
    const values = Array.from({ length: 10_000 }, (_, i) => 1 + i / 10_000);
    [values[17], values[4711]] = [10, -5];
    const { largest, smallest, products, converged } = extremeEigenvalues(diagonal(values));
    expect(converged).toBe(true);
    expect(largest[0].value).toBeCloseTo(10, 10);
    expect(smallest[0].value).toBeCloseTo(-5, 10);
    expect(Math.abs(largest[0].vector[17])).toBeCloseTo(1, 10);
    expect(products).toBeLessThan(40);
  });

  it("of a network in float32 know their own error, and leave out the gaps between its parameters", () => {
    const objective = batchObjective(sequential(flatten(), denseLayer(3), tanh(), denseLayer(10)), digits({ train: 16, test: 1 }), {
      records: 16,
      dtype: "f32",
    });
    const operator = hessianOperator(objective);
    expect(operator.support?.length).toBeLessThan(operator.size + 1);
    const { largest } = extremeEigenvalues(operator, { smallest: 0, tolerance: 1e-4 });
    const image = operator.times(largest[0].vector);
    const rayleigh = largest[0].vector.reduce((sum, x, i) => sum + x * image[i], 0);
    // Float32 products: 24 bits, and sums over some thousand elements.
    expect(rayleigh / largest[0].value).toBeCloseTo(1, 4);
    expect(largest[0].residual).toBeLessThan(3e-4 * largest[0].value);
  });

  it("are found with few vectors, by restarts", () => {
    const values = Array.from({ length: 300 }, (_, i) => Math.sqrt(i));
    [values[4], values[8]] = [20, 20];
    for (const [vectors, wanted] of [
      [14, { largest: 4, smallest: 0 }],
      [25, { largest: 3, smallest: 3 }],
    ] as const) {
      let most = 0;
      const found = extremeEigenvalues(diagonal(values), { ...wanted, vectors, products: 3000 });
      expect(found.converged).toBe(true);
      for (const [pairs, sorted] of [
        [found.largest, values.toSorted((a, b) => b - a)],
        [found.smallest, values.toSorted((a, b) => a - b)],
      ] as const)
        pairs.forEach(({ value, residual }, i) => {
          expect(Math.abs(value - sorted[i])).toBeLessThanOrEqual(1e-8 * 20);
          expect(residual).toBeLessThanOrEqual(2e-10 * 20);
          most = Math.max(most, residual);
        });
      expect(found.products).toBeGreaterThan(vectors);
    }
    expect(() => extremeEigenvalues(diagonal(values), { largest: 10, vectors: 12 })).toThrow(/vectors/);
  });

  it("are the same bits again, and others for another seed", () => {
    const once = (seed: number) => extremeEigenvalues(diagonal([1, 2, 3, 4, 5.5, 9]), { seed }).largest[0].vector;
    expect(once(3)).toEqual(once(3));
    expect(once(3)).not.toEqual(once(4));
  });

  it("say that they did not converge", () => {
    const values = Array.from({ length: 400 }, (_, i) => i);
    const { converged, products, largest } = extremeEigenvalues(diagonal(values), { products: 10 });
    expect(converged).toBe(false);
    expect(products).toBeLessThanOrEqual(12);
    // An end of a Krylov space lies within the spectrum, and its residual says how far an eigenvalue is at most.
    const { value, residual } = largest[0];
    expect(value).toBeLessThan(399);
    expect(Math.min(...values.map((x) => Math.abs(x - value)))).toBeLessThanOrEqual(residual);
    const broken = extremeEigenvalues({ size: 3, times: () => [1, Number.NaN, 0] });
    expect([broken.converged, broken.largest[0].value]).toEqual([false, Number.NaN]);
    expect(() => extremeEigenvalues(diagonal([1]), { largest: 0.5 })).toThrow(/largest/);
    expect(() => extremeEigenvalues(diagonal([1]), { tolerance: 0 })).toThrow(/tolerance/);
  });
});
