import { describe, expect, it } from "vitest";
import { median, quantile, timesFaster } from "../../bench/statistics.js";

describe("quantiles", () => {
  it("are values of the list, or lie between two neighbours", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    // numpy.quantile([10, 20, 30, 40], [0, 0.25, 0.75, 1])
    expect([0, 0.25, 0.75, 1].map((share) => quantile([40, 10, 30, 20], share))).toEqual([10, 17.5, 32.5, 40]);
  });

  it("sort by size, not by text, and leave the list as it was", () => {
    const values = [100, 9, 20];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  it("are NaN without values", () => {
    expect(median([])).toBeNaN();
  });
});

describe("how many times faster", () => {
  it("is taken turn by turn, so that a slow turn of both changes nothing", () => {
    // Always twice as fast, while the machine wanders by a factor of ten. The ratio of the medians would be 2 only by chance.
    const pace = [1, 10, 3, 7, 1];
    const { median, quartiles } = timesFaster(
      pace,
      pace.map((x) => 2 * x),
    );
    expect([median, ...quartiles]).toEqual([2, 2, 2]);
  });

  it("leaves out turns that only one of them had", () => {
    expect(timesFaster([1, 1, 1], [3, 3]).median).toBe(3);
    expect(timesFaster([1, 1], [3, 3, 99]).median).toBe(3);
  });

  it("gives the bounds of the middle half", () => {
    expect(timesFaster([1, 1, 1, 1, 1], [1, 2, 3, 4, 5])).toEqual({ median: 3, quartiles: [2, 4] });
  });
});
