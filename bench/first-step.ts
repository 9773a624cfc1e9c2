/** From nothing to the end of the first step: in fresh processes, as a user meets it, and stage by stage. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bundleProgram } from "../scripts/programs.mjs";
import { root } from "../scripts/sources.mjs";
import { median } from "./statistics.js";
import { number } from "./table.js";

/** Processes for each line. */
const ROUNDS = 7;

/** `quad`, `mlp64`, `cnn`, or numbers of dense layers. */
export const firstSteps = ["quad", "mlp64", "cnn", "25", "50", "100"];

type Times = ReadonlyMap<string, number>;

/** Milliseconds of each stage, the median over fresh processes. */
async function timesOf(view: "public" | "stages", workload: string): Promise<Times> {
  const program = await bundleProgram(join(root, "bench", "first-step-program.ts"), { name: "bench-first-step" });
  const seen = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, view, workload], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    const times: Readonly<Record<string, number>> = JSON.parse(stdout);
    for (const [stage, time] of Object.entries(times)) seen.set(stage, [...(seen.get(stage) ?? []), time]);
  }
  return new Map([...seen].map(([stage, times]) => [stage, median(times)]));
}

const show = (times: Times): string => [...times].map(([stage, time]) => `${stage} ${number(time)}`).join("   ");

/** Prints a line for what a user waits for, and one for the stages on the caller's thread. */
export async function printFirstSteps(workloads: readonly string[]): Promise<void> {
  console.log(`Milliseconds in a fresh process, median of ${ROUNDS}.`);
  for (const workload of workloads) {
    const name = /^\d+$/.test(workload) ? `${workload} layers` : workload;
    console.log(`${name.padEnd(12)} ${show(await timesOf("public", workload))}`);
    if (workload !== "quad") console.log(`${"".padEnd(12)} of which about: ${show(await timesOf("stages", workload))}`);
  }
}
