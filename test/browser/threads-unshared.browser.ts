/** Programs on workers in a page without cross-origin isolation: one worker that owns the memory. */
import { openProgram } from "../../src/backends/wasm/threads/index.js";
import { hashOf, network, WEIGHTS_AFTER_60 } from "../backends/threads/network.js";

export const isolated = false;

const net = network();

export const tests: Record<string, () => Promise<void>> = {
  "one worker gives the bits of Node": async () => {
    const program = await openProgram(net.variables, { threads: 4 });
    if (program.shared || program.threads !== 1) throw new Error("the memory counts as shared");
    for (const [variable, data] of net.start) program.write(variable, data);
    await program.run(net.step, 60);
    const hash = hashOf(...(await Promise.all(net.weights.map((w) => program.read(w)))));
    if (hash !== WEIGHTS_AFTER_60) throw new Error(`expected ${WEIGHTS_AFTER_60}, received ${hash}`);
    program.close();
  },

  "shared memory is refused in words": async () => {
    const error = await openProgram(net.variables, { shared: true }).catch((e: unknown) => e);
    if (!(error instanceof Error) || error.name !== "SteepestError") throw new Error(`received ${error}`);
  },

  "a run ends at the signal": async () => {
    const program = await openProgram(net.variables);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const run = await program.run(net.step, 1e7, { signal: controller.signal });
    if (!(run.steps < 1e7)) throw new Error("it went on");
    program.close();
  },
};
