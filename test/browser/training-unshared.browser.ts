/** The same without cross-origin isolation: one worker, memory of its own. */
import { hashOf } from "../backends/threads/network.js";
import { trainOnDigits, WEIGHTS_AFTER_ONE_EPOCH } from "../descent/digits-network.js";

export const isolated = false;

export const tests: Record<string, () => Promise<void>> = {
  "a page without shared memory ends at the weights of Node": async () => {
    const run = await trainOnDigits(2);
    const hash = hashOf(run.theta);
    Reflect.set(globalThis, "report", { "not shared": `${hash}, ${Math.round(run.samplesPerSecond)} samples/s` });
    if (hash !== WEIGHTS_AFTER_ONE_EPOCH) throw new Error(`expected ${WEIGHTS_AFTER_ONE_EPOCH}, received ${hash}`);
  },
};
