/** Between pictures of 8 or 16 bits and tensors of values from 0 to 1. */
import { checkImage, type Image, imageOf } from "../data/images/image.js";
import { SteepestError } from "../tensor/error.js";
import { fromHost, Tensor } from "../tensor/tensor.js";
import { showShape } from "../tensor/types.js";

export interface ImageTensorOptions {
  /** Where the channels of a colour image lie: `"interleaved"` H × W × C (the default) or `"planar"` C × H × W. */
  readonly layout?: "interleaved" | "planar";
  /** Default `"f32"`. */
  readonly dtype?: "f32" | "f64";
}

/**
 * A picture as a tensor of values from 0 (black) to 1 (white): H × W for grey, three axes for colour. Samples are divided by 255 or 65,535.
 *
 * @throws SteepestError for a picture whose samples do not fill it
 * @example
 * ```ts
 * import { imageTensor } from "steepest/vision";
 * imageTensor({ width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(0, 255) }).toArray(); // → [[0, 1]]
 * ```
 */
export function imageTensor(image: Image, options: ImageTensorOptions = {}): Tensor {
  checkImage(image);
  const { layout = "interleaved", dtype = "f32" } = options;
  const { width, height, channels, data } = image;
  const largest = largestSample(image);
  const size = width * height;
  const values = dtype === "f64" ? new Float64Array(data.length) : new Float32Array(data.length);
  for (let at = 0; at < size; at++)
    for (let c = 0; c < channels; c++) values[layout === "planar" ? c * size + at : at * channels + c] = data[at * channels + c] / largest;
  const shape = channels === 1 ? [height, width] : layout === "planar" ? [channels, height, width] : [height, width, channels];
  return fromHost(values, shape, dtype);
}

/**
 * The picture of a tensor with values from 0 to 1: clipped, multiplied by 255 (or 65,535), rounded to the nearest.
 *
 * @throws SteepestError for a tensor of other than two or three axes, with more than 4 channels, or values that are not numbers
 */
export function tensorImage(values: Tensor, options: { readonly layout?: "interleaved" | "planar"; readonly depth?: 8 | 16 } = {}): Image {
  const { layout = "interleaved", depth = 8 } = options;
  const { shape } = values;
  const isPlanar = layout === "planar" && shape.length === 3;
  const channels = shape.length === 2 ? 1 : isPlanar ? shape[0] : shape[2];
  const [height, width] = isPlanar ? shape.slice(1) : shape;
  if ((shape.length !== 2 && shape.length !== 3) || channels > 4 || values.size === 0)
    throw new SteepestError({
      problem: "these values are no picture",
      expected: `[height, width], or with 1 to 4 channels ${layout === "planar" ? "before" : "after"} them`,
      received: showShape(shape),
      fix: layout === "planar" ? undefined : 'if the channels come first, say layout: "planar"',
    });
  const image = imageOf(width, height, channels, depth);
  const largest = largestSample(image);
  const data = values.data();
  const size = width * height;
  for (let at = 0; at < size; at++)
    for (let c = 0; c < channels; c++) {
      const value = data[isPlanar ? c * size + at : at * channels + c];
      if (Number.isNaN(value))
        throw new SteepestError({
          problem: "a picture has no place for NaN",
          where: `row ${Math.floor(at / width)}, column ${at % width}`,
        });
      image.data[at * channels + c] = Math.round(Math.min(Math.max(value, 0), 1) * largest);
    }
  return image;
}

/** What white is: 255 or 65,535. */
export const largestSample = ({ depth }: Image): number => (depth === 8 ? 255 : 65535);

export const isPicture = (x: Image | Tensor): x is Image => !(x instanceof Tensor);
