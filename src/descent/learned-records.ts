/** The records that a trained model is looked at on: those that it learned from, all or some of them. */
import { type Dataset, type DatasetPart, recordCount } from "../data/dataset.js";
import { selectRecords, trainingParts } from "../data/split.js";
import { unusable } from "./settings.js";
import type { TrainedRun } from "./trained-run.js";

/** Whether it is a data set that lies in memory. */
export const isData = (x: object): x is Dataset => "inputs" in x && "targets" in x && !("read" in x);

/** The records that a run learned from, those kept apart for validation left out; undefined where they do not lie in memory. */
export const recordsLearnedFrom = ({ data, settings }: Pick<TrainedRun, "data" | "settings">): Dataset | undefined =>
  isData(data) ? trainingParts(data, settings).training : undefined;

/** Records evenly spaced among all, so that data sorted by class are not one class. */
export function someOf(data: Dataset, records: number | undefined): DatasetPart {
  const all = recordCount(data);
  if (records === undefined || records === all) return data;
  if (!Number.isSafeInteger(records) || records < 1 || records > all)
    throw unusable("records", `a whole number from 1 to ${all}, the records of ${data.name}`, records);
  return selectRecords<DatasetPart>(
    data,
    Uint32Array.from({ length: records }, (_, i) => Math.floor((i * all) / records)),
  );
}
