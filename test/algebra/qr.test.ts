import { describe, expect, it } from "vitest";
import { type Matrix, norm, Qr } from "../../src/algebra/index.js";
import { numbers } from "../autodiff/differences.js";

function random(rows: number, columns: number, seed: number): Matrix {
  const next = numbers(seed);
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, () => 2 * next() - 1) };
}

const times = ({ rows, columns, data }: Matrix, x: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += data[i * columns + j] * x[j];
    return sum;
  });

const transposed = ({ rows, columns, data }: Matrix): Matrix => ({
  rows: columns,
  columns: rows,
  data: Float64Array.from({ length: rows * columns }, (_, k) => data[(k % rows) * columns + Math.floor(k / rows)]),
});

describe("QR", () => {
  it.each([
    [1, 1],
    [5, 1],
    [7, 3],
    [4, 4],
    [3, 5],
    [40, 9],
  ])("of %d × %d is orthogonal times triangular", (rows, columns) => {
    for (const pivoting of [true, false]) {
      const a = random(rows, columns, 31 * rows + columns);
      const qr = new Qr(a, { pivoting });
      // Qᵀ maps each column of A to the column of R, and keeps lengths: a few roundings of numbers around 1.
      for (let k = 0; k < columns; k++) {
        const column = Float64Array.from({ length: rows }, (_, i) => a.data[i * columns + qr.permutation[k]]);
        const image = qr.transposedTimes(column);
        for (let i = 0; i < rows; i++) expect(image[i]).toBeCloseTo(i <= k ? qr.r(i, k) : 0, 13);
        expect(norm(image)).toBeCloseTo(norm(column), 13);
        expect(qr.columnNorms[qr.permutation[k]]).toBeCloseTo(norm(column), 14);
      }
      expect([...qr.permutation].sort((x, y) => x - y)).toEqual(Array.from({ length: columns }, (_, j) => j));
      expect(qr.rank()).toBe(Math.min(rows, columns));
      if (pivoting)
        for (let k = 1; k < Math.min(rows, columns); k++) expect(Math.abs(qr.r(k, k))).toBeLessThanOrEqual(Math.abs(qr.r(k - 1, k - 1)));
    }
  });

  it("solves least squares: the rest is orthogonal to every column", () => {
    const a = random(30, 6, 5);
    const b = random(30, 1, 6).data;
    const qr = new Qr(a);
    const x = qr.solve(qr.transposedTimes(b));
    const fitted = times(a, x);
    const rest = b.map((v, i) => v - fitted[i]);
    for (const v of times(transposed(a), rest)) expect(v).toBeCloseTo(0, 12);
    // (AᵀA)⁻¹ AᵀA = I
    const gram = qr.inverseGram();
    const image = times({ rows: 6, columns: 6, data: gram }, times(transposed(a), times(a, [1, -2, 3, 0, 0.5, 7])));
    [1, -2, 3, 0, 0.5, 7].forEach((v, i) => {
      expect(image[i]).toBeCloseTo(v, 11);
    });
    // Rᵀz = Pᵀv
    const v = [3, 1, 4, 1, 5, 9];
    const z = qr.solveTransposed(v);
    for (let j = 0; j < 6; j++) {
      let sum = 0;
      for (let i = 0; i <= j; i++) sum += qr.r(i, j) * z[i];
      expect(sum).toBeCloseTo(v[qr.permutation[j]], 12);
    }
  });

  it("loses as many digits as the condition number has, not twice as many", () => {
    // Läuchli's matrix: AᵀA would be singular in float64 for ε = 1e-9.
    const epsilon = 1e-9;
    const data = Float64Array.of(1, 1, 1, epsilon, 0, 0, 0, epsilon, 0, 0, 0, epsilon);
    const qr = new Qr({ rows: 4, columns: 3, data });
    expect(qr.rank()).toBe(3);
    const x = qr.solve(qr.transposedTimes([6, epsilon, 2 * epsilon, 3 * epsilon]));
    [1, 2, 3].forEach((v, i) => {
      expect(x[i]).toBeCloseTo(v, 6);
    });
  });

  it("finds the rank", () => {
    const a = random(20, 5, 9);
    // column 3 = column 0 − 2 · column 4
    for (let i = 0; i < 20; i++) a.data[i * 5 + 3] = a.data[i * 5] - 2 * a.data[i * 5 + 4];
    expect(new Qr(a).rank()).toBe(4);
    expect(new Qr({ rows: 3, columns: 2, data: new Float64Array(6) }).rank()).toBe(0);
    expect(new Qr(transposed(random(20, 5, 2))).rank()).toBe(5);
  });

  it("neither overflows nor underflows", () => {
    for (const size of [1e200, 1e-200]) {
      const qr = new Qr({ rows: 2, columns: 2, data: Float64Array.of(3 * size, size, 4 * size, 2 * size) });
      const x = qr.solve(qr.transposedTimes([5 * size, 8 * size]));
      expect(x[0]).toBeCloseTo(1, 12);
      expect(x[1]).toBeCloseTo(2, 12);
    }
    expect(norm([3e300, 4e300])).toBeCloseTo(5e300, -287);
    expect(norm([])).toBe(0);
    expect(norm([1, Number.NaN])).toBeNaN();
    expect(norm([1, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
  });
});
