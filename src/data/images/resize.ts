/** Pictures of another size. */
import { SteepestError } from "../../tensor/error.js";
import type { Image } from "./image.js";
import { checkImage, imageOf } from "./image.js";

export interface ResizeOptions {
  /**
   * How new samples are made of old ones. `"area"`: the mean over the part of the picture that the new pixel covers. `"bilinear"`: a triangle
   * about the new pixel's centre, as wide as two old pixels or, where the picture shrinks, two new ones. Default "area" where the picture
   * shrinks in both directions, else "bilinear".
   */
  readonly method?: "area" | "bilinear";
  /** Where the shape changes: `"stretch"` distorts, `"cover"` cuts what stands over at both sides equally. Default "cover". */
  readonly fit?: "cover" | "stretch";
}

/** The weights with which old samples make up new ones along one direction. */
interface Weights {
  /** Of each new sample: the first old one. */
  readonly first: Int32Array;
  readonly list: readonly Float64Array[];
}

/**
 * A picture of another size. Pixels are squares whose outer edges are kept; weights of each direction sum to 1, and stop at the edges.
 *
 * @throws SteepestError for a size that is no whole number from 1
 * @example
 * ```ts
 * import { resizeImage } from "steepest/images";
 * const picture = { width: 2, height: 2, channels: 1, depth: 8, data: Uint8Array.of(0, 10, 20, 30) } as const;
 * resizeImage(picture, 1, 1).data; // → [15]
 * ```
 */
export function resizeImage(image: Image, width: number, height: number, options: ResizeOptions = {}): Image {
  checkImage(image);
  const whole =
    Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1 && width * height * image.channels < 2 ** 31;
  if (!whole)
    throw new SteepestError({
      problem: "A picture cannot have this size",
      expected: "whole numbers of columns and rows, from 1",
      received: `${width} × ${height}`,
    });
  const { fit = "cover" } = options;
  const scale = fit === "cover" ? Math.min(image.width / width, image.height / height) : undefined;
  const [partWidth, partHeight] = scale === undefined ? [image.width, image.height] : [width * scale, height * scale];
  if (width === image.width && height === image.height) return image;
  const { method = partWidth >= width && partHeight >= height ? "area" : "bilinear" } = options;
  const weigh = method === "area" ? areaWeights : triangleWeights;
  const across = weigh(image.width, width, (image.width - partWidth) / 2, partWidth / width);
  const down = weigh(image.height, height, (image.height - partHeight) / 2, partHeight / height);
  const { channels, data, depth } = image;
  const out = imageOf(width, height, channels, depth);
  const row = new Float64Array(image.width * channels);
  for (let y = 0; y < height; y++) {
    row.fill(0);
    down.list[y].forEach((weight, i) => {
      const from = (down.first[y] + i) * row.length;
      for (let x = 0; x < row.length; x++) row[x] += weight * data[from + x];
    });
    for (let x = 0; x < width; x++) {
      const weights = across.list[x];
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i] * row[(across.first[x] + i) * channels + c];
        out.data[(y * width + x) * channels + c] = Math.round(sum);
      }
    }
  }
  return out;
}

/** The overlap of each new pixel, `step` old ones wide, with the old ones. */
function areaWeights(old: number, count: number, start: number, step: number): Weights {
  const ends = Array.from({ length: count }, (_, i) => [start + i * step, start + (i + 1) * step] as const);
  return normalized(
    old,
    ends.map(([from, to]) => [Math.floor(from), Math.ceil(to)]),
    (j, i) => Math.min(ends[i][1], j + 1) - Math.max(ends[i][0], j),
  );
}

/** A triangle about the centre of each new pixel. */
function triangleWeights(old: number, count: number, start: number, step: number): Weights {
  const reach = Math.max(1, step);
  const centres = Array.from({ length: count }, (_, i) => start + (i + 0.5) * step);
  return normalized(
    old,
    centres.map((centre) => [Math.floor(centre - reach), Math.ceil(centre + reach)]),
    (j, i) => 1 - Math.abs(j + 0.5 - centres[i]) / reach,
  );
}

function normalized(old: number, ranges: readonly (readonly number[])[], weight: (j: number, i: number) => number): Weights {
  const first = new Int32Array(ranges.length);
  const list = ranges.map(([from, to], i) => {
    const kept: number[] = [];
    for (let j = Math.max(0, from); j < Math.min(old, to); j++) {
      const w = weight(j, i);
      // What rounding leaves over of an edge is no overlap.
      if (w <= 1e-9) {
        if (kept.length > 0) break;
        continue;
      }
      if (kept.length === 0) first[i] = j;
      kept.push(w);
    }
    const sum = kept.reduce((total, w) => total + w, 0);
    return Float64Array.from(kept, (w) => w / sum);
  });
  return { first, list };
}
