/** The data that a stored run is looked at on. */
import { type Dataset, recordCount } from "../data/dataset.js";
import { trainingParts } from "../data/split.js";
import type { StoredRun } from "../runs/stored-run.js";
import { SteepestError } from "../tensor/error.js";
import type { Arguments } from "./arguments.js";
import { type DataSettings, dataForms, loadData, parseData } from "./dataset.js";
import { textOption, wholeOption } from "./options.js";
import { tableOf, tableToEvaluate } from "./table.js";

/**
 * The data of a run: those that it was trained on, or others of the same form.
 *
 * @param given the data by name. Default: those that it was trained on
 * @throws SteepestError where inputs or classes are others than the model's
 */
export async function datasetOf(run: StoredRun, folder: string, given: string | undefined): Promise<Dataset> {
  const choice = parseData(given ?? run.configuration.data);
  const table = tableOf(run, folder);
  if ((choice.kind === "table") !== (table !== undefined))
    throw new SteepestError({
      problem: table ? "The run was trained on a table" : "The run was not trained on a table",
      expected: table ? `a table with the columns ${[...table.columns, table.target].join(", ")}` : "pictures",
      received: choice.text,
      where: folder,
    });
  const dataset = table
    ? await tableToEvaluate(choice.folder ?? "", given === undefined, table, run.classes)
    : await loadData(choice, pictureSettings(run));
  const shape = dataset.inputs.shape.slice(1);
  if (shape.join() !== run.inputShape.join())
    throw new SteepestError({
      problem: "The model was trained on inputs of another shape",
      expected: `[${run.inputShape.join(", ")}]`,
      received: `[${shape.join(", ")}] of ${dataset.name}`,
      where: folder,
    });
  if (run.classes?.length !== dataset.classes?.length)
    throw new SteepestError({
      problem: "The model was trained on other classes",
      expected: run.classes?.join(", ") ?? "none: numbers",
      received: dataset.classes?.join(", ") ?? "none: numbers",
      where: folder,
    });
  return dataset;
}

/**
 * The records that a run learned from: those of its data that were not kept apart for validation; of other data all.
 *
 * @throws SteepestError as `datasetOf`, and where there are not as many records as it learned from
 */
async function trainingRecordsOf(run: StoredRun, folder: string, given: string | undefined): Promise<Dataset> {
  const dataset = await datasetOf(run, folder, given);
  if (given !== undefined) return dataset;
  const { validation, seed, records, chunk } = run.configuration;
  // Runs of earlier formats do not say how many there were.
  if (typeof records === "number" && records !== recordCount(dataset))
    throw new SteepestError({
      problem: "The run learned from other records than these data have now",
      expected: `${records} records`,
      received: `${recordCount(dataset)} of ${dataset.name}`,
      where: folder,
      fix: `Name the records to look at: --data ${dataset.name}`,
    });
  const { training } = trainingParts(dataset, { validation, seed, ...(typeof chunk === "number" ? { chunk } : {}) });
  return { ...training, name: dataset.name };
}

const data = textOption("data", dataForms, {
  help: "other records that the loss is a mean over: the training part of a data set",
  default: undefined,
  defaultText: "those that it was trained on",
  check: parseData,
});
const images = wholeOption("images", {
  help: "how many of the records, evenly spaced among all, or all where there are fewer",
  default: 1000,
  atLeast: 1,
  aliases: ["records"],
});

/** Options of commands that look at the loss of a stored run over records. */
export const recordOptions = [data, images] as const;

/** The records that such a command looks at: a data set, and how many of it. */
export async function lookedAt(
  run: StoredRun,
  folder: string,
  args: Arguments,
): Promise<{ readonly dataset: Dataset; readonly records: number; readonly given: string | undefined }> {
  const given = args.get(data);
  const dataset = await trainingRecordsOf(run, folder, given);
  return { dataset, records: Math.min(args.get(images), recordCount(dataset)), given };
}

/** Pictures of a folder are brought to the shape that the model knows. */
export function pictureSettings({ inputShape: [rows, columns, channels] }: StoredRun): DataSettings {
  return columns !== undefined && (channels === 1 || channels === 3) ? { size: [rows, columns], channels } : {};
}
