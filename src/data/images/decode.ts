/** Pictures from files, whatever their format. */
import { SteepestError } from "../../tensor/error.js";
import { firstBytes } from "../gzip.js";
import { type ConvertOptions, convertImage, oriented } from "./convert.js";
import type { Image } from "./image.js";
import { LARGEST_IMAGE } from "./image.js";
import { isJpeg, readJpeg } from "./jpeg/index.js";
import { isPng, readPng } from "./png-reader.js";

export interface ReadImageOptions extends ConvertOptions {
  /** The name of the file, for messages. Default "picture". */
  readonly where?: string;
  /** Whether a picture is turned as its camera says (EXIF). Default true. */
  readonly orient?: boolean;
  /** The largest number of samples, width × height × channels, that memory is taken for. Default 2²⁸, 268 million. */
  readonly limit?: number;
}

/** What files of pictures begin with, as far as they are not read. */
const otherFormats: readonly (readonly [name: string, begins: string])[] = [
  ["GIF", "GIF8"],
  ["WebP", "RIFF"],
  ["BMP", "BM"],
  ["TIFF", "II*\0"],
  ["TIFF", "MM\0*"],
  ["AVIF or HEIC", "\0\0\0"],
];

/**
 * Reads a picture: PNG of all types (1 to 16 bits, palettes, transparency, interlaced) or JPEG (sequential and progressive; grey, YCbCr, RGB,
 * CMYK, YCCK). The same samples in Node and in every browser: decoders of browsers differ by many levels, and a model meets other numbers
 * than it was trained on. Colour profiles and gamma are left alone.
 *
 * @param bytes a file, told by its first bytes
 * @returns its own channels and depth, or those asked for (see `convertImage`)
 * @throws SteepestError for another format, damaged or truncated files, and sizes above the limit (before memory is taken)
 * @example
 * ```ts
 * import { encodePng, readImage } from "steepest/images";
 * const file = encodePng({ width: 1, height: 1, channels: 3, depth: 8, data: Uint8Array.of(255, 128, 0) });
 * const image = await readImage(file, { channels: 1 });
 * [image.width, image.height, image.channels, ...image.data]; // → [1, 1, 1, 151]
 * ```
 */
export async function readImage(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<Image> {
  const { where = "picture", orient = true, limit = LARGEST_IMAGE } = options;
  const read = isPng(bytes) ? await readPng(bytes, where, limit) : isJpeg(bytes) ? readJpeg(bytes, where, limit) : undefined;
  if (read === undefined) {
    const other = otherFormats.find(([, begins]) => [...begins].every((letter, i) => bytes[i] === letter.charCodeAt(0)));
    throw new SteepestError({
      problem: bytes.length === 0 ? "The file is empty" : other ? `Pictures in the format ${other[0]} are not read` : "This is no picture",
      expected: "a PNG or JPEG file",
      received: firstBytes(bytes),
      where,
      fix: other === undefined ? undefined : "Save it as PNG",
    });
  }
  return convertImage(orient ? oriented(read.image, read.orientation) : read.image, options);
}
