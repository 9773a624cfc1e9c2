/** Where the time of a workload's step goes, as `fit({ profile: true })` tells it of a training. */
import { openProgram } from "../src/backends/wasm/threads/index.js";
import { profileOf } from "../src/descent/profile.js";
import { number } from "./table.js";
import type { Workload } from "./workloads/workload.js";

/** Milliseconds that are counted, and half as many before, in which engines still run code that is not optimised. */
const TIME = 1500;

export async function printProfile({ name, step, flops }: Workload, threads: number): Promise<void> {
  if (step === undefined) {
    console.log(`${name} is one loop in registers: there are no loops to tell apart.\n`);
    return;
  }
  const { entry, variables, values } = step();
  const program = await openProgram(variables, { threads, profile: true });
  try {
    for (const [variable, data] of values) program.write(variable, data);
    const runFor = async (milliseconds: number) => {
      for (const until = performance.now() + milliseconds; performance.now() < until; ) await program.run(entry, 4);
    };
    await runFor(TIME / 2);
    program.restartClocks();
    await runFor(TIME);
    const profile = await profileOf(program);
    console.log(`${name}, ${number((flops / profile.microsecondsPerStep) * 1e-3)} GFLOP/s of those that the workload needs\n${profile}\n`);
  } finally {
    program.close();
  }
}
