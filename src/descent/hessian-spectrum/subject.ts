/** A trained model with the records that its Hessian is taken over. */
import { checkDataset, type Dataset, type DatasetPart, recordCount } from "../../data/dataset.js";
import { selectRecords } from "../../data/split.js";
import type { ModelPoint, Training } from "../../objectives/training.js";
import { unusable } from "../settings.js";
import { TrainedRun } from "../trained-run.js";

/** A model with its weights: what `loadRun` gives. */
export interface TrainedModel {
  readonly training: Training;
  readonly point: ModelPoint;
}

export const isData = (x: object): x is Dataset => "inputs" in x && "targets" in x && !("read" in x);

/**
 * @param owner the function that was called
 * @param given other data than those of the run
 * @param records how many of them
 * @throws SteepestError where it is no trained model, or there are no records in memory
 */
export function trainedSubject(
  owner: string,
  subject: TrainedRun | TrainedModel,
  given: Dataset | undefined,
  records: number | undefined,
): { readonly training: Training; readonly point: ModelPoint; readonly part: DatasetPart } {
  if (!(subject instanceof TrainedRun || ("training" in subject && "point" in subject)))
    throw unusable("run", "what fit or loadRun gave, or an objective: trace(f, start), batchObjective(model, data)", subject);
  const point = subject instanceof TrainedRun ? { theta: subject.theta, state: subject.state } : subject.point;
  const data = given ?? (subject instanceof TrainedRun ? subject.data : undefined);
  if (data === undefined || !isData(data))
    throw unusable(
      "data",
      subject instanceof TrainedRun
        ? `records that are held in memory: hand over some of them, ${owner}(run, data)`
        : `a data set: ${owner}(run, data)`,
      data?.name,
    );
  checkDataset(data);
  return { training: subject.training, point, part: someOf(data, records) };
}

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
