import { describe, expect, it } from "vitest";
import { asCsv, type CurvePoint, fromCsv, leastTime, scalingFigure } from "../../bench/scaling.js";
import { curves } from "../../bench/workloads/curves.js";
import { workloadNamed } from "../../bench/workloads/index.js";

const limits = { threads: 1, multiplyAdd: 20, fused: 40, triad: 10, read: 12 };

const points: readonly CurvePoint[] = curves.flatMap(({ name, points }) =>
  [1, 2].flatMap((threads) =>
    points.map(
      ({ size }, i): CurvePoint => ({
        curve: name,
        size,
        threads,
        milliseconds: size / 1000 / threads,
        quartiles: [size / 2000, size / 500],
        limit: i === 0 ? Number.NaN : size / 4000,
      }),
    ),
  ),
);

describe("scaling", () => {
  it("is bounded by whichever of arithmetic and memory takes longer", () => {
    // 2·10⁷ operations at 20 GFLOP/s take 1 ms; 2·10⁷ bytes at 10 GB/s take 2 ms.
    expect(leastTime({ flops: 2e7, bytes: 1 }, limits)).toBeCloseTo(1, 12);
    expect(leastTime({ flops: 2e7, bytes: 2e7 }, limits)).toBeCloseTo(2, 12);
  });

  it("is kept as a table that gives the same points back, to four digits", () => {
    const text = asCsv(points);
    const back = fromCsv(text);
    expect(back).toHaveLength(points.length);
    back.forEach((point, i) => {
      const { milliseconds, quartiles, limit, ...exact } = points[i];
      expect(point).toMatchObject(exact);
      [point.milliseconds, ...point.quartiles, point.limit].forEach((value, j) => {
        const expected = [milliseconds, ...quartiles, limit][j];
        if (Number.isNaN(expected)) expect(value).toBeNaN();
        else expect(Math.abs(value / expected - 1)).toBeLessThanOrEqual(5e-4);
      });
    });
    expect(text.split("\n")).toHaveLength(points.length + 2);
    expect(() => fromCsv("a,b\n1,2\n")).toThrow("columns");
  });

  it("has sizes in their order, with the neighbours of powers of two, and workloads that cells find by name", () => {
    for (const { points } of curves) {
      const sizes = points.map((p) => p.size);
      expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
      for (const point of points) expect(workloadNamed(point.name)).toBe(point);
    }
    const batches = curves.find((c) => c.name === "batch")?.points.map((p) => p.size) ?? [];
    expect(batches.slice(0, 9)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 15]);
    expect(batches.at(-1)).toBe(4096);
  });

  it("is drawn with every curve, and the batch beside its records one by one", () => {
    const { figures } = scalingFigure(points, curves, "a machine");
    expect(figures.map(({ description }) => description.title)).toEqual(["Batch", "Width", "Image", "Parameters"]);
    const lines = figures.map(({ description }) => description.marks.flatMap((m) => (m.kind === "line" ? [m] : [])));
    expect(lines.map((of) => of.map((line) => line.label))).toEqual([
      ["limit", "one by one", "1 thread", "2 threads"],
      ...Array(3).fill(["limit", "1 thread", "2 threads"]),
    ]);
    // The best time of one record is half a microsecond here; 4,096 of them, in seconds.
    expect(lines[0][1].points.at(-1)).toEqual([4096, (4096 * 0.0005) / 1000]);
    expect(scalingFigure([], curves, "a machine").toSvg()).not.toMatch(/NaN|Infinity/);
  });
});
