/** `run.json` and `history.jsonl` read back, each field checked. */
import type { Preprocessing } from "../data/dataset.js";
import type { Evaluation, HistoryRecord, Status } from "../descent/history.js";
import { SteepestError } from "../tensor/error.js";
import { PlainReader } from "./plain-reader.js";
import type { LayerSummary, PlainData, RunConfiguration, RunData, RunResults } from "./run-data.js";

const statuses: readonly Status[] = ["converged", "step-limit", "stopped-early", "diverged", "stalled", "aborted"];

/** What `run.json` holds. */
export interface RunRecord {
  readonly run: Omit<RunData, "weights" | "history">;
  readonly created: string;
  readonly version: string;
  readonly weights: StoredFile;
  readonly path?: StoredFile;
}

/** A file of the run folder, and what its bytes add up to. */
export interface StoredFile {
  readonly file: string;
  readonly sha256: string;
}

/**
 * @param where the path of the file, for messages
 * @throws SteepestError for text that is no JSON, of another or a newer format, or lacks a field
 */
export function readRunRecord(
  text: string,
  where: string,
  { format, formatVersion }: { readonly format: string; readonly formatVersion: number },
): RunRecord {
  const file = new PlainReader(parseJson(text, where), where);
  if (!file.has("format") || file.text("format") !== format)
    throw new SteepestError({ problem: "The file does not describe a run", expected: `"format": "${format}"`, where });
  const found = file.number("formatVersion");
  if (!(found <= formatVersion))
    throw new SteepestError({
      problem: "The run was saved by a newer version of Steepest",
      expected: `format version ${formatVersion} or lower`,
      received: `format version ${found}, written by Steepest ${file.text("steepest")}`,
      where,
      fix: "Update Steepest",
    });
  return {
    created: file.text("created"),
    version: file.text("steepest"),
    weights: readFile(file.object("weights"), where),
    ...(file.has("path") ? { path: readFile(file.object("path"), where) } : {}),
    run: {
      title: file.text("title"),
      configuration: readConfiguration(file.object("configuration")),
      preprocessing: readPreprocessing(file.object("preprocessing")),
      inputShape: file.numbers("inputShape"),
      classes: file.has("classes") ? file.texts("classes") : undefined,
      layers: file.list("layers", readLayer),
      results: readResults(file.object("results")),
      ...measured(file, ["stableUpTo"]),
      command: file.has("command") ? file.text("command") : undefined,
    },
  };
}

function readFile(record: PlainReader, where: string): StoredFile {
  const file = record.text("file");
  if (/^[\w.-]+$/.test(file) && !file.startsWith(".")) return { file, sha256: record.text("sha256") };
  throw new SteepestError({
    problem: "The files of a run must lie inside the run folder",
    expected: "a plain file name",
    received: file,
    where,
  });
}

/**
 * One record a line.
 *
 * @throws SteepestError that names the line
 */
export function readHistory(text: string, where: string): HistoryRecord[] {
  return text
    .split("\n")
    .map((line, i) => ({ line, place: `${where}, line ${i + 1}` }))
    .filter(({ line }) => line.trim() !== "")
    .map(({ line, place }) => {
      const record = new PlainReader(parseJson(line, place), place);
      return {
        step: record.number("step"),
        epoch: record.number("epoch"),
        seconds: record.number("seconds"),
        loss: record.number("loss"),
        learningRate: record.number("learningRate"),
        ...measured(record, ["gradientNorm", "trainAccuracy", "validationLoss", "validationAccuracy", "trainPsnr", "validationPsnr"]),
      };
    });
}

/** The fields that are there: an absent one stays absent. */
function measured<const K extends string>(record: PlainReader, keys: readonly K[]): { readonly [key in K]?: number } {
  const out: { [key in K]?: number } = {};
  for (const key of keys) {
    const value = record.optionalNumber(key);
    if (value !== undefined) out[key] = value;
  }
  return out;
}

function readConfiguration(record: PlainReader): RunConfiguration {
  const optimizer = record.object("optimizer");
  return {
    ...allFields(record),
    data: record.text("data"),
    model: record.plain("model"),
    loss: record.text("loss"),
    optimizer: { ...allFields(optimizer), name: optimizer.text("name") },
    epochs: record.number("epochs"),
    batchSize: record.number("batchSize"),
    seed: record.number("seed"),
    validation: record.number("validation"),
  };
}

const allFields = (record: PlainReader): Record<string, PlainData> =>
  Object.fromEntries([...record.keys()].map((key) => [key, record.plain(key)]));

function readPreprocessing(record: PlainReader): Preprocessing {
  return {
    scale: record.number("scale"),
    offset: record.number("offset"),
    ...(record.has("mean") ? { mean: record.numbers("mean") } : {}),
    ...(record.has("std") ? { std: record.numbers("std") } : {}),
  };
}

function readLayer(item: unknown, where: string): LayerSummary {
  const record = new PlainReader(item, where);
  return { layer: record.text("layer"), outputShape: record.numbers("outputShape"), parameters: record.number("parameters") };
}

function readResults(record: PlainReader): RunResults {
  return {
    status: record.oneOf("status", statuses),
    diagnosis: record.text("diagnosis"),
    epochs: record.number("epochs"),
    steps: record.number("steps"),
    seconds: record.number("seconds"),
    samplesPerSecond: record.number("samplesPerSecond"),
    trainLoss: record.number("trainLoss"),
    ...measured(record, ["validationLoss", "validationAccuracy", "validationPsnr", "seenPsnr", "rmse", "rSquared"]),
    ...(record.has("test") ? { test: readEvaluation(record.object("test")) } : {}),
  };
}

function readEvaluation(record: PlainReader): Evaluation {
  const rows = (item: unknown, where: string) => new PlainReader({ row: item }, where).numbers("row");
  return {
    loss: record.number("loss"),
    ...measured(record, ["accuracy", "psnr"]),
    ...(record.has("confusion") ? { confusion: record.list("confusion", rows) } : {}),
  };
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SteepestError({
      problem: "A file of the run is damaged",
      expected: "JSON",
      received: error instanceof Error ? error.message : undefined,
      where,
    });
  }
}
