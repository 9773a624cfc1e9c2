/**
 * Measures Steepest beside its peers.
 *
 *     npm run bench -- [--quick] [--only quad,cnn] [--json] [--threads N] [--rounds N] [--block MS] [--peers torch:1,hand:muladd]
 *     npm run bench -- --only mlp64 --against main      beside another version of the project: a checkout or a revision
 *     npm run bench -- --profile mlp64,cnn     where the time of a step goes
 *     npm run bench -- --keep-losses           writes PyTorch's first losses to bench/losses.json
 */
import { existsSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { root } from "../scripts/sources.mjs";
import { Cell, type Engine, ours, peers, readyPeers, trainOneEpoch, versionEngines } from "./engines.js";
import { describeMachine, type Limits, measureImport, measureLimits } from "./machine.js";
import { type Effort, measureRow, type Row } from "./measure.js";
import { copyPeers, installPackages } from "./peers/folder.mjs";
import { printProfile } from "./profile.js";
import { asJson, markdown, number, startsAndMemory } from "./table.js";
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
        profile: { type: "string" },
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
  copyPeers();
  for (const workload of named("workload", workloads, chosen.profile)) await printProfile(workload.name, measureLimits(1));
  process.exit(0);
}

if (chosen["keep-losses"]) {
  await keepLosses(selected);
  process.exit(0);
}

const effort: Effort = {
  rounds: count("rounds", chosen.rounds, 15),
  block: count("block", chosen.block, chosen.quick ? 30 : 150),
  warmUp: chosen.quick ? 400 : 2500,
  patience: chosen.quick ? 1500 : 15_000,
  row: chosen.quick ? 4000 : 600_000,
};
const threads = chosen.threads === undefined ? (cores > 1 ? [1, 2] : [1]) : [count("threads", chosen.threads, 1)];
const engines = [...(await bothVersions()), ...availablePeers()];
say(`${describeMachine()}; load ${loadavg()[0].toFixed(1)}; ${engines.map((e) => e.name).join(" ")}\n`);
const limits = chosen.quick || chosen.against !== undefined ? [] : threads.map(measureLimits).filter((l): l is Limits => l !== undefined);
const rows: Row[] = [];
for (const workload of selected) {
  const row = await measureRow(workload, engines, effort);
  rows.push(row);
  say(
    `${workload.name.padEnd(9)} ${row.results.map((r) => `${r.engine} ${number(r.value)}${r.lossError > 1e-3 ? " (!loss)" : ""}`).join("   ")}\n`,
  );
  for (const failure of row.failures) say(`${" ".repeat(10)}${failure.engine}: ${failure.reason.slice(0, 200)}\n`);
}
if (chosen.json) console.log(JSON.stringify(asJson(rows)));
else await report();
// A cell of ours that failed is an error; peers may be missing.
process.exit(rows.some((row) => row.failures.some((f) => f.engine.startsWith("steepest"))) ? 1 : 0);

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

async function report(): Promise<void> {
  console.log(`${describeMachine()}, ${new Date().toISOString().slice(0, 16).replace("T", " ")}, load ${loadavg()[0].toFixed(1)}\n`);
  for (const l of limits)
    console.log(
      `Limits, ${l.threads} thread${l.threads > 1 ? "s" : ""}: multiply+add of 128 bits ${number(l.multiplyAdd)} GFLOP/s (fused ${number(l.fused)}), triad ${number(l.triad)} GB/s, read ${number(l.read)} GB/s`,
    );
  console.log(`\n${markdown(rows, engines, limits)}`);
  if (chosen.quick || chosen.against !== undefined) return;
  console.log(`\nFirst step after set-up, ms / peak memory, MB:\n\n${startsAndMemory(rows, engines)}`);
  const { import: milliseconds, process: whole } = measureImport(pathToFileURL(join(root, "dist", "index.js")).href, 9);
  console.log(
    `\nImport of dist/index.js in a fresh process: ${milliseconds.toFixed(1)} ms (the empty process takes ${whole.toFixed(1)} ms).`,
  );
  const mnist = resolve(root, process.env.STEEPEST_SHARED ?? "../shared", "data", "mnist");
  for (const model of existsSync(mnist) ? ["mlp", "cnn"] : []) {
    const epoch = await trainOneEpoch(model, mnist);
    if (epoch !== undefined)
      console.log(
        `One epoch of MNIST by fit, ${model}: ${epoch.seconds.toFixed(1)} s, ${number(epoch.samplesPerSecond)} samples/s (${number(64_000 / epoch.samplesPerSecond)} ms a step of 64), accuracy ${epoch.accuracy}, peak memory ${epoch.peak.toFixed(0)} MB.`,
      );
  }
  const failures = rows.flatMap((row) => row.failures.map((f) => `- ${f.engine}, ${row.workload.name}: ${f.reason}`));
  if (failures.length > 0) console.log(`\nFailures:\n${failures.join("\n")}`);
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
