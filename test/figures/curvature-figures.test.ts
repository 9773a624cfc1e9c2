/** Maps of basins and densities of eigenvalues: what is drawn is what was found. */
import { basins, gd, hessianSpectrum, trace } from "steepest";
import { basinFigure, spectrumFigure } from "steepest/figures";
import { describe, expect, it } from "vitest";
import type { CellsMark, LineMark, PointMark } from "../../src/figures/marks.js";

describe("basinFigure", () => {
  it("colours each cell by its minimum, the stronger the sooner, and marks critical points by kind", async () => {
    const map = await basins("(x^2 - 1)^2 + (y^2 - 1)^2", {
      window: { x: [-1.5, 1.5], y: [-1.5, 1.5] },
      optimizer: gd({ learningRate: 0.05 }),
      size: 20,
    });
    const { description } = basinFigure(map, { title: "wells" });
    const cells = description.marks.find((mark): mark is CellsMark => mark.kind === "cells");
    if (cells === undefined) throw new Error("no cells");
    const shades = Array.from(cells.shades ?? []);
    for (let i = 0; i < 400; i++) {
      expect(cells.classes[i]).toBe(map.reached[i]);
      const slower = map.steps.findIndex((count) => count > map.steps[i]);
      if (slower >= 0) expect(shades[slower]).toBeLessThan(shades[i]);
    }
    expect(Math.max(...shades)).toBeCloseTo(1, 6);
    expect(Math.min(...shades)).toBeCloseTo(0.3, 6);
    const points = description.marks.filter((mark): mark is PointMark => mark.kind === "point");
    const shapes = (shape: string) => points.filter((point) => point.shape === shape).map(({ at }) => at.map((x) => Math.round(x) + 0));
    expect(shapes("dot").sort()).toEqual([
      [-1, -1],
      [-1, 1],
      [1, -1],
      [1, 1],
    ]);
    expect(shapes("ring")).toEqual([[0, 0]]);
    expect(shapes("cross").length).toBe(4);
    // Descents leave the saddle (±1, 0) along y, and (0, ±1) along x.
    for (const mark of description.marks)
      if (mark.kind === "arrow") {
        const [dx, dy] = [mark.to[0] - mark.from[0], mark.to[1] - mark.from[1]];
        expect(Math.abs(Math.abs(mark.from[0]) > 0.5 ? dx : dy)).toBeLessThan(1e-9);
        expect(Math.hypot(dx, dy)).toBeCloseTo(0.06 * 3, 12);
      }
    expect(points.find(({ shape }) => shape === "dot")?.label).toBe("25.0 %");
    expect(description).toMatchObject({ aspect: "equal", title: "wells", subtitle: "by gd" });
    expect(description.alt).toContain("Of 20 × 20 starts 100 % arrive at 4 minima.");
  });

  it("says what diverges and what arrives nowhere", async () => {
    const map = await basins("x^4 + y^4", {
      window: [
        [-3, 3],
        [-3, 3],
      ],
      optimizer: gd({ learningRate: 0.1 }),
      size: 12,
    });
    const { description } = basinFigure(map);
    const cells = description.marks.find((mark): mark is CellsMark => mark.kind === "cells");
    expect(new Set(Array.from(cells?.classes ?? []))).toEqual(new Set([0, 5]));
    expect(description.caption).toContain("Slate:");
    expect(description.caption).toContain("diverge");
    const nowhere = basinFigure(
      await basins("x + y", {
        window: [
          [0, 1],
          [0, 1],
        ],
        size: 3,
        steps: 2,
      }),
    ).description;
    expect(nowhere.caption).toContain("Empty: 100 % arrive at none");
  });
});

describe("spectrumFigure", () => {
  it("draws the density over a floor of a tenth of one eigenvalue, and each known one", async () => {
    const spectrum = await hessianSpectrum(trace("0.5x^2 + 5y^2 - z^2", { x: 1, y: 1, z: 1 }), {
      top: 3,
      density: { probes: 2, steps: 3 },
    });
    const figure = spectrumFigure(spectrum, { bandwidth: 0.05 });
    const lines = figure.description.marks.filter((mark): mark is LineMark => mark.kind === "line");
    const [curve, ...ticks] = lines;
    expect(ticks.map(({ points: [[value]] }) => value).map((x) => Math.round(x))).toEqual([10, 1, -2]);
    const floor = 0.1 / (3 * 0.05 * Math.sqrt(2 * Math.PI));
    for (const [t, value] of curve.points) {
      // A diagonal matrix has equal parts of each eigenvalue in every vector of signs.
      const exact = [-2, 1, 10].reduce((sum, x) => sum + Math.exp(-0.5 * ((t - x) / 0.05) ** 2), 0) / (3 * 0.05 * Math.sqrt(2 * Math.PI));
      expect(value).toBeCloseTo(Math.max(floor, exact), 6);
    }
    expect(figure.description.y).toMatchObject({ kind: "log", domain: [expect.closeTo(floor, 12), expect.any(Number)] });
    expect(figure.description.caption).toContain("33.3 % of them below −σ");
    expect(() => spectrumFigure({ largest: [], smallest: [] })).toThrow(/density: true/);
  });
});
