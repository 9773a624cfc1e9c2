/** Losses of pairs for restoration, said in dB. */
import type { Dataset } from "../data/dataset.js";
import { isRestorationPairs, type RestorationPairs } from "../data/restoration/pairs.js";
import { psnrOfLoss } from "../data/restoration/psnr.js";
import type { StreamedDataset } from "../data/streamed.js";
import type { Loss } from "../models/losses.js";
import type { Regularizer } from "../models/regularizers.js";
import type { Evaluation, HistoryRecord } from "./history.js";

/** What adds PSNR to what `fit` tells of pairs; of other data everything stays as it is. */
export function decibelsOf(data: Dataset | RestorationPairs | StreamedDataset, loss: Loss, regularizer: Regularizer | undefined) {
  const psnr = isRestorationPairs(data) ? psnrOfLoss(loss, data) : undefined;
  const validation = <R extends { readonly validationLoss?: number }>(record: R): R & { readonly validationPsnr?: number } =>
    psnr === undefined || record.validationLoss === undefined ? record : { ...record, validationPsnr: psnr(record.validationLoss) };
  return {
    judged: <E extends Evaluation>(evaluation: E): E => (psnr === undefined ? evaluation : { ...evaluation, psnr: psnr(evaluation.loss) }),
    validation,
    // With a regulariser the training loss is more than the squared error.
    record: (record: HistoryRecord): HistoryRecord => {
      const judged = validation(record);
      return psnr === undefined || regularizer !== undefined ? judged : { ...judged, trainPsnr: psnr(record.loss) };
    },
  };
}
