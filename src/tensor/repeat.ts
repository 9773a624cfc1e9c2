/** A value that is the same for all elements of a mapped axis. */
import type { Tensor } from "./tensor.js";

/** x, `count` times along a new first axis. */
export const repeated = (x: Tensor, count: number): Tensor =>
  x.broadcastAlong(
    [count, ...x.shape],
    x.shape.map((_, axis) => axis + 1),
  );
