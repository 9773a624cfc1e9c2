/** A folder of pictures, a sub-folder for each class. */
import { nearest, SteepestError } from "../../tensor/error.js";
import { RandomStream } from "../../tensor/random.js";
import type { Dataset, DatasetPart } from "../dataset.js";
import { bytesToUnit, checkDataset } from "../dataset.js";
import { type FileSource, folder, readAhead } from "../files.js";
import { readImage } from "./decode.js";
import type { Image } from "./image.js";
import { resizeImage } from "./resize.js";

export interface ImageFolderOptions {
  /**
   * Rows and columns of all pictures, or one number for both: each is cut to this shape about its middle and resized (`resizeImage`).
   * Without it all pictures must have one size.
   */
  readonly size?: number | readonly [rows: number, columns: number];
  /** 1 for grey, 3 for RGB; pictures are converted (`convertImage`). Default 3. */
  readonly channels?: 1 | 3;
  /** Where a picture has another shape: cut it (`"cover"`), or distort it (`"stretch"`). Default "cover". */
  readonly fit?: "cover" | "stretch";
  /**
   * The share of each class's pictures, to the nearest whole number, that is kept apart as the test part, where the folder has no `test` of its own; 0 for none.
   * Which ones depends on the seed. Default 0.2.
   */
  readonly test?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Used in messages and reports. Default: the name of the place. */
  readonly name?: string;
  /** The largest number of samples (width × height × channels) of a file. Default 2²⁸. */
  readonly limit?: number;
  /** Called as pictures are read. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A picture that belongs to a class. */
export interface Entry {
  readonly file: string;
  readonly label: number;
}

/** More complaints than these are counted, not listed. */
const LISTED = 12;
/** One array of an engine holds no more. */
const MOST_NUMBERS = 2 ** 31 - 1;

/**
 * Reads a folder with a sub-folder for each class, named as the class is, with its pictures (`.png`, `.jpg`, `.jpeg`) at any depth:
 *
 * ```text
 * flowers/daisy/1.jpg  flowers/daisy/2.jpg  flowers/rose/1.jpg …
 * ```
 *
 * Where it has a folder `test` with such sub-folders, these are the test part, and the training part is what lies in `train`, or else beside it. Classes and
 * pictures come in the order of their names (by code units), on every machine. Files whose names begin with a dot, `Thumbs.db`, and files
 * beside the class folders that are no pictures are passed over; nothing else is.
 *
 * @param source the folder (in Node), or another place with a `tree()`
 * @returns bytes [records, rows, columns, channels], scaled to 0 … 1 for the model
 * @throws SteepestError that names all files that cannot be read, have another size (where none is asked for) or lie where no picture is
 *   expected; for fewer than two classes, and test classes that training lacks
 * @example
 * ```ts no-run
 * import { imageFolder } from "steepest/images";
 * const data = await imageFolder("pictures", { size: 64 });
 * data.classes; // the names of the sub-folders
 * ```
 */
export async function imageFolder(source: string | FileSource, options: ImageFolderOptions = {}): Promise<Dataset> {
  const size = sizeOption(options);
  const { channels = 3 } = options;
  const problems: string[] = [];
  const { place, name, classes, ...parts } = await listImages(source, options, problems);
  const total = parts.training.length + parts.test.length;
  const reader = new PartReader(place, { ...options, size, channels }, problems, total);
  const read = { training: await reader.read(parts.training), test: await reader.read(parts.test) };
  if (problems.length > 0) throw complaint(problems, total, place, size === undefined ? undefined : inClasses);
  const dataset: Dataset = {
    name,
    ...read.training,
    classes,
    ...(parts.test.length > 0 ? { test: read.test } : {}),
    preprocessing: bytesToUnit,
  };
  checkDataset(dataset);
  return dataset;
}

/** The pictures of a folder, not yet read. */
export interface ListedImages {
  readonly place: FileSource;
  readonly name: string;
  readonly classes: readonly string[];
  readonly training: readonly Entry[];
  readonly test: readonly Entry[];
}

/**
 * Which pictures belong to which class and part.
 *
 * @param problems takes what is wrong with names and places of files
 * @throws SteepestError for options that cannot be used, a place without pictures, fewer than two classes; and for the problems, where nobody takes them
 */
export async function listImages(
  source: string | FileSource,
  options: Omit<ImageFolderOptions, "size">,
  problems?: string[],
): Promise<ListedImages> {
  const place = typeof source === "string" ? folder(source) : source;
  const { channels = 3, test: share = 0.2, seed = 0, name = place.name } = options;
  if (!(share >= 0 && share < 1)) throw wrongOption("test", "a share from 0, below 1", share);
  if (channels !== 1 && channels !== 3) throw wrongOption("channels", "1 or 3", channels);
  const found = problems ?? [];
  const { classes, training, test } = entriesOf(await paths(place), place, found);
  if (problems === undefined && found.length > 0) throw complaint(found, training.length + (test?.length ?? 0), place, inClasses);
  return { place, name, classes, ...(test === undefined ? drawn(training, classes, share, seed) : { training, test }) };
}

/** The files of a place, always in one order. */
export async function paths(place: FileSource): Promise<readonly string[]> {
  if (place.tree === undefined)
    throw new SteepestError({
      problem: "This place does not say which files it holds",
      expected: "a path, or a FileSource with tree()",
      received: place.name,
    });
  // By code units: what a locale thinks of the order does not matter.
  return [...(await place.tree())].sort();
}

export const isPictureName = (file: string): boolean => /\.(png|jpe?g)$/i.test(file);

/** Whether any part of a path is one that file systems and their programs leave behind. */
export const isPassedOver = (parts: readonly string[]): boolean => parts.some((part) => part.startsWith(".") || part === "Thumbs.db");

/** Which file belongs to which class and part. */
function entriesOf(
  files: readonly string[],
  place: FileSource,
  problems: string[],
): { readonly classes: readonly string[]; readonly training: readonly Entry[]; readonly test: readonly Entry[] | undefined } {
  const seen = files.map((file) => file.split("/")).filter((parts) => !isPassedOver(parts));
  const hasPart = (part: string) => seen.some((parts) => parts[0] === part && parts.length > 2);
  const hasTest = hasPart("test");
  const hasTrain = hasTest && hasPart("train");
  const found: Record<"training" | "test", { readonly name: string; readonly file: string }[]> = { training: [], test: [] };
  for (const parts of seen) {
    const file = parts.join("/");
    const part = hasTest && parts[0] === "test" ? "test" : "training";
    const inner = part === "test" || hasTrain ? parts.slice(1) : parts;
    const isPicture = isPictureName(file);
    if (hasTrain && parts[0] !== "train" && parts[0] !== "test") {
      if (isPicture) problems.push(`${file}: lies neither in train nor in test`);
    } else if (inner.length < 2) {
      if (isPicture) problems.push(`${file}: lies in no class folder`);
    } else if (!isPicture) problems.push(`${file}: is no picture that is read (.png, .jpg, .jpeg)`);
    else found[part].push({ name: inner[0], file });
  }
  const classes = [...new Set(found.training.map(({ name }) => name))].sort();
  if (classes.length < 2)
    throw new SteepestError({
      problem: found.training.length === 0 ? "The folder holds no pictures in class folders" : "All pictures are of one class",
      expected: "at least two sub-folders, each with pictures (.png, .jpg, .jpeg) of the class that it is named after",
      received: classes.length === 0 ? (problems[0] ?? `${files.length} files`) : `the class "${classes[0]}" alone`,
      where: place.name,
    });
  const labels = new Map(classes.map((name, label) => [name, label]));
  const labelled = (list: readonly { readonly name: string; readonly file: string }[]): Entry[] =>
    list.flatMap(({ name, file }) => {
      const label = labels.get(name);
      if (label !== undefined) return [{ file, label }];
      const meant = nearest(name, classes);
      problems.push(`${file}: the training part has no class "${name}"${meant === undefined ? "" : `; is it "${meant}"?`}`);
      return [];
    });
  return { classes, training: labelled(found.training), test: hasTest ? labelled(found.test) : undefined };
}

/** Sets a share of each class apart; both parts keep their order. */
function drawn(entries: readonly Entry[], classes: readonly string[], share: number, seed: number) {
  const held = new Set<Entry>();
  for (const [label, name] of classes.entries()) {
    const own = entries.filter((entry) => entry.label === label);
    // Never all of a class: something is to be learned of it.
    const count = Math.min(own.length - 1, Math.round(share * own.length));
    const order = new RandomStream(seed, `test part of ${name}`).permutation(own.length);
    for (let i = 0; i < count; i++) held.add(own[order[i]]);
  }
  return { training: entries.filter((entry) => !held.has(entry)), test: entries.filter((entry) => held.has(entry)) };
}

interface ReaderOptions extends Omit<ImageFolderOptions, "size" | "channels"> {
  readonly size: readonly [rows: number, columns: number] | undefined;
  readonly channels: 1 | 3;
}

/** Reads pictures one after the other; those that cannot be used become problems. */
export class PartReader {
  readonly #place: FileSource;
  readonly #options: ReaderOptions;
  readonly #problems: string[];
  readonly #total: number;
  #done = 0;
  /** The size asked for, or else that of the first picture. */
  #size: readonly [rows: number, columns: number] | undefined;
  #first = "";

  constructor(place: FileSource, options: ReaderOptions, problems: string[], total: number) {
    this.#place = place;
    this.#options = options;
    this.#problems = problems;
    this.#total = total;
    this.#size = options.size;
  }

  async read(entries: readonly Entry[]): Promise<DatasetPart> {
    const { channels, onProgress } = this.#options;
    let data = new Uint8Array(0);
    let length = 0;
    let record = -1;
    const files = entries.map(({ file }) => file);
    for await (const content of readAhead(this.#place, files)) {
      record++;
      const image = await this.#picture(files[record], content);
      onProgress?.(++this.#done, this.#total);
      if (image === undefined) continue;
      if (data.length === 0) {
        length = image.data.length;
        if (length * entries.length > MOST_NUMBERS)
          throw new SteepestError({
            problem: "The pictures are more than memory can hold",
            expected: `at most ${MOST_NUMBERS} numbers together`,
            received: `${entries.length} pictures of ${image.height} × ${image.width} × ${channels}`,
            where: this.#place.name,
            fix: "Ask for a smaller size",
          });
        data = new Uint8Array(length * entries.length);
      }
      data.set(image.data, record * length);
    }
    const [rows, columns] = this.#size ?? [0, 0];
    return {
      inputs: { shape: [entries.length, rows, columns, channels], dtype: "u8", data },
      targets: { shape: [entries.length], dtype: "i32", data: Int32Array.from(entries, ({ label }) => label) },
    };
  }

  async #picture(file: string, content: () => Uint8Array | undefined): Promise<Image | undefined> {
    const { channels, fit, limit } = this.#options;
    let image: Image;
    try {
      const bytes = content();
      if (bytes === undefined) throw new SteepestError({ problem: "The file is gone" });
      image = await readImage(bytes, { where: file, channels, depth: 8, ...(limit === undefined ? {} : { limit }) });
    } catch (error) {
      if (!(error instanceof SteepestError)) throw error;
      this.#problems.push(`${file}: ${error.problem}${error.received === undefined ? "" : ` (${error.received})`}`);
      return undefined;
    }
    const { height, width } = image;
    if (this.#size === undefined) {
      this.#size = [height, width];
      this.#first = file;
    }
    const [rows, columns] = this.#size;
    if (this.#options.size !== undefined) return resizeImage(image, columns, rows, fit === undefined ? {} : { fit });
    if (height === rows && width === columns) return image;
    this.#problems.push(`${file}: is ${width} × ${height}, where ${this.#first} is ${columns} × ${rows}`);
    return undefined;
  }
}

/** What a folder with a sub-folder for each class should hold. */
export const inClasses = "pictures (.png, .jpg, .jpeg) in class folders, nothing else";

/**
 * The error that lists what is wrong with files of the folder.
 *
 * @param expected what it should hold. Default: pictures in class folders that have one size
 */
export function complaint(problems: readonly string[], total: number, place: FileSource, expected?: string): SteepestError {
  const rest = problems.length - LISTED;
  const ofOtherSize = expected === undefined && problems.some((problem) => / × /.test(problem));
  return new SteepestError({
    problem: `${problems.length} ${problems.length === 1 ? "file" : "files"} of the folder cannot be used`,
    expected: ofOtherSize ? "pictures of one size" : (expected ?? inClasses),
    received: `${problems
      .slice(0, LISTED)
      .map((problem) => `\n    ${problem}`)
      .join("")}${rest > 0 ? `\n    and ${rest} more, of ${total} pictures` : ""}`,
    where: place.name,
    fix: ofOtherSize ? "Give a size, to which all pictures are brought" : "Repair or remove them",
  });
}

/** Rows and columns that are asked for, if they are. */
export function sizeOption({ size }: ImageFolderOptions): readonly [number, number] | undefined {
  if (size === undefined) return undefined;
  const [rows, columns] = typeof size === "number" ? [size, size] : size;
  if ([rows, columns].every((n) => Number.isInteger(n) && n >= 1 && n <= 65535)) return [rows, columns];
  throw wrongOption("size", "a whole number from 1, or two: rows and columns", size);
}

const wrongOption = (option: string, expected: string, received: unknown): SteepestError =>
  new SteepestError({ problem: `The option ${option} of a folder of pictures cannot be used`, expected, received: String(received) });
