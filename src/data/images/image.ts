/** Pictures as plain data. */
import { SteepestError } from "../../tensor/error.js";

/** What all pictures have in common. Samples lie row by row from the top, the channels of a pixel side by side. */
interface Grid {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 2 grey and alpha, 3 RGB, 4 RGBA; alpha is not multiplied into the colours. */
  readonly channels: number;
}

/** A picture with samples from 0 to 255. */
export interface ByteImage extends Grid {
  readonly depth: 8;
  readonly data: Uint8Array;
}

/** A picture with samples from 0 to 65,535. */
export interface WordImage extends Grid {
  readonly depth: 16;
  readonly data: Uint16Array;
}

/** A picture of 8 or 16 bits a sample: `data[(y · width + x) · channels + channel]`. */
export type Image = ByteImage | WordImage;

/**
 * Checks that the samples fill the picture.
 *
 * @throws SteepestError for a picture without pixels, with channels other than 1 to 4, or with data of another length or type
 */
export function checkImage({ width, height, channels, depth, data }: Image): void {
  const fits = depth === 8 ? data instanceof Uint8Array : data instanceof Uint16Array;
  const counts = [width, height, channels].every((n) => Number.isInteger(n) && n > 0) && channels <= 4;
  if (fits && counts && data.length === width * height * channels) return;
  throw new SteepestError({
    problem: "These numbers are no picture",
    expected: "width × height × channels samples with 1, 2, 3 or 4 channels: a Uint8Array of depth 8 or a Uint16Array of depth 16",
    received: `${data.length} samples of depth ${depth} for ${width} × ${height} × ${channels}`,
  });
}

/** Room for the samples of a picture. */
export const imageOf = (width: number, height: number, channels: number, depth: 8 | 16): Image =>
  depth === 8
    ? { width, height, channels, depth, data: new Uint8Array(width * height * channels) }
    : { width, height, channels, depth, data: new Uint16Array(width * height * channels) };

/** More samples than this are refused where nothing else is said: 268 million, a picture of 89 megapixels in RGB. */
export const LARGEST_IMAGE = 2 ** 28;

/**
 * Refuses a picture whose header promises more samples than wanted, before memory is taken for them.
 *
 * @throws SteepestError that names the option
 */
export function checkSize(width: number, height: number, channels: number, limit: number, where: string): void {
  if (width * height * channels <= limit) return;
  throw new SteepestError({
    problem: "The picture is larger than allowed",
    expected: `at most ${limit} samples (width × height × channels)`,
    received: `${width} × ${height} × ${channels} = ${width * height * channels}, as its header says`,
    where,
    fix: "If that is its true size, raise the option `limit`",
  });
}
