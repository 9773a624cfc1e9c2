/** A run of the benchmarks as a page of Markdown. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../scripts/sources.mjs";
import { type Engine, trainOneEpoch } from "./engines.js";
import { type Limits, measureImport } from "./machine.js";
import type { Row } from "./results.js";
import { firstSteps, memory, number, shortCells, speeds, variants } from "./table.js";

export interface Measurements {
  readonly rows: readonly Row[];
  readonly engines: readonly Engine[];
  readonly limits: readonly Limits[];
  /** Turns that each cell was given. */
  readonly turns: number;
}

/** The tables of speed alone. */
export const briefReport = (measured: Measurements): string => paragraphs(...speedParts(measured), failureList(measured.rows));

/** All tables. */
export const tableReport = (measured: Measurements): string =>
  paragraphs(
    measured.limits.map(limitLine).join("\n"),
    ...speedParts(measured),
    shortCells(measured.rows, measured.turns),
    ...costParts(measured),
    failureList(measured.rows),
  );

/** What is measured beside the workloads: the import, and training through the public face. */
export async function packageReport(): Promise<string> {
  const { import: milliseconds, process: whole } = measureImport(pathToFileURL(join(root, "dist", "index.js")).href, 9);
  return paragraphs(
    `Import of \`dist/index.js\` in a fresh process: ${number(milliseconds)} ms, where the empty process takes ${number(whole)} ms.`,
    (await trainingLines()).join("\n"),
  );
}

const withoutVariants = (rows: readonly Row[]): readonly Row[] => rows.filter(({ workload }) => workload.beside === undefined);

function speedParts({ rows, engines, limits }: Measurements): readonly string[] {
  const main = withoutVariants(rows);
  const beside = variants(rows, engines);
  return [
    main.length > 0 ? speeds(main, engines, limits) : "",
    beside === "" ? "" : "Variants, and in parentheses their speed as a share of the one that they were measured beside:",
    beside,
  ];
}

function costParts({ rows, engines }: Measurements): readonly string[] {
  const main = withoutVariants(rows);
  if (main.length === 0) return [];
  return [
    "First step after set-up, ms:",
    firstSteps(main, engines),
    "Peak memory of the process, MB, and ours as a multiple of the hand-written kernels' (goal: at most 1.5×; what is above is bold):",
    memory(main, engines),
  ];
}

const paragraphs = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("\n\n");

const limitLine = (l: Limits): string =>
  `Limits, ${l.threads} thread${l.threads > 1 ? "s" : ""}: multiply and add of 128 bits ${number(l.multiplyAdd)} GFLOP/s (fused ${number(l.fused)}), triad ${number(l.triad)} GB/s, read ${number(l.read)} GB/s.`;

function failureList(rows: readonly Row[]): string {
  const failures = rows.flatMap((row) => row.failures.map((f) => `- ${f.engine}, ${row.workload.name}: ${f.reason}`));
  return failures.length === 0 ? "" : `Not measured:\n\n${failures.join("\n")}`;
}

/** One epoch of MNIST through the public face, where the data is there. */
async function trainingLines(): Promise<readonly string[]> {
  const mnist = resolve(root, process.env.STEEPEST_SHARED ?? "../shared", "data", "mnist");
  const lines: string[] = [];
  for (const model of existsSync(mnist) ? ["mlp", "cnn"] : []) {
    const epoch = await trainOneEpoch(model, mnist);
    if (epoch !== undefined)
      lines.push(
        `One epoch of MNIST by \`fit\`, ${model}: ${number(epoch.seconds)} s, ${number(epoch.samplesPerSecond)} samples/s (${number(64_000 / epoch.samplesPerSecond)} ms a step of 64), accuracy ${epoch.accuracy}, peak memory ${epoch.peak.toFixed(0)} MB.`,
      );
  }
  return lines;
}
