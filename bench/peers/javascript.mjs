// One workload of one JavaScript peer: node javascript.mjs PEER WORKLOAD WARM-UP-MS, in the scratch copy of the peers' folder.
// Speaks as bench/cell.ts does: an opening, then a line of JSON for every line on its input.

import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [peer, workload, limit] = process.argv.slice(2);
/** @param {object} answer */
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
console.log = console.warn = console.info = () => {};

/** @type {Record<string, number>} */
const batches = { quad: 10_000, rosen: 10_000, tikhonov: 200, tv: 200 };
const STABLE = 0.05;
/** A peer whose first step takes longer than this gets two checked steps instead of five, in milliseconds. */
const SLOW = 3000;
/** A call of many steps takes at most about this long; then fewer steps stand for it. */
const LONGEST = 1500;

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

try {
  const [file, variant] = peer.split(":");
  const module = await import(pathToFileURL(join(process.cwd(), "peers", `${file}.mjs`)).href);
  const session = await module.open(variant);
  let began = performance.now();
  const job = await session.make(workload);
  const drop = job.drop ?? (() => {});
  /** A handle may be a promise: waiting for a number costs hand-written loops more than their step. @param {any} handle */
  const loss = async (handle) => job.read(handle?.then ? await handle : handle);
  const losses = [await loss(job.step())];
  await job.sync();
  const firstStep = performance.now() - began;
  while (losses.length < (firstStep > SLOW ? 2 : 5)) losses.push(await loss(job.step()));
  await job.sync();

  /** @param {number} count */
  const timed = async (count) => {
    began = performance.now();
    for (let i = 0; i < count; i++) {
      const handle = job.step();
      if (handle?.then) drop(await handle);
      else drop(handle);
      if ((i & 255) === 255) await job.sync();
    }
    await job.sync();
    return performance.now() - began;
  };
  /** @param {number} each @param {number} milliseconds */
  const steps = (each, milliseconds) => Math.max(1, Math.min(100_000, Math.round(milliseconds / each)));
  const batch = batches[workload];
  /** @param {number} milliseconds */
  const count = (milliseconds) => (batch === undefined ? steps(estimate, milliseconds) : Math.min(batch, steps(estimate, LONGEST)));

  let estimate = firstStep > SLOW ? firstStep : await timed(1);
  const until = performance.now() + Number(limit);
  /** @type {number[]} */
  let recent = [];
  while (performance.now() < until && firstStep <= SLOW) {
    const wanted = count(40);
    estimate = (await timed(wanted)) / wanted;
    recent = [...recent.slice(-2), estimate];
    if (recent.length === 3 && Math.max(...recent) < (1 + STABLE) * Math.min(...recent)) break;
  }
  say({ firstStep, losses });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, milliseconds] = line.split(" ");
    if (command === "end") break;
    const wanted = count(Number(milliseconds) / 2);
    const batched = (await timed(wanted)) / wanted;
    estimate = batched;
    if (batch !== undefined) {
      say({ batched });
      continue;
    }
    const singles = [];
    const end = performance.now() + Number(milliseconds) / 2;
    do singles.push(await timed(1));
    while (performance.now() < end);
    say({ single: median(singles), batched });
  }
  say({ peak: process.resourceUsage().maxRSS / 1024 });
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
}
process.exit(0);
