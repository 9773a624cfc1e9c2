/** How near an image is to the true one. */
import type { Image } from "../data/images/image.js";
import { SteepestError } from "../tensor/error.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";
import { sameShape, showShape } from "../tensor/types.js";
import { gaussianKernel } from "./kernels.js";
import { spatialAxes } from "./observation.js";
import { isPicture, largestSample } from "./pictures.js";

export interface QualityOptions {
  /** The largest value that there can be. Default: 1 for tensors, 255 or 65,535 for pictures. */
  readonly peak?: number;
  /** Where the channels of a tensor of three axes lie. Default `"interleaved"`. */
  readonly layout?: "interleaved" | "planar";
}

interface Pair {
  /** Channels × H × W, float64. */
  readonly x: Tensor;
  readonly y: Tensor;
  readonly peak: number;
}

function pairOf(what: string, image: Image | Tensor, reference: Image | Tensor, { peak, layout = "interleaved" }: QualityOptions): Pair {
  const [x, y] = [image, reference].map((side) => {
    const values = isPicture(side)
      ? fromHost(Float64Array.from(side.data), [side.height, side.width, side.channels], "f64")
      : side.cast("f64");
    if (values.rank === 2) return values.reshape([1, ...values.shape]);
    const axes = spatialAxes(values.shape, isPicture(side) ? "interleaved" : layout);
    return axes[0] === 1 ? values : values.transpose([2, 0, 1]);
  });
  const depths = new Set([image, reference].map((side) => (isPicture(side) ? side.depth : 0)));
  if (!sameShape(x.shape, y.shape) || depths.size > 1 || x.size === 0)
    throw new SteepestError({
      problem: `${what} compares images of one size and kind`,
      expected: showOf(reference),
      received: showOf(image),
    });
  const own = peak ?? (isPicture(image) ? largestSample(image) : 1);
  if (!(own > 0 && Number.isFinite(own)))
    throw new SteepestError({ problem: "the peak is the largest value", expected: "a number > 0", received: String(own) });
  return { x, y, peak: own };
}

const showOf = (x: Image | Tensor): string =>
  isPicture(x) ? `${x.width} × ${x.height} with ${x.channels} channels of ${x.depth} bits` : showShape(x.shape);

/**
 * Peak signal-to-noise ratio in decibels, 10 log₁₀(peak² / mean (x − y)²) over all pixels and channels, nothing cut off at the borders and nothing
 * clipped or rounded: round and clip first (`tensorImage`) where published numbers of 8-bit images are to be met. Noise of standard deviation σ that
 * is not clipped has 20 log₁₀(peak/σ): 24.61, 20.17 and 14.15 dB for σ = 15, 25 and 50 of 255.
 *
 * @returns ∞ for equal images
 * @throws SteepestError for images of different sizes or kinds
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { psnr } from "steepest/vision";
 * psnr(tensor([[0.5, 0.6]]), tensor([[0.5, 0.5]])); // → 23.0103
 * ```
 */
export function psnr(image: Image | Tensor, reference: Image | Tensor, options: QualityOptions = {}): number {
  const { x, y, peak } = pairOf("psnr", image, reference, options);
  return decibels(x.sub(y).square().mean().item(), peak);
}

/** PSNR of a mean squared error. */
export const decibels = (error: number, peak = 1): number =>
  error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((peak * peak) / error);

/** Side of the window, its standard deviation, and the constants of Wang et al. */
const [SIDE, SPREAD, K1, K2] = [11, 1.5, 0.01, 0.03];

/** Weighted means over the windows that lie inside. */
function windowed(x: Tensor): Tensor {
  const weights = Float64Array.from(gaussianKernel(SPREAD, (SIDE - 1) / 2).passes[0].values);
  const [planes, height, width] = x.shape;
  const pass = (u: Tensor, high: number, wide: number, rows: number, columns: number) =>
    u.reshape([planes, high, wide, 1]).convolve(fromHost(weights, [rows, columns, 1, 1], "f64").cast(x.dtype), {
      strides: [1, 1],
      padding: [0, 0, 0, 0],
      image: [planes, high, wide, 1],
      filter: [rows, columns, 1, 1],
    });
  const down = pass(x, height, width, SIDE, 1);
  return pass(down, height - SIDE + 1, width, 1, SIDE).reshape([planes, height - SIDE + 1, width - SIDE + 1]);
}

/** Means over all windows and channels: of contrast times structure, and of that times luminance. */
function similarity(x: Tensor, y: Tensor, peak: number): { readonly structure: Tensor; readonly whole: Tensor } {
  const [c1, c2] = [K1 * peak * (K1 * peak), K2 * peak * (K2 * peak)];
  const [mx, my] = [windowed(x), windowed(y)];
  const [xx, yy, xy] = [windowed(x.square()), windowed(y.square()), windowed(x.mul(y))];
  const product = mx.mul(my);
  const squares = mx.square().add(my.square());
  const structure = xy.sub(product).mul(2).add(c2).div(xx.add(yy).sub(squares).add(c2));
  const luminance = product.mul(2).add(c1).div(squares.add(c1));
  return { structure: structure.mean(), whole: structure.mul(luminance).mean() };
}

function checkSide(what: string, { shape }: Tensor, least: number): void {
  if (shape[1] >= least && shape[2] >= least) return;
  throw new SteepestError({
    problem: `${what} looks through windows that do not fit into this image`,
    expected: `at least ${least} × ${least} pixels`,
    received: `${shape[1]} × ${shape[2]}`,
    fix: least > SIDE ? "take ssim, which needs 11 × 11, or psnr" : "take psnr",
  });
}

/**
 * Structural similarity (Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Process. 13, 2004): 1 for equal images.
 *
 *     SSIM = mean of (2 μx μy + C₁)(2 σxy + C₂) / ((μx² + μy² + C₁)(σx² + σy² + C₂)),   C₁ = (0.01 peak)², C₂ = (0.03 peak)²
 *
 * Means and (co)variances are weighted by an 11 × 11 Gaussian of standard deviation 1.5 with sum 1, without the correction n/(n − 1). Only windows that
 * lie inside of the image count: (H − 10)(W − 10) of them. Channels are compared one by one, and their mean is given. Computed in float64.
 *
 * @throws SteepestError for images of different sizes or kinds, and below 11 × 11 pixels
 */
export function ssim(image: Image | Tensor, reference: Image | Tensor, options: QualityOptions = {}): number {
  const { x, y, peak } = pairOf("ssim", image, reference, options);
  checkSide("ssim", x, SIDE);
  return similarity(x, y, peak).whole.item();
}

/** The exponents of the five scales, from the finest. */
const scales = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;

/**
 * Multi-scale structural similarity (Wang, Simoncelli and Bovik, Asilomar 2003): the mean of contrast times structure at five scales, each half
 * the one before (means of 2 × 2 pixels; a last odd row or column is left out), to the powers 0.0448, 0.2856, 0.3001, 0.2363, 0.1333; at the coarsest
 * scale with luminance. A mean below 0 counts as 0.
 *
 * @throws SteepestError for images of different sizes or kinds, and below 176 × 176 pixels
 */
export function msssim(image: Image | Tensor, reference: Image | Tensor, options: QualityOptions = {}): number {
  let { x, y, peak } = pairOf("msssim", image, reference, options);
  checkSide("msssim", x, SIDE * 2 ** (scales.length - 1));
  let result = fromHost(Float64Array.of(1), [], "f64");
  scales.forEach((exponent, level) => {
    const { structure, whole } = similarity(x, y, peak);
    result = result.mul((level === scales.length - 1 ? whole : structure).maximum(0).pow(exponent));
    [x, y] = [halved(x), halved(y)];
  });
  return result.item();
}

function halved(x: Tensor): Tensor {
  const [planes, height, width] = [x.shape[0], Math.floor(x.shape[1] / 2), Math.floor(x.shape[2] / 2)];
  const from = (row: number, column: number) => x.slice([0, row, column], [planes, height, width], [1, 2, 2]);
  return from(0, 0).add(from(0, 1)).add(from(1, 0)).add(from(1, 1)).mul(0.25);
}
