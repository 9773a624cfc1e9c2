/** MNIST and the sets that come in the same four files. */
import { SteepestError } from "../tensor/error.js";
import type { DataArray, Dataset, DatasetPart } from "./dataset.js";
import { bytesToUnit, checkDataset } from "./dataset.js";
import type { FileSource } from "./files.js";
import { folder } from "./files.js";
import { readIdx } from "./idx.js";

/**
 * The handwritten digits of LeCun, Cortes and Burges: 60,000 + 10,000 grey images of 28×28 bytes, labels 0–9.
 *
 * @param source the folder (in Node) or other place that holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
 *   `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each plain or with `.gz`; names with `.idx3-ubyte` are found as well
 * @example
 * ```ts
 * const data = await mnist("data/mnist");
 * data.inputs.shape; // [60000, 28, 28, 1]
 * ```
 * @throws SteepestError for missing, truncated or damaged files, counts that disagree and labels out of range
 */
export const mnist = (source: string | FileSource): Promise<Dataset> => readMnist(source, "MNIST", digitNames);

/** The articles of clothing of Zalando Research, in the files and sizes of MNIST. See `mnist`. */
export const fashionMnist = (source: string | FileSource): Promise<Dataset> => readMnist(source, "Fashion-MNIST", articleNames);

export const digitNames: readonly string[] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const articleNames: readonly string[] = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

async function readMnist(place: string | FileSource, name: string, classes: readonly string[]): Promise<Dataset> {
  const source = typeof place === "string" ? folder(place) : place;
  const training = await readPart(source, "train", classes.length);
  const test = await readPart(source, "t10k", classes.length);
  const dataset: Dataset = { name, ...training, classes, test, preprocessing: bytesToUnit };
  checkDataset(dataset);
  return dataset;
}

async function readPart(source: FileSource, prefix: string, classCount: number): Promise<DatasetPart> {
  const images = await readBytes(source, `${prefix}-images`, 3);
  const labels = await readBytes(source, `${prefix}-labels`, 1);
  const [records, height, width] = images.array.shape;
  if (records !== labels.array.shape[0])
    throw new SteepestError({
      problem: "There are not as many labels as images",
      expected: `${records} labels, one for each image of ${images.file}`,
      received: `${labels.array.shape[0]} labels in ${labels.file}`,
      where: source.name,
      fix: "The two files belong to different sets: fetch both from one place",
    });
  const wrong = labels.array.data.findIndex((label) => label >= classCount);
  if (wrong >= 0)
    throw new SteepestError({
      problem: "A label is out of range",
      expected: `labels from 0 to ${classCount - 1}`,
      received: String(labels.array.data[wrong]),
      where: `${source.name}/${labels.file}, record ${wrong}`,
    });
  return { inputs: { ...images.array, shape: [records, height, width, 1] }, targets: labels.array };
}

async function readBytes(source: FileSource, stem: string, rank: number): Promise<{ readonly file: string; readonly array: DataArray }> {
  const names = [`${stem}-idx${rank}-ubyte`, `${stem}.idx${rank}-ubyte`].flatMap((plain) => [plain, `${plain}.gz`]);
  for (const file of names) {
    const bytes = await source.read(file);
    if (bytes === undefined) continue;
    const where = `${source.name}/${file}`;
    const { shape, dtype, data } = await readIdx(bytes, where);
    if (!(data instanceof Uint8Array) || shape.length !== rank)
      throw new SteepestError({
        problem: `The file holds something else than ${rank === 3 ? "images" : "labels"}`,
        expected:
          rank === 3 ? "bytes in 3 dimensions: images, rows, columns (magic number 2051)" : "bytes in 1 dimension (magic number 2049)",
        received: `${dtype}[${shape.join(", ")}]`,
        where,
      });
    if (data.length === 0)
      throw new SteepestError({
        problem: "The file holds no records",
        expected: "at least one",
        received: `shape [${shape.join(", ")}]`,
        where,
      });
    return { file, array: { shape, dtype: "u8", data } };
  }
  throw new SteepestError({
    problem: `The file with the ${rank === 3 ? "images" : "labels"} "${stem}" is missing`,
    expected: `one of ${names.join(", ")}`,
    where: source.name,
    fix: "Put the four files of the set into this folder; they may stay packed",
  });
}
