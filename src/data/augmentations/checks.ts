/** What the options of augmentations are checked for. */
import { SteepestError } from "../../tensor/error.js";
import { type Shape, showShape } from "../../tensor/types.js";

export function checkNumber(owner: string, value: number, expected: string, fits: (value: number) => boolean): number {
  if (typeof value === "number" && Number.isFinite(value) && fits(value)) return value;
  throw new SteepestError({ problem: `${owner} cannot be made with this`, expected, received: String(value) });
}

/** A range, or one number m for [−m, m] about `middle`. */
export type Range = number | readonly [number, number];

export function rangeOf(owner: string, range: Range, middle = 0): readonly [number, number] {
  const [low, high] = typeof range === "number" ? [middle - range, middle + range] : range;
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high) return [low, high];
  throw new SteepestError({
    problem: `${owner} cannot be drawn from this range`,
    expected: "a number ≥ 0, or [from, to] with from ≤ to",
    received: JSON.stringify(range),
  });
}

/** The extents of a batch of pictures [records, height, width, channels]. */
export function pictureExtents(owner: string, shape: Shape): readonly [number, number, number, number] {
  const [records, height, width, channels] = shape;
  if (shape.length === 4) return [records, height, width, channels];
  throw new SteepestError({
    problem: `the augmentation ${owner} takes pictures`,
    expected: "inputs of shape [height, width, channels]",
    received: showShape(shape.slice(1)),
    fix: shape.length === 3 ? `grey pictures have one channel: [${shape.slice(1).join(", ")}, 1]` : undefined,
  });
}
