/** The loss of the small convolutional network on points of a plane through its weights, as `landscape` computes them. */
import type { ProgramOptions } from "../../src/backends/wasm/threads/index.js";
import { noPreprocessing } from "../../src/data/dataset.js";
import { CompiledSlice } from "../../src/landscape/compiled-slice.js";
import { filteredEntries, normalisedDirection, randomDirection } from "../../src/landscape/directions.js";
import { modelSubject } from "../../src/landscape/subject.js";
import { crossEntropy } from "../../src/models/losses.js";
import { Training } from "../../src/objectives/training.js";
import { hashUniform, labels } from "./data.js";
import { convolutionalModel, convolutionalWeights } from "./networks.js";
import type { Job, Workload } from "./workload.js";

const RECORDS = 1000;

/** A step is one point, on all records. */
async function landscapeJob(options: ProgramOptions): Promise<Job> {
  const model = convolutionalModel().build([28, 28, 1]);
  const training = new Training({
    model,
    loss: crossEntropy(),
    preprocessing: noPreprocessing,
    seed: 1,
    weights: convolutionalWeights(model),
  });
  const point = training.start();
  const subject = modelSubject(training, point, {
    inputs: { shape: [RECORDS, 28, 28, 1], dtype: "f32", data: hashUniform(RECORDS * 784, 2) },
    targets: { shape: [RECORDS], dtype: "i32", data: labels(RECORDS, 10) },
  });
  const slice = await CompiledSlice.open(subject, options);
  const entries = filteredEntries(training.parameters.entries, model);
  const [first, second] = [0, 1].map((i) =>
    normalisedDirection(randomDirection(training.parameters, 1, i), point.theta, entries, "filter"),
  );
  await slice.place({ centre: point.theta, first, second });
  return {
    async steps(count) {
      await slice.losses(Float64Array.from({ length: 2 * count }, (_, i) => (((7 * i) % 51) - 25) / 25));
    },
    lossStep: async () => (await slice.losses(Float64Array.of(0, 0))).losses[0],
    close: () => slice.close(),
  };
}

export const landscapeWorkloads: readonly Workload[] = [
  {
    name: "landscape",
    unit: "ms/step",
    flops: 2 * RECORDS * (784 * 9 * 16 + 196 * 9 * 16 * 32 + 1568 * 10),
    bytes: 4 * RECORDS * 784,
    bound: "arithmetic",
    open: landscapeJob,
  },
];
