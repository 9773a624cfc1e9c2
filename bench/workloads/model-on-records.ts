/** The small convolutional network with 1,000 records: what is measured of whole data sets. */
import { type DatasetPart, noPreprocessing } from "../../src/data/dataset.js";
import { crossEntropy } from "../../src/models/losses.js";
import { Training } from "../../src/objectives/training.js";
import { hashUniform, labels } from "./data.js";
import { convolutionalModel, convolutionalWeights } from "./networks.js";

const RECORDS = 1000;

export function modelOnRecords() {
  const model = convolutionalModel().build([28, 28, 1]);
  const training = new Training({
    model,
    loss: crossEntropy(),
    preprocessing: noPreprocessing,
    seed: 1,
    weights: convolutionalWeights(model),
  });
  const part: DatasetPart = {
    inputs: { shape: [RECORDS, 28, 28, 1], dtype: "f32", data: hashUniform(RECORDS * 784, 2) },
    targets: { shape: [RECORDS], dtype: "i32", data: labels(RECORDS, 10) },
  };
  return { model, training, point: training.start(), part };
}

/** Operations of one pass over the records: the loss alone, and with its gradient (none for the pictures themselves). */
export const recordsCost = {
  loss: 2 * RECORDS * (784 * 9 * 16 + 196 * 9 * 16 * 32 + 1568 * 10),
  gradient: 2 * RECORDS * (2 * 784 * 9 * 16 + 3 * 196 * 9 * 16 * 32 + 3 * 1568 * 10),
  bytes: 4 * RECORDS * 784,
};
