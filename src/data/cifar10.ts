/** CIFAR-10 in its binary version: loose files, plain or packed, or the archive that it is published in. */
import { SteepestError } from "../tensor/error.js";
import type { Dataset, DatasetPart } from "./dataset.js";
import { bytesToUnit, checkDataset } from "./dataset.js";
import { type FileSource, folderOrFile } from "./files.js";
import { inflate, inflated, isGzip } from "./gzip.js";
import { readTar } from "./tar.js";

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"] as const;
const SIDE = 32;
const PLANE = SIDE * SIDE;
/** One label, then the red, the green and the blue plane, row by row. */
const RECORD = 1 + 3 * PLANE;
/** Records of a whole batch. */
const BATCH = 10_000;
const CLASS_FILE = "batches.meta.txt";
const ARCHIVE = "cifar-10-binary.tar.gz";
/** Six batches are 184 MB; with headers and a page about them, no archive needs more than this. */
const LARGEST_ARCHIVE = 200_000_000;

/**
 * The small photographs of Krizhevsky, Nair and Hinton: colour images of 32×32 in ten classes, 50,000 to learn from and 10,000 to test with.
 * Of a set that is only partly there, what is there is read.
 *
 * @param source a folder (in Node), a single file, or another place. It holds `data_batch_1.bin` … `data_batch_5.bin` and `test_batch.bin`, each
 *   plain or with `.gz`, of 10,000 records; or the archive `cifar-10-binary.tar.gz`, which is read in memory. A part of a batch is named by its records, the first
 *   and the last: `test_batch_0000-7999.bin`. Where `batches.meta.txt` is there, it must name the ten classes in their order
 * @example
 * ```ts no-run
 * import { cifar10 } from "steepest/data";
 * const data = await cifar10("data/cifar-10-batches-bin");
 * data.inputs.shape; // [50000, 32, 32, 3]
 * data.classes?.[3]; // "cat"
 * ```
 * @throws SteepestError for missing, truncated or damaged files, wrong numbers of records, records that are there twice, labels out of range,
 *   and archives that hold links, odd names or more than these files
 */
export async function cifar10(source: string | FileSource): Promise<Dataset> {
  const place = await withArchiveOpened(typeof source === "string" ? await folderOrFile(source) : source);
  await checkClassFile(place);
  const found = await batchFiles(place);
  const training = found.filter((file) => file.batch !== 0);
  const test = found.filter((file) => file.batch === 0);
  if (training.length === 0) throw await nothingFound(place, test);
  const dataset: Dataset = {
    name: "CIFAR-10",
    ...(await readPart(place, training)),
    classes: CLASSES,
    ...(test.length > 0 ? { test: await readPart(place, test) } : {}),
    preprocessing: bytesToUnit,
  };
  checkDataset(dataset);
  return dataset;
}

/**
 * Records of the binary version: a label, then three planes of 32×32 bytes, as many times as there are records.
 *
 * @param where the name of the file, for messages
 * @returns images [records, 32, 32, 3], channels last, and labels
 * @throws SteepestError for bytes that are no whole records, none at all, or labels above 9 (the record is named)
 */
export function parseCifar10(bytes: Uint8Array, where = "CIFAR-10 data"): DatasetPart {
  const count = bytes.length / RECORD;
  if (!Number.isInteger(count) || count === 0)
    throw new SteepestError({
      problem: count === 0 ? "The file is empty" : "The file does not consist of whole records",
      expected: `a multiple of ${RECORD} bytes: a label and 3 × 32 × 32 bytes for each record`,
      received: `${bytes.length} bytes`,
      where,
      fix: otherFormat(bytes.length),
    });
  const part = emptyPart(count);
  unpack(bytes, part, 0, where);
  return part.part;
}

/** Which records a file holds, as its name says. */
interface BatchFile {
  readonly name: string;
  /** 1 to 5, or 0 for the test batch. */
  readonly batch: number;
  readonly first: number;
  readonly last: number;
}

function batchFile(name: string): BatchFile | undefined {
  const match = /^(?:data_batch_([1-5])|test_batch)(?:_(\d{1,5})-(\d{1,5}))?\.bin(?:\.gz)?$/.exec(name);
  if (match === null) return undefined;
  const [, batch = "0", first = "0", last = String(BATCH - 1)] = match;
  return { name, batch: Number(batch), first: Number(first), last: Number(last) };
}

const recordsOf = ({ first, last }: BatchFile): number => last - first + 1;

/** The files of a place in the order of their records. Of a plain and a packed file of one name the plain one is read. */
async function batchFiles(place: FileSource): Promise<readonly BatchFile[]> {
  const names = await namesIn(place);
  const files = names.flatMap((name) => {
    const file = batchFile(name);
    return file === undefined || (name.endsWith(".gz") && names.includes(name.slice(0, -3))) ? [] : [file];
  });
  files.sort((a, b) => a.batch - b.batch || a.first - b.first);
  files.forEach((file, i) => {
    const before = files[i - 1];
    const where = `${place.name}/${file.name}`;
    if (file.first > file.last || file.last >= BATCH)
      throw new SteepestError({
        problem: "The name of the file states records that a batch does not have",
        expected: `the first and the last record, from 0 to ${BATCH - 1}`,
        received: file.name,
        where,
      });
    if (before?.batch === file.batch && before.last >= file.first)
      throw new SteepestError({
        problem: "Two files hold the same records",
        expected: "each record once",
        received: `${before.name} and ${file.name}`,
        where: place.name,
        fix: "Leave one of them out",
      });
  });
  return files;
}

/** What a place lists; of one that cannot, the usual names that it has. */
async function namesIn(place: FileSource): Promise<readonly string[]> {
  if (place.list !== undefined) return place.list();
  const stems = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}`).concat("test_batch");
  const usual = [...stems.flatMap((stem) => [`${stem}.bin`, `${stem}.bin.gz`]), CLASS_FILE, ARCHIVE];
  const present: string[] = [];
  for (const name of usual) if ((await place.read(name)) !== undefined) present.push(name);
  return present;
}

const isArchive = (name: string): boolean => /\.(?:tar|tar\.gz|tgz)$/.test(name);

/** The place itself if it holds batches, else the inside of its archive. */
async function withArchiveOpened(place: FileSource): Promise<FileSource> {
  const names = await namesIn(place);
  const archives = names.filter(isArchive);
  const archive = archives.includes(ARCHIVE) ? ARCHIVE : archives.length === 1 ? archives[0] : undefined;
  if (archive === undefined || names.some((name) => batchFile(name) !== undefined)) return place;
  const bytes = await place.read(archive);
  if (bytes === undefined) return place;
  const where = `${place.name}/${archive}`;
  const members = await readTar(isGzip(bytes) ? inflated(bytes, where) : [bytes], {
    where,
    wanted: (path) => {
      const name = baseName(path);
      const file = batchFile(name);
      return file ? Math.max(0, recordsOf(file)) * RECORD : name === CLASS_FILE ? 4096 : undefined;
    },
    most: LARGEST_ARCHIVE,
  });
  const files = new Map<string, Uint8Array>();
  for (const [path, content] of members) {
    const name = baseName(path);
    if (files.has(name))
      throw new SteepestError({
        problem: "The archive holds a file twice, in two folders",
        expected: "each batch once",
        received: name,
        where,
      });
    files.set(name, content);
  }
  return { name: where, read: async (file) => files.get(file), list: async () => [...files.keys()] };
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

async function checkClassFile(place: FileSource): Promise<void> {
  const bytes = await place.read(CLASS_FILE);
  if (bytes === undefined) return;
  const names = new TextDecoder()
    .decode(bytes)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (names.join() !== CLASSES.join())
    throw new SteepestError({
      problem: "The classes are not those of CIFAR-10",
      expected: CLASSES.join(", "),
      received: names.slice(0, 12).join(", "),
      where: `${place.name}/${CLASS_FILE}`,
    });
}

async function readPart(place: FileSource, files: readonly BatchFile[]): Promise<DatasetPart> {
  const all = emptyPart(files.reduce((sum, file) => sum + recordsOf(file), 0));
  let at = 0;
  for (const file of files) {
    const where = `${place.name}/${file.name}`;
    const records = recordsOf(file);
    const size = records * RECORD;
    const bytes = await place.read(file.name);
    if (bytes === undefined) throw new SteepestError({ problem: "The file has gone", where });
    const content = isGzip(bytes) && file.name.endsWith(".gz") ? await inflate(bytes, { where, headerBytes: 0, size: () => size }) : bytes;
    if (content.length !== size)
      throw new SteepestError({
        problem: content.length < size ? "The file is truncated" : "The file goes on after its data",
        expected: `${size} bytes: ${records} records of ${RECORD}, as the name of the file says`,
        received: `${content.length} bytes`,
        where,
        fix:
          content.length % RECORD === 0 && content.length > 0
            ? `Download the file again; or, if it is a part of a batch, name it by its records: ${partName(file, content.length / RECORD)}`
            : (otherFormat(content.length) ?? "Download the file again"),
      });
    unpack(content, all, at, where);
    at += records;
  }
  return all.part;
}

const partName = ({ batch, first }: BatchFile, records: number): string =>
  `${batch === 0 ? "test_batch" : `data_batch_${batch}`}_${first}-${first + records - 1}.bin`;

/** Room for records. */
interface Room {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly part: DatasetPart;
}

function emptyPart(records: number): Room {
  const [pixels, labels] = [new Uint8Array(records * 3 * PLANE), new Uint8Array(records)];
  return {
    pixels,
    labels,
    part: {
      inputs: { shape: [records, SIDE, SIDE, 3], dtype: "u8", data: pixels },
      targets: { shape: [records], dtype: "u8", data: labels },
    },
  };
}

/** Records from `bytes` to their places, the first of them at record `at`. */
function unpack(bytes: Uint8Array, { pixels, labels }: Room, at: number, where: string): void {
  for (let record = 0, from = 0; from < bytes.length; record++, from += RECORD) {
    const label = bytes[from];
    if (label >= CLASSES.length)
      throw new SteepestError({
        problem: "A label is out of range",
        expected: `labels from 0 to ${CLASSES.length - 1}`,
        received: String(label),
        where: `${where}, record ${record}`,
      });
    labels[at + record] = label;
    let to = (at + record) * 3 * PLANE;
    for (let red = from + 1; red <= from + PLANE; red++) {
      pixels[to++] = bytes[red];
      pixels[to++] = bytes[red + PLANE];
      pixels[to++] = bytes[red + 2 * PLANE];
    }
  }
}

/** Records of CIFAR-100 have one label more. */
const otherFormat = (length: number): string | undefined =>
  length > 0 && length % (RECORD + 1) === 0 ? "These may be records of CIFAR-100, which have two labels: CIFAR-10 is needed" : undefined;

async function nothingFound(place: FileSource, test: readonly BatchFile[]): Promise<SteepestError> {
  const names = await namesIn(place);
  return new SteepestError({
    problem: test.length > 0 ? "The batches to learn from are missing" : "There are no files of CIFAR-10",
    expected: `data_batch_1.bin … data_batch_5.bin and test_batch.bin, plain or with .gz, or ${ARCHIVE}`,
    received: names.length === 0 ? "none of these names" : `${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`,
    where: place.name,
    fix: names.includes("data_batch_1")
      ? "These are the files of the Python version: the binary version is needed"
      : "The binary version unpacks into the folder cifar-10-batches-bin: give that one",
  });
}
