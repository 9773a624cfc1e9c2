import { describe, expect, it } from "vitest";
import { follow } from "./rule.js";
import { cases, gradientOf, worstDistance } from "./trajectories.js";

describe("the optimizers walk PyTorch's paths", () => {
  it.each(cases)("$optimizer on $problem with $options", (one) => {
    // The case itself must not blow up rounding: a start off by 1e-13 stays within 1e-12 (PyTorch's own measure).
    expect(one.sensitivity).toBeLessThan(1e-12);
    const { distance, where } = worstDistance(one, (optimizer, problem, start, at) => {
      const path = follow(optimizer, (theta) => gradientOf(problem, theta), start, 1000);
      return at.map((step) => path[step]);
    });
    expect(distance, where).toBeLessThan(1e-10);
  });
});
