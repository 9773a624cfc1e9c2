/** A network trained in a page that allows shared memory ends at the weights of Node. */
import { hashOf } from "../backends/threads/network.js";
import { trainOnDigits, WEIGHTS_AFTER_ONE_EPOCH } from "../descent/digits-network.js";

async function train(threads: number): Promise<void> {
  const run = await trainOnDigits(threads);
  const hash = hashOf(run.theta);
  const report: Record<string, string> = Reflect.get(globalThis, "report") ?? {};
  report[`${threads} thread${threads === 1 ? "" : "s"}`] =
    `${hash}, ${Math.round(run.samplesPerSecond)} samples/s, test accuracy ${run.test?.accuracy}`;
  Reflect.set(globalThis, "report", report);
  if (hash !== WEIGHTS_AFTER_ONE_EPOCH) throw new Error(`expected ${WEIGHTS_AFTER_ONE_EPOCH}, received ${hash}`);
}

export const tests: Record<string, () => Promise<void>> = {
  "one thread": () => train(1),
  "two threads": () => train(2),
};
