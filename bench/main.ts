/**
 * Measures Steepest beside its peers.
 *
 *     npm run bench -- [--quick] [--only quad,cnn] [--json] [--threads N] [--rounds N] [--block MS] [--peers torch:1,hand:muladd]
 *     npm run bench -- --only mlp64 --against main      beside another version of the project: a checkout or a revision
 *     npm run bench -- --only mlp64 --fast      beside ours with fused products and sums
 *     npm run bench -- --profile mlp64,cnn     where the time of a step goes
 *     npm run bench -- --first-step mlp64,100  from nothing to the first step; a number means so many layers; `all`
 *     npm run bench -- --scaling all | batch,width,image,theta | draw      time per step against size; draws bench/scaling.svg
 *     npm run bench -- --keep-losses           writes PyTorch's first losses to bench/losses.json
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../scripts/sources.mjs";
import { Cell, type Engine, fused, ours, peers, readyPeers, versionEngines } from "./engines.js";
import { firstSteps, printFirstSteps } from "./first-step.js";
import { describeMachine, type Limits, measureLimits } from "./machine.js";
import { type Effort, measureRow } from "./measure.js";
import { copyPeers, installPackages } from "./peers/folder.mjs";
import { printProfile } from "./profile.js";
import { briefReport, packageReport, tableReport } from "./report.js";
import type { Row } from "./results.js";
import { keepAndDraw, measureCurve } from "./scaling.js";
import { asJson, number } from "./table.js";
import { curves } from "./workloads/curves.js";
import { workloads } from "./workloads/index.js";
import type { Workload } from "./workloads/workload.js";

const say = (text: string) => process.stderr.write(text);

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        only: { type: "string" },
        threads: { type: "string" },
        rounds: { type: "string" },
        block: { type: "string" },
        peers: { type: "string" },
        against: { type: "string" },
        fast: { type: "boolean" },
        profile: { type: "string" },
        "first-step": { type: "string" },
        scaling: { type: "string" },
        "keep-losses": { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** Those of `all` that a list separated by commas names, or all. */
function named<T extends { readonly name: string }>(what: string, all: readonly T[], list: string | undefined): readonly T[] {
  if (list === undefined) return all;
  return list
    .split(",")
    .filter((name) => name !== "")
    .map((name) => all.find((x) => x.name === name) ?? refuse(`There is no ${what} ${name}: ${all.map((x) => x.name).join(", ")}.`));
}

function count(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  return Number.isInteger(value) && value > 0 ? value : refuse(`--${name} is a whole number > 0, not ${text}.`);
}

const chosen = options();
const selected = named("workload", workloads, chosen.only);
const cores = cpus().length;

if (chosen.profile !== undefined) {
  for (const workload of named("workload", workloads, chosen.profile)) await printProfile(workload, count("threads", chosen.threads, 1));
  process.exit(0);
}

if (chosen["first-step"] !== undefined) {
  await printFirstSteps(chosen["first-step"] === "all" ? firstSteps : chosen["first-step"].split(","));
  process.exit(0);
}

if (chosen["keep-losses"]) {
  await keepLosses(selected);
  process.exit(0);
}

const effort: Effort = {
  rounds: count("rounds", chosen.rounds, 15),
  block: count("block", chosen.block, chosen.quick ? 20 : 150),
  warmUp: chosen.quick ? 200 : 2500,
  patience: chosen.quick ? 1500 : 30_000,
  row: chosen.quick ? 1500 : 600_000,
};
const threads = chosen.threads === undefined ? (cores > 1 ? [1, 2] : [1]) : [count("threads", chosen.threads, 1)];
if (chosen.scaling !== undefined) {
  await measureScaling(chosen.scaling);
  process.exit(0);
}

// The whole table has a column for fused products and sums.
const withFused = chosen.fast ?? (!chosen.quick && chosen.against === undefined && chosen.only === undefined);
const engines = [...(await bothVersions()), ...(withFused ? await fused(Math.max(...threads)) : []), ...availablePeers()];
say(`${describeMachine()}; load ${loadavg()[0].toFixed(1)}; ${engines.map((e) => e.name).join(" ")}\n`);
const brief = chosen.quick || chosen.against !== undefined;
const limits = brief ? [] : threads.map(measureLimits).filter((l): l is Limits => l !== undefined);
const rows: Row[] = [];
for (const workload of selected) {
  const row = await measureRow(workload, engines, effort);
  rows.push(row);
  say(
    `${workload.name.padEnd(11)} ${row.results.map((r) => `${r.engine} ${number(r.value)}${r.lossError > 1e-3 ? " (!loss)" : ""}`).join("   ")}\n`,
  );
  for (const failure of row.failures) say(`${" ".repeat(12)}${failure.engine}: ${failure.reason.slice(0, 200)}\n`);
}
if (chosen.json) console.log(JSON.stringify(asJson(rows)));
else {
  console.log(`${describeMachine()}, ${new Date().toISOString().slice(0, 16).replace("T", " ")}, load ${loadavg()[0].toFixed(1)}.\n`);
  const measured = { rows, engines, limits, turns: effort.rounds };
  console.log(brief ? briefReport(measured) : tableReport(measured));
  if (!brief && chosen.only === undefined) console.log(`\n${await packageReport()}`);
}
say(
  `Took ${performance.now() < 100_000 ? `${(performance.now() / 1000).toFixed(0)} s` : `${(performance.now() / 60_000).toFixed(1)} min`}.\n`,
);
// A cell of ours that failed is an error; peers may be missing.
process.exit(rows.some((row) => row.failures.some((f) => f.engine.startsWith("steepest"))) ? 1 : 0);

async function measureScaling(list: string): Promise<void> {
  const wanted = list === "all" ? curves : list === "draw" ? [] : named("curve", curves, list);
  copyPeers();
  const limits = wanted.length === 0 ? [] : threads.map(measureLimits).filter((l): l is Limits => l !== undefined);
  const measured = [];
  for (const curve of wanted) measured.push(...(await measureCurve(curve, await ours(threads), limits, say)));
  keepAndDraw(measured, curves, `${cpus()[0].model.trim()}, ${cores} cores`);
  say(`Drew bench/scaling.svg after ${(performance.now() / 1000).toFixed(0)} s.\n`);
}

/** Ours, and the other version if one is asked for: neighbours have as many threads. */
async function bothVersions(): Promise<readonly Engine[]> {
  try {
    const versions = chosen.against === undefined ? [] : await versionEngines(chosen.against, threads);
    return (await ours(threads)).flatMap((engine, i) => [engine, ...versions.slice(i, i + 1)]);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function availablePeers(): readonly Engine[] {
  const wanted =
    chosen.peers !== undefined
      ? named("peer", peers, chosen.peers)
      : chosen.against !== undefined
        ? []
        : chosen.quick
          ? peers.filter((p) => p.needs === "hand")
          : peers;
  // The hand-written kernels need one small package: it is fetched when it is missing. The rest is for set-up-peers.mjs.
  if (copyPeers() && wanted.some((p) => p.needs === "hand")) installPackages(["hand"]);
  return readyPeers(wanted);
}

async function keepLosses(list: readonly Workload[]): Promise<void> {
  copyPeers();
  const [reference] = readyPeers(peers.filter((p) => p.name === "torch:1"));
  if (reference === undefined) refuse("PyTorch is not there: node bench/set-up-peers.mjs torch");
  const kept: Record<string, readonly number[]> = {};
  for (const { name } of list) {
    const { cell, opening } = await Cell.open(reference, name, 0, 150_000);
    kept[name] = opening.losses;
    await cell.close(10_000);
  }
  const lines = Object.entries(kept).map(([name, losses]) => `  ${JSON.stringify(name)}: [${losses.join(", ")}]`);
  writeFileSync(join(root, "bench", "losses.json"), `{\n${lines.join(",\n")}\n}\n`);
}
