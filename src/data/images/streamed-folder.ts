/** A folder of pictures that are decoded while a model is trained. */
import { SteepestError } from "../../tensor/error.js";
import { RandomStream } from "../../tensor/random.js";
import { bytesToUnit } from "../dataset.js";
import type { FileSource } from "../files.js";
import { type StreamedDataset, type StreamedOptions, type StreamedPart, streamed } from "../streamed.js";
import { complaint, type Entry, type ImageFolderOptions, inClasses, listImages, PartReader, sizeOption } from "./folder.js";

export interface StreamedImageFolderOptions extends Omit<ImageFolderOptions, "onProgress" | "size">, StreamedOptions {
  /** Rows and columns to which all pictures are brought, or one number for both (`resizeImage`). */
  readonly size: number | readonly [rows: number, columns: number];
}

/**
 * The pictures of `imageFolder` as a data set of which `fit` holds `memory` bytes at a time: they are read and decoded by the caller's thread while the compiled steps go on, in each epoch
 * anew. The records are in a random order that the seed gives, so that no chunk holds one class alone; `streamed` says how each epoch mixes them. Test pictures are the same as those of
 * `imageFolder` with the same seed and share.
 *
 * @param source the folder (in Node), or another place with a `tree()`
 * @throws SteepestError as `imageFolder` does for the names and places of files. A picture that cannot be decoded is met when it is read: before the first step that
 *   ends `fit` with an error, after it `fit` keeps what was learned and `run.failure` names the file
 * @example
 * ```ts no-run
 * import { cnn, fit } from "steepest";
 * import { streamedImageFolder } from "steepest/images";
 * const data = await streamedImageFolder("pictures", { size: 64, memory: "200 MB" });
 * const run = await fit(cnn(), data, { epochs: 10, validation: 0.1 });
 * console.log(run.test?.accuracy, run.waitingForData);
 * ```
 */
export async function streamedImageFolder(source: string | FileSource, options: StreamedImageFolderOptions): Promise<StreamedDataset> {
  const size = sizeOption(options);
  if (size === undefined)
    throw new SteepestError({
      problem: "Pictures that are streamed need a size",
      expected: "size: 64, or size: [rows, columns], to which all are brought",
      received: "none",
      fix: "only whoever has looked at all of them knows that they have one size",
    });
  const { memory, chunk, seed = 0, channels = 3 } = options;
  const { place, name, classes, training, test } = await listImages(source, options);
  const part = (entries: readonly Entry[], title: string): StreamedPart => ({
    name: title,
    inputs: { shape: [entries.length, ...size, channels], dtype: "u8" },
    targets: { shape: [entries.length], dtype: "i32" },
    async read(first, count) {
      const problems: string[] = [];
      const reader = new PartReader(place, { ...options, size, channels }, problems, count);
      const read = await reader.read(entries.slice(first, first + count));
      if (problems.length > 0) throw complaint(problems, count, place, inClasses);
      return read;
    },
  });
  const order = new RandomStream(seed, "order of the pictures").permutation(training.length);
  return streamed(
    {
      ...part(
        Array.from(order, (i) => training[i]),
        name,
      ),
      classes,
      ...(test.length > 0 ? { test: part(test, `${name}, test part`) } : {}),
      preprocessing: bytesToUnit,
    },
    { ...(memory === undefined ? {} : { memory }), ...(chunk === undefined ? {} : { chunk }) },
  );
}
