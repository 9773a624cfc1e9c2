/** Programs on workers in a page that allows shared memory: the bits of Node, for any number of threads. */
import { openProgram, type ProgramOptions, workerSource } from "../../src/backends/wasm/threads/index.js";
import { hashOf, network, WEIGHTS_AFTER_60 } from "../backends/threads/network.js";

const net = network();

function expectEqual<T>(received: T, expected: T, what: string): void {
  if (received !== expected) throw new Error(`${what}: expected ${expected}, received ${received}`);
}

async function train(options: ProgramOptions, shared: boolean): Promise<void> {
  const program = await openProgram(net.variables, options);
  expectEqual(program.shared, shared, "shared");
  for (const [variable, data] of net.start) program.write(variable, data);
  const before = performance.now();
  for (const steps of [1, 20, 39]) expectEqual((await program.run(net.step, steps)).steps, steps, "steps");
  const milliseconds = performance.now() - before;
  const hash = hashOf(...(await Promise.all(net.weights.map((w) => program.read(w)))));
  expectEqual(hash, WEIGHTS_AFTER_60, "hash of the weights");
  const report: Record<string, string> = Reflect.get(globalThis, "report") ?? {};
  report[`60 steps, ${shared ? `${program.threads} threads` : "not shared"}`] = `${hash} ${milliseconds.toFixed(0)} ms`;
  Reflect.set(globalThis, "report", report);
  program.close();
}

export const tests: Record<string, () => Promise<void>> = {
  "one thread gives the bits of Node": () => train({ threads: 1 }, true),
  "two threads give the bits of Node": () => train({ threads: 2 }, true),
  "five threads give the bits of Node": () => train({ threads: 5 }, true),
  "threads without shared memory give the bits of Node": () => train({ shared: false }, false),
  "the worker may come from a file": () =>
    train({ workerUrl: URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" })) }, true),

  "a worker that cannot be loaded is an error with a fix": async () => {
    const program = await openProgram(net.variables, { workerUrl: "/nowhere.js" });
    const error = await program.run(net.step, 1).catch((e: unknown) => e);
    if (!(error instanceof Error) || !/workerUrl/.test(error.message)) throw new Error(`received ${error}`);
  },

  "the page lives while a program runs, and stops it": async () => {
    const program = await openProgram(net.variables);
    await program.run(net.step, 1);
    let ticks = 0;
    const controller = new AbortController();
    const timer = setInterval(() => {
      if (++ticks === 10) controller.abort();
    }, 5);
    const run = await program.run(net.step, 1e7, { signal: controller.signal });
    clearInterval(timer);
    expectEqual(ticks >= 10, true, "ticks");
    expectEqual(run.steps > 0 && run.steps < 1e7, true, "some steps");
    program.close();
  },
};
