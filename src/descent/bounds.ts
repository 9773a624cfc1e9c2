/** Boxes that θ is kept in. */
import { SteepestError } from "../tensor/error.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";
import { allocate, type DType, type HostData } from "../tensor/types.js";

/** The least and the most that a variable may be; ±Infinity for none. */
export type Bound = readonly [number, number];

/** The corners of a box. */
export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * @param bounds one pair for all coordinates, or one for each
 * @throws SteepestError where they are not pairs least ≤ most, or not as many as coordinates
 */
export function boxOf(bounds: Bound | readonly Bound[], size: number): Box {
  const isPair = (b: unknown): b is Bound => Array.isArray(b) && b.length === 2 && typeof b[0] === "number" && b[0] <= b[1];
  const list: readonly unknown[] = isPair(bounds) ? Array.from({ length: size }, () => bounds) : Array.isArray(bounds) ? bounds : [];
  const pairs = list.filter(isPair);
  if (pairs.length !== size || list.length !== size)
    throw new SteepestError({
      problem: "the bounds are not usable",
      expected: size === 1 ? "a pair [least, most] with least ≤ most" : `one pair [least, most] with least ≤ most, or ${size} of them`,
      received: JSON.stringify(bounds, (_, value: unknown) =>
        typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
      ),
      fix: "a side without a bound is -Infinity or Infinity",
    });
  return { low: Float64Array.from(pairs, ([low]) => low), high: Float64Array.from(pairs, ([, high]) => high) };
}

/** θ ↦ the nearest point of the box, traced. */
export function projection({ low, high }: Box, dtype: DType): (theta: Tensor) => Tensor {
  const limit = (values: Float64Array) => {
    const data = allocate(dtype, values.length);
    data.set(values);
    return fromHost(data, [values.length], dtype);
  };
  const [least, most] = [limit(low), limit(high)];
  return (theta) => theta.maximum(least).minimum(most);
}

/** The same of numbers. */
export function projected(theta: HostData, box: Box): HostData {
  return theta.map((x, i) => Math.min(Math.max(x, box.low[i]), box.high[i]));
}
