/** Images without a pattern that a wrong neighbour would share, and sums in full precision. */
import { RandomStream } from "../../src/tensor/random.js";
import { fromHost, type Tensor } from "../../src/tensor/tensor.js";
import { type Shape, sizeOf } from "../../src/tensor/types.js";

/** Numbers in [low, high), float64. */
export function scattered(shape: Shape, seed: number, low = -1, high = 1, dtype: "f32" | "f64" = "f64"): Tensor {
  const random = new RandomStream(seed, "test image");
  const data = dtype === "f64" ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = random.between(low, high);
  return fromHost(data, shape, dtype);
}

export const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);

export const innerProduct = (x: Tensor, y: Tensor): number => sumOf(x.mul(y).data());
