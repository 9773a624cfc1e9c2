/** The loss of the small convolutional network on points of a plane through its weights, as `landscape` computes them. */
import type { ProgramOptions } from "../../src/backends/wasm/threads/index.js";
import { CompiledSlice } from "../../src/landscape/compiled-slice.js";
import { filteredEntries, normalisedDirection, randomDirection } from "../../src/landscape/directions.js";
import { modelSubject } from "../../src/landscape/subject.js";
import { modelOnRecords, recordsCost } from "./model-on-records.js";
import type { Job, Workload } from "./workload.js";

/** A step is one point, on all records. */
async function landscapeJob(options: ProgramOptions): Promise<Job> {
  const { model, training, point, part } = modelOnRecords();
  const subject = modelSubject(training, point, part);
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
    flops: recordsCost.loss,
    bytes: recordsCost.bytes,
    bound: "arithmetic",
    open: landscapeJob,
  },
];
