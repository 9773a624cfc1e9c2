/** Run folders: what a training run leaves on disk, written safely and read with suspicion. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { HistoryRecord } from "../descent/history.js";
import { readSafetensors, writeSafetensors } from "../exchange/safetensors.js";
import type { Loss } from "../models/losses.js";
import type { BuiltModel, Model } from "../models/model.js";
import type { NamedArray } from "../models/weights.js";
import { SteepestError } from "../tensor/error.js";
import { writeAtomically } from "./atomic-file.js";
import { makeFolders, removeEmpty } from "./folders.js";
import { renderReport } from "./report.js";
import type { ReportMaterial, RunData } from "./run-data.js";
import { parameterCount } from "./run-data.js";
import { readHistory, readRunRecord, type StoredFile } from "./run-record.js";
import { StoredRun } from "./stored-run.js";
import { version } from "./version.js";

/** Raised when a change of the layout could mislead an older reader. */
export const formatVersion = 1;

const format = "steepest-run";
const files = {
  record: "run.json",
  history: "history.jsonl",
  weights: "weights.safetensors",
  path: "path.safetensors",
  report: "report.html",
} as const;

export interface SaveOptions extends ReportMaterial {
  /** Replace the run that the folder holds. Default false. */
  readonly force?: boolean;
}

/** Where things were put. */
export interface SavedRun {
  readonly folder: string;
  readonly report: string;
}

/**
 * Writes a run folder: `run.json`, `history.jsonl`, `weights.safetensors`, `report.html`, and `path.safetensors` where the path was recorded, each atomically, `run.json` last.
 *
 * @throws SteepestError as `checkRunFolder`
 */
export async function saveRun(run: RunData, folder: string, options: SaveOptions = {}): Promise<SavedRun> {
  const { force = false, created = new Date() } = options;
  await checkRunFolder(folder, { force });
  const { weights, history, pathArrays, ...rest } = run;
  const bytes = bytesOf(weights);
  const pathBytes = pathArrays && bytesOf(pathArrays);
  const record = {
    format,
    formatVersion,
    steepest: version,
    created: created.toISOString(),
    ...rest,
    weights: { file: files.weights, sha256: sha256(bytes), parameters: parameterCount(run) },
    ...(pathBytes ? { path: { file: files.path, sha256: sha256(pathBytes) } } : {}),
    history: { file: files.history, records: history.length },
  };
  const report = renderReport(run, { ...options, created, folder });
  try {
    await makeFolders(folder);
    await writeAtomically(join(folder, files.weights), bytes);
    if (pathBytes) await writeAtomically(join(folder, files.path), pathBytes);
    else await rm(join(folder, files.path), { force: true });
    await writeAtomically(join(folder, files.history), history.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await writeAtomically(join(folder, files.report), report);
    await writeAtomically(join(folder, files.record), `${JSON.stringify(record, undefined, 2)}\n`);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  return { folder, report: join(folder, files.report) };
}

const bytesOf = (arrays: readonly NamedArray[]): Uint8Array => writeSafetensors({ arrays, metadata: new Map([["format", "steepest"]]) });

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What a run folder does not hold, where model or loss were somebody's own. */
export interface LoadOptions {
  /** The model that was trained. Default: built again from its description, which any composition of the layers of Steepest has. */
  readonly model?: Model | BuiltModel;
  /** The loss that it was trained by. Default: the one of that name. */
  readonly loss?: Loss;
}

/**
 * Reads a run folder back: neither data nor training are needed for predictions.
 *
 * @param options the `model` and the `loss`, where they were of one's own making
 * @example
 * ```ts no-run
 * import { loadRun } from "steepest/node";
 * const run = await loadRun("runs/mnist");
 * const predict = run.predictor();
 * predict(new Uint8Array(784)).classes; // the class of one picture, by its number
 * ```
 * @throws SteepestError for a folder that holds no run, a newer format, a damaged file, or weights that are not those the run was saved with
 */
export async function loadRun(folder: string, options: LoadOptions = {}): Promise<StoredRun> {
  const at = join(folder, files.record);
  const text = await readText(at, folder);
  const record = readRunRecord(text, at, { format, formatVersion });
  const arraysOf = (file: StoredFile, what: string) => readArrays(join(folder, file.file), file.sha256, what);
  const arrays = arraysOf(record.weights, "weights");
  const historyAt = join(folder, files.history);
  const history: readonly HistoryRecord[] = readHistory(new TextDecoder().decode(await readBytes(historyAt)), historyAt);
  const parts = { ...record.run, weights: arrays, history };
  const { path } = record;
  const readPath = path && (() => arraysOf(path, "points of the path"));
  return new StoredRun(parts, {
    ...{ created: record.created, version: record.version, where: folder, ...options },
    ...(readPath ? { readPath } : {}),
  });
}

/**
 * Finds out, before any work is done, whether a run could be saved in a folder. The folder may exist, empty; nothing stays behind.
 *
 * @throws SteepestError when the folder holds a run or anything else and `force` is not set, when the name is that of a file, or when nothing can be written there
 */
export async function checkRunFolder(folder: string, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
  const kind = await stat(folder).catch(() => undefined);
  if (kind !== undefined && !kind.isDirectory())
    throw new SteepestError({
      problem: "The place for the run is a file",
      expected: "a folder, or a name not yet taken",
      received: folder,
    });
  if (kind !== undefined && !force) await refuseOccupied(folder);
  try {
    // The only honest test of "can be written" is to write.
    const made = await makeFolders(folder);
    const probe = join(folder, `.probe-${process.pid}.tmp`);
    try {
      await writeFile(probe, "");
      await rm(probe);
    } finally {
      await removeEmpty(made);
    }
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

async function refuseOccupied(folder: string): Promise<void> {
  const present = await readdir(folder).catch((error: unknown) => {
    throw cannotWrite(folder, error);
  });
  if (present.length === 0) return;
  const isRun = present.includes(files.record);
  throw new SteepestError({
    problem: isRun ? "The folder holds another run" : "The folder is not empty, and holds no run",
    expected: "a new or empty folder",
    received: `${present.slice(0, 4).join(", ")}${present.length > 4 ? `, … (${present.length} files)` : ""}`,
    where: resolve(folder),
    fix: isRun ? "Choose another folder, or replace this run with --force (force: true)" : "Choose another folder",
  });
}

async function readText(path: string, folder: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    const present = await stat(folder).catch(() => undefined);
    throw new SteepestError({
      problem:
        code !== "ENOENT" && code !== "ENOTDIR"
          ? `${path} cannot be read`
          : present?.isDirectory()
            ? "The folder holds no run"
            : "There is no such run folder",
      expected: "a folder that training has written, with run.json in it",
      received: code !== "ENOENT" && code !== "ENOTDIR" && error instanceof Error ? error.message : undefined,
      where: resolve(folder),
    });
  }
}

/** The arrays of a file, which must be what it was when the run was saved. */
function readArrays(at: string, expected: string, what: string): readonly NamedArray[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(at);
  } catch (error) {
    throw cannotRead(at, error);
  }
  if (sha256(bytes) !== expected)
    throw new SteepestError({
      problem: `The ${what} are not those that this run was saved with`,
      expected: `SHA-256 ${expected.slice(0, 16)}…, as run.json says`,
      where: at,
      fix: "The file was changed or damaged: restore it, or train again",
    });
  return readSafetensors(bytes, at).arrays;
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): SteepestError {
  return new SteepestError({
    problem: codeOf(error) === "ENOENT" ? "A file of the run is missing" : "A file of the run cannot be read",
    received: error instanceof Error ? error.message : undefined,
    where: path,
  });
}

function cannotWrite(folder: string, error: unknown): SteepestError {
  if (error instanceof SteepestError) return error;
  const reasons: Readonly<Record<string, string>> = {
    EACCES: "no permission",
    EPERM: "no permission",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    ENOTDIR: "part of the path is a file",
    EEXIST: "part of the path is a file",
    ENAMETOOLONG: "the name is too long",
  };
  const code = codeOf(error);
  return new SteepestError({
    problem: "The run cannot be saved in this folder",
    received: (code !== undefined ? reasons[code] : undefined) ?? (error instanceof Error ? error.message : String(error)),
    where: resolve(folder),
    fix: "Choose another folder with --out",
  });
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
