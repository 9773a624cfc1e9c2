/** Data sets by the names that the command line gives them. */
import { basename, resolve } from "node:path";
import { cifar10 } from "../data/cifar10.js";
import type { Dataset } from "../data/dataset.js";
import { digits } from "../data/digits.js";
import { gottenFolder } from "../data/download/get.js";
import { imageFolder } from "../data/images/folder.js";
import { streamedImageFolder } from "../data/images/streamed-folder.js";
import { fashionMnist, mnist } from "../data/mnist.js";
import { standardized } from "../data/statistics.js";
import { bytesOf, type StreamedDataset, streamed } from "../data/streamed.js";
import { nearest, SteepestError } from "../tensor/error.js";
import type { Arguments } from "./arguments.js";
import type { Option } from "./options.js";
import { choiceOption, textOption, toggle, UsageError } from "./options.js";
import { loadTable, type TableSettings, tableFlags, tableOptions, tableSettings } from "./table.js";

export const dataForms = "digits|mnist[:DIR]|fashion[:DIR]|cifar10[:DIR]|folder:DIR|TABLE.csv";
/** What `train` learns from: also clean pictures without classes, for denoisers. */
export const trainingForms = `${dataForms}|pictures:DIR`;

/** A data set that was named but not yet read. */
export interface DataChoice {
  readonly kind: Kind;
  /** The folder of its files; of CIFAR-10 also its archive or one of its files; of a table its file. Absent for the digits, and for sets to be taken from the cache. */
  readonly folder?: string;
  /** As it was written. */
  readonly text: string;
}

/**
 * @param text `digits`, `folder:DIR`, `pictures:DIR`, a file that ends in `.csv` or `.tsv`, or `mnist`, `fashion` or `cifar10` with `:DIR` or without
 * @throws UsageError for an unknown name or a folder that is missing or superfluous
 */
export function parseData(text: string): DataChoice {
  const colon = text.indexOf(":");
  const written = colon < 0 ? text : text.slice(0, colon);
  const folder = colon < 0 ? "" : text.slice(colon + 1);
  const name = written === "fashion-mnist" ? "fashion" : written;
  const kind = kinds.find((candidate) => candidate === name);
  if (kind === undefined && /\.(csv|tsv)$/i.test(text)) return { kind: "table", folder: text, text };
  if (kind === undefined) {
    const meant = /[\\/]/.test(name) ? undefined : (nearest(name, kinds) ?? ({ cifar: "cifar10", "cifar-10": "cifar10" } as const)[name]);
    throw new UsageError({
      problem: `there is no data set "${name}"`,
      expected: trainingForms.replaceAll("|", ", "),
      received: text,
      fix:
        meant !== undefined
          ? `did you mean ${meant === "folder" || meant === "pictures" ? `${meant}:DIR` : meant}?`
          : `a folder with a sub-folder for each class is written folder:${text}, clean pictures for a denoiser pictures:${text}; a table ends in .csv`,
    });
  }
  if (kind === "digits" && colon >= 0)
    throw new UsageError({ problem: "the built-in digits need no folder", expected: "digits", received: text });
  if (folder === "" && kind === "pictures")
    throw new UsageError({
      problem: "pictures needs the folder of the pictures",
      expected: "pictures:DIR, where DIR has clean pictures (.png, .jpg, .jpeg), for a denoiser",
      received: text,
      fix: "pictures in a sub-folder for each class are folder:DIR, such as folder:pictures",
    });
  if (folder === "" && (kind === "folder" || colon >= 0))
    throw new UsageError({
      problem: kind === "folder" ? "folder needs the folder of the pictures" : `${kind}: needs the folder of its files after the colon`,
      expected:
        kind === "folder"
          ? "folder:DIR, where DIR has a sub-folder of pictures for each class"
          : `${kind}:DIR, where DIR ${
              kind === "cifar10"
                ? "is cifar-10-binary.tar.gz or holds data_batch_1.bin and the files beside it"
                : "holds train-images-idx3-ubyte and the three files beside it"
            }, plain or with .gz; or ${kind} alone, after steepest data get ${kind === "fashion" ? "fashion-mnist" : kind}`,
      received: text,
    });
  return folder === "" ? { kind, text } : { kind, folder, text };
}

const kinds = ["digits", "mnist", "fashion", "cifar10", "folder", "pictures"] as const;
type Kind = (typeof kinds)[number] | "table";

const remoteName = { mnist: "mnist", fashion: "fashion-mnist", cifar10: "cifar10" } as const;

/** Options that say how data are read. */
export const imageSize: Option<string | undefined> = textOption("image-size", "N|ROWSxCOLUMNS", {
  help: "bring the pictures of a folder to this size",
  default: undefined,
  defaultText: "all must have one size",
  check: readSize,
});
export const channels = choiceOption("channels", ["1", "3"], {
  help: "read the pictures of a folder as grey (1) or RGB (3)",
  default: "3",
  defaultText: "3, of denoisers 1",
});
export const standardize = toggle(
  "standardize",
  "give each channel mean 0 and deviation 1 over the training records (tables always have it, for each column)",
);

export const memory: Option<string | undefined> = textOption("memory", "SIZE", {
  help: "hold no more of the records at a time, such as 200MB; the pictures of a folder are decoded on the way",
  default: undefined,
  defaultText: "all records",
  check: readMemory,
});

/** @throws UsageError for what is no amount of memory */
function readMemory(text: string): number {
  try {
    return bytesOf(text);
  } catch (error) {
    if (!(error instanceof SteepestError)) throw error;
    throw new UsageError({
      problem: "--memory cannot be used",
      expected: "a number with MB, GB, MiB or GiB, such as 200MB",
      received: text,
    });
  }
}

/**
 * The data of which only so much memory is held at a time: pictures of a folder stay on disk, records of other sets in the memory of the host.
 *
 * @throws UsageError where the settings do not suit it
 */
export async function streamData(choice: DataChoice, settings: DataSettings, size: string): Promise<StreamedDataset> {
  const bytes = readMemory(size);
  const { kind, folder } = choice;
  if (settings.table !== undefined)
    throw new UsageError({
      problem: "--memory is for pictures; a table is read as a whole",
      expected: "no --memory",
      received: `--memory ${size}`,
    });
  if (kind !== "folder") return streamed(await loadData(choice, settings), { memory: bytes });
  if (settings.size === undefined)
    throw new UsageError({
      problem: "--memory needs --image-size, since pictures are decoded only when their turn comes",
      expected: "--image-size 32, or another number of rows and columns",
      received: `--memory ${size}`,
    });
  if (settings.standardize)
    throw new UsageError({
      problem: "--standardize looks at all pictures, and --memory holds only some of them",
      expected: "one of them",
      received: "both",
    });
  return streamedImageFolder(folder ?? "", {
    size: settings.size,
    memory: bytes,
    name: basename(resolve(folder ?? "")),
    ...(settings.channels === undefined ? {} : { channels: settings.channels }),
  });
}

/** How the records are to be. */
export interface DataSettings {
  /** Rows, columns and channels of pictures in a folder. */
  readonly size?: readonly [rows: number, columns: number];
  readonly channels?: 1 | 3;
  readonly standardize?: boolean;
  /** Which columns of a table are what. */
  readonly table?: TableSettings;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The settings that the options ask for.
 *
 * @throws UsageError where they do not suit the data
 */
export function dataSettings({ kind }: DataChoice, args: Arguments): DataSettings {
  for (const option of [imageSize, channels])
    if (kind !== "folder" && !(kind === "pictures" && option === channels) && args.has(option))
      throw new UsageError({
        problem: `--${option.name} is for folders of pictures`,
        expected: "--data folder:DIR",
        received: `--data ${kind}`,
      });
  for (const option of tableOptions)
    if (kind !== "table" && args.has(option))
      throw new UsageError({ problem: `--${option.name} is for tables`, expected: "--data TABLE.csv", received: `--data ${kind}` });
  if (kind === "table") return { table: tableSettings(args) };
  const size = args.get(imageSize);
  return {
    ...(size === undefined ? {} : { size: readSize(size) }),
    channels: args.get(channels) === "1" ? 1 : 3,
    standardize: args.get(standardize),
  };
}

/** The options as they would be written again. */
export function dataFlags(
  { kind }: DataChoice,
  { size, channels: count, standardize: isStandardized, table }: DataSettings,
): [string, unknown][] {
  return [
    ...(table === undefined ? [] : tableFlags(table)),
    ...(size === undefined ? [] : [["image-size", size.join("x")] satisfies [string, unknown]]),
    ...(kind === "folder" ? [["channels", count] satisfies [string, unknown]] : []),
    ...(isStandardized ? [["standardize", true] satisfies [string, unknown]] : []),
  ];
}

function readSize(text: string): readonly [rows: number, columns: number] {
  const found = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text);
  const [rows, columns] = found === null ? [0, 0] : [Number(found[1]), Number(found[2] ?? found[1])];
  if (rows >= 1 && columns >= 1) return [rows, columns];
  throw new UsageError({
    problem: "--image-size cannot be used",
    expected: "a whole number such as 32, or rows and columns such as 24x32",
    received: text,
  });
}

/** Reads or makes the records. */
export async function loadData({ kind, folder }: DataChoice, settings: DataSettings = {}): Promise<Dataset> {
  const { size, channels: count, onProgress, table } = settings;
  const read = async (): Promise<Dataset> => {
    switch (kind) {
      case "digits":
        return digits();
      case "mnist":
        return mnist(folder ?? (await gottenFolder(remoteName.mnist)));
      case "fashion":
        return fashionMnist(folder ?? (await gottenFolder(remoteName.fashion)));
      case "cifar10":
        return cifar10(folder ?? (await gottenFolder(remoteName.cifar10)));
      case "table":
        if (table !== undefined) return loadTable(folder ?? "", table);
        throw new UsageError({ problem: "this command takes pictures", expected: dataForms.replace("|TABLE.csv", ""), received: folder });
      case "pictures":
        throw new UsageError({
          problem: "this command takes pictures in classes, and clean pictures have none",
          expected: dataForms.replaceAll("|", ", "),
          received: `pictures:${folder ?? ""}`,
          fix: "steepest denoise applies a denoiser to a picture, and with --clean says how well",
        });
      case "folder":
        return folderOf(folder ?? "", {
          ...(size === undefined ? {} : { size }),
          ...(count === undefined ? {} : { channels: count }),
          ...(onProgress === undefined ? {} : { onProgress }),
        });
    }
  };
  const dataset = await read();
  return settings.standardize ? standardized(dataset) : dataset;
}

async function folderOf(folder: string, options: Parameters<typeof imageFolder>[1]): Promise<Dataset> {
  try {
    return await imageFolder(folder, { ...options, name: basename(resolve(folder)) });
  } catch (error) {
    if (!(error instanceof SteepestError) || error.expected !== "pictures of one size") throw error;
    const { problem, expected, received, where } = error;
    throw new SteepestError({
      problem,
      expected,
      received,
      where,
      fix: "--image-size 32, or another number of rows and columns, brings all to one size",
    });
  }
}
