/** What of an image was seen: linear maps A before the distance to the given data. */
import { pullBack } from "../autodiff/reverse.js";
import { SteepestError, tracingError } from "../tensor/error.js";
import { concatenate } from "../tensor/join.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";
import { type Shape, sameShape, showShape } from "../tensor/types.js";
import { type Kernel, type KernelPass, kernelOf } from "./kernels.js";

/** Which of an image's axes are rows and columns; the others are channels. */
export type SpatialAxes = readonly [rows: number, columns: number];

/** Rows and columns of H × W, H × W × C, or C × H × W. */
export function spatialAxes(shape: Shape, layout: "interleaved" | "planar"): SpatialAxes {
  if (shape.length === 2 || (shape.length === 3 && layout === "interleaved")) return [0, 1];
  if (shape.length === 3) return [1, 2];
  throw tracingError({ problem: "an image has rows and columns", expected: "[height, width] or three axes", received: showShape(shape) });
}

/** A linear map of images. Its adjoint comes from reverse differentiation, so it is exact. */
export interface Observation {
  readonly name: string;
  apply(u: Tensor, axes: SpatialAxes): Tensor;
  /** The shape of the image whose observation has the given shape. */
  source(shape: Shape, axes: SpatialAxes): Shape;
  /** Multiplies each pixel by itself and nothing else: then it weighs the data term. */
  readonly weights?: Tensor;
}

/** Aᵀv for images such as `like`. */
export function adjoint(observe: (u: Tensor) => Tensor, like: Tensor, v: Tensor): Tensor {
  return pullBack([observe(like)], [v], [like])[0] ?? like.fill(0);
}

/**
 * Inpainting: pixels where the mask is 0 were not seen. It may also hold weights from 0 to 1.
 *
 * @param mask H × W, or of the shape of the image
 * @throws SteepestError for weights that are negative or not finite
 */
export function masked(mask: Tensor): Observation {
  const data = mask.data();
  const bad = data.findIndex((w) => !(w >= 0 && Number.isFinite(w)));
  if (bad >= 0)
    throw new SteepestError({ problem: "a mask holds 1 where a pixel was seen and 0 where not", received: `${data[bad]} at place ${bad}` });
  return {
    name: "mask",
    weights: mask,
    apply: (u, axes) => u.mul(weightsLike(mask, u, axes)),
    source: (shape) => shape,
  };
}

/** A mask in the shape and dtype of an image: one of rows and columns serves all channels. */
export function weightsLike(mask: Tensor, u: Tensor, axes: SpatialAxes): Tensor {
  const plane = axes.map((axis) => u.shape[axis]);
  const fits = sameShape(mask.shape, u.shape) || sameShape(mask.shape, plane);
  if (!fits)
    throw tracingError({
      problem: "the mask does not fit the image",
      expected: `${showShape(u.shape)}${u.rank > 2 ? ` or ${showShape(plane)}` : ""}`,
      received: showShape(mask.shape),
    });
  const own = mask.cast(u.dtype);
  return sameShape(mask.shape, u.shape) ? own : own.broadcastAlong(u.shape, axes);
}

/**
 * Blur with a kernel: the image is mirrored at its edges (half-sample symmetric: … b a | a b c …), then each pixel becomes the weighted mean of
 * those around it. With `kernel` k of odd sizes 2r + 1: (Au)[y, x] = Σ k[i, j] u[y + i − r, x + j − r].
 *
 * @param kernel from `gaussianKernel`, `motionKernel` or `diskKernel`, or one's own rows of numbers
 * @throws SteepestError for a kernel that is empty, of even size, or not finite
 */
export function blurred(kernel: Kernel | readonly (readonly number[])[]): Observation {
  const { passes, name } = kernelOf(kernel);
  return {
    name: `blur (${name})`,
    source: (shape) => shape,
    apply(u, axes) {
      const order = [...u.shape.keys()].filter((a) => !axes.includes(a)).concat(axes);
      const [height, width] = [u.shape[axes[0]], u.shape[axes[1]]];
      const planes = u.size / (height * width);
      let seen = u.transpose(order).reshape([planes, height, width]);
      for (const pass of passes) seen = correlated(seen, pass);
      const inverse = order.map((_, axis) => order.indexOf(axis));
      return seen.reshape(order.map((axis) => u.shape[axis])).transpose(inverse);
    },
  };
}

/** Kernels with at most so many numbers that are not 0 are sums of shifted images, which are read where they lie; larger ones are convolutions. */
const MOST_TAPS = 160;

/** Planes × H × W through one rectangle of a kernel. */
function correlated(planes: Tensor, { rows, columns, values }: KernelPass): Tensor {
  const [count, height, width] = planes.shape;
  const mirrored = mirror(mirror(planes, 1, (rows - 1) / 2), 2, (columns - 1) / 2);
  const taps = Array.from(values, (value, i) => ({ value, row: Math.floor(i / columns), column: i % columns })).filter(
    ({ value }) => value !== 0,
  );
  if (taps.length <= MOST_TAPS)
    return taps
      .map(({ value, row, column }) => mirrored.slice([0, row, column], [count, height, width]).mul(value))
      .reduce((sum, term) => sum.add(term));
  const [high, wide] = [mirrored.shape[1], mirrored.shape[2]];
  return mirrored
    .reshape([count, high, wide, 1])
    .convolve(fromHost(Float64Array.from(values), [rows, columns, 1, 1], "f64").cast(planes.dtype), {
      strides: [1, 1],
      padding: [0, 0, 0, 0],
      image: [count, high, wide, 1],
      filter: [rows, columns, 1, 1],
    })
    .reshape([count, height, width]);
}

/** `margin` more elements on both sides of an axis, mirrored at the edges; where the margin is wider than the image, mirrored again. */
function mirror(u: Tensor, axis: number, margin: number): Tensor {
  if (margin === 0) return u;
  const extent = u.shape[axis];
  const step = Math.min(margin, extent);
  const piece = (from: number) =>
    u
      .slice(
        u.shape.map((_, a) => (a === axis ? from : 0)),
        u.shape.map((n, a) => (a === axis ? step : n)),
      )
      .reverse(axis);
  return mirror(concatenate([piece(0), u, piece(extent - step)], axis), axis, margin - step);
}

/**
 * Super-resolution: each pixel that was seen is the mean of `factor` × `factor` pixels of the image.
 *
 * @throws SteepestError for a factor that is no whole number ≥ 2, and, on use, for images whose sides it does not divide
 */
export function downsampled(factor: number): Observation {
  if (!Number.isInteger(factor) || factor < 2)
    throw new SteepestError({ problem: "an image is reduced by a whole factor", expected: "a whole number ≥ 2", received: String(factor) });
  return {
    name: `reduction by ${factor}`,
    source: (shape, axes) => shape.map((extent, a) => (axes.includes(a) ? extent * factor : extent)),
    apply(u, axes) {
      const odd = axes.find((axis) => u.shape[axis] % factor !== 0);
      if (odd !== undefined)
        throw tracingError({
          problem: `an image is reduced by ${factor} where ${factor} divides its sides`,
          received: showShape(u.shape),
          fix: "cut off the last rows or columns",
        });
      const step = u.shape.map((_, a) => (axes.includes(a) ? factor : 1));
      const size = u.shape.map((extent, a) => extent / step[a]);
      const from = (row: number, column: number) =>
        u.slice(
          u.shape.map((_, a) => (a === axes[0] ? row : a === axes[1] ? column : 0)),
          size,
          step,
        );
      const places = Array.from({ length: factor * factor }, (_, i) => from(Math.floor(i / factor), i % factor));
      return places.reduce((sum, part) => sum.add(part)).mul(1 / (factor * factor));
    },
  };
}

/** One after the other: blur first, then reduction, say. */
export function composed(parts: readonly Observation[]): Observation | undefined {
  if (parts.length < 2) return parts[0];
  return {
    name: parts.map((part) => part.name).join(", "),
    apply: (u, axes) => parts.reduce((seen, part) => part.apply(seen, axes), u),
    source: (shape, axes) => parts.reduceRight<Shape>((given, part) => part.source(given, axes), shape),
  };
}

/** An upper bound of ‖A‖²: ‖A‖₁ ‖A‖∞ for maps whose entries are not negative, from Aᵀ1 and A1. */
export function squaredNormOf(observe: (u: Tensor) => Tensor, shape: Shape): number {
  const ones = fromHost(new Float32Array(shape.reduce((n, extent) => n * extent, 1)).fill(1), shape, "f32");
  const seen = observe(ones);
  const largest = (x: Tensor) => x.abs().max().item();
  return largest(seen) * largest(adjoint(observe, ones, seen.fill(1)));
}
