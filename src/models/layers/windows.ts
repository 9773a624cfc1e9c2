/** Where the windows of an image lie: padding, and what it comes to. */
import { SteepestError } from "../../tensor/error.js";
import { type Shape, showShape } from "../../tensor/types.js";

/**
 * What lies around an image. "same": so much that the output has ⌈extent/stride⌉ pixels, the larger part below and at the right where the need
 * is odd, as in TensorFlow. "valid": nothing. A number, or [above and below, left and right]: so much on each side, as in PyTorch.
 */
export type Padding = "same" | "valid" | number | readonly [number, number];

/** Pixels above, below, left and right. */
export type Margins = readonly [number, number, number, number];

/** @throws SteepestError for what is no padding */
export function checkPadding(layer: string, padding: Padding): Padding {
  const isCount = (x: unknown) => Number.isInteger(x) && Number(x) >= 0;
  if (padding === "same" || padding === "valid" || isCount(padding)) return padding;
  if (Array.isArray(padding) && padding.length === 2 && padding.every(isCount)) return padding;
  throw new SteepestError({
    problem: `padding of ${layer} is not usable`,
    expected: '"same", "valid", a whole number ≥ 0, or [above and below, left and right]',
    received: JSON.stringify(padding),
  });
}

/**
 * The margins for windows over an image of these extents.
 *
 * @param window the extent of a window, with the gaps of its dilation
 */
export function marginsOf(
  padding: Padding,
  extents: readonly [number, number],
  window: readonly [number, number],
  strides: readonly [number, number],
): Margins {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding !== "same") {
    const [vertical, horizontal] = typeof padding === "number" ? [padding, padding] : padding;
    return [vertical, vertical, horizontal, horizontal];
  }
  const around = (axis: 0 | 1): [number, number] => {
    const needed = Math.max(0, (Math.ceil(extents[axis] / strides[axis]) - 1) * strides[axis] + window[axis] - extents[axis]);
    const before = Math.floor(needed / 2);
    return [before, needed - before];
  };
  return [...around(0), ...around(1)];
}

/** A window must fit into the image with its margins. */
export function checkFit(layer: string, window: readonly [number, number], input: Shape, margins: Margins = [0, 0, 0, 0]): void {
  const extents = [input[0] + margins[0] + margins[1], input[1] + margins[2] + margins[3]];
  if (window[0] <= extents[0] && window[1] <= extents[1]) return;
  throw new SteepestError({
    problem: `the window of ${layer} is larger than its image`,
    expected: `at most ${extents[0]} × ${extents[1]}, for an image ${showShape(input)}`,
    received: `${window[0]} × ${window[1]}`,
    fix: "use a smaller window, or fewer layers that shrink the image before it",
  });
}
