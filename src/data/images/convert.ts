/** Pictures with other channels, another depth, or turned. */
import { SteepestError } from "../../tensor/error.js";
import type { Image } from "./image.js";
import { checkImage, imageOf } from "./image.js";

export interface ConvertOptions {
  /** 1 is grey, 3 RGB, 4 RGBA. Default: as the picture has them. */
  readonly channels?: 1 | 3 | 4;
  /** Bits of a sample. Default: as the picture has them. */
  readonly depth?: 8 | 16;
  /** What lies behind transparent parts where alpha is not kept, from 0 (black) to 1 (white). Default 1. */
  readonly background?: number;
}

/**
 * A picture in grey, RGB or RGBA, with samples of 8 or 16 bits. With M = 255 or 65,535 as the largest sample:
 *
 * - grey of RGB is (19595 R + 38470 G + 7471 B + 32768) / 65536, rounded down: 0.299 R + 0.587 G + 0.114 B to the nearest, as ITU-R BT.601 has it;
 * - RGB of grey has three equal samples; alpha that was not there is M;
 * - alpha that is not to stay is laid over the background b: (c·α + b·M·(M − α)) / M, to the nearest;
 * - 16 bits of 8 are 257 times as much, 8 of 16 are x / 257 to the nearest.
 *
 * @returns the picture itself where nothing is to be done
 * @throws SteepestError for channels, a depth or a background that there is not, and for a picture whose samples do not fill it
 * @example
 * ```ts
 * import { convertImage } from "steepest/images";
 * const red = { width: 1, height: 1, channels: 3, depth: 8, data: Uint8Array.of(255, 0, 0) } as const;
 * convertImage(red, { channels: 1 }).data; // → [76]
 * ```
 */
export function convertImage(image: Image, options: ConvertOptions = {}): Image {
  checkImage(image);
  const { channels = image.channels, depth = image.depth, background = 1 } = options;
  if (
    (options.channels !== undefined && ![1, 3, 4].includes(channels)) ||
    ![8, 16].includes(depth) ||
    !(background >= 0 && background <= 1)
  )
    throw new SteepestError({
      problem: "A picture cannot be converted to this",
      expected: "channels 1, 3 or 4, depth 8 or 16, background from 0 to 1",
      received: `channels ${channels}, depth ${depth}, background ${background}`,
    });
  if (channels === image.channels && depth === image.depth) return image;
  const { width, height, data } = image;
  const [from, largest] = [image.channels, image.depth === 8 ? 255 : 65535];
  const out = imageOf(width, height, channels, depth);
  const hasAlpha = from === 2 || from === 4;
  const keepsAlpha = channels === 2 || channels === 4;
  const colours = from <= 2 ? 1 : 3;
  const behind = Math.round(background * largest);
  const stored = depth === image.depth ? (x: number) => x : depth === 16 ? (x: number) => 257 * x : (x: number) => Math.round(x / 257);
  const pixel = [0, 0, 0];
  for (let at = 0, to = 0; at < data.length; at += from, to += channels) {
    const alpha = hasAlpha ? data[at + from - 1] : largest;
    for (let c = 0; c < 3; c++) {
      const x = data[at + (colours === 3 ? c : 0)];
      pixel[c] = keepsAlpha || alpha === largest ? x : Math.round((x * alpha + behind * (largest - alpha)) / largest);
    }
    if (channels <= 2) out.data[to] = stored(colours === 3 ? greyOf(pixel[0], pixel[1], pixel[2]) : pixel[0]);
    else for (let c = 0; c < 3; c++) out.data[to + c] = stored(pixel[c]);
    if (keepsAlpha) out.data[to + channels - 1] = stored(alpha);
  }
  return out;
}

const greyOf = (red: number, green: number, blue: number): number =>
  Math.floor((19595 * red + 38470 * green + 7471 * blue + 32768) / 65536);

/**
 * The picture as it is to be seen, by the orientation that cameras write (EXIF tag 274): 1 is as stored, 2 to 4 are mirrored or turned by
 * 180°, 5 to 8 have rows and columns exchanged as well.
 */
export function oriented(image: Image, orientation: number): Image {
  if (orientation <= 1 || orientation > 8) return image;
  const { width, height, channels, depth, data } = image;
  const isTransposed = orientation >= 5;
  const out = imageOf(isTransposed ? height : width, isTransposed ? width : height, channels, depth);
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  for (let y = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++) {
      const [column, row] = isTransposed ? [y, x] : [x, y];
      const from = (fromBelow ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column);
      const to = y * out.width + x;
      for (let c = 0; c < channels; c++) out.data[to * channels + c] = data[from * channels + c];
    }
  return out;
}
