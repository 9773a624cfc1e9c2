import { describe, expect, it } from "vitest";
import { levelRegions } from "../../src/figures/contour-lines.js";
import { levelsByFactors, levelsEvenly, sampleGrid } from "../../src/figures/grid.js";

const bowl = sampleGrid((x, y) => x * x + y * y, { x: [-1, 1], y: [-1, 1] }, [41, 41]);

/** Between neighbours at distance h a line that is taken to be straight is off x² by at most h²/4; by its slope 2r that is h²/8r in x. */
const slack = (h: number, r: number) => h ** 2 / (8 * r) + 1e-9;

describe("level lines", () => {
  it("of x² + y² are circles, to the error of straight interpolation", () => {
    const [region] = levelRegions({ grid: bowl, levels: [0.36] });
    expect(region.lines).toHaveLength(1);
    for (const [x, y] of region.lines[0]) expect(Math.abs(Math.hypot(x, y) - 0.6)).toBeLessThan(2 * slack(0.05, 0.6));
  });

  it("with a floor go by factors of the distance from it: exact for an exponential, which straight lines miss", () => {
    const grid = sampleGrid((x) => Math.exp(8 * x), { x: [0, 1], y: [0, 1] }, [5, 2]);
    const level = Math.exp(3);
    const at = (floor?: number) => levelRegions({ grid, levels: [level], ...(floor === undefined ? {} : { floor }) })[0].lines[0][0][0];
    expect(at(0)).toBeCloseTo(3 / 8, 6);
    expect(Math.abs(at() - 3 / 8)).toBeGreaterThan(0.02);
  });

  it("do not run along the edge of the grid, but what is filled does", () => {
    const [region] = levelRegions({ grid: bowl, levels: [1.2] });
    for (const line of region.lines) for (const [x, y] of line) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(1);
    expect(region.lines).toHaveLength(4);
    expect(region.rings.flat().some(([x, y]) => x === 1 && y === 1)).toBe(true);
    for (const [x, y] of region.rings.flat()) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(1);
  });

  it("leave holes where values are not finite", () => {
    const grid = sampleGrid((x, y) => (Math.hypot(x, y) < 0.3 ? Number.NaN : 1), { x: [-1, 1], y: [-1, 1] }, [21, 21]);
    const [region] = levelRegions({ grid, levels: [0.5] });
    expect(region.rings.length).toBe(2);
  });
});

describe("levels", () => {
  it("by factors have equal ratios of their distances from the floor", () => {
    const { levels } = levelsByFactors(bowl, 6, 0);
    const ratios = levels.slice(1).map((level, i) => level / levels[i]);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(ratios[0], 9);
    expect(levels).toHaveLength(6);
    expect(levels[5]).toBeLessThan(2);
  });

  it("evenly have equal differences within the values", () => {
    const levels = levelsEvenly(bowl, 3);
    expect(levels.map((level) => Number(level.toFixed(9)))).toEqual([0.5, 1, 1.5]);
  });

  it("of a constant are none", () => {
    const flat = sampleGrid(() => 3, { x: [0, 1], y: [0, 1] }, [3, 3]);
    expect([levelsByFactors(flat).levels, levelsEvenly(flat)]).toEqual([[], []]);
  });
});
