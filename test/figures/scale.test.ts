import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearTicks, logTicks, makeScale } from "../../src/figures/scale.js";

describe("linear ticks", () => {
  // The examples of d3-array's documentation and tests of `ticks(start, stop, count)`.
  it.each([
    [0, 1, 10, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]],
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 1, 2, [0, 0.5, 1]],
    [0, 10, 5, [0, 2, 4, 6, 8, 10]],
    [-10, 10, 5, [-10, -5, 0, 5, 10]],
    [-10, 10, 2, [-10, 0, 10]],
  ])("from %d to %d, about %d", (from, to, count, expected) => {
    expect(linearTicks(from, to, count)).toEqual(expected);
  });

  it("are evenly spaced short numbers within the interval, about as many as asked for", () => {
    const interval = fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: 1, max: 9999 }), fc.integer({ min: -12, max: 12 }));
    fc.assert(
      fc.property(interval, fc.integer({ min: 2, max: 12 }), ([start, length, power], count) => {
        const scale = Number(`1e${power}`);
        const [from, to] = [start * scale, (start + length) * scale];
        const ticks = linearTicks(from, to, count);
        const slack = (to - from) * 1e-6;
        expect(ticks.length).toBeGreaterThanOrEqual(Math.floor(count / 2));
        expect(ticks.length).toBeLessThanOrEqual(2 * count + 1);
        for (const tick of ticks) {
          expect(tick).toBeGreaterThanOrEqual(from - slack);
          expect(tick).toBeLessThanOrEqual(to + slack);
        }
        const gaps = ticks.slice(1).map((tick, i) => tick - ticks[i]);
        for (const gap of gaps) expect(Math.abs(gap - gaps[0])).toBeLessThanOrEqual(slack);
        // A step is 1, 2 or 5 times a power of ten.
        if (gaps.length > 0) expect(["1", "2", "5"]).toContain(Number(gaps[0].toPrecision(6)).toExponential().split("e")[0]);
      }),
    );
  });
});

describe("logarithmic ticks", () => {
  it.each([
    [1, 100, 5, [1, 3, 10, 30, 100]],
    [0.01, 3, 5, [0.01, 0.03, 0.1, 0.3, 1, 3]],
    [1, 5, 5, [1, 2, 5]],
    [1e-6, 1e6, 4, [1e-6, 1e-3, 1, 1e3, 1e6]],
  ])("from %d to %d, about %d", (from, to, count, expected) => {
    expect(logTicks(from, to, count)).toEqual(expected);
  });

  it("are never fewer than two, nor outside", () => {
    const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(positive, fc.double({ min: 1.05, max: 1e9, noNaN: true }), (from, factor) => {
        const ticks = logTicks(from, from * factor, 5);
        expect(ticks.length).toBeGreaterThanOrEqual(1);
        expect(ticks.length).toBeLessThanOrEqual(11);
        for (const tick of ticks) expect(tick >= from * 0.999999 && tick <= from * factor * 1.000001).toBe(true);
      }),
    );
  });
});

describe("scales", () => {
  it("map the ends of the domain to the ends of the range", () => {
    const linear = makeScale({ kind: "linear", domain: [-2, 6], range: [100, 20] });
    expect([linear.at(-2), linear.at(2), linear.at(6)]).toEqual([100, 60, 20]);
    const log = makeScale({ kind: "log", domain: [0.01, 100], range: [0, 400] });
    for (const [value, place] of [
      [0.01, 0],
      [0.1, 100],
      [1, 200],
      [100, 400],
    ])
      expect(log.at(value)).toBeCloseTo(place, 9);
  });

  it("widen to whole ticks where asked", () => {
    expect(makeScale({ kind: "linear", domain: [0.13, 0.87], range: [0, 1], nice: true }).domain).toEqual([0, 1]);
    expect(makeScale({ kind: "log", domain: [0.013, 2.3], range: [0, 1], nice: true }).domain).toEqual([0.01, 3]);
  });

  it("give a single value a place inside", () => {
    for (const value of [0, 5, -3, 1e-300, 1e15]) {
      const place = makeScale({ kind: "linear", domain: [value, value], range: [0, 10] }).at(value);
      expect(place > 0 && place < 10).toBe(true);
    }
    expect(makeScale({ kind: "log", domain: [5, 5], range: [0, 10] }).at(5)).toBeCloseTo(5, 9);
  });
});
