import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatNumberForPrint,
  formatPercent,
  formatPower,
} from "../../src/figures/number-format.js";

describe("formatNumber", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [1, "1"],
    [-2.5, "-2.5"],
    [0.1 + 0.2, "0.3"],
    [1234.5678, "1235"],
    [99999.6, "100000"],
    [1e6, "1e6"],
    [0.000123456, "0.0001235"],
    [0.0000123456, "1.235e-5"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("%d is %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("loses at most half a unit of the last digit shown", () => {
    const finite = fc.double({ noNaN: true, min: -1e300, max: 1e300 }).filter((x) => x === 0 || Math.abs(x) > 1e-300);
    fc.assert(
      fc.property(finite, fc.integer({ min: 1, max: 15 }), (value, digits) => {
        // Relative to the number, half a unit of the last of n digits is at most 0.5 · 10^(1-n); the margin is for the parsing of both.
        expect(Math.abs(Number(formatNumber(value, digits)) - value)).toBeLessThanOrEqual(
          Math.abs(value) * 0.5000001 * Number(`1e${1 - digits}`),
        );
      }),
    );
  });
});

it("prints with typographic signs", () => {
  expect(formatNumberForPrint(-1.5e-7)).toBe("−1.5×10⁻⁷");
  expect(formatNumberForPrint(1e-5)).toBe("10⁻⁵");
  expect(formatNumberForPrint(-2.25)).toBe("−2.25");
});

it("groups counts", () => {
  expect([0, 999, 1000, 21578, 1234567].map(formatCount)).toEqual(["0", "999", "1,000", "21,578", "1,234,567"]);
});

it("never rounds an imperfect share to 100 %", () => {
  expect(formatPercent(1)).toBe("100 %");
  expect(formatPercent(0.99999)).toBe("99.9 %");
  expect(formatPercent(0.99999, 0)).toBe("99 %");
  expect(formatPercent(0.9873, 2)).toBe("98.73 %");
  expect(formatPercent(0)).toBe("0.0 %");
});

it.each([
  [0.00000215, "2.2 µs"],
  [0.0000215, "21.5 µs"],
  [0.0009994, "999 µs"],
  [0.0009999, "1 ms"],
  [0, "0 ms"],
  [0.0414, "41.4 ms"],
  [0.99999, "1.0 s"],
  [9.31, "9.3 s"],
  [41.4, "41 s"],
  [59.7, "1 min 00 s"],
  [125, "2 min 05 s"],
  [3599.9, "1 h 00 min"],
  [3840, "1 h 04 min"],
  [Number.POSITIVE_INFINITY, "–"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

it("writes powers of ten as such, and other numbers as they are", () => {
  expect([1, 10, 1000, 1e8, 1e-3, 3000, 2.5e7].map(formatPower)).toEqual(["10⁰", "10¹", "10³", "10⁸", "10⁻³", "3000", "2.5×10⁷"]);
});
