/** All pictures of a folder, whatever they show. */
import { SteepestError } from "../../tensor/error.js";
import { type FileSource, folder, readAhead } from "../files.js";
import { readImage } from "./decode.js";
import { complaint, isPassedOver, isPictureName, paths } from "./folder.js";
import type { ByteImage } from "./image.js";

export interface ReadImagesOptions {
  /** 1 for grey, 3 for RGB; pictures are converted (`convertImage`). Default 1. */
  readonly channels?: 1 | 3;
  /** The largest number of samples (width × height × channels) of a file. Default 2²⁸. */
  readonly limit?: number;
  /** Called as pictures are read. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A picture with its path in the folder. */
export interface NamedImage {
  readonly file: string;
  readonly image: ByteImage;
}

/**
 * Reads all pictures (`.png`, `.jpg`, `.jpeg`) of a folder and the folders in it, in the order of their names (by code units), with 8 bits and the extents that they
 * have: what `restorationPairs` learns from. Other files are passed over, and files whose names begin with a dot.
 *
 * @param source the folder (in Node), or another place with a `tree()`
 * @throws SteepestError for a folder without pictures, and with the names of all that cannot be read
 * @example
 * ```ts no-run
 * import { restorationPairs } from "steepest/data";
 * import { readImages } from "steepest/images";
 * const pictures = await readImages("photos");
 * const pairs = restorationPairs(pictures.map(({ image }) => image), { sigma: 25 });
 * ```
 */
export async function readImages(source: string | FileSource, options: ReadImagesOptions = {}): Promise<readonly NamedImage[]> {
  const place = typeof source === "string" ? folder(source) : source;
  const { channels = 1, limit, onProgress } = options;
  const files = (await paths(place)).filter((file) => isPictureName(file) && !isPassedOver(file.split("/")));
  if (files.length === 0)
    throw new SteepestError({
      problem: "The folder holds no pictures",
      expected: "files that end in .png, .jpg or .jpeg",
      where: place.name,
    });
  const found: NamedImage[] = [];
  const problems: string[] = [];
  let done = 0;
  for await (const content of readAhead(place, files)) {
    const file = files[done++];
    try {
      const bytes = content();
      if (bytes === undefined) throw new SteepestError({ problem: "The file is gone" });
      const image = await readImage(bytes, { where: file, channels, depth: 8, ...(limit === undefined ? {} : { limit }) });
      if (image.depth === 8) found.push({ file, image });
    } catch (error) {
      if (!(error instanceof SteepestError)) throw error;
      problems.push(`${file}: ${error.problem}${error.received === undefined ? "" : ` (${error.received})`}`);
    }
    onProgress?.(done, files.length);
  }
  if (problems.length > 0) throw complaint(problems, files.length, place, "pictures (.png, .jpg, .jpeg) that can be read");
  return found;
}
