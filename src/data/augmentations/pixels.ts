/** Pixels of pictures read at computed places. */
import { iota, type Tensor } from "../../tensor/tensor.js";

/** What is read outside a picture: 0, the nearest pixel, or the picture mirrored at its outermost pixels. */
export type Outside = "zero" | "edge" | "reflect";

/** Row and column of each output pixel's source, i32 [records, height, width]; they may lie outside. */
export interface Places {
  readonly row: Tensor;
  readonly column: Tensor;
}

/**
 * out[r, i, j, c] = x[r, row[r, i, j], column[r, i, j], c].
 *
 * @param x [records, height, width, channels]
 */
export function pixelsAt(x: Tensor, { row, column }: Places, outside: Outside): Tensor {
  const [records, height, width, channels] = x.shape;
  const inside = (at: Tensor, extent: number) => at.ge(at.fill(0)).and(at.lt(at.fill(extent)));
  const place = (at: Tensor, extent: number) => clamped(outside === "reflect" ? reflected(at, extent) : at, extent);
  const record = iota(row.shape, 0, "i32");
  const at = record.mul(record.fill(height)).add(place(row, height));
  const index = at.mul(at.fill(width)).add(place(column, width));
  const taken = x.reshape([records * height * width, channels]).take(index);
  if (outside !== "zero") return taken;
  return inside(row, height).and(inside(column, width)).broadcastAlong(taken.shape, [0, 1, 2]).select(taken, taken.fill(0));
}

const clamped = (at: Tensor, extent: number): Tensor => at.maximum(at.fill(0)).minimum(at.fill(extent - 1));

/** … 2 1 0 1 2 … at the lower end, and likewise at the upper; right for places up to one extent outside. */
const reflected = (at: Tensor, extent: number): Tensor => {
  const last = at.fill(2 * (extent - 1));
  const positive = at.maximum(at.neg());
  return positive.minimum(last.sub(positive));
};
