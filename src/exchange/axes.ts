/** Axes in another order. */
import { allocate, dtypeOf, type HostData, type Shape } from "../tensor/types.js";

/** An array with its axes in another order: axis k of the result is axis `order[k]` of what is given. */
export function permuted(data: HostData, shape: Shape, order: readonly number[]): HostData {
  const steps = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) steps[axis] = steps[axis + 1] * shape[axis + 1];
  const out = allocate(dtypeOf(data), data.length);
  const place = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from];
    for (let k = order.length - 1; k >= 0; k--) {
      const axis = order[k];
      from += steps[axis];
      if (++place[k] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      place[k] = 0;
    }
  }
  return out;
}

/** The order that takes axes back to where they were. */
export const inverseOrder = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));
