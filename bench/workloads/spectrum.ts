/** Products with the Hessian of the small convolutional network, as `hessianSpectrum` takes them. */
import { openProgram, type ProgramOptions } from "../../src/backends/wasm/threads/index.js";
import { HessianProducts } from "../../src/descent/hessian-spectrum/hessian-products.js";
import { modelOnRecords, recordsCost } from "./model-on-records.js";
import type { Job, Workload } from "./workload.js";

/** A step is one product, over all records. */
async function productJob(options: ProgramOptions): Promise<Job> {
  const { training, point, part } = modelOnRecords();
  const products = new HessianProducts(training, part);
  const program = await openProgram(products.variables, options);
  products.fill(program, part);
  products.moveTo(program, point);
  const v = Float64Array.from(point.theta, (x) => Math.sign(x));
  return {
    async steps(count) {
      for (let i = 0; i < count; i++) await products.times(program, v);
    },
    async lossStep() {
      await products.times(program, v);
      return (await products.first(program)).loss;
    },
    close: () => program.close(),
  };
}

export const spectrumWorkloads: readonly Workload[] = [
  {
    name: "hessian",
    unit: "ms/step",
    // The gradient, and as much again for its derivative.
    flops: 2 * recordsCost.gradient,
    bytes: recordsCost.bytes,
    bound: "arithmetic",
    open: productJob,
  },
];
