/** What reshaping, moving and cutting may do to a shape, and the errors where they may not. */
import { tracingError } from "./error.js";
import { broadcastShapes, normalizeAxes, type Shape, sameShape, showShape, sizeOf } from "./types.js";

/** The whole shape of a reshape, with −1 worked out. */
export function reshapedTo(from: Shape, shape: Shape): readonly number[] {
  const size = sizeOf(from);
  const open = shape.filter((extent) => extent === -1).length;
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const full = shape.map((extent) => (extent === -1 ? size / (known || 1) : extent));
  if (open > 1 || sizeOf(full) !== size || full.some((extent) => !Number.isInteger(extent) || extent < 0))
    throw tracingError({
      problem: "reshape cannot change the number of elements",
      expected: `a shape of ${size} elements, with at most one −1`,
      received: `${showShape(from)} to ${showShape(shape)}`,
    });
  return full;
}

/** A permutation of all axes, counted from the front. */
export function permutationOf(rank: number, permutation: readonly number[]): readonly number[] {
  if (normalizeAxes(permutation, rank, "transpose").length !== rank)
    throw tracingError({ problem: "transpose needs every axis once", expected: `${rank} axes`, received: JSON.stringify(permutation) });
  return permutation.map((axis) => (axis < 0 ? axis + rank : axis));
}

export function checkStretch(from: Shape, shape: Shape): void {
  const joint = broadcastShapes(from, shape);
  if (joint === undefined || !sameShape(joint, shape))
    throw tracingError({
      problem: "broadcastTo cannot stretch this tensor",
      expected: `a shape that ${showShape(from)} fits into`,
      received: showShape(shape),
    });
}

export function checkSlice(shape: Shape, start: readonly number[], size: readonly number[], step: readonly number[]): void {
  const inside = (extent: number, axis: number) =>
    extent >= 0 && start[axis] >= 0 && step[axis] >= 1 && (extent === 0 || start[axis] + (extent - 1) * step[axis] < shape[axis]);
  if (start.length !== shape.length || size.length !== shape.length || !size.every(inside))
    throw tracingError({
      problem: "slice reaches outside the tensor",
      expected: `a part of ${showShape(shape)}`,
      received: `start ${JSON.stringify(start)}, size ${JSON.stringify(size)}, step ${JSON.stringify(step)}`,
    });
}

export function checkPad(shape: Shape, low: readonly number[], high: readonly number[], interior: readonly number[]): void {
  const amounts = [...low, ...high, ...interior];
  if ([low, high, interior].some((list) => list.length !== shape.length) || amounts.some((x) => !Number.isInteger(x) || x < 0))
    throw tracingError({
      problem: "pad cannot put zeros there",
      expected: `three lists of ${shape.length} whole numbers ≥ 0 for ${showShape(shape)}`,
      received: `low ${JSON.stringify(low)}, high ${JSON.stringify(high)}, interior ${JSON.stringify(interior)}`,
    });
}
