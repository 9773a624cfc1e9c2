/** The data that a stored run is looked at on. */
import type { Dataset } from "../data/dataset.js";
import { trainingParts } from "../data/split.js";
import type { StoredRun } from "../runs/stored-run.js";
import { SteepestError } from "../tensor/error.js";
import { type DataSettings, loadData, parseData } from "./dataset.js";
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
 * @throws SteepestError as `datasetOf`
 */
export async function trainingRecordsOf(run: StoredRun, folder: string, given: string | undefined): Promise<Dataset> {
  const dataset = await datasetOf(run, folder, given);
  return given === undefined ? { ...trainingParts(dataset, run.configuration).training, name: dataset.name } : dataset;
}

/** Pictures of a folder are brought to the shape that the model knows. */
export function pictureSettings({ inputShape: [rows, columns, channels] }: StoredRun): DataSettings {
  return columns !== undefined && (channels === 1 || channels === 3) ? { size: [rows, columns], channels } : {};
}
