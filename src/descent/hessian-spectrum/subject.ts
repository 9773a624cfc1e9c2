/** A trained model with the records that its Hessian is taken over. */
import { checkDataset, type Dataset, type DatasetPart } from "../../data/dataset.js";
import type { ModelPoint, Training } from "../../objectives/training.js";
import { isData, recordsLearnedFrom, someOf } from "../learned-records.js";
import { unusable } from "../settings.js";
import { TrainedRun } from "../trained-run.js";

/** A model with its weights: what `loadRun` gives. */
export interface TrainedModel {
  readonly training: Training;
  readonly point: ModelPoint;
}

/**
 * @param owner the function that was called
 * @param given other data than those that the run learned from
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
  const data = given ?? (subject instanceof TrainedRun ? recordsLearnedFrom(subject) : undefined);
  if (data === undefined || !isData(data))
    throw subject instanceof TrainedRun
      ? unusable("data", `records that are held in memory: hand over some of them, ${owner}(run, data)`, (data ?? subject.data).name)
      : unusable("data", `a data set: ${owner}(run, data)`, data);
  checkDataset(data);
  return { training: subject.training, point, part: someOf(data, records) };
}
