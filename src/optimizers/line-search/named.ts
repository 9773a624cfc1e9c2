/** Line searches by the names that optimizers take. */
import { SteepestError } from "../../tensor/error.js";
import { backtracking } from "./backtracking.js";
import { exactStep } from "./exact.js";
import type { LineSearch } from "./problem.js";
import { strongWolfe } from "./strong-wolfe.js";

export interface SearchOptions {
  /** `"wolfe"`: strong Wolfe conditions; `"backtracking"`: sufficient decrease alone (Armijo); `"exact"`: the exact step on a quadratic. */
  readonly lineSearch?: "wolfe" | "backtracking" | "exact";
  /** c₁: the part of the decrease promised by the slope that a step must bring, 0 < c₁ < ½. */
  readonly decrease?: number;
  /** c₂ of `"wolfe"`: the part of the slope that may be left, c₁ < c₂ < 1. */
  readonly curvature?: number;
  /** Most evaluations of one line search. */
  readonly trials?: number;
}

/** @throws SteepestError for options out of their range */
export function searchNamed(owner: string, { lineSearch, decrease, curvature, trials }: Required<SearchOptions>): LineSearch {
  const expect = (option: string, holds: boolean, expected: string, received: unknown) => {
    if (!holds) throw new SteepestError({ problem: `${option} of ${owner} is not usable`, expected, received: String(received) });
  };
  expect("lineSearch", ["wolfe", "backtracking", "exact"].includes(lineSearch), '"wolfe", "backtracking" or "exact"', lineSearch);
  expect("decrease", decrease > 0 && decrease < 0.5, "a number between 0 and 0.5", decrease);
  expect("curvature", lineSearch !== "wolfe" || (curvature > decrease && curvature < 1), "a number between decrease and 1", curvature);
  expect("trials", Number.isInteger(trials) && trials >= 1 && trials <= 1000, "a whole number from 1 to 1000", trials);
  switch (lineSearch) {
    case "wolfe":
      return strongWolfe({ decrease, curvature, trials });
    case "backtracking":
      return backtracking({ decrease, trials });
    case "exact":
      return exactStep();
  }
}
