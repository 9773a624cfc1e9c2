/**
 * One workload of ours, in a process of its own: `cell.ts WORKLOAD THREADS WARM-UP-MS [fast]`. It answers each line on its input with
 * a line of JSON: first, unasked, an Opening; a Block for every `block MS`; a Closing for `end`.
 */
import { createInterface } from "node:readline";
import { Measured } from "./harness.js";
import { workloadNamed } from "./workloads/index.js";

const [name, threads, warmUp, mode] = process.argv.slice(2);
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
try {
  const workload = workloadNamed(name);
  const { measured, opening } = await Measured.open(
    () => workload.open({ threads: Number(threads), fast: mode === "fast" }),
    workload.batch,
    Number(warmUp),
  );
  say(opening);
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, milliseconds] = line.split(" ");
    if (command === "end") {
      say(measured.close());
      break;
    }
    say(await measured.block(Number(milliseconds)));
  }
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
}
process.exit(0);
