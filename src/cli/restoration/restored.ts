/** What all commands that restore a picture share: options, files, quality, the report. */

import { basename } from "node:path";
import type { Image } from "../../data/images/image.js";
import { formatCount, formatDuration, formatNumber } from "../../figures/number-format.js";
import { restorationChart } from "../../figures/restoration-chart.js";
import { renderRestoration } from "../../runs/restoration-report.js";
import { SteepestError } from "../../tensor/error.js";
import type { Tensor } from "../../tensor/tensor.js";
import { sameShape } from "../../tensor/types.js";
import { psnr, ssim } from "../../vision/quality.js";
import type { Restoration, RestorationLook, RestorationStatus } from "../../vision/restore.js";
import type { Arguments } from "../arguments.js";
import type { Command, Context, ExitCode } from "../command.js";
import { exitCodes, json, printJson, quiet } from "../command.js";
import { saveFigure, savePage } from "../files.js";
import { numberOption, shellQuoted, textOption, wholeOption } from "../options.js";
import { columnsOf } from "../terminal.js";
import {
  checkPng,
  comparable,
  compare,
  enlarged,
  type OpenPicture,
  openPicture,
  outputOf,
  pictureLike,
  savePicture,
  sideBySide,
} from "./pictures.js";

export const lambda = numberOption("lambda", { help: "weight of the data beside the regulariser", default: undefined, above: 0 });
export const clean = textOption("clean", "FILE", { help: "the true picture: quality is measured against it", default: undefined });
export const iterations = wholeOption("iterations", { help: "iterations at most", default: 1000, atLeast: 0 });
export const tolerance = numberOption("tolerance", { help: "stop when the gap is this share of the energy", default: 1e-4, atLeast: 0 });
export const figure = textOption("figure", "FILE", {
  help: "write energy, gap and PSNR by iteration as SVG, PNG or CSV",
  default: undefined,
});
export const page = textOption("report", "FILE", {
  help: "write a page (HTML) with the pictures, energy, gap and PSNR by iteration, numbers and settings",
  default: undefined,
});

/** What a method gives. */
export interface RestoredValues {
  readonly values: Tensor;
  /** Undefined for methods that minimise nothing. */
  readonly energy?: number;
  readonly gap?: number;
  readonly lambda?: number;
  /** The noise that λ was chosen for, of values from 0 to 1. */
  readonly sigma?: number;
  readonly iterations: number;
  readonly status: RestorationStatus;
  readonly history: readonly RestorationLook[];
  /** How many numbers were looked for: of the picture, or of the network, once for all pictures. */
  readonly variables: number;
  /** Of a network: how long it was trained. */
  readonly trainingSeconds?: number;
}

/** The minimum of an energy, with the λ that weighed it and the noise that λ was chosen for. */
export function minimised(run: Restoration<Tensor>, lambda: number, sigma: number | undefined): RestoredValues {
  const { values, energy, gap, iterations, status, history } = run;
  return {
    values,
    energy,
    lambda,
    iterations,
    status,
    history,
    variables: values.size,
    ...(gap === undefined ? {} : { gap }),
    ...(sigma === undefined ? {} : { sigma }),
  };
}

/** A method with its name as it is reported. */
export interface NamedWork {
  readonly method: string;
  work(given: RestorationWork): Promise<RestoredValues>;
}

export interface RestorationWork {
  readonly source: OpenPicture;
  readonly clean: OpenPicture | undefined;
  readonly signal: AbortSignal;
  readonly progress: (look: RestorationLook) => void;
}

/** What commands do differently. */
export interface RestorationOptions {
  /** How many times larger the result is than the input. Default 1. */
  readonly scale?: number;
  /** Methods that do the same for comparison, and are reported beside it. */
  readonly others?: readonly NamedWork[];
}

/** Reads the pictures, lets a method work, writes what it gives, and reports. */
export async function restorePicture(
  context: Context,
  args: Arguments,
  command: Command,
  { method, work }: NamedWork,
  { scale = 1, others = [] }: RestorationOptions = {},
): Promise<ExitCode> {
  const { out, err } = context;
  const file = outputOf(args);
  const besides = args.get(compare);
  if (besides !== undefined) checkPng(besides, "compare");
  const source = await openPicture(args.positionals[0]);
  const truth = args.get(clean);
  const reference = truth === undefined ? undefined : await openPicture(truth);
  if (reference) checkSame(source, reference, scale);
  const abort = new AbortController();
  const endListening = context.onInterrupt(() => abort.abort());
  const isShown = err.isTerminal && !args.get(quiet);
  const given: RestorationWork = {
    source,
    clean: reference,
    signal: abort.signal,
    progress: ({ iteration, energy }) => isShown && err.write(`\r${formatCount(iteration)} iterations, energy ${formatNumber(energy, 6)} `),
  };
  const restored: Restored[] = [];
  try {
    for (const each of [{ method, work }, ...others]) {
      if (restored.length > 0 && abort.signal.aborted) break;
      const began = performance.now();
      const run = await each.work(given);
      const seconds = (performance.now() - began) / 1000;
      const picture = pictureLike(source, run.values);
      const measures = reference ? qualityOf(comparable(picture), source, reference, scale) : {};
      restored.push({ method: each.method, run, seconds, picture, measures });
    }
  } finally {
    endListening();
    if (isShown) err.write("\r\u001b[K");
  }
  const [{ run, seconds, picture, measures }] = restored;
  await savePicture(file, picture);
  if (besides !== undefined)
    await savePicture(
      besides,
      sideBySide([source.image, ...restored.map((each) => each.picture), ...(reference ? [reference.image] : [])]),
    );
  const chart = args.get(figure);
  if (chart !== undefined) await saveFigure(chart, restorationChart({ method, history: run.history }));
  const written = args.get(page);
  if (written !== undefined)
    await savePage(
      written,
      await renderRestoration({
        title: `${command.name} ${basename(source.file)}`,
        before: enlarged(source.image, scale),
        psnrBefore: measures.psnrInput,
        methods: restored.map((each) => ({
          ...each.run,
          ...each.measures,
          method: each.method,
          picture: each.picture,
          seconds: each.seconds,
        })),
        ...(reference ? { clean: reference.image } : {}),
        settings: {
          method,
          lambda: run.lambda,
          ...(run.sigma === undefined ? {} : { noise: `σ = ${formatNumber(run.sigma * 255, 3)} of 255` }),
        },
        command: commandLine(command, args),
        created: context.now(),
      }),
    );
  const report = {
    method,
    lambda: run.lambda,
    ...(run.sigma === undefined ? {} : { sigma: run.sigma * 255 }),
    iterations: run.iterations,
    status: run.status,
    energy: run.energy,
    gap: run.gap,
    ...measures,
    seconds,
    output: file,
    ...(others.length === 0 ? {} : { comparison: restored.map(comparisonOf) }),
  };
  if (args.get(json)) printJson(out, report);
  else if (!args.get(quiet)) show(context, report);
  return run.status === "aborted" ? exitCodes.interrupted : run.status === "diverged" ? exitCodes.failed : exitCodes.done;
}

/** The command as it was given. */
const commandLine = ({ name, options }: Command, args: Arguments): string =>
  [
    `steepest ${name}`,
    ...args.positionals.map(shellQuoted),
    ...options.filter((option) => args.has(option)).map((option) => `--${option.name} ${shellQuoted(String(args.get(option)))}`),
  ].join(" ");

/** What one of several methods gave. */
interface Restored {
  readonly method: string;
  readonly run: RestoredValues;
  readonly seconds: number;
  readonly picture: Image;
  readonly measures: { readonly psnr?: number; readonly ssim?: number; readonly psnrInput?: number };
}

/** One method beside the others: what was looked for how long, once or for this picture, and what came of it. */
const comparisonOf = ({ method, run, seconds, measures: { psnr: decibels, ssim: similarity } }: Restored) => ({
  method,
  lambda: run.lambda ?? null,
  variables: run.variables,
  trainingSeconds: run.trainingSeconds ?? null,
  seconds,
  psnr: decibels ?? null,
  ssim: similarity ?? null,
});

function checkSame(source: OpenPicture, reference: OpenPicture, scale: number): void {
  const expected = source.values.shape.map((extent, axis) => (axis >= source.values.rank - 2 ? extent * scale : extent));
  if (sameShape(expected, reference.values.shape)) return;
  const words = (shape: readonly number[]) =>
    `${shape[shape.length - 1]} × ${shape[shape.length - 2]}, ${shape.length === 2 ? "grey" : "in colour"}`;
  throw new SteepestError({
    problem: "the clean picture does not fit",
    expected: words(expected),
    received: words(reference.values.shape),
    where: reference.file,
  });
}

/** Both pictures as they are written, in 8 or 16 bits: the protocol of published tables. */
function qualityOf(picture: ReturnType<typeof comparable>, source: OpenPicture, reference: OpenPicture, scale: number) {
  const truth = pictureLike(source, reference.values);
  const target = comparable(truth);
  const wide = target.width >= 11 && target.height >= 11;
  return {
    psnr: psnr(picture, target),
    ...(wide ? { ssim: ssim(picture, target) } : {}),
    ...(scale === 1 ? { psnrInput: psnr(comparable(source.image), target) } : {}),
  };
}

interface Report {
  readonly method: string;
  readonly lambda?: number;
  readonly sigma?: number;
  readonly iterations: number;
  readonly status: RestorationStatus;
  readonly energy?: number;
  readonly gap?: number;
  readonly psnr?: number;
  readonly ssim?: number;
  readonly psnrInput?: number;
  readonly seconds: number;
  readonly output: string;
  readonly comparison?: readonly ReturnType<typeof comparisonOf>[];
}

const words: Readonly<Record<RestorationStatus, string>> = {
  converged: "Converged",
  "step-limit": "Stopped",
  diverged: "Diverged",
  aborted: "Interrupted",
};

function show({ out }: Context, report: Report): void {
  const { method, iterations: count, status, energy, gap, seconds, output } = report;
  const word = status === "diverged" ? out.red(words[status]) : out.bold(words[status]);
  out.line(`${word} after ${formatCount(count)} iterations, ${formatNumber(seconds, 3)} s; wrote ${output}`);
  out.line();
  const noise = report.sigma === undefined ? "" : `  (noise of σ = ${formatNumber(report.sigma, 3)})`;
  const rows = [
    ["  method", method],
    ...(report.lambda === undefined ? [] : [["  λ", `${formatNumber(report.lambda, 4)}${noise}`]]),
    ...(energy === undefined ? [] : [["  energy", formatNumber(energy, 8)]]),
    ...(gap === undefined ? [] : [["  gap", `at most ${formatNumber(gap, 3)}`]]),
    ...(report.psnrInput === undefined ? [] : [["  PSNR before", `${report.psnrInput.toFixed(2)} dB`]]),
    ...(report.psnr === undefined ? [] : [["  PSNR", `${report.psnr.toFixed(2)} dB`]]),
    ...(report.ssim === undefined ? [] : [["  SSIM", report.ssim.toFixed(4)]]),
  ];
  for (const line of columnsOf(rows)) out.line(line);
  if (report.comparison === undefined) return;
  out.line();
  const head = ["  method", "variables", "trained", "this picture", "PSNR", "SSIM"];
  const lines = report.comparison.map((each) => [
    `  ${each.method}`,
    formatCount(each.variables),
    each.trainingSeconds === null ? "–" : formatDuration(each.trainingSeconds),
    formatDuration(each.seconds),
    each.psnr === null ? "–" : `${each.psnr.toFixed(2)} dB`,
    each.ssim === null ? "–" : each.ssim.toFixed(4),
  ]);
  for (const line of columnsOf([head, ...lines], [1, 2, 3, 4, 5])) out.line(line);
}
