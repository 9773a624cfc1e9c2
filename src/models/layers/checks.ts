/** Checks of what a layer is given. */
import { SteepestError } from "../../tensor/error.js";
import { type Shape, showShape } from "../../tensor/types.js";

export function checkCount(what: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new SteepestError({ problem: `${what} is not usable`, expected: "a whole number ≥ 1", received: String(value) });
}

/** Height and width: one number stands for both. */
export type Pair = number | readonly [number, number];

export function checkPair(what: string, value: Pair): readonly [number, number] {
  const pair = typeof value === "number" ? ([value, value] as const) : value;
  if (pair.length === 2 && pair.every((x) => Number.isInteger(x) && x >= 1)) return pair;
  throw new SteepestError({
    problem: `${what} is not usable`,
    expected: "a whole number ≥ 1, or [height, width]",
    received: JSON.stringify(value),
  });
}

/** Images of one record: [height, width, channels]. */
export function checkImage(layer: string, input: Shape): void {
  if (input.length !== 3)
    throw new SteepestError({
      problem: `${layer} takes images`,
      expected: "[height, width, channels]",
      received: showShape(input),
      fix:
        input.length === 2
          ? `grey images have one channel: [${input.join(", ")}, 1]`
          : input.length === 1
            ? "put it before flatten() and dense layers"
            : undefined,
    });
}
