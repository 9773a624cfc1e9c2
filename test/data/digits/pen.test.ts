import { describe, expect, it } from "vitest";
import type { PenPath } from "../../../src/data/digits/pen.js";
import { bend, place, press, writeShape } from "../../../src/data/digits/pen.js";
import { layInk, liftInk } from "../../../src/data/digits/raster.js";
import { shapes } from "../../../src/data/digits/strokes.js";
import { RandomStream } from "../../../src/tensor/random.js";

const straight = (radius: number, ...points: [number, number][]): PenPath => ({
  x: points.map(([x]) => x),
  y: points.map(([, y]) => y),
  radius: points.map(() => radius),
});
const total = (ink: Float64Array) => ink.reduce((a, b) => a + b);

describe("the shapes", () => {
  it("give several ways to write each digit, all within the box", () => {
    expect(shapes).toHaveLength(10);
    for (const ways of shapes) {
      expect(ways.length).toBeGreaterThan(2);
      for (const point of ways.flatMap((way) => way.strokes.flat())) {
        expect(point.x).toBeGreaterThan(0.15);
        expect(point.x).toBeLessThan(0.87);
        expect(point.y).toBeGreaterThanOrEqual(0);
        expect(point.y).toBeLessThanOrEqual(1);
      }
      for (const stroke of ways.flatMap((way) => way.strokes)) expect(stroke.length).toBeGreaterThan(1);
    }
  });
});

describe("the pen", () => {
  it("passes near every point of a shape, smoothly, and turns sharply at corners only", () => {
    const [seven] = shapes[7];
    const [path] = writeShape(seven, new RandomStream(1, "pen"));
    for (const point of seven.strokes[0]) {
      const distances = path.x.map((x, i) => Math.hypot(x - point.x, path.y[i] - point.y));
      // Five standard deviations of the displacement in two directions.
      expect(Math.min(...distances)).toBeLessThan(5 * 0.016 * Math.SQRT2);
    }
    const cosines = path.x.slice(1, -1).map((_, i) => {
      const [ax, ay] = [path.x[i + 1] - path.x[i], path.y[i + 1] - path.y[i]];
      const [bx, by] = [path.x[i + 2] - path.x[i + 1], path.y[i + 2] - path.y[i + 1]];
      return (ax * bx + ay * by) / (Math.hypot(ax, ay) * Math.hypot(bx, by));
    });
    expect(cosines.filter((cosine) => cosine < 0.8)).toHaveLength(1);
  });

  it("is turned, leant and moved by the textbook's matrices", () => {
    const upright = { height: 10, width: 10, slant: 0, halfTurn: 0, shiftX: 0, shiftY: 0 };
    const placed = (posture: Partial<typeof upright>) => {
      const path = straight(1, [0, 0], [1, 0], [1, 1], [0, 1]);
      place([path], { ...upright, ...posture }, 100, 0);
      return path.x.flatMap((x, i) => [x, path.y[i]]);
    };
    expect(placed({})).toEqual([45, 45, 55, 45, 55, 55, 45, 55]);
    expect(placed({ shiftX: 3, shiftY: -2 })).toEqual([48, 43, 58, 43, 58, 53, 48, 53]);
    // A quarter turn clockwise on a page whose y points down: the tangent of 45° is 1.
    expect(placed({ halfTurn: 1 })).toEqual([55, 45, 55, 55, 45, 55, 45, 45]);
    // The top leans to the right by half its height of 5.
    expect(placed({ slant: 0.5 })).toEqual([47.5, 45, 57.5, 45, 52.5, 55, 42.5, 55]);
  });

  it("stays within the margin, whatever the posture", () => {
    const path = straight(1, [0, 0], [1, 1]);
    place([path], { height: 60, width: 20, slant: 0, halfTurn: 0.1, shiftX: 50, shiftY: -50 }, 28, 3);
    for (const coordinate of [...path.x, ...path.y]) {
      expect(coordinate).toBeGreaterThanOrEqual(3 - 1e-12);
      expect(coordinate).toBeLessThanOrEqual(25 + 1e-12);
    }
  });

  it("is bent smoothly: neighbours stay neighbours", () => {
    const points = Array.from({ length: 200 }, (_, i): [number, number] => [4 + i / 10, 14]);
    const path = straight(1, ...points);
    bend([path], 1, 28, new RandomStream(3, "bend"));
    const moved = path.y.map((y) => Math.abs(y - 14));
    expect(Math.max(...moved)).toBeGreaterThan(0.1);
    // A B-spline of control values c changes by at most max |c' − c| per cell of 28/3 pixels; five standard deviations of it.
    for (let i = 1; i < 200; i++) expect(Math.abs(path.y[i] - path.y[i - 1])).toBeLessThan((0.1 * 5 * Math.SQRT2) / (28 / 3));
  });

  it("thins along the edge of its nib and towards tapered ends", () => {
    const across = straight(1, ...Array.from({ length: 41 }, (_, i): [number, number] => [14, i / 2]));
    const along = straight(1, ...Array.from({ length: 41 }, (_, i): [number, number] => [i / 2, 14]));
    const grip = { radius: 2, pressure: 0, nib: 0.4, nibX: 1, nibY: 0, taper: 0 };
    press([across, along], grip, new RandomStream(1, "press"));
    expect(across.radius[20]).toBeCloseTo(2, 12);
    expect(along.radius[20]).toBeCloseTo(1.2, 8);
    press([across], { ...grip, taper: 1 }, new RandomStream(1, "press"));
    expect(across.radius[0]).toBeLessThan(across.radius[20]);
    expect(across.radius[40]).toBeLessThan(across.radius[20]);
  });
});

describe("the ink", () => {
  it("of a long line is its width times its length, at any angle", () => {
    for (const [dx, dy] of [
      [1, 0],
      [0.6, 0.8],
      [Math.SQRT1_2, -Math.SQRT1_2],
    ]) {
      const ink = new Float64Array(64 * 64);
      layInk(ink, 64, straight(2, [32 - 20 * dx, 32 - 20 * dy], [32, 32], [32 + 20 * dx, 32 + 20 * dy]), 1.5, 1);
      // A band of 4 × 40 and two half discs; the soft edge is symmetric, so it adds nothing to the band and, to a disc,
      // the second moment of the edge profile (π/20 of its width squared). Sampling at pixel middles leaves under 1 %.
      const expected = 4 * 40 + Math.PI * 4 + (Math.PI / 20) * 1.5 * 1.5;
      expect(Math.abs(total(ink) / expected - 1)).toBeLessThan(0.01);
    }
  });

  it("keeps the most where lines cross, and is cut off at the edges of the image", () => {
    const ink = new Float64Array(28 * 28);
    layInk(ink, 28, straight(2, [-10, 14], [40, 14]), 1, 0.5);
    const once = total(ink);
    layInk(ink, 28, straight(2, [-10, 14], [40, 14]), 1, 0.5);
    expect(total(ink)).toBe(once);
    expect(once).toBeCloseTo(28 * 4 * 0.5, 10);
    expect(Math.max(...ink)).toBe(0.5);
  });

  it("is lifted along a crease, and nowhere else", () => {
    const ink = new Float64Array(28 * 28).fill(1);
    liftInk(ink, 28, straight(1, [14, -5], [14, 40]), 1, 1);
    expect(ink[14 * 28 + 13]).toBe(0);
    expect(ink[14 * 28 + 10]).toBe(1);
    expect(total(ink)).toBeCloseTo(28 * 26, 10);
  });
});
